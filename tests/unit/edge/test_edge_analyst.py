"""The analyst on real files of a real archive: it sees what is there, and survives what is damaged."""

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest

from qorgan.domain.places import LocalText
from qorgan.domain.quality.measures import measure
from qorgan.edge.analyst import picture as pictures
from qorgan.edge.analyst.app import Analyst
from qorgan.edge.analyst.picture import Keyframe, decode, newest_keyframe
from qorgan.edge.analyst.views import LEARNED_FROM, KeptView, pack_view, unpack_view
from qorgan.edge.config import Camera
from qorgan.edge.recorder.entries import FragmentEntry
from qorgan.edge.recorder.index import Index, SegmentRow
from qorgan.kernel.clock import to_us
from qorgan.kernel.errors import Corrupt, NotFound, QorganError, Unavailable
from qorgan.kernel.ids import CameraKey
from qorgan.protocols.fmp4.writer import VideoTrack, fragment_head, init_segment
from qorgan.protocols.link.messages import PictureResult
from qorgan.protocols.link.messages import decode as decode_message
from qorgan.protocols.link.messages import encode as encode_message
from qorgan.protocols.rtsp.h265 import parse_h265_sps
from qorgan.sim.h264 import as_recorded, split_annexb

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
Picture = npt.NDArray[np.uint8]


class StillClock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        await asyncio.sleep(0)


def a_scene(seed: int = 1) -> Picture:
    """Edges, shades and noise, as a corridor has."""
    chance = np.random.default_rng(seed)
    picture = np.full((360, 640), 90, np.uint8)
    for _ in range(60):
        x, y = int(chance.integers(0, 600)), int(chance.integers(0, 330))
        picture[y : y + 30, x : x + 40] = chance.integers(20, 230)
    return np.clip(picture + chance.normal(0, 4, picture.shape), 0, 255).astype(np.uint8)


def a_place(seed: int) -> Picture:
    """Edges and shades without noise."""
    chance = np.random.default_rng(seed)
    picture = np.full((360, 640), 90, np.uint8)
    for _ in range(80):
        x, y = int(chance.integers(0, 600)), int(chance.integers(0, 330))
        picture[y : y + int(chance.integers(20, 90)), x : x + int(chance.integers(20, 90))] = chance.integers(20, 230)
    return picture


_GRAIN = np.random.default_rng(8)


def with_grain(picture: Picture) -> Picture:
    """The picture as a sensor gives it at one moment."""
    return np.clip(picture + _GRAIN.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)


def blurred(picture: Picture, times: int = 40) -> Picture:
    grey = picture.astype(np.float32)
    for _ in range(times):
        for axis in (0, 1):
            grey = (np.roll(grey, 1, axis) + grey + np.roll(grey, -1, axis)) / 3
    return grey.astype(np.uint8)


def encoded(picture: Picture) -> tuple[bytes, bytes]:
    """Initialisation segment and one fragment with one keyframe."""
    coder = av.CodecContext.create("libx264", "w")
    coder.width, coder.height, coder.pix_fmt = picture.shape[1], picture.shape[0], "yuv420p"
    coder.time_base, coder.options = Fraction(1, 25), {"preset": "ultrafast", "threads": "1"}
    packets = [*coder.encode(av.VideoFrame.from_ndarray(picture, format="gray")), *coder.encode(None)]
    return as_recorded(b"".join(bytes(packet) for packet in packets))


class AnArchive:
    """One file of one stream; each `record` adds a keyframe to it, at the time it is given."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.index = Index(directory / "index.db")
        self._ids = 0

    def record(self, picture: Picture, at: datetime, camera: str = "hall", stream: str = "sub") -> SegmentRow:
        init, fragment = encoded(picture)
        self._ids += 1
        name = f"{camera}-{stream}-{self._ids}.mp4"
        (self.directory / name).write_bytes(init + fragment)
        row = SegmentRow(
            self._ids, camera, stream, self._ids, name, to_us(at), "avc1.42c01e", 640, 360, len(init), 3_600,
            len(init) + len(fragment), 1,
            fragments=FragmentEntry(len(init), len(fragment), 0, 3_600, 1, True).pack(),
        )  # fmt: skip
        self.index.commit([row], [])
        return row


@pytest.fixture
def archive(tmp_path: Path):
    archive = AnArchive(tmp_path)
    yield archive
    archive.index.close()


class Watch:
    """An analyst, its clock, and what it told core."""

    def __init__(self, archive: AnArchive, *keys: str) -> None:
        self.clock, self.told = StillClock(), list[PictureResult]()
        cameras = tuple(
            Camera(key=CameraKey(key), name=LocalText(kk=key), main="rtsp://h/", sub="rtsp://h/s") for key in keys
        )
        self.views = archive.directory / "views"
        self.analyst = Analyst(cameras, archive.directory, self.views, self._tell, self.clock)

    def _tell(self, result: PictureResult) -> None:
        """By way of the link's own form: what it cannot say would end the process."""
        self.told.append(decode_message(encode_message(result), PictureResult))

    async def look(self, after_s: float = 10.0) -> None:
        self.clock.at += timedelta(seconds=after_s)
        await self.analyst.look_at_all()


def test_measures_tell_a_sharp_picture_from_a_blurred_a_black_and_a_white_one(archive: AnArchive) -> None:
    def measured(picture: Picture):
        archive.record(picture, NOW)
        return measure(decode(newest_keyframe(archive.directory, "hall", "sub")))

    scene, soft = measured(a_scene()), measured(blurred(a_scene()))
    assert scene.sharpness > 2 * soft.sharpness
    assert abs(scene.mean - soft.mean) < 5
    assert scene.monochrome  # as by night: no colours
    assert measured(np.zeros((360, 640), np.uint8)).high < 3
    assert measured(np.full((360, 640), 255, np.uint8)).clipped > 0.99


async def test_a_fault_is_told_when_it_is_confirmed_and_when_it_is_over(archive: AnArchive) -> None:
    watch = Watch(archive, "hall")
    black = np.zeros((360, 640), np.uint8)
    for number, picture in enumerate([a_scene(1), a_scene(2), black, black, black, a_scene(3), a_scene(4)]):
        archive.record(picture, watch.clock.at + timedelta(seconds=9.5))
        await watch.look()
        assert len(watch.told) <= number + 1
    assert [(result.verdict, result.faults) for result in watch.told] == [
        ("ok", ()),
        ("suspect", ("black",)),
        ("bad", ("black",)),
        ("ok", ()),
    ]
    assert {"mean", "sharpness", "noise"} < watch.told[0].measures.keys()
    assert watch.told[2].measures["score_black"] > 1


async def test_a_camera_that_is_turned_away_is_bad_until_its_view_is_learned_anew(archive: AnArchive) -> None:
    """The view is learned from good looks and kept; the centre hears a score of what the link has no word for."""
    watch = Watch(archive, "hall")
    place, elsewhere = a_place(1), a_place(2)

    async def see(picture: Picture, times: int) -> None:
        for _ in range(times):
            archive.record(with_grain(picture), watch.clock.at + timedelta(seconds=59))
            await watch.look(after_s=60)

    await see(place, LEARNED_FROM + 3)
    assert (watch.views / "hall.npz").is_file() and watch.told[-1].verdict == "ok"
    await see(elsewhere, 5)
    bad = watch.told[-1]
    assert (bad.verdict, bad.faults) == ("bad", ()) and bad.measures["score_moved"] > 1

    again = Watch(archive, "hall")  # after a restart the view is still the one that was learned
    again.clock.at, watch = watch.clock.at, again
    await see(elsewhere, 5)
    assert watch.told[-1].measures["score_moved"] > 1
    (watch.views / "hall.npz").unlink()
    await see(elsewhere, LEARNED_FROM + 3)
    assert watch.told[-1].verdict == "ok"


async def test_a_damaged_view_is_put_aside(archive: AnArchive, tmp_path: Path) -> None:
    archive.record(a_scene(), NOW)
    kept = KeptView(tmp_path / "hall.npz")
    measures = measure(decode(newest_keyframe(archive.directory, "hall", "sub")))
    kept.current()
    for number in range(LEARNED_FROM):
        kept.learn(measures, number * 60.0)
    whole = kept.path.read_bytes()
    assert pack_view(unpack_view(whole)) == pack_view(kept.view)
    chance = np.random.default_rng(3)
    for _ in range(40):
        data = bytearray(whole)
        for _ in range(int(chance.integers(1, 20))):
            data[int(chance.integers(0, len(data)))] = int(chance.integers(0, 256))
        try:
            unpack_view(bytes(data[: int(chance.integers(1, len(data) + 1))]))
        except QorganError as error:
            assert error.code == "view.damaged"
    kept.path.write_bytes(whole[:100])
    other = KeptView(kept.path)
    assert other.current().night is None and not kept.path.exists()
    assert kept.path.with_suffix(".damaged").exists()


async def test_an_unchanged_verdict_is_told_every_ten_minutes(archive: AnArchive) -> None:
    watch = Watch(archive, "hall")
    for _ in range(41):
        archive.record(with_grain(a_scene()), watch.clock.at + timedelta(seconds=29))
        await watch.look(after_s=30)
    assert [(result.verdict, result.at - NOW) for result in watch.told] == [
        ("ok", timedelta(seconds=30)),
        ("ok", timedelta(seconds=630)),
        ("ok", timedelta(seconds=1230)),
    ]


async def test_the_same_keyframe_seen_again_is_no_sign_of_a_frozen_picture(archive: AnArchive) -> None:
    """Some cameras send a keyframe every half minute: between two there is nothing new to judge."""
    archive.record(a_scene(), NOW)
    watch = Watch(archive, "hall")
    for _ in range(4):
        await watch.look()
    assert [result.verdict for result in watch.told] == ["ok"]


async def test_a_picture_that_stands_still_is_told_as_frozen(archive: AnArchive) -> None:
    watch = Watch(archive, "hall")
    for _ in range(8):
        archive.record(a_scene(), watch.clock.at + timedelta(seconds=9.5))
        await watch.look()
    assert (watch.told[-1].verdict, watch.told[-1].faults) == ("bad", ("frozen",))
    assert watch.told[-1].measures["score_frozen"] > 1


async def test_a_picture_that_is_not_of_now_is_unknown(archive: AnArchive) -> None:
    archive.record(a_scene(), NOW - timedelta(minutes=5))
    watch = Watch(archive, "hall", "yard")
    await watch.look()
    assert {(result.camera, result.verdict) for result in watch.told} == {("hall", "unknown"), ("yard", "unknown")}


async def test_damage_is_survived_and_the_next_camera_is_looked_at(archive: AnArchive) -> None:
    """Junk, a short file, a missing file, a picture that is none, an index that lies: each is one camera's trouble."""
    chance = np.random.default_rng(7)
    keys = ["junk", "short", "missing", "outside", "huge", "good"]
    rows = {key: archive.record(a_scene(), NOW, key) for key in keys}
    junk = archive.directory / rows["junk"].path
    data = bytearray(junk.read_bytes())
    data[rows["junk"].init_bytes + 100 :] = chance.bytes(len(data) - rows["junk"].init_bytes - 100)
    junk.write_bytes(data)
    (archive.directory / rows["short"].path).write_bytes(b"\0" * 10)
    (archive.directory / rows["missing"].path).unlink()
    index = sqlite3.connect(archive.directory / "index.db")
    index.execute("UPDATE segments SET path = '../../../../etc/passwd' WHERE camera = 'outside'")
    entry = FragmentEntry(0, 2**31, 0, 3_600, 1, True).pack()
    index.execute("UPDATE segments SET fragments = ? WHERE camera = 'huge'", (entry,))
    index.commit()
    index.close()

    for key in keys[:-1]:
        with pytest.raises((Corrupt, Unavailable)):
            decode(newest_keyframe(archive.directory, key, "sub"))
    watch = Watch(archive, *keys)
    await watch.look(after_s=1)
    verdicts = {result.camera: result.verdict for result in watch.told}
    assert verdicts == {**dict.fromkeys(keys[:-1], "unknown"), "good": "ok"}


def test_any_damage_to_a_picture_is_either_decoded_or_named(archive: AnArchive) -> None:
    row = archive.record(a_scene(), NOW)
    path = archive.directory / row.path
    whole = path.read_bytes()
    chance = np.random.default_rng(3)
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(int(chance.integers(1, 20))):
            data[int(chance.integers(0, len(data)))] = int(chance.integers(0, 256))
        path.write_bytes(data)
        try:
            assert decode(newest_keyframe(archive.directory, "hall", "sub")).luma.shape == (180, 320)
        except QorganError as error:
            assert error.code in ("picture.damaged", "picture.too_big", "segment.damaged")


def test_h265_is_decoded_as_it_stands_in_the_archive() -> None:
    coder = av.CodecContext.create("libx265", "w")
    coder.width, coder.height, coder.pix_fmt, coder.time_base = 640, 360, "yuv420p", Fraction(1, 25)
    coder.options = {"preset": "ultrafast", "x265-params": "pools=1:frame-threads=1:log-level=none"}
    packets = [*coder.encode(av.VideoFrame.from_ndarray(a_scene(), format="gray")), *coder.encode(None)]
    nals = list(split_annexb(b"".join(bytes(packet) for packet in packets)))
    sets = {nal[0] >> 1 & 63: nal for nal in nals}
    sample = b"".join(len(nal).to_bytes(4, "big") + nal for nal in nals if nal[0] >> 1 & 63 < 32)
    track = VideoTrack(sets[33], sets[34], parse_h265_sps(sets[33]).codec, 640, 360, sets[32])
    head = init_segment(track)
    data = head + fragment_head(1, 0, [len(sample)], [3_600], starts_with_key=True) + sample
    picture = decode(Keyframe(at=NOW, data=data, init_bytes=len(head)))
    assert abs(float(picture.luma.mean()) - float(a_scene().mean())) < 12


def test_a_picture_that_is_too_large_is_refused_before_it_is_decoded(
    archive: AnArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.record(a_scene(), NOW)
    monkeypatch.setattr(pictures, "MAX_PIXELS", 640 * 360 - 1)
    with pytest.raises(Corrupt, match="640×360") as refused:
        decode(newest_keyframe(archive.directory, "hall", "sub"))
    assert refused.value.code == "picture.too_big"


def test_an_archive_that_is_not_there_yet_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"index\.db"):
        newest_keyframe(tmp_path, "hall", "sub")
    Index(tmp_path / "index.db").close()
    with pytest.raises(NotFound):
        newest_keyframe(tmp_path, "hall", "sub")


async def test_the_main_stream_is_looked_at_every_ten_minutes_at_its_own_size(archive: AnArchive) -> None:
    watch = Watch(archive, "hall")
    for minutes, picture in ((1, a_scene()), (5, blurred(a_scene(), 8)), (11, blurred(a_scene(), 8))):
        now = NOW + timedelta(minutes=minutes)
        archive.record(picture, now, stream="main")
        archive.record(with_grain(a_scene()), now)
        watch.clock.at = now
        await watch.look(after_s=1)
    first, last = (told.measures for told in (watch.told[0], watch.told[-1]))
    assert (first["main_width"], first["main_height"]) == (640, 360)
    assert len(watch.told) == 2, "five minutes later it was not due"
    assert first["main_detail"] > 1.5 * last["main_detail"] > 0
