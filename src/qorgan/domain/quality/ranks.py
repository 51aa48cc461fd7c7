"""Medians and percentiles of small arrays: the values of NumPy's own, without their checks, which take longer."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def middle(values: NDArray[Any]) -> float:
    """The median; of an even count the mean of the two in the middle. There is at least one value, and none is NaN."""
    flat = values.reshape(-1)
    upper = flat.size // 2
    if flat.size % 2:
        return float(np.partition(flat, upper)[upper])
    ordered = np.partition(flat, (upper - 1, upper))
    return float((ordered[upper - 1] + ordered[upper]) / flat.dtype.type(2))


def percentile(values: NDArray[Any], percent: float) -> float:
    """Linear between the neighbours, as NumPy's. There is at least one value, and none is NaN."""
    flat = values.reshape(-1)
    place = percent / 100 * (flat.size - 1)
    lower = int(place)
    upper = min(lower + 1, flat.size - 1)
    ordered = np.partition(flat, (lower, upper))
    low, high, share = float(ordered[lower]), float(ordered[upper]), place - lower
    # From the nearer end: what lies between equals stays equal
    return low + (high - low) * share if share < 0.5 else high - (high - low) * (1 - share)
