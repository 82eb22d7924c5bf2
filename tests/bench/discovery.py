"""P5 to P10: one search against the field's way, intervals against SciPy, and whole searches of 100,000 speakers."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import fairaudit
from fairaudit.cohorts import GeoTree, ZipCensus
from fairaudit.core.counts import ErrorCounts
from fairaudit.core.rate import RATES
from fairaudit.inputs.census import CensusTable
from fairaudit.inputs.embeddings import EmbeddingTable
from fairaudit.inputs.places import Coordinates
from fairaudit.samples import SimulatedLog, simulate_log
from fairaudit.stats.bootstrap import SpeakerBootstrap
from fairaudit.stats.dispersion import fit_dispersion
from fairaudit.stats.rates import rate_interval
from fairaudit.stats.shuffle import Observed
from fairaudit.units.build import SpeakerTable, UnitFeatures, UnitTable, build_tables
from tests.bench.measure import Row, cpu_medians, in_new_process, size

_METHODS = ("geo-tree", "geo-scan", "zip-census", "embedding", "named")


class FrameLog:
    """A frame of counts as a source of tallies."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame.assign(utterances=1)

    def tally(self, by: list[str]) -> pd.DataFrame:
        """Sum the counts over groups."""
        return self.frame.groupby(by, dropna=False)[["errors", "words", "utterances"]].sum()


def tables(frame: pd.DataFrame, features: UnitFeatures) -> tuple[SpeakerTable, UnitTable]:
    """Build the speakers and the units of a log."""
    table, (units,) = build_tables(FrameLog(frame), [features], RATES["wer"])
    return table, units.assigned()


def census_of(log: SimulatedLog, attributes: int | None = None) -> CensusTable:
    """Return the census of a simulated log, with as many further attributes as it takes."""
    frame = log.to_census().set_index("zip_code")
    further = (attributes or 0) - frame.shape[1]
    if further > 0:
        noise = np.random.default_rng(0).uniform(0, 100, (len(frame), further)).round(3)
        frame = frame.join(pd.DataFrame(noise, index=frame.index, columns=[f"x{i:03d}" for i in range(further)]))
    return CensusTable(frame, tuple(frame.columns))


def p5(scale: float) -> Iterator[Row]:
    """A tree of places against scikit-learn's, on 1,000,000 utterances of 20,000 speakers."""
    from sklearn.tree import DecisionTreeRegressor

    log = simulate_log(speakers=size(20_000, scale, 400), seed=0)
    frame = log.to_frame(rows_per_speaker=50)
    used = frame[frame["words"] > 0]
    places, words = used[["latitude", "longitude"]].to_numpy(), used["words"].to_numpy(float)
    rate = used["errors"].to_numpy() / words
    _, units = tables(frame, Coordinates())

    def peer(leaves: int) -> DecisionTreeRegressor:
        return DecisionTreeRegressor(max_leaf_nodes=leaves, random_state=0).fit(places, rate, sample_weight=words)

    # With words as weights, the score is the sum of squares between the two sides, which scikit-learn minimises.
    residual = units.counts.errors - units.counts.rate * units.counts.exposure
    plain = UnitTable(units.features, units.counts, residual, units.counts.exposure)
    ours, theirs = GeoTree(max_leaves=2, min_speakers=1).partition(plain), peer(2).tree_
    assert ours.feature[0] == theirs.feature[0]
    assert abs(ours.threshold[0] - theirs.threshold[0]) < 0.01
    search = GeoTree(max_leaves=16, min_speakers=1).search(units)
    theirs_time, ours_time = cpu_medians(lambda: peer(16), lambda: search.best(Observed()))
    ratio = theirs_time / ours_time
    asked = f"geo-tree of {len(frame):,} utterances, tallied: ≥ 20 × DecisionTreeRegressor(sample_weight)"
    yield Row("P5", asked, f"{ratio:.0f} × ({1000 * ours_time:.1f} ms)", ratio >= 20)


def p6(scale: float) -> Iterator[Row]:
    """Gaps of 100 census attributes against a merge on the rows and a group-by for each attribute."""
    log = simulate_log(speakers=size(20_000, scale, 400), seed=0)
    frame, census = log.to_frame(rows_per_speaker=50), census_of(log, 100)
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
    above = (units.features.to_numpy() > np.array([medians_of[name] for name in units.features])).T

    def ours() -> dict[str, float]:
        errors, words = units.per_unit(units.counts.errors), units.per_unit(units.counts.exposure)
        inside, total = np.stack([above @ errors, above @ words]), (errors.sum(), words.sum())
        gaps = inside[0] / inside[1] - (total[0] - inside[0]) / (total[1] - inside[1])
        return dict(zip(units.features, gaps.tolist(), strict=True))

    expected, found = peer(), ours()
    assert all(abs(gap - found[name]) < 1e-9 for name, gap in expected.items())
    search = ZipCensus(quantiles=(0.5,), pairs=False).search(units)
    theirs_time, ours_time = cpu_medians(peer, lambda: search.best(Observed()))
    ratio = theirs_time / ours_time
    asked = f"zip-census over 100 attributes, {len(frame):,} utterances, tallied: ≥ 200 × merge and group-by of pandas"
    yield Row("P6", asked, f"{ratio:,.0f} × ({1000 * ours_time:.1f} ms)", ratio >= 200)


def p7(scale: float) -> Iterator[Row]:
    """The whole embedding search against ten starts of scikit-learn's k-means on utterances, 192 dimensions."""
    rows, speakers = size(1_000_000, scale, 4_000), size(20_000, scale, 400)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "vectors.npy"
        in_new_process(write_voices, path, rows, speakers)
        (theirs, _), (ours, clusters) = (
            in_new_process(cluster_utterances, path),
            in_new_process(search_voices, path, rows, speakers, size(999, scale, 19)),
        )
    assert clusters == 50 or scale < 1
    time_ratio, memory = ours.cpu / theirs.cpu, ours.peak / theirs.peak
    asked = f"embedding, {rows:,} × 192, k = 50: ≤ .25 × KMeans(n_init=10) on utterances, ≤ .7 × its memory"
    measured = f"{time_ratio:.2f} × ({ours.cpu:.0f} of {theirs.cpu:.0f} s), memory {memory:.2f} × ({ours.peak:.0f} MiB)"
    yield Row("P7", asked, measured, time_ratio <= 0.25 and memory <= 0.7)


def speakers_of(rows: int, speakers: int) -> NDArray[np.int64]:
    """Draw the speaker of each utterance."""
    return np.random.default_rng(0).integers(0, speakers, rows)


def write_voices(path: Path, rows: int, speakers: int) -> None:
    """Write a vector for each utterance: 50 kinds of voices, 192 dimensions."""
    rng = np.random.default_rng(1)
    kinds = rng.standard_normal((50, 192), dtype=np.float32)
    matrix = kinds[rng.integers(0, 50, speakers)[speakers_of(rows, speakers)]]
    matrix += 0.5 * rng.standard_normal(matrix.shape, dtype=np.float32)
    np.save(path, matrix)


def cluster_utterances(path: Path) -> None:
    """Cluster utterances as a script would do."""
    from sklearn.cluster import KMeans

    matrix = np.load(path)
    KMeans(n_clusters=50, n_init=10, random_state=0).fit(matrix)


def search_voices(path: Path, rows: int, speakers: int, shuffles: int) -> int:
    """Search the same utterances: means, clusters, shuffles and stability. Return the number of cohorts."""
    speaker = speakers_of(rows, speakers)
    ids = [f"u{i}" for i in range(rows)]
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"utterance_id": ids, "speaker_id": [f"s{i}" for i in speaker], "words": 10})
    log = fairaudit.read_log(frame.assign(errors=rng.binomial(10, 0.1, rows)))
    table = EmbeddingTable.of(ids, np.load(path))
    clusters = min(50, speakers // 20)
    audit = fairaudit.audit(
        log, methods=[fairaudit.Embedding(clusters=clusters)], embeddings=table, permutations=shuffles
    )
    return len(audit.to_dict()["discoveries"][0]["cohorts"])


def p8(scale: float) -> Iterator[Row]:
    """Intervals of 50 cohorts of 100,000 speakers against SciPy's bootstrap of 1,000 rounds."""
    from scipy import stats

    log = simulate_log(speakers=size(100_000, scale, 1_000), seed=0)
    errors, words = log.errors.astype(float), log.words.astype(float)
    cohort = np.random.default_rng(0).integers(0, 50, len(words))
    counts = ErrorCounts(np.arange(len(words)), cohort, errors, words)
    parts = [counts.where(cohort == i) for i in range(50)]
    dispersion = fit_dispersion(errors, words)
    rounds = 1_000

    def peer() -> None:
        for i in range(50):
            data = errors[cohort == i], words[cohort == i]
            stats.bootstrap(
                data, lambda e, w, axis: e.sum(axis=axis) / w.sum(axis=axis), paired=True, vectorized=True,
                n_resamples=rounds, method="percentile", batch=100, rng=np.random.default_rng(i),
            )  # fmt: skip

    def ours() -> list[tuple[float, float] | None]:
        return [rate_interval(part, dispersion) for part in parts]

    def bootstrap() -> object:
        return SpeakerBootstrap(rounds, seed=0).group_rates(errors, words, cohort).intervals

    theirs_time, ours_time, rounds_time = cpu_medians(peer, ours, bootstrap, rounds=1)
    fast, resampled = theirs_time / ours_time, theirs_time / rounds_time
    asked = f"50 intervals, {len(words):,} speakers: ≥ 25 × scipy.stats.bootstrap(vectorized), resampled ≥ 2 ×"
    yield Row("P8", asked, f"{fast:.0f} ×, resampled {resampled:.1f} ×", fast >= 25 and resampled >= 2)


def p9(scale: float) -> Iterator[Row]:
    """A whole audit by each discoverer: 100,000 speakers, 50 clusters or groups, 999 shuffles."""
    speakers = size(100_000, scale, 400)
    for method in _METHODS:
        cost, _ = in_new_process(audit_by, method, speakers, size(999, scale, 19))
        asked = f"{method}, {speakers:,} speakers, 999 shuffles: ≤ 60 CPU s"
        yield Row("P9", asked, f"{cost.cpu:.0f} s, {cost.peak:.0f} MiB", cost.cpu <= 60)


def audit_by(method: str, speakers: int, shuffles: int, rows_per_speaker: int = 1) -> tuple[float, float]:
    """Audit a simulated log, and return the CPU seconds of reading and of the rest."""
    simulated = simulate_log(speakers=speakers, seed=0)
    features: dict[str, object] = {}
    if method == "zip-census":
        features["census"] = census_of(simulated)
    elif method == "embedding":
        features["embeddings"] = EmbeddingTable.of(*simulated.to_embeddings())
    elif method == "named":
        features["by"] = ["accent"]
    start = time.process_time()
    log = fairaudit.read_log(simulated.to_frame(rows_per_speaker=rows_per_speaker))
    read = time.process_time()
    fairaudit.audit(log, methods=[method], permutations=shuffles, **features)
    return read - start, time.process_time() - read


def p10(scale: float) -> Iterator[Row]:
    """What comes after reading, with ten times the utterances of the same speakers."""
    speakers = size(20_000, scale, 400)
    for method in ("geo-scan", "named"):
        costs = [
            in_new_process(partial(audit_by, rows_per_speaker=rows), method, speakers, size(999, scale, 19))
            for rows in (5, 50)
        ]
        few, many = (seconds for _, (_, seconds) in costs)
        asked = f"{method}, {speakers:,} speakers: 50 utterances each ≤ 1.1 × the time of 5 each, once read"
        yield Row("P10", asked, f"{many / few:.2f} × ({many:.1f} s)", many <= 1.1 * few)
