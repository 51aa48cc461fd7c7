"""Recorded video as pieces: what a list promises comes, byte for byte, and nothing outside of the grant's period."""

import contextlib
import io

import av
import pytest
from tests.support.h264 import a_clip
from tests.unit.recorder.test_archive import START_US, S, School, written_in_small_fragments

from qorgan.edge.recorder.index import Index
from qorgan.edge.recorder.pieces import find_pieces, read_pieces
from qorgan.edge.recorder.ranges import read_range, without_sound
from qorgan.kernel.errors import Corrupt, Forbidden, NotFound
from qorgan.protocols.fmp4.writer import AudioTrack, VideoTrack, init_segment
from qorgan.protocols.link.commands import PieceOrder
from qorgan.protocols.link.media import MediaKind, split_init


@pytest.fixture
def school(tmp_path):
    school = School(tmp_path)
    yield school
    with contextlib.suppress(OSError):
        if school.archive._thread.is_alive():
            school.stop()


def contents_of(school, start_us, end_us):
    return find_pieces(school.root, "hall", "main", start_us, end_us)


def orders(pieces) -> list[PieceOrder]:
    """One after the other from zero, gaps closed: as a playlist and a download want them."""
    base, made = 0, []
    for piece in pieces:
        made.append(PieceOrder(piece.segment, piece.first, piece.count, base))
        base += piece.duration
    return made


def read(school, within, wanted) -> bytes:
    return b"".join(payload for _, _, payload in read_pieces(school.root, "hall", "main", within, wanted))


def times_of(data: bytes) -> list[float]:
    with av.open(io.BytesIO(data)) as container:
        return [float(frame.time) for frame in container.decode(video=0)]


@pytest.mark.parametrize("small", [False, True])
def test_pieces_joined_are_every_frame_once_without_a_hole(school, small):
    school.record(130)
    school.stop()
    if small:
        written_in_small_fragments(school)
    within = START_US, START_US + 130 * S
    found = contents_of(school, *within)
    data = read(school, within, orders(found.pieces))

    assert sum(piece.size for piece in found.pieces) == len(data)
    assert 1 == len(found.parts)
    assert [False] + [True] * (len(found.pieces) - 1) == [piece.follows for piece in found.pieces]
    assert pytest.approx([number / 25 for number in range(25 * 130)], abs=1e-3) == times_of(found.parts[0].init + data)


def test_each_piece_alone_begins_with_a_keyframe_at_its_place(school):
    school.record(30)
    school.stop()
    within = START_US + 7 * S, START_US + 20 * S
    found = contents_of(school, *within)

    assert found.pieces[0].wall_us == pytest.approx(START_US + 7 * S, abs=2)
    for piece, order in zip(found.pieces, orders(found.pieces), strict=True):
        data = read(school, within, [order])
        assert piece.size == len(data)
        times = times_of(found.parts[0].init + data)
        assert (piece.duration // 3600, order.base / 90_000) == (len(times), pytest.approx(times[0]))
        assert 4 <= piece.duration / 90_000 <= 5 or piece is found.pieces[-1]


def test_a_gap_and_a_new_run_do_not_follow(school):
    school.record(10)
    school.track.end_run("no_frames", school.now_us)
    school.now_us += 20 * S
    school.record(10)
    school.stop()
    pieces = contents_of(school, START_US, START_US + 40 * S).pieces

    assert 2 == sum(not piece.follows for piece in pieces)
    broken = next(piece for piece in pieces[1:] if not piece.follows)
    assert broken.wall_us == pytest.approx(START_US + 30 * S, abs=1000)


def test_what_may_still_grow_is_not_planned(school):
    school.record(30)
    school.stop()
    index = Index(school.root / "index.db")
    row = next(iter(index.all_segments()))
    row.state = "open"
    index.commit([row], [])
    index.close()

    assert 25 * 29 == sum(piece.duration for piece in contents_of(school, START_US, START_US + 40 * S).pieces) // 3600


def test_nothing_outside_of_the_period_is_read(school):
    school.record(130)
    school.stop()
    pieces = contents_of(school, START_US, START_US + 130 * S).pieces
    within = START_US + 60 * S, START_US + 70 * S
    inside = next(piece for piece in pieces if piece.wall_us >= within[0])
    stolen = [
        PieceOrder(pieces[0].segment, 0, 1, 0),
        PieceOrder(inside.segment, inside.first, 50, 0),
        PieceOrder(inside.segment, -3, 3, 0),
        PieceOrder(inside.segment, inside.first, 0, 0),
        PieceOrder(inside.segment, 100_000, 1, 0),
        PieceOrder(999, 0, 1, 0),
    ]
    for order in stolen:
        with pytest.raises((Forbidden, NotFound)):
            read(school, within, [order])


def test_what_is_gone_or_damaged_is_said_and_never_left_out(school):
    school.record(30)
    school.stop()
    within = START_US, START_US + 30 * S
    wanted = orders(contents_of(school, *within).pieces)
    path = school.root / next(iter(school.index().all_segments())).path
    whole = path.read_bytes()

    path.write_bytes(whole[:-100])
    with pytest.raises(Corrupt):
        read(school, within, wanted)
    path.write_bytes(whole[: len(whole) // 2] + b"junk" * (len(whole) // 8 + 1))
    with pytest.raises(Corrupt):
        read(school, within, wanted)
    path.unlink()
    with pytest.raises(NotFound):
        read(school, within, wanted)
    assert () == contents_of(school, *within).pieces


def test_keys_only_shows_one_picture_of_each_group_for_as_long_as_the_group_lasts(school):
    school.record(70)
    school.stop()
    wanted = START_US + 5_300_000
    messages = list(read_range(school.root, "hall", "main", wanted, wanted + 10 * S, keys_only=True))

    assert MediaKind.INIT is messages[0][0] and {MediaKind.KEY} == {kind for kind, _, _ in messages[1:]}
    data = split_init(messages[0][2])[1] + b"".join(payload for _, _, payload in messages[1:])
    times = times_of(data)
    assert [0.0, *(0.7 + second for second in range(10))] == pytest.approx(times, abs=1e-3)
    whole = sum(len(p) for _, _, p in read_range(school.root, "hall", "main", wanted, wanted + 10 * S))
    assert len(data) < whole


def test_one_instant_of_keys_only_is_the_picture_that_stands_there(school):
    school.record(10)
    school.stop()
    messages = list(read_range(school.root, "hall", "main", START_US + 5 * S, START_US + 5 * S + 1, keys_only=True))
    assert [MediaKind.INIT, MediaKind.KEY] == [kind for kind, _, _ in messages]


SOUNDS = {
    "AAC": AudioTrack("mp4a.40.2", 16_000, 1, bytes([0x14, 0x08])),
    "G.711": AudioTrack("alaw", 8_000),
}


@pytest.mark.parametrize("sound", SOUNDS)
def test_a_browser_is_promised_no_sound_with_the_pictures(sound):
    """Promised sound without any keeps a browser from showing the picture; sound is a stream of its own."""
    clip, audio = a_clip(), SOUNDS[sound]
    video = VideoTrack(clip.sps, clip.pps, "avc1.42C00B", 160, 96)
    codec, init = without_sound(f"{video.codec}, {audio.codec}", init_segment(video, audio))

    assert (video.codec, init_segment(video)) == (codec, init)
