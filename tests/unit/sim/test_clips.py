"""Clips stand alone below the line, and their names say what they hold."""

from dataclasses import replace

import msgspec
import pytest
from tests.support.sim_cameras import SMALL_MAIN, SMALL_SUB

from qorgan.kernel.errors import Corrupt
from qorgan.sim import clips
from qorgan.sim.clips import MAIN, SUB, ClipSpec
from qorgan.sim.faults import Fault
from qorgan.sim.h264 import Sps
from qorgan.sim.scenes import Scene

SPEC = ClipSpec(scene=Scene.STREET, profile=SMALL_SUB)


def test_without_its_guard_a_moving_scene_would_look_at_the_line() -> None:
    """The proof has teeth: it accepts a clip with a guard, and notices when there is none."""
    without, stream = clips._encode(SPEC, 0)
    assert not clips._is_independent(without, stream)
    guarded, stream = clips._encode(SPEC, 1)
    assert clips._is_independent(guarded, stream)


def test_a_clip_that_cannot_be_made_independent_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clips, "_is_independent", lambda clip, stream: False)
    with pytest.raises(Corrupt):
        clips.encode(msgspec.structs.replace(SPEC, fault=Fault.BLACK))


@pytest.mark.parametrize("profile", [MAIN, SUB, SMALL_MAIN])
def test_a_clip_is_an_even_number_of_whole_groups(profile: clips.Profile) -> None:
    """Consecutive IDR pictures differ in idr_pic_id (H.264 7.4.3), over the loop as well."""
    assert profile.gops % 2 == 0
    assert profile.gops * profile.gop_s == pytest.approx(profile.clip_s)


def test_every_difference_gives_another_name() -> None:
    specs = [
        SPEC,
        msgspec.structs.replace(SPEC, scene=Scene.HALL),
        msgspec.structs.replace(SPEC, profile=SMALL_MAIN),
        *[msgspec.structs.replace(SPEC, fault=fault) for fault in Fault],
    ]
    assert len({spec.name() for spec in specs}) == len(specs)
    assert SPEC.name() == ClipSpec(scene=Scene.STREET, profile=SMALL_SUB).name()


def test_parameter_sets_say_what_they_were_given() -> None:
    sps = Sps(
        profile_and_constraints=0x42C0, level_idc=40, log2_max_frame_num=4, width=1920, height=1080, time_scale=50
    )
    assert Sps.parse(sps.nal()) == sps
    assert sps.nal()[1:4].hex() == "42c028"
    small = replace(sps, width=320, height=180)
    assert Sps.parse(small.nal()) == small


def test_other_coding_tools_are_not_understood_by_mistake() -> None:
    high = replace(
        Sps(profile_and_constraints=0x6400, level_idc=40, log2_max_frame_num=4, width=64, height=64), time_scale=50
    )
    with pytest.raises(Corrupt):
        Sps.parse(high.nal())
