"""A frame that the centre keeps is the camera's own picture: now from the live stream, then from the recording."""

from datetime import timedelta

from tests.behaviour.playback.conftest import Playback
from tests.support.fake_gatekeeper import HALL
from tests.support.sim_cameras import SMALL_MAIN

from qorgan.centre.gateway.instants import instant
from qorgan.kernel.clock import from_us


async def test_as_the_camera_sees_now_and_as_it_was(playback: Playback) -> None:
    await playback.recorded("hall", 60)
    (row, *_) = [row for row in playback.node.rows() if row.camera == "hall" and row.stream == "main"]
    then = from_us(row.wall_start_us) + timedelta(seconds=1)

    async with playback.http() as http:
        for at in (None, instant(then)):
            kept = await http.post(f"/api/cameras/{HALL}/frames", json={"at": at, "purpose": "duty"})
            assert kept.status_code == 201, kept.text

    (now_at, now), (then_at, recorded) = playback.rooms.frames
    assert [(one.width, one.height) for one in (now, recorded)] == [(SMALL_MAIN.width, SMALL_MAIN.height)] * 2
    assert then_at <= then < now_at
    assert now.digest != recorded.digest, "each picture of the simulator bears its number"
    assert playback.rooms.watching == []
