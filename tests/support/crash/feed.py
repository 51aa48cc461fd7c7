"""A node's archive under three cameras in real time, to be traced: `python -m tests.support.crash.feed ROOT SECONDS`.

It records for so long, and until retention has taken something.

What is not the recorder's own here: the cameras, whose frames come through no network; files of some seconds instead of
a minute, small budgets and frequent checkpoints, so that a short run has many rotations, deletions and checkpoints; and
the turn of the clock, which is that of `edge/recorder/engine.py`: read five times a second, then hand over.
"""

import json
import random
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from qorgan.domain.retention import RetentionPolicy
from qorgan.edge.config import EdgeConfig, parse
from qorgan.edge.recorder import track
from qorgan.edge.recorder.archive import ArchiveWriter
from qorgan.edge.recorder.disks import Disks
from qorgan.edge.recorder.engine import READ_EVERY_S
from qorgan.edge.recorder.index import Index, SegmentRow
from qorgan.edge.recorder.janitor import Janitor
from qorgan.kernel.clock import now_us
from qorgan.protocols.fmp4.writer import TIMESCALE
from qorgan.protocols.rtsp.h264 import Frame, H264Depacketizer
from qorgan.sim.h264 import escape
from tests.support.h264 import a_clip, avcc

FOLDERS = ("data", "archive", "a", "b")  # each a disk of its own, as far as a power cut is concerned
CAMERAS = ("hall", "yard", "gate")
FRAME_US, FILE_S, CLEAN_EVERY_S = 40_000, 4, 2
KEEP = RetentionPolicy(min_days=0, max_days=6 / 86_400)
MARK = bytes.fromhex("0a3c5f1e9d7b4c2f8e6a1b0d9c8f7e55")
FACTS = "feed.json"


def config_of(root: Path) -> EdgeConfig:
    """The configuration of the node whose folders lie in `root`."""
    disks = "".join(f'[[storage.disks]]\npath = "{root / name}"\nbudget_gb = 0.001\n' for name in ("a", "b"))
    text = f"""
        [site]
        id = "kst-012"
        name = {{ kk = "Мектеп" }}
        [storage]
        data = "{root / "data"}"
        archive = "{root / "archive"}"
        {disks}
    """
    return parse(text, root / "edge.toml")


def marks(data: bytes) -> Iterable[tuple[int, int]]:
    """Number and arrival (µs) of every frame in these bytes, in order."""
    at = data.find(MARK)
    while at >= 0:
        number, arrival = data[at + len(MARK) : at + len(MARK) + 30].split(b" ")
        yield int(number), int(arrival)
        at = data.find(MARK, at + 1)


def _marked(number: int, arrival_us: int, size: int) -> bytes:
    """An SEI `user_data_unregistered` (H.264 D.1.7) that says which frame this is, and is like no other."""
    body = MARK + b"%09d %020d" % (number, arrival_us)  # digits: nothing in them has to be escaped
    body += random.Random(number).randbytes(size)
    length = b"\xff" * (len(body) // 255) + bytes([len(body) % 255])
    return b"\x06" + escape(b"\x05" + length + body + b"\x80")


class _Camera:
    """Sends 25 frames a second, a keyframe each second, by the wall clock. Owner of what it has sent."""

    def __init__(self, key: str, archive: ArchiveWriter, *, stagger: float, phase_us: int) -> None:
        self.recorder = track.TrackRecorder(key, "main", archive, stagger=stagger)
        self._clip = a_clip()
        self.source = H264Depacketizer((self._clip.sps, self._clip.pps))
        self._next_us, self._number = now_us() + phase_us, 0
        self.jump = 0

    def read(self, until_us: int) -> None:
        """Hand over what has arrived."""
        frames = []
        while self._next_us <= until_us:
            frames.append(self._frame())
        if frames:
            if self.recorder.clock is None:
                self.recorder.begin_session(90_000)
            self.recorder.take(frames, self.source, now_us())

    def skip(self, until_us: int) -> None:
        """It sends nothing for a while, and goes on with a keyframe."""
        while self._next_us <= until_us or self._number % 25:
            self._next_us += FRAME_US
            self._number += 1

    def _frame(self) -> Frame:
        key = self._number % 25 == 0
        mark = _marked(self._number, self._next_us, 9_000 if key else 1_000 + self._number * 37 % 3_000)
        data = avcc((mark, *self._clip.units[self._number % 50]))
        frame = Frame(data, self._number * 3600 + self.jump & 0xFFFFFFFF, key, False)
        self._number += 1
        self._next_us += FRAME_US
        return frame


class _Node:
    """Disks, archive, janitor and cameras, wired as in edge/recorder/app.py."""

    def __init__(self, root: Path) -> None:
        self._root = root
        config = config_of(root)
        disks = Disks.of(config)
        disks.look(now_us())
        self.archive = ArchiveWriter(config.storage.archive, disks=disks)
        self._janitor = Janitor(disks, KEEP)
        self._retired: dict[str, int] = {}
        index = Index(config.storage.archive / "index.db")
        for disk in disks.disks:
            index.put_disk(disk.id, disk.path, now_us())
        index.close()
        self.cameras = {
            key: _Camera(key, self.archive, stagger=number / 3, phase_us=number * 270_000)
            for number, key in enumerate(CAMERAS)
        }
        self.archive.start()
        self.archive.call(self._prepare)

    def run(self, seconds: float) -> None:
        begun = due = time.monotonic()
        cleaned, story = begun, self._story(seconds)
        while (now := time.monotonic()) < begun + seconds or not self._retired:
            due = max(due + READ_EVERY_S, now)
            time.sleep(due - now)
            silent = story(time.monotonic() - begun)
            for key, camera in self.cameras.items():
                camera.skip(now_us()) if key in silent else camera.read(now_us())
            if time.monotonic() - cleaned > CLEAN_EVERY_S:
                cleaned = time.monotonic()
                self.archive.call(self._clean)
            self.archive.submit()
        for camera in self.cameras.values():
            camera.recorder.end_run("node_stopped", now_us())
        self.archive.stop()
        (self._root / FACTS).write_text(json.dumps({"retired": self._retired}), "utf-8")

    def _story(self, seconds: float):  # type: ignore[no-untyped-def]
        """The gate is silent for a fifth of the time; the yard's clock jumps in the middle."""
        gate, yard = self.cameras["gate"], self.cameras["yard"]

        def at(elapsed: float) -> set[str]:
            silent = 0.3 < elapsed / seconds < 0.5
            if silent and gate.recorder.clock is not None:
                gate.recorder.end_run("no_frames", now_us())
            if elapsed > seconds / 2:
                yard.jump = 50 * TIMESCALE
            return {"gate"} if silent else set()

        return at

    def _prepare(self) -> None:
        index = self.archive.index
        index._db.execute("PRAGMA wal_autocheckpoint = 60")
        forget = index.forget_unheld

        def noted(ids: Iterable[int], at_us: int) -> list[SegmentRow]:
            begun = now_us()
            gone = forget(ids, at_us)
            self._retired.update((row.path, begun) for row in gone)
            return gone

        index.forget_unheld = noted  # type: ignore[method-assign]

    def _clean(self) -> None:
        self.archive.used = self.archive.index.used()
        self._janitor.clean(self.archive.index, now_us())


def main() -> None:
    track.SEGMENT_TARGET = FILE_S * TIMESCALE
    _Node(Path(sys.argv[1])).run(float(sys.argv[2]))


if __name__ == "__main__":
    main()
