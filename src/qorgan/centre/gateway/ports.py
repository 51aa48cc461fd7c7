"""What the gateway needs from the centre's rooms: who knocks, what they may see, and the ledger that is kept of it."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from qorgan.centre.pictures.drawing import Drawing
from qorgan.domain.cameras import StreamName
from qorgan.kernel.errors import Rejected
from qorgan.kernel.ids import CameraKey, SiteId
from qorgan.protocols.link.grants import Action
from qorgan.protocols.link.setup import CameraWish


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A signed-in person as the gateway sees them. `actor` belongs to the room `access`; we only hand it back."""

    actor: Any
    user: str
    session: str  # names their session without being its key
    visibility: Hashable  # role and scope: when it changes, what the visitor was shown is no longer what they may see
    rights: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What somebody wants to look at, and why."""

    camera: UUID
    stream: StreamName
    purpose: str
    action: Action = Action.LIVE
    start: datetime | None = None
    end: datetime | None = None
    digest: str = ""  # of the one order that the grant shall allow


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """A signed grant, where it is valid, and the line of the watch ledger that stands for it (empty: no line).

    `guest`: it holds as long as an alarm is open, so ask again (`renew_grant`) every few seconds.
    """

    watch: str
    site: SiteId
    camera: CameraKey
    grant: bytes
    expires_at: datetime
    guest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupPermit:
    """An order to set up a camera, sealed for the school's node, with a grant for just it. `watch` as in `Permit`."""

    site: SiteId
    grant: bytes
    sealed: bytes
    watch: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """A use of a link by a player that did not sign in; its maker answers for it."""

    link: UUID
    view: View
    permit: Permit


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One object as it is now, in JSON's own types. `visible_to` answers without asking the database.

    `lost_to`: they could see it a while ago, and are told that it is there no longer.
    """

    data: Any
    visible_to: Callable[[Visitor], bool]
    lost_to: Callable[[Visitor], bool] = lambda _: False


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Where something lies: codes of a region and a district, ids of schools."""

    region: str = ""
    district: str = ""
    schools: tuple[UUID, ...] = ()


class Gatekeeper(Protocol):
    """Rights and ledgers. Every call may raise `Unavailable`, for instance when the database is away."""

    async def authenticate(self, cookies: Mapping[str, str]) -> Visitor | None:
        """Whose session this is; None when nobody is signed in or the session has ended."""

    def on_sign_out(self, listener: Callable[[str], None]) -> None:
        """Call `listener`, in the event loop, with the `Visitor.session` of each session that is signed out here."""

    async def open_watch(self, visitor: Visitor, view: View) -> Permit:
        """Write the ledger line, then sign the grant. Raises `Forbidden`, `NotFound` or `Invalid`, writing nothing."""

    async def open_watches(self, visitor: Visitor, views: Sequence[View]) -> Sequence[Permit | Rejected]:
        """As `open_watch`, several with one commit; what is refused has its refusal in its place."""

    async def renew_grant(self, visitor: Visitor, permit: Permit, view: View) -> Permit:
        """A fresh grant for a watch that goes on. Raises `Forbidden` when the right is gone."""

    async def end_watch(self, permit: Permit) -> None:
        """Complete the ledger line. Ending twice is ending once."""

    async def end_watches(self, permits: Sequence[Permit]) -> None:
        """As `end_watch`, several with one commit."""

    async def check_link(self, token: str) -> UUID:
        """Which link this token still opens. Raises `NotFound` with code `link.unknown`."""

    async def open_link(self, token: str) -> Linked:
        """Write the ledger line under the name of the link's maker, then sign the grant. Raises as `open_watch`."""

    async def permit_coverage(self, visitor: Visitor, view: View) -> Permit:
        """A grant to ask what was recorded; shows no picture, so writes no ledger line. Raises as `open_watch`."""

    async def alarms_around(self, visitor: Visitor, view: View) -> Sequence[Mapping[str, Any]]:
        """`{id, at, level}` of the alarms of the camera's school pressed in [start, end)."""

    async def permit_setup(self, visitor: Visitor, school: UUID, wish: CameraWish) -> SetupPermit:
        """Seal an order for the school's node; a picture is a ledger line. Raises as `open_watch`, and `Conflict`."""

    async def end_setup(self, watch: str) -> None:
        """The picture of a setup was taken, or was not: complete its ledger line."""

    async def write_setup_down(self, visitor: Visitor, school: UUID, action: str, wish: CameraWish) -> None:
        """A line in the visitor's audit; nothing secret of the wish is in it."""

    async def hold_placed(self, visitor: Visitor, camera: UUID, action: str, data: Mapping[str, str]) -> None:
        """A line in the visitor's audit about a hold."""

    async def require_room_for_frame(self, visitor: Visitor) -> None:
        """Raises `Exhausted` with code `frame.too_many` when the visitor keeps more than may be."""

    async def keep_frame(
        self, visitor: Visitor, view: View, permit: Permit, taken_at: datetime, drawing: Drawing
    ) -> Mapping[str, Any]:
        """Keep the picture that the permit let out; the `Frame` of the API. Raises `NotFound`."""

    async def snapshot(self, visitor: Visitor) -> Mapping[str, Any]:
        """`schools`, `cameras`, `alarms`, `units` as this visitor may see them, read in one go."""

    def covers(self, visitor: Visitor, where: Where) -> bool:
        """Whether this lies in the visitor's territory. Answers at once, without asking the database."""

    async def look(self, topic: str, ids: Sequence[UUID]) -> Sequence[Seen]:
        """Objects of one topic as they are now, each for whoever may see it; those that are gone are left out."""

    async def see_consoles(self, visitors: Sequence[Visitor]) -> None:
        """The consoles of these people are connected now: whoever calls officers wishes to know."""

    async def ping(self) -> None:
        """Raises `Unavailable` when the database does not answer."""
