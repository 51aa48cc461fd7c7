"""The ladder: who is called, and after how many seconds, while nobody owns an alarm. Frozen when it is raised."""

from dataclasses import dataclass
from uuid import UUID

from qorgan.domain.alarms.words import Called, Kind, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """`after_s` counts from when the alarm began to wait for an owner. `centre`: the neighbour, when there is one."""

    after_s: int
    to: Called
    centre: UUID | None = None


def ladder_for(level: Level, kind: Kind, neighbour: UUID | None) -> tuple[Rung, ...]:
    """The ladder of an alarm that is raised now.

    A drill or a test calls nobody outside of its own centre. A real P1 has the neighbour's rung even where the registry
    names no neighbour: that nobody could be called is then written down.
    """
    if level is Level.P1:
        own = (Rung(after_s=15, to=Called.OFFICER), Rung(after_s=30, to=Called.SUPERVISOR))
        return (*own, Rung(after_s=45, to=Called.NEIGHBOUR, centre=neighbour)) if kind is Kind.REAL else own
    first, second = (60, 180) if level is Level.P2 else (300, 900)
    return Rung(after_s=first, to=Called.OFFICER), Rung(after_s=second, to=Called.SUPERVISOR)
