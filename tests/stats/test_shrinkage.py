from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairaudit.stats.shrinkage import rank_intervals, shrink

cohorts = st.lists(st.tuples(st.floats(-0.9, 3), st.floats(1e-3, 1)), max_size=12)


def arrays(rows: list[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    both = np.array(rows, dtype=float).reshape(-1, 2)
    return both[:, 0], both[:, 1]


@given(cohorts)
def test_shrinks_towards_the_whole_and_never_past_it(rows: list[tuple[float, float]]) -> None:
    departure, variance = arrays(rows)
    shrunk = shrink(departure, variance)
    assert (np.abs(shrunk) <= np.abs(departure)).all()
    assert (shrunk * departure >= 0).all()


def test_nothing_is_left_of_what_chance_explains() -> None:
    departure = np.array([0.1, -0.1, 0.15, -0.05])
    np.testing.assert_array_equal(np.abs(shrink(departure, np.full(4, 0.02))), 0.0)


def test_worked_by_hand() -> None:
    # weights 100 and 25: (100 * 0.25 + 25 * 0.16 - 2) / 125 = 0.216; factors 0.216/0.226 and 0.216/0.256
    shrunk = shrink(np.array([0.5, -0.4]), np.array([0.01, 0.04]))
    np.testing.assert_allclose(shrunk, [0.5 * 0.216 / 0.226, -0.4 * 0.216 / 0.256])


def test_halves_the_error_on_the_null() -> None:
    """Acceptance bar A10, small: 50 cohorts that differ by chance alone."""
    rng = np.random.default_rng(0)
    variance = rng.uniform(0.005, 0.08, (300, 50))
    raw = rng.standard_normal((300, 50)) * np.sqrt(variance)
    shrunk = np.array([shrink(*row) for row in zip(raw, variance, strict=True)])
    assert np.sqrt((shrunk**2).mean()) <= 0.5 * np.sqrt((raw**2).mean())
    assert np.median(shrunk.max(axis=1)) <= 0.1


def test_keeps_what_is_there() -> None:
    rng = np.random.default_rng(1)
    truth = rng.normal(0, 0.5, 400)
    raw = truth + rng.normal(0, 0.25, 400)
    shrunk = shrink(raw, np.full(400, 0.25**2))
    assert ((shrunk - truth) ** 2).mean() < ((raw - truth) ** 2).mean()
    assert np.corrcoef(shrunk, truth)[0, 1] > 0.85


@given(cohorts)
def test_rank_intervals_hold_the_observed_rank(rows: list[tuple[float, float]]) -> None:
    departure, variance = arrays(rows)
    ranks = rank_intervals(departure, variance)
    assert ranks.shape == (len(rows), 2)
    for own, (first, last) in zip(departure, ranks, strict=True):
        assert 1 <= first <= 1 + (departure > own).sum()
        assert len(rows) >= last >= len(rows) - (departure < own).sum()


@given(cohorts)
def test_less_confidence_gives_narrower_rank_intervals(rows: list[tuple[float, float]]) -> None:
    departure, variance = arrays(rows)
    wide, narrow = rank_intervals(departure, variance, 0.99), rank_intervals(departure, variance, 0.5)
    assert (wide[:, 0] <= narrow[:, 0]).all()
    assert (wide[:, 1] >= narrow[:, 1]).all()


def test_rank_intervals_compare_some_pairs_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    departure, variance = rng.standard_normal(50), rng.uniform(0.001, 1, 50)
    at_once = rank_intervals(departure, variance)
    monkeypatch.setattr("fairaudit.stats.shrinkage._PAIRS", 120)
    np.testing.assert_array_equal(rank_intervals(departure, variance), at_once)


def test_rank_intervals_of_far_and_of_like_cohorts() -> None:
    far = rank_intervals(np.array([0.0, 2.0, 1.0]), np.full(3, 1e-4))
    assert far.tolist() == [[3, 3], [1, 1], [2, 2]]
    alike = rank_intervals(np.zeros(5), np.ones(5))
    assert alike.tolist() == [[1, 5]] * 5


def test_rank_intervals_hold_the_true_ranks() -> None:
    rng = np.random.default_rng(2)
    truth, variance = np.linspace(0.8, -0.8, 9), np.full(9, 0.04)
    rank = np.arange(1, 10)
    held = 0
    for _ in range(300):
        ranks = rank_intervals(truth + 0.2 * rng.standard_normal(9), variance)
        held += ((ranks[:, 0] <= rank) & (rank <= ranks[:, 1])).mean()
    assert held / 300 >= 0.95
