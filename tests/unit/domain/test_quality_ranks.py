"""Medians and percentiles are those of NumPy, to the last bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from qorgan.domain.quality.ranks import middle, percentile

planes = some.one_of(
    arrays(np.float32, some.integers(1, 40), elements=some.floats(-1e3, 1e3, width=32)),
    arrays(np.uint8, some.tuples(some.integers(1, 9), some.integers(1, 9))),
)


@given(planes)
def test_the_middle_is_the_median(values: NDArray[np.float32]) -> None:
    if values.dtype == np.float32:
        assert middle(values) == float(np.median(values))


@given(planes, some.sampled_from((0, 20, 30, 50, 70, 90, 100)))
def test_a_percentile_is_numpys(values: NDArray[np.float32], percent: int) -> None:
    assert percentile(values, percent) == pytest.approx(
        float(np.percentile(values.astype(np.float64), percent)), rel=1e-12
    )
