"""Decode times for pictures that travel in decoding order and carry only the time at which they are shown (B-frames).

RTP gives each picture its presentation time; MP4 wants its decode time and how far the presentation lies from it
(`ctts`, composition offset). The i-th picture decoded gets the i-th smallest presentation time as its decode time:
without B-frames both are the same, and a keyframe that no later picture precedes keeps its own time, so that files,
fragments and ranges may go on reckoning in presentation time. Offsets are negative for B-frames (`trun` version 1).
"""

import heapq
from collections import deque
from typing import NamedTuple

from qorgan.protocols.fmp4.parameter_sets import MAX_REORDER, AvcSps
from qorgan.protocols.rtsp.h265 import H265SpsInfo


class Timing(NamedTuple):
    """When a picture is decoded, until when the next one waits, and how much later (or earlier) it is shown.

    Presentation time is `decode + offset`, exactly what came in. Durations follow each other without a gap.
    """

    decode: int
    duration: int
    offset: int


class DecodeTimes:
    """Decides decode times online. Owner of the pictures whose timing is not decided yet: at most `depth` + 1.

    `depth` is how many pictures may precede another in decoding order and follow it in presentation order: see
    `reorder_depth`. Is it too small for the stream, it grows when the first picture out of order is met; decode times
    then go on by the shortest step until they have caught up, and presentation times stay exact. Decode times grow
    strictly, whatever comes in: equal or falling presentation times included. None of them is before `floor`: where a
    file begins with a picture that others are shown before (open groups of H.265), those get the shortest steps.
    """

    def __init__(self, depth: int = 0) -> None:
        self.depth = min(depth, MAX_REORDER)
        self.floor = 0
        self._waiting: deque[int] = deque()  # presentation times in decoding order
        self._smallest: list[int] = []  # the same ones and those not handed out, as a heap
        self._held: tuple[int, int] | None = None  # decode and presentation time of the one whose duration is open
        self._latest: int | None = None

    @property
    def pending(self) -> int:
        """How many pictures taken so far have no timing yet."""
        return len(self._waiting) + (self._held is not None)

    def take(self, presentation: int, *, closes: bool = False) -> list[Timing]:
        """The next picture in decoding order. Returns the timing of earlier ones that is now certain, in their order.

        `closes` promises that neither this picture nor any after it is shown before one taken earlier, and none after
        it before it: an IDR picture of H.264, or of H.265 with type IDR_N_LP. It shortens the wait. Times are in one
        unit, and do not wrap.
        """
        decided: list[Timing] = []
        if self._latest is not None and presentation < self._latest:
            behind = sum(1 for time in self._waiting if time > presentation)
            if self._held is not None and self._held[1] > presentation:
                behind += 1
            self.depth = min(MAX_REORDER, max(self.depth, behind))
        elif closes:
            while self._waiting:
                self._decide(decided)
        self._latest = presentation if self._latest is None else max(self._latest, presentation)
        self._waiting.append(presentation)
        heapq.heappush(self._smallest, presentation)
        while len(self._waiting) > (0 if closes else self.depth):
            self._decide(decided)
        return decided

    def finish(self, last_duration: int) -> list[Timing]:
        """Nothing follows: the timing of all that are left. The last one lasts `last_duration`. Begins anew."""
        decided: list[Timing] = []
        while self._waiting:
            self._decide(decided)
        if self._held is not None:
            decode, presentation = self._held
            decided.append(Timing(decode, max(1, last_duration), presentation - decode))
        self._held, self._latest = None, None
        return decided

    def _decide(self, decided: list[Timing]) -> None:
        """The earliest waiting picture gets the smallest presentation time that is left; the one before, its length."""
        presentation, decode = self._waiting.popleft(), heapq.heappop(self._smallest)
        decode = max(decode, self.floor)
        if self._held is not None:
            before, shown = self._held
            decode = max(decode, before + 1)
            decided.append(Timing(before, decode - before, shown - before))
        self._held = decode, presentation


def reorder_depth(sps: AvcSps | H265SpsInfo) -> int:
    """The depth with which to begin: what the set states, otherwise none, to be learnt from the pictures."""
    if isinstance(sps, AvcSps) and not sps.reorder_is_stated:
        return 0
    return sps.reorder_frames


def unwrapped(timestamp: int, previous: int) -> int:
    """A 32-bit RTP timestamp as a number that does not wrap: the one nearest to `previous`, itself such a number."""
    return previous + (timestamp - previous + 0x8000_0000) % 0x1_0000_0000 - 0x8000_0000
