"""Sound beside pictures: where it is placed, what is dropped, and that ranges with it can be played."""

import io
import itertools
from pathlib import Path

import av
import pytest
from tests.support.h264 import a_clip, avcc
from tests.support.paper import Paper
from tests.support.video import a_sound

from qorgan.edge.recorder.archive import ArchiveWriter
from qorgan.edge.recorder.pieces import find_pieces, read_pieces
from qorgan.edge.recorder.ranges import read_range, read_sound
from qorgan.edge.recorder.sound import Anchor, Sound
from qorgan.edge.recorder.track import TrackRecorder
from qorgan.protocols.fmp4.reader import Fragment, parse_fragment, parse_init, parse_sound_init
from qorgan.protocols.link.commands import PieceOrder
from qorgan.protocols.link.media import MediaKind, split_init
from qorgan.protocols.rtsp.audio import AudioFormat, AudioFrame
from qorgan.protocols.rtsp.h264 import Frame, H264Depacketizer

S = 1_000_000
START_US = 1_795_340_000 * S
G711 = AudioFormat("alaw", 8000, 1)


def spoken(count: int, first: int = 4_294_967_000) -> list[AudioFrame]:
    """Packets of 20 ms, around the end of 32 bits."""
    return [AudioFrame(bytes([n]) * 160, (first + 160 * n) & 0xFFFFFFFF, 160) for n in range(count)]


def test_sound_stands_where_the_camera_says_and_follows_its_own_clock():
    sound = Sound(G711)
    frames = spoken(10)
    sound.take(frames[:5], Anchor(frames[0].timestamp, 90_000, True))
    sound.take(
        frames[5:], Anchor(frames[5].timestamp, 90_000 + 5 * 1800 + 900, True)
    )  # 10 ms off: within what nobody hears
    taken = sound.take_until(0, 10**9)
    assert [90_000 + 1800 * n for n in range(10)] == [sample.media for sample in taken]
    assert {1800} == {sample.duration for sample in taken}


def test_sound_that_has_parted_from_the_pictures_comes_back_to_them():
    sound = Sound(G711)
    frames = spoken(10)
    sound.take(frames[:5], Anchor(frames[0].timestamp, 90_000, True))
    sound.take(frames[5:], Anchor(frames[5].timestamp, 90_000 + 5 * 1800 + 9000, True))
    taken = sound.take_until(0, 10**9)
    assert 90_000 + 5 * 1800 + 9000 == taken[5].media
    assert all(one.media + one.duration == after.media for one, after in itertools.pairwise(taken)), "no hole is left"


def test_each_fragment_takes_the_sound_of_its_time_and_nothing_twice():
    sound = Sound(G711)
    sound.take(spoken(100), Anchor(4_294_967_000, 0, True))
    first, second = sound.take_until(0, 90_000), sound.take_until(0, 180_000)
    assert [50, 50] == [len(first), len(second)]
    assert sound.take_until(0, 10**9) == []


def test_sound_from_before_a_file_is_left_out_of_it():
    sound = Sound(G711)
    sound.take(spoken(10), Anchor(4_294_967_000, 0, True))
    taken = sound.take_until(9000 - 900, 10**9)
    assert 9000 - 900 == taken[0].media, "the one that is half inside begins with the file"
    assert 6 == len(taken)


def test_sound_without_pictures_does_not_pile_up():
    sound = Sound(G711)
    for _ in range(30):
        sound.take(spoken(100), Anchor(4_294_967_000, 0, True))
    assert 1000 == len(sound.take_until(0, 10**9))


def a_recording(root: Path, codec: str) -> None:
    """Ten seconds of a camera that is heard, whose sound came 30 ms before its pictures were heard of."""
    clip, tone = a_clip(), a_sound(codec, 10.0)
    archive = ArchiveWriter(root)
    archive.start()
    track = TrackRecorder("hall", "main", archive)
    source = H264Depacketizer((clip.sps, clip.pps))
    rate = tone.track.sample_rate
    track.begin_session(90_000, AudioFormat(tone.track.codec, rate, 1, tone.track.config))
    length = tone.step * rate // 90_000
    heard = [AudioFrame(data, n * length, length) for n, data in enumerate(tone.samples)]
    for number in range(250):
        now_us = START_US + number * 40_000
        due = [frame for frame in heard if frame.timestamp <= number * rate // 25]
        heard = heard[len(due) :]
        if due:
            track.take_sound(due, now_us, due[0].timestamp * S // rate - max(number - 1, 0) * 40_000)
        track.take([Frame(avcc(clip.units[number % 50]), number * 3600, number % 25 == 0, False)], source, now_us)
    track.end_run("closed", START_US + 10 * S)
    archive.stop()


def fragments_of(root: Path, start_us: int, end_us: int, read=read_range) -> tuple[str, bytes, list[Fragment]]:
    (_, _, first), *rest = list(read(root, "hall", "main", start_us, end_us))
    mime, init = split_init(first)
    return mime, init, [parse_fragment(data) for kind, _, data in rest if kind is not MediaKind.INIT]


@pytest.mark.parametrize(("codec", "rate"), [("aac", 16_000), ("alaw", 8_000), ("ulaw", 8_000)])
def test_the_sound_of_a_range_begins_at_the_wanted_instant_and_has_no_hole(tmp_path: Path, codec: str, rate: int):
    a_recording(tmp_path, codec)
    mime, init, fragments = fragments_of(tmp_path, START_US + 3_500_000, START_US + 6 * S, read_sound)

    track = parse_sound_init(init)
    assert (track.mime, track.sample_rate) == (mime, rate)
    assert all(not fragment.sizes for fragment in fragments)
    heard = [fragment.audio for fragment in fragments if fragment.audio is not None]
    assert 0 <= heard[0].base_time <= 90_000 * 1024 // rate
    for one, after in itertools.pairwise(heard):
        assert abs(one.base_time + sum(one.durations) - after.base_time) <= 1
    assert heard[-1].base_time + sum(heard[-1].durations) > 2.4 * 90_000


@pytest.mark.parametrize("codec", ["aac", "alaw"])
def test_pictures_come_without_a_sound_and_a_file_to_take_away_only_with_leave(tmp_path: Path, codec: str):
    """Sound is more than a picture says: it never comes along by itself, not even as bytes that nobody describes."""
    a_recording(tmp_path, codec)
    period = START_US, START_US + 20 * S
    spoken = {data for data in a_sound(codec, 10.0).samples if len(set(data)) > 8}
    assert spoken
    _, _, fragments = fragments_of(tmp_path, *period)
    assert fragments and all(fragment.audio is None for fragment in fragments)

    for with_sound in (False, True):
        contents = find_pieces(tmp_path, "hall", "main", *period, with_sound=with_sound)
        orders = [PieceOrder(piece.segment, piece.first, piece.count, 0) for piece in contents.pieces]
        messages = read_pieces(tmp_path, "hall", "main", period, orders, with_sound=with_sound)
        data = b"".join(payload for _, _, payload in messages)
        assert sum(piece.size for piece in contents.pieces) == len(data), "known from the index alone"
        assert with_sound == any(sample in data for sample in spoken)
        assert with_sound == (parse_init(contents.parts[0].init).audio is not None)
        assert with_sound == ("," in contents.parts[0].mime)
        with av.open(io.BytesIO(contents.parts[0].init + data)) as container:
            assert (1, int(with_sound)) == (len(container.streams.video), len(container.streams.audio))
            assert 250 == sum(1 for packet in container.demux(video=0) if packet.size)


class LateSound:
    """A camera whose pictures are there at once and whose sound comes `late_s` after them, as its reports say."""

    def __init__(self, late_s: float) -> None:
        clip = a_clip()
        self.paper, self.source = Paper(), H264Depacketizer((clip.sps, clip.pps))
        self.track = TrackRecorder("hall", "main", self.paper, stagger=1.0)
        self.track.begin_session(90_000, G711)
        self.sent: list[bytes] = []
        self._late = round(late_s * 50)

    def send(self, seconds: int) -> None:
        """Pictures at 25 a second with a keyframe each second; packets of 20 ms of sound, each with its number."""
        for number in range(25 * seconds):
            now_us = START_US + number * 40_000
            self.track.take([Frame(b"\0\0\0\1x", number * 3600, number % 25 == 0, False)], self.source, now_us)
            for packet in (2 * number - self._late, 2 * number + 1 - self._late):
                if packet >= 0:
                    self.sent.append(packet.to_bytes(4, "big") * 40)
                    frame = AudioFrame(self.sent[-1], packet * 160, 160)
                    self.track.take_sound([frame], now_us, packet * 20_000 - number * 40_000)
        self.track.end_run("closed", START_US + seconds * S)


@pytest.mark.parametrize("late_s", [0.0, 0.1, 0.24])
def test_no_sound_is_lost_or_doubled_at_the_cut_between_two_files(late_s: float):
    """The file that is cut waits for the sound of its last pictures; the next one begins with what comes after it."""
    stream = LateSound(late_s)
    stream.send(130)

    assert ["rotation", "rotation", "closed"] == stream.paper.closed
    assert stream.sent == [sample.data for _, fragment in stream.paper.fragments for sample in fragment.sound]
    for id in (1, 2):
        of_file = [fragment for number, fragment in stream.paper.fragments if number == id]
        end = of_file[-1].start + of_file[-1].duration
        last = of_file[-1].audio
        assert last is not None and last.base_time + sum(last.durations) >= end


def test_sound_that_stays_away_holds_no_file_up():
    stream = LateSound(10.0)
    stream.send(61)
    written = [number for number, _ in stream.paper.fragments]
    assert ["rotation", "closed"] == stream.paper.closed
    assert sorted(written) == written, "the old file was ended before the new one was written to"
