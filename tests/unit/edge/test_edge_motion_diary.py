"""What cameras said of movement is there after a restart, and not for ever."""

from pathlib import Path

import pytest

from qorgan.edge.onvif.motion import STILL_SPEAKS_MINUTES, MotionDiary, read_minutes
from qorgan.kernel.errors import Unavailable


def test_movement_is_kept_added_up_and_dropped_in_time(tmp_path: Path) -> None:
    diary = MotionDiary(tmp_path)
    diary.write({("hall", 100): 20_000, ("yard", 100): 1}, {"hall": 100, "yard": 100}, keep_after=0)
    diary.write({("hall", 100): 50_000, ("hall", 200): 7}, {"hall": 200}, keep_after=0)

    assert {100: 60_000, 200: 7} == read_minutes(tmp_path, "hall", 0, 1_000)
    assert {100: 60_000} == read_minutes(tmp_path, "hall", 100, 200)
    diary.write({}, {}, keep_after=150)
    assert {200: 7} == read_minutes(tmp_path, "hall", 0, 1_000)


def test_a_camera_that_never_speaks_of_movement_is_not_taken_for_a_quiet_one(tmp_path: Path) -> None:
    assert None is read_minutes(tmp_path, "hall", 0, 10)
    MotionDiary(tmp_path).write({}, {"hall": 100}, keep_after=0)
    assert None is read_minutes(tmp_path, "yard", 0, 1_000)
    assert {} == read_minutes(tmp_path, "hall", 90, 110)
    assert {} == read_minutes(tmp_path, "hall", 200, 300)
    assert None is read_minutes(tmp_path, "hall", 50, 100)
    later = 101 + STILL_SPEAKS_MINUTES
    assert None is read_minutes(tmp_path, "hall", later, later + 10)


def test_trouble_is_named(tmp_path: Path) -> None:
    (tmp_path / "motion.db").write_bytes(b"no database" * 1_000)
    with pytest.raises(Unavailable):
        MotionDiary(tmp_path).write({("hall", 1): 1}, {}, keep_after=0)
    with pytest.raises(Unavailable):
        read_minutes(tmp_path, "hall", 0, 10)
