"""A sink of a track's decisions that only writes them down."""

from qorgan.edge.recorder.index import SegmentRow
from qorgan.edge.recorder.track import Fragment
from qorgan.protocols.fmp4.writer import AudioTrack, VideoTrack


class Paper:
    """A sink that writes down what it is told."""

    def __init__(self) -> None:
        self.fragments: list[tuple[int, Fragment]] = []
        self.segments: list[SegmentRow] = []
        self.closed: list[str] = []
        self.gaps: list[tuple[int, str | None]] = []

    def new_segment_id(self) -> int:
        return len(self.segments) + 1

    def new_run_id(self) -> int:
        return len(self.gaps) + 1

    def open_segment(self, row: SegmentRow, track: VideoTrack, audio: AudioTrack | None) -> None:
        self.segments.append(row)

    def write_fragment(self, row: SegmentRow, fragment: Fragment) -> None:
        self.fragments.append((row.id, fragment))

    def close_segment(self, row: SegmentRow, reason: str) -> None:
        self.closed.append(reason)

    def note_gap(self, camera: str, stream: str, at_us: int, cause: str | None) -> None:
        self.gaps.append((at_us, cause))
