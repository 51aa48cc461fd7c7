"""Notices: who wishes to be told of what, and how long a channel that fails is tried again."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from qorgan.domain.access import Scope

FIRST_WAIT_S, LONGEST_WAIT_S = 2.0, 900.0
MOST_ATTEMPTS = 40  # two seconds to a quarter of an hour apart: at least eight hours
WORTH_TELLING = timedelta(hours=24)  # afterwards nobody is helped by hearing of it: it is shown as dead instead


class Channel(StrEnum):
    WEBHOOK = "webhook"
    EMAIL = "email"
    PUSH = "push"  # Web Push, to a browser (RFC 8030)
    SMS = "sms"


class Format(StrEnum):
    """What a webhook is sent."""

    JSON = "json"
    CAP = "cap"


class Topic(StrEnum):
    ALARM = "alarm"
    ACTION = "action"
    FAULT = "fault"
    REMARK = "remark"
    QUALITY = "quality"  # a fault of a camera's picture, or of its stream
    TEST = "test"  # somebody asked whether the channel works


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something happened that somebody may wish to know. `key` names it for ever: nobody is told of it twice.

    `event` is `<topic>.<what>`, "alarm.raised". An outage of an area has no school. `level` and `kind` are an alarm's;
    an action has its kind alone. `calls` are the officers whom it calls by name; None: nobody in particular. `persons`
    are those whom a remark concerns: of subscriptions that belong to somebody, theirs alone hear of it.
    """

    key: str
    event: str
    at: datetime
    school: UUID | None = None
    region: str = ""
    district: str = ""
    level: str = ""
    kind: str = ""
    calls: frozenset[UUID] | None = None
    persons: frozenset[UUID] | None = None

    @property
    def priority(self) -> int:
        """What is sent first when much waits: 0 a real P1 or a school's real action, 1 other alarms, 2 the rest."""
        topic = self.event.partition(".")[0]
        if self.kind == "real" and (self.level == "P1" or topic == Topic.ACTION):
            return 0
        return 1 if topic in (Topic.ALARM, Topic.TEST) else 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a subscription asks for. Empty `levels` or `kinds`: all. `events` are names, or `<topic>.*`. `owner`: whose
    it is, if anybody's.

    `limit` is the scope of the person it belongs to, as it is now: who loses a right is told no more. `officer` is that
    person, if they are somebody whom an alarm may call by name: of alarms they hear when they are called, wherever the
    alarm is (a neighbouring centre's, too), and not when others are.
    """

    scope: Scope
    events: frozenset[str]
    levels: frozenset[str] = field(default_factory=frozenset)
    kinds: frozenset[str] = field(default_factory=frozenset)
    limit: Scope | None = None
    officer: UUID | None = None
    owner: UUID | None = None


def wants(wish: Wish, notice: Notice) -> bool:
    """Whether this notice goes to that subscription."""
    topic = notice.event.partition(".")[0]
    if notice.event not in wish.events and f"{topic}.*" not in wish.events:
        return False
    if wish.levels and notice.level and notice.level not in wish.levels:
        return False
    if wish.kinds and notice.kind and notice.kind not in wish.kinds:
        return False
    if wish.officer is not None and notice.calls is not None:
        return wish.officer in notice.calls
    if wish.owner is not None and notice.persons is not None and wish.owner not in notice.persons:
        return False
    return _covers(wish.scope, notice) and (wish.limit is None or _covers(wish.limit, notice))


def _covers(scope: Scope, notice: Notice) -> bool:
    if scope.everywhere:
        return True
    if notice.region in scope.regions or notice.district in scope.districts:
        return True
    return notice.school is not None and notice.school in scope.schools


def next_attempt(
    *, attempts: int, created_at: datetime, now: datetime, chance: float, asked_s: float | None = None
) -> datetime | None:
    """When to try again after `attempts` failures; None: it is given up, and shown as dead.

    Exponential with full jitter between half and all of the ceiling; `chance` is uniform in 0…1. `asked_s` is how long
    the receiver asked to be left alone (Retry-After): it is heeded up to the longest wait.
    """
    if attempts >= MOST_ATTEMPTS or now - created_at >= WORTH_TELLING:
        return None
    ceiling = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(attempts - 1, 16))
    wait = ceiling / 2 + chance * ceiling / 2
    if asked_s is not None:
        wait = max(wait, min(asked_s, LONGEST_WAIT_S))
    return now + timedelta(seconds=wait)


def parts(text: str, *, most: int = 3) -> str:
    """A text that fits into `most` joined SMS of UCS-2, 67 characters each (3GPP TS 23.040, 9.2.3.24.1)."""
    limit = 67 * most
    return text if len(text) <= limit else text[: limit - 1] + "…"
