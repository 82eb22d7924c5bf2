from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairaudit.stats.split import split_speakers


@given(st.integers(0, 300), st.floats(0.1, 0.9), st.integers(0, 5))
def test_holds_out_the_asked_share(size: int, fraction: float, seed: int) -> None:
    chosen = split_speakers(np.random.default_rng(0).random(size), fraction, seed)
    blocks = size / 20 + 1
    assert abs(chosen.sum() - fraction * size) <= blocks
    assert chosen.dtype == bool


def test_every_block_of_like_talkers_is_split_alike() -> None:
    exposure = np.random.default_rng(0).permutation(2000.0 - np.arange(2000))
    chosen = split_speakers(exposure, 0.3, 1)
    by_exposure = chosen[np.argsort(exposure)].reshape(100, 20)
    assert (by_exposure.sum(axis=1) == 6).all()


def test_seeds_choose_and_everyone_may_be_chosen() -> None:
    exposure = np.full(60, 7.0)
    draws = np.array([split_speakers(exposure, 0.5, seed) for seed in range(200)])
    np.testing.assert_array_equal(draws[3], split_speakers(exposure, 0.5, 3))
    assert not np.array_equal(draws[3], draws[4])
    np.testing.assert_allclose(draws.mean(axis=0), 0.5, atol=0.15)


def test_among_equals_the_split_has_nothing_to_do_with_the_order() -> None:
    """All exposures tie: who stands first in the table is not held out more often with those next to him."""
    draws = np.array([split_speakers(np.ones(40), 0.5, seed) for seed in range(500)], dtype=float)
    together = np.corrcoef(draws.T)
    neighbours, strangers = np.diag(together, 1), together[:20, 20:]
    assert abs(neighbours.mean()) < 0.06  # -1/19 within a block
    assert abs(strangers.mean()) < 0.01


@pytest.mark.parametrize("factor", [2.0, 1e6])
def test_units_of_exposure_do_not_matter(factor: float) -> None:
    exposure = np.random.default_rng(1).integers(1, 50, 333).astype(float)
    np.testing.assert_array_equal(split_speakers(exposure, 0.5, 0), split_speakers(factor * exposure, 0.5, 0))
