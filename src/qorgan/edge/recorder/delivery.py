"""What the recorder counts of one stream's delivery, window by window, and what that says (domain/quality/delivery.py).

Packets are read five times a second: how evenly pictures come is known no better than to those 0.2 s.
"""

from qorgan.domain.quality.delivery import MAIN, NORMS, Delivered, Memory, judge
from qorgan.edge.recorder.track import TrackRecorder
from qorgan.protocols.fmp4.writer import TIMESCALE
from qorgan.protocols.rtsp.client import RtspClient

_NAMES = frozenset({"keyframe_every_s", "loss", "jitter_s", "clock_offset_s"})


class DeliveryWatch:
    """Owner of the counts of the last window, and of what is remembered of those before it."""

    def __init__(self, stream: str) -> None:
        self.delivered = Delivered()
        self.memory = Memory()
        self._norm = NORMS.get(stream, MAIN)
        self._packets: tuple[RtspClient, int, int] | None = None  # the session, its next number, what was lost so far

    def count(self, recorder: TrackRecorder, client: RtspClient, frames_per_s: float, bits_per_s: float) -> None:
        """A window of some seconds is over in which pictures came."""
        track, clock = recorder.track, recorder.clock
        if track is None or clock is None:
            self.forget()
            return
        every = max(recorder.keyframe_every, recorder.since_keyframe if recorder.keyframe_every else 0)
        self.delivered = Delivered(
            codec=track.codec,
            width=track.width,
            height=track.height,
            frames_per_s=frames_per_s,
            bits_per_s=bits_per_s,
            keyframe_every_s=every / TIMESCALE if every else None,
            loss=self._loss(client),
            jitter_s=None if clock.spread_us is None else clock.spread_us / 1e6,
            clock_offset_s=_clock_offset_s(recorder, client),
        )
        self.memory = judge(self.memory, self.delivered, self._norm)

    def forget(self) -> None:
        """The stream does not come: nothing is known of it."""
        self.delivered, self.memory, self._packets = Delivered(), Memory(), None

    def measured(self) -> dict[str, float]:
        """What is known of the last window, but for what a stream's health has fields of its own for."""
        return {name: value for name, value in self.delivered.numbers().items() if name in _NAMES}

    def confirmed(self) -> dict[str, float]:
        """The faults there are, each with its score."""
        said = self.memory.scores()
        return {str(fault): said.get(fault, 1.0) for fault in self.memory.faults()}

    def _loss(self, client: RtspClient) -> float | None:
        """Of this window. The counter of packets turns at 65,536: more than 100 Mbit/s would be needed for that."""
        now = client, client.depacketizer.next_seq, client.lost_packets
        before, self._packets = self._packets, now
        if before is None or before[0] is not client or before[1] < 0:
            return None
        sent = (now[1] - before[1]) & 0xFFFF
        return min(1.0, (now[2] - before[2]) / sent) if sent else None


def _clock_offset_s(recorder: TrackRecorder, client: RtspClient) -> float | None:
    """What the camera's clock showed at the last picture (RFC 3550 §6.4.1), less what the node's did."""
    report = client.video_lane.clock
    if report is None or recorder.clock is None:
        return None
    at_camera_us = report.wall_of(recorder.timestamp, client.clock_rate)
    return None if at_camera_us is None else (at_camera_us - recorder.clock.wall_us(recorder.media)) / 1e6
