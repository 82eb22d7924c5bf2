"""Cohorts found on some speakers: which are named, and what cross-fitting makes of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest

from fairaudit.cohorts import Embedding, GeoScan, GeoTree, Named, ZipCensus
from fairaudit.core.columns import SPEAKER, UTTERANCES
from fairaudit.core.counts import ErrorCounts
from fairaudit.core.rate import RATES
from fairaudit.evidence.confirm import confirm
from fairaudit.evidence.design import Design
from fairaudit.evidence.find import cross_fitted, find, sized
from fairaudit.evidence.measure import why_not_tested
from fairaudit.evidence.plan import Plan
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


@pytest.mark.parametrize("discoverer", [GeoTree(), GeoScan(), ZipCensus(min_speakers=20)], ids=lambda one: one.method)
@pytest.mark.parametrize(
    ("measured", "searched", "floor"), [(0.5, 1, 30), (0.33, 1, 34), (0.5, 0.5, 15), (0.33, 0.67, 23), (0.9, 0.1, 11)]
)
def test_the_floor_is_a_share_of_one_and_a_half_times_the_setting_or_of_what_can_be_measured(
    discoverer, measured: float, searched: float, floor: int
) -> None:
    assert sized(discoverer, measured, searched).min_speakers == floor


@pytest.mark.parametrize("discoverer", [Named("accent"), Embedding()], ids=lambda one: one.method)
def test_cohorts_that_do_not_depend_on_errors_keep_their_floor(discoverer) -> None:
    assert sized(discoverer, 0.5, 0.5) == discoverer


@pytest.mark.parametrize(("method", "speakers"), [(GeoScan, 300), (GeoTree, 300), (GeoScan, 1000)])
def test_a_region_of_thirty_with_twice_the_errors_is_found(method, speakers: int) -> None:
    """It was overlooked in a search for 60 of 300 or 91 of 1,000 speakers (median overlap .36 and .21)."""

    def thirty(log: SimulatedLog) -> np.ndarray:
        away = ((log.coordinates - log.coordinates.mean(axis=0) - 0.5) ** 2).sum(axis=1)
        return np.isin(np.arange(speakers), np.argsort(away, kind="stable")[:30])

    log = simulate_log(speakers=speakers, seed=3, dispersion=0.4, planted=thirty, gap=1.0)
    table, units = tables(log, Coordinates())
    evidence = confirm(units, method(), Design.of(table, Plan(permutations=39)))
    places = pd.DataFrame(log.coordinates, columns=["latitude", "longitude"])
    found = np.isin(evidence.rule.assign(places), evidence.bottom.cohorts)
    planted = thirty(log)
    assert evidence.test.p_alone == 1 / 40
    assert (found & planted).sum() / (found | planted).sum() >= 0.4
    assert min(evidence.gaps.held_out.speakers, evidence.gaps.held_out.reference_speakers) >= 11
    assert evidence.gaps.held_out.gap.relative > 0.2


def talkers(*words: float) -> ErrorCounts:
    codes = np.arange(len(words))
    return ErrorCounts(codes, codes * 0, np.ones(len(words)), np.array(words))


EVEN = talkers(*[100.0] * 24)


@pytest.mark.parametrize(
    ("part", "whole", "reason"),
    [
        (talkers(*[100.0] * 11), EVEN, None),
        (talkers(*[100.0] * 10), EVEN, "fewer than 11 speakers kept aside"),
        (talkers(*[100.0] * 12), talkers(*[100.0] * 19), "fewer than 20 speakers"),
        (talkers(*[100.0] * 12), talkers(*[100.0] * 23, 2000.0), "fewer than 10 effective speakers"),
        (talkers(*[100.0] * 11, 900.0), EVEN, "fewer than 5 effective speakers kept aside"),
        (EVEN, None, None),
        (talkers(*[100.0] * 19), None, "19 speakers, fewer than 20"),
    ],
)
def test_a_cohort_must_be_large_and_its_part_kept_aside_large_enough_to_be_reported(
    part: ErrorCounts, whole: ErrorCounts | None, reason: str | None
) -> None:
    assert why_not_tested(part, 20, whole) == reason


def test_numbers_of_a_part_do_not_reveal_the_other_part() -> None:
    """ "12 of 19 speakers" would say that the search used 7."""
    assert not any(digit in why_not_tested(EVEN.where(np.arange(24) < 12), 25, EVEN) for digit in ("12", "24"))
