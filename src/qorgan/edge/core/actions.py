"""The school's actions in core.db: appended, and the last one stands. Each function runs inside a transaction."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from qorgan.domain.actions import SchoolAction, Standing, after
from qorgan.domain.alarms import Kind
from qorgan.kernel.clock import from_us, to_us

_ROWS = "SELECT id, action, kind, by, at_us, keep_doors FROM action"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """An action as it was taken. `fresh` when this wish was not known before."""

    id: UUID
    standing: Standing
    by: str
    at: datetime
    keep_doors: bool = False  # an all-clear that was forced: it looks like one, and unlocks nothing
    fresh: bool = False


def take(
    connection: sqlite3.Connection, wish: Standing, *, id: UUID, by: str, now: datetime, keep_doors: bool = False
) -> Taken:
    """Append a wish, or find it. Raises `Conflict` when a drill or test would take the place of what is real."""
    known = connection.execute(f"{_ROWS} WHERE id = ?", (id.bytes,)).fetchone()
    if known is not None:
        return _taken(known)
    last = standing(connection)
    new = after(Standing() if last is None else last.standing, wish)
    connection.execute(
        "INSERT INTO action (id, action, kind, by, at_us, keep_doors) VALUES (?, ?, ?, ?, ?, ?)",
        (id.bytes, new.action, new.kind, by, to_us(now), keep_doors),
    )
    return Taken(id=id, standing=new, by=by, at=now, keep_doors=keep_doors, fresh=True)


def standing(connection: sqlite3.Connection) -> Taken | None:
    """The last action that was taken, all-clear included."""
    row = connection.execute(f"{_ROWS} ORDER BY number DESC LIMIT 1").fetchone()
    return None if row is None else _taken(row)


def _taken(row: tuple[bytes, str, str, str, int, int]) -> Taken:
    id, action, kind, by, at_us, keep_doors = row
    stood = Standing(action=SchoolAction(action), kind=Kind(kind))
    return Taken(id=UUID(bytes=id), standing=stood, by=by, at=from_us(at_us), keep_doors=bool(keep_doors))
