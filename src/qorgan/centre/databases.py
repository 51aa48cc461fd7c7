"""The database of a centre: SQLite on one machine, PostgreSQL beyond; chosen by one setting."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from qorgan.kernel.errors import Invalid

SQLITE_FILE = "centre.sqlite3"
_PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"


def database(address: str, data: Path) -> dict[str, Any]:
    """Django's settings for `postgresql://user:password@host:port/name?option=…`, or SQLite in `data` when empty.

    An acknowledged alarm must survive a power cut: SQLite runs with synchronous=FULL (WAL is synced at each commit),
    PostgreSQL with its default synchronous_commit=on. SQLite writes begin IMMEDIATE: a writer waits its turn at the
    start and never fails half-way. Raises `Invalid` for any other address, without repeating it.
    """
    if not address:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(data / SQLITE_FILE),
            "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE", "init_command": _PRAGMAS},
        }
    parts = urlsplit(address)
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise Invalid("database: must be empty (SQLite) or postgresql://user:password@host/name")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.strip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": dict(parse_qsl(parts.query)),
    }
