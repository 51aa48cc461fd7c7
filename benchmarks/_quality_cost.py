"""What a look costs: processor time, beside a plain decode of the same key pictures.

Once for the measures alone, and once for the node's analyst as it is, with 16 cameras in an archive: index, file,
decoder, measures, judge, and the looks at the main streams.
"""

import asyncio
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av

from benchmarks._measure import Report
from qorgan.domain.places import LocalText
from qorgan.domain.quality.judge import Memory, look
from qorgan.domain.quality.measures import measure
from qorgan.domain.quality.view import View
from qorgan.edge.analyst.app import Analyst
from qorgan.edge.analyst.picture import scaled
from qorgan.edge.config import Camera
from qorgan.edge.recorder.entries import FragmentEntry
from qorgan.edge.recorder.index import Index, SegmentRow
from qorgan.kernel.clock import to_us
from qorgan.kernel.ids import CameraKey
from qorgan.protocols.link.messages import PictureResult
from qorgan.sim.h264 import as_recorded

COST_ROUNDS, COST_LOOKS = 5, 60
CAMERAS, EVERY_S = 16, 10
BEGAN, EVERY = datetime(2026, 9, 1, tzinfo=UTC), timedelta(minutes=1)


def measure_cost(report: Report, view: View, pictures: Sequence[bytes]) -> None:
    """`pictures`: key pictures of 640×360, H.264, of the camera with that view."""
    _of_one_look(report, view, pictures)
    _of_sixteen_cameras(report, pictures)


def _of_one_look(report: Report, view: View, pictures: Sequence[bytes]) -> None:
    """Interleaved: decode alone, whole look, decode alone …"""
    plain, whole, beyond = list[float](), list[float](), list[float]()
    for _ in range(COST_ROUNDS):
        memory, times = Memory(), list[tuple[float, float, float]]()
        for number, picture in enumerate(pictures):
            alone = _plain_decode_ms(picture)
            all_of_it, after, memory = _whole_look_ms(picture, view, memory, BEGAN + number * EVERY)
            times.append((alone, all_of_it, after))
        one, two, three = zip(*times, strict=True)
        plain.append(statistics.median(one))
        whole.append(statistics.median(two))
        beyond.append(statistics.median(three))
    about: dict[str, Any] = {"picture": "640x360", "looks_per_round": len(pictures)}
    report.add("plain_decode_ms", plain, "ms of CPU", **about)
    report.add("all_measures_ms", beyond, "ms of CPU", goal=5.0, **about)
    report.add("whole_look_ms", whole, "ms of CPU", **about)


def _plain_decode_ms(picture: bytes) -> float:
    started = time.thread_time()
    _decode_one(picture)
    return (time.thread_time() - started) * 1000


def _whole_look_ms(picture: bytes, view: View, memory: Memory, at: datetime) -> tuple[float, float, Memory]:
    """Processor time of one look: of decoding and all measures and the judge, and of what follows decoding."""
    started = time.thread_time()
    frame = _decode_one(picture)
    decoded = time.thread_time()
    memory = look(memory, measure(scaled(frame)), view, at)
    ended = time.thread_time()
    return (ended - started) * 1000, (ended - decoded) * 1000, memory


def _decode_one(picture: bytes) -> av.VideoFrame:
    decoder = av.CodecContext.create("h264", "r")
    assert isinstance(decoder, av.VideoCodecContext)
    decoder.thread_count = 1
    return [*decoder.decode(av.Packet(picture)), *decoder.decode(None)][0]


# --- the analyst as it is ---------------------------------------------------------------------------------------------


class _Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.at = BEGAN

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    async def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        await asyncio.sleep(0)


def _of_sixteen_cameras(report: Report, pictures: Sequence[bytes]) -> None:
    with TemporaryDirectory() as directory:
        shares = asyncio.run(_watch(Path(directory), pictures))
    plain = [statistics.median(map(_plain_decode_ms, pictures)) * CAMERAS / EVERY_S / 10 for _ in range(COST_ROUNDS)]
    about: dict[str, Any] = {"cameras": CAMERAS, "looks_per_round": CAMERAS * len(pictures)}
    report.add("cpu_percent_16_plain_decodes_every_10_s", plain, "% of one core", **about)
    report.add("cpu_percent_16_cameras_every_10_s", shares, "% of one core", goal=1.5, **about)


async def _watch(archive: Path, pictures: Sequence[bytes]) -> list[float]:
    """Percent of a core, by round. What is recorded in between is not counted."""
    clock, told, shares = _Clock(), list[PictureResult](), list[float]()
    keys = [CameraKey(f"camera-{number}") for number in range(CAMERAS)]
    cameras = tuple(Camera(key=key, name=LocalText(kk=key), main="rtsp://h/", sub="rtsp://h/s") for key in keys)
    index, files = Index(archive / "index.db"), [as_recorded(picture) for picture in pictures]
    analyst = Analyst(cameras, archive, archive / "views", told.append, clock)
    number = 0
    for _ in range(COST_ROUNDS):
        spent = 0.0
        for init, fragment in files:
            for key in keys:
                for stream in ("main", "sub"):
                    number += 1
                    _record(index, archive, number, key, stream, clock.at, init, fragment)
            clock.at += timedelta(seconds=EVERY_S)
            started = time.process_time()
            await analyst.look_at_all()
            spent += time.process_time() - started
        shares.append(100 * spent / (len(files) * EVERY_S))
    index.close()
    assert told, "nobody looked"
    return shares


def _record(
    index: Index, archive: Path, number: int, camera: str, stream: str, at: datetime, init: bytes, fragment: bytes
) -> None:
    path = archive / f"{number}.mp4"
    path.write_bytes(init + fragment)
    entry = FragmentEntry(len(init), len(fragment), 0, 90_000, 1, True).pack()
    row = SegmentRow(
        number, camera, stream, number, path.name, to_us(at), "avc1.42c01e", 640, 360, len(init), 90_000,
        len(init) + len(fragment), 1, fragments=entry,
    )  # fmt: skip
    index.commit([row], [])
