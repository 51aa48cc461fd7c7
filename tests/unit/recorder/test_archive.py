"""The archive on a real disk: what is indexed is there, what is asked for comes back, a crash leaves nothing odd."""

import contextlib
import io
import os
from dataclasses import replace
from pathlib import Path

import av
import pytest
from tests.support.h264 import a_clip, avcc

from qorgan.edge.recorder.archive import ArchiveWriter
from qorgan.edge.recorder.check import adopt_open_segments
from qorgan.edge.recorder.entries import unpack_fragments
from qorgan.edge.recorder.index import Index
from qorgan.edge.recorder.ranges import read_range
from qorgan.edge.recorder.track import TrackRecorder
from qorgan.protocols.fmp4.reader import parse_fragment
from qorgan.protocols.fmp4.writer import fragment_head
from qorgan.protocols.link.media import MediaKind, split_init
from qorgan.protocols.rtsp.h264 import Frame, H264Depacketizer

S = 1_000_000
START_US = 1_795_340_000 * S


class School:
    """One stream recorded into a real archive, 25 frames a second of real H.264."""

    def __init__(self, root: Path) -> None:
        self.root, self.clip = root, a_clip()
        self.archive = ArchiveWriter(root)
        self.source = H264Depacketizer((self.clip.sps, self.clip.pps))
        self.track = TrackRecorder("hall", "main", self.archive, stagger=1.0)
        self.now_us, self.timestamp = START_US, 0
        self.archive.start()

    def record(self, seconds: int) -> None:
        for number in range(25 * seconds):
            unit = self.clip.units[number % 50]
            frame = Frame(avcc(unit), self.timestamp, number % 25 == 0, False)
            self.track.take([frame], self.source, self.now_us)
            self.timestamp += 3600
            self.now_us += 40_000
        self.archive.submit()

    def stop(self) -> None:
        self.track.end_run("node_stopped", self.now_us)
        self.archive.stop()

    def index(self) -> Index:
        return Index(self.root / "index.db", readonly=True)


@pytest.fixture
def school(tmp_path):
    school = School(tmp_path)
    yield school
    with contextlib.suppress(OSError):
        if school.archive._thread.is_alive():
            school.stop()


def play(messages) -> list[float]:
    """Decode a range as a player does; the times of its frames in seconds."""
    data = b"".join(split_init(p)[1] if kind is MediaKind.INIT else p for kind, _, p in messages)
    with av.open(io.BytesIO(data)) as container:
        return [float(frame.time) for frame in container.decode(video=0)]


def test_every_indexed_byte_is_on_disk_and_every_file_plays(school):
    school.record(130)
    school.stop()
    rows = list(school.index().all_segments())

    assert 3 == len(rows)
    assert 25 * 130 == sum(row.frames for row in rows)
    for row in rows:
        path = school.root / row.path
        assert row.size == path.stat().st_size
        for entry in unpack_fragments(row.fragments):
            with path.open("rb") as file:
                file.seek(entry.offset)
                assert parse_fragment(file.read(entry.size)).base_time == entry.start
        with av.open(str(path)) as container:
            assert row.frames == sum(1 for _ in container.decode(video=0))


def test_a_range_begins_at_the_wanted_instant_though_decoding_begins_before(school):
    school.record(130)
    school.stop()
    wanted = START_US + 59_300_000  # 0.3 s after a keyframe, and the range crosses two files
    times = play(read_range(school.root, "hall", "main", wanted, wanted + 5 * S))

    assert times == sorted(times)
    shown = [time for time in times if time >= 0.02]
    assert abs(len(shown) - 5 * 25) <= 25  # up to a fragment more at the end
    assert all(abs((time * 25) - round(time * 25)) < 0.6 for time in shown)
    assert sum(time < 0.02 for time in times) in range(7, 10)  # the pictures back to the keyframe, decoded at once


def test_a_gap_in_the_recording_is_a_gap_in_the_range(school):
    school.record(10)
    school.track.end_run("no_frames", school.now_us)
    school.now_us += 20 * S
    school.record(10)
    school.stop()
    times = play(read_range(school.root, "hall", "main", START_US, START_US + 40 * S))

    holes = [(a, b) for a, b in zip(times, times[1:], strict=False) if b - a > 1]
    assert 1 == len(holes)
    assert holes[0] == pytest.approx((9.96, 30.0), abs=0.1)


def written_in_small_fragments(school) -> None:
    """The same archive as a recorder leaves it that writes every 200 ms: each indexed second is five fragments."""
    index = Index(school.root / "index.db")
    for row in list(index.all_segments()):
        path = school.root / row.path
        old = path.read_bytes()
        new, entries = bytearray(old[: row.init_bytes]), bytearray()
        for entry in unpack_fragments(row.fragments):
            small = split_in_five(old[entry.offset : entry.offset + entry.size])
            entries += replace(entry, offset=len(new), size=len(small)).pack()
            new += small
        path.write_bytes(new)
        row.size, row.fragments = len(new), entries
        index.commit([row], [])
    index.close()


def split_in_five(data: bytes) -> bytes:
    fragment = parse_fragment(data)
    made, at, time = b"", fragment.data_offset, fragment.base_time
    for first in range(0, len(fragment.sizes), 5):
        sizes, durations = fragment.sizes[first : first + 5], fragment.durations[first : first + 5]
        made += fragment_head(1, time, sizes, durations, starts_with_key=fragment.starts_with_key and first == 0)
        made += data[at : at + sum(sizes)]
        at, time = at + sum(sizes), time + sum(durations)
    return made


def test_an_entry_of_several_fragments_plays_as_one_of_a_single_fragment(school):
    school.record(130)
    school.stop()
    wanted = START_US + 59_300_000, START_US + 64_300_000
    before = play(read_range(school.root, "hall", "main", *wanted))
    written_in_small_fragments(school)
    messages = list(read_range(school.root, "hall", "main", *wanted))

    assert before == play(messages)
    assert 5 * (len(messages) - 1) == sum(payload.count(b"moof") for kind, _, payload in messages)


def test_after_a_crash_the_open_file_is_cut_at_its_last_whole_fragment_and_adopted(school):
    school.record(30)
    school.stop()
    index = Index(school.root / "index.db")
    row = next(iter(index.all_segments()))
    whole = row.size
    row.state, row.sha256 = "open", None
    row.fragments, row.size = bytes(row.fragments)[:200], 0  # the index is older than the file, as after kill -9
    index.commit([row], [])
    with (school.root / row.path).open("ab") as file:
        file.write((school.root / row.path).read_bytes()[-5000:-100])
    findings = adopt_open_segments(school.root, index)

    assert ["segment.adopted"] == [finding.code for finding in findings]
    adopted = next(iter(index.all_segments()))
    assert ("adopted", whole, 750) == (adopted.state, adopted.size, adopted.frames)
    assert whole == (school.root / row.path).stat().st_size
    assert 750 == len(play(read_range(school.root, "hall", "main", START_US, START_US + 40 * S)))
    index.close()


@pytest.mark.parametrize("missing", ["in a fragment", "at the end", "in the head"])
def test_what_never_reached_the_disk_is_not_taken_for_video(school, missing):
    """A power cut may leave a file its length without its bytes: they read as nulls, by whole sectors."""
    school.record(30)
    school.stop()
    index = Index(school.root / "index.db")
    row = next(iter(index.all_segments()))
    entries = unpack_fragments(row.fragments)
    row.state, row.sha256, row.fragments, row.size = "open", None, b"", 0
    index.commit([row], [])
    path = school.root / row.path
    at = {"in a fragment": entries[20].offset + 511, "at the end": path.stat().st_size - 1, "in the head": 512}[missing]
    with path.open("r+b") as file:
        file.seek(at // 512 * 512)
        file.write(bytes(min(512, path.stat().st_size - file.tell())))
    adopt_open_segments(school.root, index)

    left = list(index.all_segments())
    assert {"in a fragment": [20 * 25], "at the end": [29 * 25], "in the head": []}[missing] == [r.frames for r in left]
    index.close()


def test_a_file_begun_right_before_a_crash_is_known_and_adopted(school, monkeypatch):
    monkeypatch.setattr(school.archive, "_make_durable", lambda: None)  # the crash came before the next second
    school.record(3)
    school.stop()
    index = Index(school.root / "index.db")

    assert ["segment.adopted"] == [finding.code for finding in adopt_open_segments(school.root, index)]
    assert 75 - 25 <= next(iter(index.all_segments())).frames <= 75  # the unfinished fragment was still in memory
    index.close()


def test_a_file_with_nothing_whole_in_it_is_forgotten_not_promised(school):
    school.record(5)
    school.stop()
    index = Index(school.root / "index.db")
    row = next(iter(index.all_segments()))
    row.state = "open"
    index.commit([row], [])
    os.truncate(school.root / row.path, 300)

    assert ["segment.lost"] == [finding.code for finding in adopt_open_segments(school.root, index)]
    assert [] == list(index.all_segments())
    index.close()


def test_a_disk_that_refuses_costs_a_gap_and_not_the_recorder(tmp_path):
    faults = []
    school = School(tmp_path)
    school.archive._on_storage_fault = lambda camera, stream: faults.append((camera, stream))
    (tmp_path / "hall").write_text("a file where a directory should be")
    school.record(3)
    school.stop()

    assert ("hall", "main") in faults
    assert [] == list(school.index().all_segments())
