"""Making a link, using it, taking it back. What it opens is judged anew at each use, by what its maker may do then."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from qorgan.centre.access import service as access
from qorgan.centre.access.models import User
from qorgan.centre.viewlinks import schemas
from qorgan.centre.viewlinks.models import ViewLink
from qorgan.centre.wire import Person
from qorgan.domain.access import Actor
from qorgan.domain.cameras import StreamName
from qorgan.kernel.errors import Conflict, Invalid, NotFound

LONGEST = timedelta(hours=1)
LONGEST_LIFE = timedelta(days=1)
AT_ONCE = 20  # of one person, not yet expired
_SALT = "qorgan.viewlink"


class NoSuchLink(NotFound):
    """One that was never made, has expired, or was taken back: whoever tries does not learn which."""

    code = "link.unknown"

    def __init__(self) -> None:
        super().__init__("this link opens nothing (any more)")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkUse:
    """A use of a link that has begun: the watch that stands in the ledger, and the maker as they are now."""

    link: UUID
    actor: Actor
    camera: UUID
    stream: StreamName
    purpose: str
    start: datetime
    end: datetime
    watch: access.OpenedWatch


@transaction.atomic
def make(actor: Actor, camera_id: UUID, wish: schemas.NewViewLink) -> schemas.ViewLink:
    """A link, and a line in the school's ledger that it was made. Its `address` is the token alone.

    Raises `Forbidden`, `NotFound` or `Invalid` as `open_watch` does for an export; `Conflict` for one too many.
    """
    now = timezone.now()
    if not wish.start < wish.end or wish.end - wish.start > LONGEST:
        raise Invalid(f"a link opens at most {LONGEST.total_seconds():.0f} s, and its end is after its start")
    if wish.end > now:
        raise Invalid("end: lies in the future; nothing is recorded there yet")
    User.objects.select_for_update().get(pk=actor.user)  # two at once do not both find room
    if ViewLink.objects.filter(maker=actor.user, expires_at__gt=now, revoked_at=None).count() >= AT_ONCE:
        raise Conflict(f"you have {AT_ONCE} links that still open; take one back first", code="link.too_many")
    access.note_link(actor, camera_id, wish.stream, wish.purpose, wish.start, wish.end)
    row = ViewLink.objects.create(
        maker_id=actor.user,
        camera_id=camera_id,
        stream=wish.stream.value,
        purpose=wish.purpose,
        start=wish.start,
        end=wish.end,
        made_at=now,
        expires_at=now + min(timedelta(minutes=wish.lasts_min), LONGEST_LIFE),
    )
    return _on_the_wire(row, address=signing.dumps(row.pk.hex, salt=_SALT))


def links(actor: Actor, camera_id: UUID) -> schemas.ViewLinkList:
    """Links to a camera that still open, newest first: one's own, or all for who reads the school's ledger."""
    rows = ViewLink.objects.visible_to(actor).filter(camera=camera_id, revoked_at=None, expires_at__gt=timezone.now())
    found = rows.select_related("maker").order_by("-made_at")[:100]
    return schemas.ViewLinkList(items=[_on_the_wire(row) for row in found], next=None)


@transaction.atomic
def revoke(actor: Actor, link_id: UUID) -> schemas.ViewLink:
    """From now on it opens nothing. Taking back twice is taking back once. Raises `NotFound`."""
    row = ViewLink.objects.visible_to(actor).select_for_update(of=("self",)).filter(pk=link_id).first()
    if row is None:
        raise NotFound("there is no such link")
    if row.revoked_at is None:
        row.revoked_at, row.revoked_by_id = timezone.now(), actor.user
        row.save(update_fields=("revoked_at", "revoked_by"))
        access.audit(User.objects.get(pk=actor.user), "link.revoked", {"link": str(row.pk)})
    return _on_the_wire(row)


@transaction.atomic
def begin_use(token: str) -> LinkUse:
    """Somebody's player asks for the playlist: a line in the school's ledger, under the maker's name.

    Raises `NoSuchLink`, and as `open_watch` when the maker might not look any more.
    """
    row = _valid(token)
    actor = access.actor_for(row.maker)
    stream = StreamName(row.stream)
    watch = access.open_linked_watch(actor, row.camera_id, stream, row.purpose, row.start, row.end)
    ViewLink.objects.filter(pk=row.pk).update(uses=F("uses") + 1)
    return LinkUse(
        link=row.pk,
        actor=actor,
        camera=row.camera_id,
        stream=stream,
        purpose=row.purpose,
        start=row.start,
        end=row.end,
        watch=watch,
    )


def check(token: str) -> UUID:
    """The link that this token still opens. Raises `NoSuchLink`."""
    return _valid(token).pk


def _valid(token: str) -> ViewLink:
    try:
        id = UUID(signing.loads(token, salt=_SALT, max_age=LONGEST_LIFE))
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise NoSuchLink from error
    row = ViewLink.objects.select_related("maker").filter(pk=id).first()
    if row is None or row.revoked_at is not None or row.expires_at <= timezone.now():
        raise NoSuchLink
    return row


def _on_the_wire(row: ViewLink, *, address: str = "") -> schemas.ViewLink:
    return schemas.ViewLink(
        id=row.pk,
        camera=row.camera_id,
        maker=Person(id=row.maker_id, name=row.maker.name),
        stream=StreamName(row.stream),
        purpose=row.purpose,
        start=row.start,
        end=row.end,
        made_at=row.made_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        uses=row.uses,
        address=address,
    )
