"""The school's side of live video and recordings over a real NATS, under a test's control.

It speaks `protocols/link` and serves real fMP4, but frame by frame as the test says (`show`), and with the troubles
that a test asks for. What the real recorder does is tested with the recorder.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg

from qorgan.kernel.clock import to_us
from qorgan.kernel.ids import LeaseId, SiteId
from qorgan.protocols.link import commands, subjects
from qorgan.protocols.link.media import MediaKind, pack, pack_init
from qorgan.protocols.link.messages import decode, encode
from tests.support.clips import HEIGHT, MIME, WIDTH, Clip, clip, padded
from tests.support.nats import settled


@dataclass
class Lease:
    id: str
    grants: list[bytes] = field(default_factory=list)
    seq: int = 0
    renewals: int = 0


class FakeSchool:
    """One camera's stream for whoever asks. `opened`, `closed`: leases in order."""

    def __init__(self, site: str = "kst-012") -> None:
        self.site = SiteId(site)
        self.clip: Clip = clip()
        self.position = 0  # the frame that comes next
        self.frame_padding = 0
        self.silent = False
        self.refuse: dict[bytes, commands.Refusal] = {}
        self.refuse_all: commands.Refusal | None = None
        self.forget_on_renew = False
        self.leases: dict[str, Lease] = {}
        self.opened: list[str] = []
        self.joined: list[tuple[str, bytes]] = []
        self.closed: list[str] = []
        self.credits: list[int] = []
        self.ranges: list[commands.OpenRange] = []
        self.range_end = b""
        self.range_loses = False
        self.coverage = commands.CoverageReply()
        self.contents: commands.Contents | None = None
        self.asked_contents: list[commands.AskContents] = []
        self.orders: list[commands.ReadPieces] = []
        self.steered: list[commands.AskPtz] = []
        self.snapshots: list[commands.AskSnapshot] = []
        self.clock_ahead: timedelta | None = None  # None: an old node, which does not tell its time
        self.jpeg = b"\xff\xd8picture"
        self.piece_lacks = 0  # bytes that are missing from what was promised
        self._client: Client | None = None

    async def connect(self, url: str) -> None:
        self._client = await nats.connect(url, name=f"school-{self.site}")
        handlers = {
            "open": self._on_open,
            "renew": self._on_renew,
            "close": self._on_close,
            "range": self._on_range,
            "credit": self._on_credit,
            "coverage": self._on_coverage,
            "contents": self._on_contents,
            "pieces": self._on_pieces,
            "ptz": self._on_ptz,
            "snapshot": self._on_snapshot,
        }
        for name, handler in handlers.items():
            await self._client.subscribe(subjects.command(self.site, name), cb=self._unless_silent(handler))
        await settled(self._client)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()

    # -- what a test does -------------------------------------------------------------------------------------------

    async def show(self, frames: int = 1) -> None:
        """The camera delivers so many more frames, to every open lease."""
        for _ in range(frames):
            for lease in self.leases.values():
                await self._send_frame(lease, self.position)
            self.position += 1
        await self._flush()

    async def lose(self, frames: int = 1) -> None:
        """So many frames are lost on the way to the centre."""
        self.position += frames
        for lease in self.leases.values():
            lease.seq += frames

    async def say(self, kind: MediaKind, text: str) -> None:
        for lease in self.leases.values():
            await self._send(lease, kind, text.encode())
        await self._flush()

    async def forget_leases(self) -> None:
        """The recorder was killed and restarted."""
        self.leases.clear()

    # -- what the centre asks ---------------------------------------------------------------------------------------

    def _unless_silent(self, handler: Any) -> Any:
        async def handle(message: Msg) -> None:
            if not self.silent:
                await handler(message)

        return handle

    async def _on_open(self, message: Msg) -> None:
        order = decode(message.data, commands.OpenStream)
        refusal = self.refuse_all or self.refuse.get(order.grant)
        if refusal is not None:
            await _answer(message, commands.Reply(refusal=refusal))
            return
        lease = self.leases.get(order.lease)
        self.joined.append((order.lease, order.grant))
        if lease is None:
            lease = self.leases[order.lease] = Lease(order.lease)
            self.opened.append(order.lease)
            await self._send_so_far(lease)
        lease.grants.append(order.grant)
        opened = commands.Opened(lease=order.lease, mime=MIME, width=WIDTH, height=HEIGHT)
        await _answer(message, commands.Reply(opened=opened, at=self._clock()))

    async def _on_renew(self, message: Msg) -> None:
        order = decode(message.data, commands.Renew)
        if order.lease not in self.leases:
            refusal = commands.Refusal(code="lease.unknown", message="no such lease")
            await _answer(message, commands.Reply(refusal=refusal))
            return
        self.leases[order.lease].renewals += 1
        await _answer(message, commands.Reply(at=self._clock()))

    def _clock(self) -> datetime | None:
        return None if self.clock_ahead is None else datetime.now(UTC) + self.clock_ahead

    async def _on_close(self, message: Msg) -> None:
        order = decode(message.data, commands.Close)
        self.leases.pop(order.lease, None)
        self.closed.append(order.lease)
        await _answer(message, commands.Reply())

    async def _on_credit(self, message: Msg) -> None:
        self.credits.append(decode(message.data, commands.Credit).bytes)
        await _answer(message, commands.Reply())

    async def _on_coverage(self, message: Msg) -> None:
        decode(message.data, commands.AskCoverage)
        await _answer(message, commands.Reply(coverage=self.coverage))

    async def _on_contents(self, message: Msg) -> None:
        self.asked_contents.append(decode(message.data, commands.AskContents))
        if self.contents is None:
            refusal = commands.Refusal(code="not_recorded", message="nothing was recorded then")
            await _answer(message, commands.Reply(refusal=self.refuse_all or refusal))
            return
        await _answer(message, commands.Reply(contents=self.contents))

    async def _on_pieces(self, message: Msg) -> None:
        order = decode(message.data, commands.ReadPieces)
        self.orders.append(order)
        await _answer(message, commands.Reply(opened=commands.Opened(lease=order.lease)))
        lease = Lease(order.lease)
        body = b"".join(b"".join(self.clip.fragments[p.first : p.first + p.count]) for p in order.pieces)
        await self._send(lease, MediaKind.KEY, body[: len(body) - self.piece_lacks])
        await self._send(lease, MediaKind.END, self.range_end)
        await self._flush()

    async def _on_ptz(self, message: Msg) -> None:
        ask = decode(message.data, commands.AskPtz)
        if self.refuse_all is not None:
            await _answer(message, commands.Reply(refusal=self.refuse_all))
            return
        self.steered.append(ask)
        presets = (commands.PtzPreset(token="1", name="Қақпа"),) if ask.order is commands.PtzOrder.PRESETS else ()
        await _answer(message, commands.Reply(ptz=commands.PtzReply(presets=presets)))

    async def _on_snapshot(self, message: Msg) -> None:
        self.snapshots.append(decode(message.data, commands.AskSnapshot))
        taken = commands.Snapshot(at=datetime.now(UTC), jpeg=self.jpeg)
        await _answer(message, commands.Reply(snapshot=taken))

    async def _on_range(self, message: Msg) -> None:
        order = decode(message.data, commands.OpenRange)
        self.ranges.append(order)
        if self.refuse_all is not None:
            await _answer(message, commands.Reply(refusal=self.refuse_all))
            return
        await _answer(message, commands.Reply(opened=commands.Opened(lease=order.lease, mime=MIME)))
        lease = Lease(order.lease)
        if not self.range_end:
            await self._send_init(lease)
            for number in range(len(self.clip.fragments)):
                if self.range_loses and number == 10:
                    lease.seq += 1
                await self._send_frame(lease, number)
        await self._send(lease, MediaKind.END, self.range_end)
        await self._flush()

    def listed(self, *, parts: int = 1, gap_s: float = 0) -> commands.Contents:
        """The clip as two pieces of a second each; with a gap or another part between them."""
        part = commands.Part(mime=MIME, width=WIDTH, height=HEIGHT, init=self.clip.init)
        size = [sum(map(len, self.clip.fragments[first : first + 25])) for first in (0, 25)]
        start = self._wall_us(0)
        pieces = (
            commands.Piece(1, 0, 25, start, 90_000, size[0], 0, False),
            commands.Piece(1, 25, 25, start + int((1 + gap_s) * 1e6), 90_000, size[1], parts - 1, not gap_s),
        )
        return commands.Contents(parts=(part,) * parts, pieces=pieces)

    # -- sending ----------------------------------------------------------------------------------------------------

    async def _send_so_far(self, lease: Lease) -> None:
        """INIT and the group of pictures so far."""
        await self._send_init(lease)
        for number in range(self.position - self.position % self.clip.gop, self.position):
            await self._send_frame(lease, number)

    async def _send_init(self, lease: Lease) -> None:
        lease.seq += 1
        await self._publish(lease, pack_init(lease.seq, self._wall_us(0), MIME, self.clip.init))

    async def _send_frame(self, lease: Lease, number: int) -> None:
        number %= len(self.clip.fragments)
        kind = MediaKind.KEY if self.clip.is_key(number) else MediaKind.DELTA
        await self._send(lease, kind, padded(self.clip.fragments[number], self.frame_padding), number)

    async def _send(self, lease: Lease, kind: MediaKind, payload: bytes, number: int = 0) -> None:
        lease.seq += 1
        await self._publish(lease, pack(kind, lease.seq, self._wall_us(number), payload))

    async def _publish(self, lease: Lease, data: bytes) -> None:
        assert self._client is not None
        await self._client.publish(subjects.media(self.site, LeaseId(lease.id)), data)

    async def _flush(self) -> None:
        assert self._client is not None
        await settled(self._client)

    def _wall_us(self, number: int) -> int:
        return to_us(datetime(2026, 11, 22, tzinfo=UTC) + timedelta(milliseconds=40 * number))


async def _answer(message: Msg, reply: commands.Reply) -> None:
    await message.respond(encode(reply))
