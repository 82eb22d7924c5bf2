"""Cohorts found on some speakers: which are named, and what cross-fitting makes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest

from fairaudit.cohorts import GeoScan, Named
from fairaudit.core.columns import SPEAKER, UTTERANCES
from fairaudit.core.rate import RATES
from fairaudit.evidence.find import cross_fitted, find
from fairaudit.inputs.named import NamedColumns
from fairaudit.inputs.places import Coordinates
from fairaudit.samples import SimulatedLog, simulate_log
from fairaudit.stats.split import folds_of
from fairaudit.units.build import SpeakerTable, UnitTable, build_tables


class FrameLog:
    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame.assign(**{UTTERANCES: 1})

    def tally(self, by: Sequence[str]) -> pd.DataFrame:
        return self.frame.groupby(list(by), dropna=False)[["errors", "words", UTTERANCES]].sum()


def tables(log: SimulatedLog, features: NamedColumns | Coordinates) -> tuple[SpeakerTable, UnitTable]:
    table, (units,) = build_tables(FrameLog(log.to_frame()), [features], RATES["wer"], SPEAKER)
    return table, units


@pytest.mark.parametrize("speakers", [7, 100, 1003])
def test_folds_are_even_and_mix_talkative_and_silent(speakers: int) -> None:
    words = np.random.default_rng(0).integers(1, 1000, speakers).astype(float)
    fold = folds_of(words, 5, seed=1)
    sizes = np.bincount(fold, minlength=5)
    assert sizes.max() - sizes.min() <= 1
    np.testing.assert_array_equal(fold, folds_of(words, 5, seed=1))
    if speakers > 1000:
        said = np.bincount(fold, words)
        assert said.max() / said.min() < 1.05


def test_it_is_the_sum_of_what_the_folds_show() -> None:
    log = simulate_log(speakers=300, seed=2)
    table, units = tables(log, NamedColumns(("accent",)))
    discoverer = Named(by=("accent",), min_speakers=5)
    side = cross_fitted(units, discoverer, table, units.counts, folds=4, seed=3)
    fold = folds_of(table.exposure, 4, 3)[units.counts.speaker]
    inside = np.zeros(len(units.counts), dtype=bool)
    for left_out in range(4):
        found = find(units, discoverer, fold != left_out)
        named = np.isin(found.rule.assign(units.features)[units.counts.group], found.bottom.cohorts)
        inside |= named & (fold == left_out)
    errors, words = units.counts.errors, units.counts.exposure
    assert side.gap.bottom_rate == pytest.approx(errors[inside].sum() / words[inside].sum())
    assert side.gap.reference_rate == pytest.approx(errors[~inside].sum() / words[~inside].sum())
    assert side.speakers == inside.sum()


def gaps(logs: int, gap: float, take: Callable[[SimulatedLog], np.ndarray]) -> np.ndarray:
    found = []
    for seed in range(logs):
        log = simulate_log(speakers=600, seed=seed, planted=take, gap=gap)
        table, units = tables(log, Coordinates())
        found.append(
            cross_fitted(units, GeoScan(grid=10, min_speakers=30), table, units.counts, folds=5, seed=0).gap.relative
        )
    return np.array(found)


@pytest.mark.slow
def test_noise_has_no_cross_fitted_gap() -> None:
    found = gaps(30, 0.0, lambda log: np.zeros(600, dtype=bool))
    assert abs(found.mean()) < 3 * found.std() / np.sqrt(30) + 0.01


@pytest.mark.slow
def test_a_planted_gap_is_found_and_not_inflated() -> None:
    found = gaps(12, 1.0, lambda log: log.coordinates[:, 0] < np.quantile(log.coordinates[:, 0], 0.2))
    assert 0.5 < np.median(found) < 1.1


def test_no_bottom_gives_no_gap() -> None:
    table, units = tables(simulate_log(speakers=60, seed=0), NamedColumns(("accent",)))
    assert cross_fitted(units, Named(by=("accent",), min_speakers=50), table, units.counts, folds=3, seed=0) is None


def test_no_cohort_is_bottom_and_top() -> None:
    frame = simulate_log(speakers=60, seed=0).to_frame()
    groups = pd.Series(["large"] * 30 + ["small"] * 15 + ["tiny"] * 15, index=sorted(frame[SPEAKER].unique()))
    log = FrameLog(frame.assign(group=frame[SPEAKER].map(groups)))
    _, (units,) = build_tables(log, [NamedColumns(("group",))], RATES["wer"], SPEAKER)
    everybody = np.ones(len(units.counts), dtype=bool)
    found = find(units, Named(by=("group",), min_speakers=20), everybody)
    assert found.bottom.description == "group = large"
    assert found.top is None
