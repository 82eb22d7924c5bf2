"""What discovery costs: ``python tests/bench/bench_discovery.py``.

1. The whole permutation test (B = 99) of each discoverer on simulated logs of 2,000 and 20,000 speakers.
2. One search against a named peer, in one run, CPU seconds, medians of interleaved rounds, one numeric thread:
   geo-tree against scikit-learn's ``DecisionTreeRegressor(sample_weight)`` on the rows of the log, zip-census
   against a pandas merge and one group-by per attribute. Equality is asserted before anything is timed.

Generator and seed: :func:`fairaudit.samples.simulate_log`, seed 0.
"""

from __future__ import annotations

import os

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

import statistics
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from fairaudit.cohorts import Embedding, GeoScan, GeoTree, Named, ZipCensus
from fairaudit.cohorts.search import Discoverer
from fairaudit.core.rate import RATES
from fairaudit.inputs.census import CensusTable
from fairaudit.inputs.embeddings import EmbeddingTable
from fairaudit.inputs.named import NamedColumns
from fairaudit.inputs.places import Coordinates
from fairaudit.samples import SimulatedLog, simulate_log
from fairaudit.stats.permutation import Observed, shuffles
from fairaudit.units.build import SpeakerTable, UnitFeatures, UnitTable, build_tables

SIZES = (2_000, 20_000)
DRAWS = 99
ROUNDS = 5


class FrameLog:
    """A frame of counts as a source of tallies."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame.assign(utterances=1)

    def tally(self, by: list[str]) -> pd.DataFrame:
        return self.frame.groupby(by, dropna=False)[["errors", "words", "utterances"]].sum()


def tables(frame: pd.DataFrame, features: UnitFeatures) -> tuple[SpeakerTable, UnitTable]:
    table, (units,) = build_tables(FrameLog(frame), [features], RATES["wer"])
    return table, units.assigned()


def census_of(log: SimulatedLog) -> CensusTable:
    frame = log.to_census().set_index("zip_code")
    return CensusTable(frame, tuple(frame.columns))


def permutation_seconds(table: SpeakerTable, units: UnitTable, discoverer: Discoverer) -> tuple[float, float]:
    """CPU seconds of preparing the search and of its shuffles."""
    start = time.process_time()
    search = discoverer.search(units)
    prepared = time.process_time()
    null = [search.best(chunk) for chunk in shuffles(units.counts.speaker, len(table), DRAWS, seed=0)]
    assert np.isfinite(np.concatenate(null)).all()
    return prepared - start, time.process_time() - prepared


def medians(*functions: Callable[[], object]) -> list[float]:
    seconds: list[list[float]] = [[] for _ in functions]
    for _ in range(ROUNDS):
        for function, taken in zip(functions, seconds, strict=True):
            start = time.process_time()
            function()
            taken.append(time.process_time() - start)
    return [statistics.median(taken) for taken in seconds]


def tree_against_sklearn(frame: pd.DataFrame) -> tuple[float, float]:
    """The first cut is the same (in word weights, which is what sklearn minimises); then the time of 16 leaves."""
    from sklearn.tree import DecisionTreeRegressor

    used = frame[frame["words"] > 0]
    places, words = used[["latitude", "longitude"]].to_numpy(), used["words"].to_numpy(float)
    rate = used["errors"].to_numpy() / words
    _, units = tables(frame, Coordinates())

    def peer(leaves: int) -> DecisionTreeRegressor:
        return DecisionTreeRegressor(max_leaf_nodes=leaves, random_state=0).fit(places, rate, sample_weight=words)

    # with words as weights the score is the sum of squares between the two sides
    plain = UnitTable(
        units.features, units.counts, units.counts.errors - units.counts.rate * units.counts.exposure,
        units.counts.exposure,
    )  # fmt: skip
    ours = GeoTree(max_leaves=2, min_speakers=1).partition(plain)
    theirs = peer(2).tree_
    assert ours.feature[0] == theirs.feature[0]
    assert abs(ours.threshold[0] - theirs.threshold[0]) < 0.01
    search = GeoTree(max_leaves=16, min_speakers=1).search(units)
    theirs_time, ours_time = medians(lambda: peer(16), lambda: search.best(Observed()))
    return theirs_time, ours_time


def census_against_pandas(frame: pd.DataFrame, census: CensusTable) -> tuple[float, float]:
    """WER above and below the median of each attribute, by a merge on the rows and one group-by per attribute."""
    table = census.frame
    medians_of = {name: float(f"{table[name].median():.4g}") for name in table}

    def peer() -> dict[str, float]:
        merged = frame.merge(table, left_on="zip_code", right_index=True)
        gaps = {}
        for name, cut in medians_of.items():
            sums = merged.groupby(merged[name] > cut)[["errors", "words"]].sum()
            rates = sums["errors"] / sums["words"]
            gaps[name] = float(rates[True] - rates[False])
        return gaps

    _, units = tables(frame, census)
    value = units.features.to_numpy()
    above = (value > np.array([medians_of[name] for name in table])).T

    def ours() -> dict[str, float]:
        errors, words = units.per_unit(units.counts.errors), units.per_unit(units.counts.exposure)
        inside, total = np.stack([above @ errors, above @ words]), (errors.sum(), words.sum())
        gaps = inside[0] / inside[1] - (total[0] - inside[0]) / (total[1] - inside[1])
        return dict(zip(table, gaps.tolist(), strict=True))

    for name, gap in peer().items():
        assert abs(gap - ours()[name]) < 1e-9
    search = ZipCensus(quantiles=(0.5,), pairs=False).search(units)
    theirs_time, ours_time = medians(peer, lambda: search.best(Observed()))
    return theirs_time, ours_time


def main() -> None:
    print(f"Permutation of the whole search, B = {DRAWS}, CPU seconds (of them preparing)")
    print(f"{'speakers':>10}  {'geo-tree':>16}{'geo-scan':>16}{'zip-census':>16}{'embedding':>16}{'named':>16}")
    for size in SIZES:
        log = simulate_log(speakers=size, seed=0)
        frame, row = log.to_frame(), f"{size:>10}  "
        for features, discoverer in (
            (Coordinates(), GeoTree()),
            (Coordinates(), GeoScan()),
            (census_of(log), ZipCensus()),
            (EmbeddingTable.of(*log.to_embeddings()), Embedding()),
            (NamedColumns(("accent",)), Named(by=("accent",))),
        ):
            preparing, shuffling = permutation_seconds(*tables(frame, features), discoverer)
            row += f"{preparing + shuffling:>8.2f} ({preparing:.2f})".rjust(16)
        print(row, flush=True)

    log = simulate_log(speakers=SIZES[-1], seed=0)
    frame = log.to_frame(rows_per_speaker=50)
    print(f"\nOne search on {len(frame):,} utterances of {SIZES[-1]:,} speakers, tallied before, CPU seconds")
    for what, (theirs, ours) in {
        "geo-tree, 16 leaves / DecisionTreeRegressor(sample_weight)": tree_against_sklearn(frame),
        "zip-census, 20 attributes / pandas merge + group-by": census_against_pandas(frame, census_of(log)),
    }.items():
        print(f"{what:62} {theirs:9.3f} {ours:9.4f} {theirs / ours:8.1f}x")


if __name__ == "__main__":
    main()
