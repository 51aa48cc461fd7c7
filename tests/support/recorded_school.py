"""A school with one camera whose stream is recorded into a real archive, and whose disks can be pulled out."""

from collections.abc import Callable
from pathlib import Path
from threading import Event

from qorgan.edge.config import DiskPlace
from qorgan.edge.recorder.archive import ArchiveWriter
from qorgan.edge.recorder.disks import Disks, KnownDisks
from qorgan.edge.recorder.index import Index, SegmentRow
from qorgan.edge.recorder.track import TrackRecorder
from qorgan.kernel.ids import SiteId
from qorgan.protocols.rtsp.h264 import Frame, H264Depacketizer
from tests.support.h264 import a_clip, avcc

S = 1_000_000
START_US = 1_795_340_000 * S


class RecordedSchool:
    """25 frames a second of real H.264, a keyframe each second. `archive` holds the index; disks lie beside it."""

    def __init__(
        self, root: Path, *, disks: tuple[str, ...] = ("a", "b"), cameras: tuple[str, ...] = ("hall",)
    ) -> None:
        self.root, self.home, self.clip = root, root / "archive", a_clip()
        places = [DiskPlace(path=root / name, budget_gb=100.0) for name in disks]
        self.disks = Disks(places, KnownDisks(root / "data"), SiteId("kst-012"))
        self.disks.look(START_US)
        self.faults: list[tuple[str, str]] = []
        self.archive = ArchiveWriter(
            self.home, lambda camera, stream: self.faults.append((camera, stream)), disks=self.disks
        )
        self.source = H264Depacketizer((self.clip.sps, self.clip.pps))
        self.tracks = {camera: TrackRecorder(camera, "main", self.archive, stagger=1.0) for camera in cameras}
        self.now_us, self.timestamp = START_US, 0
        index = Index(self.home / "index.db")
        for disk in self.disks.disks:
            index.put_disk(disk.id, disk.path, START_US)
        index.close()
        self.archive.start()

    def record(self, seconds: int) -> None:
        for number in range(25 * seconds):
            unit = self.clip.units[number % 50]
            for track in self.tracks.values():
                track.take([Frame(avcc(unit), self.timestamp, number % 25 == 0, False)], self.source, self.now_us)
            self.timestamp += 3600
            self.now_us += 40_000
        self.archive.submit()

    def end_runs(self, reason: str = "storage") -> None:
        """What the sessions do when the archive could not write."""
        for track in self.tracks.values():
            track.end_run(reason, self.now_us)
        self.archive.submit()

    def stop(self) -> None:
        if self.archive._thread.is_alive():
            self.end_runs("node_stopped")
            self.archive.stop()

    def in_thread(self, job: Callable[[], object]) -> None:
        """Run a job in the archive's thread and wait for it."""
        done, raised = Event(), list[Exception]()

        def run() -> None:
            try:
                job()
            except Exception as error:
                raised.append(error)
            finally:
                done.set()

        self.archive.call(run)
        self.archive.submit()
        assert done.wait(20)
        if raised:
            raise raised[0]

    def look(self) -> None:
        """What the recorder does every few seconds: look at each disk, and act on what changed."""
        self.in_thread(lambda: self.archive.look_at_disks(self.now_us))

    def unplug(self, name: str) -> None:
        (self.root / name).rename(self.root / f"{name}.unplugged")
        (self.root / name).mkdir()

    def plug_in(self, name: str) -> None:
        (self.root / name).rmdir()
        (self.root / f"{name}.unplugged").rename(self.root / name)

    def index(self) -> Index:
        return Index(self.home / "index.db", readonly=True)

    def rows(self) -> list[SegmentRow]:
        index = self.index()
        try:
            return list(index.all_segments())
        finally:
            index.close()
