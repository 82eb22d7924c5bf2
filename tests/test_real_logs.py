"""Real logs beside the repository: published numbers come back, and a real disparity is told from none."""

from __future__ import annotations

import json
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.cohorts import GeoTree
from fairaudit.cohorts.rules import Tree
from fairaudit.core.rate import rate_named
from fairaudit.inputs.log import UtteranceLog
from fairaudit.inputs.places import Coordinates
from fairaudit.results.audit import Audit
from fairaudit.samples import simulate_log
from fairaudit.scoring import NORMALIZERS, Normalizer
from fairaudit.stats.bootstrap import Estimate, percentiles
from fairaudit.stats.permutation import permutation_p
from fairaudit.units.build import UnitTable, build_tables

pytestmark = pytest.mark.slow

EDACC = {"utterance_id": "utt_id", "speaker_id": "speaker", "reference": "ref_raw", "hypothesis": "hyp_raw"}
COSER = {"speaker_id": "speaker", "words": "ref_words"}


# ---- EdAcc: accents of English, two recognisers


@pytest.fixture(scope="module", params=["whisper-large-v3-turbo", "parakeet-tdt-0.6b-v3"])
def edacc(request: pytest.FixtureRequest, shared_data: Path) -> tuple[Audit, dict]:
    folder = shared_data / "edacc"
    path = folder / f"{request.param}.transcripts.jsonl.gz"
    log = fairaudit.read_log(path, columns=EDACC, normalizer="whisper-en", strip_tags=True)
    found = fairaudit.audit(log, methods=["named"], by=["accent"], permutations=199)
    return found, json.loads((folder / f"{request.param}.summary.json").read_text("utf-8"))


def test_edacc_groups_are_those_published(edacc):
    """The normaliser on PyPI leaves a few contractions that the published one undoes: never above, 0.0030 below."""
    found, summary = edacc
    rows = found.searches[0].to_frame().set_index("label")
    published = summary["metrics"]["per_group"]
    assert len(published) == 7
    for accent, group in published.items():
        row = rows.loc[accent]
        assert row["utterances"] == group["n_utterances"]
        assert -0.0030 <= row["rate"] - group["wer"] <= 1e-4


def test_edacc_under_a_second_normaliser(edacc, shared_data: Path):
    """Punctuation and case aside, but contractions and spellings as they stand, there are 12 to 16 % more errors."""
    found, summary = edacc
    again = found.sensitivity
    assert again.normalizer == "basic-2"
    path = next((shared_data / "edacc").glob(f"{summary['model']}.transcripts*"))
    basic = fairaudit.read_log(path, columns=EDACC, strip_tags=True, second_normalizer="off").tally(["speaker_id"])
    assert again.rate == basic["errors"].sum() / basic["words"].sum()
    assert 1.11 < again.rate / found.overall["rate"] < 1.17
    assert [search.rescored for search in again.searches] == [None]


def test_edacc_three_speakers_are_not_tested(edacc):
    found, _ = edacc
    rows = found.searches[0].to_frame().set_index("label")
    for accent in ("Indian English", "Irish English"):
        assert rows.loc[accent, "speakers"] == 3
        assert not rows.loc[accent, "tested"]
        assert not rows.loc[accent, "flagged"]
    assert not rows["flagged"].any()
    assert found.verdict == "insufficient evidence"
    unredacted, shown = (
        {cohort["id"]: cohort for cohort in found.to_dict(unredacted=both)["discoveries"][0]["cohorts"]}
        for both in (True, False)
    )
    few = [number for number, cohort in unredacted.items() if cohort["label"] in ("Indian English", "Irish English")]
    assert len(few) == 2
    for number in few:
        assert shown[number]["suppressed"]
        assert (shown[number]["label"], shown[number]["rate"]) == ("withheld", None)


@pytest.mark.parametrize("recogniser", ["whisper-large-v3-turbo", "parakeet-tdt-0.6b-v3"])
def test_edacc_bootstrap_is_the_published_one(
    recogniser: str, shared_data: Path, openai_english: Normalizer, monkeypatch: pytest.MonkeyPatch
):
    """Speakers within accents, in the order of the log, 1,000 rounds: every published interval to six decimals."""
    monkeypatch.setitem(NORMALIZERS, openai_english.name, lambda: openai_english)
    path = shared_data / "edacc" / f"{recogniser}.transcripts.jsonl.gz"
    log = fairaudit.read_log(path, columns=EDACC, normalizer=openai_english.name, strip_tags=True)
    summary = json.loads((path.parent / f"{recogniser}.summary.json").read_text("utf-8"))
    accents = summary["metrics"]["per_group"]
    found = fairaudit.bootstrap(log, "accent", groups=accents, order=log.speaker_of_utterances(), seed=3407)
    assert found.groups["rate"].to_dict() == pytest.approx({name: row["wer"] for name, row in accents.items()})
    assert found.groups["speakers"].to_dict() == {name: row["n_speakers"] for name, row in accents.items()}
    macro = Estimate(found.groups["rate"].mean(), *percentiles(found.draws.mean(axis=1).to_numpy()))
    ours = {"gap_max_minus_min": found.gap, "worst_group_wer": found.worst, "macro_wer": macro}
    assert ours.keys() == summary["bootstrap"].keys()
    for name, published in summary["bootstrap"].items():
        assert (published["n_boot"], published["seed"]) == (1000, 3407)
        expected = (published["point"], published["ci_low"], published["ci_high"])
        assert astuple(ours[name]) == pytest.approx(expected, rel=0, abs=5e-7)


# ---- COSER: rural Spanish, the south is served worse


def coser_log(shared_data: Path, shuffled: int | None = None) -> UtteranceLog:
    """The informants; with a seed, interviews trade their places."""
    rows = pd.read_csv(shared_data / "coser" / "informants.csv.gz", dtype={"interview_id": str, "speaker": str})
    if shuffled is not None:
        places = rows.drop_duplicates("interview_id").set_index("interview_id")[["latitude", "longitude"]]
        order = np.random.default_rng(shuffled).permutation(len(places))
        moved = places.iloc[order].set_axis(places.index)
        rows[["latitude", "longitude"]] = moved.loc[rows["interview_id"]].to_numpy()
    return fairaudit.read_log(rows, columns=COSER, cluster="interview_id")


def test_coser_has_a_southern_bottom(shared_data: Path):
    found = fairaudit.audit(coser_log(shared_data), methods=["geo-tree"], permutations=199)
    assert found.to_dict()["normalizer_sensitivity"] is None  # a log of counts
    content = found.to_dict()
    assert content["overall"]["rate"] == pytest.approx(0.30847, abs=5e-6)
    assert content["sampling_unit"] == "interview_id"
    (told,) = content["discoveries"]
    assert told["p_value"] <= 0.02
    places = pd.read_csv(shared_data / "coser" / "informants.csv.gz")[["latitude", "longitude"]]
    model = found.models[0]
    inside = np.isin(model.rule.assign(places), model.bottom.cohorts)
    south = places["latitude"].between(35, 38.06)  # the known split, without the Canary Islands
    assert inside[south].mean() > 0.8
    assert places["latitude"][inside].mean() < places["latitude"][~inside].mean() - 1
    low, high = told["held_out"]["gap_interval"]
    assert low < told["held_out"]["gap_relative"] < high
    assert told["held_out"]["gap_relative"] > 0


def test_coser_shuffled_shows_nothing(shared_data: Path):
    verdicts = [
        fairaudit.audit(coser_log(shared_data, seed), methods=["geo-tree"], permutations=199).verdict
        for seed in range(5)
    ]
    assert verdicts.count("disparity") <= 1


def best_cut(units: UnitTable, criterion: str) -> tuple[Tree, float, float]:
    """The one cut that a criterion likes best, a fifth of the words on each side; the rates of its sides."""
    words = units.counts.exposure.sum()
    discoverer = GeoTree(criterion=criterion, max_leaves=2, min_speakers=1, min_words=0.2 * words)
    tree = discoverer.partition(units)
    sides = units.counts.regroup(tree.assign(units.features))
    worse, better = sorted((sides.of_groups([side]).rate for side in (0, 1)), reverse=True)
    return tree, worse, better


@pytest.fixture(scope="module")
def interviews(shared_data: Path) -> UnitTable:
    _, (units,) = build_tables(coser_log(shared_data), [Coordinates()], rate_named("wer"), "interview_id")
    return units.assigned()


def test_coser_best_single_cut(interviews: UnitTable):
    assert len(interviews.counts) == 261
    tree, south, north = best_cut(interviews, "gap")
    assert tree.describe(0) == "latitude ≤ 38.1°"
    assert tree.threshold[0] == 38.06  # the shortest decimal between the two places; their middle is 38.0597
    assert (south, north) == pytest.approx((0.3583, 0.2943), abs=5e-5)
    # the word-weighted variance between the sides likes 38.47 best, and so do our own criteria
    for criterion in ("score", "likelihood"):
        tree, _, _ = best_cut(interviews, criterion)
        assert tree.threshold[0] == pytest.approx(38.47, abs=5e-3)


def test_coser_best_single_cut_is_beyond_shuffled_places(interviews: UnitTable):
    _, south, north = best_cut(interviews, "gap")
    rng, gaps = np.random.default_rng(0), []
    for _ in range(200):
        moved = replace(interviews.counts, group=rng.permutation(interviews.counts.group))
        _, worse, better = best_cut(replace(interviews, counts=moved), "gap")
        gaps.append(worse - better)
    assert permutation_p(south - north, np.array(gaps)) == pytest.approx(1 / 201)
    assert 0.025 <= np.median(gaps) <= 0.029


# ---- the Census, joined to simulated speakers at real zip codes


@pytest.fixture(scope="module")
def census(shared_data: Path) -> pd.DataFrame:
    table = pd.read_csv(shared_data / "census" / "zip_census.csv.gz", dtype={"zcta5": str})
    assert len(table) == 33_120
    return table


def census_audit(shared_data: Path, census: pd.DataFrame, gap: float) -> tuple[Audit, UtteranceLog, set[str]]:
    """3,000 speakers live where people live; those in zips with a black majority have 1 + ``gap`` times the errors."""
    rng = np.random.default_rng(0)
    people = census["total_population"].fillna(0).to_numpy(float)
    home = rng.choice(len(census), 3_000, p=people / people.sum())
    planted = (census["majority_group"] == "black").to_numpy()[home]
    noise = simulate_log(speakers=3_000, seed=0, dispersion=0.4, planted=planted, gap=gap)
    frame = noise.to_frame()[["speaker_id", "errors", "words"]].assign(zip_code=census["zcta5"].to_numpy()[home])
    log = fairaudit.read_log(frame)
    table = shared_data / "census" / "zip_census.csv.gz"
    found = fairaudit.audit(log, methods=["zip-census"], census=table, permutations=99)
    return found, log, set(noise.speaker_ids[planted])


@pytest.fixture(scope="module")
def planted_in_census(shared_data: Path, census: pd.DataFrame) -> tuple[Audit, UtteranceLog, set[str]]:
    return census_audit(shared_data, census, gap=0.5)


def test_census_attribute_is_found(shared_data: Path, planted_in_census: tuple[Audit, UtteranceLog, set[str]]):
    found, log, planted = planted_in_census
    assert found.verdict == "disparity"
    table = shared_data / "census" / "zip_census.csv.gz"
    rows = fairaudit.assign(log, found.searches[0].model, census=table)
    bottom = set(rows["speaker_id"][rows["in_bottom"]])
    assert len(bottom & planted) / len(bottom | planted) > 0.5
    assert found.to_dict()["quality"]["join_rates"]["zip-census"] > 0.98
    assert found.to_dict()["discoveries"][0]["examined"]["count"] > 100


def test_zips_of_a_log_without_coordinates_are_mapped_by_the_census_tables(
    census: pd.DataFrame, planted_in_census: tuple[Audit, UtteranceLog, set[str]]
):
    found, log, _ = planted_in_census
    areas = found.to_dict()["discoveries"][0]["areas"]
    homes = census.set_index("zcta5").loc[list(log.tally(["zip_code"]).index.dropna()), ["lat", "lon"]]
    assert len(areas) > 30
    for area in areas:
        west, south, east, north = area["bounds"]
        assert (homes["lat"].between(south, north) & homes["lon"].between(west, east)).sum() > 5


def test_census_without_a_planted_attribute(shared_data: Path, census: pd.DataFrame):
    found, _, _ = census_audit(shared_data, census, gap=0.0)
    assert found.verdict != "disparity"


# ---- Swiss German: no speakers, a row is one


def test_swiss_german_small_cantons_win_nothing(shared_data: Path):
    rows = pd.read_csv(shared_data / "swiss_german" / "asgdts.csv.gz", dtype=str, keep_default_na=False)
    one = rows[rows["model"] == rows["model"].iloc[0]]
    log = fairaudit.read_log(one, columns={"speaker_id": "audio_file"})
    found = fairaudit.audit(log, methods=["named"], by=["dialect"], permutations=99)
    table = found.searches[0].to_frame()
    assert len(table) == 17
    small = table[table["speakers"] < 20]
    assert len(small) >= 2
    assert not small["tested"].any()
    bottom = found.searches[0].evidence.bottom
    assert not {*small["id"]} & {*bottom.cohorts}
