"""Whether a picture has the detail of its size, or is a smaller one enlarged. Pure; NumPy.

A sharp edge is as high from sample to sample as from pair to pair. In a picture that was enlarged to twice its size, or
is out of focus, it is spread over several samples, and from one to the next hardly anything happens.
"""

import numpy as np

from qorgan.domain.quality.measures import Plane, Real

BANDS, BAND_ROWS = 8, 32  # what is looked at of a large picture: enough of it, at a bounded cost
TEXTURED = 90  # percentile of energy: pieces with edges; the rest is noise and flat walls
PIECE = 16  # samples


def detail(luma: Plane) -> float:
    """Energy of steps between samples by that between pairs of samples, where edges are: 0 to about 1.

    About 0.5 and more: as sharp as the size allows. About 0.35 and less: half the size would show as much. 0: a picture
    without edges. `luma`: of at least 64×64 samples.
    """
    height, width = luma.shape
    if min(height, width) < 64:
        raise ValueError(f"a picture of {width}×{height} is too small to say")
    fine, coarse = list[Real](), list[Real]()
    for start in np.linspace(0, height - BAND_ROWS, BANDS).astype(int):
        band = luma[start : start + BAND_ROWS, : width // PIECE * PIECE].astype(np.float32)
        fine.append(_by_piece(_steps(band), PIECE))
        coarse.append(_by_piece(_steps(_halved(band)), PIECE // 2))
    small, large = np.concatenate(fine).reshape(-1), np.concatenate(coarse).reshape(-1)
    quiet = np.percentile(small, 20), np.percentile(large, 20)  # noise, which has detail of its own
    edged = large >= np.percentile(large, TEXTURED)
    energy = float((large[edged] - quiet[1]).sum())
    return 0.0 if energy <= 1 else float(max(0.0, (small[edged] - quiet[0]).sum()) / energy)


def _halved(plane: Real) -> Real:
    lines = plane[0::2] + plane[1::2]
    return np.asarray((lines[:, 0::2] + lines[:, 1::2]) / np.float32(4), dtype=np.float32)


def _steps(plane: Real) -> Real:
    energy = np.zeros_like(plane)
    np.square(plane[:-1, 1:] - plane[:-1, :-1], out=energy[:-1, :-1])
    energy[:-1, :-1] += np.square(plane[1:, :-1] - plane[:-1, :-1])
    return energy


def _by_piece(plane: Real, size: int) -> Real:
    rows, columns = plane.shape[0] // size, plane.shape[1] // size
    cut = plane[: rows * size, : columns * size]
    return np.asarray(cut.reshape(rows, size, columns, size).mean(axis=(1, 3)), dtype=np.float32)
