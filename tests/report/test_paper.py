"""Tables for papers: the numbers of audit.json with the digits that are asked for, and nothing that is withheld."""

from __future__ import annotations

import copy
import csv
import io
import re
from typing import Any

import pytest

from fairaudit.core.errors import UsageError
from fairaudit.core.rate import Rate
from fairaudit.exports.outputs import paper_csv
from fairaudit.report import audit_latex
from fairaudit.report.views.paper import paper_note, paper_rows, paper_table
from fairaudit.results.rates import rate_to_dict

Json = dict[str, Any]
GEO = 0


def cells(audit: Json, **options: Any) -> list[dict[str, str]]:
    return [*csv.DictReader(io.StringIO(paper_csv(audit, **options)))]


@pytest.mark.parametrize("fixture", ["rich", "crowded", "bare"])
def test_latex_is_balanced_and_runs_no_command_of_a_label(fixture: str, request: pytest.FixtureRequest) -> None:
    audit = request.getfixturevalue(fixture)
    text = audit_latex(audit)
    assert text.count(r"\toprule") == text.count(r"\end{table}") == len(audit["discoveries"])
    assert text.startswith("% Needs \\usepackage{booktabs}.\n")
    assert r"\frac" not in text.replace(r"\textbackslash{}frac", "")
    body = re.sub(r"\\[{}]", "", text)
    assert body.count("{") == body.count("}")
    for line in text.splitlines():
        assert not line.startswith("[")
        if line.endswith(r" \\"):
            assert len(re.findall(r"(?<!\\)&", line)) == 6
    assert text.count("Signature: rate:wer") == len(audit["discoveries"])
    unescaped = re.sub(r"\\textbar\{\}\\allowbreak\{\}", "|", text).replace(r"\_", "_")
    assert f"Signature: {audit['signature']}\n" in unescaped


def test_signs_of_descriptions_are_those_of_plain_latex(rich: Json) -> None:
    search = rich["discoveries"][GEO]
    search["cohorts"][0]["description"] = "−7.2° < longitude ≤ −0.7° × “x” ≥ 3…"
    text = audit_latex(rich, search="geo-tree")
    assert r"$-$7.2$^\circ$ \textless{} longitude $\leq$ $-$0.7$^\circ$ $\times$ ``x'' $\geq$ 3\dots{}" in text
    assert text.isascii()


@pytest.mark.parametrize("digits", [None, 0, 1, 2, 3])
def test_numbers_are_those_of_the_document_to_that_many_digits(rich: Json, digits: int | None) -> None:
    places = 1 if digits is None else digits
    rows = cells(rich, digits=digits, search="geo-tree")
    search = rich["discoveries"][GEO]
    for row, cohort in zip(rows, search["cohorts"], strict=False):
        if cohort["suppressed"]:
            continue
        numbers = [cohort["rate"], *cohort["interval"]]
        assert [row["rate"], row["rate_low"], row["rate_high"]] == [f"{100 * one:.{places}f}" for one in numbers]
        assert row["speakers"] == str(cohort["speakers"])
        assert row["p"] == ("" if cohort["p_adjusted"] is None else str(cohort["p_adjusted"]))
    gap = search["held_out"]
    ends = [1 + one for one in (gap["gap_relative"], *gap["gap_interval"])]
    assert [rows[0]["gap"], rows[0]["gap_low"], rows[0]["gap_high"]] == [f"{one:.{places + 1}f}" for one in ends]
    assert {row["gap"] for row in rows[1:]} == {""}  # the gap is of the bottom cohort
    assert (rows[-1]["group"], rows[-1]["rate"]) == ("all speakers", f"{100 * rich['overall']['rate']:.{places}f}")


def test_what_is_withheld_stays_withheld_and_says_why(rich: Json) -> None:
    search = rich["discoveries"][GEO]
    place = next(i for i, one in enumerate(search["cohorts"]) if one["suppressed"])
    table, row = paper_table(rich, search), cells(rich, search="geo-tree")[place]
    assert table.rows[place].cells == ("R6", "withheld", "withheld", "–", "–", "–", "–")
    assert row.pop("withheld_because") == "fewer than 11 speakers"
    assert {*row.values()} == {"geo-tree", "R6", "", rich["signature"]}
    assert "fewer than 11 speakers" in paper_note(rich, search)


@pytest.mark.parametrize("digits", [None, 3])
def test_rounded_numbers_get_no_more_digits_than_they_have(rich: Json, digits: int | None) -> None:
    audit = copy.deepcopy(rich)
    search = audit["discoveries"][GEO]
    because = {"withheld_because": "it would reveal fewer than 11 speakers by subtraction", "speakers": None}
    search["cohorts"][0] |= {"rate": 0.14, "interval": [0.096, 0.21], **because}
    search["held_out"] |= {"gap_relative": 0.42, "gap_interval": [0.2, 0.7], "speakers": None}
    row = paper_rows(audit, search, digits)[0]
    assert (row.speakers, row.rate, row.rate_ends) == ("withheld", "14", ("9.6", "21"))
    assert (row.gap, row.gap_ends) == ("1.42", ("1.20", "1.70"))
    first = cells(audit, digits=digits)[0]
    assert (first["speakers"], first["withheld_because"]) == ("", because["withheld_because"])


def test_a_bottom_of_several_groups_has_a_row_of_its_own(rich: Json) -> None:
    audit = copy.deepcopy(rich)
    search = audit["discoveries"][GEO]
    search["bottom"] = {"cohort_ids": [3, 5], "description": "R3 or R5"}
    rows = paper_rows(audit, search)
    assert [row.gap for row in rows if row.gap != "–"] == ["1.42"]
    assert (rows[-2].group, rows[-2].rate, rows[-2].p) == ("bottom cohort: R3 or R5", "14.2", search["p_value"])


def test_an_end_near_one_shows_on_which_side_it_is(rich: Json) -> None:
    rich["discoveries"][GEO]["held_out"]["gap_interval"] = [0.003, 0.5]
    assert paper_rows(rich, rich["discoveries"][GEO])[0].gap_ends == ("1.003", "1.50")


def test_other_units_are_in_the_title(rich: Json) -> None:
    rate = Rate("delay", "delay_ms", "utterances", unit="ms")
    audit = rich | {"rate": "delay", "rate_definition": rate_to_dict(rate)}
    search = audit["discoveries"][GEO]
    search["cohorts"][0] |= {"rate": 12345.6, "interval": [9000.0, 15000.0]}
    assert [column.title for column in paper_table(audit, search).columns][2] == "delay in ms"
    assert paper_rows(audit, search)[0].rate == "12,346"
    assert cells(audit)[0]["rate"] == "12346"


def test_wrong_options_are_refused(rich: Json) -> None:
    with pytest.raises(UsageError, match="digits must be from 0 to 3, not 4"):
        audit_latex(rich, digits=4)
    with pytest.raises(UsageError, match="unknown search 'acent'"):
        paper_csv(rich, search="acent")
    assert audit_latex(rich, search="accent").count(r"\begin{table}") == 1
