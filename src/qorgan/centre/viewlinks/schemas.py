"""Links on the wire."""

from typing import Annotated
from uuid import UUID

from ninja import Schema
from pydantic import AwareDatetime, Field

from qorgan.centre.wire import Instant, Person
from qorgan.domain.cameras import StreamName


class NewViewLink(Schema):
    """Which stretch, why, and for how many minutes the link opens it."""

    start: AwareDatetime
    end: AwareDatetime
    stream: StreamName = StreamName.SUB
    purpose: Annotated[str, Field(max_length=100)]
    lasts_min: Annotated[int, Field(ge=5, le=24 * 60)] = 60


class ViewLink(Schema):
    """`address` is told once, to its maker: it opens the stretch for whoever has it."""

    id: UUID
    camera: UUID
    maker: Person
    stream: StreamName
    purpose: str
    start: Instant
    end: Instant
    made_at: Instant
    expires_at: Instant
    revoked_at: Instant | None
    uses: int
    address: str = ""


class ViewLinkList(Schema):
    items: list[ViewLink]
    next: str | None
