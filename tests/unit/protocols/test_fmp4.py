"""Files that any player opens, and that a crash can cut anywhere."""

import io

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import video
from tests.support.h264 import a_clip, avcc
from tests.support.video import a_sound, a_video

from qorgan.kernel.errors import Corrupt, Invalid
from qorgan.protocols.fmp4.parameter_sets import AvcSps
from qorgan.protocols.fmp4.reader import nal_units, parse_fragment, parse_init, sample_units, whole_fragments
from qorgan.protocols.fmp4.writer import (
    AudioRun,
    AudioTrack,
    VideoTrack,
    box,
    fragment_head,
    init_segment,
    mime_type,
)


def a_file() -> tuple[bytes, list[int]]:
    """Two seconds as four fragments; the file and where each fragment ends."""
    clip = a_clip()
    info = AvcSps.parse(clip.sps)
    data = init_segment(VideoTrack(clip.sps, clip.pps, info.codec, info.width, info.height))
    ends = [len(data)]
    for number, at in enumerate(range(0, 50, 12)):
        samples = [avcc(unit) for unit in clip.units[at : at + 12]]
        key = at % clip.gop == 0
        sizes = [len(s) for s in samples]
        data += fragment_head(number + 1, at * 3600, sizes, [3600] * len(samples), starts_with_key=key)
        data += b"".join(samples)
        ends.append(len(data))
    return data, ends


def test_ffmpeg_decodes_every_frame_at_its_time():
    data, _ = a_file()
    with av.open(io.BytesIO(data)) as container:
        frames = list(container.decode(video=0))

    assert 50 == len(frames)
    assert [round(number * 0.04, 2) for number in range(50)] == [round(float(f.time), 2) for f in frames]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_file_cut_anywhere_keeps_every_whole_fragment(draw):
    data, ends = a_file()
    cut = draw.draw(st.integers(0, len(data)))
    torn = data[:cut]
    if cut < ends[0]:
        with pytest.raises(Corrupt):
            whole_fragments(lambda o, n: torn[o : o + n], len(torn))
        return
    init_bytes, fragments = whole_fragments(lambda o, n: torn[o : o + n], len(torn))

    assert init_bytes == ends[0]
    assert len(fragments) == sum(end <= cut for end in ends[1:])


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=400))
def test_junk_is_corrupt_and_nothing_else(data):
    with pytest.raises(Corrupt):
        parse_fragment(data)


def test_a_fragment_reads_back_as_it_was_written():
    fragment = parse_fragment(fragment_head(7, 123_456, [10, 20], [3600, 1800], starts_with_key=True) + bytes(30))

    assert (123_456, (3600, 1800), (10, 20), True) == (
        fragment.base_time,
        fragment.durations,
        fragment.sizes,
        fragment.starts_with_key,
    )
    assert fragment.length == fragment.data_offset + 30


numbers = st.integers(0, 2**32 - 1)
lists = st.lists(st.tuples(st.integers(0, 2**20), numbers, st.integers(-(2**31), 2**31 - 1)), max_size=30)


@given(lists, lists, st.integers(0, 2**63), st.integers(0, 2**63), st.booleans(), st.booleans())
def test_pictures_and_sound_of_any_kind_read_back_as_they_were_written(pictures, sounds, base, heard, key, reorders):
    if not pictures and not sounds:
        pictures = [(1, 2, 3)]
    sizes, durations, offsets = ([row[column] for row in pictures] for column in range(3))
    sound = AudioRun(heard, tuple(row[0] for row in sounds), tuple(row[1] for row in sounds)) if sounds else None
    head = fragment_head(
        3, base, sizes, durations, starts_with_key=key, offsets=offsets if reorders else None, audio=sound
    )
    read = parse_fragment(head)

    assert (tuple(sizes), tuple(durations), sound) == (read.sizes, read.durations, read.audio)
    assert (tuple(offsets) if reorders else ()) == read.offsets
    assert (base if pictures else heard, key and bool(pictures)) == (read.base_time, read.starts_with_key)
    assert len(head) == read.data_offset
    assert len(head) + sum(sizes) + sum(row[0] for row in sounds) == read.length


def test_a_fragment_of_nothing_is_not_written():
    with pytest.raises(ValueError, match="without samples"):
        fragment_head(1, 0, [], [], starts_with_key=False, audio=AudioRun(0, [], []))


@pytest.mark.parametrize("sound", [None, "aac", "alaw", "ulaw"])
@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_tracks_read_back_as_they_were_written(codec, sound):
    track, audio = a_video(codec).track, a_sound(sound).track if sound else None
    read = parse_init(init_segment(track, audio))

    assert (track, audio) == (read.video, read.audio)


@pytest.mark.parametrize(("codec", "b_frames"), [("h264", 0), ("h264", 3), ("h265", 3)])
@pytest.mark.parametrize("sound", [None, "aac"])
def test_nal_units_come_out_of_a_file_byte_for_byte(codec, b_frames, sound):
    """What was exported can be proved to be what the camera sent."""
    pictures = a_video(codec, b_frames)
    data = video.a_file(pictures, a_sound(sound) if sound else None)
    assert [nal for unit in pictures.units for nal in unit.nals] == list(nal_units(data))
    with pytest.raises(Corrupt):
        list(nal_units(data[:-1]))


def test_a_changed_byte_does_not_go_unnoticed_by_the_proof():
    data = bytearray(video.a_file(a_video()))
    data[-1] ^= 1
    assert [nal for unit in a_video().units for nal in unit.nals] != list(nal_units(bytes(data)))


@pytest.mark.parametrize("sample", [b"\0\0\0\x05\x65\1\2\3", b"\0\0\0", b"\0\0\0\1\x65\0", b"\xff\xff\xff\xff\x65"])
def test_a_unit_that_is_not_whole_is_corrupt(sample):
    with pytest.raises(Corrupt):
        list(sample_units(sample))


def test_a_damaged_fragment_ends_what_is_adopted_and_loses_nothing_before_it():
    data, ends = a_file()
    torn = bytearray(data)
    torn[ends[2] + 8 : ends[2] + 12] = b"\xff\xff\xff\xff"
    _, fragments = whole_fragments(lambda o, n: bytes(torn[o : o + n]), len(torn))
    assert ends[:2] == [offset for offset, _ in fragments]


def test_types_name_every_track():
    track = a_video("h265").track
    assert 'video/mp4; codecs="hvc1.1.6.L30.90"' == track.mime
    assert 'video/mp4; codecs="hvc1.1.6.L30.90, mp4a.40.2"' == mime_type(track, a_sound("aac").track)
    assert [True, False, False] == [a_sound(name).track.plays_in_browsers for name in ("aac", "alaw", "ulaw")]


@pytest.mark.parametrize(
    ("track", "audio"),
    [
        (VideoTrack(b"\x67\x42\xc0\x0b" + bytes(70_000), b"\x68", "avc1.42C00B", 160, 96), None),
        (VideoTrack(b"\x42\x01\x01", b"\x44\x01", "hvc1.1.6.L30.90", 160, 96, b"\x40\x01"), None),
        (a_video().track, AudioTrack("mp4a.40.2", 16_000, 1, b"")),
    ],
)
def test_what_a_camera_made_up_is_refused_and_not_written(track, audio):
    with pytest.raises(Invalid):
        init_segment(track, audio)


def test_a_box_more_does_not_disturb_who_reads_the_tracks():
    data = init_segment(a_video().track)
    assert a_video().track == parse_init(data + box(b"free", bytes(100))).video
