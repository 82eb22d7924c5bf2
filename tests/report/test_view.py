from __future__ import annotations

import copy
from typing import Any

import pytest

from fairaudit.report import render_html, render_terminal
from fairaudit.report.view import view_of
from fairaudit.report.wording import plain

Json = dict[str, Any]


def with_verdicts(audit: Json, *verdicts: str) -> Json:
    audit["discoveries"] = [copy.deepcopy(audit["discoveries"][1]) | {"verdict": v, "title": f"search {i}"}
                            for i, v in enumerate(verdicts)]  # fmt: skip
    return audit


@pytest.mark.parametrize(
    ("verdicts", "overall"),
    [
        (("no evidence", "disparity", "insufficient evidence"), "disparity"),
        (("insufficient evidence", "no evidence"), "no evidence"),
        (("insufficient evidence", "insufficient evidence"), "insufficient evidence"),
        ((), "insufficient evidence"),
    ],
)
def test_an_audit_has_the_strongest_verdict_of_its_searches(
    rich: Json, verdicts: tuple[str, ...], overall: str
) -> None:
    assert view_of(with_verdicts(rich, *verdicts)).verdict == overall


def test_the_first_sentence_says_who_how_much_on_whom_and_how_sure(rich: Json) -> None:
    view = view_of(rich)
    assert view.sentence == (
        "For “latitude < 38.1 and longitude ≥ -7.2”, the word error rate is 42.0 % higher than for the rest of the "
        "speakers, measured on speakers that the search had not seen (95 % interval [+20 %, +70 %]; p = 0.008)."
    )
    assert view.coverage == (
        "Examined and flagged: geo-tree.",
        "Examined and not flagged: zip-census, embedding.",
        "Too little evidence to say: named: accent.",
        "Not examined: acoustic.",
        "Counted with none-1 (words as they are written), the conclusion changes for zip-census.",
    )


@pytest.mark.parametrize("verdict", ["no evidence", "insufficient evidence"])
def test_nothing_found_is_never_called_equal_service(rich: Json, verdict: str) -> None:
    assert "equal service" in view_of(with_verdicts(rich, verdict, verdict)).sentence
    assert "not" in view_of(with_verdicts(rich, verdict)).sentence


def test_a_flagged_group_that_is_not_worse_on_other_speakers_is_not_called_worse(rich: Json) -> None:
    held_out = rich["discoveries"][0]["held_out"]
    held_out["gap_relative"] = -0.031
    assert "is 3.1 % lower than" in view_of(rich).sentence
    held_out["gap_relative"] = None
    assert "could not be measured" in view_of(rich).sentence


def test_the_headline_is_the_strongest_search_and_its_numbers_stand_on_top(rich: Json) -> None:
    rich["discoveries"].reverse()
    view = view_of(rich)
    assert view.headline is not None
    assert view.headline.title == "geo-tree"
    assert [figure.value for figure in view.figures] == ["10.1 %", "14.2 %", "+42.0 %", "10.0 %", "800"]
    assert view.figures[1].interval == "[12.8 %, 15.9 %]"
    assert view.figures[2].note == "(WER of the bottom cohort − WER of the rest) ÷ WER of the rest"


def test_the_interval_of_the_bottom_cohort_is_left_out_where_the_table_measures_somebody_else(rich: Json) -> None:
    rich["discoveries"][0]["measured_on"] = "all speakers"
    assert view_of(rich).figures[1].interval == ""


def test_withheld_rows_print_no_figure(rich: Json) -> None:
    table = view_of(rich).discoveries[0].cohorts
    row = next(row for row in table.rows if row.cells[1] == "R6")
    assert row.cells[-1] == "withheld (fewer than 11 speakers)"
    assert set(row.cells[2:-1]) == {"–"}


def test_an_inflated_number_is_printed_only_beside_its_held_out_one(rich: Json) -> None:
    rich["discoveries"][0]["held_out"]["gap_relative"] = None
    rich["discoveries"][1]["held_out"] = None
    first, second = view_of(rich).discoveries[:2]
    assert (first.gap, first.inflated_gap) == ("–", "–")
    assert first.measures is not None
    assert all(row.cells[1] != "–" or row.cells[2] == "–" for row in first.measures.rows)
    assert second.measures is None
    assert (second.gap, second.inflated_gap) == ("–", "–")
    assert "50.0 %" not in second.gap_line


def test_regions_are_classed_against_the_overall_rate(rich: Json) -> None:
    steps = {region.label: region.step for region in view_of(rich).discoveries[0].regions}
    assert steps == {"R3": 3, "R4": 3, "R1": 1, "R0": 1, "R6": None, "R5": 2, "R2": 0}


def test_regressions_are_told_of_as_a_second_opinion(rich: Json) -> None:
    assert {view.second_opinion for view in view_of(rich).discoveries} == {""}
    named = rich["discoveries"][3]
    figures = {"ratio": 1.236, "interval": [1.004, 1.517], "p_value": 1e-4}
    named["nb2"] = [{"cohort_id": i, "p_adjusted": p, **figures} for i, p in ((1, 0.2), (2, 2e-4), (3, 0.9), (4, 0.03))]
    unknown = {"cohort_id": 8, **dict.fromkeys(figures), "p_adjusted": None}
    named["nb2"].append(unknown)
    told = view_of(rich).discoveries[3].second_opinion
    label = plain(named["cohorts"][2]["label"])
    assert told.startswith(
        "Second opinion, which never decides the verdict, by negative-binomial regression for groups that were fixed "
        f"beforehand: “{label}” +23.6 % against its rest [+0.4 %, +51.7 %], adjusted p < 0.001; "
    )
    assert told.endswith("adjusted p = 0.200; 1 more in audit.json.")
    for text in (render_html(rich), render_terminal(rich, width=10_000)):
        assert "+23.6 % against its rest [+0.4 %, +51.7 %], adjusted p" in text
    named["nb2"] = [unknown]
    assert "no group holds enough" in view_of(rich).discoveries[3].second_opinion


def test_where_nothing_is_known_dashes_stand(bare: Json) -> None:
    view = view_of(bare)
    assert [figure.value for figure in view.figures] == ["–", "–", "–", "–", "9"]
    assert view.discoveries[0].null is None
    assert view.discoveries[0].facts[0].endswith("withheld.")
