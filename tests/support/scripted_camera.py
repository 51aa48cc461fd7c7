"""A camera that does exactly what a test says: real H.264 over TCP or UDP, with refusals and losses on command.

It serves one viewer after another on loopback and writes down every request.
"""

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from qorgan.kernel.listening import stop_accepting
from tests.support.h264 import a_clip, packetize

FRAME_S = 0.02  # twice as fast as a camera: tests are short


@dataclass
class Script:
    """What the camera does. `sends_datagrams` off: it agrees to UDP and sends nothing. `drops`: packets, by number.
    `busy`: so many times it cannot describe itself now."""

    refuses_tcp: bool = False
    sends_datagrams: bool = True
    drops: frozenset[int] = frozenset()
    redirect: str = ""
    asks_password: bool = False
    busy: int = 0
    requests: list[str] = field(default_factory=list)
    sent_frames: int = 0

    @property
    def transports(self) -> list[str]:
        """What was asked for in each SETUP."""
        return ["TCP" if "interleaved" in text else "UDP" for text in self.requests if text.startswith("SETUP")]


class _Viewer:
    def __init__(self, script: Script, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._script, self._reader, self._writer = script, reader, writer
        self._client_port = 0

    async def serve(self) -> None:
        sending: asyncio.Task[None] | None = None
        try:
            while head := await self._request():
                self._script.requests.append(head)
                method = head.split(" ", 1)[0]
                self._answer(head, *self._reply(method, head))
                if method == "PLAY":
                    sending = asyncio.create_task(self._send())
                if method == "TEARDOWN":
                    break
        finally:
            if sending is not None:
                sending.cancel()
                with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                    await sending
            self._writer.close()

    async def _request(self) -> str:
        try:
            return (await self._reader.readuntil(b"\r\n\r\n")).decode()
        except (asyncio.IncompleteReadError, ConnectionError):
            return ""

    def _reply(self, method: str, head: str) -> tuple[str, dict[str, str], str]:
        if self._script.redirect:
            return "302 Moved Temporarily", {"Location": self._script.redirect}, ""
        if self._script.asks_password and "Authorization" not in head:
            return "401 Unauthorized", {"WWW-Authenticate": 'Basic realm="x"'}, ""
        if method == "DESCRIBE" and self._script.busy:
            self._script.busy -= 1
            return "503 Service Unavailable", {}, ""
        if method == "DESCRIBE":
            return "200 OK", {}, "v=0\nm=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
        if method != "SETUP":
            return "200 OK", {"Session": "1;timeout=60"}, ""
        wanted = re.search(r"client_port=(\d+)", head)
        if wanted is None:
            if self._script.refuses_tcp:
                return "461 Unsupported Transport", {}, ""
            return "200 OK", {"Session": "1", "Transport": "RTP/AVP/TCP;interleaved=0-1"}, ""
        self._client_port = int(wanted[1])
        return "200 OK", {"Session": "1", "Transport": "RTP/AVP;unicast;server_port=9-10"}, ""

    def _answer(self, head: str, status: str, headers: dict[str, str], body: str) -> None:
        cseq = re.search(r"CSeq: (\d+)", head)
        lines = [f"RTSP/1.0 {status}", f"CSeq: {cseq[1] if cseq else 0}"]
        lines += [f"{name}: {value}" for name, value in headers.items()] + [f"Content-Length: {len(body)}", "", body]
        self._writer.write("\r\n".join(lines).encode())

    async def _send(self) -> None:
        clip, seq, number = a_clip(), 0, 0
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
            while True:
                unit = clip.units[number % len(clip.units)]
                sets = (clip.sps, clip.pps) if number % clip.gop == 0 else ()
                for packet in packetize((*sets, *unit), seq, 3600 * number, mtu=400):
                    seq = (seq + 1) & 0xFFFF
                    if seq in self._script.drops:
                        continue
                    if not self._client_port:
                        self._writer.write(packet)
                    elif self._script.sends_datagrams:
                        datagrams.sendto(packet[4:], ("127.0.0.1", self._client_port))
                number += 1
                self._script.sent_frames = number
                await self._writer.drain()
                await asyncio.sleep(FRAME_S)


@contextlib.asynccontextmanager
async def scripted_camera(script: Script, host: str = "127.0.0.1") -> AsyncIterator[str]:
    """The camera, running; its URL."""
    viewers: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        viewers[task] = writer
        try:
            await _Viewer(script, reader, writer).serve()
        finally:
            del viewers[task]

    server = await asyncio.start_server(met, host, 0)
    try:
        yield f"rtsp://{host}:{server.sockets[0].getsockname()[1]}/cam"
    finally:
        await stop_accepting(server)
        for writer in viewers.values():
            writer.transport.abort()
        await asyncio.gather(*viewers)
        await server.wait_closed()
