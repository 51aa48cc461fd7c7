"""Action cards: what one role does in one scenario, in few and short steps, and the quiz about it.

Reading a card is a fact of its own. It is no briefing of the instruction (norms.md KZ-D-6) and never counts as one.
"""

import hashlib
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from qorgan.domain.density.norms import Status
from qorgan.domain.places import LocalText

MAX_STEPS, MAX_LETTERS = 7, 90  # of a card; of a step in each language
QUESTIONS = range(3, 6)  # of a quiz


class CardRole(StrEnum):
    HEAD = "head"
    DUTY_ADMINISTRATOR = "duty_administrator"
    TEACHER = "teacher"
    COOK = "cook"
    TECHNICIAN = "technician"
    GUARD = "guard"
    NURSE = "nurse"
    PSYCHOLOGIST = "psychologist"
    PUPIL_JUNIOR = "pupil_junior"  # classes 1 to 4; a grown-up reads it with them
    PUPIL_MIDDLE = "pupil_middle"  # classes 5 to 8
    PUPIL_SENIOR = "pupil_senior"  # classes 9 to 11
    PARENT = "parent"


PUPILS = frozenset({CardRole.PUPIL_JUNIOR, CardRole.PUPIL_MIDDLE, CardRole.PUPIL_SENIOR})
STAFF = frozenset(CardRole) - PUPILS - {CardRole.PARENT}


class CardScenario(StrEnum):
    ARMED_ATTACK_INSIDE = "armed_attack_inside"
    THREAT_OUTSIDE = "threat_outside"
    EXPLOSIVE_OR_ANONYMOUS_CALL = "explosive_or_anonymous_call"
    HOSTAGE = "hostage"
    CHEMICAL = "chemical"
    FIRE = "fire"
    EARTHQUAKE = "earthquake"
    QUARREL_OR_MEDICAL = "quarrel_or_medical"


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a text comes from and how far it can be trusted. `paragraph`: as printed, or "not read"."""

    status: Status
    source: Annotated[str, Meta(min_length=1, max_length=500)]
    paragraph: Annotated[str, Meta(min_length=1, max_length=200)]


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing to do. `of` names roles or groups; `last_resort` is for grown-ups alone."""

    of: Annotated[tuple[str, ...], Meta(min_length=1, max_length=len(CardRole))]
    text: LocalText
    last_resort: bool = False
    source: str = ""  # a key of the file's sources; "": the file's own


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One answer is right. Whoever shows it mixes the answers."""

    ask: LocalText
    right: LocalText
    wrong: Annotated[tuple[LocalText, ...], Meta(min_length=2, max_length=4)]


class Quiz(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Asked of the staff alone: with children a grown-up talks it over."""

    pass_mark: Annotated[int, Meta(ge=1, le=5)]  # right answers
    valid_days: Annotated[int, Meta(ge=1, le=1_100)]
    questions: tuple[Question, ...]


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What a role does in a scenario. A higher `version` is to be read and answered anew."""

    role: CardRole
    scenario: CardScenario
    version: int
    title: LocalText
    steps: tuple[LocalText, ...]
    sources: tuple[Source, ...]
    quiz: Quiz | None

    @property
    def status(self) -> Status:
        """As far as the least certain of its steps can be trusted."""
        return max((one.status for one in self.sources), key=list(Status).index)

    @property
    def digest(self) -> str:
        """SHA-256 of its canonical JSON: tells whether a person read this very text."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()
