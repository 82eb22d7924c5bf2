"""Who is in no cohort: counted the same way in audits, comparisons, histories, assignments and checks of a log."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pandas as pd
import pytest

import fairaudit
from fairaudit.core.privacy import BECAUSE_SMALL
from fairaudit.inputs import read_log
from fairaudit.report import history_terminal, render_html, render_terminal
from fairaudit.report.html.page import render_history


def labelled(missing: dict[int, int], speakers: int = 120, rows: int = 20) -> pd.DataFrame:
    """Rows of speakers with two accents, where the first rows of some speakers lack the label."""
    return pd.DataFrame(
        {
            "utterance_id": f"{n:03}-{i:02}",
            "speaker_id": f"s{n:03}",
            "accent": None if i < missing.get(n, 0) else ("north", "south")[n % 2],
            "errors": 1 + (n + i) % 3,
            "words": 40,
        }
        for n in range(speakers)
        for i in range(rows)
    )


def audited(rows: pd.DataFrame) -> Any:
    return fairaudit.audit(rows, by="accent", methods="named", permutations=19)


def test_labels_that_lack_in_one_row_of_each_speaker_leave_nobody_outside() -> None:
    rows = labelled(dict.fromkeys(range(120), 1))
    audit = audited(rows)
    document = audit.to_dict()
    (search,) = document["discoveries"]
    assert (search["unassigned"]["speakers"], search["unassigned"]["share_speakers"]) == (0, 0.0)
    assert (search["unassigned"]["utterances"], search["unassigned"]["exposure"]) == (120, 120 * 40)
    assert document["quality"]["join_rates"] == {search["title"]: 1.0}
    assert (search["share_tested"], search["incomplete_because"]) == (1.0, None)
    (review,) = fairaudit.compare(rows, rows, audit.models, allow_identical=True).to_dict()["reviews"]
    assert review["unassigned"] == {"speakers": 0, "utterances": 120}
    assert (review["share_tested"], review["incomplete_because"]) == (1.0, None)
    (release,) = fairaudit.record(audit.models, "1.0", rows).to_dict()["releases"]
    assert (release["reviews"][0]["share_tested"], release["reviews"][0]["incomplete_because"]) == (1.0, None)
    covered = fairaudit.assign(rows, audit.models[0]).attrs["coverage"]
    assert covered["speakers"] == covered["assigned"] == 120
    assert fairaudit.gate(audit, {"min-tested": 1, "max-gap": 1}).verdict == "pass"
    text = render_terminal(document)
    assert "5 % of the words are in no group, because what this search needs is missing there" in " ".join(text.split())
    assert "may be in several" not in text


def test_most_rows_without_a_label_are_named_beside_the_verdict() -> None:
    """Everybody is in a cohort with one row of twenty."""
    document = audited(labelled(dict.fromkeys(range(120), 19))).to_dict()
    text = " ".join(unescape(re.sub(r"<[^>]*>", " ", render_html(document))).split())
    assert "accent: 95 % of the words are in no group" in text
    assert "of 120 speakers" not in text.split("95 % of the words", maxsplit=1)[0]


@pytest.mark.parametrize(("outside", "complete"), [(24, True), (25, False)])
def test_many_speakers_in_no_cohort_are_too_little_evidence_in_audits_as_in_comparisons(
    outside: int, complete: bool
) -> None:
    rows = labelled(dict.fromkeys(range(outside), 20))
    audit = audited(rows)
    reason = None if complete else "more than 20 % of the speakers are in no cohort"
    comparison = fairaudit.compare(rows, rows, audit.models, allow_identical=True)
    assert comparison.to_dict()["reviews"][0]["incomplete_because"] == reason
    content = audit.to_dict()
    assert content["discoveries"][0]["incomplete_because"] == reason
    expected = "pass" if complete else "insufficient evidence"
    assert fairaudit.gate(comparison, {"max-regression": 0.5}).verdict == expected
    for rule in ("max-rate", "max-gap"):
        assert fairaudit.gate(audit, {rule: 0.9}).verdict == expected
        del content["discoveries"][0]["incomplete_because"]  # as in a file of an earlier version
        assert fairaudit.gate(content, {rule: 0.9}).verdict == expected
        content = audit.to_dict()
    assert fairaudit.gate(audit, {"max-rate": 0.001}).verdict == "fail"


def test_few_speakers_in_no_cohort_are_withheld_beside_many_rows_without_one() -> None:
    """125 speakers have rows without a label, but only five of them have no other rows."""
    rows = labelled({**dict.fromkeys(range(120), 1), **dict.fromkeys(range(5), 20)})
    audit = audited(rows)
    document = audit.to_dict()
    (search,) = document["discoveries"]
    assert {*search["unassigned"].values()} == {None, BECAUSE_SMALL}
    assert document["quality"]["join_rates"] == {search["title"]: 110 / 120}
    assert audit[search["title"]].join_rate == 115 / 120
    (review,) = fairaudit.compare(rows, rows, audit.models, allow_identical=True).to_dict()["reviews"]
    assert review["unassigned"] == {"speakers": None, "utterances": None}


def test_few_rows_without_a_label_are_withheld_where_everybody_is_in_a_cohort() -> None:
    (search,) = audited(labelled(dict.fromkeys(range(5), 1))).to_dict()["discoveries"]
    assert search["unassigned"]["utterances"] is None


def test_a_check_of_a_log_counts_as_its_audit_does() -> None:
    rows = labelled({}).assign(latitude=52.0, longitude=13.0)
    rows.loc[rows["utterance_id"].str.endswith(("00", "01")), ["latitude", "longitude"]] = None
    log = read_log(rows)
    assert fairaudit.join_rates(log)["geo-tree"] == 1.0


def test_releases_of_a_history_say_what_comparisons_say() -> None:
    rows = labelled({})
    models = audited(rows).models
    other = rows.assign(accent=rows["accent"].replace({"north": "North", "south": "east"}))
    (review,) = fairaudit.compare(other, other, models, allow_identical=True).to_dict()["reviews"]
    history = fairaudit.record(models, "2.0", other).to_dict()
    (release,) = history["releases"]
    covered = ("share_tested", "incomplete_because", "unlisted", "respelled")
    assert {name: release["reviews"][0][name] for name in covered} == {name: review[name] for name in covered}
    assert (review["unlisted"], review["respelled"]) == (["east"], 1)
    page = " ".join(unescape(re.sub(r"<[^>]*>", " ", render_history(history))).split())
    for text in (page, " ".join(history_terminal(history).split())):
        assert "Caution (release 2.0): the cohorts of accent do not cover the log" in text
        assert "Labels of the log that are in no cohort: “east”." in text
        assert "Release 2.0: labels of accent spelled otherwise than when frozen: 1." in text


def test_releases_of_a_history_have_the_caveats_of_their_logs() -> None:
    rows = labelled({})
    models = audited(rows).models
    doubtful = rows.assign(speaker_id=rows["speaker_id"].replace({"s000": "S001"}))  # s001 under another spelling
    (release,) = fairaudit.record(models, "2.0", doubtful).to_dict()["releases"]
    caveats = fairaudit.compare(doubtful, doubtful, models, allow_identical=True).to_dict()["caveats"][-1:]
    assert caveats
    assert release["caveats"] == caveats
    assert f"Caution (release 2.0): {caveats[0]}" in " ".join(
        history_terminal(fairaudit.record(models, "2.0", doubtful).to_dict(), width=1000).split()
    )
