"""The timeline's movement: what the camera said, else what sizes tell; trouble is none of the timeline's."""

from datetime import timedelta
from pathlib import Path

from tests.support.index_rows import a_row

from qorgan.edge.onvif.motion import MotionDiary
from qorgan.edge.recorder.index import Index
from qorgan.edge.recorder.motion import read_motion
from qorgan.kernel.clock import from_us, to_us

MINUTE_US = 60_000_000
START_US = 1_795_000_000_000_000 // MINUTE_US * MINUTE_US
START = from_us(START_US)


def an_hour(archive: Path, disk: str = "") -> None:
    """A quiet half hour and a busy one, of the sub stream; the main stream is as large all the time."""
    index = Index(archive / "index.db")
    if disk:
        index.put_disk(disk, archive, START_US)
    for stream, base in (("main", 0), ("sub", 1_000)):
        rows = [
            a_row(
                base + n + 1,
                START_US + n * MINUTE_US,
                stream=stream,
                path=f"{stream}{n}",
                size=900_000 if stream == "main" or n >= 30 else 300_000,
                disk=disk,
            )
            for n in range(60)
        ]
        index.commit(rows, [])
    index.close()


def test_sizes_of_the_sub_stream_tell_where_the_camera_does_not(tmp_path: Path) -> None:
    an_hour(tmp_path, disk="d1")
    motion = read_motion(tmp_path, tmp_path, "hall", START, START + timedelta(hours=1))
    assert motion
    assert ("sizes", 60, START) == (motion.basis, motion.step_s, motion.start)
    assert bytes(30) + bytes([255] * 30) == motion.density


def test_what_the_camera_says_goes_before_what_sizes_tell(tmp_path: Path) -> None:
    an_hour(tmp_path)
    minute = START_US // MINUTE_US
    MotionDiary(tmp_path).write({("hall", minute + 3): 60_000}, {"hall": minute}, keep_after=0)
    motion = read_motion(tmp_path, tmp_path, "hall", START, START + timedelta(hours=1))
    assert motion
    assert ("events", {3: 255}) == (motion.basis, {at: one for at, one in enumerate(motion.density) if one})


def test_where_nothing_is_known_nothing_is_said(tmp_path: Path) -> None:
    an_hour(tmp_path)
    later = START + timedelta(days=2)
    assert None is read_motion(tmp_path, tmp_path, "hall", later, later + timedelta(hours=1))
    assert None is read_motion(tmp_path, tmp_path, "yard", START, START + timedelta(hours=1))
    assert None is read_motion(tmp_path, tmp_path, "hall", START, START + timedelta(days=9))
    (tmp_path / "motion.db").write_bytes(b"damaged" * 1_000)
    assert None is read_motion(tmp_path, tmp_path, "hall", START, START + timedelta(hours=1))
    assert START_US == to_us(START)
