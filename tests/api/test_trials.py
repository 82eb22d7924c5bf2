"""Speaker verification by group: the command and its Python, what is withheld, and the log for audits."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.results.schema import problems, shipped_schema

SIZES = {"north": 40, "south": 60, "isle": 7}


def trial_table(seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Trials in which the south is often rejected."""
    rng = np.random.default_rng(seed)
    place = np.repeat([*SIZES], [*SIZES.values()])
    first = np.repeat(np.arange(len(place)), 40)
    second = np.where(rng.random(len(first)) < 0.5, first, rng.integers(0, len(place), len(first)))
    mean = np.where(first == second, np.where(place[first] == "south", 1.5, 3.0), 0.0)
    scores = pd.DataFrame({"first": first, "second": second, "score": (mean + rng.normal(size=len(first))).round(4)})
    labels = pd.DataFrame(
        {"speaker_id": range(len(place)), "place": place, "name": [f"n{i}" for i in range(len(place))]}
    )
    return scores.astype({"first": str, "second": str}), labels


@pytest.fixture(scope="module")
def measured() -> fairaudit.VerificationRates:
    scores, labels = trial_table()
    return fairaudit.trials(scores, labels=labels)


def test_groups_are_measured_at_one_threshold(measured: fairaudit.VerificationRates):
    scores, labels = trial_table()
    assert [(g.column, g.label) for g in measured.groups][:1] == [("place", "south")]
    south = scores["first"].isin(labels.loc[labels["place"] == "south", "speaker_id"].astype(str))
    same = scores["first"] == scores["second"]
    assert measured.groups[0].fnmr.value == pytest.approx((scores["score"][south & same] < measured.threshold).mean())
    assert measured.groups[0].fmr.value == pytest.approx((scores["score"][south & ~same] >= measured.threshold).mean())
    assert measured.overall.fnmr.value == pytest.approx(measured.overall.fmr.value, abs=0.003)


def test_small_groups_and_what_would_show_them_are_withheld(measured: fairaudit.VerificationRates):
    """The isle has 7 speakers, and would be what all trials have beyond those of north and south."""
    assert [(group.label, group.speakers) for group in measured.groups] == [
        ("south", 60),
        ("withheld", None),
        ("withheld", None),
    ]
    assert measured.garbe == {"place": None}  # one group that is shown is not all groups alike
    assert not {"isle", "north"} & {*json.dumps(measured.to_dict()).split('"')}


def test_the_document_is_what_its_schema_says(measured: fairaudit.VerificationRates):
    document = json.loads(measured.to_json())
    assert [*problems(document, shipped_schema("trials"), "trials")] == []
    assert [*problems(document | {"threshold": "high"}, shipped_schema("trials"), "trials")]


def test_settings_change_the_threshold_and_travel():
    scores, labels = trial_table()
    fixed = fairaudit.trials(scores, labels=labels, by="place", threshold=1.0)
    assert fixed.threshold == 1.0
    assert "threshold:1.0" in fixed.signature
    assert "by:place" in fixed.signature
    strict = fairaudit.trials(scores, false_match_rate=0.01)
    assert strict.overall.fmr.value <= 0.01
    assert "threshold:fmr=0.01" in strict.signature
    far = scores.assign(score=-scores["score"])
    away = fairaudit.trials(far, labels=labels, distance=True, threshold=-1.0)
    assert away.overall.fnmr == fixed.overall.fnmr
    assert away.threshold == -1.0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"threshold": 1.0, "false_match_rate": 0.1}, "not both"),
        ({"false_match_rate": 1.5}, "between 0 and 1, not 1.5"),
        ({"by": "place"}, "needs a table of labels"),
    ],
)
def test_settings_that_contradict(options: dict, said: str):
    with pytest.raises(fairaudit.UsageError, match=said):
        fairaudit.trials(trial_table()[0], **options)


def test_both_kinds_of_trials_are_needed():
    scores, labels = trial_table()
    same = scores["first"] == scores["second"]
    with pytest.raises(fairaudit.InputError, match="no trial of two different speakers"):
        fairaudit.trials(scores[same])
    with pytest.raises(fairaudit.InputError, match="no trial of one speaker"):
        fairaudit.trials(scores[~same])
    with pytest.raises(fairaudit.InputError, match="no column 'accent'; they have"):
        fairaudit.trials(scores, labels=labels, by="accent")


@pytest.mark.slow
def test_false_rejects_are_a_log_that_every_search_takes(measured: fairaudit.VerificationRates, tmp_path: Path):
    assert measured.rejects["trials"].sum() == measured.overall.fnmr.trials
    rejected = measured.rejects["false_rejects"].sum() / measured.rejects["trials"].sum()
    assert rejected == pytest.approx(measured.overall.fnmr.value)
    found = fairaudit.audit(measured.rejects, by="place", rate="fnmr=false_rejects/trials", permutations=99)
    assert found.verdict == "disparity"
    assert found["place"].evidence.bottom.description == "place = south"


@pytest.mark.slow
def test_the_command(cli, tmp_path: Path):
    scores, labels = trial_table()
    files = {name: tmp_path / f"{name}.csv" for name in ("scores", "labels", "rejects")}
    scores.to_csv(files["scores"], index=False)
    labels.to_csv(files["labels"], index=False)
    ran = cli(
        "trials", files["scores"], "--labels", files["labels"], "--rejects", files["rejects"], "-o", tmp_path / "t.json"
    )
    assert ran.code == 0
    assert ran.out.startswith("Speaker verification\nEqual error rate")
    assert "withheld (fewer than 11 speakers)" in ran.out
    assert files["rejects"].stat().st_mode & 0o077 == 0
    (line,) = (line for line in ran.err.splitlines() if line.startswith("next: fairaudit "))
    again = cli(*line.removeprefix("next: fairaudit ").split(), "-o", tmp_path / "audit")
    assert again.code == 0
    assert "disparity found" in again.out.lower()
    printed = cli("trials", files["scores"], "--labels", files["labels"], "--json").out
    assert json.loads(printed) == json.loads((tmp_path / "t.json").read_text("utf-8"))
