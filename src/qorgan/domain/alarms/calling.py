"""Whom a call is for: people of a centre, as they are at the moment of the call.

The rules (which rung after how many seconds, which neighbour) are frozen when an alarm is raised. People are not: of
those who sat at a desk then, one may have gone home, and whoever has come since can hear. Nobody is ever called
silently: where those whom a call means are not there, it goes to everybody who has the right, and louder.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from qorgan.domain.alarms.words import Called


class Why(StrEnum):
    """Why these people are called."""

    AT_DESK = "at_desk"  # on shift at a desk, and their console is connected as far as anybody knows
    NEXT = "next"  # on shift with no console, or at a console without a shift: not called before
    AGAIN = "again"  # all who are there have been called: the same once more
    SUPERVISOR = "supervisor"  # the supervisors who are there
    SUPERVISOR_AWAY = "supervisor_away"  # no supervisor is there: all of them, and whoever is there
    NOBODY_AT_DESK = "nobody_at_desk"  # nobody of the centre is at a desk: everybody who has the right
    NO_SUPERVISOR = "no_supervisor"  # none is named: everybody who has the right
    NO_NEIGHBOUR = "no_neighbour"  # none is named, or it has no officers: everybody of the own centre


_LOUD = frozenset(set(Why) - {Why.AT_DESK, Why.NEXT, Why.SUPERVISOR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    """Somebody of a centre with the right to take an alarm. `console`: whether it is connected; None: nobody knows."""

    id: UUID
    name: str
    at_desk: bool = False  # on shift
    console: bool | None = None
    supervisor: bool = False

    @property
    def hears(self) -> bool:
        """On shift, and nothing says that they could not hear."""
        return self.at_desk and self.console is not False

    @property
    def there(self) -> bool:
        return self.at_desk or self.console is True


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`people` are called. Empty only where the centre has nobody with the right at all."""

    people: tuple[Officer, ...]
    why: Why

    @property
    def louder(self) -> bool:
        """Whether screens ring anew: this call goes to more people than it was meant for, or to the same once more."""
        return self.why in _LOUD


def first_call(officers: Iterable[Officer]) -> Call:
    """Whom an alarm calls when it is raised."""
    officers = tuple(officers)
    hearing = tuple(one for one in officers if one.hears)
    return Call(people=hearing, why=Why.AT_DESK) if hearing else Call(people=officers, why=Why.NOBODY_AT_DESK)


def call(to: Called, own: Sequence[Officer], neighbour: Sequence[Officer]) -> Call:
    """Whom a rung calls now. `own` are officers of the school's centre, `neighbour` those of the neighbouring one."""
    match to:
        case Called.OFFICER:
            return _next(tuple(own))
        case Called.SUPERVISOR:
            return _supervisor(tuple(own))
        case Called.NEIGHBOUR:
            return first_call(neighbour) if neighbour else Call(people=tuple(own), why=Why.NO_NEIGHBOUR)


def _next(own: tuple[Officer, ...]) -> Call:
    first = first_call(own)
    if first.why is Why.NOBODY_AT_DESK:
        return first
    others = tuple(one for one in own if one.there and one not in first.people)
    return Call(people=others, why=Why.NEXT) if others else Call(people=first.people, why=Why.AGAIN)


def _supervisor(own: tuple[Officer, ...]) -> Call:
    supervisors = tuple(one for one in own if one.supervisor)
    if not supervisors:
        return Call(people=own, why=Why.NO_SUPERVISOR)
    there = tuple(one for one in supervisors if one.there)
    if there:
        return Call(people=there, why=Why.SUPERVISOR)
    return Call(people=tuple(one for one in own if one.supervisor or one.there), why=Why.SUPERVISOR_AWAY)
