"""The gateway as a whole: its parts, its routes, its tasks."""

import asyncio
from collections.abc import Callable, Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from qorgan.centre.carrier import Carrier
from qorgan.centre.gateway.counters import Counters
from qorgan.centre.gateway.door import Door
from qorgan.centre.gateway.events import EventHub, EventSockets
from qorgan.centre.gateway.framing import Framing
from qorgan.centre.gateway.holding import Holding
from qorgan.centre.gateway.links import Links
from qorgan.centre.gateway.ports import Gatekeeper
from qorgan.centre.gateway.presence import keep_telling
from qorgan.centre.gateway.problems import NotSignedIn
from qorgan.centre.gateway.recordings import Recordings
from qorgan.centre.gateway.school import SchoolLink
from qorgan.centre.gateway.setup import SettingUp
from qorgan.centre.gateway.sockets import Doorman
from qorgan.centre.gateway.steering import Steering
from qorgan.centre.gateway.streams import StreamHub
from qorgan.centre.gateway.video import VideoSockets
from qorgan.centre.gateway.viewings import Viewings
from qorgan.kernel.clock import Clock
from qorgan.kernel.errors import Forbidden

CAMERA = "/api/cameras/{camera}"
SETUP = "/api/schools/{school}/camera-setup"
STATUS_RIGHT = "system.read"
CAMERA_ANSWERS_WITHIN_S = 12.0  # the node gives a camera ten
SETUP_WITHIN_S = 60.0  # the node looks at both streams of a camera, fifteen seconds each, before it adds one


class Gateway:
    """Live video, events and recordings for browsers. Keeps nothing that outlives the process."""

    def __init__(
        self, carrier: Carrier, gatekeeper: Gatekeeper, clock: Clock, *, is_our_host: Callable[[str], bool]
    ) -> None:
        self.counters = Counters()
        self._carrier, self._gatekeeper, self._clock = carrier, gatekeeper, clock
        school = SchoolLink(carrier)
        doorman = Doorman(gatekeeper, is_our_host=is_our_host)
        self._streams = StreamHub(school, gatekeeper, clock, self.counters)
        self._events = EventHub(carrier, gatekeeper, clock, self.counters)
        self._video_sockets = VideoSockets(self._streams, gatekeeper, doorman, clock, self.counters)
        self._event_sockets = EventSockets(self._events, gatekeeper, doorman, clock, self.counters)
        self._viewings = Viewings(gatekeeper, clock)
        patient = SchoolLink(carrier, answer_within_s=CAMERA_ANSWERS_WITHIN_S)
        self._steering = Steering(patient, gatekeeper, self._viewings, is_our_host=is_our_host)
        door = Door(gatekeeper, is_our_host=is_our_host)
        self._framing = Framing(patient, gatekeeper, clock, door)
        self._holding = Holding(patient, gatekeeper, clock, door)
        self._setting_up = SettingUp(SchoolLink(carrier, answer_within_s=SETUP_WITHIN_S), gatekeeper, door)
        self._recordings = Recordings(school, gatekeeper, clock, self.counters, self._viewings)
        self._links = Links(school, gatekeeper, clock, self.counters)

    async def run(self) -> None:
        """Serve until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._streams.run(), name="streams")
            group.create_task(self._events.run(), name="events")
            group.create_task(self._viewings.run(), name="viewings")
            group.create_task(self._links.run(), name="links")
            group.create_task(keep_telling(self._events, self._gatekeeper, self._clock), name="presence")

    @property
    def ready(self) -> bool:
        """Whether browsers can be served fully."""
        return self._carrier.connected and self._events.listening.is_set()

    def routes(self) -> Sequence[BaseRoute]:
        async def video(websocket: WebSocket) -> None:
            await self._video_sockets.serve(websocket)

        async def events(websocket: WebSocket) -> None:
            await self._event_sockets.serve(websocket)

        return (
            WebSocketRoute("/ws/video", video),
            WebSocketRoute("/ws/events", events),
            Route(f"{CAMERA}/range", self._recordings.range, methods=["GET"]),
            Route(f"{CAMERA}/thumbnail", self._recordings.thumbnail, methods=["GET"]),
            Route(f"{CAMERA}/hls/index.m3u8", self._recordings.playlist, methods=["GET"]),
            Route(CAMERA + "/hls/{viewing}/{file}", self._recordings.piece, methods=["GET"]),
            Route("/api/hls/{token}/index.m3u8", self._links.playlist, methods=["GET"]),
            Route("/api/hls/{token}/{viewing}/{file}", self._links.piece, methods=["GET"]),
            Route(f"{CAMERA}/download.mp4", self._recordings.download, methods=["GET"]),
            Route(f"{CAMERA}/timeline", self._recordings.timeline, methods=["GET"]),
            Route(f"{CAMERA}/ptz", self._steering.presets, methods=["GET"]),
            Route(f"{CAMERA}/ptz", self._steering.steer, methods=["POST"]),
            Route(f"{CAMERA}/snapshot", self._steering.snapshot, methods=["GET"]),
            Route(f"{CAMERA}/frames", self._framing.keep, methods=["POST"]),
            Route(f"{CAMERA}/holds", self._holding.list, methods=["GET"]),
            Route(f"{CAMERA}/holds", self._holding.place, methods=["POST"]),
            Route(CAMERA + "/holds/{hold}", self._holding.release, methods=["DELETE"]),
            Route(f"{SETUP}/search", self._setting_up.search, methods=["POST"]),
            Route(f"{SETUP}/look", self._setting_up.look, methods=["POST"]),
            Route(f"{SETUP}/picture", self._setting_up.picture, methods=["POST"]),
            Route(f"{SETUP}/cameras", self._setting_up.save, methods=["POST"]),
            Route(SETUP + "/cameras/{key}", self._setting_up.take_away, methods=["DELETE"]),
            Route("/api/gateway", self._status, methods=["GET"]),
        )

    async def _status(self, request: Request) -> Response:
        """What the gateway carries now and has carried. For those who look after the system."""
        visitor = await self._gatekeeper.authenticate(request.cookies)
        if visitor is None:
            raise NotSignedIn("sign in first")
        if STATUS_RIGHT not in visitor.rights:
            raise Forbidden(f"your role does not have the right {STATUS_RIGHT}")
        body = {"connected": self._carrier.connected, "dropped": self._carrier.dropped, **self.counters.snapshot()}
        return JSONResponse(body, headers={"Cache-Control": "no-store"})
