"""What the recorder counts of a stream's delivery, on its own clocks and the camera's real reports."""

from types import SimpleNamespace
from typing import Any

import pytest

from qorgan.edge.recorder.delivery import DeliveryWatch
from qorgan.edge.recorder.timing import WINDOW_US, RunClock
from qorgan.protocols.rtsp.rtcp import SenderReport

BEGAN_US = 1_790_000_000_000_000
SECOND = 90_000


class Stream:
    """A camera that sends 25 pictures a second in packets of which some are lost, and tells its time."""

    def __init__(self) -> None:
        self.clock = RunClock(0, BEGAN_US)
        self.track = SimpleNamespace(codec="avc1.640028", width=1920, height=1080)
        self.media = self.timestamp = self.since_keyframe = 0
        self.keyframe_every = 2 * SECOND
        self.client: Any = SimpleNamespace(
            clock_rate=SECOND,
            lost_packets=0,
            depacketizer=SimpleNamespace(next_seq=65_000),
            video_lane=SimpleNamespace(clock=SenderReport(1, BEGAN_US + 3_500_000, 0, 0, 0)),
        )

    def goes_on(self, seconds: int, *, packets: int = 1_000, lost: int = 0, late_us: int = 0) -> None:
        for second in range(seconds):
            self.media += SECOND
            self.timestamp = self.media & 0xFFFF_FFFF
            late = late_us if second % 2 else 0
            self.clock.observe(self.media, BEGAN_US + self.media * 1_000_000 // SECOND + late)
        self.client.depacketizer.next_seq = (self.client.depacketizer.next_seq + packets) & 0xFFFF
        self.client.lost_packets += lost


def counted(watch: DeliveryWatch, stream: Any) -> dict[str, float]:
    watch.count(stream, stream.client, 25.0, 4e6)
    return watch.delivered.numbers()


def test_loss_jitter_key_pictures_and_the_cameras_clock_are_counted_window_by_window() -> None:
    watch, stream = DeliveryWatch("main"), Stream()
    first = counted(watch, stream)
    assert "loss" not in first and "jitter_s" not in first  # nothing to count from yet
    stream.goes_on(WINDOW_US // 1_000_000 + 1, lost=20, late_us=400_000)
    numbers = counted(watch, stream)
    assert numbers["loss"] == pytest.approx(0.02), "across the turn of the counter"
    assert numbers["jitter_s"] == pytest.approx(0.4)
    assert numbers["keyframe_every_s"] == 2 and numbers["clock_offset_s"] == pytest.approx(3.5, abs=0.01)
    assert watch.measured().keys() == {"keyframe_every_s", "loss", "jitter_s", "clock_offset_s"}
    stream.goes_on(5)
    assert counted(watch, stream)["loss"] == 0, "of this window alone"
    stream.since_keyframe = 9 * SECOND
    assert counted(watch, stream)["keyframe_every_s"] == 9, "one that does not come is late already"


def test_a_fault_is_told_when_it_stays_and_forgotten_with_the_stream() -> None:
    watch, stream = DeliveryWatch("main"), Stream()
    for _ in range(3):
        stream.goes_on(5, lost=50)
        counted(watch, stream)
    assert watch.confirmed().keys() == {"clock_offset"}, "of loss only two windows are known"
    stream.goes_on(5, lost=50)
    counted(watch, stream)
    assert watch.confirmed() == {"loss": pytest.approx(5.0), "clock_offset": pytest.approx(1.75, abs=0.01)}
    watch.forget()
    assert watch.confirmed() == {} and watch.delivered.numbers() == {}


def test_a_new_session_counts_its_packets_anew_and_a_camera_without_a_clock_has_no_offset() -> None:
    watch, stream, other = DeliveryWatch("sub"), Stream(), Stream()
    counted(watch, stream)
    other.client.depacketizer.next_seq, other.client.video_lane.clock = 17, None
    numbers = counted(watch, other)
    assert "loss" not in numbers and "clock_offset_s" not in numbers
