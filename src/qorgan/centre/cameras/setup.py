"""Use cases of setting up a camera at a school from the console: orders sealed for its node, and what is written.

The password passes through in memory alone: it is in no row, no log and no error, and what travels is sealed.
"""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from qorgan.centre import clean, keys
from qorgan.centre.access import service as access
from qorgan.centre.access.models import User
from qorgan.centre.cameras.models import Camera
from qorgan.centre.schools.models import School
from qorgan.domain.access import Actor, PurposeKind, Right
from qorgan.domain.cameras import StreamName
from qorgan.kernel.errors import Conflict, Invalid, NotFound
from qorgan.kernel.ids import SiteId, is_key, uuid7
from qorgan.protocols.link.grants import Action, Grant, sign
from qorgan.protocols.link.messages import encode
from qorgan.protocols.link.sealing import digest, seal
from qorgan.protocols.link.setup import SEAL_USE, CameraWish

GRANT_LASTS = timedelta(minutes=3)  # the node may take a minute to look at both streams
MAX_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupPermit:
    """An order ready to travel. `watch`: the line of the watch ledger for a picture, or None."""

    site: SiteId
    grant: bytes
    sealed: bytes
    watch: UUID | None = None


@transaction.atomic
def permit(actor: Actor, school_id: UUID, wish: CameraWish) -> SetupPermit:
    """Seal an order for the school's node, and sign a grant for just that order. A picture is a line in the ledger.

    Raises `Forbidden`, `NotFound`, `Invalid`, and `Conflict` when the node has told no key (`setup.old_node`) or
    another one than before, which a person has to accept first (`setup.key_changed`).
    """
    actor.require(Right.CAMERA_SETUP)
    school = School.objects.visible_to(actor).select_related("node", "district").filter(pk=school_id).first()
    if school is None:
        raise NotFound("there is no such school in your territory")
    if wish.key and not is_key(wish.key):
        raise Invalid("a camera's key is 1-63 of a-z, 0-9 and hyphen", code="setup.key")
    site = SiteId(school.site)
    sealed = seal(encode(wish), _seal_key(school), site=site, use=SEAL_USE)
    if wish.picture:
        camera = _being_added(school, wish)
        opened = access.open_watch(
            actor, camera.pk, Action.SETUP, StreamName.MAIN, PurposeKind.SETUP.value, digest=digest(sealed)
        )
        return SetupPermit(site=site, grant=opened.grant, sealed=sealed, watch=opened.id)
    grant = Grant(
        id=str(uuid7()),
        site=site,
        camera=wish.key,
        stream="",
        action=Action.SETUP,
        viewer=actor.name,
        purpose=PurposeKind.SETUP.value,
        expires_at=timezone.now() + GRANT_LASTS,
        digest=digest(sealed),
    )
    return SetupPermit(site=site, grant=sign(grant, keys.grant_key(settings.QORGAN.data)), sealed=sealed)


def write_down(actor: Actor, school_id: UUID, action: str, wish: CameraWish) -> None:
    """`camera.added` or `camera.taken_away` in the person's audit: which camera, at which host."""
    school = School.objects.visible_to(actor).get(pk=school_id)
    data: dict[str, object] = {"site": school.site, "camera": wish.key}
    if wish.address:
        data["host"] = urlsplit(wish.address).hostname or ""
    access.audit(User.objects.get(pk=actor.user), action, data)


def _seal_key(school: School) -> str:
    node = getattr(school, "node", None)
    if node is None or not node.seal_key:
        raise Conflict("the school's node does not know this yet: bring its software up to date", code="setup.old_node")
    if node.seal_key_offered:
        raise Conflict("the node has another key than before; an administrator accepts it", code="setup.key_changed")
    return str(node.seal_key)


def _being_added(school: School, wish: CameraWish) -> Camera:
    """The row of a camera that is not there yet, for the ledger to name. The node's inventory makes it present."""
    if not wish.key:
        raise Invalid("a picture is taken of a camera with a key", code="setup.key")
    camera = Camera.objects.filter(school=school, key=wish.key).first()
    if camera is None:
        camera = Camera(school=school, key=wish.key, present=False)
        name = wish.name
        if name is not None:
            camera.name_kk, camera.name_ru, camera.name_en = clean.local(name, MAX_NAME, otherwise=wish.key)
        else:
            camera.name_kk = wish.key
        camera.save()
    return camera
