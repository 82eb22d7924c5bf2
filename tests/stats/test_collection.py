"""Allocation of a budget against every other allocation, and what a plan expects against what comes of it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fairaudit.stats.collection import GapWidths, allocate, utterances_per_speaker
from fairaudit.stats.dispersion import Dispersion, fit_dispersion
from tests.calibration.collection import SHARES, simulated


def gaps_of(rng: np.random.Generator, cohorts: int) -> GapWidths:
    """Gaps of random cohorts of 11 to 80 speakers, each with all others."""
    speakers, rate, words = rng.integers(11, 80, cohorts), rng.uniform(0.05, 0.2, cohorts), rng.uniform(50, 500)
    squares = words**2 * rng.uniform(1, 3, cohorts)
    sums = np.stack([speakers, speakers * rate * words, speakers * words, speakers * squares])
    new = np.stack([np.ones(cohorts), rate * words, np.full(cohorts, words), np.full(cohorts, 1.5 * words**2)])
    spread = Dispersion(0.1, rng.uniform(1, 3), rng.uniform(0, 0.6))
    gaps = GapWidths(sums, new, np.eye(cohorts, dtype=bool), np.ones((2, cohorts)), spread)
    reach = 1.96 * np.sqrt(gaps.now) * rng.uniform(1, 1.3, (2, cohorts))
    return GapWidths(sums, new, gaps.inside, reach, spread)


@pytest.mark.parametrize(("cohorts", "budget"), [(2, 30), (3, 14), (4, 8)])
def test_no_other_allocation_is_better(cohorts: int, budget: int) -> None:
    for seed in range(6):
        gaps = gaps_of(np.random.default_rng(seed), cohorts)
        every = [one for one in itertools.product(range(budget + 1), repeat=cohorts) if sum(one) == budget]
        added = allocate(gaps, np.ones(cohorts), budget)
        assert added.sum() == budget
        assert gaps.after(added).max() <= 1.005 * gaps.after(np.array(every)).max(axis=1).min()


@given(seed=st.integers(0, 2**32 - 1), cohorts=st.integers(2, 8), budget=st.floats(1, 200))
@settings(max_examples=20)
def test_all_that_buys_a_speaker_is_spent(seed: int, cohorts: int, budget: float) -> None:
    rng = np.random.default_rng(seed)
    prices = rng.uniform(0.5, 20, cohorts)
    added = allocate(gaps_of(rng, cohorts), prices, budget)
    assert (added >= 0).all()
    assert -1e-6 <= budget - added @ prices < prices.min() + 1e-6


def test_the_order_of_cohorts_changes_nothing() -> None:
    gaps, order = gaps_of(np.random.default_rng(1), 5), np.array([3, 0, 4, 1, 2])
    other = GapWidths(gaps.sums[:, order], gaps.new[:, order], gaps.inside, gaps.reach[:, order], gaps.dispersion)
    assert (allocate(other, np.ones(5), 100) == allocate(gaps, np.ones(5), 100)[order]).all()


def test_without_new_speakers_an_interval_is_as_wide_as_it_is() -> None:
    gaps = gaps_of(np.random.default_rng(2), 4)
    down, up = gaps.reach
    assert gaps.after(np.zeros(4)) == pytest.approx((np.exp(up) - np.exp(-down)) / 2)


def test_four_times_as_many_speakers_halve_an_interval_that_is_as_wide_as_its_variance() -> None:
    gaps = gaps_of(np.random.default_rng(3), 3)
    like_them = gaps.sums / gaps.sums[0]
    usual = GapWidths(gaps.sums, like_them, gaps.inside, np.full((2, 3), 1e-3), gaps.dispersion)
    assert usual.after(3 * gaps.sums[0]) == pytest.approx(usual.after(np.zeros(3)) / 2, rel=1e-5)


def test_tau2_follows_the_shares_of_cohorts_with_different_rates() -> None:
    """Against the dispersion that is fitted to as many speakers without effects of their own."""
    rates, few, many = np.array([0.1, 0.2]), np.array([900, 100]), np.array([900, 900])

    def sums_of(speakers: NDArray[np.int64]) -> tuple[NDArray[np.float64], Dispersion]:
        words = [np.linspace(1e4, 1e6, n) for n in speakers]  # so many that counts hardly vary
        every = np.concatenate(words)
        sums = [[len(own), rate * own.sum(), own.sum(), (own**2).sum()] for own, rate in zip(words, rates, strict=True)]
        return np.array(sums).T, fit_dispersion(np.repeat(rates, speakers) * every, every)

    (sums, now), (later, then) = map(sums_of, (few, many))
    new = (later - sums) / np.maximum(1, many - few)
    gaps = GapWidths(sums, new, np.eye(2, dtype=bool), np.ones((2, 2)), now)
    expected = (then.tau2 * later[3] / later[2] ** 2).sum()
    assert expected > 1.5 * (now.tau2 * later[3] / later[2] ** 2).sum()
    assert gaps.variances(many - few) == pytest.approx([expected] * 2, rel=0.03)


@given(
    within=st.floats(0.01, 100),
    between=st.floats(0.001, 10),
    speaker=st.floats(0, 100),
    utterance=st.floats(0.1, 10),
)
def test_no_other_number_of_utterances_is_better(
    within: float, between: float, speaker: float, utterance: float
) -> None:
    best = utterances_per_speaker(within, between, speaker, utterance, most=60)
    m = np.arange(1, 61)
    cost = (speaker + m * utterance) * (between + within / m)
    assert 1 <= best <= 60
    assert cost[best - 1] <= cost.min() * (1 + 1e-9)


@pytest.mark.slow
def test_plans_keep_what_they_promise() -> None:
    """A seeded part of ``tests/calibration/collection.py``."""
    runs = [simulated(np.random.default_rng(seed), 0.6, 300, 150) for seed in range(12)]
    assert 0.93 < np.median(np.concatenate([ratios for ratios, _, _ in runs])) < 1.07
    mean = {way: np.mean([widest[way] for _, _, widest in runs]) for way in ("plan", "equal", "proportional")}
    assert mean["plan"] < 0.95 * mean["equal"] < mean["proportional"]
    assert len(SHARES) == len(runs[0][0])
