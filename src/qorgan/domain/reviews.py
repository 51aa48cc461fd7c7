"""Joint review of a plan: admitted bodies look at one revision of it, and each signs once."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum

from qorgan.domain.access import Body
from qorgan.kernel.errors import Conflict, Forbidden, Invalid

MAX_TEXT = 2_000  # characters
LONGEST_DEADLINE = timedelta(days=366)


class ReviewState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"  # every body has signed
    CANCELLED = "cancelled"


class ReviewAnswer(StrEnum):
    AGREE = "agree"
    REMARKS = "remarks"  # there are remarks on the plan
    NOT_COMPETENT = "not_competent"  # it is none of the body's affairs


def checked_opening(bodies: Sequence[Body], deadline: date, today: date) -> tuple[Body, ...]:
    """The bodies that are asked, in their own order. Raises `Invalid` (`review.bodies`, `review.deadline`)."""
    if not bodies or len(set(bodies)) != len(bodies):
        raise Invalid("name the bodies that are to sign, each once", code="review.bodies")
    if not today <= deadline <= today + LONGEST_DEADLINE:
        raise Invalid("the last day lies between today and a year from now", code="review.deadline")
    return tuple(body for body in Body if body in bodies)


def require_signature(
    state: ReviewState,
    bodies: Collection[Body],
    signed: Collection[Body],
    *,
    body: Body,
    answer: ReviewAnswer,
    issued: int,
) -> None:
    """Whether this body may sign so now. `issued`: how many of its remarks stand on the plan.

    Raises `Conflict` (`review.ended`, `review.signed`), `Forbidden` (`review.not_asked`), `Invalid` (`review.remarks`).
    """
    _require_open(state)
    if body not in bodies:
        raise Forbidden("your body was not asked to sign", code="review.not_asked")
    if body in signed:
        raise Conflict("your body has signed already", code="review.signed")
    if answer is ReviewAnswer.REMARKS and issued < 1:
        raise Invalid("issue a remark on this plan first: that is what you sign", code="review.remarks")
    if answer is ReviewAnswer.AGREE and issued > 0:
        raise Invalid("your body has open remarks on this plan: sign that, or withdraw them", code="review.remarks")


def require_closure(state: ReviewState, bodies: Collection[Body], signed: Collection[Body]) -> None:
    """Raises `Conflict` (`review.ended`, `review.unsigned`)."""
    _require_open(state)
    missing = [body.value for body in Body if body in bodies and body not in signed]
    if missing:
        raise Conflict(f"not everybody has signed: {', '.join(missing)}", code="review.unsigned")


def require_cancellation(state: ReviewState, reason: str) -> None:
    """Raises `Conflict` (`review.ended`), `Invalid` (`review.text`)."""
    _require_open(state)
    if not reason.strip():
        raise Invalid("say why the review is cancelled", code="review.text")


def outcome(answers: Mapping[Body, ReviewAnswer]) -> ReviewAnswer | None:
    """What the signatures come to: remarks if any body has them, agreement if any agrees; None before the first."""
    given = set(answers.values())
    for answer in (ReviewAnswer.REMARKS, ReviewAnswer.AGREE, ReviewAnswer.NOT_COMPETENT):
        if answer in given:
            return answer
    return None


def _require_open(state: ReviewState) -> None:
    if state is not ReviewState.OPEN:
        raise Conflict(f"the review is {state}", code="review.ended")
