"""Somebody at a browser, without the browser: signs in, calls the API, opens the two WebSockets."""

import asyncio
import io
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Self

import av
import httpx
from websockets.asyncio.client import ClientConnection, connect

from qorgan.kernel.errors import Unavailable
from qorgan.protocols.link.media import MediaKind, split_init, unpack

ALLAUTH = "/_allauth/browser/v1"


class Visitor:
    """One signed-in person. `async with Visitor.signed_in(…)` closes the session's connections again."""

    def __init__(self, url: str) -> None:
        self._url = url
        # The server hangs up on a connection that rests for 5 s: one that rested nearly so long is not used again
        limits = httpx.Limits(keepalive_expiry=2.0)
        self.http = httpx.AsyncClient(base_url=url, timeout=30.0, trust_env=False, limits=limits)
        self.session: dict[str, Any] = {}

    @classmethod
    @asynccontextmanager
    async def signed_in(cls, url: str, email: str, password: str) -> AsyncIterator[Self]:
        """Sign in as allauth's headless browser client does. Raises `Unavailable` when that fails."""
        visitor = cls(url)
        try:
            await visitor.http.get(f"{ALLAUTH}/config")
            await visitor._write("POST", f"{ALLAUTH}/auth/login", {"email": email, "password": password})
            visitor.session = await visitor.get("/api/session")
            yield visitor
        finally:
            await visitor.http.aclose()

    async def get(self, path: str, **query: str) -> Any:
        """JSON of a GET. Raises `Unavailable` for anything but 200."""
        return _body(await self.http.get(path, params=query))

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        """JSON of a POST. Raises `Unavailable` for anything but success."""
        return await self._write("POST", path, body)

    async def fetch(self, path: str, **query: str) -> tuple[bytes, str]:
        """The bytes of a recording, and their type for a player."""
        answer = await self.http.get(path, params=query, timeout=60.0)
        if answer.status_code != 200:
            raise Unavailable(f"GET {path}: HTTP {answer.status_code} {answer.text[:200]}")
        return answer.content, answer.headers.get("x-qorgan-mime", "")

    @asynccontextmanager
    async def socket(self, path: str) -> AsyncIterator[ClientConnection]:
        """A WebSocket with this person's session."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        address = self._url.replace("http", "ws", 1) + path
        headers = {"Cookie": cookies}
        async with connect(address, origin=self._url, additional_headers=headers, max_size=4_000_000, proxy=None) as ws:  # type: ignore[arg-type]
            yield ws

    async def _write(self, method: str, path: str, body: dict[str, Any]) -> Any:
        headers = {"X-CSRFToken": self.http.cookies.get("csrftoken") or "", "Referer": f"{self._url}/"}
        return _body(await self.http.request(method, path, json=body, headers=headers))


def _body(answer: httpx.Response) -> Any:
    if answer.status_code >= 300:
        path = answer.request.url.path
        raise Unavailable(f"{answer.request.method} {path}: HTTP {answer.status_code} {answer.text[:300]}")
    return answer.json()


@dataclass(slots=True)
class TileView:
    """What came for one tile."""

    asked_at: float
    first_frame_ms: float | None = None
    frames: int = 0
    jumps: list[str] = field(default_factory=list)  # where `seq` did not count up by one
    skipped: int = 0  # frames that the gateway said it left out, because we read too slowly
    mime: str = ""
    refusal: str = ""
    media: bytearray = field(default_factory=bytearray)
    last_seq: int | None = None
    started: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, message: bytes) -> None:
        """One media message. Counts frames and holes; keeps the media, so that it can be decoded."""
        media = unpack(message)
        if self.last_seq is not None and media.seq != (self.last_seq + 1) & 0xFFFFFFFF:
            self.jumps.append(f"{self.last_seq}→{media.seq} {media.kind.name} after {self.frames} frames")
        self.last_seq = media.seq
        if media.kind is MediaKind.INIT:
            self.mime, init = split_init(media.payload)
            self.media += init
        elif media.kind in (MediaKind.KEY, MediaKind.DELTA):
            if self.first_frame_ms is None:
                self.first_frame_ms = (time.monotonic() - self.asked_at) * 1000
                self.started.set()
            self.frames += 1
            self.media += media.payload


class Wall:
    """All tiles of one browser on one socket. `run` reads until cancelled."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.tiles: dict[int, TileView] = {}

    async def open(self, tile: int, camera: str, stream: str, purpose: str) -> None:
        """Ask for a camera on a tile."""
        self.tiles[tile] = TileView(asked_at=time.monotonic())
        wish = {"op": "open", "tile": tile, "camera": camera, "stream": stream, "purpose": purpose}
        await self._socket.send(json.dumps(wish))

    async def first_frame(self, tile: int, *, within_s: float) -> float | None:
        """Milliseconds from asking to the first frame; None when none came in time."""
        view = self.tiles[tile]
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await view.started.wait()
        return view.first_frame_ms

    async def run(self) -> None:
        """Take what comes."""
        async for message in self._socket:
            if isinstance(message, bytes):
                tile = self.tiles.get(int.from_bytes(message[:4], "big"))
                if tile is not None:
                    tile.take(message[4:])
            else:
                said = json.loads(message)
                if said["op"] == "refused":
                    self.tiles[said["tile"]].refusal = f"{said['code']}: {said['detail']}"
                elif said["op"] == "skipped":
                    self.tiles[said["tile"]].skipped = said["frames"]


def one_by_one(said: dict[str, Any]) -> list[dict[str, Any]]:
    """What a message of `/ws/events` says: one thing or several."""
    return said["items"] if said["type"] == "several" else [said]


class Events:
    """The live screen: a snapshot, then events. `run` reads until cancelled."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.snapshot: dict[str, Any] = {}
        self.alarms: dict[str, dict[str, Any]] = {}
        self.seen_at: dict[str, float] = {}  # alarm id → monotonic time of its first event
        self._changed = asyncio.Condition()

    async def run(self) -> None:
        """Take what comes."""
        async for message in self._socket:
            async with self._changed:
                for said in one_by_one(json.loads(message)):
                    self._hear(said)
                self._changed.notify_all()

    def _hear(self, said: dict[str, Any]) -> None:
        if said["type"] == "snapshot":
            self.snapshot = said
        elif said["type"] == "event" and said["topic"] == "alarm":
            alarm = said["data"]
            self.seen_at.setdefault(alarm["id"], time.monotonic())
            known = self.alarms.get(alarm["id"])
            if known is None or alarm["version"] > known["version"]:
                self.alarms[alarm["id"]] = alarm

    async def until(self, condition: Callable[["Events"], bool], *, within_s: float, otherwise: str) -> None:
        """Wait until the screen shows something. Raises `Unavailable(otherwise)` when it does not in time."""
        try:
            async with asyncio.timeout(within_s), self._changed:
                await self._changed.wait_for(lambda: condition(self))
        except TimeoutError:
            raise Unavailable(otherwise) from None


def decode(media: bytes) -> int:
    """How many pictures really come out of fragmented MP4, decoded."""
    if not media:
        return 0
    pictures = 0
    with av.open(io.BytesIO(media), "r", format="mp4") as container:
        for _ in container.decode(video=0):
            pictures += 1
    return pictures
