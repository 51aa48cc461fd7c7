"""The view a camera was approved with, and how a look compares with it. Pure.

A view holds no picture: it holds where edges stood and in which direction they ran, in cells of 4×4 samples, averaged
over many looks. What stays stays in the average; people, who come and go, fade out of it. There is one reference by
day and one by night; a look is compared with both and judged by the one that fits better, for dusk belongs to neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qorgan.domain.quality.measures import (
    BLOCK_COLUMNS,
    BLOCK_ROWS,
    CELL,
    HEIGHT,
    WIDTH,
    Field,
    Measures,
    Real,
    edge_floor,
)
from qorgan.domain.quality.ranks import middle, percentile

ROWS, COLUMNS = HEIGHT // CELL, WIDTH // CELL
ANCHOR = 0.02  # mean squared clearness from which on a block has edges to hold on to
FEWEST_ANCHORS = 6  # with fewer there is nothing to compare: a blank wall
SAME_LIGHT = 0.2  # logarithm of a ratio of brightness
_HERE = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0))  # a pole sways
EVENLY = 0.35  # between the quarters of such logarithms: less light, by day or by infrared, falls everywhere
DAYLIGHT = 2.0  # standard deviations in favour of the reference by day, for a look with colours
KEPT_FROM = 0.3  # of the clearness of a block's edges that must be found where they were


@dataclass(frozen=True, eq=False)
class Reference:
    """How a place looks by day, or by night."""

    edges: Field
    energy: Real
    light: Real
    fine: Real
    coarse: Real
    contrast: float  # the least of the looks: a white car makes more of it for a while
    sharpness: float
    noise: float
    stripes: float
    cb: float
    cr: float
    looks: int  # it was averaged over

    @cached_property
    def blocks(self) -> Real:
        """Clearness of edges by block, squared and averaged."""
        return by_block(self.edges.real**2 + self.edges.imag**2)

    @cached_property
    def spectrum(self) -> Field:
        """For finding where a view went."""
        return np.conj(spectrum_of(self.edges))

    @cached_property
    def around(self) -> Field:
        """The edges where they are and a cell away, a row for each: for finding how well a view fits its own place."""
        return np.stack([np.roll(self.edges, place, (0, 1)).reshape(-1) for place in _HERE])


@dataclass(frozen=True, slots=True)
class Peak:
    """Where a view fits best: how far away (as a share of the width), how well there, how well where it was."""

    shift: float
    distinct: float  # by how many standard deviations of all places it stands out
    here: float  # by how many the place where it was does


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Match:
    """A look beside a reference."""

    reference: Reference
    anchors: int  # blocks with edges that must be visible in this light
    lost: float  # share of them that no longer show these edges where they were
    lost_sharpness: float  # sharpness of what stands there instead, by that of the reference
    lost_structure: float  # clearness of the edges that stand there instead, by that of the ones that are lost
    here_fits: float  # how well it fits where it was, 0 to 1
    peak: Peak
    surface: Real  # 45×80: how well it fits, moved by so many cells, in standard deviations of all of them
    lost_in_light: float  # share of the lost blocks that are as bright as they should be, in whatever light
    parted: float  # how much lost and kept blocks keep to themselves: 1 is two areas, 0 is a mixture
    soft: Real  # sharpness by block, by that of the reference; NaN where there is nothing to compare
    fine_left: float  # energy of fine detail, by what the reference makes one expect in this light; 1 where it has none
    fine_kept: float  # the same, of the blocks that keep it best: four of five keep less
    coarse_left: float  # of coarse detail, in the middle of the same blocks


def by_block(cells: Real) -> Real:
    """Means over blocks of 3×4 cells."""
    lines = cells.reshape(BLOCK_ROWS, 3, COLUMNS).sum(axis=1)
    return np.asarray(lines.reshape(BLOCK_ROWS, BLOCK_COLUMNS, 4).sum(axis=2) / np.float32(12), dtype=np.float32)


def compare(measures: Measures, reference: Reference, spectrum: Field | None = None) -> Match:
    """Where the edges of a reference are now. `spectrum`: of the look's edges, if it is known already."""
    edges, before = measures.edges, reference.edges
    together = by_block(edges.real * before.real + edges.imag * before.imag)
    now = by_block(edges.real**2 + edges.imag**2)
    expected = _expected(measures, reference, together / np.sqrt(now * reference.blocks + 1e-9))
    anchored = reference.blocks * expected**2 > ANCHOR
    lost = anchored & (together < KEPT_FROM * expected * reference.blocks)
    anchors = int(anchored.sum())
    fits = np.fft.ifft2((spectrum_of(edges) if spectrum is None else spectrum) * reference.spectrum).real
    surface = np.asarray((fits - fits.mean()) / (fits.std() + 1e-9), dtype=np.float32)
    fine_left, fine_kept, coarse_left = _detail_left(measures, reference)
    norm = float(np.sqrt(now.mean() * reference.blocks.mean())) * edges.size + 1e-6
    return Match(
        reference=reference,
        anchors=anchors,
        lost=float(lost.sum() / max(1, anchors)),
        lost_sharpness=_sharpness(measures.fine[lost], measures.coarse[lost]) / max(reference.sharpness, 0.01),
        lost_structure=float(now[lost].sum() / (reference.blocks[lost].sum() + 1e-6)),
        here_fits=float(np.vecdot(reference.around, edges.reshape(-1)).real.max()) / norm,  # `@` would start threads
        peak=peak_of(surface),
        surface=surface,
        lost_in_light=float((lost & _as_bright(measures, reference)).sum() / max(1, int(lost.sum()))),
        parted=_parted(lost, anchored & ~lost),
        soft=_softness(measures, reference),
        fine_left=fine_left,
        fine_kept=fine_kept,
        coarse_left=coarse_left,
    )


def spectrum_of(edges: Field) -> Field:
    """Frequencies of a field of edges, evened out half-way.

    One long clear line, as that of a cloth before the lens, would fit any other line everywhere along it; evened out,
    what fits in one place alone counts for more.
    """
    spectrum = np.fft.fft2(edges / np.sqrt(np.abs(edges) + 1e-3))
    size = np.abs(spectrum)
    return np.asarray(spectrum / np.sqrt(size + size.mean() + 1e-9), dtype=np.complex64)


def peak_of(surface: Real) -> Peak:
    """The best place on a surface of 45×80 cells whose mean is 0."""
    best = int(np.argmax(surface))
    down, across = _signed(best // COLUMNS, ROWS), _signed(best % COLUMNS, COLUMNS)
    deviation = float(surface.std()) + 1e-6
    return Peak(
        shift=float(np.hypot(across, down)) / COLUMNS,
        distinct=float(surface[down, across]) / deviation,
        here=max(float(surface[place]) for place in _HERE) / deviation,
    )


def _expected(measures: Measures, reference: Reference, agreement: Real) -> Real:
    """By which factor edges must be fainter now, by block, because of less light or contrast, or of more noise.

    How much fainter the picture is, the blocks tell whose edges still run as they did: those are not covered. Where
    there are none of them, it is taken to be as much fainter as it is darker, if it is so all over.
    """
    agreeing = (reference.blocks > ANCHOR) & (agreement > 0.6)
    if agreeing.sum() >= FEWEST_ANCHORS:
        gain = middle(measures.energy[agreeing] / (reference.energy[agreeing] + 1))
    else:
        brighter = _brighter(measures, reference)
        evenly = percentile(brighter, 75) - percentile(brighter, 25) < EVENLY
        gain = float(np.exp(2 * middle(brighter))) if evenly else 1.0
    dimmed = reference.energy * min(gain, 1.0)
    now = dimmed / (dimmed + edge_floor(measures.noise))
    before = reference.energy / (reference.energy + edge_floor(reference.noise))
    return np.asarray(now / np.maximum(before, 1e-3), dtype=np.float32)


def _sharpness(fine: Real, coarse: Real) -> float:
    return float(fine.sum() / (coarse.sum() + 1))


def _as_bright(measures: Measures, reference: Reference) -> NDArray[np.bool_]:
    """The blocks whose brightness is what that of the others makes one expect."""
    ratio = _brighter(measures, reference)
    return np.asarray(np.abs(ratio - np.float32(middle(ratio))) < SAME_LIGHT)


def _brighter(measures: Measures, reference: Reference) -> Real:
    """Logarithm of the ratio of brightness, by block."""
    return np.asarray(np.log((measures.light + 4) / (reference.light + 4)), dtype=np.float32)


def _parted(lost: NDArray[np.bool_], kept: NDArray[np.bool_]) -> float:
    """What is covered lies side by side; edges that are too faint to be seen are missing here and there."""
    by_lost, by_kept = _neighbours(lost), _neighbours(kept)
    beside_lost, beside_kept = float(by_lost[lost].sum()), float(by_kept[kept].sum())
    mixed = float(by_lost[kept].sum())  # the same as `by_kept[lost].sum()`
    return beside_lost / (beside_lost + mixed + 1e-6) + beside_kept / (beside_kept + mixed + 1e-6) - 1


def _neighbours(blocks: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many of the eight blocks around each."""
    room = np.zeros((BLOCK_ROWS + 2, BLOCK_COLUMNS + 2), np.int64)  # `np.pad` takes ten times as long
    room[1:-1, 1:-1] = blocks
    rows = room[:-2] + room[1:-1] + room[2:]
    return np.asarray(rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:] - blocks)


def _signed(place: int, length: int) -> int:
    return place - length if place > length // 2 else place


def _softness(measures: Measures, reference: Reference) -> Real:
    usable = (reference.fine > 4) & (reference.coarse > 8) & (measures.coarse > 2)
    now = measures.fine / np.maximum(measures.coarse, 2)
    before = reference.fine / np.maximum(reference.coarse, 8)
    return np.where(usable, now / np.maximum(before, 0.01), np.nan).astype(np.float32)


def _detail_left(measures: Measures, reference: Reference) -> tuple[float, float, float]:
    """Of the middle block. Less light makes all contrast fainter; the blocks' own brightness tells by how much."""
    detailed = (reference.fine > 4) & (reference.coarse > 8)
    if detailed.sum() < FEWEST_ANCHORS:
        return 1.0, 1.0, 1.0
    dimmed = np.float32(min((_spread(measures.light) / (_spread(reference.light) + 1e-3)) ** 2, 1.0))
    fine = measures.fine[detailed] / (reference.fine[detailed] * dimmed + 1)
    coarse = measures.coarse[detailed] / (reference.coarse[detailed] * dimmed + 1)
    return middle(fine), percentile(fine, 80), middle(coarse)


def _spread(light: Real) -> float:
    return percentile(light, 75) - percentile(light, 25)


def averaged(looks: Sequence[Measures]) -> Reference:
    """A reference from looks at the same place in the same light. What moved between them fades out."""

    def mean(name: str) -> Real:
        return np.asarray(np.mean([getattr(look, name) for look in looks], axis=0), dtype=np.float32)

    def middle(name: str) -> float:
        return float(np.median([getattr(look, name) for look in looks]))

    return Reference(
        edges=np.mean([look.edges for look in looks], axis=0).astype(np.complex64),
        energy=mean("energy"), light=mean("light"), fine=mean("fine"), coarse=mean("coarse"),
        contrast=min(look.contrast for look in looks),
        sharpness=middle("sharpness"), noise=middle("noise"), stripes=middle("stripes"),
        cb=middle("cb"), cr=middle("cr"), looks=len(looks),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What a camera should see. Either reference may be missing: nobody has seen the place in that light yet."""

    day: Reference | None = None
    night: Reference | None = None

    @property
    def references(self) -> tuple[Reference, ...]:
        """Those there are; none: nobody has seen the place yet."""
        return tuple(one for one in (self.day, self.night) if one is not None)

    def best(self, measures: Measures) -> Match | None:
        """The look beside the reference that it fits best; `None` until the place was seen in this kind of light."""
        if (self.night if measures.monochrome else self.day) is None:
            return None
        spectrum = spectrum_of(measures.edges)
        matches = [compare(measures, one, spectrum) for one in self.references]

        def fits(match: Match) -> tuple[float, float]:
            by_day = match.reference is self.day and not measures.monochrome  # with colours: no infrared lamp is on
            return match.peak.distinct + DAYLIGHT * by_day, -match.lost

        return max(matches, key=fits, default=None)
