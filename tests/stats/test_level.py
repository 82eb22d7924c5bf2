"""Searches over logs in which nobody is served worse: p <= 0.05 in one of twenty, not more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from fairaudit.cohorts import GeoScan, GeoTree
from fairaudit.cohorts.fixed import FixedGroups
from fairaudit.cohorts.search import PreparedSearch, observed_score
from fairaudit.core.counts import ErrorCounts
from fairaudit.samples import SimulatedLog, simulate_log
from fairaudit.stats.dispersion import fit_dispersion
from fairaudit.stats.permutation import permutation_p, shuffles
from fairaudit.units.build import UnitTable


def fixed(log: SimulatedLog) -> PreparedSearch:
    """The search among 50 accents."""
    accent = np.unique(log.labels["accent"], return_inverse=True)[1]
    return FixedGroups.single(units_of(log, accent), accent, tuple(range(50)))


def tree(log: SimulatedLog) -> PreparedSearch:
    """The search over all places, each speaker's its own unit unless two share one."""
    places, unit = np.unique(log.coordinates, axis=0, return_inverse=True)
    units = units_of(log, unit.ravel(), pd.DataFrame(places, columns=["latitude", "longitude"]))
    return GeoTree(max_leaves=8).search(units)


def scan(log: SimulatedLog) -> PreparedSearch:
    """The search over all rectangles and circles of the same places."""
    return GeoScan(grid=12).search(tree(log).units)


def units_of(log: SimulatedLog, unit: np.ndarray, features: pd.DataFrame | None = None) -> UnitTable:
    errors, words = log.errors.astype(float), log.words.astype(float)
    weighed = fit_dispersion(errors, words).weigh(errors, words, words)
    return UnitTable(features, ErrorCounts(np.arange(len(unit)), unit, errors, words), *weighed)


def p_values(
    search_of: Callable[[SimulatedLog], PreparedSearch], logs: int, speakers: int, draws: int, **given: object
) -> np.ndarray:
    found = []
    for seed in range(logs):
        search = search_of(simulate_log(speakers=speakers, seed=seed, **given))
        sampling = search.units.counts.speaker
        null = np.concatenate([search.best(chunk) for chunk in shuffles(sampling, sampling.max() + 1, draws, seed)])
        found.append(permutation_p(observed_score(search), null))
    return np.array(found)


@pytest.mark.slow
@pytest.mark.parametrize("given", [{"dispersion": 0.3}, {"dispersion": 0.9}, {"dominant_speaker": True}])
def test_fixed_groups_hold_their_level(given: dict[str, object]) -> None:
    p = p_values(fixed, 100, 600, 99, **given)
    assert (p <= 0.05).sum() <= stats.binom.ppf(0.999, 100, 0.05)
    assert abs(p.mean() - 0.5) < 0.12


def houses(log: SimulatedLog) -> PreparedSearch:
    """The tree where two speakers at a time are one sampling unit, though each has a place of its own."""
    search = tree(log)
    counts = search.units.counts
    pairs = counts.speaker // 2
    errors, words = (np.bincount(pairs, column) for column in (counts.errors, counts.exposure))
    weighed = fit_dispersion(errors, words).weigh(counts.errors, counts.exposure, words[pairs])
    return GeoTree(max_leaves=8).search(UnitTable(search.units.features, replace(counts, speaker=pairs), *weighed))


@pytest.mark.slow
@pytest.mark.parametrize("search_of", [tree, scan, houses])
def test_searches_of_places_hold_their_level(search_of: Callable[[SimulatedLog], PreparedSearch]) -> None:
    p = p_values(search_of, 40, 300, 49)
    assert (p <= 0.05).sum() <= stats.binom.ppf(0.999, 40, 0.04)
    assert abs(p.mean() - 0.5) < 0.16


def test_the_guard_would_notice_a_test_that_takes_utterances_for_speakers() -> None:
    """The same groups judged by Poisson errors of their utterances: nearly always "significant"."""
    flagged = 0
    for seed in range(20):
        log = simulate_log(speakers=600, seed=seed)
        accent = np.unique(log.labels["accent"], return_inverse=True)[1]
        errors, words = (np.bincount(accent, column) for column in (log.errors, log.words))
        expected = errors.sum() / words.sum() * words
        flagged += stats.poisson.sf(errors - 1, expected).min() <= 0.05 / 50
    assert flagged >= 19
