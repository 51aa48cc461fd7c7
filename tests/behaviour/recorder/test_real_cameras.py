"""A camera that we did not write is recorded, watched and played back."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.support.gst import gst_camera
from tests.support.recorder_node import a_centre, decoded, recorder_node, until

from qorgan.kernel.clock import from_us
from qorgan.protocols.link.media import MediaKind

pytestmark = [pytest.mark.gstreamer, pytest.mark.ffmpeg]
LOGINS = {"without a password": {}, "with digest authentication": {"user": "cam", "password": "құпия-сөз 7"}}


def ffmpeg_complaints(path: Path) -> str:
    """What ffmpeg has to say about a file when it decodes all of it."""
    command = ["ffmpeg", "-v", "warning", "-i", str(path), "-f", "null", "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr


@pytest.mark.parametrize("login", LOGINS)
async def test_a_gstreamer_camera_is_recorded_watched_and_played_back(tmp_path, carrier, login):
    with (
        gst_camera(**LOGINS[login]) as url,
        recorder_node(tmp_path, carrier, [{"key": "gate", "main": url, **LOGINS[login]}]) as node,
    ):
        await until(lambda: node.frames("gate") > 150, "six seconds in the index")
        async with a_centre(carrier, node.key) as centre:
            live = await centre.watch("gate", "main", 40)
            assert [MediaKind.INIT] == [m.kind for m in live if m.kind in (MediaKind.INIT, MediaKind.KEY)][:1]
            assert len(decoded(live)) >= 40
            seqs = [message.seq for message in live]
            assert seqs == list(range(1, len(seqs) + 1))

            begun = from_us(node.rows()[0].wall_start_us)
            recorded = decoded(
                await centre.recording("gate", "main", begun + timedelta(seconds=1.5), begun + timedelta(seconds=4.5))
            )
            assert 70 <= sum(0 <= time < 3.0 for time in recorded) <= 90

            reply = await centre.coverage("gate", begun, begun + timedelta(seconds=5))
            assert reply.coverage is not None
            assert ["main"] == [span.stream for span in reply.coverage.spans]
            assert [] == [gap for gap in reply.coverage.gaps if gap.stream == "main"]
    for row in node.rows():
        assert "" == ffmpeg_complaints(node.archive / row.path)
    assert "құпия" not in node.log


async def test_a_wrong_password_says_so_and_records_nothing(tmp_path, carrier):
    camera = {"key": "gate", "user": "cam", "password": "wrong"}
    with (
        gst_camera(user="cam", password="right") as url,
        recorder_node(tmp_path, carrier, [camera | {"main": url}]) as node,
    ):
        await until(lambda: "wrong_password" in node.log, "the reason in the log")
        assert 0 == node.frames("gate")


async def test_killed_at_any_moment_the_recorder_adopts_its_files_and_writes_down_the_gap(tmp_path, carrier):
    """kill -9 loses at most what was not yet synced, and the hole has its cause."""
    with gst_camera() as url, recorder_node(tmp_path, carrier, [{"key": "gate", "main": url}]) as node:
        await until(lambda: node.frames("gate") > 60, "two seconds in the index")
        indexed = node.frames("gate")
        node.kill()
        died = datetime.now(UTC)
        node.start()
        await until(lambda: any(row.state == "open" for row in node.rows()), "a new file")
        await until(lambda: node.frames("gate") > indexed + 60, "two seconds more")
        states = {row.state for row in node.rows()}
        assert {"adopted", "open"} == states
        assert node.frames("gate") >= indexed
        async with a_centre(carrier, node.key) as centre:
            first = from_us(node.rows()[0].wall_start_us)
            reply = await centre.coverage("gate", first, died + timedelta(seconds=10))
        assert reply.coverage is not None
        causes = [gap.cause for gap in reply.coverage.gaps if gap.stream == "main" and gap.start < died]
        assert all(cause == "node_down" for cause in causes)
        adopted = node.rows()[0]
        assert died - from_us(adopted.wall_end_us) < timedelta(seconds=2.5)
