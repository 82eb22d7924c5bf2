from __future__ import annotations

from typing import Any

import pytest

from fairaudit.report import render_notebook, render_terminal
from fairaudit.report.text.terminal import painter, text_table
from fairaudit.report.views.audit import view_of
from fairaudit.report.views.tables import Column, Row, Table, withheld_text
from fairaudit.report.words.wording import cell_width

Json = dict[str, Any]


def test_the_terminal_says_what_the_page_says(rich: Json) -> None:
    text = render_terminal(rich, width=300)
    lines = " ".join(text.split())
    view = view_of(rich)
    assert text.startswith("log.csv.gz\n▲ Disparity found\n")
    for d in view.discoveries:
        assert d.gap_line in text
        keys = ["rank", "cohort", "rate", "shrunk", "interval", "speakers", "share", "p"]
        for row in d.cohorts.only(keys).head(12).rows:
            withheld = row.cells[2] == "–"
            cells = (*row.cells[:2], withheld_text(None)) if withheld else row.cells
            assert " ".join(cells) in lines
    assert text.splitlines()[-1] == rich["signature"]
    assert "acoustic needs a column snr" in text


def test_the_inflated_gap_is_on_the_line_of_the_held_out_one(rich: Json) -> None:
    for line in render_terminal(rich).splitlines():
        if "search-inflated" in line:
            assert "Held-out gap" in line
    line = "Held-out gap 1.4 times (+42 %), 95 % interval 1.2 to 1.7 | search-inflated 1.6 times (+64 %)"
    assert line in render_terminal(rich)


def test_what_was_not_flagged_comes_with_the_gap_it_could_have_hidden(rich: Json) -> None:
    zip_census = render_terminal(rich).split("\n\n")[3]
    assert zip_census.startswith("zip-census: ○ no evidence (p = 0.410)")
    assert "Minimum detectable gap: 1.4 times (+35 %)" in zip_census


def test_withheld_cohorts_are_named_and_nothing_else(rich: Json) -> None:
    assert f"R6  {withheld_text(None)}" in " ".join(render_terminal(rich).splitlines())


def test_withheld_cohorts_keep_their_names_where_no_other_cohort_is_reported() -> None:
    columns = (
        Column("rank", "#"),
        Column("cohort", "Cohort", False),
        Column("rate", "WER"),
        Column("result", "", False),
    )
    table = Table("", columns, (Row(("1", "accent = caribbean", "–", withheld_text(None)), ""),))
    assert list(text_table(table, painter(False), 100))[1] == f"  1  accent = caribbean  {withheld_text(None)}"


def test_titles_are_broken_before_names_are_cut() -> None:
    columns = (
        Column("cohort", "Cohort", False),
        Column("rate", "disagreement with the teacher"),
        Column("p", "p"),
    )
    table = Table("", columns, (Row(("accent = caribbean", "22.4 %", "0.010"), ""),))
    assert list(text_table(table, painter(False), 60)) == [
        "  Cohort              disagreement with the teacher      p",
        "  accent = caribbean                         22.4 %  0.010",
    ]
    assert list(text_table(table, painter(False), 44)) == [
        "                      disagreement",
        "                          with the",
        "  Cohort                   teacher      p",
        "  accent = caribbean        22.4 %  0.010",
    ]
    assert list(text_table(table, painter(True), 40))[2:] == [
        "\x1b[1m  Cohort                  teacher      p\x1b[0m",
        "  accent = caribbe…        22.4 %  0.010",
    ]


@pytest.mark.parametrize("name", ["rich", "crowded", "bare"])
def test_lines_fit_and_hold_no_foreign_control_codes(name: str, request: pytest.FixtureRequest) -> None:
    text = render_terminal(request.getfixturevalue(name), width=100)
    signature = request.getfixturevalue(name)["signature"]
    assert max(cell_width(line) for line in text.splitlines() if line != signature) <= 100
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_colour_adds_nothing_but_colour(rich: Json) -> None:
    import re

    colored = render_terminal(rich, color=True)
    assert "\x1b[1;31m▲ Disparity found\x1b[0m" in colored
    assert re.sub(r"\x1b\[[\d;]*m", "", colored) == render_terminal(rich)


def test_long_tables_end_with_a_count_of_the_rest(crowded: Json) -> None:
    text = " ".join(render_terminal(crowded, limit=5).split())
    assert "The 121 after rank 5 are on the page and in audit.json." in text


def test_neighbours_that_are_withheld_share_a_line(crowded: Json) -> None:
    cohorts = crowded["discoveries"][0]["cohorts"]
    ranked = [i for i, cohort in enumerate(cohorts, start=1) if not cohort["suppressed"]]
    hidden = {name: next(c for c in cohorts if c["suppressed"]) | {"label": name} for name in ("withheld", "R125")}
    last = len(ranked) + 3
    crowded["discoveries"][0]["cohorts"] = (
        [cohorts[i - 1] for i in ranked] + [hidden["withheld"]] * 3 + [hidden["R125"]]
    )
    search = view_of(crowded).discoveries[0]
    assert [row.cells[:2] for row in search.cohorts.rows[-3:-1]] == [
        (f"{last - 2}–{last}", "3 cohorts"),
        (str(last + 1), "R125"),
    ]
    assert [mark.label for mark in search.marks[-2:]] == ["3 cohorts", "R125"]
    text = " ".join(render_terminal(crowded, limit=5).split())
    assert f"{last - 2}–{last} 3 cohorts {withheld_text(None)}" in text
    assert f"The {len(ranked) - 5 + 1} after rank 5 are on the page" in text


def test_where_nothing_is_known_the_terminal_says_so(bare: Json) -> None:
    text = render_terminal(bare)
    assert text.startswith("log.csv.gz\n? Insufficient evidence")
    assert "(p not defined)" in text
    assert "the search-inflated one is not shown either" in " ".join(text.split())


@pytest.mark.slow
@pytest.mark.parametrize("name", ["rich", "crowded", "bare"])
def test_the_notebook_needs_no_styles_and_no_scripts(name: str, request: pytest.FixtureRequest) -> None:
    audit = request.getfixturevalue(name)
    html = render_notebook(audit)
    assert "<script" not in html
    assert "style" not in html.replace(audit["signature"], "").replace("style=&quot;background", "")
    assert ('<img alt="' in html) == (name != "bare")
    assert "data:image/png;base64,iVBOR" in html or name == "bare"
    assert html == render_notebook(audit)
