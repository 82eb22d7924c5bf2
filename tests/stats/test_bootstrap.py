from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from fairaudit.core.counts import ErrorCounts
from fairaudit.core.errors import UsageError
from fairaudit.stats import resample
from fairaudit.stats.bootstrap import GroupRates, SpeakerBootstrap, percentiles
from fairaudit.stats.dispersion import Dispersion
from fairaudit.stats.rates import gap_between, rate_interval

Counts = Callable[..., ErrorCounts]
SPREAD = Dispersion(rate=0.1, phi=2.0, tau2=0.3)
QUICK = SpeakerBootstrap(rounds=100)


def speakers(seed: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Errors and words of speakers who differ."""
    rng = np.random.default_rng(seed)
    words = rng.integers(50, 500, size).astype(float)
    return rng.poisson(0.1 * words * rng.lognormal(0, 0.6, size)).astype(float), words


def looped(columns: np.ndarray, group: np.ndarray, rounds: int, seed: int) -> np.ndarray:
    """The recipe as others write it: for each round, for each group."""
    rng = np.random.default_rng(seed)
    parts = [columns[:, group == code] for code in range(group.max() + 1)]
    return np.array(
        [
            np.transpose([part[:, rng.integers(0, part.shape[1], part.shape[1])].sum(axis=1) for part in parts])
            for _ in range(rounds)
        ]
    )


@pytest.mark.slow
@given(
    groups=st.lists(st.integers(0, 4), min_size=1, max_size=40).map(lambda g: np.unique(g, return_inverse=True)[1]),
    seed=st.integers(0, 2**32),
    at_once=st.sampled_from([1, 100, 10**6]),
)
def test_the_stream_is_dealt_round_by_round_and_group_by_group(groups: np.ndarray, seed: int, at_once: int) -> None:
    columns = np.random.default_rng(0).integers(0, 100, (2, len(groups))).astype(float)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resample, "_AT_ONCE", at_once)
        found = SpeakerBootstrap(rounds=100, seed=seed).sums(columns, groups)
    np.testing.assert_array_equal(found, looped(columns, groups, 100, seed))


def test_small_strata_take_the_same_numbers_beside_a_large_one() -> None:
    columns, group = np.arange(1212.0).reshape(2, 606), np.repeat([0, 1, 2], [4, 600, 2])
    few = group != 1
    found = QUICK.sums(columns, group)
    np.testing.assert_array_equal(found[..., [0, 2]], looped(columns[:, few], group[few] // 2, 100, seed=0))
    assert not (found[..., 1] == found[0, :, 1]).all()


def test_speakers_of_a_large_stratum_are_drawn_as_often_as_one_by_one() -> None:
    """Each round draws n of n, the numbers of times are multinomial, and pairs of units are as dependent as that."""
    n, rounds = 24, 20_000
    times = resample.sums_of_many(np.eye(n), rounds, np.random.default_rng(0))
    assert (times.sum(axis=1) == n).all()
    expected = stats.binom(n, 1 / n).pmf(np.arange(6)) * rounds * n
    assert stats.chisquare(*with_rest(np.bincount(times.ravel().astype(int)), expected, rounds * n)).pvalue > 0.001
    most = np.random.default_rng(1).multinomial(n, np.full(n, 1 / n), size=rounds).max(axis=1)
    table = np.array(
        [np.bincount(np.minimum(each, 6), minlength=7)[2:] for each in (most, times.max(axis=1).astype(int))]
    )
    assert stats.chi2_contingency(table).pvalue > 0.001
    covariance = np.cov(times.T)
    assert np.diag(covariance) == pytest.approx(np.full(n, 1 - 1 / n), abs=0.05)
    assert covariance[~np.eye(n, dtype=bool)] == pytest.approx(np.full(n * (n - 1), -1 / n), abs=0.03)


@pytest.mark.parametrize("mean", [0.3, 0.9, 0.9999])
def test_poisson_variables_have_their_distribution(mean: float) -> None:
    """Integers of 16 bits and what they leave over add up to it exactly, and draws agree, also where they are rare."""
    poisson = resample._Poisson(mean, (20, 100_000))
    cells = np.diff(poisson._from.astype(int), prepend=0)
    share = (65_536 - cells.sum()) * poisson._rest
    share[: len(cells)] += cells
    np.testing.assert_allclose(share / 65_536, stats.poisson(mean).pmf(np.arange(len(share))), rtol=1e-9, atol=1e-15)
    drawn = poisson.draw(20, np.random.default_rng(0))
    expected = stats.poisson(mean).pmf(np.arange(6)) * drawn.size
    assert stats.chisquare(*with_rest(np.bincount(drawn.ravel().astype(int)), expected, drawn.size)).pvalue > 0.001


def with_rest(counted: np.ndarray, expected: np.ndarray, total: int) -> tuple[np.ndarray, np.ndarray]:
    """Counts of the values for which some are expected, and of all larger values as one."""
    first = counted[: len(expected)]
    return np.append(first, total - first.sum()), np.append(expected, total - expected.sum())


def test_two_speakers_worked_by_hand(counts: Counts) -> None:
    """Rates of one word in ten and three in ten: a quarter of the draws has the one twice, a quarter the other."""
    errors, words = np.array([10.0, 30.0]), np.array([100.0, 100.0])
    rates = SpeakerBootstrap(rounds=4000).group_rates(errors, words, np.zeros(2, dtype=np.int64))
    values, often = np.unique(rates.draws, return_counts=True)
    assert values.tolist() == [0.1, 0.2, 0.3]
    np.testing.assert_allclose(often / 4000, [0.25, 0.5, 0.25], atol=0.03)
    assert rates.intervals == [(0.1, 0.3)]
    assert SpeakerBootstrap().rate_interval(counts(errors, words)) == (0.1, 0.3)


def test_speakers_alike_leave_nothing_open(counts: Counts) -> None:
    worse, rest = counts([20.0] * 5, [100.0] * 5), counts([10.0] * 7, [100.0] * 7, speaker=np.arange(7) + 5)
    assert QUICK.rate_interval(worse) == pytest.approx((0.2, 0.2), abs=1e-15)
    assert QUICK.ratio_interval(worse, rest) == pytest.approx((2, 2), abs=1e-12)


def test_percentiles_agree_with_scipy(counts: Counts) -> None:
    errors, words = speakers(0, 40)

    def rate(e: np.ndarray, w: np.ndarray, axis: int) -> np.ndarray:
        return e.sum(axis=axis) / w.sum(axis=axis)

    scipys = stats.bootstrap(
        (errors, words), rate, paired=True, vectorized=True, n_resamples=20_000, method="percentile", rng=1
    ).confidence_interval
    ours = SpeakerBootstrap(rounds=20_000).rate_interval(counts(errors, words))
    # the standard error of a 2.5th percentile from 20,000 draws is about 1 % of the interval's width
    assert ours == pytest.approx(tuple(scipys), abs=0.04 * (scipys.high - scipys.low))


def test_equal_seeds_equal_bytes(counts: Counts) -> None:
    group = np.repeat(np.arange(3), 10)
    draws = [SpeakerBootstrap(100, seed).group_rates(*speakers(0, 30), group).draws.tobytes() for seed in (5, 5, 6)]
    assert draws[0] == draws[1] != draws[2]


@given(st.integers(0, 1000), st.integers(2, 30))
def test_intervals_are_ordered_and_lie_among_the_speakers(seed: int, size: int) -> None:
    errors, words = speakers(seed, size)
    group = np.arange(size) % 2
    rates = SpeakerBootstrap(100, seed).group_rates(errors, words, group)
    for code, (low, high) in enumerate(rates.intervals):
        own = (errors / words)[group == code]
        assert own.min() - 1e-12 <= low <= high <= own.max() + 1e-12
    assert 0 <= rates.gap.low <= rates.gap.high
    assert rates.worst.low >= max(low for low, _ in rates.intervals)
    assert rates.worst.value - rates.gap.value == pytest.approx(rates.observed.min())


def test_who_speaks_in_both_sets_is_drawn_with_both(counts: Counts) -> None:
    """Twice the errors on the phone for everybody: the ratio is known, whoever is drawn."""
    errors, words = speakers(3, 12)
    display, phone = counts(errors, words), counts(2 * errors, words)
    apart = counts(errors, words, speaker=np.arange(12) + 12)
    assert SpeakerBootstrap().ratio_interval(phone, display) == pytest.approx((2, 2))
    low, high = SpeakerBootstrap().ratio_interval(phone, apart)
    assert low < 1.6
    assert high > 2.4


def test_what_cannot_be_divided_is_left_out() -> None:
    """Who says nothing can still be inserted to; a draw of nobody else has no rate, and a group of them has none."""
    errors, words = np.array([1.0, 10.0, 2.0, 2.0]), np.array([0.0, 100.0, 0.0, 0.0])
    rates = SpeakerBootstrap(200).group_rates(errors, words, np.array([0, 0, 1, 1]))
    assert rates.observed.tolist() == pytest.approx([0.11, math.nan], nan_ok=True)
    assert 0.15 < np.isnan(rates.draws[:, 0]).mean() < 0.35
    assert rates.intervals[0] == pytest.approx((0.1, 0.11))
    assert np.isnan(rates.intervals[1]).all()
    assert (rates.worst.value, rates.gap.value) == pytest.approx((0.11, 0))
    assert np.isnan(percentiles(np.full(5, math.nan))).all()


def test_a_reference_that_is_often_drawn_without_errors_has_no_interval(counts: Counts) -> None:
    worse = counts([10.0] * 5, [100.0] * 5)
    rest = counts([5.0, 0, 0, 0, 0], [100.0] * 5, speaker=np.arange(5) + 5)
    assert SpeakerBootstrap().ratio_interval(worse, rest) is None


def test_the_option_gives_the_intervals_and_refuses_what_the_default_refuses(counts: Counts) -> None:
    errors, words = speakers(1, 30)
    one, other = counts(errors, words), counts(*speakers(2, 30), speaker=np.arange(30) + 30)
    asked = SpeakerBootstrap(seed=4)
    assert rate_interval(one, SPREAD, asked) == asked.rate_interval(one) != rate_interval(one, SPREAD)
    assert gap_between(one, other, SPREAD, asked).ratio_interval == asked.ratio_interval(one, other)
    assert gap_between(one, other, SPREAD, asked).ratio == gap_between(one, other, SPREAD).ratio
    few, none = counts([5.0] * 2, [50.0] * 2), counts([0.0] * 9, [50.0] * 9)
    assert rate_interval(few, SPREAD, asked) is None
    assert gap_between(one, few, SPREAD, asked).ratio_interval is None
    assert gap_between(one, none, SPREAD, asked).ratio_interval is None
    assert rate_interval(none, SPREAD, asked) == rate_interval(none, SPREAD)


@pytest.mark.parametrize(("rounds", "seed"), [(99, 0), (1000, -1)])
def test_senseless_settings_are_refused(rounds: int, seed: int) -> None:
    with pytest.raises(UsageError):
        SpeakerBootstrap(rounds, seed)


def test_a_few_groups_worked_by_hand() -> None:
    draws = np.array([[0.1, 0.3], [0.2, 0.1]] * 50)
    rates = GroupRates(np.array([0.15, 0.2]), draws)
    assert (rates.worst.value, rates.worst.low, rates.worst.high) == (0.2, 0.2, 0.3)
    assert (rates.gap.value, rates.gap.low, rates.gap.high) == pytest.approx((0.05, 0.1, 0.2))
