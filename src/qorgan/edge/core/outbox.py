"""The outbox: what the centre has not acknowledged yet, in two lanes that share one counter.

Alarms are never dropped. Events are bounded: when the lane is full, what a newer event on the same topic has made
stale goes first, oldest first; then what cameras noticed, then picture results, then camera changes, then the rest.
Each function runs inside a transaction of `store.py` and takes its connection; together they are the only writers of
`alarm`, `progress`, `outbox` and `node`.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from qorgan.domain.places import LocalText
from qorgan.kernel.clock import from_us, to_us
from qorgan.kernel.errors import Invalid
from qorgan.kernel.ids import AlarmId, SiteId, uuid7
from qorgan.protocols.link.messages import (
    Ack,
    ActionChanged,
    AlarmClaim,
    AlarmRaised,
    CameraChanged,
    CameraEvent,
    Envelope,
    Inventory,
    Message,
    PictureResult,
    SourceHealth,
    StorageForecast,
    encode,
)

EVENT_LIMIT = 100_000  # rows of the event lane
MAX_BODY_BYTES = 60_000  # of one event: a batch of one must fit
PARKED_ALARM_AGAIN_AFTER = timedelta(minutes=1)  # a refused alarm is not given up
PROGRESS = ("received", "owned", "dispatched", "en_route", "arrived", "closed")  # as the centre tells it, in order
RETURNED = "returned"  # the claim of a source that went back to its rest
AGAIN = "again"  # and of one that was pressed once more
_SHED_ORDER = ("camera.event", "picture.result", "camera.changed")


class Lane(StrEnum):
    ALARM = "alarm"
    EVENT = "event"


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An alarm that is durable at the school. `fresh` when this press was not known before."""

    alarm: AlarmId
    durable_at: datetime
    fresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmStatus:
    """What the presser may know."""

    alarm: AlarmId
    source_key: str
    durable_at: datetime
    received_at: datetime | None
    progress: dict[str, datetime]  # what the centre has let us know, by state

    @property
    def furthest(self) -> str:
        """The furthest state that the presser may know: stored, or one of PROGRESS."""
        known = [state for state in PROGRESS if state in self.progress]
        return known[-1] if known else "stored" if self.received_at is None else "received"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceAlarm:
    """An alarm as its source remembers it. `returned` when the source has gone back to its rest since."""

    alarm: AlarmId
    kind: str
    level: str
    durable_at: datetime
    returned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentAlarm:
    """A line of the local screen. `place` is None for an alarm of a version that did not keep it."""

    source_key: str
    place: LocalText | None
    kind: str
    level: str
    at: datetime
    received: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How full the outbox is. `last_seq` is the last number given; `shed` counts events given up, ever."""

    alarms: int = 0
    alarms_parked: int = 0
    events: int = 0
    events_parked: int = 0
    last_seq: int = 0
    shed: int = 0

    @property
    def total(self) -> int:
        return self.alarms + self.alarms_parked + self.events + self.events_parked


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A message that the centre refused."""

    id: UUID
    seq: int
    type: str
    code: str
    at: datetime


def raise_alarm(connection: sqlite3.Connection, press: UUID, alarm: AlarmRaised, now: datetime) -> Raised:
    """Write an alarm and its message, or find the one that this press of this source has raised already."""
    known = connection.execute(
        "SELECT alarm, durable_at_us FROM alarm WHERE source_key = ? AND press = ? AND kind = ? AND level = ?",
        (alarm.button, press.bytes, alarm.kind, alarm.level),
    ).fetchone()
    if known is not None:
        return Raised(alarm=AlarmId(UUID(bytes=known[0])), durable_at=from_us(known[1]), fresh=False)
    message, durable_at_us = uuid7(), to_us(now)
    connection.execute(
        "INSERT INTO alarm (alarm, source_key, source, press, kind, level, place, message, durable_at_us)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            alarm.alarm.bytes,
            alarm.button,
            alarm.source,
            press.bytes,
            alarm.kind,
            alarm.level,
            msgspec.json.encode(alarm.place).decode(),
            message.bytes,
            durable_at_us,
        ),
    )
    _insert(connection, message, Lane.ALARM, "alarm.raised", alarm.button, encode(alarm), now)
    return Raised(alarm=AlarmId(alarm.alarm), durable_at=from_us(durable_at_us), fresh=True)


def add_claim(connection: sqlite3.Connection, id: UUID, claim: AlarmClaim, now: datetime) -> bool:
    """Write what somebody says of an alarm into the alarm's own lane, behind the alarm; whether it was new."""
    if connection.execute("SELECT 1 FROM outbox WHERE id = ?", (id.bytes,)).fetchone():
        return False
    if claim.claim in (RETURNED, AGAIN):
        returned_at_us = to_us(claim.at) if claim.claim == RETURNED else None
        sql = "UPDATE alarm SET returned_at_us = ? WHERE alarm = ?"
        connection.execute(sql, (returned_at_us, claim.alarm.bytes))
    raised = connection.execute(
        "SELECT outbox.seq FROM alarm JOIN outbox ON outbox.id = alarm.message WHERE alarm.alarm = ?",
        (claim.alarm.bytes,),
    ).fetchone()
    behind = "" if raised is None else str(raised[0])  # the centre has the alarm, or gets it first
    _insert(connection, id, Lane.ALARM, "alarm.claim", behind, encode(claim), now)
    return True


def add_progress(connection: sqlite3.Connection, alarm: UUID, state: str, at: datetime) -> bool:
    """Write down how far the centre is with an alarm of ours; whether that is news."""
    if not connection.execute("SELECT 1 FROM alarm WHERE alarm = ?", (alarm.bytes,)).fetchone():
        return False
    sql = "INSERT OR IGNORE INTO progress (alarm, state, at_us) VALUES (?, ?, ?)"
    return connection.execute(sql, (alarm.bytes, state, to_us(at))).rowcount > 0


def add_event(
    connection: sqlite3.Connection, id: UUID, body: Message, now: datetime, *, limit: int = EVENT_LIMIT
) -> bool:
    """Write an event; whether it was new. Sheds when the lane is full. Raises `Invalid` for one that is too big."""
    kind, topic = _subject_of(body)
    data = encode(body)
    if len(data) > MAX_BODY_BYTES:
        raise Invalid(f"{kind} of {len(data)} bytes is over the limit of {MAX_BODY_BYTES}")
    if connection.execute("SELECT 1 FROM outbox WHERE id = ?", (id.bytes,)).fetchone():
        return False
    _insert(connection, id, Lane.EVENT, kind, topic, data, now)
    held = counts(connection)
    if held.events + held.events_parked > limit:
        _shed(connection, held.events + held.events_parked - limit + limit // 100)
    return True


def waiting_alarms(connection: sqlite3.Connection, site: SiteId, now: datetime, limit: int) -> list[Envelope]:
    """Alarms to send, oldest first; those that were refused a while ago come after the others.

    A claim waits until the centre has the alarm that it is about.
    """
    columns = (
        "SELECT id, seq, type, body FROM outbox WHERE lane = 'alarm' AND NOT (type = 'alarm.claim' AND EXISTS"
        " (SELECT 1 FROM outbox AS raised WHERE raised.seq = CAST(outbox.topic AS INTEGER))) AND"
    )
    rows = connection.execute(f"{columns} parked_code IS NULL ORDER BY seq LIMIT ?", (limit,)).fetchall()
    if len(rows) < limit:
        rows += connection.execute(
            f"{columns} parked_code IS NOT NULL AND parked_at_us <= ? ORDER BY parked_at_us LIMIT ?",
            (to_us(now - PARKED_ALARM_AGAIN_AFTER), limit - len(rows)),
        ).fetchall()
    return [_envelope(row, site, now) for row in rows]


def waiting_events(
    connection: sqlite3.Connection, site: SiteId, now: datetime, *, after: int, limit: int, max_bytes: int
) -> list[Envelope]:
    """The next events behind `after`, at least one if there is any, otherwise within both limits."""
    rows = connection.execute(
        "SELECT id, seq, type, body FROM outbox WHERE lane = 'event' AND parked_code IS NULL AND seq > ?"
        " ORDER BY seq LIMIT ?",
        (after, limit),
    )
    batch: list[Envelope] = []
    size = 0
    for row in rows:
        size += len(row[3]) + 150  # what an envelope adds, rounded up
        if batch and size > max_bytes:
            break
        batch.append(_envelope(row, site, now))
    return batch


def settle(connection: sqlite3.Connection, ack: Ack, asked: Sequence[UUID], now: datetime) -> None:
    """Act on the centre's answer about the messages `asked`; what it says about others is ignored."""
    about = set(asked)
    for id in about.intersection(ack.stored):
        connection.execute(
            "UPDATE alarm SET received_at_us = ? WHERE message = ? AND received_at_us IS NULL", (to_us(now), id.bytes)
        )
        connection.execute("DELETE FROM outbox WHERE id = ?", (id.bytes,))
    for id in about.difference(ack.stored):
        code = ack.refused.get(str(id))
        if code is not None:
            connection.execute(
                "UPDATE outbox SET parked_code = ?, parked_at_us = ? WHERE id = ?",
                (code[:100] or "refused", to_us(now), id.bytes),
            )


def free_parked_events(connection: sqlite3.Connection) -> int:
    """Let refused events be tried again: once at each start, for the centre may have learned. How many there were."""
    sql = "UPDATE outbox SET parked_code = NULL, parked_at_us = NULL WHERE lane = 'event' AND parked_code IS NOT NULL"
    return connection.execute(sql).rowcount


def counts(connection: sqlite3.Connection) -> Counts:
    """How full the outbox is."""
    rows = {(lane, bool(parked)): number for lane, parked, number in connection.execute("SELECT * FROM tally")}
    seq, shed = connection.execute("SELECT seq, shed FROM node").fetchone()
    return Counts(
        alarms=rows["alarm", False],
        alarms_parked=rows["alarm", True],
        events=rows["event", False],
        events_parked=rows["event", True],
        last_seq=seq,
        shed=shed,
    )


def parked(connection: sqlite3.Connection, limit: int = 20) -> list[Parked]:
    """What the centre refused: alarms first, then the newest."""
    rows = connection.execute(
        "SELECT id, seq, type, parked_code, parked_at_us FROM outbox WHERE parked_code IS NOT NULL"
        " ORDER BY lane, parked_at_us DESC LIMIT ?",
        (limit,),
    )
    return [
        Parked(id=UUID(bytes=id), seq=seq, type=type, code=code, at=from_us(at)) for id, seq, type, code, at in rows
    ]


def alarm_status(connection: sqlite3.Connection, alarm: UUID) -> AlarmStatus | None:
    """What is known of an alarm raised here."""
    row = connection.execute(
        "SELECT source_key, durable_at_us, received_at_us FROM alarm WHERE alarm = ?", (alarm.bytes,)
    ).fetchone()
    if row is None:
        return None
    reached = connection.execute("SELECT state, at_us FROM progress WHERE alarm = ? ORDER BY at_us", (alarm.bytes,))
    return AlarmStatus(
        alarm=AlarmId(alarm),
        source_key=row[0],
        durable_at=from_us(row[1]),
        received_at=None if row[2] is None else from_us(row[2]),
        progress={state: from_us(at_us) for state, at_us in reached},
    )


def last_alarm(connection: sqlite3.Connection, source_key: str, kind: str | None = None) -> SourceAlarm | None:
    """The newest alarm of a source, of one kind if that is named."""
    row = connection.execute(
        "SELECT alarm, kind, level, durable_at_us, returned_at_us IS NOT NULL FROM alarm"
        " WHERE source_key = ? AND (? IS NULL OR kind = ?) ORDER BY alarm DESC LIMIT 1",
        (source_key, kind, kind),
    ).fetchone()  # alarm ids are UUIDv7 and sort by time
    return None if row is None else _source_alarm(row)


def find_press(connection: sqlite3.Connection, source_key: str, press: UUID) -> SourceAlarm | None:
    """The newest alarm that this press of a source has raised."""
    row = connection.execute(
        "SELECT alarm, kind, level, durable_at_us, returned_at_us IS NOT NULL FROM alarm"
        " WHERE source_key = ? AND press = ? ORDER BY alarm DESC LIMIT 1",
        (source_key, press.bytes),
    ).fetchone()
    return None if row is None else _source_alarm(row)


def _source_alarm(row: tuple[bytes, str, str, int, int]) -> SourceAlarm:
    alarm, kind, level, at_us, returned = row
    return SourceAlarm(
        alarm=AlarmId(UUID(bytes=alarm)),
        kind=str(kind),
        level=level,
        durable_at=from_us(at_us),
        returned=bool(returned),
    )


def recent_alarms(connection: sqlite3.Connection, limit: int = 10) -> list[RecentAlarm]:
    """The newest alarms, newest first, for the local screen."""
    rows = connection.execute(
        "SELECT source_key, place, kind, level, durable_at_us, received_at_us IS NOT NULL FROM alarm"
        " ORDER BY alarm DESC LIMIT ?",
        (limit,),
    )
    return [
        RecentAlarm(
            source_key=source_key,
            place=msgspec.json.decode(place, type=LocalText) if place else None,
            kind=kind,
            level=level,
            at=from_us(at),
            received=bool(received),
        )
        for source_key, place, kind, level, at, received in rows
    ]


def _insert(
    connection: sqlite3.Connection, id: UUID, lane: Lane, kind: str, topic: str, data: bytes, now: datetime
) -> None:
    (seq,) = connection.execute("UPDATE node SET seq = seq + 1 RETURNING seq").fetchone()
    connection.execute(
        "INSERT INTO outbox (seq, id, lane, type, topic, body, written_at_us) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (seq, id.bytes, lane, kind, topic, data, to_us(now)),
    )


def _shed(connection: sqlite3.Connection, number: int) -> None:
    stale = (
        "SELECT seq FROM outbox AS old WHERE lane = 'event' AND type = ? AND EXISTS"
        " (SELECT 1 FROM outbox AS new WHERE new.lane = 'event' AND new.type = old.type AND new.topic = old.topic"
        " AND new.seq > old.seq) ORDER BY seq LIMIT ?"
    )
    any_of_type = "SELECT seq FROM outbox WHERE lane = 'event' AND type = ? ORDER BY seq LIMIT ?"
    any_at_all = "SELECT seq FROM outbox WHERE lane = 'event' AND ? != '' ORDER BY seq LIMIT ?"
    steps = [(choice, kind) for choice in (stale, any_of_type) for kind in _SHED_ORDER] + [(any_at_all, "any")]
    left = number
    for choice, kind in steps:
        if left > 0:
            sql = f"DELETE FROM outbox WHERE seq IN ({choice})"  # noqa: S608 - one of the texts above
            left -= connection.execute(sql, (kind, left)).rowcount
    connection.execute("UPDATE node SET shed = shed + ?", (number - left,))


def _subject_of(body: Message) -> tuple[str, str]:
    """Type, and what it is about."""
    match body:
        case PictureResult():
            return "picture.result", body.camera
        case CameraChanged():
            return "camera.changed", f"{body.camera}/{body.health.stream}"
        case CameraEvent():
            return "camera.event", f"{body.camera}/{body.kind}/{body.source}"
        case Inventory():
            return "inventory", ""
        case StorageForecast():
            return "storage.forecast", body.disk
        case SourceHealth():
            return "source.health", body.key
        case ActionChanged():
            return "action.changed", ""
        case _:
            raise Invalid(f"{type(body).__name__} does not travel in the event lane")


def _envelope(row: tuple[bytes, int, str, bytes], site: SiteId, now: datetime) -> Envelope:
    id, seq, kind, body = row
    return Envelope(id=UUID(bytes=id), site=site, seq=seq, sent_at=now, type=kind, body=msgspec.Raw(body))
