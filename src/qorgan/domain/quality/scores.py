"""How much of each fault a look shows. 1 is where a fault begins, 0 is none of it; `None`: nobody can say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qorgan.domain.quality.faults import Fault
from qorgan.domain.quality.measures import WIDTH, Measures, Plane, Real
from qorgan.domain.quality.ranks import middle, percentile
from qorgan.domain.quality.view import FEWEST_ANCHORS, Match, Reference, View, peak_of

Scores = Mapping[Fault, float | None]
HIGHEST = 10.0
SMEAR_LOOKS = 5  # in fewer, people who stand there look like dirt
LATELY = 7  # looks over which flicker and dirt show
FLICKER_STEPS = 4  # steps of brightness from which on one may speak of flicker
ROUNDS = 3  # of so many looks the one that is most alike is left out: a film may have come round to where it was
STEADY_LOOKS = 5  # over which it is averaged where a view went: rain and noise fade out of it
PIECE_ROWS, PIECE_COLUMNS = 2, 8  # a pair of rows; as many columns as a word has bytes
WRITTEN_ROWS = 18  # above and below: a clock goes on over a frozen picture
TEXTURED = 80  # percentile of contrast: a flat wall without noise looks the same at every look …
TEXTURE = 8  # … and steps of luma that a piece must have at least
FEWEST_PIECES = 20  # with fewer there is nothing that could come back


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Where faults begin. Found on the labelled set (benchmarks/_quality_set.py)."""

    black_high: float = 22.0  # luma that 98 % of the samples do not exceed
    dark_mean: float = 22.0
    clipped_share: float = 0.35
    contrast_left: float = 0.42  # by that of the approved view
    contrast: float = 0.1
    sharpness_left: float = 0.8  # by that of the approved view; seven blocks of ten are no sharper
    sharpness: float = 0.09
    fine_left: float = 0.5  # of the fine detail that the view has, in this light …
    fine_by_coarse: float = 0.75  # … while less is lost of the coarse, as blur does it
    fine_kept: float = 0.75  # … and hardly a block keeps it: dirt leaves some as they were
    as_sharp: float = 1.15  # … nor is as sharp as in the view
    soft_block: float = 0.55  # a block of the view is soft …
    soft_share: float = 0.2  # … and so many of them are dirt on the lens
    come_back: float = 0.04  # share of textured pieces that are exactly as they were: a living sensor has noise
    shift: float = 0.03  # of the width
    shift_distinct: float = 6.0  # standard deviations: chance alone (a cloth before the lens) reaches 5.5
    shift_clearer: float = 2.0  # of them: the view fits so much better there than where it was
    elsewhere_lost: float = 0.6
    elsewhere_here_fits: float = 0.2
    covered_lost: float = 0.25
    covered_per_anchor: float = 2.0  # few blocks with edges: more of them must be lost
    in_light: float = 0.7  # share of lost blocks that are as bright as they were: those are hardly covered …
    lost_in_light: float = 0.38  # … unless there are many of them, and side by side
    out_of_light: float = 0.2  # few lost blocks are as bright as they were, and something smooth is there:
    smooth: float = 0.3
    hidden_lost: float = 0.21  # … then fewer of them will do
    hidden_per_anchor: float = 0.5
    here_fits: float = 0.15
    parted: float = 0.4  # lost edges and those that are kept lie apart: something hides the lost ones
    noise: float = 1.6
    noise_risen: float = 2.0  # by that of the approved view
    stripes: float = 2.2
    cast: float = 10.0  # steps of chroma
    flicker: float = 0.07  # logarithm of a ratio of brightness: seven looks of ten are so far from the middle one


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """What is remembered of an earlier look."""

    luma: Plane
    light: Real
    step: float | None  # of brightness, since the look before: logarithm of the ratio, in the middle of all blocks
    soft: Real | None = None
    reference: Reference | None = None  # that it fitted best
    surface: Real | None = None  # how well it fitted that, moved by so many cells


def scores(
    measures: Measures,
    view: View,
    match: Match | None,
    traces: Sequence[Trace],
    step: float | None,
    limits: Thresholds,
) -> Scores:
    """Of one look. `match`: with that reference of the view which fits best; `traces`: of the looks before.

    `step`: since the last of these (`step_of`).
    """
    found: dict[Fault, float | None] = {
        Fault.BLACK: limits.black_high / max(measures.high, 1.0),
        Fault.OVEREXPOSED: max(measures.clipped / limits.clipped_share, measures.mean / 240),
        Fault.UNDEREXPOSED: limits.dark_mean / max(measures.mean, 1.0),
        Fault.LOW_CONTRAST: limits.contrast / max(measures.contrast, 0.01),
        Fault.BLURRED: limits.sharpness / max(measures.sharpness, 0.005),
        Fault.FROZEN: _frozen(measures.luma, traces, limits),
        Fault.FLICKERING: _flicker(step, traces[-LATELY:], limits),
        Fault.NOISY: measures.noise / limits.noise,
        Fault.STRIPED: None,
        Fault.COLOUR_CAST: None,
        Fault.MOVED: None,
        Fault.COVERED: None,
        Fault.SMEARED: None,
    }
    if match is not None:
        found |= _against_the_view(measures, view, match, traces, limits)
    return {fault: score if score is None else float(min(score, HIGHEST)) for fault, score in _explained(found).items()}


def _against_the_view(
    measures: Measures, view: View, match: Match, traces: Sequence[Trace], limits: Thresholds
) -> dict[Fault, float | None]:
    before = match.reference
    usable = np.isfinite(match.soft)
    blurred, smeared = 0.0, 0.0
    if usable.sum() >= FEWEST_ANCHORS:
        blurred = _blurred(match, percentile(match.soft[usable], 70), limits)
        smeared = _smeared(match.soft, traces[-LATELY:], limits)
    moved, covered = _displaced(match, traces, limits)
    least = min(one.contrast for one in view.references)
    left = least * limits.contrast_left / max(measures.contrast, 0.01)
    # by infrared there are no colours: a picture that has none is not discoloured
    cast = min(float(np.hypot(measures.cb - one.cb, measures.cr - one.cr)) for one in view.references)
    return {
        Fault.LOW_CONTRAST: max(left, limits.contrast / max(measures.contrast, 0.01)),
        Fault.BLURRED: max(blurred, limits.sharpness / max(measures.sharpness, 0.005)),
        Fault.NOISY: measures.noise / max(limits.noise, limits.noise_risen * before.noise),
        Fault.STRIPED: max(0.0, measures.stripes - 1.25 * before.stripes) / limits.stripes,
        Fault.COLOUR_CAST: cast / limits.cast,
        Fault.SMEARED: smeared,
        Fault.MOVED: moved,
        Fault.COVERED: covered,
    }


def _blurred(match: Match, sharpness: float, limits: Thresholds) -> float:
    """By the sharpness that is left; a strong blur takes the coarse detail as well: then by the fine that is left."""
    found = limits.sharpness_left / max(sharpness, 0.02)
    as_blur_does = match.fine_left < limits.fine_by_coarse * match.coarse_left and match.fine_kept < limits.fine_kept
    if as_blur_does and sharpness < limits.as_sharp:
        return max(found, limits.fine_left / max(match.fine_left, 0.02))
    return found


def _displaced(match: Match, traces: Sequence[Trace], limits: Thresholds) -> tuple[float | None, float | None]:
    """Moved and covered: edges that are not where they were stand elsewhere, or are gone."""
    moved = _moved(match, traces, limits)
    if match.anchors < FEWEST_ANCHORS:  # too few to miss any of them; together they may still agree on a place
        return moved or (0.0 if match.peak.distinct >= limits.shift_distinct else None), None
    if moved:
        return moved, 0.0
    at_home = match.peak.distinct >= limits.shift_distinct  # faint, as at dusk, and yet nowhere else as well as here
    elsewhere = match.lost > limits.elsewhere_lost and match.here_fits < limits.elsewhere_here_fits
    if elsewhere and not at_home and match.lost_structure > 0.4 and match.lost_sharpness > 0.5:
        return 8 * match.lost, 0.0  # looks at something quite different; how far away nobody can tell
    return 0.0, _covered(match, limits)


def _covered(match: Match, limits: Thresholds) -> float:
    """Edges that are gone, side by side; a car hides some as well, and faint ones are missing here and there."""
    parted = match.parted > limits.parted
    if match.lost_in_light > limits.in_light and match.here_fits > limits.here_fits:
        if not parted or match.lost < limits.lost_in_light:
            return 0.0  # light stands where it stood: the edges are not hidden, they are unclear
    elif parted and match.lost_in_light < limits.out_of_light and match.lost_structure < limits.smooth:
        return match.lost / (limits.hidden_lost + limits.hidden_per_anchor / match.anchors)
    return match.lost / (limits.covered_lost + limits.covered_per_anchor / match.anchors)


def _moved(match: Match, traces: Sequence[Trace], limits: Thresholds) -> float:
    """How far the view went; 0: it did not.

    Where it went is believed when no other place fits nearly as well: a place with few edges keeps hardly any of them
    in rain or at night, and still they agree on one place alone.
    """
    peak = match.peak
    if peak.distinct < limits.shift_distinct:
        last = [trace.surface for trace in traces[1 - STEADY_LOOKS :] if trace.reference is match.reference]
        peak = peak_of(np.mean([match.surface, *(one for one in last if one is not None)], axis=0))
    clearly = peak.distinct >= limits.shift_distinct and peak.distinct > peak.here + limits.shift_clearer
    return peak.shift / limits.shift if clearly and peak.shift > limits.shift / 2 else 0.0


def _smeared(soft: Real, traces: Sequence[Trace], limits: Thresholds) -> float:
    """Dirt stays where it is: each block counts as it was in most of the last looks."""
    maps = [soft, *(trace.soft for trace in traces if trace.soft is not None)]
    if len(maps) < SMEAR_LOOKS:
        return 0.0
    known = np.isfinite(maps)
    seen = known.sum(axis=0) > len(maps) / 2
    if seen.sum() < FEWEST_ANCHORS:
        return 0.0
    softer = ((np.asarray(maps) < limits.soft_block) & known).sum(axis=0) > known.sum(axis=0) / 2
    return float((softer & seen).sum() / seen.sum()) / limits.soft_share


def _frozen(luma: Plane, traces: Sequence[Trace], limits: Thresholds) -> float | None:
    """How many small pieces of the picture are, sample for sample, what they were at one of the last looks.

    An encoder that spends a little more or less on the same picture gives other samples, but it does so in turns, so
    that pieces of a frozen picture come back exactly. A sensor's noise never does, even where the encoder leaves little
    of it; only flat walls come back, and those are not looked at. Nor are the rows where a clock is written.
    """
    if len(traces) < 2:
        return None
    contrast = _by_piece(luma, np.maximum) - _by_piece(luma, np.minimum)
    textured = contrast >= max(TEXTURE, percentile(contrast, TEXTURED))
    if textured.sum() < FEWEST_PIECES:
        return None
    back = np.stack([_same_pieces(luma, trace.luma) for trace in traces])
    # A recorded scene that is played round and round comes back as a whole, at few looks; a frozen one at most of them
    by_likeness = back[:, textured].sum(axis=1).argsort()
    others: NDArray[np.bool_] = np.any(back[by_likeness[: -max(1, len(traces) // ROUNDS)]], axis=0)
    return float(others[textured].mean()) / limits.come_back


def _same_pieces(luma: Plane, other: Plane) -> NDArray[np.bool_]:
    same = _unwritten(luma).view(np.uint64) == _unwritten(other).view(np.uint64)  # eight samples at once
    return _in_pairs(np.logical_and, same)


def _unwritten(luma: Plane) -> Plane:
    """Without the rows of a written clock."""
    return np.ascontiguousarray(luma[WRITTEN_ROWS:-WRITTEN_ROWS])


def _by_piece(luma: Plane, most: np.ufunc) -> Plane:
    """The least or greatest sample of each piece. In halves: NumPy is slow at many short runs."""
    pieces: Plane = _in_pairs(most, _unwritten(luma))
    while pieces.shape[1] > WIDTH // PIECE_COLUMNS:
        pieces = most(pieces[:, ::2], pieces[:, 1::2])
    return pieces


def _in_pairs(together: np.ufunc, rows: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(together(rows[::PIECE_ROWS], rows[1::PIECE_ROWS]))


def step_of(light: Real, traces: Sequence[Trace]) -> float | None:
    """How much brighter all of the picture is than at the look before; people change some blocks of it, lamps all."""
    if not traces:
        return None
    return middle(np.log((light + 4) / (traces[-1].light + 4)))


def _flicker(step: float | None, traces: Sequence[Trace], limits: Thresholds) -> float | None:
    """By how much most looks are brighter or darker than the middle one, if brightness goes up and down in turn.

    A lamp that is switched is one step. A camera that stops down while a car passes comes back to where it was.
    """
    steps = [one for one in (*(trace.step for trace in traces), step) if one is not None]
    if len(steps) < FLICKER_STEPS:
        return None
    up = sum(one > limits.flicker for one in steps)
    down = sum(one < -limits.flicker for one in steps)
    if min(up, down) < 2:
        return 0.0
    levels = np.cumsum([0.0, *steps])
    return float(np.percentile(np.abs(levels - np.median(levels)), 30)) / limits.flicker


_EXPLAINS = {
    Fault.BLACK: frozenset(Fault) - {Fault.BLACK},
    Fault.OVEREXPOSED: {
        Fault.LOW_CONTRAST, Fault.BLURRED, Fault.COVERED, Fault.MOVED, Fault.SMEARED, Fault.COLOUR_CAST, Fault.FROZEN,
    },
    Fault.MOVED: {
        Fault.COVERED, Fault.LOW_CONTRAST, Fault.BLURRED, Fault.SMEARED, Fault.COLOUR_CAST, Fault.STRIPED, Fault.NOISY,
    },
    Fault.COVERED: {
        Fault.UNDEREXPOSED, Fault.LOW_CONTRAST, Fault.BLURRED, Fault.SMEARED, Fault.COLOUR_CAST, Fault.NOISY,
    },
    Fault.STRIPED: {Fault.COVERED, Fault.NOISY, Fault.BLURRED, Fault.SMEARED},
    Fault.UNDEREXPOSED: {Fault.LOW_CONTRAST, Fault.BLURRED, Fault.SMEARED, Fault.COLOUR_CAST},
    Fault.LOW_CONTRAST: {Fault.BLURRED, Fault.SMEARED},
    Fault.BLURRED: {Fault.SMEARED},
}  # fmt: skip


def _explained(found: dict[Fault, float | None]) -> dict[Fault, float | None]:
    """Without what another fault, seen as clearly, makes of a picture: a black one is not called blurred as well."""
    left = dict(found)
    for fault, others in _EXPLAINS.items():
        if (left[fault] or 0.0) >= 1.0:
            left |= {other: 0.0 for other in others if left[other] is not None}
    return left
