from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairaudit.cohorts.fixed import FixedGroups
from fairaudit.cohorts.search import observed_score
from fairaudit.core.counts import ErrorCounts
from fairaudit.samples import SimulatedLog, simulate_log
from fairaudit.stats.dispersion import Dispersion, fit_dispersion
from fairaudit.stats.permutation import permutation_p, shuffles
from fairaudit.stats.power import minimum_detectable_gap
from fairaudit.units.build import UnitTable

SPREAD = Dispersion(rate=0.1, phi=1.0, tau2=0.4)
WORDS = 7.0 * np.floor(5 * 40.0 ** np.random.default_rng(0).random(2000))


@given(st.floats(0.01, 0.48), st.floats(2.0, 5.0))
def test_larger_cohorts_and_weaker_searches_show_smaller_gaps(share: float, critical: float) -> None:
    gap = minimum_detectable_gap(WORDS, share, critical, SPREAD)
    assert minimum_detectable_gap(WORDS, share + 0.01, critical, SPREAD) < gap
    assert minimum_detectable_gap(WORDS, share, critical + 0.1, SPREAD) > gap


def test_more_and_longer_speakers_and_less_spread_show_smaller_gaps() -> None:
    gap = minimum_detectable_gap(WORDS, 0.1, 3.0, SPREAD)
    assert minimum_detectable_gap(np.tile(WORDS, 4), 0.1, 3.0, SPREAD) < 0.6 * gap
    assert minimum_detectable_gap(4 * WORDS, 0.1, 3.0, SPREAD) < gap
    assert minimum_detectable_gap(WORDS, 0.1, 3.0, Dispersion(0.1, 1.0, 0.1)) < gap
    assert minimum_detectable_gap(WORDS, 0.1, 3.0, Dispersion(0.1, 3.0, 0.4)) > gap


def test_writing_everything_twice_shows_the_same_gap() -> None:
    once = minimum_detectable_gap(WORDS, 0.1, 3.0, Dispersion(0.1, 1.5, 0.4))
    assert minimum_detectable_gap(2 * WORDS, 0.1, 3.0, Dispersion(0.1, 3.0, 0.4)) == pytest.approx(once, rel=1e-9)


def test_what_no_gap_could_show() -> None:
    assert minimum_detectable_gap(np.full(20, 10.0), 0.05, 4.0, SPREAD) is None
    assert minimum_detectable_gap(np.zeros(20), 0.1, 3.0, SPREAD) is None
    assert minimum_detectable_gap(WORDS, 0.0, 3.0, SPREAD) is None


def by_accent(log: SimulatedLog) -> FixedGroups:
    """The search among 50 accents, of which the first holds a tenth of the speakers."""
    codes = np.arange(len(log.words))
    accent = np.unique(log.labels["accent"], return_inverse=True)[1]
    errors, words = log.errors.astype(float), log.words.astype(float)
    weighed = fit_dispersion(errors, words).weigh(errors, words, words)
    units = UnitTable(None, ErrorCounts(codes, accent, errors, words), *weighed)
    return FixedGroups.single(units, accent, tuple(range(50)))


def null_of(search: FixedGroups, draws: int) -> np.ndarray:
    size = len(search.cohort)
    return np.concatenate([search.best(chunk) for chunk in shuffles(np.arange(size), size, draws, 0)])


@pytest.mark.slow
def test_the_gap_reported_is_flagged_four_times_in_five() -> None:
    """2,000 speakers; the gap is computed on a log without one, then planted in 100 others."""
    quiet = simulate_log(speakers=2000, seed=1000)
    words, errors = quiet.words.astype(float), quiet.errors.astype(float)
    critical = float(np.quantile(null_of(by_accent(quiet), 399), 0.95))
    gap = minimum_detectable_gap(words, 0.1, critical, fit_dispersion(errors, words))
    flagged = 0
    for seed in range(100):
        log = simulate_log(speakers=2000, seed=seed, gap=gap, planted=lambda log: log.labels["accent"] == "accent-00")
        search = by_accent(log)
        flagged += permutation_p(observed_score(search), null_of(search, 99)) <= 0.05
    assert 65 <= flagged <= 93
