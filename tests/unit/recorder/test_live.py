"""What a live picture says of itself."""

import asyncio
import contextlib
from types import SimpleNamespace
from typing import cast

from qorgan.edge.recorder.live import LiveDesk
from qorgan.edge.recorder.outlet import Outlet
from qorgan.edge.recorder.session import StreamSession
from qorgan.edge.recorder.timing import RunClock
from qorgan.edge.recorder.track import Sample
from qorgan.kernel.clock import now_us
from qorgan.protocols.fmp4.writer import TIMESCALE, VideoTrack
from qorgan.protocols.link.media import MediaKind, MediaMessage, unpack

SPS, PPS = bytes.fromhex("67640028acd940780227e5c04400000fa40003e8803c60c658"), bytes.fromhex("68ebecb22c")
FRAME = bytes.fromhex("0000000165888400")


async def test_a_picture_is_never_said_to_be_newer_than_its_coming() -> None:
    """The first frame of a run came a minute late, the others come at once: the run's clock is a minute ahead."""
    sent: asyncio.Queue[MediaMessage] = asyncio.Queue()

    async def publish(_: str, message: bytes) -> None:
        sent.put_nowait(unpack(message))

    async def settle() -> bool:
        return True

    outlet = Outlet(publish, settle)
    sending = asyncio.create_task(outlet.run())
    desk, session = LiveDesk(outlet), cast(StreamSession, WatchedStream(RunClock(media=0, arrival_us=now_us())))
    desk.open("lease", "live.lease", session, 5.0)
    desk.show(session, [Sample(FRAME, media=60 * TIMESCALE, key=True)])
    while (message := await sent.get()).kind is not MediaKind.KEY:
        assert message.wall_us <= now_us()
    assert message.wall_us <= now_us()
    sending.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await sending


class WatchedStream:
    """A stream that is recorded, as far as a viewer needs it."""

    camera, stream, state, reason = "gate", "sub", "live", "none"

    def __init__(self, clock: RunClock) -> None:
        track = VideoTrack(SPS, PPS, "avc1.640028", 1920, 1080)
        self.recorder = SimpleNamespace(track=track, clock=clock, gop=[], last_duration=3_600)

    def watch(self, watched: bool) -> None: ...
