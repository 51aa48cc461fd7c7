"""Approved views: what a camera should see, signed by the school and by the police, by day and by night. Pure.

One frame is proposed, the school signs, then the police; from then on it is what drift is measured against, until a
newer one of the same camera and period is approved, or somebody takes it back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from qorgan.domain.access import Body, Role
from qorgan.kernel.errors import Conflict, Forbidden


class Period(StrEnum):
    DAY = "day"
    NIGHT = "night"


class ViewState(StrEnum):
    PROPOSED = "proposed"
    SIGNED_BY_SCHOOL = "signed_by_school"
    APPROVED = "approved"
    SUPERSEDED = "superseded"  # by a newer one, proposed or approved
    WITHDRAWN = "withdrawn"


class Side(StrEnum):
    """Who signs: two sides, one signature each."""

    SCHOOL = "school"
    POLICE = "police"


OPEN = frozenset({ViewState.PROPOSED, ViewState.SIGNED_BY_SCHOOL})
STANDING = OPEN | {ViewState.APPROVED}
_SIGNED: Mapping[tuple[ViewState, Side], ViewState] = MappingProxyType(
    {
        (ViewState.PROPOSED, Side.SCHOOL): ViewState.SIGNED_BY_SCHOOL,
        (ViewState.SIGNED_BY_SCHOOL, Side.POLICE): ViewState.APPROVED,
    }
)


def side_of(role: Role, body: Body | None) -> Side | None:
    """For which side this person signs: a head for the school; a duty officer, or an inspector of the police."""
    if role is Role.HEAD:
        return Side.SCHOOL
    if role is Role.DUTY_OFFICER or (role is Role.INSPECTOR and body is Body.POLICE):
        return Side.POLICE
    return None


def require_side(role: Role, body: Body | None) -> Side:
    """Raises `Forbidden` with code `view.no_side` for who signs for neither."""
    side = side_of(role, body)
    if side is None:
        raise Forbidden("an approved view is signed by the school's head and by the police", code="view.no_side")
    return side


def signed(state: ViewState, side: Side) -> ViewState:
    """The state after a signature. Raises `Conflict` with code `view.state` where it is not this side's turn."""
    after = _SIGNED.get((state, side))
    if after is None:
        raise Conflict(f"a view that is {state} is not signed by the {side} now", code="view.state")
    return after


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What of a camera makes another picture of the same place: codec (the name, not its profile), pixels."""

    codec: str = ""
    width: int = 0
    height: int = 0

    def changed_to(self, now: "Sight") -> tuple[str, ...]:
        """What is not as it was approved: `codec`, `resolution`. What is not known has not changed."""
        found = []
        if self.codec and now.codec and self.codec.split(".")[0] != now.codec.split(".")[0]:
            found.append("codec")
        known = self.width and self.height and now.width and now.height
        if known and (self.width, self.height) != (now.width, now.height):
            found.append("resolution")
        return tuple(found)
