"""When a frame was: RTP gives durations, the node's clock gives the place in the day. Pure.

After moonfire-nvr's rule "the least delayed frame wins": a frame arrives late, never early, so the smallest difference
between arrival and media time is the best guess of the run's start. Drift is corrected by at most 500 ppm.
"""

from qorgan.protocols.fmp4.writer import TIMESCALE

SETTLE_US = 10_000_000  # so long after its start a run's clock may still jump to a less delayed frame
WINDOW_US = 10_000_000
MAX_SLEW = 500e-6
STEP_US = 2_000_000  # a difference this large is no drift: one of the clocks was set


def to_us(media: int) -> int:
    """Microseconds of a media time (1/90000 s)."""
    return media * 1_000_000 // TIMESCALE


def to_media(microseconds: int) -> int:
    """Media time (1/90000 s) of microseconds."""
    return microseconds * TIMESCALE // 1_000_000


class RunClock:
    """Maps the media time of one run to the node's wall clock. Owns the run's offset."""

    def __init__(self, media: int, arrival_us: int) -> None:
        self.offset_us = arrival_us - to_us(media)
        self._started_us = arrival_us
        self._window_started_us = arrival_us
        self._least: int | None = None
        self._most = 0
        self.spread_us: int | None = None  # how much later the latest frame of a window came than the least late one

    def wall_us(self, media: int) -> int:
        """The wall clock of a media time."""
        return to_us(media) + self.offset_us

    def observe(self, media: int, arrival_us: int) -> bool:
        """A frame of this media time was there at `arrival_us`. False when the clocks have parted: begin a new run."""
        late = arrival_us - to_us(media)
        if arrival_us - self._started_us < SETTLE_US and 0 < self.offset_us - late < STEP_US:
            self.offset_us = late
        self._most = late if self._least is None else max(self._most, late)
        self._least = late if self._least is None else min(self._least, late)
        if arrival_us - self._window_started_us < WINDOW_US:
            return self.offset_us - late < STEP_US
        return self._slew(arrival_us)

    def _slew(self, arrival_us: int) -> bool:
        difference = (self._least or 0) - self.offset_us
        self.spread_us = self._most - (self._least or 0)
        if abs(difference) > STEP_US:
            return False
        most = int((arrival_us - self._window_started_us) * MAX_SLEW)
        self.offset_us += max(-most, min(most, difference))
        self._window_started_us, self._least = arrival_us, None
        return True
