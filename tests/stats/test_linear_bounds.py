from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairaudit.stats.linear_bounds import linear_bounds


@given(st.integers(0, 10_000))
def test_the_truth_is_within_the_bounds_which_more_sums_narrow(seed: int) -> None:
    rng = np.random.default_rng(seed)
    numbers = rng.integers(0, 50, 8).astype(float)
    sets = [np.arange(8), *(np.flatnonzero(rng.random(8) < 0.5) for _ in range(4))]
    target = np.flatnonzero(rng.random(8) < 0.3)
    few, many = (linear_bounds(8, known, [numbers[one].sum() for one in known], target) for known in (sets[:3], sets))
    truth = numbers[target].sum()
    assert few.low - 1e-6 <= many.low <= truth + 1e-6
    assert truth - 1e-6 <= many.high <= few.high + 1e-6


def test_bounds_of_a_table_with_margins() -> None:
    """Rows of 10 and 90, columns of 95 and 5: the cell of the first row and column has 5 to 10."""
    first_row, first_column = np.array([0, 1]), np.array([0, 2])
    bounds = linear_bounds(4, [np.arange(4), first_row, first_column], [100.0, 10.0, 95.0], np.array([0]))
    assert (bounds.low, bounds.high) == (5.0, 10.0)
    assert bounds.because == {0, 1, 2}


def test_nothing_known_is_no_bound() -> None:
    bounds = linear_bounds(3, [np.array([0])], [4.0], np.array([1, 2]))
    assert (bounds.low, bounds.high) == (0.0, np.inf)


def test_sums_that_cannot_be_are_no_secret() -> None:
    """A part of 10 of a whole of 4: whatever went wrong, every sum is suspect."""
    bounds = linear_bounds(3, [np.arange(3), np.array([0])], [4.0, 10.0], np.array([1, 2]))
    assert (bounds.low, bounds.high, bounds.because) == (0.0, 0.0, {0, 1})


def test_a_sum_that_is_known_has_no_width() -> None:
    bounds = linear_bounds(3, [np.arange(3), np.array([0])], [10.0, 4.0], np.array([1, 2]))
    assert bounds.low == pytest.approx(bounds.high) == pytest.approx(6.0)
