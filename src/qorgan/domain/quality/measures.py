"""What one picture shows by itself: numbers and small fields, no people. Pure; NumPy on a picture of 320×180.

Luma is full range (0 to 255). Cameras write a clock and their name along the edges of the picture, so brightness is
measured without the upper and lower twelfth.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 320, 180
CELL = 4  # samples: a cell of the field of edges is 4×4
BLOCK_ROWS, BLOCK_COLUMNS = 15, 20  # a block is 12×16 samples, that is 3×4 cells
EDGE = HEIGHT // 12
MONOCHROME_SPREAD = 0.8  # mean distance of chroma from grey, in steps of 255
NOISE_SHARE = 0.2  # of the blocks, the smoothest: there what is left is noise
STRIPE_REACHES = (2, 5, 9)  # rows: half of the width of a bar
EDGE_FLOOR = 30.0  # gradient energy per sample below which an edge is not one

Plane = NDArray[np.uint8]
Real = NDArray[np.float32]
Field = NDArray[np.complex64]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One decoded keyframe: luma of 180×320, both chroma planes of 90×160, full range."""

    luma: Plane
    cb: Plane
    cr: Plane


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measures:
    """One look. Fields are kept in memory for comparison with the next look; what is told to others are `numbers()`."""

    mean: float
    low: float  # the luma that 5 % of the samples do not exceed
    high: float  # … that 98 % do not exceed
    clipped: float  # share of samples of luma 250 and above
    contrast: float  # distance of the 5th and 95th percentile by mean brightness: the same in more or less light
    sharpness: float  # energy of fine detail by that of coarse detail, noise taken off
    noise: float  # standard deviation, in steps of luma, in the smoothest places
    stripes: float  # steps of luma: what differs from row to row, or column to column, all over the picture
    cb: float  # medians, less 128
    cr: float
    monochrome: bool  # night: the camera sees by infrared and gives no colours
    edges: Field  # 45×80: direction (doubled, so that dark and bright may change sides) and clearness of edges, 0 to 1
    energy: Real  # 15×20: energy of all gradients by block
    light: Real  # 15×20: mean luma by block
    fine: Real  # 15×20: energy of fine detail by block, noise taken off
    coarse: Real  # 15×20: energy of coarse detail by block
    luma: Plane  # the picture itself, for the next look: is it the same one?

    def numbers(self) -> dict[str, float]:
        """What may be told and shown."""
        names = (
            "mean",
            "low",
            "high",
            "clipped",
            "contrast",
            "sharpness",
            "noise",
            "stripes",
            "cb",
            "cr",
            "monochrome",
        )
        return {name: round(float(getattr(self, name)), 3) for name in names}


def measure(picture: Picture) -> Measures:
    """All measures of one picture. Costs some two milliseconds."""
    luma = picture.luma.astype(np.float32)
    inner = picture.luma[EDGE:-EDGE]
    counts = np.cumsum(np.bincount(inner.reshape(-1), minlength=256)) / inner.size
    low, middle_high, high = (int(np.searchsorted(counts, share)) for share in (0.05, 0.95, 0.98))
    mean = float(inner.mean())
    noise = _noise(luma)
    edges, energy = _edges(luma, noise)
    fine, coarse = _detail(luma, noise)
    (cb, from_grey_b), (cr, from_grey_r) = _colour(picture.cb), _colour(picture.cr)
    return Measures(
        mean=mean,
        low=float(low),
        high=float(high),
        clipped=float(1 - counts[249]),
        contrast=(middle_high - low) / (mean + 16),
        sharpness=float(fine.sum() / (coarse.sum() + 1)),
        noise=noise,
        stripes=_stripes(luma),
        cb=cb,
        cr=cr,
        monochrome=from_grey_b + from_grey_r < MONOCHROME_SPREAD,
        edges=edges,
        energy=energy,
        light=_pooled(luma, 12, 16),
        fine=fine,
        coarse=coarse,
        luma=picture.luma,
    )


def _colour(chroma: Plane) -> tuple[float, float]:
    """The median and the mean distance from grey, both counted from grey."""
    counts = np.bincount(chroma.reshape(-1), minlength=256)
    median = int(np.searchsorted(np.cumsum(counts), chroma.size / 2))
    return float(median - 128), float((counts * np.abs(np.arange(256) - 128)).sum() / chroma.size)


def _pooled(plane: Real, rows: int, columns: int) -> Real:
    """Means over whole blocks. Rows first: that adds long runs of memory and leaves little for the rest."""
    down, across = plane.shape[0] // rows, plane.shape[1] // columns
    cut = np.ascontiguousarray(plane[: down * rows, : across * columns])
    lines = cut.reshape(down, rows, across * columns).sum(axis=1)
    return np.asarray(lines.reshape(down, across, columns).sum(axis=2) / np.float32(rows * columns), dtype=np.float32)


def _noise(luma: Real) -> float:
    """Standard deviation of noise after Immerkær (1996): a mask that straight edges and ramps do not answer to."""
    across = luma[:, :-2] - 2 * luma[:, 1:-1] + luma[:, 2:]
    both = across[:-2] - 2 * across[1:-1] + across[2:]
    blocks = _pooled(np.abs(both), 12, 16).reshape(-1)
    place = int(blocks.size * NOISE_SHARE)
    return float(np.partition(blocks, place)[place] * np.sqrt(np.pi / 2) / 6)


def edge_floor(noise: float) -> float:
    """The energy of gradients at which a cell is half clear."""
    return EDGE_FLOOR + 6 * noise * noise


def _edges(luma: Real, noise: float) -> tuple[Field, Real]:
    """The structure tensor by cell: noise has no direction and cancels itself, light makes edges fainter, not other."""
    dx, dy = np.zeros_like(luma), np.zeros_like(luma)
    np.subtract(luma[:, 2:], luma[:, :-2], out=dx[:, 1:-1])
    np.subtract(luma[2:], luma[:-2], out=dy[1:-1])
    crossed = _pooled(dx * dy, CELL, CELL)
    across, down = _pooled(np.square(dx, out=dx), CELL, CELL), _pooled(np.square(dy, out=dy), CELL, CELL)
    energy = across + down
    field = np.asarray((across - down + 2j * crossed) / (energy + edge_floor(noise)), dtype=np.complex64)
    return field, _pooled(energy, 3, 4)


def _detail(luma: Real, noise: float) -> tuple[Real, Real]:
    """Energy of steps from sample to sample, and from group of four to group of four, by block."""
    fine = _pooled(_steps(luma), 12, 16) - np.float32(4 * noise * noise)
    coarse = _pooled(_steps(_pooled(luma, CELL, CELL)), 3, 4)
    return np.maximum(fine, 0), coarse


def _steps(plane: Real) -> Real:
    """Squares of the steps to the right and down; nothing at the last row and column."""
    energy = np.zeros_like(plane)
    inner = energy[:-1, :-1]
    np.square(plane[:-1, 1:] - plane[:-1, :-1], out=inner)
    inner += np.square(plane[1:, :-1] - plane[:-1, :-1])
    return energy


def _stripes(luma: Real) -> float:
    """How much rows (columns) differ from those around them in most parts of the picture alike.

    The median over many parts of a row leaves what runs through all of it; most rows of a real place have nothing that
    does, so that the 60th percentile of rows is about nothing.
    """
    by_row = _pooled(luma, 1, WIDTH // BLOCK_COLUMNS)
    by_column = np.ascontiguousarray(_pooled(luma, HEIGHT // BLOCK_ROWS, 1).T)
    return max(_through(parts, reach) for parts in (by_row, by_column) for reach in STRIPE_REACHES)


def _through(parts: Real, reach: int) -> float:
    bend = parts[reach:-reach] - (parts[: -2 * reach] + parts[2 * reach :]) / 2
    middle = bend.shape[1] // 2
    through = np.abs(np.partition(bend, middle, axis=1)[:, middle])
    place = int(0.6 * len(through))
    return float(np.partition(through, place)[place])
