"""Shifts at the duty desks, and the hand-over between two of them: what is read back, what blocks the signatures.

A hand-over is a list. The one who goes and the one who comes sign the same list: a list that changes after a signature
has lost that signature. What the one who comes has not accepted blocks their signature, and nothing ends before both.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

MAX_PEOPLE = 50  # of one school's list
MAX_REASON = 300


class Matter(StrEnum):
    """What is read back."""

    ALARM = "alarm"  # open
    SHELVED = "shelved"  # an open alarm that lies on the shelf
    POINT = "point"  # a button, contact or panel of a school that is out of service
    UNIT = "unit"  # a patrol unit that is out of service


class SchoolRole(StrEnum):
    """What a person of a school is there for; whom to call, in the order of the school's own list."""

    HEAD = "head"
    DEPUTY = "deputy"
    SAFETY = "safety"  # in charge of safety
    DUTY_ADMINISTRATOR = "duty_administrator"
    GUARD = "guard"
    MEDIC = "medic"
    PSYCHOLOGIST = "psychologist"
    CARETAKER = "caretaker"
    OTHER = "other"


class ShiftEnd(StrEnum):
    """How a shift ended."""

    HANDED_OVER = "handed_over"  # both signed
    ENDED = "ended"  # nothing was left to hand over, or others stay on duty
    TAKEN_OVER = "taken_over"  # without the signature of whoever sat there; the reason says why


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing of the list. `said` is what was read back, in JSON's own types, as it was when it was listed."""

    matter: Matter
    ref: str
    said: Mapping[str, Any]

    @property
    def key(self) -> str:
        return f"{self.matter}:{self.ref}"


def digest(items: Iterable[Item]) -> str:
    """What a signature stands under: SHA-256 over the list, whatever its order."""
    rows = sorted(([item.matter.value, item.ref, dict(item.said)] for item in items), key=lambda row: row[:2])
    text = json.dumps(rows, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def unaccepted(items: Iterable[Item], accepted: Collection[str]) -> tuple[str, ...]:
    """Keys of what the one who comes has not accepted, in order."""
    return tuple(item.key for item in items if item.key not in accepted)


def needs_handover(*, leaver: UUID, owners: Collection[UUID | None], waiting: int, others_on_duty: int) -> bool:
    """Whether a shift may end by a hand-over alone.

    `owners` own the open alarms, `waiting` counts everything that would be read back. Whoever owns an open alarm hands
    it over; the last one on duty hands everything over.
    """
    return leaver in owners or (others_on_duty == 0 and waiting > 0)
