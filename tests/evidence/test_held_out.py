"""The gap of a cohort among held-out speakers, whose interval weights talkative speakers down."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

import fairaudit
from fairaudit.cohorts.rules import Group
from fairaudit.core.columns import SPEAKER
from fairaudit.core.counts import ErrorCounts
from fairaudit.core.rate import rate_named
from fairaudit.evidence.gaps import Side, held_out_gap, measure_gap
from fairaudit.inputs.places import Coordinates
from fairaudit.samples import simulate_log
from fairaudit.stats.bootstrap import SpeakerBootstrap
from fairaudit.stats.rates import effective_speakers
from fairaudit.stats.score import ratio_interval
from fairaudit.units.build import SpeakerTable, UnitTable, build_tables

BOTTOM = Group((0,), "")


@dataclass(frozen=True)
class Split:
    """A log of 300 speakers, of whom 60 are in the bottom, and about half are held out."""

    table: SpeakerTable
    units: UnitTable
    cohort: NDArray[np.int64]
    held_out: NDArray[np.bool_]

    @classmethod
    def of(cls, gap: float, seed: int = 0, dispersion: float = 0.6) -> Split:
        rng = np.random.default_rng(seed)
        worse = rng.permutation(300) < 60
        log = simulate_log(speakers=300, seed=seed, dispersion=dispersion, planted=lambda _: worse, gap=gap)
        source = fairaudit.read_log(log.to_frame())
        table, (units,) = build_tables(source, [Coordinates()], rate_named("wer"), SPEAKER)
        inside = np.isin(table.names, np.asarray(log.speaker_ids)[worse])
        return cls(table, units, np.where(inside, 0, 1)[units.counts.speaker], rng.random(300) < 0.5)

    def gap(self, bootstrap: SpeakerBootstrap | None = None) -> Side:
        return held_out_gap(
            self.units, self.cohort, BOTTOM, self.held_out, floor=20, dispersion=self.table.dispersion,
            everyone=self.units.counts, bootstrap=bootstrap,
        )  # fmt: skip

    def plain(self, bootstrap: SpeakerBootstrap | None = None) -> Side:
        counts = replace(self.units.counts, group=self.cohort)
        counts = counts.where(self.held_out[counts.speaker])
        return measure_gap(counts, BOTTOM, floor=20, dispersion=self.table.dispersion, bootstrap=bootstrap)


def test_it_is_the_plain_gap_with_the_interval_of_the_weighted_one():
    split = Split.of(0.5)
    units, held_out = split.units, split.held_out[split.units.counts.speaker]
    sides = [held_out & (split.cohort == side) for side in (0, 1)]
    here, there = (
        np.array([u.sum(), i.sum(), (u * u).sum(), (u * i).sum(), (i * i).sum()])
        for u, i in ((units.residual[cells], units.information[cells]) for cells in sides)
    )
    freedom = effective_speakers(units.counts.where(sides[0])) - 1
    ratio, interval = ratio_interval(here, here + there, stats.t.ppf(0.975, freedom))
    side = split.gap()
    assert side.weighted_ratio == pytest.approx(ratio)
    assert side.gap.ratio_interval == pytest.approx(interval)
    plain = split.plain()
    assert replace(side, gap=plain.gap, weighted_ratio=None, not_tested_because=None, shares={}) == replace(
        plain, not_tested_because=None, shares={}
    )


def test_it_is_narrower_than_that_of_the_plain_gap():
    widths = [
        [high / low for low, high in (side.gap.ratio_interval for side in (split.gap(), split.plain()))]
        for split in (Split.of(0.5, seed) for seed in range(10))
    ]
    ours, plain = np.median(widths, axis=0)
    assert ours < 0.85 * plain


def test_cells_of_a_speaker_are_added_up_before_they_are_squared():
    """Half of the words of everybody at another place: the same speakers, the same gap, the same interval."""
    split = Split.of(0.5)
    counts = split.units.counts
    twice = {name: np.tile(getattr(counts, name) / 2, 2) for name in ("errors", "exposure")}
    halves = ErrorCounts(np.tile(counts.speaker, 2), np.tile(counts.group, 2), **twice)
    units = replace(
        split.units,
        counts=halves,
        residual=np.tile(split.units.residual / 2, 2),
        information=np.tile(split.units.information / 2, 2),
    )
    side = replace(split, units=units, cohort=np.tile(split.cohort, 2)).gap()
    assert side.gap.ratio_interval == pytest.approx(split.gap().gap.ratio_interval, rel=1e-9)


def test_an_upper_limit_that_the_score_does_not_give_is_that_of_the_plain_gap():
    plain = Split.of(0.5).plain()
    assert plain.weighted(1.6, (1.1, np.inf)).gap.ratio_interval == (1.1, plain.gap.ratio_interval[1])
    assert plain.weighted(9.0, (1.1, np.inf)).gap.ratio_interval == (1.1, 9.0)
    assert plain.weighted(1.6, (1.1, 2.0)).gap.ratio_interval == (1.1, 2.0)


def test_few_speakers_who_differ_a_lot_have_a_whole_interval():
    """Of 20 logs, the scores of some give no upper limit; a disparity without an interval would be no evidence."""
    fallen_back = 0
    for seed in range(20):
        split = Split.of(1.0, seed, dispersion=1.2)
        worse = split.units.counts.speaker[split.cohort == 0]
        held_out = split.held_out.copy()
        held_out[worse[12:]] = False
        few = replace(split, held_out=held_out)
        interval, plain = few.gap().gap.ratio_interval, few.plain().gap.ratio_interval
        assert interval is None or np.isfinite(interval).all()
        fallen_back += interval is not None and interval[1] == plain[1]
    assert fallen_back


def test_of_speakers_on_both_sides_the_plain_gap_is_surer():
    """Everybody has two devices: a second row each, in the other cohort."""
    split = Split.of(0.0)
    counts = split.units.counts
    both = {name: np.tile(getattr(counts, name), 2) for name in ("speaker", "group", "errors", "exposure")}
    units = replace(
        split.units,
        counts=ErrorCounts(**both),
        residual=np.tile(split.units.residual, 2),
        information=np.tile(split.units.information, 2),
    )
    side = replace(split, units=units, cohort=np.repeat([0, 1], len(counts))).gap()
    assert side.weighted_ratio is None
    assert side.gap.ratio_interval == pytest.approx((1, 1), abs=0.2)


def test_bootstrap_intervals_belong_to_the_plain_gap():
    split, bootstrap = Split.of(0.5), SpeakerBootstrap(seed=0)
    assert split.gap(bootstrap).gap == split.plain(bootstrap).gap
    assert split.gap(bootstrap).weighted_ratio is None


def test_without_errors_in_the_bottom_there_is_no_interval():
    split = Split.of(0.0)
    errors = np.where(split.cohort == 0, 0.0, split.units.counts.errors)
    side = replace(split, units=replace(split.units, counts=replace(split.units.counts, errors=errors))).gap()
    assert side.gap.ratio_interval is None
    assert side.weighted_ratio is None


@pytest.mark.exhaustive
def test_the_interval_covers_and_seldom_excludes_no_gap():
    """Forty logs without a gap: of 40 intervals of 95 %, at most seven miss, and at most five lie above "no gap"."""
    intervals = np.array([Split.of(0.0, seed).gap().gap.ratio_interval for seed in range(40)])
    assert np.count_nonzero((intervals[:, 0] > 1) | (intervals[:, 1] < 1)) <= 7
    assert np.count_nonzero(intervals[:, 0] > 1) <= 5
