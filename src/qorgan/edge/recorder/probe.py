"""Ask a camera once who it is: for `add-camera`, before it stands in any configuration."""

import asyncio
import contextlib
import socket
import time
from dataclasses import dataclass

from qorgan.domain.cameras import CameraReason
from qorgan.edge.recorder.session import ENCODINGS
from qorgan.edge.recorder.track import track_of
from qorgan.edge.recorder.wire import DatagramSockets, Trust, connect, receive_into, send_now, shown_certificate
from qorgan.protocols.rtsp import messages
from qorgan.protocols.rtsp.auth import Credentials
from qorgan.protocols.rtsp.client import CameraRefused, Redirected, RtspClient, Transport, WrongTransport
from qorgan.protocols.rtsp.h264 import Frame

PICTURE_WITHIN_S = 15.0
_BUFFER_BYTES = 1024 * 1024
_LOOK_EVERY_S = 0.02
_MAX_DETOURS = 4
_BUSY_FOR_S = 1.0  # a camera that has just let another viewer go, or starts up, refuses for a moment


@dataclass(frozen=True, slots=True)
class Probe:
    """What a camera really sent: codec (RFC 6381), size in pixels."""

    codec: str
    width: int
    height: int


async def probe(url: str, user: str | None, password: str | None, trust: Trust | None = None) -> Probe:
    """Connect, log in, wait for one keyframe. Raises `CameraRefused` with the reason, or `Invalid` for a bad URL.

    Follows what the camera says of its transport and its place, as the recorder does; one that refuses (RFC 2326
    §7.1.1: 453, 503) is asked once more. Where nobody vouches for a camera's certificate, the error says which one it
    shows, so that a person can compare and pin it.
    """
    credentials = Credentials(user, password or "") if user else None
    transport, redirects, refused = Transport.TCP, 0, False
    try:
        async with asyncio.timeout(PICTURE_WITHIN_S):
            for _ in range(_MAX_DETOURS):
                try:
                    return await _ask(url, credentials, trust or Trust(), transport, redirects)
                except WrongTransport as error:
                    transport = error.instead
                except Redirected as error:
                    url, redirects = error.url, redirects + 1
                    credentials = credentials if error.same_host else None
                except CameraRefused as error:
                    if error.reason is CameraReason.UNTRUSTED:
                        raise await _with_certificate(error, url) from error
                    if refused or error.reason is not CameraReason.REFUSED:
                        raise
                    refused = True
                    await asyncio.sleep(_BUSY_FOR_S)
    except TimeoutError as error:
        raise CameraRefused(CameraReason.NO_FRAMES, f"no picture in {PICTURE_WITHIN_S:.0f} s") from error
    raise CameraRefused(CameraReason.PROTOCOL_ERROR, "the camera wants to be asked otherwise each time it is asked")


async def _with_certificate(refusal: CameraRefused, url: str) -> CameraRefused:
    """The refusal of a certificate that nobody vouches for, with the one that the camera shows."""
    shown = await shown_certificate(asyncio.get_running_loop(), messages.parse_url(url))
    advice = f"; the one it shows has the SHA-256 {shown}: if that is the camera's own, it can be pinned"
    return CameraRefused(refusal.reason, f"{refusal}{advice}")


async def _ask(url: str, credentials: Credentials | None, trust: Trust, transport: Transport, redirects: int) -> Probe:
    address = messages.parse_url(url)
    with contextlib.ExitStack() as stack:
        sock = await connect(asyncio.get_running_loop(), address, trust)
        stack.callback(sock.close)
        datagrams = None
        if transport is Transport.UDP and not address.secure:
            local, peer = sock.getsockname()[0], sock.getpeername()[0]
            datagrams = DatagramSockets(local, peer, sock.family, with_audio=False)
            stack.callback(datagrams.close)
        client = RtspClient(
            url,
            credentials,
            time.monotonic(),
            encodings=ENCODINGS,
            ports=datagrams.ports if datagrams else None,
            secure=address.secure,
            redirects=redirects,
        )
        await _until_keyframe(client, sock, datagrams)
        client.close()
        send_now(sock, client.take_bytes())
    track = track_of(client.depacketizer)
    return Probe(track.codec, track.width, track.height)


async def _until_keyframe(client: RtspClient, sock: socket.socket, datagrams: DatagramSockets | None) -> None:
    """A look every few hundredths of a second: this is done once, and needs no thrift."""
    buffer, left, frames = memoryview(bytearray(_BUFFER_BYTES)), b"", list[Frame]()
    while not any(frame.key for frame in frames) or not client.depacketizer.is_complete:
        if outgoing := client.take_bytes():
            send_now(sock, outgoing)
        await asyncio.sleep(_LOOK_EVERY_S)
        now = time.monotonic()
        if datagrams is not None:
            packets = datagrams.packets(datagrams.video, buffer)
            client.receive_datagrams(client.video_lane, packets, frames, now)
        try:
            buffer[: len(left)] = left
            count = receive_into(sock, buffer[len(left) :])
        except BlockingIOError:
            continue
        if count == 0:
            raise CameraRefused(CameraReason.CLOSED, "the camera closed the connection")
        end = len(left) + count
        taken = client.receive(buffer, 0, end, frames, now)
        left = bytes(buffer[taken:end])
        if len(left) > _BUFFER_BYTES // 2:
            raise CameraRefused(CameraReason.NOT_RTSP, "what the camera sends makes no sense")
        client.depacketizer.keep()
