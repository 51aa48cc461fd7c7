"""Sound lasts longer than a picture and comes after it: where a file is cut, none of it may fall between two files."""

import asyncio
from pathlib import Path

import av
import pytest
from tests.support.recorder_node import until
from tests.support.sim_cameras import SITE, a_camera

from qorgan.domain.cameras import StreamName
from qorgan.edge.recorder import track
from qorgan.edge.recorder.archive import ArchiveWriter
from qorgan.edge.recorder.engine import Engine
from qorgan.edge.recorder.index import Index
from qorgan.edge.recorder.session import READ_BUFFER_BYTES, StreamSession
from qorgan.edge.recorder.track import TrackRecorder
from qorgan.protocols.fmp4.writer import TIMESCALE
from qorgan.sim.codecs import AudioCodec
from qorgan.sim.server import RtspSimulator
from qorgan.sim.sound import Sound

LATE_TICKS = TIMESCALE * 15 // 100  # cameras collect a frame of sound, and code it, while its pictures are on the way
HEADERS = 4 + 12 + 4  # the connection's, RTP's, and that of the one access unit inside (RFC 3640 §3.3.6)


class Witness:
    """Hears what the camera sends to everybody, and writes it down."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send_sound(self, data: bytearray) -> None:
        self.sent.append(bytes(data[HEADERS:]))


def frames_of(file: Path) -> list[bytes]:
    """The frames of sound in a file, as a demuxer that is not ours finds them."""
    with av.open(str(file)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


def files(root: Path) -> list[Path]:
    """Those that are closed, by time."""
    index = Index(root / "index.db", readonly=True)
    try:
        return [root / row.path for row in index.all_segments() if row.state == "closed"]
    finally:
        index.close()


def is_stretch_of(kept: list[bytes], sent: list[bytes]) -> bool:
    """Whether all of `kept` was sent, one after the other, with nothing between."""
    return any(sent[at : at + len(kept)] == kept for at in range(len(sent) - len(kept) + 1))


@pytest.fixture
def late_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is heard is sent 0.15 s later than what is seen, and its timestamps and reports say so."""
    emit = Sound.emit
    monkeypatch.setattr(Sound, "emit", lambda self, ticks, wall_us: emit(self, ticks - LATE_TICKS, wall_us))


@pytest.mark.usefixtures("late_sound")
async def test_every_frame_of_sound_that_was_sent_stands_in_the_files_once(
    tmp_path: Path, clip_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(track, "SEGMENT_TARGET", TIMESCALE)  # a cut at every third keyframe
    witness, archive = Witness(), ArchiveWriter(tmp_path)
    async with RtspSimulator([a_camera(audio=AudioCodec.AAC)], cache=clip_cache) as sim:
        stream = sim.stream(SITE, "hall", StreamName.MAIN)
        assert stream is not None and stream.sound is not None
        stream.sound.join(witness)
        session = StreamSession(
            camera="hall",
            stream="main",
            url=sim.url(SITE, "hall"),
            credentials=None,
            recorder=TrackRecorder("hall", "main", archive, stagger=1.0),
            buffer=memoryview(bytearray(READ_BUFFER_BYTES)),
            on_state=lambda session: None,
            on_samples=lambda session, samples: None,
            audio=True,
        )
        archive.start()
        async with asyncio.TaskGroup() as group:
            engine = Engine([session], archive, each_second=lambda: None)
            tasks = [group.create_task(engine.run()), group.create_task(session.run())]
            await until(lambda: len(files(tmp_path)) >= 5, "four cuts")
            for task in tasks:
                task.cancel()
    archive.stop()

    of_files = [frames_of(file) for file in files(tmp_path)]
    assert all(len(frames) > 10 for frames in of_files[:3]), "each file has its own second of sound"
    kept = [frame for frames in of_files for frame in frames]
    assert is_stretch_of(kept, witness.sent), "a frame of sound is missing, or stands there twice"
    assert not is_stretch_of(kept[:20] + kept[21:], witness.sent), "one that is missing would be found"
