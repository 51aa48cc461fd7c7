"""Ask a camera once who it is: for `add-camera`, before it stands in any configuration."""

import asyncio
import time
from dataclasses import dataclass

from qorgan.domain.cameras import CameraReason
from qorgan.edge.recorder.session import connect
from qorgan.protocols.rtsp import messages
from qorgan.protocols.rtsp.auth import Credentials
from qorgan.protocols.rtsp.client import CameraRefused, RtspClient
from qorgan.protocols.rtsp.h264 import Frame, parse_sps

PICTURE_WITHIN_S = 15.0


@dataclass(frozen=True, slots=True)
class Probe:
    """What a camera really sent: codec (RFC 6381), size in pixels."""

    codec: str
    width: int
    height: int


async def probe(url: str, user: str | None, password: str | None) -> Probe:
    """Connect, log in, wait for one keyframe. Raises `CameraRefused` with the reason, or `Invalid` for a bad URL."""
    address = messages.parse_url(url)
    loop = asyncio.get_running_loop()
    credentials = Credentials(user, password or "") if user else None
    sock = await connect(loop, address)
    try:
        async with asyncio.timeout(PICTURE_WITHIN_S):
            client = RtspClient(url, credentials, time.monotonic())
            received = bytearray()
            frames: list[Frame] = []
            while not any(frame.key for frame in frames):
                await loop.sock_sendall(sock, client.take_bytes())
                data = await loop.sock_recv(sock, 256 * 1024)
                if not data:
                    raise CameraRefused(CameraReason.CLOSED, "the camera closed the connection")
                received += data
                with memoryview(bytes(received)) as view:
                    taken = client.receive(view, 0, len(view), frames, time.monotonic())
                    client.depacketizer.keep()
                del received[:taken]
    except TimeoutError as error:
        raise CameraRefused(CameraReason.NO_FRAMES, f"no picture in {PICTURE_WITHIN_S:.0f} s") from error
    finally:
        sock.close()
    info = parse_sps(client.depacketizer.sps)
    return Probe(info.codec, info.width, info.height)
