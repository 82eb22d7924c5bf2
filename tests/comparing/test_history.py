"""Frozen cohorts over more than two releases."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pandas as pd
import pytest

import fairaudit
from fairaudit.cohorts import CohortModel
from fairaudit.cohorts.rules import Lookup
from fairaudit.core.errors import InputError, UsageError
from fairaudit.report import history_markdown
from fairaudit.results.history import History
from fairaudit.results.schema import shipped_schema

LABELS = ["east", "north", "old town", "south", "tiny", "west"]
ACCENTS = CohortModel(
    "named", "named: accent", {}, ("accent",), False, Lookup(("accent",), tuple((x,) for x in LABELS)), None, None
)


def log(frame: pd.DataFrame, **options: Any) -> Any:
    return fairaudit.read_log(frame, **options)


@pytest.fixture(scope="module")
def history(release) -> History:
    first = fairaudit.record([ACCENTS], "1.0", log(release.before))
    return fairaudit.record(first, "1.1", log(release.after))


def test_every_release_is_measured_on_the_cohorts_of_the_first(history: History, release):
    for told, frame in zip(history.releases, (release.before, release.after), strict=True):
        sums = frame.groupby("accent")[["errors", "words"]].sum()
        for cohort in told["reviews"][0]["cohorts"]:
            label = LABELS[cohort["id"]]
            if label == "tiny":
                assert cohort["suppressed"]
                assert cohort["rate"] is cohort["speakers"] is None
            else:
                assert cohort["rate"] == pytest.approx(sums.loc[label, "errors"] / sums.loc[label, "words"], abs=1e-3)
                assert cohort["rate"] >= sums.loc[label, "errors"] / sums.loc[label, "words"] - 1e-12


def test_it_is_what_its_schema_says_and_comes_back(history: History):
    schema = shipped_schema("history")
    jsonschema.Draft202012Validator.check_schema(schema)
    content = json.loads(history.to_json())
    jsonschema.Draft202012Validator(schema).validate(content)
    assert History.from_dict(content).to_json() == history.to_json()


def test_a_release_without_errors_is_a_release(history: History, release):
    told = fairaudit.record(history, "1.2", log(release.before.assign(errors=0))).releases[-1]
    assert told["overall"]["rate"] == 0


def test_a_release_of_the_same_name_is_replaced(history: History, release):
    again = fairaudit.record(history, "1.0", log(release.after))
    assert [told["name"] for told in again.releases] == ["1.0", "1.1"]
    assert again.releases[0]["overall"] == again.releases[1]["overall"]


def test_other_speakers_and_unseen_labels_will_do(history: History, release):
    other = release.before.assign(
        speaker_id="x" + release.before["speaker_id"], accent=release.before["accent"].replace("east", "unheard")
    )
    later = fairaudit.record(history, "2.0", log(other))
    (review,) = later.releases[-1]["reviews"]
    (east,) = [cohort for cohort in review["cohorts"] if cohort["id"] == LABELS.index("east")]
    assert (east["speakers"], east["rate"]) == (0, None)
    assert review["incomplete_because"].startswith("nobody is in accent = east; more than 20 % of the speakers")
    text = history_markdown(later.to_dict())
    assert "| nobody |" in text
    reason = "the cohorts of accent do not cover the log, because nobody is in accent = east"
    assert f"Caution (release 2.0): {reason}" in text


def test_rates_scored_in_another_way_are_refused(release):
    texts = release.before[["utterance_id", "speaker_id", "accent"]].assign(reference="a b", hypothesis="a")
    first = fairaudit.record([ACCENTS], "1.0", log(texts))
    with pytest.raises(InputError, match=r"'1\.0' was scored with .*basic-2.*none-1"):
        fairaudit.record(first, "1.1", log(texts, normalizer="none"))


def test_another_rate_is_refused(history: History, release):
    with pytest.raises(UsageError, match="the history is of wer, not of cer"):
        fairaudit.record(history, "1.2", log(release.before), rate="cer")


def test_cohorts_without_inputs_are_refused(history: History, release):
    with pytest.raises(UsageError, match="accent"):
        fairaudit.record(history, "1.2", log(release.before.drop(columns="accent")))


def test_a_frame_has_a_column_for_each_release(history: History):
    frame = history.to_frame()
    assert frame.columns.tolist() == ["1.0", "1.1"]
    assert frame.loc[("all speakers", ""), "1.1"] < frame.loc[("all speakers", ""), "1.0"]
    assert frame.loc[("named: accent", "accent = north"), "1.1"] > frame.loc[("named: accent", "accent = north"), "1.0"]
    assert frame.loc[("named: accent", "accent = tiny")].isna().all()
    assert repr(history) == "<History of wer: 1.0, 1.1>"
