"""Coverage: what was recorded of what should have been, and why the rest is missing (invariant I5)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

JOIN_WITHIN_US = 1_000_000  # two recordings this close show no hole that a person would see
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Span:
    """[start, end) in µs since 1970-01-01 UTC."""

    start_us: int
    end_us: int


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch that was not recorded, and its cause."""

    start_us: int
    end_us: int
    cause: str


def join(spans: Iterable[Span], within: Span) -> list[Span]:
    """Clip to `within`, sort, and join what lies within `JOIN_WITHIN_US` of each other."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda span: span.start_us):
        start, end = max(span.start_us, within.start_us), min(span.end_us, within.end_us)
        if end <= start:
            continue
        if joined and start - joined[-1].end_us <= JOIN_WITHIN_US:
            joined[-1] = Span(joined[-1].start_us, max(end, joined[-1].end_us))
        else:
            joined.append(Span(start, end))
    return joined


def without(spans: Sequence[Span], holes: Sequence[Span]) -> list[Span]:
    """What of joined `spans` lies in none of the joined `holes`."""
    left: list[Span] = []
    for span in spans:
        start = span.start_us
        for hole in (one for one in holes if one.end_us > span.start_us and one.start_us < span.end_us):
            if hole.start_us > start:
                left.append(Span(start, hole.start_us))
            start = hole.end_us
        if start < span.end_us:
            left.append(Span(start, span.end_us))
    return left


def gaps_between(spans: Sequence[Span], within: Span, noted: Iterable[tuple[int, int | None, str]]) -> list[Gap]:
    """The holes that joined `spans` leave in `within`, each with the noted cause that overlaps it most.

    `noted` holds (start, end or None while it lasts, cause). A hole without a note has the cause `unknown`:
    it is never left out, and never made shorter than it was.
    """
    notes = sorted((start, within.end_us if end is None else end, cause) for start, end, cause in noted)
    gaps: list[Gap] = []
    near: list[tuple[int, int, str]] = []  # of the notes before the hole's end, those that reach to it
    following = 0
    for hole in _holes(spans, within):
        while following < len(notes) and notes[following][0] - JOIN_WITHIN_US < hole.end_us:
            near.append(notes[following])
            following += 1
        near = [note for note in near if note[1] + JOIN_WITHIN_US > hole.start_us]
        gaps.append(Gap(hole.start_us, hole.end_us, _cause(hole, near)))
    return gaps


def _holes(spans: Sequence[Span], within: Span) -> list[Span]:
    edges = [within.start_us, *(edge for span in spans for edge in (span.start_us, span.end_us)), within.end_us]
    pairs = zip(edges[0::2], edges[1::2], strict=True)
    return [Span(start, end) for start, end in pairs if end - start > JOIN_WITHIN_US]


def _cause(hole: Span, notes: Sequence[tuple[int, int, str]]) -> str:
    def overlap(note: tuple[int, int, str]) -> int:
        # Clocks of frames and of notes differ by a tick or two: a note may begin a little late
        return min(note[1] + JOIN_WITHIN_US, hole.end_us) - max(note[0] - JOIN_WITHIN_US, hole.start_us)

    best = max(notes, key=overlap, default=None)
    return best[2] if best is not None and overlap(best) > 0 else UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCoverage:
    """Seconds kept of the seconds that should have been, and each gap with its cause."""

    kept_s: float
    expected_s: float
    gaps: tuple[Gap, ...]


def day_coverage(
    spans: Iterable[Span], noted: Iterable[tuple[int, int | None, str]], start_us: int, end_us: int, now_us: int
) -> DayCoverage:
    """The coverage of one stream in [start, end), as far as it has passed at `now_us`.

    Holes of up to `JOIN_WITHIN_US`, which no person would see, count as kept: kept and gaps together are what was
    expected.
    """
    within = Span(start_us, max(start_us, min(end_us, now_us)))
    gaps = gaps_between(join(spans, within), within, noted)
    expected_us = within.end_us - within.start_us
    missing_us = sum(gap.end_us - gap.start_us for gap in gaps)
    return DayCoverage(kept_s=(expected_us - missing_us) / 1e6, expected_s=expected_us / 1e6, gaps=tuple(gaps))
