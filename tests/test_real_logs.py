"""Real logs beside the repository: published numbers come back, and a real disparity is told from none."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.auditing import Audit
from fairaudit.inputs.log import UtteranceLog
from fairaudit.samples import simulate_log

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
    rows = found.discoveries[0].to_frame().set_index("label")
    published = summary["metrics"]["per_group"]
    assert len(published) == 7
    for accent, group in published.items():
        row = rows.loc[accent]
        assert row["utterances"] == group["n_utterances"]
        assert -0.0030 <= row["rate"] - group["wer"] <= 1e-4


def test_edacc_three_speakers_are_not_tested(edacc):
    found, _ = edacc
    rows = found.discoveries[0].to_frame().set_index("label")
    for accent in ("Indian English", "Irish English"):
        assert rows.loc[accent, "speakers"] == 3
        assert not rows.loc[accent, "tested"]
        assert not rows.loc[accent, "flagged"]
    assert not rows["flagged"].any()
    assert found.verdict == "insufficient evidence"
    told = {cohort["label"]: cohort for cohort in found.to_dict()["discoveries"][0]["cohorts"]}
    for accent in ("Indian English", "Irish English"):
        assert told[accent]["suppressed"]
        assert told[accent]["rate"] is None


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


def test_census_attribute_is_found(shared_data: Path, census: pd.DataFrame):
    found, log, planted = census_audit(shared_data, census, gap=0.5)
    assert found.verdict == "disparity"
    table = shared_data / "census" / "zip_census.csv.gz"
    rows = fairaudit.assign(log, found.discoveries[0].model, census=table)
    bottom = set(rows["speaker_id"][rows["in_bottom"]])
    assert len(bottom & planted) / len(bottom | planted) > 0.5
    assert found.to_dict()["quality"]["join_rates"]["zip-census"] > 0.98
    assert found.to_dict()["discoveries"][0]["examined"]["count"] > 100


def test_census_without_a_planted_attribute(shared_data: Path, census: pd.DataFrame):
    found, _, _ = census_audit(shared_data, census, gap=0.0)
    assert found.verdict != "disparity"


# ---- Swiss German: no speakers, a row is one


def test_swiss_german_small_cantons_win_nothing(shared_data: Path):
    rows = pd.read_csv(shared_data / "swiss_german" / "asgdts.csv.gz", dtype=str, keep_default_na=False)
    one = rows[rows["model"] == rows["model"].iloc[0]]
    log = fairaudit.read_log(one, columns={"speaker_id": "audio_file"})
    found = fairaudit.audit(log, methods=["named"], by=["dialect"], permutations=99)
    table = found.discoveries[0].to_frame()
    assert len(table) == 17
    small = table[table["speakers"] < 20]
    assert len(small) >= 2
    assert not small["tested"].any()
    bottom = found.discoveries[0].finding.bottom
    assert not {*small["id"]} & {*bottom.cohorts}
