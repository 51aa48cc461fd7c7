"""The session and the watch ledger on the wire."""

from typing import Literal
from uuid import UUID

from ninja import Schema

from qorgan.centre.wire import Instant, Name, Named, Page
from qorgan.domain.access import Body, Right, Role
from qorgan.domain.cameras import StreamName

Language = Literal["kk", "ru", "en"]
WatchAction = Literal["live", "listen", "link", "linked", "archive", "export", "snapshot", "ptz", "setup", "hold"]


class SignedInUser(Schema):
    id: UUID
    name: str
    email: str


class SessionScope(Schema):
    """Where the role holds. The ministry and administrators hold everywhere: all three lists are empty for them."""

    regions: list[str]
    districts: list[str]
    schools: list[UUID]


class Session(Schema):
    user: SignedInUser
    role: Role
    language: Language
    centre: Named | None
    school: UUID | None
    scope: SessionScope
    body: Body | None
    rights: list[Right]
    csrf: str


ViewerRole = Role | Literal["machine"]  # a machine: the centre's own check of archives, which nobody looks at


class Viewer(Schema):
    name: str
    role: ViewerRole


class WatchedCamera(Schema):
    id: UUID
    name: Name


class WatchedRange(Schema):
    start: Instant
    end: Instant


class Watch(Schema):
    """Somebody watched. `ended_at` is null while they watch."""

    id: UUID
    at: Instant
    ended_at: Instant | None
    viewer: Viewer
    camera: WatchedCamera
    action: WatchAction
    stream: StreamName
    purpose: str
    range: WatchedRange | None


class WatchPage(Page[Watch]):
    """The school's watch ledger, newest first."""
