"""One stream's session with a camera that does what the test says: transports, losses, redirects."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable

from tests.support.recorder_node import until
from tests.support.scripted_camera import Script, scripted_camera

from qorgan.domain.cameras import CameraReason, CameraState
from qorgan.edge.recorder.session import StreamSession
from qorgan.edge.recorder.track import Fragment, TrackRecorder
from qorgan.protocols.rtsp.auth import Credentials


class Counted:
    """A sink that counts."""

    def __init__(self) -> None:
        self.frames = self._number = 0

    def new_segment_id(self) -> int:
        self._number += 1
        return self._number

    new_run_id = new_segment_id

    def open_segment(self, row: object, track: object) -> None: ...

    def write_fragment(self, row: object, fragment: Fragment) -> None:
        self.frames += len(fragment.samples)

    def close_segment(self, row: object, reason: str) -> None: ...

    def note_gap(self, camera: str, stream: str, at_us: int, cause: str | None) -> None: ...


@contextlib.asynccontextmanager
async def recorded(url: str) -> AsyncIterator[StreamSession]:
    """A session that runs, with a clock that ticks as the recorder's does."""
    session = StreamSession(
        camera="hall",
        stream="main",
        url=url,
        credentials=Credentials("cam", "hush-hush"),
        recorder=TrackRecorder("hall", "main", Counted()),
        buffer=memoryview(bytearray(1024 * 1024)),
        on_state=lambda session: None,
        on_samples=lambda session, samples: None,
    )

    async def ticking() -> None:
        while True:
            await asyncio.sleep(0.05)
            session.tick()
            session.check(time.monotonic())

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(session.run()), group.create_task(ticking())]
        try:
            yield session
        finally:
            for task in tasks:
                task.cancel()


def has(session: StreamSession, frames: int) -> Callable[[], bool]:
    return lambda: session.state is CameraState.LIVE and session.frames_total >= frames


async def test_a_camera_that_refuses_one_transport_is_recorded_over_the_other():
    script = Script(refuses_tcp=True)
    async with scripted_camera(script) as url, recorded(url) as session:
        await until(has(session, 50), "fifty frames")
        assert ["TCP", "UDP"] == script.transports
        assert 0 == session.health().lost_packets


async def test_datagrams_that_never_arrive_are_given_up_for_the_connection():
    script = Script(refuses_tcp=True, sends_datagrams=False)
    async with scripted_camera(script) as url, recorded(url) as session:
        await until(lambda: "UDP" in script.transports, "datagrams asked for")
        script.refuses_tcp = False
        await until(has(session, 25), "frames over TCP")
        assert ["TCP", "UDP", "TCP"] == script.transports


async def test_lost_datagrams_are_counted_in_the_health_and_the_rest_is_recorded():
    script = Script(refuses_tcp=True, drops=frozenset({40, 90, 91}))
    async with scripted_camera(script) as url, recorded(url) as session:
        await until(lambda: session.health().lost_packets == 3, "three lost packets")
        await until(has(session, 50), "frames go on")


async def test_a_redirect_on_the_same_host_takes_the_password_along():
    there = Script(asks_password=True)
    async with scripted_camera(there) as goal:
        here = Script(redirect=goal)
        async with scripted_camera(here) as url, recorded(url) as session:
            await until(has(session, 25), "frames from the other port")
    assert any("Authorization" in request for request in there.requests)


async def test_a_redirect_to_another_host_is_followed_without_the_password():
    """127.0.0.2 is another host than 127.0.0.1, and is here too."""
    there = Script(asks_password=True)
    async with scripted_camera(there, "127.0.0.2") as goal:
        here = Script(redirect=goal)
        async with scripted_camera(here) as url, recorded(url) as session:
            await until(lambda: session.state is CameraState.FAILED, "failed")
            assert session.reason is CameraReason.WRONG_PASSWORD
            there.asks_password = False
            await until(has(session, 25), "frames from the other host")
    assert there.requests and not any("Authorization" in request for request in there.requests)


async def test_a_camera_that_sends_in_circles_fails_with_a_reason():
    script = Script()
    async with scripted_camera(script) as url:
        script.redirect = url
        async with recorded(url) as session:
            await until(lambda: session.state is CameraState.FAILED, "failed")
            assert "redirects more than" in session.detail
