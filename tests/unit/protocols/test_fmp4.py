"""Files that any player opens, and that a crash can cut anywhere."""

import io

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.h264 import a_clip, avcc

from qorgan.kernel.errors import Corrupt
from qorgan.protocols.fmp4.reader import parse_fragment, whole_fragments
from qorgan.protocols.fmp4.writer import VideoTrack, fragment_head, init_segment
from qorgan.protocols.rtsp.h264 import parse_sps


def a_file() -> tuple[bytes, list[int]]:
    """Two seconds as four fragments; the file and where each fragment ends."""
    clip = a_clip()
    info = parse_sps(clip.sps)
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
