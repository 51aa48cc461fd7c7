"""The one door for every way in: what a button, contact, panel, radio button or phone has to say, in one shape.

A way in makes a `Signal` or a `Claim` and hands it to `Node.signal` and `Node.claim`, which return after the commit. A
way in may rely on this: the same `press` of the same source is one alarm, however often it is told and whatever was
restarted in between; a signal that is more urgent, or real after a drill or test, is never taken for the one before it
(I3).
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from qorgan.domain.alarms import Kind, Level
from qorgan.domain.places import LocalText
from qorgan.edge.config import Button
from qorgan.kernel.errors import Invalid
from qorgan.kernel.ids import uuid7

MAX_SOURCE_KEY = 200  # characters; a panel's zone is "panel.partition.zone"
MAX_TEXT = 500  # of meaning, code and note: they come from outside


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Somebody asks for help, or a machine does for them. Texts that are too long are cut: an alarm is never refused
    for its words. Raises `Invalid` for a source without a key, which is our own mistake.

    `pressed_at` by the node's clock, or None for now.
    """

    source_key: str
    source: str
    place: LocalText
    cameras: tuple[str, ...] = ()  # nearest first
    level: Level = Level.P1
    kind: Kind = Kind.REAL
    meaning: str = ""  # domain.signals.Meaning
    code: str = ""  # as the way in said it, "1120" or "PA"
    press: UUID = field(default_factory=uuid7)
    duress: bool = False
    note: str = ""
    presses: int = 1
    pressed_at: datetime | None = None

    def __post_init__(self) -> None:
        if not 0 < len(self.source_key) <= MAX_SOURCE_KEY:
            raise Invalid(f"the key of a source has 1 to {MAX_SOURCE_KEY} characters")
        for name in ("source", "meaning", "code", "note"):
            object.__setattr__(self, name, getattr(self, name)[:MAX_TEXT])


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Somebody at the school says something of an alarm: `cancel`, `returned`, `again`. It never ends an alarm.

    The same `id` again is the same claim.
    """

    alarm: UUID
    claim: str
    by: str = ""  # who; empty for a machine
    duress: bool = False
    at: datetime | None = None  # by the node's clock; None for now
    id: UUID = field(default_factory=uuid7)


def of_button(button: Button, source: str, *, press: UUID, kind: Kind = Kind.REAL, level: Level = Level.P1) -> Signal:
    """What a button of the configuration has to say, whichever wire it came by."""
    return Signal(
        source_key=button.key,
        source=source,
        place=button.place,
        cameras=button.cameras,
        level=level,
        kind=kind,
        press=press,
    )
