"""The packaged sample: whole, small, and with the findings that are known of it."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

import fairaudit
from fairaudit.inputs.log import UtteranceLog
from fairaudit.results.audit import Audit
from fairaudit.results.search import SearchResult
from fairaudit.samples import packaged_sample
from fairaudit.samples.island import provinces

pytestmark = pytest.mark.slow

FILES = packaged_sample()
PLACE = ["latitude", "longitude", "zip_code"]


@pytest.fixture(scope="module")
def audit(log: UtteranceLog) -> Audit:
    """What ``fairaudit demo`` asks for, with fewer shuffles."""
    by, sides = ["accent", "sex", "device", "app"], {name: FILES[name] for name in ("census", "embeddings")}
    return fairaudit.audit(log, by=by, permutations=199, **sides)


def search(audit: Audit, title: str) -> SearchResult:
    return next(d for d in audit.searches if d.title == title)


def in_bottom(log: UtteranceLog, found: SearchResult) -> pd.Series:
    """Whether each speaker stands in the bottom cohort."""
    sides = {name: FILES[name] for name in ("census", "embeddings")}
    return fairaudit.assign(log, found.model, **sides).set_index("speaker_id")["in_bottom"]


# ---- the files


def test_the_files_are_small() -> None:
    assert sum(path.stat().st_size for path in FILES.values()) < 1_000_000


def test_the_log_is_whole(rows: pd.DataFrame, log: UtteranceLog) -> None:
    assert (log.quality.rows_used, log.quality.rows_quarantined) == (5000, 0)
    assert rows["utterance_id"].is_unique
    assert (rows["speaker_id"].nunique(), rows["voice"].nunique()) == (200, 180)
    assert (rows.groupby("speaker_id").size() == 25).all()
    assert (rows.groupby("speaker_id")[["voice", "accent", "sex", "app", *PLACE]].nunique() == 1).all(axis=None)
    assert rows.drop(columns=["hypothesis", "hypothesis_candidate"]).notna().all(axis=None)
    with np.load(FILES["embeddings"], allow_pickle=False) as vectors:
        assert set(vectors["ids"]) == set(rows["speaker_id"])
        np.testing.assert_allclose(np.linalg.norm(vectors["embeddings"], axis=1), 1, atol=1e-3)
    assert set(rows["zip_code"]) <= set(pd.read_csv(FILES["census"], dtype={"zip_code": str})["zip_code"])


def test_the_boundaries_are_the_islands() -> None:
    assert json.loads(FILES["boundaries"].read_text()) == provinces()


# ---- what is planted


def test_the_planted_west_is_found(audit: Audit, log: UtteranceLog, rows: pd.DataFrame) -> None:
    """West Midlands speakers live beyond longitude -115.5."""
    west = rows.groupby("speaker_id")["longitude"].first() < -115.5
    for title in ("geo-tree", "geo-scan"):
        found = search(audit, title)
        assert found.verdict == "disparity"
        assert found.evidence.gaps.held_out.gap.relative > 0.2
        assert in_bottom(log, found)[west].mean() > 0.7


def test_the_planted_valleys_are_found(audit: Audit, log: UtteranceLog, rows: pd.DataFrame) -> None:
    """Caribbean speakers live where group b is the majority."""
    census = pd.read_csv(FILES["census"], dtype={"zip_code": str}).set_index("zip_code")
    homes = rows.groupby("speaker_id")["zip_code"].first()
    valleys = homes.map(census["majority_group"]) == "group_b"
    found = search(audit, "zip-census")
    assert found.verdict == "disparity"
    assert in_bottom(log, found)[valleys].mean() > 0.9


# ---- what is real


def test_the_recogniser_fares_worst_with_the_west_midlands(audit: Audit) -> None:
    found = search(audit, "named: accent")
    assert found.verdict == "disparity"
    assert found.evidence.bottom.description == "accent = west-midlands"
    low, _ = found.evidence.gaps.held_out.gap.ratio_interval
    assert low > 1.5
    flagged = {cohort.description for cohort in found.evidence.cohorts if (cohort.p_adjusted or 1) <= 0.05}
    assert flagged == {"accent = west-midlands", "accent = caribbean"}


def test_voices_are_clustered_by_sex_and_not_by_accent(
    audit: Audit, log: UtteranceLog, rows: pd.DataFrame, wer
) -> None:
    """What drives most errors is not what the encoder hears: a miss of the embedding discoverer, and a real one."""
    found = search(audit, "embedding")
    assert found.verdict == "disparity"
    assert found.evidence.gaps.held_out.gap.relative > 0.5
    assert found.evidence.details["stability"]["clustered"]
    who = rows.groupby("speaker_id")[["engine", "accent", "sex"]].first()
    bottom = in_bottom(log, found).reindex(who.index)
    assert (who.loc[bottom, "sex"] == "female").mean() > 0.95
    assert bottom[(who["sex"] == "female") & (who["engine"] == "espeak-ng")].mean() > 0.95
    assert abs(adjusted_rand_score(who["accent"], bottom)) < 0.05
    assert wer(rows[rows["accent"] == "west-midlands"]) > wer(rows[rows["sex"] == "female"]) + 0.1


def test_noise_of_all_frequencies_is_worse(audit: Audit) -> None:
    found = search(audit, "named: device")
    assert found.verdict == "disparity"
    assert found.evidence.bottom.description == "device = white-noise"
    low, _ = found.evidence.gaps.held_out.gap.ratio_interval
    assert low > 1  # everybody is recorded with both, so that what they are like cancels


def test_the_candidate_is_better_overall_and_not_for_everyone(rows: pd.DataFrame, wer) -> None:
    assert 0 < wer(rows) - wer(rows, "candidate") < 0.05
    speakers = rows.groupby("speaker_id")[["errors", "candidate", "words"]].sum()
    assert (speakers["candidate"] > speakers["errors"] + 0.02 * speakers["words"]).sum() > 10


# ---- what must not be flagged


def test_an_app_dealt_at_random_is_not_flagged(audit: Audit) -> None:
    found = search(audit, "named: app")
    assert found.verdict == "no evidence"
    assert 0 < found.evidence.detectable.gap < 1


@pytest.mark.parametrize("attributes", ["median_age", "percent_rural", "median_age,percent_rural"])
def test_attributes_that_mean_nothing_are_not_flagged(log: UtteranceLog, attributes: str) -> None:
    nothing = {"attributes": attributes}
    found = fairaudit.audit(log, methods=["zip-census"], census=FILES["census"], params=nothing, permutations=199)
    assert found.verdict == "no evidence"


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_homes_dealt_anew_are_not_flagged(seed: int) -> None:
    log = pd.read_parquet(FILES["log"])
    homes = log.drop_duplicates("voice").set_index("voice")[PLACE]
    dealt = homes.sample(frac=1, random_state=seed).set_axis(homes.index)
    moved = log.drop(columns=PLACE).join(dealt, on="voice")
    methods = ["geo-tree", "geo-scan", "zip-census"]
    read = fairaudit.read_log(moved, cluster="voice")
    found = fairaudit.audit(read, methods=methods, census=FILES["census"], permutations=199)
    assert {d.verdict for d in found.searches} <= {"no evidence", "insufficient evidence"}
