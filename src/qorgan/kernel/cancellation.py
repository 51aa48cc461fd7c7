"""Cancellation that is not lost on its way."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def heeded(work: Awaitable[T]) -> T:
    """The result or error of `work`, unless the task was cancelled meanwhile: then `CancelledError` in its place.

    For calls into nats-py and others that stand on `asyncio.wait_for`: before Python 3.12 it returns the result and
    forgets the cancellation when both come in the same round of the loop (python/cpython#86296), and the task goes on
    for ever. An answer may be an error, too: nats-py makes one of "nobody listens there", and whoever tries again after
    errors would then never end. A cancellation from before the call does not count: cleaning up may ask things, too.
    """
    task = asyncio.current_task()
    assert task is not None
    before = task.cancelling()
    try:
        result = await work
    except Exception as error:
        if task.cancelling() > before:
            raise asyncio.CancelledError from error
        raise
    if task.cancelling() > before:
        raise asyncio.CancelledError
    return result
