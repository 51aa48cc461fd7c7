"""A cancellation that meets a result in the same round of the loop is not lost."""

import asyncio

import pytest

from qorgan.kernel.cancellation import heeded


async def cancelled_as_it_answers(answer: asyncio.Future[str]) -> asyncio.Task[str]:
    """A task that waits for `answer` as a library does, cancelled in the moment in which the answer comes."""
    task = asyncio.create_task(heeded(asyncio.wait_for(answer, 60)))
    await asyncio.sleep(0)  # it waits now
    await asyncio.sleep(0)
    answer.set_result("here")
    task.cancel()
    await asyncio.wait([task])
    return task


async def test_a_cancellation_that_meets_its_answer_is_heeded() -> None:
    task = await cancelled_as_it_answers(asyncio.get_running_loop().create_future())
    assert task.cancelled()


async def test_a_cancellation_that_meets_an_answer_which_becomes_an_error_is_heeded() -> None:
    """As nats-py does: nobody listens there is an answer, and then an error, after which we would try again."""
    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def ask() -> str:
        raise LookupError(await asyncio.wait_for(answer, 60))

    async def ask_again_and_again() -> None:
        while True:
            try:
                await heeded(ask())
            except LookupError:
                await asyncio.sleep(0)

    task = asyncio.create_task(ask_again_and_again())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    answer.set_result("nobody")
    task.cancel()
    for _ in range(10):
        await asyncio.sleep(0)
    ended = task.cancelled()
    task.cancel()
    await asyncio.wait([task])
    assert ended


async def test_an_error_is_an_error() -> None:
    async def fail() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await heeded(fail())


async def test_a_time_limit_that_meets_its_answer_is_a_time_limit() -> None:
    """`asyncio.timeout` is a cancellation, too."""
    answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(60) as limit:
            asyncio.get_running_loop().call_soon(answer.set_result, "here")
            limit.reschedule(asyncio.get_running_loop().time())
            await heeded(asyncio.wait_for(answer, 60))


async def test_who_is_being_cancelled_may_still_ask_while_cleaning_up() -> None:
    said: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            said.append(await heeded(asyncio.sleep(0, "goodbye")))

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert said == ["goodbye"]
    assert task.cancelled()
