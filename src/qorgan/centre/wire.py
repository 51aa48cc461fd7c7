"""What all rooms share of what crosses the wire: instants, names, pages, problems."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from ninja import Query, Schema
from pydantic import PlainSerializer, WithJsonSchema

from qorgan.domain.places import LocalText
from qorgan.kernel.errors import Invalid

T = TypeVar("T")
Row = TypeVar("Row", bound=Model)
MAX_PAGE = 500
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE)]  # rows of a page, as a route asks for it


def instant(moment: datetime) -> str:
    """ISO 8601, UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Instant = Annotated[
    datetime,
    PlainSerializer(instant, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


class Name(Schema):
    """One text in the three languages of the console."""

    kk: str
    ru: str
    en: str

    @classmethod
    def of(cls, text: LocalText) -> "Name":
        return cls.model_construct(kk=text.kk, ru=text.ru or text.kk, en=text.en or text.kk)


class Named(Schema):
    """A thing named in the three languages, to be shown and followed by its id."""

    id: UUID
    name: Name


class Person(Schema):
    id: UUID
    name: str


class Problem(Schema):
    """RFC 9457. `code` is stable: the console translates it."""

    code: str
    title: str
    detail: str
    status: int


class Page(Schema, Generic[T]):
    """One page of a list. `next` goes into `cursor` of the next call; null on the last page."""

    items: list[T]
    next: str | None


def page_of(rows: QuerySet[Row], *, newest_by: str, cursor: str | None, limit: int) -> tuple[Sequence[Row], str | None]:
    """The rows after `cursor`, newest first by (`newest_by`, id), and the cursor of what follows.

    Raises `Invalid` with code `cursor` for a cursor that we did not give out.
    """
    if cursor is not None:
        moment, key = _open_cursor(cursor, datetime.fromisoformat)
        rows = rows.filter(Q(**{f"{newest_by}__lt": moment}) | Q(**{newest_by: moment}, pk__lt=key))
    found = list(rows.order_by(f"-{newest_by}", "-pk")[: limit + 1])
    if len(found) <= limit:
        return found, None
    last: Any = found[limit - 1]
    return found[:limit], _close_cursor(getattr(last, newest_by).isoformat(), last.pk)


def page_in_order(rows: QuerySet[Row], *, by: str, cursor: str | None, limit: int) -> tuple[Sequence[Row], str | None]:
    """The rows after `cursor`, in the order of the text column `by` and then of the id; raises as `page_of`.

    A row that changes its place between two pages is seen once, twice or not at all, as in a list on paper.
    """
    if cursor is not None:
        text, key = _open_cursor(cursor, _text)
        rows = rows.filter(Q(**{f"{by}__gt": text}) | Q(**{by: text}, pk__gt=key))
    found = list(rows.order_by(by, "pk")[: limit + 1])
    if len(found) <= limit:
        return found, None
    last: Any = found[limit - 1]
    return found[:limit], _close_cursor(getattr(last, by), last.pk)


def _close_cursor(place: str, key: UUID) -> str:
    return base64.urlsafe_b64encode(json.dumps([place, str(key)]).encode()).decode().rstrip("=")


def _text(place: str) -> str:
    if not place.isascii() or not place.isprintable():  # PostgreSQL takes no NUL
        raise ValueError("not ours")
    return place


def _open_cursor(cursor: str, read: Callable[[str], T]) -> tuple[T, UUID]:
    try:
        place, key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return read(place), UUID(key)
    except (ValueError, TypeError, AttributeError, binascii.Error) as error:
        raise Invalid("the cursor is not one that this list gave out", code="cursor") from error
