"""Exceptions: a requirement that a school does not meet is borne for a while, for a reason, by somebody else's word.

An exception changes no verdict: what is not met is shown as not met and excepted, and a gate stays a gate.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from qorgan.domain.norms.types import Verdict
from qorgan.kernel.errors import Conflict, Forbidden, Invalid

LONGEST = timedelta(days=365)
MAX_REASON = 2_000  # characters


class WaiverState(StrEnum):
    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """`until`: the last day on which it is borne."""

    state: WaiverState
    asked_by: UUID
    until: date

    def bears(self, verdict: Verdict, today: date) -> bool:
        """Whether a failing today is excepted. What is unknown is never excepted: first somebody has to look."""
        return self.state is WaiverState.GRANTED and today <= self.until and verdict in (Verdict.NOT, Verdict.PARTLY)


def require_waiver(reason: str, until: date, today: date) -> None:
    """Raises `Invalid` (`waiver.reason`, `waiver.until`)."""
    if not reason.strip() or len(reason) > MAX_REASON:
        raise Invalid(f"say why, in at most {MAX_REASON} letters", code="waiver.reason")
    if not today < until <= today + LONGEST:
        raise Invalid("an exception ends after today and within a year", code="waiver.until")


def decide(waiver: Waiver, by: UUID, *, grant: bool, today: date) -> WaiverState:
    """Raises `Conflict` (`waiver.state`, `waiver.until`), `Forbidden` (`waiver.own`)."""
    if waiver.state is not WaiverState.ASKED:
        raise Conflict(f"it is {waiver.state} already", code="waiver.state")
    if by == waiver.asked_by:
        raise Forbidden("an exception is granted by another person than the one who asked", code="waiver.own")
    if grant and waiver.until < today:
        raise Conflict("its last day is over: ask again", code="waiver.until")
    return WaiverState.GRANTED if grant else WaiverState.REFUSED


def withdraw(waiver: Waiver) -> WaiverState:
    """Raises `Conflict` (`waiver.state`)."""
    if waiver.state not in (WaiverState.ASKED, WaiverState.GRANTED):
        raise Conflict(f"it is {waiver.state} already", code="waiver.state")
    return WaiverState.WITHDRAWN
