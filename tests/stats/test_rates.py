from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from fairaudit.core.counts import ErrorCounts
from fairaudit.stats.dispersion import Dispersion, fit_dispersion
from fairaudit.stats.rates import Gap, effective_speakers, gap_between, rate_interval

Counts = Callable[..., ErrorCounts]
POISSON = Dispersion(rate=0.1, phi=1.0, tau2=0.0)


def test_effective_speakers(counts: Counts) -> None:
    assert effective_speakers(counts([1, 1, 1, 1], [50, 50, 50, 50])) == 4
    assert effective_speakers(counts([1, 1, 1], [30, 10, 0])) == pytest.approx(1.6)
    assert effective_speakers(counts([1, 1, 1], [15, 15, 10], speaker=[0, 0, 1])) == pytest.approx(1.6)
    assert effective_speakers(counts([1], [0])) == 0


def test_own_variance_worked_by_hand(counts: Counts) -> None:
    # Rates .05, .10, .15, .10 of 100 words: influences -1/8, 0, 1/8, 0, times sqrt(4/3): variance 1/24, t on 3.
    part = counts([5, 10, 15, 10], [100, 100, 100, 100])
    half = stats.t.ppf(0.975, 3) * math.sqrt(1 / 24)
    assert rate_interval(part, POISSON) == pytest.approx((0.1 * math.exp(-half), 0.1 * math.exp(half)))


def test_pooled_variance_worked_by_hand(counts: Counts) -> None:
    # Speakers alike: only phi / E + tau2 / n = 2/40 + 0.3/4 is left, with the normal quantile.
    half = stats.norm.ppf(0.975) * math.sqrt(2 / 40 + 0.3 / 4)
    low, high = rate_interval(counts([10] * 4, [100] * 4), Dispersion(0.1, 2.0, 0.3))
    assert (low, high) == pytest.approx((0.1 * math.exp(-half), 0.1 * math.exp(half)))


def test_an_interval_reaches_further_where_the_skewness_points(counts: Counts) -> None:
    exposure = [100.0] * 30
    most_good = counts([5.0] * 25 + [40.0, 45, 50, 60, 70], exposure)
    low, high = rate_interval(most_good, POISSON)
    assert high / most_good.rate > most_good.rate / low
    even = counts([5.0, 10.0, 15.0] * 10, exposure)
    low, high = rate_interval(even, POISSON)
    assert high / even.rate == pytest.approx(even.rate / low)


def test_few_speakers_who_make_the_variance_leave_few_degrees_of_freedom(counts: Counts) -> None:
    """Two of forty speakers differ: the variance rests on them, and the interval is that of far fewer than forty."""
    errors = [10.0] * 38 + [2.0, 18.0]
    low, _ = rate_interval(counts(errors, [100.0] * 40), Dispersion(0.1, 0.01, 0.0))
    influence = np.array([-8.0, 8.0]) / 400 * (40 / 39) * math.sqrt(39 / 40)
    variance = (influence**2).sum()
    freedom = 2 * variance**2 / ((influence**4).sum() - variance**2 / 40)
    assert freedom == pytest.approx(4.2, abs=0.1)
    assert low == pytest.approx(0.1 * math.exp(-stats.t.ppf(0.975, freedom) * math.sqrt(variance)))


def test_no_errors_end_at_the_exact_poisson_limit(counts: Counts) -> None:
    low, high = rate_interval(counts([0, 0, 0], [100, 100, 100]), POISSON)
    assert low == 0.0
    assert high == pytest.approx(stats.chi2.ppf(0.975, 2) / 2 / 300)


@pytest.mark.parametrize("exposure", [[100.0, 100.0], [1000.0, 10.0, 10.0], [0.0, 0.0, 0.0, 0.0]])
def test_too_few_effective_speakers_have_no_interval(counts: Counts, exposure: list[float]) -> None:
    few, many = counts([3.0] * len(exposure), exposure), counts([5.0] * 9, [50.0] * 9)
    assert rate_interval(few, POISSON) is None
    assert gap_between(few, many, POISSON).ratio_interval is None
    assert gap_between(many, few, POISSON).ratio_interval is None


def test_a_gap_without_errors_has_no_interval(counts: Counts) -> None:
    none, some = counts([0.0] * 9, [50.0] * 9), counts([5.0] * 9, [50.0] * 9)
    assert gap_between(some, none, POISSON).ratio_interval is None
    assert math.isnan(gap_between(some, none, POISSON).relative)
    assert gap_between(none, some, POISSON) == Gap(0.0, 0.1, None)


def test_gap_worked_by_hand(counts: Counts) -> None:
    bottom = counts([5, 10, 15, 10], [50, 50, 50, 50])
    rest = counts([5, 10, 15, 10], [100, 100, 100, 100], speaker=[4, 5, 6, 7])
    gap = gap_between(bottom, rest, POISSON)
    assert (gap.ratio, gap.relative, gap.absolute) == pytest.approx((2.0, 1.0, 0.1))
    # two variances of 1/24 on 3 each: Welch and Satterthwaite give (1/12)^2 / (2 (1/24)^2 / 3) = 6 degrees
    half = stats.t.ppf(0.975, 6) * math.sqrt(1 / 12)
    assert gap.ratio_interval == pytest.approx((2 * math.exp(-half), 2 * math.exp(half)))


def test_what_speakers_have_in_common_cancels(counts: Counts) -> None:
    """The same speakers on two devices, proportionally worse on one: the ratio is known, whoever they are."""
    errors, exposure = [5.0, 10, 15, 10, 30], [100.0] * 5
    phone, display = counts([2 * e for e in errors], exposure), counts(errors, exposure)
    apart = counts(errors, exposure, speaker=np.arange(5) + 5)
    paired, unpaired = gap_between(phone, display, POISSON), gap_between(phone, apart, POISSON)
    pooled = stats.norm.ppf(0.975) * math.sqrt(1 / 140 + 1 / 70)
    assert paired.ratio_interval == pytest.approx((2 * math.exp(-pooled), 2 * math.exp(pooled)))
    assert unpaired.ratio_interval[1] > paired.ratio_interval[1]


def test_the_predicted_spread_of_speakers_cancels_as_well(counts: Counts) -> None:
    """Speakers who say as much on both sides add nothing; one half as much on one side leans by the difference."""
    even, spread = counts([10.0] * 4, [100.0] * 4), Dispersion(0.1, 1.0, 0.5)
    counted = stats.norm.ppf(0.975) * math.sqrt(1 / 40 + 1 / 40)
    assert math.log(gap_between(even, even, spread).ratio_interval[1]) == pytest.approx(counted)

    uneven = counts([5.0, 10, 10, 15], [50.0, 100, 100, 150])
    leaning = stats.norm.ppf(0.975) * math.sqrt(1 / 40 + 1 / 40 + 0.5 * 2 * 0.125**2)
    assert math.log(gap_between(uneven, even, spread).ratio_interval[1]) == pytest.approx(leaning)


@pytest.mark.slow
def test_the_gap_between_two_devices_of_everyone_covers_the_truth(counts: Counts) -> None:
    rng, held, width = np.random.default_rng(0), 0, []
    for _ in range(400):
        words = rng.integers(20, 400, size=(2, 40)).astype(float)
        level = 0.1 * np.exp(rng.normal(0, 0.6, 40) - 0.18) * np.array([[1.2], [1.0]])
        errors = rng.poisson(level * words * np.exp(rng.normal(0, 0.2, (2, 40)) - 0.02)).astype(float)
        fitted = fit_dispersion(errors.sum(axis=0), words.sum(axis=0))
        low, high = gap_between(counts(errors[0], words[0]), counts(errors[1], words[1]), fitted).ratio_interval
        held += low <= 1.2 <= high
        width.append(math.log(high / low))
    assert 0.93 <= held / 400 <= 0.99
    assert np.mean(width) < 0.6  # 0.77 if the speakers were taken for different ones


def test_swapping_the_sides_inverts_the_interval(counts: Counts) -> None:
    one, other = counts([5, 9, 14, 3], [50, 60, 70, 80]), counts([8, 2, 9, 7], [90, 40, 99, 80], speaker=[3, 4, 5, 6])
    spread = Dispersion(0.1, 1.3, 0.2)
    low, high = gap_between(one, other, spread).ratio_interval
    assert gap_between(other, one, spread).ratio_interval == pytest.approx((1 / high, 1 / low))


def test_writing_everything_twice_changes_no_interval(counts: Counts) -> None:
    rng = np.random.default_rng(3)
    exposure = rng.integers(50, 900, 60).astype(float)
    errors = 3.0 * rng.poisson(0.1 / 3 * exposure * rng.lognormal(0, 0.6, 60))
    for times in (2.0, 4.0):
        once, more = fit_dispersion(errors, exposure), fit_dispersion(times * errors, times * exposure)
        part, rest = slice(0, 20), slice(20, 60)
        expected = gap_between(counts(errors[part], exposure[part]), counts(errors[rest], exposure[rest]), once)
        found = gap_between(
            counts(times * errors[part], times * exposure[part]),
            counts(times * errors[rest], times * exposure[rest]),
            more,
        )
        assert once.phi > 1
        assert found.interval == pytest.approx(expected.interval, rel=1e-9)


def test_covers_the_truth_where_utterances_as_sampling_units_do_not(counts: Counts) -> None:
    """300 logs of 200 speakers, s = 0.6; the interval of 20 of them against a Poisson interval of their errors."""
    rng = np.random.default_rng(0)
    covered = naive = 0
    for _ in range(300):
        exposure = 7.0 * np.floor(5 * 40.0 ** rng.random(200))
        errors = rng.poisson(0.1 * exposure * np.exp(0.6 * rng.standard_normal(200) - 0.18)).astype(float)
        part = counts(errors[:20], exposure[:20])
        low, high = rate_interval(part, fit_dispersion(errors, exposure))
        covered += low <= 0.1 <= high
        reach = 1.96 * math.sqrt(errors[:20].sum()) / exposure[:20].sum()
        naive += abs(part.rate - 0.1) <= reach
    assert 0.90 <= covered / 300 <= 0.99
    assert naive / 300 < 0.70
