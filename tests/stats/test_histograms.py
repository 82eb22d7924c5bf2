"""Quantiles from counts in bins: as close as their bins, with intervals that hold, and none that shows few speakers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairaudit.stats.histograms import Estimate, Histogram, code_of, middle_of, ratio_to
from tests.calibration.quantiles import coverage

NUMBERS = st.floats(-1e12, 1e12, allow_subnormal=False).map(lambda x: x if abs(x) > 1e-12 else 0.0)


@settings(max_examples=200, deadline=None)
@given(NUMBERS, NUMBERS)
def test_bins_are_narrow_and_in_the_order_of_their_numbers(one: float, other: float) -> None:
    bins = Histogram.of(np.zeros(2, dtype=int), np.array([one, other])).bin
    assert middle_of(int(bins[0])) == pytest.approx(one, rel=0.005)
    assert (bins[0] <= bins[1]) or one > other


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.05, 0.95), st.sampled_from([(0, 0.5), (3, 2), (-6, 1)]), st.booleans())
def test_quantiles_are_those_of_numpy(seed: int, share: float, scale: tuple[float, float], signed: bool) -> None:
    rng = np.random.default_rng(seed)
    values = np.exp(rng.normal(*scale, 3000))
    values = values * np.where(rng.random(3000) < 0.4, -1, 1) if signed else values
    speaker = rng.integers(0, 300, 3000)
    estimate = Histogram.of(speaker, values).quantile(share)
    assert estimate is not None
    # At a share of exactly 150 ÷ 3,000, rounding decides between two numbers.
    low, high = (np.quantile(values, share + step, method="inverted_cdf") for step in (-1e-9, 1e-9))
    assert low - 0.005 * abs(low) <= estimate.value <= high + 0.005 * abs(high)
    assert (estimate.low or estimate.value) <= estimate.value <= (estimate.high or estimate.value)


def test_histograms_of_parts_add_up_in_any_order() -> None:
    rng = np.random.default_rng(0)
    speaker, values = rng.integers(0, 80, 2000), rng.lognormal(5, 1, 2000)
    whole = Histogram.of(speaker, values)
    order = rng.permutation(2000)
    parts = [Histogram.of(speaker[part], values[part]) for part in np.array_split(order, 7)]
    added = Histogram(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("speaker", "bin", "count")))
    cells, where = np.unique(np.stack([added.speaker, added.bin]), axis=1, return_inverse=True)
    summed = Histogram(cells[0], cells[1], np.bincount(where.ravel(), added.count))
    assert len(summed.count) < 2000
    for share in (0.1, 0.5, 0.95):
        known, other = whole.quantile(share), summed.quantile(share)
        assert known is not None
        assert other is not None
        assert (other.value, other.low, other.high) == (known.value, known.low, known.high)


@pytest.mark.parametrize("beyond", [10, 11])
def test_a_quantile_needs_eleven_speakers_on_either_side(beyond: int) -> None:
    values = np.array([1.0] * beyond + [2.0] * 40 + [3.0] * 20)
    speaker = np.arange(len(values))
    for histogram in (Histogram.of(speaker, values), Histogram.of(speaker, -values)):
        estimate = histogram.quantile(0.5)
        assert (estimate is None) == (beyond < 11)
    many = Histogram.of(np.r_[speaker, [0] * 60], np.r_[values, [1.0] * 60])  # one speaker with many is still one
    assert (many.quantile(0.7) is None) == (beyond < 11)


@pytest.mark.parametrize("more", [0, 1])
def test_a_quantile_is_not_nearly_that_of_one_speaker(more: int) -> None:
    """One speaker has half of the utterances, or one more."""
    rng = np.random.default_rng(0)
    speaker = np.r_[np.arange(200) % 40 + 1, [0] * (200 + more)]
    estimate = Histogram.of(speaker, rng.lognormal(0, 0.5, len(speaker))).quantile(0.5)
    assert (estimate is None) == bool(more)


def test_an_end_that_shows_a_few_speakers_is_open() -> None:
    speaker = np.repeat(np.arange(40), 5)
    values = np.random.default_rng(0).lognormal(0, 0.5, 200)
    estimate = Histogram.of(speaker, values).quantile(0.9)
    assert estimate is not None
    assert estimate.low is not None
    assert estimate.high is None


def test_speakers_who_say_everything_twice_are_no_more_of_them() -> None:
    rng = np.random.default_rng(1)
    speaker, values = rng.integers(0, 90, 900), rng.lognormal(5, 1, 900)
    assert Histogram.of(np.tile(speaker, 2), np.tile(values, 2)).quantile(0.5) == Histogram.of(
        speaker, values
    ).quantile(0.5)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        (Estimate(4.0, 2.0, 8.0), Estimate(2.0, 2.0, 2.0), Estimate(2.0, 1.0, 4.0)),
        (Estimate(4.0, None, 8.0), Estimate(2.0, 2.0, None), Estimate(2.0, None, 4.0)),
        (Estimate(2.0, 2.0, 2.0), Estimate(4.0, 2.0, None), Estimate(0.5, None, 1.0)),
        (Estimate(-4.0, -5.0, -2.0), Estimate(2.0, 1.0, 3.0), None),
        (Estimate(4.0, 2.0, 8.0), Estimate(0.0, 0.0, 1.0), None),
        (None, Estimate(2.0, 1.0, 3.0), None),
    ],
)
def test_ratios_take_both_intervals(one: Any, other: Any, ratio: Estimate | None) -> None:
    found = ratio_to(one, other)
    if ratio is None:
        assert found is None
    else:
        assert found is not None
        assert (found.value, found.low, found.high) == pytest.approx((ratio.value, ratio.low, ratio.high))


def test_no_numbers_have_no_quantile() -> None:
    assert Histogram.of(np.zeros(0, dtype=int), np.zeros(0)).quantile(0.5) is None
    assert code_of(np.array([None, None], dtype=object))[0].tolist() == []


@pytest.mark.slow
@pytest.mark.parametrize(("speakers", "share"), [(30, 0.5), (60, 0.9)])
def test_intervals_hold_the_truth(speakers: int, share: float) -> None:
    """A seeded part of ``tests/calibration/quantiles.py``: 120 logs each, standard error .02."""
    covered, of_ratio, _ = coverage(speakers, share, 0.3, 120)
    assert covered >= 0.89
    assert of_ratio >= 0.89
