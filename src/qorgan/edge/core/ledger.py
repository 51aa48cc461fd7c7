"""The school's own watch ledger: one line for every grant used here, each sealed with all the lines before it."""

import hashlib
import sqlite3
from collections.abc import Iterator
from uuid import UUID

from qorgan.edge.ipc import GrantUse
from qorgan.kernel.errors import Corrupt
from qorgan.protocols.link.messages import decode, encode

_FIRST = bytes(32)


def write_watch(connection: sqlite3.Connection, id: UUID, use: GrantUse) -> bool:
    """Append a line; whether it was new. `id` is that of the recorder's message, which may come twice."""
    if connection.execute("SELECT 1 FROM watch WHERE id = ?", (id.bytes,)).fetchone():
        return False
    last = connection.execute("SELECT number, digest FROM watch ORDER BY number DESC LIMIT 1").fetchone()
    number, before = last if last is not None else (0, _FIRST)
    line = encode(use)
    row = (number + 1, id.bytes, line, _seal(before, id.bytes, line))
    connection.execute("INSERT INTO watch (number, id, line, digest) VALUES (?, ?, ?, ?)", row)
    return True


def watches(connection: sqlite3.Connection, *, before: int | None, limit: int) -> list[tuple[int, GrantUse]]:
    """Lines with their numbers, newest first, of those below `before`."""
    rows = connection.execute(
        "SELECT number, line FROM watch WHERE number < ? ORDER BY number DESC LIMIT ?", (before or 2**62, limit)
    )
    return [(number, decode(line, GrantUse)) for number, line in rows]


def verify_watches(connection: sqlite3.Connection) -> int:
    """How many lines there are. Raises `Corrupt` naming the first line that is missing or was altered."""
    expected, digest = 0, _FIRST
    rows: Iterator[tuple[int, bytes, bytes, bytes]] = connection.execute(
        "SELECT number, id, line, digest FROM watch ORDER BY number"
    )
    for number, id, line, written in rows:
        expected, digest = expected + 1, _seal(digest, id, line)
        if number != expected or written != digest:
            raise Corrupt(f"the watch ledger was altered at line {expected}", code="ledger.broken")
    return expected


def _seal(before: bytes, id: bytes, line: bytes) -> bytes:
    return hashlib.sha256(before + id + line).digest()
