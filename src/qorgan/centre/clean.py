"""What schools send, made fit to be stored: other people's data is cut and repaired here, never trusted.

An alarm is not refused for an ugly text or a foolish date: it is stored, and what could not be kept is replaced.
"""

import math
from datetime import UTC, datetime

from qorgan.domain.places import LocalText

MAX_INT32, MAX_INT64 = 2**31 - 1, 2**63 - 1


def text(value: str, limit: int) -> str:
    """At most `limit` characters, and no NUL, which PostgreSQL cannot store."""
    return value.replace("\0", "")[:limit]


def local(value: LocalText, limit: int, otherwise: str) -> tuple[str, str, str]:
    """kk, ru, en; `otherwise` where the Kazakh text is empty."""
    return text(value.kk, limit) or text(otherwise, limit), text(value.ru, limit), text(value.en, limit)


def number(value: float) -> float:
    """A finite number: JSON has no NaN."""
    return value if math.isfinite(value) else 0.0


def count(value: int, limit: int = MAX_INT32) -> int:
    return max(0, min(value, limit))


def moment(value: datetime, otherwise: datetime) -> datetime:
    """An aware UTC instant. A naive one is read as UTC; one that has no UTC form becomes `otherwise`."""
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        return otherwise


def keys(values: tuple[str, ...], limit: int) -> list[str]:
    return [text(value, 63) for value in values[:limit]]
