"""How uneven speakers are: what equal speakers show, and the true rates of unequal ones."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from fairaudit.stats.dispersion import Dispersion, fit_dispersion
from fairaudit.stats.spread import equal_speakers, is_separable, speaker_rates, true_rates

RATE = 0.1
#: Standard normal quantile of 0.9.
Z = 1.2816
Counts = tuple[NDArray[np.float64], NDArray[np.float64]]


def log_of(seed: int, s: float, phi: float, speakers: int = 400) -> Counts:
    """Errors and words of speakers whose true rates are log-normal, with 5 to 199 utterances of eight words."""
    rng = np.random.default_rng(seed)
    words = 8.0 * rng.integers(5, 200, speakers)
    mean = RATE * words * np.exp(rng.normal(0, s, speakers) - s * s / 2)
    if phi > 1:
        mean = rng.gamma(mean / (phi - 1), phi - 1)
    return rng.poisson(mean).astype(float), words


@pytest.mark.parametrize("phi", [1.0, 2.5])
def test_equal_speakers_show_what_equal_speakers_are_said_to_show(phi: float) -> None:
    logs = [log_of(seed, 0.0, phi) for seed in range(8)]
    seen = [speaker_rates(*log) for log in logs]
    expected = [equal_speakers(words, fit_dispersion(errors, words)) for errors, words in logs]
    for name, within in {"low": 0.003, "high": 0.003, "worst_errors": 0.008, "worst_exposure": 0.008}.items():
        difference = np.mean([getattr(one, name) for one in seen]) - np.mean([getattr(one, name) for one in expected])
        assert abs(difference) < within, name
    assert all(is_separable(*log, fit_dispersion(*log)) for log in logs)
    low, high = np.median([true_rates(fit_dispersion(*log)) for log in logs], axis=0)
    assert 0.095 < low <= high < 0.106


@pytest.mark.parametrize("phi", [1.0, 2.5])
@pytest.mark.parametrize("s", [0.3, 0.6])
def test_the_true_spread_is_estimated(s: float, phi: float) -> None:
    logs = [log_of(seed, s, phi) for seed in range(15)]
    fits = [fit_dispersion(*log) for log in logs]
    assert np.mean([is_separable(*log, fit) for log, fit in zip(logs, fits, strict=True)]) > 0.9
    truth = [RATE * np.exp(side * Z * s - s * s / 2) for side in (-1, 1)]
    assert np.median([true_rates(fit) for fit in fits], axis=0) == pytest.approx(truth, rel=0.1)
    unequal = [speaker_rates(*log).worst_errors for log in logs]
    equal = equal_speakers(logs[0][1], fits[0]).worst_errors
    assert np.mean(unequal) > equal + 0.03


@pytest.mark.parametrize("speakers", [40, 2_000])
def test_speakers_of_the_same_length_cannot_be_separated_from_chance(speakers: int) -> None:
    rng = np.random.default_rng(0)
    words = np.full(speakers, 800.0)
    errors = rng.poisson(rng.gamma(20, 4, speakers)).astype(float)
    assert not is_separable(errors, words, fit_dispersion(errors, words))


def test_the_order_of_speakers_does_not_matter() -> None:
    errors, words = log_of(1, 0.4, 2.0)
    order = np.random.default_rng(2).permutation(len(words))
    fit = fit_dispersion(errors, words)
    assert speaker_rates(errors[order], words[order]) == speaker_rates(errors, words)
    assert equal_speakers(words[order], fit) == equal_speakers(words, fit)


def test_rates_of_a_tenth_are_beyond_each_percentile() -> None:
    errors, words = np.array([0.0] * 12 + [5.0] * 90 + [40.0] * 18), np.full(120, 100.0)
    seen = speaker_rates(errors, words)
    assert (seen.low, seen.high) == (0.05, 0.4)
    assert seen.worst_errors == pytest.approx(12 * 40 / errors.sum())
    assert seen.worst_exposure == pytest.approx(0.1)


def test_a_log_of_many_speakers_is_simulated_once() -> None:
    words = np.tile(np.arange(20.0, 220.0), 1_500)
    rates = equal_speakers(words, Dispersion(RATE, 1.5, 0.0))
    assert rates.low < RATE < rates.high
