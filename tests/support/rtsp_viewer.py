"""A viewer of RTSP cameras that shares no code with ours: raw requests, each packet looked at, strict decoding."""

import asyncio
import hashlib
import re
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import av
import numpy as np
from numpy.typing import NDArray

WITHIN_S = 60.0
SEI_UUID = bytes.fromhex("5d5a0c1e7f5b4e0e9b1f71a0c0de5eed")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class Picture:
    """The NAL units between two RTP markers, with what the SEI says."""

    nals: tuple[bytes, ...]
    timestamp: int
    first_seq: int
    last_seq: int
    h265: bool = False

    @property
    def kinds(self) -> list[int]:
        return [nal[0] >> 1 & 0x3F if self.h265 else nal[0] & 0x1F for nal in self.nals]

    @property
    def is_key(self) -> bool:
        return any(kind in ((19, 20) if self.h265 else (5,)) for kind in self.kinds)

    @property
    def number(self) -> int:
        return self._sei()[0]

    @property
    def wall_us(self) -> int:
        return self._sei()[1]

    def _sei(self) -> tuple[int, int]:
        (nal,) = (nal for nal, kind in zip(self.nals, self.kinds, strict=True) if kind == (39 if self.h265 else 6))
        rbsp = nal[self.h265 :].replace(b"\0\0\3", b"\0\0")
        assert rbsp[1:3] == b"\x05\x20" and rbsp[3:19] == SEI_UUID and rbsp[35:] == b"\x80", rbsp.hex()
        number, wall_us = struct.unpack(">QQ", rbsp[19:35])
        return number, wall_us

    def annexb(self) -> bytes:
        return b"".join(b"\0\0\0\1" + nal for nal in self.nals)


class Viewer:
    """One connection. Use `open_viewer`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, url: str) -> None:
        self.url, self.reader, self.writer = url, reader, writer
        self.cseq = 0
        self.session: str | None = None
        self.reports: list[bytes] = []
        self.h265 = False
        self.sounds: list[bytes] = []
        self._early: list[tuple[int, bytes]] = []

    async def ask(self, method: str, url: str | None = None, **headers: str) -> Answer:
        """Send a request and wait for its answer; packets that come before it are kept."""
        self.cseq += 1
        lines = [f"{method} {url or self.url} RTSP/1.0", f"CSeq: {self.cseq}"]
        if self.session:
            lines.append(f"Session: {self.session}")
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.writer.write("\r\n".join([*lines, "", ""]).encode())
        async with asyncio.timeout(WITHIN_S):
            while (first := await self.reader.readexactly(1)) == b"$":
                self._early.append(await self._rest_of_packet())
            head = (first + await self.reader.readuntil(b"\r\n\r\n")).decode()
            status, *fields = head.strip().split("\r\n")
            found = {name.lower(): value.strip() for name, value in (field.split(":", 1) for field in fields)}
            assert found.get("cseq", str(self.cseq)) == str(self.cseq)
            body = (await self.reader.readexactly(int(found.get("content-length", "0")))).decode()
        if "session" in found:
            self.session = found["session"].split(";")[0]
        return Answer(int(status.split()[1]), found, body)

    async def log_in(self, user: str, password: str, method: str = "DESCRIBE") -> Answer:
        """Ask, be refused, and ask again with the digest that was demanded."""
        refused = await self.ask(method)
        assert refused.status == 401
        challenge = refused.headers["www-authenticate"]
        return await self.ask(method, Authorization=digest_answer(challenge, user, password, method, self.url))

    async def play(self, *, channel: int = 0, **headers: str) -> Answer:
        transport = f"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}"
        answer = await self.ask("SETUP", f"{self.url}/track1", Transport=transport, **headers)
        assert answer.status == 200, answer
        return await self.ask("PLAY", **headers)

    async def packet(self) -> tuple[int, bytes]:
        """The next interleaved packet and its channel."""
        if self._early:
            return self._early.pop(0)
        async with asyncio.timeout(WITHIN_S):
            first = await self.reader.readexactly(1)
            assert first == b"$", f"expected a packet, got {first!r}"
            return await self._rest_of_packet()

    async def _rest_of_packet(self) -> tuple[int, bytes]:
        channel, length = struct.unpack(">BH", await self.reader.readexactly(3))
        return channel, await self.reader.readexactly(length)

    async def picture(self, channel: int = 0, *, sound_channel: int | None = None) -> Picture:
        """The next picture; packets must follow each other without a gap.

        Sender reports go to `reports`, packets of sound to `sounds`.
        """
        nals: list[bytes] = []
        seqs: list[int] = []
        while True:
            got, packet = await self.packet()
            if got == channel + 1 or (sound_channel is not None and got == sound_channel + 1):
                self.reports.append(packet)
                continue
            if got == sound_channel:
                self.sounds.append(packet)
                continue
            version, kind, seq, timestamp, _ssrc = struct.unpack(">BBHII", packet[:12])
            assert got == channel and version == 0x80 and len(packet) <= 1400
            assert not seqs or seq == (seqs[-1] + 1) & 0xFFFF
            seqs.append(seq)
            (_add_h265_payload if self.h265 else _add_payload)(nals, packet[12:])
            if kind & 0x80:
                return Picture(tuple(nals), timestamp, seqs[0], seqs[-1], self.h265)

    async def pictures(self, count: int) -> list[Picture]:
        return [await self.picture() for _ in range(count)]

    async def is_closed(self) -> bool:
        """Whether the other side hangs up; what arrives until then is thrown away."""
        async with asyncio.timeout(WITHIN_S):
            try:
                while await self.reader.read(65536):
                    pass
            except ConnectionError:
                pass
            return True


def _add_payload(nals: list[bytes], payload: bytes) -> None:
    """RFC 6184: single NAL units and FU-A."""
    if payload[0] & 0x1F != 28:
        nals.append(payload)
    elif payload[1] & 0x80:
        nals.append(bytes([payload[0] & 0xE0 | payload[1] & 0x1F]) + payload[2:])
    else:
        nals[-1] += payload[2:]


def _add_h265_payload(nals: list[bytes], payload: bytes) -> None:
    """RFC 7798: single NAL units and fragmentation units."""
    if payload[0] >> 1 & 0x3F != 49:
        nals.append(payload)
    elif payload[2] & 0x80:
        nals.append(bytes([payload[0] & 0x81 | (payload[2] & 0x3F) << 1, payload[1]]) + payload[3:])
    else:
        nals[-1] += payload[3:]


def digest_answer(challenge: str, user: str, password: str, method: str, url: str) -> str:
    """RFC 2617 3.2.2, RFC 7616 3.4: written down from the texts, apart from what it tests."""
    given = dict(re.findall(r'(\w+)="?([^",]*)"?', challenge.removeprefix("Digest ")))
    algorithm = hashlib.sha256 if given.get("algorithm") == "SHA-256" else hashlib.md5

    def h(text: str) -> str:
        return algorithm(text.encode()).hexdigest()

    a1, a2 = h(f"{user}:{given['realm']}:{password}"), h(f"{method}:{url}")
    base = f'Digest username="{user}", realm="{given["realm"]}", nonce="{given["nonce"]}", uri="{url}"'
    if "qop" not in given:
        response = h(f"{a1}:{given['nonce']}:{a2}")
        return f'{base}, response="{response}"'
    response = h(f"{a1}:{given['nonce']}:00000001:c0ffee:auth:{a2}")
    return f'{base}, algorithm={given["algorithm"]}, qop=auth, nc=00000001, cnonce="c0ffee", response="{response}"'


def decode(pictures: list[Picture]) -> list[NDArray[np.uint8]]:
    """The luma of each picture. Any error in the stream is an error here."""
    codec: Any = av.CodecContext.create("hevc" if pictures[0].h265 else "h264", "r")
    codec.thread_count = 1
    codec.options = {"err_detect": "explode"}
    shown = []
    for packet in [*[av.Packet(picture.annexb()) for picture in pictures], None]:
        for frame in codec.decode(packet):
            plane = frame.planes[0]
            samples = np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(-1, plane.line_size)
            shown.append(samples[: frame.height, : frame.width].copy())
    return shown


@asynccontextmanager
async def open_viewer(url: str, trust: ssl.SSLContext | None = None) -> AsyncIterator[Viewer]:
    """A connection to the camera at `url`, closed in the end. With `trust` it is a TLS connection."""
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port, ssl=trust)
    try:
        yield Viewer(reader, writer, url)
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
