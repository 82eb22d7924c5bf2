from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rapidfuzz.distance import Levenshtein

from fairaudit.core.errors import UsageError
from fairaudit.samples import Sample, SimulatedLog, make_sample, simulate_log, write_sample
from fairaudit.samples.island import provinces, zip_codes
from fairaudit.samples.speech import VOCABULARY, mishear


@pytest.fixture(scope="module")
def sample() -> Sample:
    return make_sample()


@pytest.fixture(scope="module")
def scored(sample: Sample) -> pd.DataFrame:
    pairs = zip(sample.log["reference"].str.split(), sample.log["hypothesis"].str.split(), strict=True)
    errors = [Levenshtein.distance(reference, hypothesis) for reference, hypothesis in pairs]
    return sample.log.assign(errors=errors, words=sample.log["reference"].str.split().str.len())


def wer(rows: pd.DataFrame) -> float:
    return float(rows["errors"].sum() / rows["words"].sum())


def ratio(scored: pd.DataFrame, members: pd.Series) -> float:
    return wer(scored[members]) / wer(scored[~members])


def members_of(scored: pd.DataFrame, sample: Sample, method: str) -> pd.Series:
    return scored["speaker_id"].isin(sample.truth["planted"][method]["speakers"])


# ---- files


def test_equal_seeds_give_equal_bytes(tmp_path: Path) -> None:
    def contents(folder: str, seed: int) -> dict[str, bytes]:
        paths = write_sample(tmp_path / folder, make_sample(speakers=100, seed=seed))
        return {what: path.read_bytes() for what, path in paths.items()}

    first, again, other = contents("first", 1), contents("again", 1), contents("other", 2)
    assert first == again
    assert {what for what in first if first[what] != other[what]} == {"log", "census", "embeddings", "truth"}


def test_files_read_back(sample: Sample, tmp_path: Path) -> None:
    paths = write_sample(tmp_path, sample)
    log = pd.read_csv(paths["log"], dtype={"zip_code": str}, keep_default_na=False, na_values={"latitude": [""]})
    assert log["hypothesis"].tolist() == sample.log["hypothesis"].tolist()
    assert log["zip_code"].tolist() == sample.log["zip_code"].fillna("").tolist()
    np.testing.assert_array_equal(log["latitude"], sample.log["latitude"])
    with np.load(paths["embeddings"], allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["ids"], sample.embeddings_ids)
        np.testing.assert_array_equal(arrays["embeddings"], sample.embeddings)
    assert json.loads(paths["truth"].read_text()) == sample.truth
    assert json.loads(paths["boundaries"].read_text()) == sample.boundaries


# ---- what is planted, and what is not


def test_overall_wer_is_that_of_a_usable_recogniser(scored: pd.DataFrame) -> None:
    assert 0.09 < wer(scored) < 0.13


@pytest.mark.parametrize("method", ["geo-tree", "zip-census", "embedding", "named"])
def test_planted_speakers_have_more_errors(sample: Sample, scored: pd.DataFrame, method: str) -> None:
    members = members_of(scored, sample, method)
    assert 0.10 < scored.loc[members, "speaker_id"].nunique() / 800 < 0.18
    assert ratio(scored, members) == pytest.approx(sample.truth["planted"][method]["factor"], rel=0.2)


@pytest.mark.parametrize("column", ["gender", "device"])
def test_absent_labels_make_no_difference(scored: pd.DataFrame, column: str) -> None:
    for level in scored[column].dropna().unique():
        assert ratio(scored, scored[column] == level) == pytest.approx(1, abs=0.08)


@pytest.mark.parametrize("attribute", ["median_income", "median_age", "percent_rural", "percent_group_c"])
def test_absent_census_attributes_make_little_difference(sample: Sample, scored: pd.DataFrame, attribute: str) -> None:
    values = scored["zip_code"].map(sample.census.set_index("zip_code")[attribute])
    assert ratio(scored, values > sample.census[attribute].median()) == pytest.approx(1, abs=0.15)


def test_truth_follows_from_the_columns(sample: Sample) -> None:
    speakers = sample.log.groupby("speaker_id").first()
    planted = {method: set(told["speakers"]) for method, told in sample.truth["planted"].items()}
    box = sample.truth["planted"]["geo-tree"]["rule"]
    inside = speakers["latitude"].between(*box["latitude"]) & speakers["longitude"].between(*box["longitude"])
    majority = speakers["zip_code"].map(sample.census.set_index("zip_code")["majority_group"])
    assert planted["geo-tree"] == set(speakers.index[inside])
    assert planted["zip-census"] == set(speakers.index[majority == "group_b"])
    assert planted["named"] == set(speakers.index[speakers["accent"] == "marsh"])
    assert len(planted["geo-tree"] & planted["zip-census"]) < 20


def test_planted_voice_is_a_cluster_of_the_vectors(sample: Sample) -> None:
    planted = np.isin(sample.embeddings_ids, sample.truth["planted"]["embedding"]["speakers"])
    centre = sample.embeddings[planted].mean(axis=0)
    nearest = np.argsort(-sample.embeddings @ centre)[: planted.sum()]
    assert 0.9 < planted[nearest].mean() < 1.0
    np.testing.assert_allclose(np.linalg.norm(sample.embeddings, axis=1), 1, atol=1e-3)


# ---- a log that reads clean, with the oddities it tells of


def test_log_has_one_row_per_utterance_and_one_home_per_speaker(sample: Sample) -> None:
    log = sample.log
    assert log["utterance_id"].is_unique
    assert log["speaker_id"].nunique() == 800
    assert log.groupby("speaker_id").size().between(8, 40).all()
    homes = log[["speaker_id", "latitude", "longitude", "zip_code", "accent", "gender"]].drop_duplicates()
    assert len(homes) == 800
    assert (log.groupby("speaker_id")["device"].nunique() > 1).mean() > 0.9
    assert log["hypothesis"].ne("").all()


def test_oddities_are_those_shown(sample: Sample) -> None:
    speakers = sample.log.groupby("speaker_id").first()
    told = sample.truth["oddities"]
    assert told["speakers_without_place"] == speakers.index[speakers["latitude"].isna()].tolist()
    assert told["speakers_without_place"] == speakers.index[speakers["zip_code"].isna()].tolist()
    assert told["speakers_without_gender"] == speakers.index[speakers["gender"].isna()].tolist()
    assert told["speakers_without_embedding"] == sorted(set(speakers.index) - set(sample.embeddings_ids))
    assert set(told["zip_codes_without_census"]) == set(speakers["zip_code"].dropna()) - set(sample.census["zip_code"])
    counts = {odd: len(who) for odd, who in told.items()}
    assert list(counts.values()) == [8, 8, 4, 1]
    assert speakers["accent"].value_counts()[["lighthouse", "hermit"]].tolist() == [15, 7]

    silent = sample.log[sample.log["reference"] == ""]
    assert 5 < len(silent) < 50
    assert silent["hypothesis"].isin(VOCABULARY).all()


def test_census_groups_add_up_and_majorities_follow(sample: Sample) -> None:
    groups = sample.census[["percent_group_a", "percent_group_b", "percent_group_c"]]
    np.testing.assert_allclose(groups.sum(axis=1), 100, atol=1e-9)
    assert (groups >= 0).all(axis=None)
    largest = groups.idxmax(axis=1).str.removeprefix("percent_")
    expected = largest.where(groups.max(axis=1) > 50, "none")
    assert sample.census["majority_group"].tolist() == expected.tolist()


def test_zip_codes_are_unassigned() -> None:
    assert {code[:3] for code in zip_codes(399)} == {"001", "002", "003", "004"}
    with pytest.raises(UsageError, match="399"):
        zip_codes(400)


def test_too_few_speakers_are_refused() -> None:
    with pytest.raises(UsageError, match="at least 100"):
        make_sample(speakers=99)


def test_provinces_tile_an_island_on_which_everyone_lives(sample: Sample) -> None:
    shapely = pytest.importorskip("shapely")
    shapes = [shapely.geometry.shape(feature["geometry"]) for feature in provinces()["features"]]
    island = shapely.union_all(shapes)
    assert all(shape.is_valid and shape.exterior.is_ccw for shape in shapes)
    assert island.geom_type == "Polygon"
    assert not island.interiors
    assert sum(shape.area for shape in shapes) == pytest.approx(island.area)
    homes = sample.log[["longitude", "latitude"]].dropna().drop_duplicates()
    assert shapely.contains_xy(island, homes["longitude"], homes["latitude"]).all()


# ---- speech


@pytest.mark.parametrize("rate", [0.05, 0.3])
def test_misheard_words_have_the_asked_rate(rate: float) -> None:
    rng = np.random.default_rng(0)
    said = list(VOCABULARY)
    errors = [Levenshtein.distance(said, mishear(said, rate, rng)) for _ in range(200)]
    assert np.mean(errors) / len(said) == pytest.approx(rate, rel=0.06)


def test_something_is_always_heard() -> None:
    rng = np.random.default_rng(0)
    assert all(mishear(["light"], 1.0, rng) for _ in range(100))


# ---- simulated logs


def test_simulated_null_log_has_the_asked_rate_and_shapes() -> None:
    log = simulate_log(speakers=2000, seed=3)
    assert log.errors.dtype == log.words.dtype == log.utterances.dtype == np.int64
    assert log.errors.sum() / log.words.sum() == pytest.approx(0.10, rel=0.05)
    assert log.words.sum() / log.utterances.sum() == pytest.approx(7, rel=0.01)
    assert (log.utterances.min(), log.utterances.max()) == (5, 200)
    assert log.coordinates.shape == (2000, 2)
    assert log.vectors.shape == (2000, 32)
    assert log.vectors.dtype == np.float32
    assert {name: len(np.unique(values)) for name, values in log.labels.items()} == {
        "accent": 50,
        "gender": 2,
        "device": 3,
    }


def test_dispersion_is_that_of_the_speakers() -> None:
    log = simulate_log(speakers=20_000, seed=0, dispersion=0.4)
    expected = 0.10 * log.words
    excess = ((log.errors - expected) ** 2 - expected).sum() / (expected**2).sum()
    assert excess == pytest.approx(np.exp(0.4**2) - 1, rel=0.1)


@pytest.mark.parametrize(
    "planted",
    [
        lambda log: log.voice_types == 0,
        lambda log: log.labels["accent"] == "accent-00",
        lambda log: log.census[log.zip_index, 3] > 80,
        lambda log: (log.coordinates < [-38.5, -115.5]).all(axis=1),
    ],
)
def test_a_gap_can_be_planted_anywhere(planted) -> None:
    null = simulate_log(speakers=20_000, seed=5)
    log = simulate_log(speakers=20_000, seed=5, planted=planted, gap=0.65)
    members = planted(log)
    np.testing.assert_array_equal(members, planted(null))
    np.testing.assert_array_equal(log.words, null.words)
    worse, rest = (log.errors[who].sum() / log.words[who].sum() for who in (members, ~members))
    assert worse / rest == pytest.approx(1.65, rel=0.1)
    assert 0.05 < members.mean() < 0.4
    same = simulate_log(speakers=20_000, seed=5, planted=members, gap=0.65)
    np.testing.assert_array_equal(same.errors, log.errors)


def test_a_dominant_speaker_says_half_of_the_words() -> None:
    log = simulate_log(speakers=500, seed=0, dominant_speaker=True)
    assert log.words[0] == log.words[1:].sum()


@pytest.mark.parametrize("rows", [1, 4])
def test_simulated_tables_match(rows: int) -> None:
    log: SimulatedLog = simulate_log(speakers=300, seed=0)
    frame = log.to_frame(rows_per_speaker=rows)
    assert len(frame) == 300 * rows
    assert frame["utterance_id"].is_unique
    totals = frame.groupby("speaker_id")[["errors", "words"]].sum()
    np.testing.assert_array_equal(totals["errors"], log.errors)
    np.testing.assert_array_equal(totals["words"], log.words)
    ids, vectors = log.to_embeddings()
    assert ids.tolist() == totals.index.tolist()
    assert len(vectors) == len(ids)
    census = log.to_census()
    assert set(frame["zip_code"]) <= set(census["zip_code"])
    home = frame.drop_duplicates("speaker_id").merge(census, on="zip_code")
    np.testing.assert_array_equal(home["attribute_07"], log.census[log.zip_index, 7])


def test_unfitting_calls_are_refused() -> None:
    with pytest.raises(UsageError, match="at least one speaker"):
        simulate_log(speakers=0, seed=0)
    with pytest.raises(UsageError, match=r"shape \(3,\)"):
        simulate_log(speakers=4, seed=0, planted=np.ones(3, dtype=bool), gap=0.5)
