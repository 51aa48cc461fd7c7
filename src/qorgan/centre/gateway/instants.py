"""Instants in the URLs and texts of the gateway."""

from datetime import datetime, timedelta

from qorgan.kernel.clock import EPOCH
from qorgan.kernel.errors import Invalid


def instant(at: datetime) -> str:
    """ISO 8601 UTC with milliseconds and `Z`."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_instant(text: str | None, name: str) -> datetime:
    """An instant in ISO 8601 with its offset, or in milliseconds since 1970-01-01 UTC. Raises `Invalid`."""
    try:
        if not text or len(text) > 40:
            raise ValueError
        if text.isascii() and text.isdigit():
            return EPOCH + timedelta(milliseconds=int(text))
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise Invalid(f"{name}: must be ISO 8601 with its offset, or milliseconds since 1970") from error
    if at.tzinfo is None:
        raise Invalid(f"{name}: says no offset from UTC; end it with Z or +05:00")
    return at.astimezone(EPOCH.tzinfo)
