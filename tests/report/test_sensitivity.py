"""What reports say of a second normaliser, read by somebody without statistics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fairaudit.report import render_markdown, render_terminal
from fairaudit.report.views.audit import view_of
from fairaudit.report.views.sensitivity import SensitivityView

Json = dict[str, Any]
PageOf = Callable[[Json], str]


def seen(audit: Json) -> SensitivityView:
    found = view_of(audit).sensitivity
    assert found is not None
    return found


def unchanged(audit: Json) -> Json:
    for search in audit["normalizer_sensitivity"]["searches"]:
        search["conclusion"]["second"] = search["conclusion"]["first"]
    return audit


def test_a_changed_conclusion_is_reported_by_its_search(rich: Json) -> None:
    found = seen(rich)
    assert found.sentences == (
        "All texts were also scored with the normaliser none-1 (words as they are written). The overall WER is then "
        "12.0 %, against 10.1 % in this audit. The cohorts and the speakers are the same; the searches were "
        "not repeated. For zip-census the conclusion changes: whether the bottom cohort has a higher rate depends on "
        "what counts as an error. For the other 2 searches the conclusion stays the same."
    )
    assert found.warning == "Scored with none-1 (words as they are written), the conclusion changes for zip-census."
    assert view_of(rich).next_steps[-1] == found.advice
    assert found.advice.startswith("Before quoting a gap of zip-census, decide what counts as an error")
    assert found.table is not None
    assert [row.cells[1:] for row in found.table.rows] == [
        ("1.4 times (+42 %)", "1.2 to 1.7", "1.3 times (+29 %)", "1.1 to 1.6", "15.1 %", "11.7 %", "same: worse"),
        (
            "1.04 times (+4 %)",
            "0.88 to 1.2",
            "1.2 times (+19 %)",
            "1.04 to 1.4",
            "13.9 %",
            "11.7 %",
            "changed: no clear gap, then worse",
        ),
        (
            "1.04 times (+4 %)",
            "0.88 to 1.2",
            "1.03 times (+3 %)",
            "0.90 to 1.2",
            "11.9 %",
            "11.6 %",
            "same: no clear gap",
        ),
        ("1.04 times (+4 %)", "0.88 to 1.2", "–", "–", "–", "–", "–"),
    ]


def test_where_nothing_changes_the_terminal_is_silent_and_nothing_is_left_to_do(rich: Json) -> None:
    found = seen(unchanged(rich))
    assert found.sentences.endswith(
        "The conclusion is the same for all 3 searches: it does not depend on which of the two normalisers is used."
    )
    assert (found.warning, found.advice) == ("", "")
    assert "none-1" not in render_terminal(rich)
    assert not [step for step in view_of(rich).next_steps if "normaliz" in step or "counts as an error" in step]


def test_a_second_that_counts_mostly_writing_warns_of_nothing(rich: Json) -> None:
    rich["normalizer_sensitivity"]["overall_rate"] = 0.97
    found = seen(rich)
    assert "Its gaps mean little, because most of the errors that it counts are differences in writing" in (
        found.sentences
    )
    assert "conclusion" not in found.sentences
    assert found.warning == ""
    assert "--second-normalizer" in found.advice


def test_a_first_that_counts_mostly_writing_is_warned_of(rich: Json) -> None:
    rich["normalizer_sensitivity"]["overall_rate"] = 0.04
    found = seen(unchanged(rich))
    assert (
        found.warning
        == "More than half of the errors counted here are differences in writing that none-1 does not count."
    )
    assert found.warning in found.sentences
    assert found.warning in render_terminal(rich, width=1000)


def test_two_that_count_alike_are_no_test(rich: Json) -> None:
    told = rich["normalizer_sensitivity"]
    told["overall_rate"] = rich["overall"]["rate"]
    for before, search in zip(rich["discoveries"], told["searches"], strict=True):
        if search["held_out"]:
            search["held_out"] |= {name: before["held_out"][name] for name in ("gap_relative", "gap_interval")}
    found = seen(unchanged(rich))
    assert found.sentences.endswith("give the same counts on these texts, so this does not test any gap.")
    assert found.table is None
    told["searches"][0]["held_out"]["gap_relative"] += 1e-12
    assert "does not test any gap" not in seen(rich).sentences
    assert seen(rich).table is not None


def test_without_any_gap_there_is_no_table(rich: Json) -> None:
    for search in rich["normalizer_sensitivity"]["searches"]:
        search |= {"held_out": None, "conclusion": {"first": None, "second": None}}
    found = seen(rich)
    assert found.table is None
    assert found.sentences.endswith("No search has a gap that could be measured again.")
    assert (found.warning, found.advice) == ("", "")


@pytest.mark.slow
@pytest.mark.parametrize("lacking", [True, False])
def test_an_audit_of_counts_or_of_an_earlier_version_is_silent_and_advises(
    rich: Json, lacking: bool, page_of: PageOf
) -> None:
    if lacking:
        del rich["normalizer_sensitivity"]
    else:
        rich["normalizer_sensitivity"] = None
    assert view_of(rich).sensitivity is None
    assert "another --normalizer" in view_of(rich).next_steps[-1]
    for text in (page_of(rich), render_markdown(rich)):
        assert "Does the result depend on what counts as an error?" not in text


@pytest.mark.slow
def test_hostile_names_are_text(rich: Json, page_of: PageOf) -> None:
    told = rich["normalizer_sensitivity"]
    told["normalizer"] = "<script>alert(1)</script>"
    told["searches"][1]["title"] = "<img src=x>\x1b[31m"
    page = page_of(rich)
    assert "<script>" not in page
    assert "<img src=x>" not in page
    assert "\x1b" not in render_terminal(rich)
