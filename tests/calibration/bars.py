"""The acceptance bars, measured on our own code: ``python tests/calibration/bars.py [BAR ...] [--runs N] [--jobs J]``.

Simulated logs (:func:`fairaudit.samples.simulate_log`: 10 % WER, 5-200 utterances a speaker, log-normal speaker
effect) with and without a planted cohort. Each bar prints a row of a Markdown table: what was asked, what was measured,
over how many runs, and whether it holds; the exit code is 1 if one does not. ``--runs`` scales the number of runs.
"""

# ruff: noqa: E402  (thread counts are set before numpy starts its own)
from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from multiprocessing import Pool
from types import SimpleNamespace
from typing import Any

from fairaudit.evidence.design import Design
from fairaudit.evidence.record import Evidence

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np
import pandas as pd
from planters import (
    Plant,
    angle,
    box,
    circle,
    family_of_voices,
    kind_of_voice,
    patch,
    simulate_planted,
    tail_of_voices,
    thirty,
)
from scipy.stats import binom, norm

from fairaudit.cohorts import Embedding, GeoScan, GeoTree, Named, ZipCensus
from fairaudit.cohorts.rules import Group
from fairaudit.cohorts.search import PreparedSearch, observed_score
from fairaudit.core.columns import SPEAKER, UTTERANCES
from fairaudit.core.counts import ErrorCounts
from fairaudit.core.privacy import SUPPRESS_BELOW
from fairaudit.core.rate import rate_named
from fairaudit.core.verdicts import Verdict
from fairaudit.evidence.family import Family, adjusted
from fairaudit.evidence.gaps import held_out_gap
from fairaudit.evidence.measure import measure_cohorts
from fairaudit.evidence.plan import Plan, Search
from fairaudit.evidence.splitting import design_of
from fairaudit.evidence.verdict import judge
from fairaudit.inputs.census import CensusTable
from fairaudit.inputs.embeddings import EmbeddingTable
from fairaudit.inputs.named import NamedColumns
from fairaudit.inputs.places import Coordinates
from fairaudit.samples import SimulatedLog, simulate_log
from fairaudit.stats.dispersion import fit_dispersion
from fairaudit.stats.permutation import permutation_p, shuffles
from fairaudit.stats.rates import rate_interval
from fairaudit.units.adjusted import EXPECTED, AdjustedLog
from fairaudit.units.build import UnitTable, build_tables

METHODS = ("geo-tree", "geo-scan", "zip-census", "embedding", "named")
SPREADS = (0.3, 0.6, 0.9)


class FrameLog:
    """A tally source in memory."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame.assign(**{UTTERANCES: 1})

    def tally(self, by: list[str]) -> pd.DataFrame:
        return self.frame.groupby(by, dropna=False)[[UTTERANCES, "errors", "words"]].sum()


def search(log: SimulatedLog, method: str, *, permutations: int, seed: int, splits: int | None = 9) -> Evidence:
    """What one discoverer finds in a log, and what it is worth."""
    if method == "geo-tree":
        features, discoverer = Coordinates(), GeoTree()
    elif method == "geo-scan":
        features, discoverer = Coordinates(), GeoScan()
    elif method == "zip-census":
        census = log.to_census().set_index("zip_code")
        features, discoverer = CensusTable(census, tuple(census.columns)), ZipCensus()
    elif method == "embedding":
        # restarts and seeds of k-means do not see errors, hence cannot matter for false alarms
        features, discoverer = EmbeddingTable.of(*log.to_embeddings()), QuickEmbedding(n_init=1)
    else:
        features, discoverer = NamedColumns(("accent",)), Named(by=("accent",))
    table, (units,) = build_tables(FrameLog(log.to_frame()), [features], rate_named("wer"), SPEAKER)
    plan, searches = Plan(permutations=permutations, seed=seed), [Search(method, features, discoverer)]
    return judge(searches, [units], design_of(searches, [units], table, plan, splits))[0].evidence


class QuickEmbedding(Embedding):
    """Without the stability over seeds, which costs most and is not measured here."""

    def search(self, units: UnitTable) -> PreparedSearch:
        full = super().search(units)
        return SimpleNamespace(best=full.best, details=lambda null, bottom: {})


@dataclass(frozen=True)
class Row:
    bar: str
    asked: str
    measured: str
    runs: int
    holds: bool


Map = Callable[[Callable[[int], Any], int], list[Any]]


def at_most(runs: int, level: float = 0.05) -> int:
    """Most rejections that a sound test shows in so many runs, 994 times in 1,000."""
    return int(binom.ppf(0.994, runs, level))


def null_run(seed: int, *, method: str, spread: float, dominant: bool) -> tuple[float, float]:
    log = simulate_log(speakers=2000, seed=seed, dispersion=spread, dominant_speaker=dominant)
    evidence = search(log, method, permutations=99, seed=seed)
    held = evidence.gaps.held_out.gap.relative if evidence.gaps.held_out else np.nan
    return evidence.test.p_alone if evidence.test else 1.0, held  # no group can be tested: nothing is rejected


def a1_a2(run: Map, runs: int) -> Iterator[Row]:
    for method in METHODS:
        for spread, dominant in [*((s, False) for s in SPREADS), (0.6, True)]:
            seen = np.array(run(partial(null_run, method=method, spread=spread, dominant=dominant), runs))
            rejected, middle = int((seen[:, 0] <= 0.05).sum()), float(np.nanmedian(seen[:, 1]))
            name = f"{method}, s = {spread}" + (", dominant speaker" if dominant else "")
            yield Row(
                "A1", f"{name}: p ≤ .05 at most {at_most(runs)} times", str(rejected), runs, rejected <= at_most(runs)
            )
            if not dominant and method != "named":  # known groups are named among all speakers, so nothing is held out
                yield Row("A2", f"{name}: median held-out gap within ±5 %", f"{middle:+.1%}", runs, abs(middle) <= 0.05)


def joint_run(seed: int) -> tuple[float, float]:
    """Smallest p-value of 20 settings of one discoverer on noise: each alone, and each knowing of the others."""
    log = simulate_log(speakers=600, seed=seed)
    features = EmbeddingTable.of(*log.to_embeddings())
    table, (units,) = build_tables(FrameLog(log.to_frame()), [features], rate_named("wer"), SPEAKER)
    hows = [QuickEmbedding(clusters=k, n_init=1, random_state=r) for k in (2, 4, 8, 12, 16) for r in range(4)]
    found = []
    for discoverer in hows:
        one = discoverer.search(units)
        null = np.concatenate([one.best(draws) for draws in shuffles(units.counts.speaker, len(table), 199, seed)])
        found.append((observed_score(one), null))
    alone = [permutation_p(observed, null) for observed, null in found]
    return min(alone), min(p.item() for p in adjusted([Family.of_search(*one, 0.05) for one in found]) if p is not None)


def joint(run: Map, runs: int) -> Iterator[Row]:
    seen = np.array(run(joint_run, runs))
    alone, together = ((seen[:, i] <= 0.05).mean() for i in (0, 1))
    limit = at_most(runs)
    asked = f"best of 20 settings (each alone: {alone:.0%} of logs have p ≤ .05): at most {limit} times"
    yield Row("A1 (joint)", asked, str(int((seen[:, 1] <= 0.05).sum())), runs, together * runs <= limit)


def cover_run(seed: int, *, size: int, spread: float, extra: float) -> tuple[bool, bool]:
    """Whether our interval, and an utterance-level one, cover the true rate of a random cohort."""
    rng = np.random.default_rng(seed)
    log = simulate_log(speakers=2000, seed=seed, dispersion=spread)
    words, member = log.words.astype(float), rng.choice(2000, size, replace=False)
    effect = np.exp(extra * spread * rng.standard_normal(size) - (extra * spread) ** 2 / 2)
    errors = log.errors.astype(float)
    errors[member] = rng.poisson(0.1 * effect * words[member])
    dispersion = fit_dispersion(errors, words)
    code = np.arange(size)
    counts = ErrorCounts(code, code * 0, errors[member], words[member])
    low, high = rate_interval(counts, dispersion)
    naive = norm.ppf(0.975) * np.sqrt(counts.rate / counts.exposure.sum())
    return low <= 0.1 <= high, abs(counts.rate - 0.1) <= naive


def a3_a4(run: Map, runs: int) -> Iterator[Row]:
    for spread in SPREADS:
        for size in (20, 50, 100):
            ours, naive = np.mean(run(partial(cover_run, size=size, spread=spread, extra=1.0), runs), axis=0)
            name = f"{size} speakers, s = {spread}"
            yield Row("A3", f"{name}: interval covers .93–.98", f"{ours:.3f}", runs, 0.93 <= ours <= 0.98)
            yield Row("A4", f"{name}: utterance-level interval covers < .70", f"{naive:.3f}", runs, naive < 0.70)
    for size in (20, 50, 100):
        ours, _ = np.mean(run(partial(cover_run, size=size, spread=0.6, extra=1.5), runs), axis=0)
        yield Row("A3", f"{size} speakers 1.5× more dispersed: covers ≥ .92", f"{ours:.3f}", runs, ours >= 0.92)


def held_out_run(seed: int, *, size: int, spread: float, gap: float) -> tuple[bool, bool]:
    """Whether the interval of the gap of so many held-out speakers, of 150 in all, covers the truth and excludes 1."""
    rng = np.random.default_rng([seed, 7])
    order = rng.permutation(300)
    held_out, worse = np.zeros((2, 300), dtype=bool)
    held_out[order[:150]] = True
    worse[order[:size]] = worse[order[150 : 150 + size]] = True
    log = simulate_log(speakers=300, seed=seed, dispersion=spread, planted=lambda _: worse, gap=gap)
    table, (units,) = build_tables(FrameLog(log.to_frame()), [Coordinates()], rate_named("wer"), SPEAKER)
    who = pd.Index(log.speaker_ids).get_indexer(table.names)
    cohort = np.where(worse[who], 0, 1)[units.counts.speaker]
    side = held_out_gap(
        units, cohort, Group((0,), ""), held_out[who], floor=20, dispersion=table.dispersion, everyone=units.counts
    )
    low, high = side.gap.interval
    return low <= gap <= high, low > 0


def held_out(run: Map, runs: int) -> Iterator[Row]:
    """Intervals of gaps among few held-out speakers."""
    for spread in SPREADS:
        for size in (11, 16, 25, 60):
            for gap in (0.0, 0.5):
                one = partial(held_out_run, size=size, spread=spread, gap=gap)
                covers, excludes = np.mean(run(one, runs), axis=0)
                asked = f"gap {gap:+.0%} of {size} held-out speakers, s = {spread}: interval covers ≥ .93"
                yield Row("A3 (held out)", asked, f"{covers:.3f} (above 0: {excludes:.3f})", runs, covers >= 0.93)


def named_run(seed: int, *, speakers: int, gap: float, share: float) -> tuple[bool, float]:
    """Whether a planted named cohort is found, and the minimum detectable gap."""

    def planted(log: SimulatedLog) -> np.ndarray:
        if share == 0.1:
            return log.labels["accent"] == "accent-00"
        few = np.random.default_rng(seed).permutation(speakers) < share * speakers
        log.labels["accent"][few] = "accent-00"
        log.labels["accent"][~few & (log.labels["accent"] == "accent-00")] = "accent-01"
        return few

    log = simulate_log(speakers=speakers, seed=seed, planted=planted, gap=gap)
    evidence = search(log, "named", permutations=199, seed=seed)
    right = evidence.bottom is not None and evidence.rule.label(evidence.bottom.cohorts[0]) == "accent-00"
    return evidence.test.p_alone <= 0.05 and right, evidence.detectable.gap or np.nan


def a5_a6(run: Map, runs: int) -> Iterator[Row]:
    asked = ((2000, 0.4, 0.1, 0.90), (2000, 0.65, 0.1, 0.98), (5000, 0.2, 0.1, 0.70))
    small = ((20_000, 0.4, 0.008, 0.95), (5000, 0.65, 0.008, 0.75))
    for bar, cases, count in (("A5", asked, runs), ("A6", small, max(1, runs // 2))):
        for speakers, gap, share, power in cases:
            seen = np.array(run(partial(named_run, speakers=speakers, gap=gap, share=share), count))
            name = f"{share:.1%} of {speakers:,} speakers, {gap:+.0%}: found and named ≥ {power:.2f}"
            yield Row(bar, name, f"{seen[:, 0].mean():.2f}", count, seen[:, 0].mean() >= power)
    seen = np.array(run(partial(named_run, speakers=2000, gap=0.65, share=0.008), 20))
    told = bool(np.isfinite(seen[:, 1]).all())
    yield Row("A6", "0.8 % of 2,000: minimum detectable gap told", f"{np.median(seen[:, 1]):+.0%}", 20, told)


def planted_run(seed: int, *, method: str, plant: Plant, gap: float) -> tuple[bool, float]:
    """Whether a planted cohort of 2,000 speakers is found, and the overlap of the frozen bottom with it."""
    log, mask = simulate_planted(plant, np.random.default_rng([seed, 7]), speakers=2000, seed=seed, gap=gap)
    evidence = search(log, method, permutations=99, seed=seed)
    return evidence.test.p_alone <= 0.05, overlap(evidence, log, mask, method)


def overlap(evidence: Evidence, log: SimulatedLog, mask: np.ndarray, method: str) -> float:
    """Jaccard overlap of the bottom of a search with a planted cohort, over all speakers of the log."""
    places = pd.DataFrame(log.coordinates, columns=["latitude", "longitude"])
    features = pd.DataFrame(log.vectors) if method == "embedding" else places
    found = np.isin(evidence.rule.assign(features), evidence.bottom.cohorts if evidence.bottom else ())
    return float((found & mask).sum() / (found | mask).sum())


def a7(run: Map, runs: int) -> Iterator[Row]:
    """The asked boxes for both ways to search places, and what the design calls beyond."""
    for method in ("geo-tree", "geo-scan"):
        for gap, power, overlap, beyond in (
            (0.65, 0.95, 0.6, ""),
            (0.4, 0.65, None, ""),
            (0.4, 0.85, 0.75, " (beyond)"),
        ):
            seen = np.array(run(partial(planted_run, method=method, plant=box, gap=gap), runs))
            found, jaccard = seen[:, 0].mean(), float(np.median(seen[:, 1]))
            asked = f"{method}, box of 10 %, {gap:+.0%}: power ≥ {power}"
            asked += f", median Jaccard ≥ {overlap}" if overlap else ""
            holds = found >= power and (overlap is None or jaccard >= overlap)
            yield Row("A7" + beyond, asked, f"{found:.2f}, {jaccard:.2f}", runs, holds)


def shapes(run: Map, runs: int) -> Iterator[Row]:
    """No bar: other outlines and other voices, side by side."""
    cases: list[tuple[str, Plant]] = [(m, p) for p in (box, circle, angle, patch) for m in ("geo-tree", "geo-scan")]
    cases += [("embedding", plant) for plant in (kind_of_voice, family_of_voices, tail_of_voices)]
    for gap in (0.3, 0.4, 0.65):
        for method, plant in cases:
            seen = np.array(run(partial(planted_run, method=method, plant=plant, gap=gap), runs))
            name = f"{method}, {plant.__name__.replace('_', ' ')}, {gap:+.0%}: power, median Jaccard"
            yield Row("-", name, f"{seen[:, 0].mean():.2f}, {np.median(seen[:, 1]):.2f}", runs, True)


PLACES = {"geo-tree": GeoTree, "geo-scan": GeoScan}


def judged_places(frame: pd.DataFrame, method: str, sampling_unit: str, seed: int, permutations: int = 99) -> Evidence:
    """The evidence of one search over places, with its verdict."""
    discoverer, places = PLACES[method](), Coordinates()
    table, (units,) = build_tables(FrameLog(frame), [places], rate_named("wer"), sampling_unit)
    plan, searches = Plan(permutations=permutations, seed=seed), [Search(method, places, discoverer)]
    return judge(searches, [units], design_of(searches, [units], table, plan, splits=9))[0].evidence


def small_run(seed: int, *, method: str, speakers: int, spread: float, gap: float) -> tuple[bool, float, float, bool]:
    """Whether 30 neighbours are found, the overlap, the held-out gap if it can be printed, and whether it is tested."""
    rng = np.random.default_rng([seed, 11])
    log, mask = simulate_planted(thirty, rng, speakers=speakers, seed=seed, gap=gap, dispersion=spread)
    evidence = judged_places(log.to_frame(), method, SPEAKER, seed)
    found = np.zeros(speakers, dtype=bool)
    if evidence.bottom is not None:
        places = pd.DataFrame(log.coordinates, columns=["latitude", "longitude"])
        found = np.isin(evidence.rule.assign(places), evidence.bottom.cohorts)
    side = evidence.gaps.held_out
    printed = side is not None and min(side.speakers, side.reference_speakers) >= SUPPRESS_BELOW
    held_out = side.gap.relative if printed else np.nan
    return (
        evidence.test.p_alone <= 0.05,
        (found & mask).sum() / (found | mask).sum(),
        held_out,
        evidence.verdict == Verdict.DISPARITY,
    )


def b5(run: Map, runs: int) -> Iterator[Row]:
    """Regions of 30 speakers with twice as many errors, and noise; geo-tree and smaller spreads beside the bar."""
    for method in PLACES:
        for spread in (0.6, 0.4):
            bar = "B5" if method == "geo-scan" and spread == 0.6 else "B5 (beside)"
            for speakers in (300, 1000):
                one = partial(small_run, method=method, speakers=speakers, spread=spread)
                seen = np.array(run(partial(one, gap=1.0), runs), dtype=float)
                power, overlap, gap = seen[:, 0].mean(), np.median(seen[:, 1]), np.nanmedian(seen[:, 2])
                known, verdict = np.isfinite(seen[:, 2]).mean(), seen[:, 3].mean()
                name = f"{method}, 30 of {speakers:,}, s = {spread}, +100 %: power ≥ .95, median Jaccard ≥ .5"
                measured = (
                    f"{power:.3f}, {overlap:.2f} (gap printed in {known:.2f}: {gap:+.0%}; disparity {verdict:.2f})"
                )
                yield Row(bar, name, measured, runs, power >= 0.95 and overlap >= 0.5)
                if spread == 0.6:
                    null = int(np.array(run(partial(one, gap=0.0), runs), dtype=float)[:, 0].sum())
                    asked = f"{method}, {speakers:,} speakers, noise: p ≤ .05 at most {at_most(runs)} times"
                    yield Row(bar, asked, str(null), runs, null <= at_most(runs))


def homes_run(seed: int, *, method: str, places: int, gap: float) -> tuple[bool, bool]:
    """Whether 200 homes of six, the southern fifth with more errors, end in a disparity, and whether p <= .05.

    The members of a home share an effect and live at one place, or each at one of some places 0.1 degrees around it.
    """
    rng = np.random.default_rng([seed, 13])
    homes, members = 200, 6
    log = simulate_log(speakers=homes * members, seed=seed, dispersion=0.3)
    home = np.arange(homes * members) // members
    centre = np.array([-38.0, -115.0]) + np.array([4.0, 6.0]) * (rng.random((homes, 2)) - 0.5)
    around = 0.2 * (rng.random((homes, places, 2)) - 0.5)
    latitude, longitude = (centre[home] + around[home, np.arange(len(home)) % places]).round(3).T
    south = centre[:, 0] <= np.quantile(centre[:, 0], 0.2)
    effect = np.exp(0.4 * rng.standard_normal(homes) - 0.08) * np.where(south, 1 + gap, 1)
    frame = log.to_frame().assign(home=home, latitude=latitude, longitude=longitude)
    frame["errors"] = rng.binomial(log.words, np.minimum(0.1 * effect[home], 0.9))
    evidence = judged_places(frame, method, "home", seed)
    return evidence.verdict == Verdict.DISPARITY, evidence.test.p_alone <= 0.05


def b6(run: Map, runs: int) -> Iterator[Row]:
    """Homes whose members have a place each end in a disparity as often as homes with one place."""
    for method in PLACES:
        kinds = {}
        for places in (1, 2, 6):
            one = partial(homes_run, method=method, places=places)
            kinds[places] = np.array(run(partial(one, gap=0.7), runs)).mean(axis=0)
            shown = f"{kinds[places][0]:.2f} (power {kinds[places][1]:.2f})"
            asked = f"{method}, 200 homes of 6 at {places} places each, south +70 %: disparity as with one place ± .1"
            yield Row("B6", asked, shown, runs, abs(kinds[places][0] - kinds[1][0]) <= 0.1)
        null = int(np.array(run(partial(homes_run, method=method, places=6, gap=0.0), runs))[:, 1].sum())
        asked = f"{method}, the same at 6 places, noise: p ≤ .05 at most {at_most(runs)} times"
        yield Row("B6", asked, str(null), runs, null <= at_most(runs))


def region_run(seed: int, *, method: str, speakers: int, share: float, gap: float) -> tuple[float, float, bool, bool]:
    """What an audit prints as detectable, and whether a region with a share of the speakers is noticed, and named."""
    rng = np.random.default_rng([seed, 5])

    def around_one(log: SimulatedLog) -> np.ndarray:
        off = log.coordinates - log.coordinates[rng.integers(speakers)]
        off[:, 1] *= np.cos(np.deg2rad(log.coordinates[:, 0].mean()))
        return np.argsort(np.argsort((off**2).sum(axis=1))) < share * speakers

    log = simulate_log(speakers=speakers, seed=seed, planted=around_one if gap else None, gap=gap)
    evidence = judged_places(log.to_frame(), method, SPEAKER, seed, 99 if gap else 999)
    detectable = evidence.detectable
    return (
        detectable.gap or np.nan,
        detectable.share,
        evidence.test.p_alone <= 0.05,
        evidence.verdict == Verdict.DISPARITY,
    )


def known_run(seed: int, *, speakers: int, groups: int, share: float, gap: float) -> tuple[float, float, bool, bool]:
    """What an audit of known groups prints as detectable, and whether a group with a share of the speakers is named."""
    rng = np.random.default_rng([seed, 6])
    size = round(share * speakers)
    group = rng.permutation(np.concatenate([np.zeros(size, int), 1 + np.arange(speakers - size) % (groups - 1)]))
    log = simulate_log(speakers=speakers, seed=seed, planted=lambda _: group == 0, gap=gap)
    features = NamedColumns(("group",))
    searches = [Search("group", features, Named(by=("group",)))]
    of_speaker = dict(zip(log.speaker_ids, group.astype(str), strict=True))
    frame = log.to_frame().assign(group=lambda rows: rows["speaker_id"].map(of_speaker))
    table, (units,) = build_tables(FrameLog(frame), [features], rate_named("wer"), SPEAKER)
    (found,) = judge(searches, [units], Design.of(table, Plan(permutations=999 if not gap else 199, seed=seed)))
    evidence = found.evidence
    named = evidence.verdict == Verdict.DISPARITY and evidence.bottom.description == "group = 0"
    return evidence.detectable.gap or np.nan, evidence.detectable.share, evidence.p_value <= 0.05, named


def b8(run: Map, runs: int) -> Iterator[Row]:
    """At the printed minimum detectable gap, .75 to .9 of the logs have a verdict of uneven or disparity."""
    for speakers, groups in ((300, 5), (600, 6), (2000, 9)):
        known = partial(known_run, speakers=speakers, groups=groups)
        printed = np.array(run(partial(known, share=0.1, gap=0.0), 10))
        gap, share = float(np.nanmedian(printed[:, 0])), float(printed[0, 1])
        seen = np.array(run(partial(known, share=share, gap=gap), runs))
        named = seen[:, 3].mean()
        asked = f"named, {groups} groups of {speakers:,} speakers, the printed {gap:+.0%}: right group named in .75–.9"
        yield Row("B8", asked, f"{named:.2f} (noticed {seen[:, 2].mean():.2f})", runs, 0.75 <= named <= 0.9)
    for method in PLACES:
        for speakers in (300, 600, 2000):
            one = partial(region_run, method=method, speakers=speakers)
            printed = np.array(run(partial(one, share=0.1, gap=0.0), 10))
            gap, share = float(np.nanmedian(printed[:, 0])), float(printed[0, 1])
            for times in (1.0, 2.0):
                seen = np.array(run(partial(one, share=share, gap=times * gap), runs))
                noticed, named = seen[:, 2].mean(), seen[:, 3].mean()
                asked = f"{method}, {speakers:,} speakers, {times:.0f} × the printed {gap:+.0%}: noticed in .75–.9"
                shown = f"{noticed:.2f} (disparity {named:.2f})"
                yield Row("B8" if times == 1 else "-", asked, shown, runs, times > 1 or 0.75 <= noticed <= 0.9)


def household_run(seed: int, *, method: str, sampling_unit: str) -> bool:
    """Whether p <= .05 in noise of 200 households of three, who share a place, a label and an effect."""
    rng = np.random.default_rng([seed, 12])
    log = simulate_log(speakers=600, seed=seed, dispersion=0.3)
    home = np.arange(600) // 3
    places = log.coordinates[::3][home]
    frame = log.to_frame().assign(home=home, latitude=places[:, 0], longitude=places[:, 1])
    frame["accent"] = rng.integers(0, 8, 200).astype(str)[home]
    frame["errors"] = rng.binomial(
        log.words, np.minimum(0.1 * np.exp(0.6 * rng.standard_normal(200) - 0.18)[home], 0.9)
    )
    if method in PLACES:
        return judged_places(frame, method, sampling_unit, seed).test.p_alone <= 0.05
    features = NamedColumns(("accent",))
    table, (units,) = build_tables(FrameLog(frame), [features], rate_named("wer"), sampling_unit)
    design = Design.of(table, Plan(permutations=99, seed=seed))
    (found,) = judge([Search(method, features, Named(by=("accent",)))], [units], design)
    return found.evidence.test.p_alone <= 0.05


def s12(run: Map, runs: int) -> Iterator[Row]:
    """Households: with the household as sampling unit the level holds; without, a caution is all that helps."""
    for method in (*PLACES, "named"):
        for unit, holds in (("home", True), (SPEAKER, False)):
            found = int(np.sum(run(partial(household_run, method=method, sampling_unit=unit), runs)))
            asked = f"{method}, households of three, sampling unit {unit}: p ≤ .05"
            asked += f" at most {at_most(runs)} times" if holds else " (no bar)"
            yield Row("S12" if holds else "-", asked, str(found), runs, not holds or found <= at_most(runs))


def table_run(seed: int) -> tuple[bool, float, float, float]:
    """On 50 null cohorts: any flag, and root mean square error of raw and shrunk rates, and the worst shrunk."""
    log = simulate_log(speakers=2000, seed=seed)
    features = NamedColumns(("accent",))
    table, (units,) = build_tables(FrameLog(log.to_frame()), [features], rate_named("wer"), SPEAKER)
    rule = Named(by=("accent",)).partition(units)
    cohort = rule.assign(units.features)[units.counts.group]
    rows = measure_cohorts(units, cohort, rule, table, floor=20, permutations=199, seed=seed)
    raw, shrunk = (np.array([getattr(row, name) for row in rows]) for name in ("rate", "shrunk_rate"))
    flagged = any(row.p_adjusted is not None and row.p_adjusted <= 0.05 for row in rows)
    return flagged, float(((raw - 0.1) ** 2).mean()), float(((shrunk - 0.1) ** 2).mean()), shrunk.max() / 0.1 - 1


def a8_a10(run: Map, runs: int) -> Iterator[Row]:
    seen = np.array(run(table_run, runs), dtype=float)
    flags, limit = int(seen[:, 0].sum()), at_most(runs)
    yield Row("A8", f"50 null cohorts: audits with any flag at most {limit}", str(flags), runs, flags <= limit)
    ratio, worst = float(np.sqrt(seen[:, 2].mean() / seen[:, 1].mean())), float(np.median(seen[:, 3]))
    yield Row("A10", "shrunk against raw root mean square error ≤ .5", f"{ratio:.2f}", runs, ratio <= 0.5)
    yield Row("A10", "worst cohort overstated by at most 10 % when shrunk", f"{worst:+.1%}", runs, worst <= 0.10)


def confounded_run(seed: int, *, gap: float, few_hard: float, many_hard: float) -> tuple[float, float, float]:
    """Raw and adjusted gap of a tenth of 2,000 speakers who say another share of hard text, and the adjusted p."""
    log = simulate_log(speakers=2000, seed=seed)
    rng = np.random.default_rng([seed, 9])
    few = log.labels["accent"] == "accent-00"
    effect = np.exp(0.6 * rng.standard_normal(2000) - 0.18) * np.where(few, 1 + gap, 1)
    hard = np.where(few, few_hard, many_hard)
    parts = []
    for domain, share, factor in (("hard", hard, 2.0), ("easy", 1 - hard, 1.0)):
        words = rng.binomial(log.words, share)
        part = {"speaker_id": log.speaker_ids, "group": np.where(few, "few", "many"), "domain": domain}
        parts.append(pd.DataFrame({**part, "words": words, "errors": rng.poisson(0.08 * factor * effect * words)}))
    source, rate = FrameLog(pd.concat(parts)), rate_named("wer")
    raw = source.tally(["group"])
    adjusted = AdjustedLog(source, ("domain",), rate, SPEAKER)
    after = adjusted.tally(["group"])
    gaps = [
        float(rates["few"] / rates["many"] - 1)
        for rates in (raw["errors"] / raw["words"], after["errors"] / after[EXPECTED])
    ]
    table, (units,) = build_tables(adjusted, [NamedColumns(("group",))], adjusted.adjusted_rate, SPEAKER)
    design = Design.of(table, Plan(permutations=199, seed=seed))
    (found,) = judge([Search("group", NamedColumns(("group",)), Named(by=("group",)))], [units], design)
    return *gaps, found.evidence.test.p_alone


def a9(run: Map, runs: int) -> Iterator[Row]:
    seen = np.array(run(partial(confounded_run, gap=0.0, few_hard=0.6, many_hard=0.2), runs))
    raw, left, flagged = np.median(seen[:, 0]), np.median(seen[:, 1]), float((seen[:, 2] <= 0.05).mean())
    asked = f"60 % against 20 % hard text, raw gap {raw:+.0%}: adjusted median within ±2 %"
    yield Row("A9", asked, f"{left:+.1%}", runs, abs(left) <= 0.02)
    yield Row("A9", "the same: flagged at most 7.75 %", f"{flagged:.1%}", runs, flagged <= 0.0775)
    seen = np.array(run(partial(confounded_run, gap=0.4, few_hard=0.2, many_hard=0.6), runs))
    raw, back, power = np.median(seen[:, 0]), np.median(seen[:, 1]), float((seen[:, 2] <= 0.05).mean())
    asked = f"+40 % behind easy text, raw gap {raw:+.0%}: adjusted within 3 points, power ≥ .85"
    yield Row("A9", asked, f"{back:+.1%}, {power:.2f}", runs, abs(back - 0.4) <= 0.03 and power >= 0.85)


BARS: dict[str, tuple[Callable[[Map, int], Iterator[Row]], int]] = {
    "A1": (a1_a2, 400),
    "joint": (joint, 400),
    "A3": (a3_a4, 1000),
    "held-out": (held_out, 400),
    "A5": (a5_a6, 300),
    "A7": (a7, 200),
    "shapes": (shapes, 100),
    "A8": (a8_a10, 400),
    "A9": (a9, 400),
    "B5": (b5, 400),
    "B6": (b6, 200),
    "B8": (b8, 100),
    "S12": (s12, 200),
}


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the acceptance bars.")
    parser.add_argument("bars", nargs="*", default=[*BARS], help=f"of {[*BARS]}; each brings its neighbours along")
    parser.add_argument("--runs", type=float, default=1.0, help="multiple of each bar's own number of runs")
    parser.add_argument("--first-seed", type=int, default=0, help="seed of the first run")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    missed = 0
    print("| bar | asked | measured | runs | holds |\n|---|---|---|---|---|")
    with Pool(options.jobs) as pool:

        def run(one: Callable[[int], Any], count: int) -> list[Any]:
            seeds = range(options.first_seed, options.first_seed + count)
            return pool.map(one, seeds, chunksize=max(1, count // (8 * options.jobs)))

        for bar in options.bars or BARS:
            measure, own = BARS[bar]
            start = time.perf_counter()
            for row in measure(run, max(10, round(own * options.runs))):
                missed += not row.holds
                print(
                    f"| {row.bar} | {row.asked} | {row.measured} | {row.runs} | {'yes' if row.holds else 'NO'} |",
                    flush=True,
                )
            print(f"{bar}: {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
