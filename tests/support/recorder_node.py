"""A recorder of the tests' own: the real process on a real carrier, and a centre that asks it things."""

import asyncio
import contextlib
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import av
import nats
from joserfc.jwk import OKPKey

from qorgan.edge.recorder.index import Index, SegmentRow
from qorgan.edge.secrets import SecretStore
from qorgan.kernel.ids import LeaseId, SiteId
from qorgan.protocols.link import subjects
from qorgan.protocols.link.commands import AskCoverage, Close, OpenRange, OpenStream, Reply
from qorgan.protocols.link.grants import Action, Grant, sign
from qorgan.protocols.link.media import MediaKind, MediaMessage, split_init, unpack
from qorgan.protocols.link.messages import decode, encode
from tests.support.nats import NatsServer

SITE = SiteId("kst-012")
WITHIN_S = 100.0
Camera = dict[str, Any]  # the camera's table in edge.toml, and its password


async def until(condition: Callable[[], bool], what: str, within_s: float = WITHIN_S) -> None:
    """Wait for a condition to come true; say what did not."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"in {within_s:.0f} s: not {what}"
        await asyncio.sleep(0.05)


class RecorderNode:
    """`python -m qorgan.edge.recorder` with its configuration, and its centre's key."""

    def __init__(self, root: Path, carrier: NatsServer, cameras: list[Camera], storage: str = "") -> None:
        self.root, self.archive, self._carrier = root, root / "archive", carrier
        self.key = OKPKey.generate_key("Ed25519")
        public = self.key.as_dict(private=False)["x"]
        secrets = SecretStore(root / "data")
        tables = []
        for camera in cameras:
            if password := camera.pop("password", ""):
                secrets.put(f"camera/{camera['key']}", password)
            lines = "\n".join(f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in camera.items())
            tables.append(f'[[cameras]]\nname = {{ kk = "Камера" }}\n{lines}\n')
        self.config = root / "edge.toml"
        self.config.write_text(
            f'[site]\nid = "{SITE}"\nname = {{ kk = "Мектеп" }}\n[storage]\ndata = "data"\n'
            f'archive = "archive"\n{storage}\n[centre]\nnats = "{carrier.url}"\npublic_key = "{public}"\n'
            + "".join(tables),
            "utf-8",
        )
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "qorgan.edge.recorder", "--config", str(self.config)]
        with (self.root / "recorder.log").open("ab") as log:
            self.process = subprocess.Popen(command, stderr=log, env=os.environ | {"QORGAN_LOG": "json"})

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(60)
            self.process = None

    def kill(self) -> None:
        """As the power would: no goodbye."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(60)

    def rows(self) -> list[SegmentRow]:
        if "recorder.started" not in self.log:
            return []
        index = Index(self.archive / "index.db", readonly=True)
        try:
            return list(index.all_segments())
        finally:
            index.close()

    def frames(self, camera: str) -> int:
        """Frames of a camera that the index promises."""
        return sum(row.frames for row in self.rows() if row.camera == camera)

    @property
    def log(self) -> str:
        return (self.root / "recorder.log").read_text("utf-8")


@contextlib.contextmanager
def recorder_node(root: Path, carrier: NatsServer, cameras: list[Camera], storage: str = "") -> Iterator[RecorderNode]:
    """A running recorder, stopped at the end. `storage` are further lines of that table of its edge.toml."""
    node = RecorderNode(root, carrier, cameras, storage)
    node.start()
    try:
        yield node
    finally:
        node.stop()


class Centre:
    """Asks a school as the gateway does, with grants of its own."""

    def __init__(self, client: nats.NATS, key: OKPKey) -> None:
        self._client, self._key = client, key

    def grant(self, camera: str, stream: str, action: Action, **changes: object) -> bytes:
        now = datetime.now(UTC)
        values = {
            "id": str(uuid4()),
            "site": SITE,
            "camera": camera,
            "stream": stream,
            "action": action,
            "viewer": "officer",
            "purpose": "duty",
            "expires_at": now + timedelta(seconds=60),
            "start": now - timedelta(hours=1),
            "end": now + timedelta(hours=1),
        }
        return sign(Grant(**(values | changes)), self._key)  # type: ignore[arg-type]

    async def ask(self, command: str, message: object) -> Reply:
        answer = await self._client.request(subjects.command(SITE, command), encode(message), timeout=60)
        return decode(answer.data, Reply)

    @contextlib.asynccontextmanager
    async def media(self, lease: str) -> AsyncIterator["asyncio.Queue[MediaMessage]"]:
        """What comes on the subject of a lease."""
        queue: asyncio.Queue[MediaMessage] = asyncio.Queue()

        async def take(message: nats.aio.msg.Msg) -> None:
            queue.put_nowait(unpack(message.data))

        subscription = await self._client.subscribe(subjects.media(SITE, LeaseId(lease)), cb=take)
        try:
            yield queue
        finally:
            await subscription.unsubscribe()

    async def watch(self, camera: str, stream: str, frames: int) -> list[MediaMessage]:
        """Open a stream, take messages until `frames` of video came, close it."""
        lease = uuid4().hex
        async with self.media(lease) as queue:
            reply = await self.ask("open", OpenStream(grant=self.grant(camera, stream, Action.LIVE), lease=lease))
            assert reply.opened is not None, reply
            taken: list[MediaMessage] = []
            async with asyncio.timeout(WITHIN_S):
                while sum(m.kind in (MediaKind.KEY, MediaKind.DELTA) for m in taken) < frames:
                    taken.append(await queue.get())
            await self.ask("close", Close(lease=lease))
            return taken

    async def recording(self, camera: str, stream: str, start: datetime, end: datetime) -> list[MediaMessage]:
        """A recorded range, to its END."""
        lease = uuid4().hex
        async with self.media(lease) as queue:
            grant = self.grant(camera, stream, Action.ARCHIVE)
            ask = OpenRange(grant=grant, lease=lease, start=start, end=end, credit_bytes=100_000_000)
            reply = await self.ask("range", ask)
            assert reply.opened is not None, reply
            taken: list[MediaMessage] = []
            async with asyncio.timeout(WITHIN_S):
                while not taken or taken[-1].kind is not MediaKind.END:
                    taken.append(await queue.get())
            return taken

    async def coverage(self, camera: str, start: datetime, end: datetime) -> Reply:
        grant = self.grant(camera, "main", Action.ARCHIVE)
        return await self.ask("coverage", AskCoverage(grant=grant, start=start, end=end))


@contextlib.asynccontextmanager
async def a_centre(carrier: NatsServer, key: OKPKey) -> AsyncIterator[Centre]:
    """A centre on the carrier."""
    client = await nats.connect(carrier.url)
    try:
        yield Centre(client, key)
    finally:
        await client.close()


def decoded(messages: list[MediaMessage]) -> list[float]:
    """What a player makes of media messages: the times of the decoded pictures in seconds."""
    data = b""
    for message in messages:
        if message.kind is MediaKind.INIT:
            data += split_init(message.payload)[1]
        elif message.kind in (MediaKind.KEY, MediaKind.DELTA):
            data += message.payload
    with av.open(io.BytesIO(data)) as container:
        return [float(frame.time) for frame in container.decode(video=0)]
