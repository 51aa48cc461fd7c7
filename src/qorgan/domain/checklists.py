"""Checklists of the officer: which one an alarm gets, which of its items are late. The texts are data of the centre."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from qorgan.domain.alarms import Level
from qorgan.domain.places import LocalText
from qorgan.domain.signals import Meaning


class Scenario(StrEnum):
    """What the officer works by. It may be changed when more is known."""

    ATTACK = "attack"  # panic button, armed attack, hold-up
    EXPLOSIVE = "explosive"  # an explosive device, or an anonymous call about one
    FIRE = "fire"
    MEDICAL = "medical"
    ASSIST = "assist"  # a quarrel, a drunk, a parent who shouts: help is wanted
    UNKNOWN = "unknown"


_M = Meaning
_MEANINGS: Mapping[Scenario, tuple[Meaning, ...]] = MappingProxyType(
    {
        Scenario.ATTACK: (
            _M.POLICE,
            _M.PANIC,
            _M.DURESS,
            _M.SILENT_PANIC,
            _M.AUDIBLE_PANIC,
            _M.HOLD_UP,
            _M.SUSPICION,
            _M.MORE_HELP,
        ),
        Scenario.FIRE: (
            _M.FIRE,
            _M.SMOKE,
            _M.HEAT,
            _M.FLAME,
            _M.PULL_STATION,
            _M.SPRINKLER,
            _M.GAS,
            _M.CARBON_MONOXIDE,
        ),
        Scenario.MEDICAL: (_M.MEDICAL, _M.EMERGENCY, _M.FALL, _M.NO_REPORT),
        Scenario.ASSIST: (_M.ASSIST,),
    }
)
# Words of the ways in → the scenario; "explosive" is said by the operator alone, no panel has a code for it.
_OF_MEANING: Mapping[str, Scenario] = MappingProxyType(
    {meaning.value: scenario for scenario, meanings in _MEANINGS.items() for meaning in meanings}
    | {"explosive": Scenario.EXPLOSIVE}
)


def scenario_of(level: Level, meaning: str) -> Scenario:
    """The scenario that an alarm opens with. A P1 that we cannot place is an attack: louder is the safe side."""
    known = _OF_MEANING.get(meaning)
    if known is not None:
        return known
    if meaning and level is not Level.P1:
        return Scenario.UNKNOWN
    return {Level.P1: Scenario.ATTACK, Level.P2: Scenario.ASSIST}.get(level, Scenario.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing to do, to be done `due_s` seconds after the centre has received the alarm."""

    key: str
    text: LocalText
    due_s: int

    def due_at(self, received_at: datetime) -> datetime:
        return received_at + timedelta(seconds=self.due_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """One edition of a scenario's list: a higher `version` replaces it for alarms that open later, never for others."""

    scenario: Scenario
    version: int
    title: LocalText
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a frozen list stands at one moment: counts of its items."""

    items: int
    done: int
    late: int  # done after they were due
    overdue: int  # due and not done


def standing(due: Iterable[tuple[datetime, datetime | None]], now: datetime) -> Standing:
    """Counts over (due, done or None). `now` is the closure of an alarm that is closed."""
    pairs = list(due)
    return Standing(
        items=len(pairs),
        done=sum(1 for _, done in pairs if done is not None),
        late=sum(1 for at, done in pairs if done is not None and done > at),
        overdue=sum(1 for at, done in pairs if done is None and now > at),
    )
