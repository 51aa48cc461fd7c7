"""The centre's rooms as the gateway sees them, in memory."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from qorgan.centre.gateway.ports import Linked, Permit, Seen, SetupPermit, View, Visitor, Where
from qorgan.centre.pictures.drawing import Drawing
from qorgan.kernel.errors import Exhausted, Forbidden, NotFound, Rejected, Unavailable
from qorgan.kernel.ids import CameraKey, SiteId, uuid7
from qorgan.protocols.link.grants import Action
from qorgan.protocols.link.setup import CameraWish

HALL = UUID("00000000-0000-7000-8000-000000000001")
YARD = UUID("00000000-0000-7000-8000-000000000002")


def a_visitor(name: str, visibility: str, *rights: str) -> Visitor:
    return Visitor(actor=name, user=name, session=name, visibility=visibility, rights=frozenset(rights))


class FakeGatekeeper:
    """`sessions`: cookie → visitor. `objects`: what browsers hear of, by topic and id, with who may see it."""

    def __init__(self) -> None:
        self.sessions: dict[str, Visitor] = {
            "officer": a_visitor("officer", "district", "live.view", "camera.listen"),
            "head": a_visitor("head", "school", "live.view"),
            "ministry": a_visitor("ministry", "country"),
            "admin": a_visitor("admin", "country", "system.read", "camera.setup"),
        }
        self.sign_out_listeners: list[Callable[[str], None]] = []
        self.places = {HALL: ("kst-012", "hall"), YARD: ("kst-012", "yard")}
        self.grant_lasts = timedelta(minutes=1)
        self.watches: dict[str, View] = {}
        self.viewers: dict[str, str] = {}
        self.ended: list[str] = []
        self.renewed = 0
        self.objects: dict[tuple[str, str], tuple[dict[str, Any], frozenset[str]]] = {}
        self.reads: list[tuple[str, str]] = []
        self.before_snapshot_returns: Any = None
        self.alarms: list[dict[str, Any]] = []
        self.away = False
        self.consoles: list[str] = []
        self.guests: set[str] = set()  # people of a neighbouring centre
        self.guests_before: frozenset[str] = frozenset()  # visibilities whose cameras are a neighbour's no longer
        self.alarm_open = True  # the one that lets them watch
        self.setups: list[CameraWish] = []
        self.links: dict[str, View] = {}  # what each token opens
        self.audit: list[tuple[str, str]] = []
        self.asked: list[list[UUID]] = []  # cameras, by batches
        self.frames: list[tuple[datetime, Drawing]] = []
        self.frames_are_full = False
        self.ledger_writes = asyncio.Event()  # cleared: whoever opens a watch waits
        self.ledger_writes.set()

    @property
    def watching(self) -> list[str]:
        """Who watches now, by the ledger."""
        return [viewer for watch, viewer in self.viewers.items() if watch not in self.ended]

    async def ping(self) -> None:
        self._answer()

    async def authenticate(self, cookies: Mapping[str, str]) -> Visitor | None:
        self._answer()
        return self.sessions.get(cookies.get("sessionid", ""))

    def on_sign_out(self, listener: Callable[[str], None]) -> None:
        self.sign_out_listeners.append(listener)

    async def open_watch(self, visitor: Visitor, view: View) -> Permit:
        self._answer()
        if "live.view" not in visitor.rights:
            raise Forbidden("the role does not have the right live.view")
        if view.action is Action.LISTEN and "camera.listen" not in visitor.rights:
            raise Forbidden("the role does not have the right camera.listen")
        permit = self._permit(visitor, view, str(uuid7()))
        self.watches[permit.watch], self.viewers[permit.watch] = view, visitor.user
        return permit

    async def open_watches(self, visitor: Visitor, views: Sequence[View]) -> Sequence[Permit | Rejected]:
        self.asked.append([view.camera for view in views])
        await self.ledger_writes.wait()
        return [await self._permit_or_refuse(visitor, view) for view in views]

    async def _permit_or_refuse(self, visitor: Visitor, view: View) -> Permit | Rejected:
        try:
            return await self.open_watch(visitor, view)
        except Rejected as refusal:
            return refusal

    async def renew_grant(self, visitor: Visitor, permit: Permit, view: View) -> Permit:
        self.renewed += 1
        if visitor.user in self.guests and not self.alarm_open:
            raise NotFound("there is no such watch that goes on")
        return self._permit(visitor, view, permit.watch)

    async def end_watch(self, permit: Permit) -> None:
        self._answer()
        if permit.watch not in self.ended:
            self.ended.append(permit.watch)

    async def end_watches(self, permits: Sequence[Permit]) -> None:
        for permit in permits:
            await self.end_watch(permit)

    async def check_link(self, token: str) -> UUID:
        self._answer()
        if token not in self.links:
            raise NotFound("this link opens nothing", code="link.unknown")
        return UUID(int=len(token))

    async def open_link(self, token: str) -> Linked:
        link, view = await self.check_link(token), self.links[token]
        permit = await self.open_watch(self.sessions["officer"], view)
        return Linked(link=link, view=view, permit=permit)

    async def permit_coverage(self, visitor: Visitor, view: View) -> Permit:
        if "live.view" not in visitor.rights:
            raise Forbidden("the role does not have the right archive.view")
        return self._permit(visitor, view, "")

    async def alarms_around(self, visitor: Visitor, view: View) -> Sequence[Mapping[str, Any]]:
        return self.alarms

    async def permit_setup(self, visitor: Visitor, school: UUID, wish: CameraWish) -> SetupPermit:
        self._answer()
        if "camera.setup" not in visitor.rights:
            raise Forbidden("the role does not have the right camera.setup")
        self.setups.append(wish)
        return SetupPermit(site=SiteId("kst-012"), grant=b"setup", sealed=b"sealed", watch="w" if wish.picture else "")

    async def end_setup(self, watch: str) -> None:
        self.ended.append(watch)

    async def write_setup_down(self, visitor: Visitor, school: UUID, action: str, wish: CameraWish) -> None:
        self.audit.append((action, wish.key))

    async def hold_placed(self, visitor: Visitor, camera: UUID, action: str, data: Mapping[str, str]) -> None:
        self.audit.append((action, data["hold"]))

    async def require_room_for_frame(self, visitor: Visitor) -> None:
        if self.frames_are_full:
            raise Exhausted("you keep too many frames", code="frame.too_many")

    async def keep_frame(
        self, visitor: Visitor, view: View, permit: Permit, taken_at: datetime, drawing: Drawing
    ) -> Mapping[str, Any]:
        self.frames.append((taken_at, drawing))
        return {"camera": str(view.camera), "width": drawing.width, "height": drawing.height}

    async def see_consoles(self, visitors: Sequence[Visitor]) -> None:
        self._answer()
        self.consoles = [visitor.user for visitor in visitors]

    async def snapshot(self, visitor: Visitor) -> Mapping[str, Any]:
        self._answer()
        found: dict[str, Any] = {"schools": [], "cameras": [], "alarms": [], "units": []}
        for (topic, _), (data, visible) in self.objects.items():
            if visitor.visibility in visible:
                found[f"{topic}s"].append(data)
        if self.before_snapshot_returns is not None:
            await self.before_snapshot_returns()
        return found

    def covers(self, visitor: Visitor, where: Where) -> bool:
        return where.region in ("", visitor.visibility)

    async def look(self, topic: str, ids: Sequence[UUID]) -> list[Seen]:
        self._answer()
        self.reads += [(topic, str(id)) for id in ids]
        found = [self.objects[topic, str(id)] for id in ids if (topic, str(id)) in self.objects]
        return [self._seen(data, visible) for data, visible in found]

    def _seen(self, data: dict[str, Any], visible: frozenset[str]) -> Seen:
        return Seen(
            data=data,
            visible_to=lambda visitor: visitor.visibility in visible,
            lost_to=lambda visitor: visitor.visibility in self.guests_before,
        )

    def _answer(self) -> None:
        if self.away:
            raise Unavailable("the database is away")

    def _permit(self, visitor: Visitor, view: View, watch: str) -> Permit:
        if view.camera not in self.places:
            raise NotFound("there is no such camera in your territory")
        site, key = self.places[view.camera]
        return Permit(
            watch=watch,
            site=SiteId(site),
            camera=CameraKey(key),
            grant=f"{visitor.user}:{watch}".encode(),
            expires_at=datetime.now(UTC) + self.grant_lasts,
            guest=visitor.user in self.guests,
        )
