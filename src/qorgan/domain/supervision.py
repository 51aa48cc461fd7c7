"""Supervision: which silences and faults stand now, who must act on each and by when, and whether buttons are proved.

Everything here is decided from values. A fault is known by where it is, its subject and its code; as long as that
stands it is one fault with one clock, and a fault that comes back soon after it went is the same fault again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

# subjects of faults; those of a way in are "source:<key>"
NODE, LINK, AREA, DESKS = "node", "link", "area", "desks"
NODE_SILENT = "node.silent"
LINK_GAP = "link.gap"
SOURCE_SILENT = "source.silent"
TEST_OVERDUE = "test.overdue"
AREA_SILENT = "area.silent"
NOBODY_AT_DESK = "desk.nobody"  # of a centre: whoever is called there is not at a desk

SAME_FAULT_WITHIN = timedelta(minutes=10)  # a fault that returns so soon after its end is the same one
STALE_AFTER = timedelta(seconds=150)  # the board writes at least once a minute: older means nobody takes pulses in
TEST_EVERY = timedelta(days=30)
TEST_GOAL_S = 2.0  # press → the centre's database; what we promise for the officer's screen with a full uplink
TEST_EARLIEST_S = -0.5  # clocks are compared once a minute, and that is how well
MANY = 5  # nodes that fall silent together
PEOPLE = ("operator", "staff")  # ways in that are people, not things: nobody tests them every month
TOGETHER = timedelta(minutes=2)  # that is "together"


class WayState(StrEnum):
    """How a way in of alarms does. `unknown`: its node is silent, so nobody can say."""

    OK = "ok"
    SILENT = "silent"
    FAULT = "fault"
    UNKNOWN = "unknown"

    @classmethod
    def read(cls, text: str) -> "WayState":
        """The state a school named. One we do not know is a fault: louder is the safe side."""
        return cls._value2member_map_.get(text, cls.FAULT)  # type: ignore[return-value]


class Duty(StrEnum):
    """Who must act."""

    SCHOOL = "school"  # the head, or whom the head sends
    TECHNICIAN = "technician"  # who maintains the equipment
    OPERATOR = "operator"  # the centre's own administrator


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Who must act on a fault, and within what time of its opening."""

    duty: Duty
    within: timedelta
    stops_alarms: bool = False  # while it stands an alarm may not come through: shown first


_HOURS_4, _DAY, _WEEK = timedelta(hours=4), timedelta(days=1), timedelta(days=7)
_OTHERWISE = Rule(duty=Duty.TECHNICIAN, within=_DAY)
RULES: Mapping[str, Rule] = MappingProxyType(
    {
        NODE_SILENT: Rule(duty=Duty.TECHNICIAN, within=_HOURS_4, stops_alarms=True),
        LINK_GAP: Rule(duty=Duty.OPERATOR, within=timedelta(hours=1), stops_alarms=True),
        SOURCE_SILENT: Rule(duty=Duty.TECHNICIAN, within=_HOURS_4, stops_alarms=True),
        TEST_OVERDUE: Rule(duty=Duty.SCHOOL, within=_WEEK),
        NOBODY_AT_DESK: Rule(duty=Duty.OPERATOR, within=timedelta(minutes=15)),
        AREA_SILENT: Rule(duty=Duty.OPERATOR, within=timedelta(hours=1), stops_alarms=True),
        "source.fault": Rule(duty=Duty.TECHNICIAN, within=_DAY, stops_alarms=True),
        "source.battery_low": Rule(duty=Duty.SCHOOL, within=_WEEK),
        "source.mains_lost": Rule(duty=Duty.SCHOOL, within=_HOURS_4),
        "source.tamper": Rule(duty=Duty.SCHOOL, within=_HOURS_4, stops_alarms=True),
        "source.line_open": Rule(duty=Duty.TECHNICIAN, within=_DAY, stops_alarms=True),
        "source.line_short": Rule(duty=Duty.TECHNICIAN, within=_DAY, stops_alarms=True),
        "source.comms_trouble": Rule(duty=Duty.TECHNICIAN, within=_DAY, stops_alarms=True),
    }
)


def rule_of(code: str) -> Rule:
    """The rule of a code; of one that we do not know: a technician, within a day."""
    return RULES.get(code, _OTHERWISE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A fault that stands now. `since` is when it began; `detail` is for people, and not compared."""

    school: UUID
    subject: str
    code: str
    since: datetime
    detail: Mapping[str, object] = field(default_factory=dict)

    @property
    def key(self) -> tuple[UUID, str, str]:
        return self.school, self.subject, self.code


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A fault as it was written down: open, or closed at `closed_at`."""

    school: UUID
    subject: str
    code: str
    opened_at: datetime
    closed_at: datetime | None = None

    @property
    def key(self) -> tuple[UUID, str, str]:
        return self.school, self.subject, self.code


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What must be written: faults to open, old ones to open again, and open ones to close."""

    opened: tuple[Standing, ...] = ()
    reopened: tuple[Standing, ...] = ()
    closed: tuple[Known, ...] = ()


def reconcile(standing: Iterable[Standing], known: Iterable[Known], now: datetime) -> Changes:
    """Compare what stands now with what is written down. What is open and stands stays as it is.

    `known` holds the open faults, and of the closed ones those of the last `SAME_FAULT_WITHIN`.
    """
    now_standing = {one.key: one for one in standing}
    open_ = {one.key: one for one in known if one.closed_at is None}
    recent = {one.key for one in known if one.closed_at is not None and now - one.closed_at <= SAME_FAULT_WITHIN}
    fresh = [one for key, one in now_standing.items() if key not in open_]
    return Changes(
        opened=tuple(one for one in fresh if one.key not in recent),
        reopened=tuple(one for one in fresh if one.key in recent),
        closed=tuple(one for key, one in open_.items() if key not in now_standing),
    )


def faults_of_source(state: WayState, faults: Sequence[str], *, present: bool) -> tuple[str, ...]:
    """The codes of what stands at one way in, from what its node says of it.

    A source that stands in no inventory any more has none: it is not there. One in state `fault` that names no fault
    has `source.fault`: it is never passed over.
    """
    if not present:
        return ()
    codes = tuple(dict.fromkeys(f"source.{fault}" for fault in faults))
    if state is WayState.SILENT:
        return (SOURCE_SILENT, *(code for code in codes if code != SOURCE_SILENT))
    if state is WayState.FAULT and not codes:
        return ("source.fault",)
    return codes


def node_is_silent(*, told_silent: bool, last_heard: datetime | None, now: datetime) -> bool:
    """Whether a node counts as silent: the board said so, or it was last written of so long ago that nobody listens."""
    return told_silent or (last_heard is not None and now - last_heard > STALE_AFTER)


# --- many at once --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """One silent node, and where it lies."""

    school: UUID
    district: str
    region: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A district, a region, or (both None) the whole country."""

    region: str | None = None
    district: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """Nodes of one area that fell silent together: one likely cause. It hides none of them."""

    area: Area
    since: datetime
    schools: tuple[UUID, ...]


def outages(silences: Iterable[Silence]) -> tuple[Outage, ...]:
    """Silences that belong together, each in the smallest area that holds `MANY` of them within `TOGETHER`.

    A silence belongs to one outage at most. Districts are looked at first, then regions, then the country, so that a
    cable cut in one district does not look like the country's trouble.
    """
    left = sorted(silences, key=lambda one: one.since)
    found: list[Outage] = []
    for area_of in (_district, _region, _country):
        by_area: dict[Area, list[Silence]] = defaultdict(list)
        for one in left:
            by_area[area_of(one)].append(one)
        for area, members in by_area.items():
            for wave in _waves(members):
                found.append(Outage(area=area, since=wave[0].since, schools=tuple(one.school for one in wave)))
                left = [one for one in left if one not in wave]
    return tuple(found)


def _district(one: Silence) -> Area:
    return Area(region=one.region, district=one.district)


def _region(one: Silence) -> Area:
    return Area(region=one.region)


def _country(one: Silence) -> Area:
    return Area()


def _waves(members: Sequence[Silence]) -> list[list[Silence]]:
    """Runs of at least `MANY`, each begun within `TOGETHER` of the one before it. `members` are sorted by `since`."""
    waves: list[list[Silence]] = []
    for one in members:
        if waves and one.since - waves[-1][-1].since <= TOGETHER:
            waves[-1].append(one)
        else:
            waves.append([one])
    return [wave for wave in waves if len(wave) >= MANY]


# --- tests of buttons ----------------------------------------------------------------------------------------------


class Proof(StrEnum):
    """What is known of a button: the officer's question "would it work today?"."""

    PROVED = "proved"  # tested in the last 30 days, and received within the goal
    SLOW = "slow"  # tested in the last 30 days, never received within the goal
    OVERDUE = "overdue"  # not tested for 30 days
    NEVER = "never"  # not tested since it is known


def seconds_taken(*, pressed_at: datetime, received_at: datetime, clock_offset_s: float | None) -> float:
    """Seconds from the press to the centre's database. `clock_offset_s`: how far the node's clock is ahead of ours."""
    return (received_at - pressed_at).total_seconds() + (clock_offset_s or 0.0)


def within_goal(took_s: float) -> bool:
    """Whether a test arrived in time. A press "in the future" proves a wrong clock, not a quick way."""
    return TEST_EARLIEST_S <= took_s <= TEST_GOAL_S


def proof_of(*, last_test: datetime | None, in_time_at: datetime | None, now: datetime) -> Proof:
    """The proof that a button's newest test, and its newest test within the goal, give. Unknown is never "proved"."""
    if in_time_at is not None and now - in_time_at <= TEST_EVERY:
        return Proof.PROVED
    if last_test is None:
        return Proof.NEVER
    return Proof.SLOW if now - last_test <= TEST_EVERY else Proof.OVERDUE


# --- does the engine live? -----------------------------------------------------------------------------------------

TURN_FRESH_S = 3.0
DUE_OVERDUE_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """What the engine's audit sees. Ages are seconds; None: there was none yet (turn), or nothing is due (overdue)."""

    turn_age_s: float | None
    overdue_s: float | None
    database_writes: bool
    carrier: bool


def engine_faults(engine: Engine) -> tuple[str, ...]:
    """Why a watcher outside must be told, by going quiet; empty when all is well."""
    faults = []
    if not engine.database_writes:
        faults.append("database")
    if not engine.carrier:
        faults.append("carrier")
    if engine.turn_age_s is None or engine.turn_age_s > TURN_FRESH_S:
        faults.append("turn")
    if engine.overdue_s is not None and engine.overdue_s > DUE_OVERDUE_S:
        faults.append("overdue")
    return tuple(faults)
