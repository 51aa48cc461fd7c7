"""What a drill may be at all. The guard rails are no advice: a plan that breaks one is refused, whoever asks for it.

They follow what school psychologists and school police hold together (reference of alarms §4: NASP, NASRO and Safe and
Sound, 2014-2021): no violence is played before children without their knowing, before small ones none at all, none
in days of exams, and none without the psychologist's word. How far two drills lie apart is our own number.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType

from qorgan.kernel.errors import Invalid

MAX_TEXT = 2_000  # characters
MAX_OBSERVERS, MAX_NAME = 20, 200
MAX_PRESENT = 20_000  # people of one drill
APART = timedelta(days=7)  # between two drills of a school: ours, no act names a number
LONGEST_AHEAD = timedelta(days=400)  # a school year and what is planned in the one before
FIRST_HOUR, LAST_HOUR = time(7), time(21)  # by the users' clock
SUNDAY = 7


class DrillScenario(StrEnum):
    """What is drilled, in the words of the instruction cards."""

    ARMED_ATTACK = "armed_attack"  # inside
    THREAT_OUTSIDE = "threat_outside"
    EXPLOSIVE = "explosive"  # or an anonymous call
    HOSTAGE = "hostage"
    CHEMICAL = "chemical"
    FIRE = "fire"
    EARTHQUAKE = "earthquake"
    MEDICAL = "medical"  # or a quarrel


class DrillForm(StrEnum):
    """How far it goes, from words to deeds."""

    DISCUSSION = "discussion"  # at a table
    PRACTICE = "practice"  # people do what the card says
    SIMULATION = "simulation"  # somebody plays the danger: actors, sounds, smoke


class DrillGroup(StrEnum):
    """Who takes part. Those of `CHILDREN` by age, in the bands of the instruction cards."""

    STAFF = "staff"
    GUARDS = "guards"
    PRESCHOOL = "preschool"
    PRIMARY = "primary"  # forms 0-4
    MIDDLE = "middle"  # forms 5-9
    SENIOR = "senior"  # forms 10-11, and colleges


class Refused(StrEnum):
    """Why there is no such drill: stable codes, which the console translates."""

    UNANNOUNCED_VIOLENCE = "drill.unannounced_violence"
    YOUNG_CHILDREN = "drill.young_children"
    CLOSED_DAY = "drill.closed_day"
    PSYCHOLOGIST = "drill.psychologist"
    TOO_CLOSE = "drill.too_close"
    WHEN = "drill.when"
    PARTICIPANTS = "drill.participants"


WHY: Mapping[Refused, str] = MappingProxyType(
    {
        Refused.UNANNOUNCED_VIOLENCE: "before children no violence is drilled unannounced: they cannot know it is none",
        Refused.YOUNG_CHILDREN: "no violence is played before children of the pre-school groups and of forms 0-4",
        Refused.CLOSED_DAY: "there are no drills on Sundays, holidays and days of exams",
        Refused.PSYCHOLOGIST: "where children take part the psychologist has looked at the plan and said so",
        Refused.TOO_CLOSE: f"two drills of a school lie at least {APART.days} days apart",
        Refused.WHEN: "a drill lies in the day between 7 and 21 o'clock, after now and within 400 days",
        Refused.PARTICIPANTS: "name who takes part",
    }
)
VIOLENT = frozenset(
    {DrillScenario.ARMED_ATTACK, DrillScenario.THREAT_OUTSIDE, DrillScenario.EXPLOSIVE, DrillScenario.HOSTAGE}
)
CHILDREN = frozenset({DrillGroup.PRESCHOOL, DrillGroup.PRIMARY, DrillGroup.MIDDLE, DrillGroup.SENIOR})
YOUNG = frozenset({DrillGroup.PRESCHOOL, DrillGroup.PRIMARY})


class PlanRefused(Invalid):
    """The plan breaks a guard rail; `code` names the first, `all` every one of them."""

    def __init__(self, found: tuple[Refused, ...]) -> None:
        super().__init__("; ".join(WHY[one] for one in found), code=found[0].value)
        self.all = found


@dataclass(frozen=True, slots=True, kw_only=True)
class PsychologistWord:
    """The psychologist looked at the plan and agrees. Of what they know of children nothing stands here."""

    name: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillPlan:
    """What is planned. `at` is an instant; `local` the same by the users' clock."""

    scenario: DrillScenario
    form: DrillForm
    at: datetime
    local: datetime
    announced: bool
    groups: frozenset[DrillGroup]
    word: PsychologistWord | None = None

    @property
    def children(self) -> bool:
        return bool(self.groups & CHILDREN)

    @property
    def violent(self) -> bool:
        """Of people against people; even without an actor, for whoever was not told, it is real."""
        return self.scenario in VIOLENT

    @property
    def plays_violence(self) -> bool:
        return self.violent and self.form is DrillForm.SIMULATION


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the planner knows beside the plan: days without drills, by the users' calendar, and the other drills."""

    now: datetime
    closed: frozenset[date] = field(default_factory=frozenset)
    others: tuple[datetime, ...] = ()


def refusals(plan: DrillPlan, around: Surroundings) -> tuple[Refused, ...]:
    """Every guard rail that the plan breaks, the gravest first."""
    broken = {
        Refused.UNANNOUNCED_VIOLENCE: plan.violent and plan.children and not plan.announced,
        Refused.YOUNG_CHILDREN: plan.plays_violence and bool(plan.groups & YOUNG),
        Refused.CLOSED_DAY: plan.local.date() in around.closed or plan.local.isoweekday() == SUNDAY,
        Refused.PSYCHOLOGIST: plan.children and plan.word is None,
        Refused.TOO_CLOSE: any(abs(plan.at - other) < APART for other in around.others),
        Refused.WHEN: not _in_time(plan, around.now),
        Refused.PARTICIPANTS: not plan.groups,
    }
    return tuple(one for one in Refused if broken[one])


def require_plan(plan: DrillPlan, around: Surroundings, *, excused: Iterable[Refused] = ()) -> None:
    """Raises `PlanRefused`. `excused`: what may still be missing, as the psychologist's word before the approval."""
    found = tuple(one for one in refusals(plan, around) if one not in frozenset(excused))
    if found:
        raise PlanRefused(found)


def _in_time(plan: DrillPlan, now: datetime) -> bool:
    ahead = plan.at - now
    return timedelta() < ahead <= LONGEST_AHEAD and FIRST_HOUR <= plan.local.time() <= LAST_HOUR
