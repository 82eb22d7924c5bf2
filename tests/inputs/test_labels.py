"""Spellings of a label are joined wherever a log is summed; ids are not."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import fairaudit
from fairaudit.core.labels import id_key
from fairaudit.inputs import read_log
from fairaudit.report import render_html, render_markdown, render_notebook, render_terminal

CASES = Path(__file__).parents[1] / "cases"
SPELLINGS = ["Female", "female", "female", "female ", "FEMALE", "male", " ", "\u00a0", None]


def log_of_labels(labels, **further):
    n = len(labels)
    frame = {"speaker_id": [f"s{i}" for i in range(n)], "label": labels, "errors": range(n), "words": 20}
    return read_log(pd.DataFrame(frame | further))


def sums(log, *by):
    tally = log.tally(list(by))
    return {None if pd.isna(key) else key: int(n) for key, n in tally["errors"].items()}


def test_spellings_are_summed_under_the_most_frequent_one():
    assert sums(log_of_labels(SPELLINGS), "label") == {"female": 10, "male": 5, None: 21}


def test_a_tally_by_several_columns_is_joined_as_well():
    tally = log_of_labels(["A", "a", "a"], device=["x", "X ", "X "], speaker_id=["s", "s", "t"]).tally(
        ["speaker_id", "label", "device"]
    )
    assert tally.index.tolist() == [("s", "a", "X"), ("t", "a", "X")]
    assert tally["utterances"].tolist() == [2, 1]


def test_ids_are_not_joined():
    log = read_log(
        pd.DataFrame({"speaker_id": ["s1", "S1"], "home": ["h", "H"], "errors": 1, "words": 9}), cluster="home"
    )
    assert len(log.tally(["speaker_id"])) == len(log.tally(["home"])) == 2


def test_utterances_with_ids_that_look_alike_are_named():
    ids = ["u1", "U1 ", "007", "7", "u2"]
    log = read_log(pd.DataFrame({"utterance_id": ids, "speaker_id": "s", "errors": 1, "words": 9}))
    assert log.quality.caveats == (
        "utterance_id: 2 ids differ from another one only in case, blanks, leading zeros or number format, so "
        "utterances may be counted twice",
    )


IDS = st.lists(
    st.text("aAsS07.,+-_ \t\u00e9\u00c9e\u0301", min_size=1, max_size=7), min_size=2, max_size=8, unique=True
)


@given(IDS)
@example(["a1", "A01", "a 1", "a  1"])
@example(["7", "007", "7.0", " 7.00 "])
@example(["1.05", "1.5", "0.05", "00.05"])
def test_ids_look_alike_by_one_rule(ids):
    """The engine and Python find the same."""
    ids = [one for one in ids if one.strip()]
    log = read_log(pd.DataFrame({"utterance_id": ids, "speaker_id": "s", "errors": 1, "words": 9})) if ids else None
    alike = len(ids) - len({*map(id_key, ids)})
    said = [] if log is None else [one for one in log.quality.caveats if one.startswith("utterance_id: ")]
    assert [one.split()[1] for one in said] == ([str(alike)] if alike else [])


def test_label_columns_count_labels_and_not_spellings():
    spellings = [f"{'L' if i % 2 else 'l'}{i // 2}" for i in range(100)]
    log = log_of_labels(spellings * 2, one=["a", "A"] * 100, many=[f"m{i}" for i in range(80)] * 2 + ["m"] * 40)
    assert log.label_columns == ("label",)


def test_order_of_rows_does_not_matter():
    frame = pd.DataFrame({"speaker_id": list("abcd"), "label": ["B", "b", "a", "A"], "errors": 1, "words": 9})
    first, second = (read_log(one).tally(["label"]) for one in (frame, frame[::-1]))
    assert first.equals(second)
    assert first.index.tolist() == ["A", "B"]


@pytest.mark.parametrize(("column", "labels"), [("gender", ["female", "male"]), ("region", ["qu\u00e9bec"])])
def test_case_09(column, labels):
    log = read_log(CASES / "09_labels_that_look_alike" / "log.csv")
    (search,) = fairaudit.audit(log, by=column, permutations=99).to_dict()["discoveries"]
    assert sorted(cohort["label"] for cohort in search["cohorts"]) == labels
    assert search["verdict"] == ("disparity" if column == "gender" else "insufficient evidence")


CAUTION = (
    "accent: 120 of 200 speakers (60 %) are in no group, because what this search needs is missing. "
    "Their WER is 30.1 %, against 9.9 % in the groups."
)


def test_case_10():
    audit = fairaudit.audit(CASES / "10_missing_labels" / "log.csv", by="accent", permutations=99)
    document = audit.to_dict()
    (search,) = document["discoveries"]
    assert search["unassigned"] == {
        "speakers": 120, "utterances": 120, "errors": 2894, "exposure": 9600, "share_speakers": 0.6,
        "withheld_because": None,
    }  # fmt: skip
    assert [cohort["share_speakers"] for cohort in search["cohorts"]] == [0.2, 0.2]
    for render in (render_html, render_markdown, render_terminal, render_notebook):
        text = " ".join(unescape(re.sub(r"<[^>]*>", " ", render(document))).split())
        assert CAUTION in text, render
        assert "(in no cohort)" in text, render


def test_shares_count_speakers_without_a_label():
    log = log_of_labels([["a", "b", None, " "][i % 4] for i in range(400)])
    (search,) = fairaudit.audit(log, by="label", permutations=19, cross_fit=2).to_dict()["discoveries"]
    sides = [search[name]["bottom_share"]["speakers"] for name in ("held_out", "all_speakers", "cross_fitted")]
    assert sides == pytest.approx([0.25] * 3, abs=0.06)
    assert [cohort["share_speakers"] for cohort in search["cohorts"]] == [0.25, 0.25]
    gate = fairaudit.gate(fairaudit.audit(log, by="label", permutations=19).to_dict(), {"min-tested": "60%"})
    assert gate.verdict == "insufficient evidence"


@pytest.mark.slow
def test_hundreds_of_label_columns():
    rows = {f"c{i:03}": [f"label {row // (i + 1) % 7}" for row in range(500)] for i in range(300)}
    log = log_of_labels([None] * 500, **rows)
    assert log.label_columns == tuple(rows)
    document = fairaudit.audit(log, methods="named", permutations=19).to_dict()
    assert [search["title"] for search in document["discoveries"]] == [f"named: c{i:03}" for i in range(12)]
    (skipped,) = document["skipped"]
    assert skipped["method"] == "named: 288 more label columns"
