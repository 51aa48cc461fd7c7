"""A range that begins in the middle of a group of pictures, with B-frames and with sound."""

import io

import av
import pytest
from tests.support.video import STEP, Sound, Video, a_file, a_sound, a_video

from qorgan.edge.recorder.ranges import Retimer, SoundRetimer
from qorgan.protocols.fmp4.reader import Fragment, nal_units, parse_fragment, parse_init
from qorgan.protocols.fmp4.retime import fragments
from qorgan.protocols.fmp4.writer import init_segment

START_S = 0.48  # twelve pictures after the keyframe


def a_range(video: Video, sound: Sound | None, start_s: float = START_S) -> tuple[bytes, list[Fragment]]:
    """What a player gets of a file when it asks for `start_s` and what follows, and the heads of its fragments."""
    data = a_file(video, sound)
    init = init_segment(video.track, sound.track if sound else None)
    retimer = Retimer(int(start_s * 1_000_000))
    placed = [
        retimer.place(fragment, parse_fragment(fragment).base_time * 100 // 9)
        for fragment in fragments(data[len(init) :])
    ]
    return init_segment(video.track) + b"".join(placed), [parse_fragment(part) for part in placed]


def the_sound(sound: Sound, start_s: float = START_S) -> list[bytes]:
    """What a player gets of the sound of the same range."""
    data = a_file(a_video("h264"), sound)
    init = init_segment(a_video("h264").track, sound.track)
    retimer = SoundRetimer(int(start_s * 1_000_000))
    placed = [
        retimer.place(fragment, parse_fragment(fragment).base_time * 100 // 9)
        for fragment in fragments(data[len(init) :])
    ]
    return [part for part in placed if part]


def shown(heads: list[Fragment]) -> list[int]:
    """When each picture is shown, in decoding order."""
    times = []
    for head in heads:
        decode = head.base_time
        for duration, offset in zip(head.durations, head.offsets or [0] * len(head.durations), strict=True):
            times.append(decode + offset)
            decode += duration
    return times


@pytest.mark.parametrize(("codec", "b_frames"), [("h264", 0), ("h264", 3), ("h265", 3)])
@pytest.mark.parametrize("sound", [None, "aac"])
def test_pictures_from_the_start_on_are_shown_at_their_time_and_none_before_zero(codec, b_frames, sound):
    """A player throws away what is shown before zero, and with it all that depends on it."""
    video = a_video(codec, b_frames, pyramid=b_frames > 0)
    _, heads = a_range(video, a_sound(sound) if sound else None)

    start = round(START_S * 90_000)
    expected = {unit.shown - start for unit in video.units if unit.shown - start >= STEP}
    times = shown(heads)
    assert expected <= set(times)
    assert sorted(expected) == [time for time in sorted(times) if time >= STEP]
    assert 0 <= min(times)


@pytest.mark.parametrize("picture", range(0, 26, 5))
@pytest.mark.parametrize("after_us", [-100, 0, 100, 20_000])
def test_wherever_a_range_begins_nothing_is_shown_before_zero(picture, after_us):
    video = a_video("h264", 3)
    start_us = max(0, picture * 40_000 + after_us)
    _, heads = a_range(video, None, start_us / 1_000_000)

    expected = {unit.shown - start_us * 9 // 100 for unit in video.units}
    times = shown(heads)
    assert 0 <= min(times)
    assert {time for time in expected if time >= STEP} == {time for time in times if time >= STEP}


@pytest.mark.parametrize("b_frames", [0, 3])
def test_decode_times_never_go_back(b_frames):
    _, heads = a_range(a_video("h264", b_frames), a_sound("aac"))
    ends = [head.base_time + head.duration for head in heads]
    assert all(end <= head.base_time for end, head in zip(ends, heads[1:], strict=False))


def test_sound_from_before_the_start_is_left_out_and_the_rest_keeps_its_time():
    sound = a_sound("aac")
    runs = [head.audio for head in map(parse_fragment, the_sound(sound)) if head.audio]
    start = round(START_S * 90_000)
    times = [run.base_time + n * sound.step for run in runs for n in range(len(run.sizes))]

    every = [n * sound.step - start for n in range(len(sound.samples))]
    assert times == [time for time in every if time >= 0][: len(times)]
    assert times[0] < sound.step and times[-1] > 80_000


@pytest.mark.parametrize(("codec", "b_frames"), [("h264", 0), ("h264", 3), ("h265", 3)])
@pytest.mark.parametrize("sound", [None, "aac"])
def test_every_picture_can_be_decoded_and_its_nal_units_are_those_of_the_file(codec, b_frames, sound):
    video, heard = a_video(codec, b_frames), a_sound(sound) if sound else None
    data, _ = a_range(video, heard)

    with av.open(io.BytesIO(data)) as container:
        assert len(video.units) == sum(1 for _ in container.decode(video=0))
    assert list(nal_units(a_file(video, heard))) == list(nal_units(data))
    assert video.track == parse_init(data).video


@pytest.mark.parametrize("codec", ["aac", "alaw"])
@pytest.mark.parametrize("b_frames", [0, 3])
def test_pictures_come_without_the_sound_and_the_sound_without_the_pictures(codec, b_frames):
    video, sound = a_video("h264", b_frames), a_sound(codec)
    data, heads = a_range(video, sound, 0.0)

    assert [None] * len(heads) == [head.audio for head in heads]
    assert not any(sample in data for sample in sound.samples if len(sample) > 8)
    parts = the_sound(sound, 0.0)
    assert all(not parse_fragment(part).sizes for part in parts)
    heard = b"".join(part[parse_fragment(part).data_offset :] for part in parts)
    assert b"".join(sound.samples) == heard
