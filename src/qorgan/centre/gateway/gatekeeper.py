"""The rooms `access`, `alarms` and the snapshots, as the gateway's `Gatekeeper`: Django's ORM in threads of our own."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

import structlog
from django.conf import settings
from django.contrib.auth.signals import user_logged_out
from django.db import Error as DatabaseError
from django.db import close_old_connections, connection, connections
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host
from django.utils import timezone

from qorgan.centre import snapshots
from qorgan.centre.access import service
from qorgan.centre.access.models import User
from qorgan.centre.alarms.models import Alarm
from qorgan.centre.cameras import setup
from qorgan.centre.cameras.models import Camera
from qorgan.centre.duty.roster import see_consoles
from qorgan.centre.frames import service as frames
from qorgan.centre.gateway.instants import instant
from qorgan.centre.gateway.ports import Linked, Permit, Seen, SetupPermit, View, Visitor, Where
from qorgan.centre.pictures.drawing import Drawing
from qorgan.centre.viewlinks import service as viewlinks
from qorgan.domain.access import Actor, Scope
from qorgan.kernel.errors import Forbidden, NotFound, Rejected, Unavailable
from qorgan.kernel.ids import CameraKey, SiteId
from qorgan.protocols.link.grants import Action
from qorgan.protocols.link.setup import CameraWish

log = structlog.get_logger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

THREADS = 4  # questions to the database at once; each thread keeps one connection
SNAPSHOT_THREADS = 2  # apart: what screens show never waits behind the ledger's writes, and an event not for a snapshot
MANY_ALARMS = 1_000  # of one timeline


class DatabaseAway(Unavailable):
    code = "database.away"


class DjangoGatekeeper:
    """Asks the rooms. Owns its threads; `close()` ends them."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="gatekeeper")
        self._snapshots = ThreadPoolExecutor(SNAPSHOT_THREADS, thread_name_prefix="gatekeeper-snapshots")
        self._events = ThreadPoolExecutor(1, thread_name_prefix="gatekeeper-events")  # the hub asks one at a time
        self._receivers: list[Callable[..., None]] = []

    def close(self) -> None:
        """Hear no more; wait for what is being asked, then end the threads and their connections."""
        for hear in self._receivers:
            user_logged_out.disconnect(hear)
        for threads, number in ((self._threads, THREADS), (self._snapshots, SNAPSHOT_THREADS), (self._events, 1)):
            for _ in range(number):
                threads.submit(connections.close_all)
            threads.shutdown()

    async def ping(self) -> None:
        await self._call(_ping)

    async def authenticate(self, cookies: Mapping[str, str]) -> Visitor | None:
        key = cookies.get(settings.SESSION_COOKIE_NAME)
        if not key or len(key) > 64:
            return None
        try:
            actor = await self._call(service.actor_of_session, key)
        except Forbidden:  # signed in, but nobody has given them a role yet: nothing here is for them
            return None
        return None if actor is None else visitor_of(actor, key)

    def on_sign_out(self, listener: Callable[[str], None]) -> None:
        loop = asyncio.get_running_loop()

        def hear(request: HttpRequest, **_: object) -> None:  # comes in Django's thread, before the session is gone
            key = request.session.session_key
            if key is not None:
                loop.call_soon_threadsafe(listener, session_name(key))

        user_logged_out.connect(hear, weak=False)
        self._receivers.append(hear)

    async def open_watch(self, visitor: Visitor, view: View) -> Permit:
        opened = await self._call(
            service.open_watch,
            visitor.actor,
            view.camera,
            view.action,
            view.stream,
            view.purpose,
            start=view.start,
            end=view.end,
            digest=view.digest,
        )
        return _permit(opened)

    async def open_watches(self, visitor: Visitor, views: Sequence[View]) -> Sequence[Permit | Rejected]:
        wishes = [
            service.WishedWatch(
                camera=view.camera,
                action=view.action,
                stream=view.stream,
                purpose=view.purpose,
                start=view.start,
                end=view.end,
            )
            for view in views
        ]
        opened = await self._call(service.open_watches, visitor.actor, wishes)
        return [one if isinstance(one, Rejected) else _permit(one) for one in opened]

    async def renew_grant(self, visitor: Visitor, permit: Permit, view: View) -> Permit:
        return _permit(await self._call(service.renew_watch, visitor.actor, UUID(permit.watch)))

    async def end_watch(self, permit: Permit) -> None:
        await self._call(service.end_watch, UUID(permit.watch))

    async def end_watches(self, permits: Sequence[Permit]) -> None:
        unknown = await self._call(service.end_watches, [UUID(permit.watch) for permit in permits])
        for watch in unknown:
            log.error("watch.unknown", watch=str(watch))

    async def check_link(self, token: str) -> UUID:
        return await self._call(viewlinks.check, token)

    async def open_link(self, token: str) -> Linked:
        use = await self._call(viewlinks.begin_use, token)
        view = View(
            camera=use.camera,
            stream=use.stream,
            purpose=use.purpose,
            action=Action.ARCHIVE,
            start=use.start,
            end=use.end,
        )
        return Linked(link=use.link, view=view, permit=_permit(use.watch))

    async def permit_coverage(self, visitor: Visitor, view: View) -> Permit:
        assert view.start is not None and view.end is not None
        return _permit(await self._call(service.open_coverage, visitor.actor, view.camera, view.start, view.end))

    async def alarms_around(self, visitor: Visitor, view: View) -> Sequence[Mapping[str, Any]]:
        return await self._call(_alarms_around, visitor.actor, view)

    async def permit_setup(self, visitor: Visitor, school: UUID, wish: CameraWish) -> SetupPermit:
        made = await self._call(setup.permit, visitor.actor, school, wish)
        watch = "" if made.watch is None else str(made.watch)
        return SetupPermit(site=made.site, grant=made.grant, sealed=made.sealed, watch=watch)

    async def end_setup(self, watch: str) -> None:
        await self._call(service.end_watch, UUID(watch))

    async def write_setup_down(self, visitor: Visitor, school: UUID, action: str, wish: CameraWish) -> None:
        await self._call(setup.write_down, visitor.actor, school, action, wish)

    async def hold_placed(self, visitor: Visitor, camera: UUID, action: str, data: Mapping[str, str]) -> None:
        await self._call(_write_hold_down, visitor.actor, camera, action, data)

    async def require_room_for_frame(self, visitor: Visitor) -> None:
        await self._call(frames.require_room, visitor.actor)

    async def keep_frame(
        self, visitor: Visitor, view: View, permit: Permit, taken_at: datetime, drawing: Drawing
    ) -> Mapping[str, Any]:
        kept = await self._call(
            frames.keep,
            visitor.actor,
            view.camera,
            stream=view.stream,
            purpose=view.purpose,
            taken_at=taken_at,
            watch=UUID(permit.watch),
            drawing=drawing,
        )
        return kept.model_dump(mode="json")

    async def snapshot(self, visitor: Visitor) -> Mapping[str, Any]:
        return await self._call_in(self._snapshots, snapshots.snapshot, visitor.actor)

    def covers(self, visitor: Visitor, where: Where) -> bool:
        scope: Scope = visitor.actor.scope
        return any(
            scope.covers(region=where.region, district=where.district, school=school) for school in where.schools
        )

    async def look(self, topic: str, ids: Sequence[UUID]) -> Sequence[Seen]:
        found = await self._call_in(self._events, snapshots.look_many, topic, ids)
        return [_seen(one) for one in found]

    async def see_consoles(self, visitors: Sequence[Visitor]) -> None:
        await self._call(see_consoles, {UUID(visitor.user) for visitor in visitors}, timezone.now())

    async def end_abandoned_watches(self) -> int:
        """At the start of a centre's only gateway: who watched when the last one was killed watches no more."""
        return await self._call(service.end_abandoned_watches)

    async def _call(self, ask: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        return await self._call_in(self._threads, ask, *args, **kwargs)

    async def _call_in(self, threads: ThreadPoolExecutor, ask: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        work = partial(_in_thread, ask, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(threads, work)


def _seen(found: snapshots.Seen) -> Seen:
    return Seen(
        data=found.data,
        visible_to=lambda visitor: found.visible_to(visitor.actor),
        lost_to=lambda visitor: found.lost_to(visitor.actor),
    )


def session_name(key: str) -> str:
    """Stands for a session key where the key itself must not be."""
    return hashlib.sha256(key.encode()).hexdigest()


def visitor_of(actor: Actor, session_key: str) -> Visitor:
    """An actor as the gateway sees them."""
    return Visitor(
        actor=actor,
        user=str(actor.user),
        session=session_name(session_key),
        visibility=(actor.role, actor.scope, actor.centre),
        rights=frozenset(right.value for right in actor.rights),
    )


def is_our_host(host: str) -> bool:
    """Whether a `Host` header names us (`ALLOWED_HOSTS`): a foreign name that points here is not us (DNS rebinding)."""
    domain, _ = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


def _in_thread(ask: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Outside of Django's requests nobody tidies up connections that a database has closed."""
    close_old_connections()
    try:
        return ask(*args, **kwargs)
    except DatabaseError as error:
        raise DatabaseAway(f"the database did not answer: {type(error).__name__}") from error
    finally:
        close_old_connections()


def _permit(opened: service.OpenedWatch) -> Permit:
    return Permit(
        watch=str(opened.id),
        site=SiteId(opened.site),
        camera=CameraKey(opened.camera_key),
        grant=opened.grant,
        expires_at=opened.expires_at,
        guest=opened.guest,
    )


def _alarms_around(actor: Actor, view: View) -> Sequence[Mapping[str, Any]]:
    camera = Camera.objects.visible_to(actor).filter(pk=view.camera).first()
    if camera is None:
        raise NotFound("there is no such camera in your territory")
    rows = Alarm.objects.visible_to(actor).filter(school_id=camera.school_id)
    around = rows.filter(pressed_at__gte=view.start, pressed_at__lt=view.end).order_by("pressed_at")[:MANY_ALARMS]
    return [{"id": str(row.pk), "at": instant(row.pressed_at), "level": row.level} for row in around]


def _write_hold_down(actor: Actor, camera_id: UUID, action: str, data: Mapping[str, str]) -> None:
    camera = Camera.objects.visible_to(actor).select_related("school").get(pk=camera_id)
    told: dict[str, object] = {"site": camera.school.site, "camera": camera.key, **data}
    service.audit(User.objects.get(pk=actor.user), action, told)


def _ping() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
