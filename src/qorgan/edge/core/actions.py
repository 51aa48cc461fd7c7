"""The school's actions in core.db: appended, and the last one stands. Each function runs inside a transaction."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from qorgan.domain.actions import SchoolAction, Standing, after
from qorgan.domain.alarms import Kind
from qorgan.kernel.clock import from_us, to_us

_ROWS = "SELECT id, action, kind, by, at_us FROM action"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """An action as it was taken. `fresh` when this wish was not known before."""

    id: UUID
    standing: Standing
    by: str
    at: datetime
    doors: SchoolAction  # by which doors stand: after an all-clear that was forced, still the action before it
    fresh: bool = False


def take(
    connection: sqlite3.Connection, wish: Standing, *, id: UUID, by: str, now: datetime, keep_doors: bool = False
) -> Taken:
    """Append a wish, or find it. Raises `Conflict` when a drill or test would take the place of what is real."""
    known = connection.execute(f"{_ROWS} WHERE id = ?", (id.bytes,)).fetchone()
    if known is not None:
        return _taken(connection, known)
    last = standing(connection)
    new = after(Standing() if last is None else last.standing, wish)
    connection.execute(
        "INSERT INTO action (id, action, kind, by, at_us, keep_doors) VALUES (?, ?, ?, ?, ?, ?)",
        (id.bytes, new.action, new.kind, by, to_us(now), keep_doors),
    )
    return Taken(id=id, standing=new, by=by, at=now, doors=_doors(connection, id), fresh=True)


def standing(connection: sqlite3.Connection) -> Taken | None:
    """The last action that was taken, all-clear included."""
    row = connection.execute(f"{_ROWS} ORDER BY number DESC LIMIT 1").fetchone()
    return None if row is None else _taken(connection, row)


def _doors(connection: sqlite3.Connection, id: UUID) -> SchoolAction:
    """The action by which doors stand, as of one action: the last up to it that was not forced."""
    row = connection.execute(
        "SELECT action FROM action WHERE keep_doors = 0 AND number <= (SELECT number FROM action WHERE id = ?)"
        " ORDER BY number DESC LIMIT 1",
        (id.bytes,),
    ).fetchone()
    return SchoolAction.ALL_CLEAR if row is None else SchoolAction(row[0])


def _taken(connection: sqlite3.Connection, row: tuple[bytes, str, str, str, int]) -> Taken:
    id, action, kind, by, at_us = row
    stood = Standing(action=SchoolAction(action), kind=Kind(kind))
    return Taken(id=UUID(bytes=id), standing=stood, by=by, at=from_us(at_us), doors=_doors(connection, UUID(bytes=id)))
