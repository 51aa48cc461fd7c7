"""Archives prove themselves: the centre asks what is kept, and opens pictures of moments that nobody could foresee.

The policy. Each camera of a school whose node is online is looked at once within a day, at an hour that is drawn
anew each time: what is kept of the last 31 days; `OLD` random moments of it, and one of what the node itself finds
gone; one of the last minutes, for the path to the centre. Nobody sees a picture: it is drawn, to prove that it is one,
and thrown away. Each look is a line of the school's watch ledger. At most `TOGETHER` cameras at once, one of a school,
and none while the school has an open alarm, not even half way.

A node that does not answer proves nothing, neither for nor against: the facts expire.
"""

import asyncio
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from qorgan.centre.access import checking
from qorgan.centre.access import service as access
from qorgan.centre.alarms.models import Alarm
from qorgan.centre.cameras.models import Camera
from qorgan.centre.gateway.framing import PICTURE_WITHIN_S, Picture, fetch
from qorgan.centre.gateway.ports import Permit, View
from qorgan.centre.gateway.school import SchoolLink
from qorgan.centre.norms.judging import ZONE
from qorgan.centre.norms.models import ArchiveCheck, SchoolNorms
from qorgan.centre.pictures import drawing
from qorgan.centre.turning import DatabaseThread
from qorgan.domain.archives import a_moment, depth_days, kept_by_day, share_kept
from qorgan.domain.cameras import StreamName
from qorgan.domain.coverage import Span, join
from qorgan.kernel.clock import from_us, to_us
from qorgan.kernel.errors import QorganError, Unavailable
from qorgan.kernel.ids import CameraKey, SiteId
from qorgan.protocols.link import commands
from qorgan.protocols.link.grants import Action

DAYS = 31  # asked of a node: a day more than the norm wants to be kept
OLD = 2  # random moments of one camera in one look
TOGETHER = 4
AT_LEAST_AFTER, AT_MOST_AFTER = timedelta(hours=20), timedelta(hours=23)
AGAIN = timedelta(minutes=15)  # after a node did not answer
FRESH, SETTLED = (
    timedelta(hours=1),
    timedelta(minutes=1),
)  # an old moment is older than the one; a recent one than the other
RECENT = timedelta(minutes=10)
NEAR = timedelta(minutes=1)  # a picture that is further away is not of the moment that was asked
ENROLLED_AT_ONCE = 5_000
ONE_PICTURE = timedelta(milliseconds=1)
_CHANCE = random.SystemRandom()


@dataclass(slots=True)
class Found:
    """What one look at a camera's archive found; what could not be asked is None."""

    camera: UUID
    told_at: datetime | None = None
    told_watch: UUID | None = None
    kept: list[Span] = field(default_factory=list)
    lost: list[Span] = field(default_factory=list)
    old: list[tuple[datetime, UUID, bool]] = field(default_factory=list)  # moment, line of the ledger, opened
    path: tuple[UUID, bool] | None = None


class Interrupted(Unavailable):
    """The school has an alarm: its line is for that now."""

    code = "archive_check.alarm"


class Prover:
    """Looks at archives. `thread` is where the database is asked."""

    def __init__(self, school: SchoolLink, thread: DatabaseThread) -> None:
        self._school, self._thread = school, thread

    async def turn(self, now: datetime | None = None) -> bool:
        """Look at those that are due, a few at once; whether there were any."""
        now = now or timezone.now()
        cameras = await self._thread.call(partial(take, now))
        found = await asyncio.gather(*(self.look(camera, now) for camera in cameras))
        for one in found:
            await self._thread.call(partial(settle, one, now))
        return bool(cameras)

    async def look(self, camera: Camera, now: datetime) -> Found:
        """Ask one node of one camera. Never raises what the node caused."""
        found = Found(camera=camera.pk)
        try:
            await self._ask_what_is_kept(camera, now, found)
            await self._open_old_moments(camera, now, found)
            recent = now - SETTLED - (RECENT - SETTLED) * _CHANCE.random()
            watch, opened = await self._opens(camera, recent)
            found.path = (watch, opened)
        except QorganError:
            return found  # what was found until then counts
        return found

    async def _ask_what_is_kept(self, camera: Camera, now: datetime, found: Found) -> None:
        start = now - timedelta(days=DAYS)
        permit = await self._permit(camera, start, now, picture=False)
        question = commands.AskCoverage(grant=permit.grant, start=start, end=now, files=True)
        reply = (await self._school.ask(permit.site, "coverage", question)).coverage
        if reply is None:
            raise Unavailable("the node did not say what is kept", code="archive_check.silent")
        within = Span(to_us(start), to_us(now))
        found.kept = join(_main(reply.spans), within)
        found.lost = join(_main(reply.lost or ()), within)
        found.told_at, found.told_watch = now, UUID(permit.watch)

    async def _open_old_moments(self, camera: Camera, now: datetime, found: Found) -> None:
        required = Span(to_us(now - timedelta(days=DAYS - 1)), to_us(now - FRESH))
        old, suspect = join(found.kept, required), join(found.lost, required)
        moments = [a_moment(old, _CHANCE.random) for _ in range(OLD)] + [a_moment(suspect, _CHANCE.random)]
        for at in (from_us(one) for one in moments if one is not None):
            watch, opened = await self._opens(camera, at)
            found.old.append((at, watch, opened))

    async def _opens(self, camera: Camera, at: datetime) -> tuple[UUID, bool]:
        """Whether the picture of a moment comes and is one. Raises `QorganError` when that cannot be known."""
        permit = await self._permit(camera, at, at + ONE_PICTURE, picture=True)
        view = View(
            camera=camera.pk,
            stream=StreamName.MAIN,
            purpose=checking.CHECK,
            action=Action.ARCHIVE,
            start=at,
            end=at + ONE_PICTURE,
        )
        try:
            async with asyncio.timeout(PICTURE_WITHIN_S):
                picture = await fetch(self._school, permit, view)
            return UUID(permit.watch), abs(picture.taken_at - at) <= NEAR and await _is_one(picture)
        except TimeoutError as error:
            raise Unavailable("the school sent no picture in time", code="frame.no_picture") from error
        except QorganError as error:
            if error.code != "not_recorded" and not error.code.startswith("frame."):
                raise
            return UUID(permit.watch), False
        finally:
            await self._thread.call(partial(access.end_watch, UUID(permit.watch)))

    async def _permit(self, camera: Camera, start: datetime, end: datetime, *, picture: bool) -> Permit:
        opened = await self._thread.call(partial(_open_watch, camera, start, end, picture=picture))
        return Permit(
            watch=str(opened.id),
            site=SiteId(opened.site),
            camera=CameraKey(opened.camera_key),
            grant=opened.grant,
            expires_at=opened.expires_at,
        )


async def _is_one(picture: Picture) -> bool:
    """Whether it can be drawn. Raises `Exhausted` when too many others are being drawn."""
    try:
        await asyncio.to_thread(drawing.draw, "frame", picture.mp4)
    except drawing.NotDrawn:
        return False
    return True


def _main(spans: tuple[commands.Span, ...]) -> list[Span]:
    """What a node said of the main stream, by its own clock."""
    return [Span(to_us(one.start), to_us(one.end)) for one in spans if one.stream == StreamName.MAIN]


def _open_watch(camera: Camera, start: datetime, end: datetime, *, picture: bool) -> access.OpenedWatch:
    if Alarm.objects.still_open().filter(school=camera.school_id).exists():
        raise Interrupted("there is an alarm at this school")
    return checking.open_check(camera, start, end, picture=picture)


def enrol(now: datetime | None = None) -> None:
    """Cameras that are new are looked at within a day, not all at once."""
    now = now or timezone.now()
    new = Camera.objects.filter(present=True, archive_check=None).values_list("pk", flat=True)[:ENROLLED_AT_ONCE]
    rows = [ArchiveCheck(camera_id=camera, due_at=now + AT_LEAST_AFTER * _CHANCE.random()) for camera in new]
    ArchiveCheck.objects.bulk_create(rows, batch_size=1_000, ignore_conflicts=True)


@transaction.atomic
def take(now: datetime) -> list[Camera]:
    """The cameras to look at now, one of a school, put off as if nobody answered."""
    alarms = Alarm.objects.still_open().filter(school=OuterRef("camera__school"))
    due = ArchiveCheck.objects.filter(due_at__lte=now, camera__present=True, camera__school__node__state="online")
    rows = due.filter(~Exists(alarms)).select_related("camera__school__district").order_by("due_at")
    first: dict[UUID, ArchiveCheck] = {}
    for row in rows[: TOGETHER * 16]:  # a school has its cameras one after the other
        first.setdefault(row.camera.school_id, row)
    chosen = list(first.values())[:TOGETHER]
    ArchiveCheck.objects.filter(pk__in=[row.pk for row in chosen]).update(due_at=now + AGAIN)
    return [row.camera for row in chosen]


@transaction.atomic
def settle(found: Found, now: datetime) -> None:
    """Write down what was found; the school is judged at once."""
    row = ArchiveCheck.objects.select_for_update().select_related("camera").filter(pk=found.camera).first()
    if row is None:
        return
    if found.told_at is not None:
        row.told_at, row.told_watch = found.told_at, found.told_watch
        row.days = dict(kept_by_day(found.kept, zone=ZONE, now=now, days=DAYS))
        row.depth_days, row.share = depth_days(found.kept, now), share_kept(found.kept, now)
        row.lost_s = sum(one.end_us - one.start_us for one in found.lost) / 1e6
    if found.old:
        worst = next((one for one in found.old if not one[2]), found.old[-1])
        row.moment, row.opened_watch, row.opened = worst
        row.opened_at = now
    if found.path is not None:
        row.path_watch, row.path = found.path
        row.path_at = now
        row.due_at = now + AT_LEAST_AFTER + (AT_MOST_AFTER - AT_LEAST_AFTER) * _CHANCE.random()
    row.save()
    SchoolNorms.objects.filter(pk=row.camera.school_id, due_at__gt=now).update(due_at=now)
