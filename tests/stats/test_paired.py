from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from fairaudit.core.counts import ErrorCounts
from fairaudit.stats.between import between_cohorts
from fairaudit.stats.paired import Spread, change_between, gap_change_interval, regression_p

Counts = Callable[..., ErrorCounts]
Array = NDArray[np.float64]


def world(rng: np.random.Generator, size: int, gain: float = 0.0) -> tuple[Array, Array, Array]:
    """Words, errors before and after: half of the errors stay, half are made anew, relatively ``gain`` more of them."""
    words = np.maximum(5, rng.lognormal(5, 0.8, size)).round()
    expected = 0.1 * rng.lognormal(0, 0.6, size) * words
    common = rng.poisson(expected / 2)
    after = rng.poisson(expected / 2 * rng.lognormal(-0.02, 0.2, size) * (1 + 2 * gain))
    return words, (common + rng.poisson(expected / 2)).astype(float), (common + after).astype(float)


@pytest.mark.slow
@pytest.mark.parametrize("size", [20, 100])
def test_intervals_of_a_change_hold_the_truth(size: int, counts: Counts) -> None:
    rng, held = np.random.default_rng(1), 0
    for _ in range(300):
        words, before, after = world(rng, 600)
        spread = Spread.fit(after - before, words)
        some = rng.choice(600, size, replace=False)
        cells = counts(before[some], words[some], some)
        low, high = change_between(cells, replace(cells, errors=after[some]), spread).interval or (1.0, 1.0)
        held += low <= 0 <= high
    assert 0.93 <= held / 300 <= 0.997


@pytest.mark.slow
def test_cohorts_that_did_not_change_are_called_worse_at_most_at_the_level() -> None:
    rng, false = np.random.default_rng(2), 0
    for seed in range(400):
        _, before, after = world(rng, 600)
        cohort = rng.integers(0, 20, 600)
        p = regression_p(after - before, np.arange(600), cohort, draws=99, seed=seed)
        false += p.min() <= 0.05
    assert false <= 31  # binomial limit of 400 runs at .05


def test_a_cohort_made_worse_is_called_worse_while_others_gain() -> None:
    rng = np.random.default_rng(3)
    _, before, after = world(rng, 600, gain=-0.2)
    cohort = np.repeat(np.arange(10), 60)
    after = after + np.where(cohort == 7, np.ceil(0.7 * before), 0)
    p = regression_p(after - before, np.arange(600), cohort, draws=999, seed=0)
    assert p[7] <= 0.01
    assert np.delete(p, 7).min() > 0.05


def test_flips_are_of_whole_speakers() -> None:
    # three speakers, each in both cohorts: of the 8 ways to flip them, 2 make the highest sum as high
    difference = np.array([1.0, 2.0, 3.0, 1.0, 2.0, 3.0])
    speaker, cohort = np.array([0, 1, 2, 0, 1, 2]), np.array([0, 0, 0, 1, 1, 1])
    p = regression_p(difference, speaker, cohort, draws=4000, seed=0)
    ways = [np.dot(signs, [1, 2, 3]) >= 6 for signs in itertools.product((1, -1), repeat=3)]
    assert p == pytest.approx(np.mean(ways), abs=0.02)
    opposed = regression_p(difference * np.repeat([1, -1], 3), speaker, cohort, draws=4000, seed=0)
    assert opposed == pytest.approx([2 / 8, 1], abs=0.03)


def test_swapping_the_recognisers_turns_the_change_round(counts: Counts) -> None:
    words, before, after = world(np.random.default_rng(4), 50)
    cells, spread = counts(before, words), Spread.fit(after - before, words)
    there = change_between(cells, replace(cells, errors=after), spread)
    back = change_between(replace(cells, errors=after), cells, Spread.fit(before - after, words))
    assert there.interval is not None
    assert back.interval is not None
    assert back.difference == pytest.approx(-there.difference)
    assert back.interval == pytest.approx((-there.interval[1], -there.interval[0]))


def test_saying_everything_twice_changes_nothing(counts: Counts) -> None:
    words, before, after = world(np.random.default_rng(5), 80)

    def change(times: int) -> tuple[float, float] | None:
        cells = counts(times * before, times * words)
        return change_between(
            cells, replace(cells, errors=times * after), Spread.fit(times * (after - before), times * words)
        ).interval

    assert change(2) == pytest.approx(change(1), abs=1e-9)


def test_the_same_errors_are_no_change_at_all(counts: Counts) -> None:
    words, before, _ = world(np.random.default_rng(6), 40)
    cells = counts(before, words)
    spread = Spread.fit(before - before, words)
    assert change_between(cells, cells, spread).interval == (0.0, 0.0)
    assert regression_p(before - before, np.arange(40), np.arange(40) % 2, draws=19, seed=0).tolist() == [1.0, 1.0]
    halves = cells.where(np.arange(40) < 20), cells.where(np.arange(40) >= 20)
    assert gap_change_interval(halves, halves) == (0.0, 0.0)


@pytest.mark.slow
def test_intervals_of_a_gaps_change_hold_the_truth(counts: Counts) -> None:
    rng, held = np.random.default_rng(7), 0
    for _ in range(300):
        words, before, after = world(rng, 120)
        cells = counts(before, words)
        inside = np.arange(120) < 40
        both = [(each.where(inside), each.where(~inside)) for each in (cells, replace(cells, errors=after))]
        low, high = gap_change_interval(*both) or (1.0, 1.0)
        held += low <= 0 <= high
    assert 0.92 <= held / 300 <= 0.99


@pytest.mark.slow
def test_intervals_of_a_gaps_change_hold_the_truth_where_few_speakers_make_the_change(counts: Counts) -> None:
    """A candidate that falls into a loop with few speakers: a bottom of 20 most often holds none of them."""
    rng, held, runs = np.random.default_rng(9), 0, 300
    for _ in range(runs):
        words = np.maximum(5, rng.lognormal(5, 0.8, 400)).round()
        expected = 0.1 * rng.lognormal(-0.18, 0.6, 400) * words
        loops = words / 4000
        after = rng.poisson(np.maximum(0, expected - 60 * loops)) + 60.0 * rng.poisson(loops)
        cells = counts(rng.poisson(expected), words)
        inside = np.arange(400) < 20
        both = [(each.where(inside), each.where(~inside)) for each in (cells, replace(cells, errors=after))]
        low, high = gap_change_interval(*both) or (-np.inf, np.inf)
        held += low <= 0 <= high
    assert held / runs >= 0.93


def test_agreement_beyond_what_the_log_predicts_is_no_evidence() -> None:
    difference, who = np.repeat([1.0, 5.0, -5.0], [20, 10, 10]), np.arange(40)
    cohort = (who >= 20).astype(np.int64)
    alone = regression_p(difference, who, cohort, draws=999, seed=0)
    predicted = regression_p(difference, who, cohort, draws=999, seed=0, least=np.array([20 * 12.5, 0.0]))
    assert alone[0] == 0.001
    assert predicted[0] > 0.05
    assert predicted[1] == pytest.approx(alone[1], abs=0.05)


def test_too_few_speakers_have_no_interval(counts: Counts) -> None:
    cells = counts([1, 2], [10, 20])
    assert change_between(cells, cells, Spread(0.1, 0.1)).interval is None
    assert gap_change_interval((cells, cells), (cells, cells)) is None


def test_the_variance_between_cohorts_is_without_that_of_sampling(counts: Counts) -> None:
    rng, found = np.random.default_rng(8), []
    truth = np.array([0.08, 0.1, 0.12, 0.1, 0.14])
    for _ in range(300):
        cohorts = [
            counts(rng.poisson(rate * 300 * rng.gamma(9, 1 / 9, 25)), np.full(25, 300.0), np.arange(25))
            for rate in truth
        ]
        between = between_cohorts(cohorts)
        assert between is not None
        found.append((between.mean, between.variance))
    means, variances = np.array(found).T
    assert means.mean() == pytest.approx(truth.mean(), rel=0.01)
    assert variances.mean() == pytest.approx(np.var(truth, ddof=1), rel=0.1)


def test_one_cohort_has_no_variance(counts: Counts) -> None:
    between = between_cohorts([counts([1, 2, 3], [10, 20, 30])])
    assert between is not None
    assert (between.mean, between.maximum, between.variance) == (0.1, 0.1, None)
    assert between_cohorts([]) is None


def test_variance_within_groups_ignores_what_groups_have_in_common() -> None:
    words, before, after = world(np.random.default_rng(5), 200)
    change, group = after - before, np.arange(200) % 4

    def within(change: Array) -> Spread:
        return Spread.within([(change[group == g], words[group == g]) for g in range(4)])

    moved = within(change + np.array([0.0, -0.25, 0.5, 1.0])[group] * words)
    assert (moved.word, moved.speaker) == pytest.approx((within(change).word, within(change).speaker), rel=1e-9)


def test_variance_within_groups_is_unbiased_where_groups_are_small() -> None:
    rng, words = np.random.default_rng(6), np.full(1200, 100.0)
    change = rng.normal(0, 10, 1200)
    pairs = Spread.within([(change[i : i + 2], words[i : i + 2]) for i in range(0, 1200, 2)])
    assert pairs.variance(words) == pytest.approx(Spread.fit(change, words).variance(words), rel=0.1)


def test_groups_of_one_speaker_say_nothing() -> None:
    change, words = np.array([3.0, -1, 2, 40]), np.full(4, 100.0)
    several = [(change[:3], words[:3])]
    assert Spread.within([*several, (change[3:], words[3:])]) == Spread.within(several)
    alone = [(change[i : i + 1], words[i : i + 1]) for i in range(4)]
    assert Spread.within(alone) == Spread.fit(change, words)
