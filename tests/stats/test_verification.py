"""Rates of trials and their intervals, against the same by brute force and against simulated truths."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from fairaudit.stats.verification import Trials, garbe
from tests.calibration.trials import WORLDS, covered

rows = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])),
    min_size=1,
    max_size=30,
)


def trials_of(cells: list[tuple[int, int, float]]) -> Trials:
    first, second, score = map(np.array, zip(*cells, strict=True))
    return Trials(first, second, score)


def both_kinds(cells: list[tuple[int, int, float]]) -> bool:
    return {a == b for a, b, _ in cells} == {True, False}


@given(rows, st.sampled_from([-1.0, 0.25, 0.3, 2.0]))
def test_rates_are_shares_of_trials(cells: list[tuple[int, int, float]], threshold: float):
    trials = trials_of(cells)
    rejected = [score < threshold for a, b, score in cells if a == b]
    accepted = [score >= threshold for a, b, score in cells if a != b]
    for got, wrong in ((trials.false_rejects(threshold), rejected), (trials.false_accepts(threshold), accepted)):
        assert got.trials == len(wrong)
        if wrong:
            assert got.value == pytest.approx(np.mean(wrong))
            assert 0 <= got.low <= got.value <= got.high <= 1


@given(rows.filter(both_kinds))
def test_the_equal_error_rate_is_where_the_rates_cross(cells: list[tuple[int, int, float]]):
    """On every side of its threshold, one of the two rates is at least as high and the other at most."""
    trials = trials_of(cells)
    equal, threshold = trials.equal_error_rate()
    levels = np.unique([*trials.score, 2.0])
    rejects = np.array([np.mean(trials.score[trials.is_target] < t) for t in levels])
    accepts = np.array([np.mean(trials.score[~trials.is_target] >= t) for t in levels])
    i = int(np.flatnonzero(rejects >= accepts)[0])
    bounds = sorted([*rejects[max(i - 1, 0) : i + 1], *accepts[max(i - 1, 0) : i + 1]])
    assert bounds[0] - 1e-9 <= equal.value <= bounds[-1] + 1e-9
    assert np.searchsorted(levels, threshold) == i or threshold > levels[-2]
    mirrored = Trials(trials.first, trials.second, -trials.score)
    assert 0 <= mirrored.equal_error_rate()[0].value <= 1


def test_equal_error_rates_of_separated_and_of_random_scores():
    first, second = np.array([0, 1, 2, 0, 1, 2]), np.array([0, 1, 2, 1, 2, 0])
    assert Trials(first, second, np.array([3.0, 3, 3, 1, 1, 1])).equal_error_rate()[0].value == 0
    assert Trials(first, second, np.array([1.0, 1, 1, 3, 3, 3])).equal_error_rate()[0].value == 1
    assert Trials(first, second, np.ones(6)).equal_error_rate()[0].value == pytest.approx(0.5)
    with pytest.raises(ValueError, match="of one speaker and of two"):
        Trials(first[:3], second[:3], np.ones(3)).equal_error_rate()


@given(rows, st.sampled_from([0.1, 0.25, 0.5, 0.9]))
def test_the_threshold_of_a_false_match_rate_is_the_lowest(cells: list[tuple[int, int, float]], share: float):
    trials = trials_of(cells)
    if trials.is_target.all():
        return
    threshold = trials.threshold_at(share)
    assert trials.false_accepts(threshold).value <= share
    lower = trials.score[trials.score < threshold]
    if len(lower):
        assert trials.false_accepts(lower.max()).value > share


def test_the_variance_is_the_sum_over_trials_with_a_speaker_in_common():
    """By brute force over pairs of trials, where no speaker has many of them."""
    rng = np.random.default_rng(0)
    n = 300
    trials = Trials(rng.integers(0, 60, n), rng.integers(60, 120, n), rng.random(n))
    got = trials.false_accepts(0.8)
    wrong = (trials.score >= 0.8) - got.value
    sides = [{a, b} for a, b in zip(trials.first.tolist(), trials.second.tolist(), strict=True)]
    covariance = sum(wrong[i] * wrong[j] for i, j in combinations(range(n), 2) if sides[i] & sides[j])
    error = np.sqrt((wrong @ wrong + 2 * covariance) / n**2)
    odds = [np.log(end / (1 - end)) for end in (got.low, got.high)]
    from_interval = (odds[1] - odds[0]) / 2 * got.value * (1 - got.value)
    assert 1.9 < from_interval / error < 2.2  # the quantile of t, and what sharing trials adds


def test_an_interval_without_errors_has_the_bound_of_its_speakers():
    speakers = np.repeat(np.arange(20), 50)
    got = Trials(speakers, speakers, np.ones(1000)).false_rejects(0.5)
    assert (got.value, got.low, got.speakers) == (0, 0, 20)
    assert got.high == pytest.approx(1 - 0.025 ** (1 / 20))


def test_errors_of_each_speaker_may_cancel():
    speakers = np.repeat(np.arange(4), 2)
    got = Trials(speakers, speakers, np.tile([0.0, 1.0], 4)).false_rejects(0.5)
    assert got.value == 0.5
    assert 0 < got.low < 0.5 < got.high < 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["100 speakers, 200 trials each", "100 speakers, 100 trials each, goats"])
def test_intervals_hold_the_truth_and_those_of_independent_trials_do_not(name: str):
    runs = 60
    rejects, accepts, equal, naive = np.sum([covered(WORLDS[name], seed) for seed in range(runs)], axis=0)
    least = binom.ppf(0.005, runs, 0.93)
    assert min(rejects, accepts, equal) >= least
    assert naive < 0.6 * runs


def test_garbe_is_that_of_its_paper():
    """Gini's coefficient by its definition, times n ÷ (n − 1)."""
    rejects, accepts = np.array([0.1, 0.2, 0.6]), np.array([0.01, 0.01, 0.03])

    def gini(x: np.ndarray) -> float:
        return sum(abs(a - b) for a in x for b in x) / (2 * len(x) ** 2 * x.mean()) * len(x) / (len(x) - 1)

    assert garbe(rejects, accepts, 0.25) == pytest.approx(0.25 * gini(accepts) + 0.75 * gini(rejects))
    assert garbe(np.array([0.2]), np.array([0.1])) == garbe(np.zeros(3), np.zeros(3)) == 0
