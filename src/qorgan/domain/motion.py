"""Movement before a camera, as density over time: what share of each step something moved. Pure.

Two ways to know: the camera says when movement begins and ends, or more moves when the pictures need more bytes.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

MINUTE_US = 60_000_000
ALL_THE_TIME = 255
QUIET_SHARE, BUSY_SHARE = 0.1, 0.95  # of all steps: what counts as still, and as full of movement
SAYS_SOMETHING_FROM = 1.25  # busy steps need so many times the bytes of quiet ones, else the bit rate is a constant one
FEWEST_STEPS = 10


@dataclass(slots=True)
class MotionMeter:
    """Owner of who moves now. Adds up, by camera and minute, the milliseconds in which anything moved."""

    _since: dict[tuple[str, str], int] = field(default_factory=dict)
    _until: dict[str, int] = field(default_factory=dict)  # up to where a camera's movement is added up already
    _added: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))

    def told(self, camera: str, source: str, active: bool, at_us: int) -> None:
        """A camera says that one of its sources sees movement, or does not any more."""
        if active:
            self._since.setdefault((camera, source), at_us)
        elif (began := self._since.pop((camera, source), None)) is not None:
            self._add(camera, began, at_us)

    def lost(self, camera: str, at_us: int) -> None:
        """We hear nothing of the camera any more: what moved then is not known to move on."""
        for one, source in [place for place in self._since if place[0] == camera]:
            self.told(one, source, False, at_us)

    def take(self, now_us: int) -> dict[tuple[str, int], int]:
        """Milliseconds by camera and minute (since 1970) since the last call; what lasts is counted up to now."""
        for (camera, _), began in list(self._since.items()):
            self._add(camera, began, now_us)
        taken, self._added = dict(self._added), defaultdict(int)
        return taken

    def _add(self, camera: str, start_us: int, end_us: int) -> None:
        """Two sources at once are one movement."""
        start_us = max(start_us, self._until.get(camera, 0))
        while start_us < end_us:
            minute = start_us // MINUTE_US
            stop = min(end_us, (minute + 1) * MINUTE_US)
            self._added[camera, minute] += (stop - start_us) // 1_000
            start_us = stop
        self._until[camera] = max(self._until.get(camera, 0), end_us)


def density_of_events(minutes_ms: Mapping[int, int], start_us: int, end_us: int, step_s: int) -> bytes:
    """The share of each step in which something moved. `minutes_ms`: milliseconds by minute since 1970."""
    step_us = step_s * 1_000_000
    sums = [0] * _steps(start_us, end_us, step_us)
    for minute, ms in minutes_ms.items():
        place = (minute * MINUTE_US - start_us) // step_us
        if 0 <= place < len(sums):
            sums[place] += ms
    return bytes(min(ALL_THE_TIME, -(-ms * ALL_THE_TIME // (step_s * 1_000))) for ms in sums)


def density_of_sizes(files: Iterable[tuple[int, int, int]], start_us: int, end_us: int, step_s: int) -> bytes | None:
    """How much more than in quiet steps each one needed. `files`: start, length (µs) and size of recorded files.

    None where sizes say nothing: too little is recorded, or the camera sends at a constant bit rate.
    """
    step_us = step_s * 1_000_000
    steps = _steps(start_us, end_us, step_us)
    size, length = [0.0] * steps, [0.0] * steps
    for begin, lasts, count in files:
        for place in range(
            max(0, (begin - start_us) // step_us), min(steps, (begin + lasts - start_us) // step_us + 1)
        ):
            edge = start_us + place * step_us
            share = min(begin + lasts, edge + step_us) - max(begin, edge)
            if share > 0:
                size[place] += count * share / lasts
                length[place] += share
    rates = [one / over if over >= step_us / 2 else None for one, over in zip(size, length, strict=True)]
    known = sorted(rate for rate in rates if rate is not None)
    if len(known) < FEWEST_STEPS:
        return None
    quiet, busy = _at(known, QUIET_SHARE), _at(known, BUSY_SHARE)
    if busy < quiet * SAYS_SOMETHING_FROM:
        return None
    return bytes(
        0 if rate is None else max(0, min(ALL_THE_TIME, round((rate - quiet) / (busy - quiet) * ALL_THE_TIME)))
        for rate in rates
    )


def _steps(start_us: int, end_us: int, step_us: int) -> int:
    return max(0, -(-(end_us - start_us) // step_us))


def _at(sorted_values: Sequence[float], share: float) -> float:
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]
