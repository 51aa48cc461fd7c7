"""Whether a person knows a card: what was read and answered, in which edition, and until when it holds.

A phone may have been offline: it says when something was done, and the centre believes it within limits.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from qorgan.domain.places import LocalText
from qorgan.domain.readiness.cards import Card, Question, Quiz
from qorgan.kernel.errors import Invalid

LONGEST_OFFLINE = timedelta(days=30)


class Knowledge(StrEnum):
    TO_READ = "to_read"  # never read in this edition, failed since, or expired
    TO_ANSWER = "to_answer"  # read, the quiz is still to be passed
    KNOWN = "known"


class Why(StrEnum):
    NEW = "new"  # nothing of the card was ever read
    CHANGED = "changed"  # an earlier edition was read
    FAILED = "failed"
    EXPIRED = "expired"
    NONE = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A card's edition was read to its end. `at`: by the phone, as far as it is believed."""

    version: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """A quiz that was answered: `right` answers out of those of the edition."""

    version: int
    at: datetime
    right: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """`until`: when the quiz expires; None for what is not known and for a card without a quiz."""

    knowledge: Knowledge
    why: Why = Why.NONE
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question as one try shows it: its answers mixed, `right` being the place of the right one."""

    ask: LocalText
    answers: tuple[LocalText, ...]
    right: int


def standing(card: Card, readings: Iterable[Reading], tries: Iterable[Try], now: datetime) -> Standing:
    """How a person stands with a card. A failed or expired quiz wants a reading after it, then a new try."""
    all_readings = list(readings)
    read_at = max((one.at for one in all_readings if one.version == card.version), default=None)
    if read_at is None:
        return Standing(knowledge=Knowledge.TO_READ, why=Why.CHANGED if all_readings else Why.NEW)
    if card.quiz is None:
        return Standing(knowledge=Knowledge.KNOWN)
    last = max((one for one in tries if one.version == card.version), key=lambda one: (one.at, one.right), default=None)
    if last is None:
        return Standing(knowledge=Knowledge.TO_ANSWER)
    return _after(card.quiz, read_at, last, now)


def _after(quiz: Quiz, read_at: datetime, last: Try, now: datetime) -> Standing:
    until = last.at + timedelta(days=quiz.valid_days)
    passed = last.right >= quiz.pass_mark
    if passed and now < until:
        return Standing(knowledge=Knowledge.KNOWN, until=until)
    read_again = read_at >= until if passed else read_at > last.at
    why = Why.EXPIRED if passed else Why.FAILED
    return Standing(knowledge=Knowledge.TO_ANSWER if read_again else Knowledge.TO_READ, why=why)


def sheet(quiz: Quiz, try_id: UUID) -> tuple[Asked, ...]:
    """The questions of one try, mixed. The same try is mixed alike on the phone's every look and at the centre."""
    order = _mixed(len(quiz.questions), f"{try_id}")
    return tuple(_asked(quiz.questions[number], f"{try_id}/{number}") for number in order)


def mark(quiz: Quiz, try_id: UUID, answers: Sequence[int]) -> int:
    """How many places of a sheet were answered rightly. Raises `Invalid` when the answers are of another sheet."""
    asked = sheet(quiz, try_id)
    if len(answers) != len(asked):
        raise Invalid(f"{len(answers)} answers to {len(asked)} questions")
    if any(not 0 <= place < len(one.answers) for place, one in zip(answers, asked, strict=True)):
        raise Invalid("an answer that was not offered")
    return sum(place == one.right for place, one in zip(answers, asked, strict=True))


def believed(said_at: datetime, received_at: datetime) -> datetime:
    """When it was done: as the phone says, never later than it arrived. Raises `Invalid` for what is too old."""
    if received_at - said_at > LONGEST_OFFLINE:
        raise Invalid(f"done more than {LONGEST_OFFLINE.days} days before it was sent: read the card again")
    return min(said_at, received_at)


def _asked(question: Question, seed: str) -> Asked:
    answers = (question.right, *question.wrong)
    order = _mixed(len(answers), seed)
    return Asked(ask=question.ask, answers=tuple(answers[number] for number in order), right=order.index(0))


def _mixed(count: int, seed: str) -> list[int]:
    return sorted(range(count), key=lambda number: hashlib.sha256(f"{seed}:{number}".encode()).digest())
