"""Frames on the wire."""

from uuid import UUID

from ninja import Schema
from pydantic import AwareDatetime

from qorgan.centre.wire import Instant, Person
from qorgan.domain.cameras import StreamName


class Frame(Schema):
    """A picture of a camera as it was. `image` is the address of its bytes; `digest` their SHA-256.

    `taken_at` is by the school's clock. `width` and `height` are of the picture as kept, at most 3840 on its long side.
    """

    id: UUID
    camera: UUID
    school: UUID
    stream: StreamName
    taken_at: Instant
    asked_at: Instant
    asked_by: Person
    width: int
    height: int
    digest: str
    image: str


class FrameWish(Schema):
    """`at`: as recorded then, with the keyframe that stands at that instant; null: as the camera sees now."""

    at: AwareDatetime | None = None
    stream: StreamName = StreamName.MAIN
    purpose: str = "inspection"
