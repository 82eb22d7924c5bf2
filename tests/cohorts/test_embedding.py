from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from fairaudit.cohorts import Embedding
from fairaudit.cohorts.rules import Group
from fairaudit.cohorts.rules.centroids import normalize_rows
from fairaudit.cohorts.search import observed_score
from fairaudit.core.errors import InputError, UsageError
from fairaudit.inputs.embeddings import EmbeddingTable, read_embeddings
from fairaudit.units.build import UnitTable

Tables = Callable[..., Any]


def log(ids: list[str], seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    words = rng.integers(100, 500, len(ids))
    return pd.DataFrame({"speaker_id": ids, "errors": rng.poisson(0.1 * words), "words": words})


def vectors(kinds: np.ndarray, spread: float, seed: int = 0) -> tuple[list[str], np.ndarray]:
    """Speakers around as many centres as there are kinds, in 16 dimensions, at random lengths."""
    rng = np.random.default_rng(seed)
    centres = np.linalg.qr(rng.standard_normal((16, 16)))[0]
    rows = centres[kinds] + spread * rng.standard_normal((len(kinds), 16))
    return [f"s{i:04d}" for i in range(len(kinds))], rows * rng.uniform(0.1, 10, (len(kinds), 1))


@pytest.mark.slow
def test_finds_the_languages_of_voxlingua(shared_data: Path, tables: Tables) -> None:
    path = shared_data / "voxlingua" / "embeddings.npz"
    with np.load(path, allow_pickle=False) as arrays:
        language = dict(zip(arrays["ids"].tolist(), arrays["language"].tolist(), strict=True))
    table, units = tables(log(sorted(language)), read_embeddings(path))
    speaker_of_unit = np.empty(len(units), dtype=np.int64)
    speaker_of_unit[units.counts.group] = units.counts.speaker
    truth = [language[table.names[code]] for code in speaker_of_unit]
    for k, expected in ((10, 0.478), (20, 0.612), (33, 0.655)):
        found = Embedding(clusters=k, n_init=10, random_state=0).partition(units).assign(units.features)
        assert normalized_mutual_info_score(truth, found) == pytest.approx(expected, abs=0.01)


def test_clusters_and_their_stability(tables: Tables) -> None:
    kinds = np.random.default_rng(1).integers(0, 6, 300)
    ids, rows = vectors(kinds, 0.1)
    table, units = tables(log(ids), EmbeddingTable.of(ids, rows))
    discoverer = Embedding(clusters=6)
    found = discoverer.partition(units).assign(units.features)[units.counts.group]
    truth = [kinds[int(name[1:])] for name in table.names[units.counts.speaker]]
    assert adjusted_rand_score(truth, found) == 1.0
    told = discoverer.search(units).details(None, Group((2,), ""))["stability"]
    assert (told["seeds"], told["ari"], told["clustered"]) == (5, 1.0, True)
    assert told["ari_of_cloud"] < 0.8
    assert min(told["cohorts"]) > 0.95
    assert told["bottom"] == told["cohorts"][2]


@pytest.mark.parametrize("seed", range(5))
def test_pure_noise_is_distinguished_from_clusters(seed: int, tables: Tables) -> None:
    rows = np.random.default_rng(seed).standard_normal((400, 16))
    ids = [f"s{i}" for i in range(400)]
    _, units = tables(log(ids), EmbeddingTable.of(ids, rows))
    told = Embedding(clusters=8, n_init=3).search(units).details(None, None)["stability"]
    assert not told["clustered"]
    assert told["ari"] < 0.4
    assert told["bottom"] is None
    assert np.median(told["cohorts"]) < 0.6


@pytest.mark.slow
def test_real_speaker_vectors_are_clustered(shared_data: Path, tables: Tables) -> None:
    path = shared_data / "voxlingua" / "embeddings.npz"
    with np.load(path, allow_pickle=False) as arrays:
        ids = sorted(arrays["ids"].tolist())
    _, units = tables(log(ids), read_embeddings(path))
    told = Embedding(clusters=10, n_init=3).search(units).details(None, None)["stability"]
    assert told["clustered"]


def test_lengths_of_vectors_do_not_matter(tables: Tables) -> None:
    ids, rows = vectors(np.arange(120) % 4, 0.3)
    found = []
    for scaled in (rows, 1000 * rows):
        _, units = tables(log(ids), EmbeddingTable.of(ids, scaled))
        found.append(Embedding(clusters=4).partition(units).assign(units.features))
    assert adjusted_rand_score(*found) == 1.0


@pytest.mark.parametrize(("speakers", "most", "k"), [(90, 50, 2), (400, 50, 8), (400, 3, 3)])
def test_k_is_chosen_by_the_number_of_speakers(speakers: int, most: int, k: int, tables: Tables) -> None:
    ids, rows = vectors(np.arange(speakers) % 8, 0.3)
    _, units = tables(log(ids), EmbeddingTable.of(ids, rows))
    assert Embedding(max_clusters=most).partition(units).n_cohorts == k


def test_fewer_speakers_than_clusters_is_a_sentence(tables: Tables) -> None:
    ids, rows = vectors(np.arange(9), 0.3)
    _, units = tables(log(ids), EmbeddingTable.of(ids, rows))
    with pytest.raises(InputError, match="only 9 speakers have a vector, too few for 10 clusters"):
        Embedding(clusters=10).partition(units)


def test_identical_vectors_are_a_sentence(tables: Tables) -> None:
    ids = [f"s{i}" for i in range(60)]
    _, units = tables(log(ids), EmbeddingTable.of(ids, np.repeat([[1.0, 2.0], [2.0, 1.0]], 30, axis=0)))
    with pytest.raises(InputError, match="vectors of 60 speakers have only 2 distinct values, too few for 4 clusters"):
        Embedding(clusters=4).partition(units)


def test_speakers_without_a_vector_are_unassigned(tables: Tables) -> None:
    ids, rows = vectors(np.arange(100) % 3, 0.1)
    table, units = tables(log([*ids, "silent"]), EmbeddingTable.of(ids, rows))
    assert len(table) == 101
    assert units.counts.n_speakers == len(units) == 100


def test_weights_of_words_move_the_centres_and_keep_exposures(tables: Tables) -> None:
    ids, rows = vectors(np.zeros(200, dtype=int), 1.0)
    frame = log(ids)
    frame.loc[:5, "words"] = 100_000
    _, units = tables(frame, EmbeddingTable.of(ids, rows))
    equal, words = Embedding(clusters=3), Embedding(clusters=3, weights="words")
    assert (equal.keep_exposure, words.keep_exposure) == (False, True)
    assert equal.partition(units) != words.partition(units)


def test_errors_are_not_looked_at(tables: Tables) -> None:
    """Clusters stay what they are whoever errs; only units of equal vectors could tell errors apart."""
    ids, rows = vectors(np.arange(200) % 4, 0.5)
    frame = log(ids)
    _, units = tables(frame, EmbeddingTable.of(ids, rows))
    _, other = tables(frame.assign(errors=frame["errors"].to_numpy()[::-1]), EmbeddingTable.of(ids, rows))
    assert Embedding(clusters=4).partition(units) == Embedding(clusters=4).partition(other)


def everybody(units: UnitTable) -> np.ndarray:
    return np.ones(len(units.counts), dtype=bool)


def test_the_bottom_may_span_several_clusters(tables: Tables) -> None:
    """Twelve kinds of voices in four families; one family is served worse, and k tells the kinds apart."""
    rng = np.random.default_rng(4)
    families = np.repeat(3 * rng.standard_normal((4, 16)), 3, axis=0) + rng.standard_normal((12, 16))
    kinds = np.arange(600) % 12
    ids = [f"s{i:04d}" for i in range(600)]
    frame = log(ids)
    frame.loc[kinds < 3, "errors"] *= 2
    table, units = tables(frame, EmbeddingTable.of(ids, families[kinds] + 0.1 * rng.standard_normal((600, 16))))
    discoverer = Embedding(clusters=12)
    rule = discoverer.partition(units)
    bottom = discoverer.bottom(units, rule, everybody(units))
    assert len(bottom.cohorts) == 3
    assert bottom.description.startswith("voice clusters ")
    inside = np.isin(rule.assign(units.features)[units.counts.group], bottom.cohorts)
    assert {int(name[1:]) for name in table.names[units.counts.speaker[inside]]} == {*np.flatnonzero(kinds < 3)}


def test_small_clusters_are_not_named_alone(tables: Tables) -> None:
    ids, rows = vectors(np.repeat([0, 1, 2], [12, 60, 60]), 0.05)
    frame = log(ids)
    frame.loc[:11, "errors"] *= 9
    _, units = tables(frame, EmbeddingTable.of(ids, rows))
    strict, loose = Embedding(clusters=3, min_speakers=20), Embedding(clusters=3, min_speakers=5)
    rule = strict.partition(units)
    (small,) = loose.bottom(units, rule, everybody(units)).cohorts
    assert (rule.assign(units.features) == small).sum() == 12
    assert strict.bottom(units, rule, everybody(units)).cohorts != (small,)
    assert observed_score(strict.search(units)) < observed_score(loose.search(units))


@pytest.mark.parametrize("size", [1, 5, 10])
def test_no_centre_is_of_fewer_than_11_speakers(size: int, tables: Tables) -> None:
    """A cluster of one speaker is that speaker's voice print."""
    ids, rows = vectors(np.repeat([0, 1, 2], [size, 60, 60]), 0.05)
    _, units = tables(log(ids), EmbeddingTable.of(ids, rows))
    rule = Embedding(clusters=3).partition(units)
    assert np.bincount(rule.assign(units.features)).min() >= 11
    assert rule.n_cohorts == 2


def test_stability_is_that_of_merged_clusters(tables: Tables) -> None:
    """Runs on other seeds and resamples merge small clusters as the search does."""
    ids, rows = vectors(np.repeat([0, 1, 2, 3], [5, 40, 40, 40]), 0.05)
    _, units = tables(log(ids), EmbeddingTable.of(ids, rows))
    told = Embedding(clusters=4).search(units).details(None, None)["stability"]
    assert len(told["cohorts"]) == 3
    assert told["ari"] == 1.0
    assert min(told["cohorts"]) > 0.9


def test_one_cluster_has_no_stability(tables: Tables) -> None:
    """Of 21 speakers, no two clusters of 11 can be formed."""
    ids, rows = vectors(np.arange(21) % 2, 0.05)
    _, units = tables(log(ids), EmbeddingTable.of(ids, rows))
    search = Embedding().search(units)
    assert search.n_cells == 1
    assert not search.details(None, None).get("stability")


@pytest.mark.parametrize("wrong", [{"weights": "errors"}, {"clusters": 1}, {"max_clusters": 1}, {"n_init": 0}])
def test_settings_that_cannot_be(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Embedding(**wrong)


@pytest.mark.parametrize("size", [1e-44, 1e-30, 1e-10, 1.0, 1e10, 1e20, 1e37])
def test_the_length_of_a_vector_does_not_matter(size: float) -> None:
    rows = (np.array([[3.0, 4.0, 0.0], [1.0, -1.0, 1.0]]) * size).astype(np.float32)
    precise = rows.astype(np.float64)
    expected = precise / np.linalg.norm(precise, axis=1, keepdims=True)
    assert normalize_rows(rows) == pytest.approx(expected, abs=1e-6)
