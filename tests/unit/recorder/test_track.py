"""What is cut where: runs, files, fragments, gaps."""

import itertools

import pytest
from tests.support.h264 import a_clip
from tests.support.paper import Paper
from tests.support.video import Video, a_video

from qorgan.edge.recorder.track import Sample, TrackRecorder
from qorgan.protocols.fmp4.writer import TIMESCALE
from qorgan.protocols.rtsp.h264 import Frame, H264Depacketizer
from qorgan.protocols.rtsp.h265 import H265Depacketizer

S = 1_000_000


class Stream:
    """Frames at 25 a second with a keyframe every second, recorded as they come."""

    def __init__(self) -> None:
        clip = a_clip()
        self.paper, self.source = Paper(), H264Depacketizer((clip.sps, clip.pps))
        self.track = TrackRecorder("hall", "main", self.paper, stagger=1.0)
        self.number, self.timestamp, self.now_us = 0, 4_294_900_000, 5000 * S  # just before the 32-bit wrap

    def send(self, frames: int, *, step: int = 3600) -> int:
        shown = 0
        for _ in range(frames):
            frame = Frame(b"\0\0\0\1" + bytes([self.number % 256]), self.timestamp, self.number % 25 == 0, False)
            shown += len(self.track.take([frame], self.source, self.now_us))
            self.number += 1
            self.timestamp = (self.timestamp + step) & 0xFFFFFFFF
            self.now_us += 40_000
        return shown


def test_files_of_a_minute_begin_with_a_keyframe_and_lose_nothing():
    stream = Stream()
    assert 25 * 130 == stream.send(25 * 130)
    stream.track.end_run("closed", stream.now_us)

    samples = [sample for _, fragment in stream.paper.fragments for sample in fragment.samples]
    assert 25 * 130 == len(samples)
    assert ["rotation", "rotation", "closed"] == stream.paper.closed
    firsts = dict(reversed(stream.paper.fragments))
    assert all(f.samples[0].key and f.start == 0 for f in firsts.values())
    assert all(f.duration <= TIMESCALE for _, f in stream.paper.fragments)
    media = [sample.media for sample in samples]
    assert [3600] * (len(media) - 1) == [b - a for a, b in zip(media, media[1:], strict=False)]


def test_nothing_is_recorded_before_the_first_keyframe():
    stream = Stream()
    stream.number = 10
    assert 15 == stream.send(30)


def test_a_lost_camera_leaves_a_gap_with_its_cause_and_the_file_is_not_stretched():
    stream = Stream()
    stream.send(50)
    ended_us = stream.now_us
    stream.now_us += 11 * S
    stream.track.end_run("no_frames", stream.now_us)
    stream.send(25)

    (_, begun), (gap_at, cause), (returned, nothing) = stream.paper.gaps
    assert (None, "no_frames", None) == (begun, cause, nothing)
    assert abs(gap_at - ended_us) <= 40_000
    assert returned == ended_us + 11 * S
    first = [f for id, f in stream.paper.fragments if id == 1]
    assert 2 * TIMESCALE == sum(f.duration for f in first)


def test_an_odd_timestamp_begins_a_new_run_and_drops_no_picture():
    stream = Stream()
    stream.send(40)
    stream.timestamp = (stream.timestamp + 900_000_000) & 0xFFFFFFFF
    shown = stream.send(60)
    stream.track.end_run("closed", stream.now_us)

    assert 60 == shown
    assert ["timestamp_jump", "closed"] == stream.paper.closed
    assert 2 == len({row.run for row in stream.paper.segments})
    assert 100 == sum(len(f.samples) for _, f in stream.paper.fragments)


def test_a_camera_that_changes_its_picture_begins_a_new_file():
    stream = Stream()
    stream.send(50)
    other = a_clip(frames=2, width=320, height=192)
    stream.source.sps, stream.source.pps, stream.source.changed = other.sps, other.pps, True
    stream.send(25)

    assert [(160, 96), (320, 192)] == [(row.width, row.height) for row in stream.paper.segments]
    assert ["parameters_changed"] == stream.paper.closed


def test_media_time_grows_over_runs_so_that_a_players_clock_survives():
    stream = Stream()
    stream.send(25)
    stream.track.end_run("closed", stream.now_us)
    stream.timestamp, stream.now_us = 7, stream.now_us + 3 * S
    stream.send(25)
    stream.track.end_run("closed", stream.now_us)

    media = [sample.media for _, fragment in stream.paper.fragments for sample in fragment.samples]
    assert media == sorted(set(media))
    assert 3 * TIMESCALE <= media[25] - media[24] <= 3 * TIMESCALE + 7200


class BFrames:
    """An encoder's pictures in decoding order with the times at which they are shown, over and over, as they come."""

    def __init__(self, video: Video) -> None:
        sets = (video.track.sps, video.track.pps)
        self.source = H265Depacketizer((video.track.vps, *sets)) if video.track.vps else H264Depacketizer(sets)
        self.paper, self.sent = Paper(), list[int]()
        self.track = TrackRecorder("hall", "main", self.paper, stagger=1.0)
        self._video, self._length = video, len(video.units) * 3600

    def send(self, seconds: int) -> None:
        for number in range(25 * seconds):
            turn, at = divmod(number, len(self._video.units))
            unit = self._video.units[at]
            shown = unit.shown + turn * self._length
            self.sent.append(shown)
            timestamp = (4_294_960_000 + shown) & 0xFFFFFFFF  # wraps within the first second
            frame = Frame(number.to_bytes(4, "big"), timestamp, unit.key, False)
            self.track.take([frame], self.source, 5000 * S + number * 40_000)
        self.track.end_run("closed", 5000 * S + 25 * seconds * 40_000)

    @property
    def samples(self) -> list[Sample]:
        return [sample for _, fragment in self.paper.fragments for sample in fragment.samples]


@pytest.mark.parametrize("codec", ["h264", "h265"])
@pytest.mark.parametrize("b_frames", [1, 3])
def test_b_frames_are_one_run_and_each_is_shown_when_the_camera_said(codec: str, b_frames: int):
    stream = BFrames(a_video(codec, b_frames))
    stream.send(130)

    assert ["rotation", "rotation", "closed"] == stream.paper.closed
    assert list(range(len(stream.sent))) == [int.from_bytes(sample.data, "big") for sample in stream.samples]
    first = stream.samples[0].media
    assert stream.sent == [sample.media + sample.offset - first for sample in stream.samples]
    for one, following in itertools.pairwise(stream.samples):
        assert one.media + one.duration == following.media
    assert all(fragment.start >= 0 and fragment.duration <= TIMESCALE for _, fragment in stream.paper.fragments)


def test_b_frames_that_no_parameter_set_announces_are_understood_from_the_second_run_on():
    video = a_video("h264", 2)
    stream = BFrames(video)
    quiet = a_clip()  # its parameter set says nothing of an order
    stream.source.sps, stream.source.pps = quiet.sps, quiet.pps
    stream.send(20)

    assert ["timestamp_jump", "closed"] == stream.paper.closed
    assert list(range(len(stream.sent))) == [int.from_bytes(sample.data, "big") for sample in stream.samples]
    second = [s for id, f in stream.paper.fragments if id == 2 for s in f.samples]
    shown = [sample.media + sample.offset for sample in second]
    assert stream.sent[-len(second) :] == [time - shown[0] + stream.sent[-len(second)] for time in shown]


def test_a_damaged_picture_is_kept_and_its_fragment_says_so():
    stream = Stream()
    stream.send(30)
    broken = Frame(b"\0\0\0\1x", stream.timestamp, False, True)
    stream.track.take([broken], stream.source, stream.now_us)
    stream.number, stream.timestamp, stream.now_us = 31, stream.timestamp + 3600, stream.now_us + 40_000
    stream.send(29)
    stream.track.end_run("closed", stream.now_us)

    assert 60 == sum(len(f.samples) for _, f in stream.paper.fragments)
    assert [0, 1, 0] == [f.damaged for _, f in stream.paper.fragments]
