"""What the gateway needs from the centre's rooms: who knocks, what they may see, and the ledger that is kept of it."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from qorgan.domain.cameras import StreamName
from qorgan.kernel.ids import CameraKey, SiteId
from qorgan.protocols.link.grants import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A signed-in person as the gateway sees them. `actor` belongs to the room `access`; we only hand it back."""

    actor: Any
    user: str
    visibility: Hashable  # visitors with equal `visibility` see exactly the same schools, cameras and alarms
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """A signed grant, where it is valid, and the line of the watch ledger that stands for it (empty: no line)."""

    watch: str
    site: SiteId
    camera: CameraKey
    grant: bytes
    expires_at: datetime


class Gatekeeper(Protocol):
    """Rights and ledgers. Every call may raise `Unavailable`, for instance when the database is away."""

    async def authenticate(self, cookies: Mapping[str, str]) -> Visitor | None:
        """Whose session this is; None when nobody is signed in or the session has ended."""

    async def open_watch(self, visitor: Visitor, view: View) -> Permit:
        """Write the ledger line, then sign the grant. Raises `Forbidden`, `NotFound` or `Invalid`, writing nothing."""

    async def renew_grant(self, visitor: Visitor, permit: Permit, view: View) -> Permit:
        """A fresh grant for a watch that goes on. Raises `Forbidden` when the right is gone."""

    async def end_watch(self, permit: Permit) -> None:
        """Complete the ledger line. Ending twice is ending once."""

    async def permit_coverage(self, visitor: Visitor, view: View) -> Permit:
        """A grant to ask what was recorded; shows no picture, so writes no ledger line. Raises as `open_watch`."""

    async def alarms_around(self, visitor: Visitor, view: View) -> Sequence[Mapping[str, Any]]:
        """`{id, at, level}` of the alarms of the camera's school pressed in [start, end)."""

    async def snapshot(self, visitor: Visitor) -> Mapping[str, Any]:
        """`schools`, `cameras`, `alarms`, `units` as this visitor may see them, read in one go."""

    async def view(self, topic: str, id: str, visitor: Visitor) -> Any | None:
        """One object as it is now; None when this visitor may not see it or it is gone."""

    async def ping(self) -> None:
        """Raises `Unavailable` when the database does not answer."""
