"""What is said of a comparison, on the terminal and as Markdown."""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

import fairaudit
from fairaudit.cohorts import CohortModel
from fairaudit.cohorts.rules import Group, Lookup
from fairaudit.report import comparison_markdown, comparison_terminal, render_comparison
from fairaudit.report.text.markdown import escaped
from fairaudit.report.views.tables import withheld_text

LABELS = ["east", "north", "old town", "south", "tiny", "west"]


@pytest.fixture(scope="module")
def told(release: Any) -> dict[str, Any]:
    rule = Lookup(("accent",), tuple((label,) for label in LABELS))
    model = CohortModel("named", "named: accent", {}, ("accent",), False, rule, Group((3,), "accent = south"), None)
    logs = [fairaudit.read_log(log) for log in (release.before.iloc[5:], release.after)]
    return fairaudit.compare(*logs, [model]).to_dict()


def flat(text: str) -> str:
    return " ".join(text.split())


def test_it_says_outright_who_got_worse_while_everyone_else_gained(told: dict[str, Any]):
    text = flat(comparison_terminal(told))
    assert text.startswith("▲ Regression Overall WER improved from")
    assert "while this cohort got worse: “accent = north” from" in text
    assert "p = 0.001" in text
    assert "Left out: 5 only in the candidate" in text


def test_terminal_and_markdown_say_the_same(told: dict[str, Any]):
    terminal, markdown = flat(comparison_terminal(told, width=140)), flat(comparison_markdown(told)).replace("\\", "")
    for cell in ("Regression", "Gap of “accent = south” to the rest", withheld_text(None)):
        assert cell in terminal
        assert cell in markdown
    sentence = terminal[terminal.index("Overall WER") : terminal.index("Paired:")]
    assert sentence in markdown


def test_withheld_cohorts_print_no_figure(told: dict[str, Any]):
    line = next(line for line in comparison_terminal(told).splitlines() if "tiny" in line)
    assert "%" not in line


def test_all_are_shown_when_nobody_got_worse(told: dict[str, Any]):
    calm = copy.deepcopy(told)
    calm["verdict"] = "no evidence"
    for cohort in calm["reviews"][0]["cohorts"]:
        cohort["worse"] = False
    assert "None of 5 tested cohorts got worse beyond chance" in flat(comparison_terminal(calm))
    for cohort in calm["reviews"][0]["cohorts"]:
        cohort["tested"] = False
    untested = "No cohort has enough speakers to be tested"
    assert untested in flat(comparison_terminal(calm))
    calm["overall"] |= {"worse": True, "p_adjusted": 0.001, "interval": [0.00003, 0.02]}
    text = flat(comparison_terminal(calm))
    assert "got worse from" in text
    assert f"[+0.003, +2.000]), p = 0.001. {untested}" in text


def test_nobody_elses_text_becomes_markup(told: dict[str, Any]):
    hostile = copy.deepcopy(told)
    for cohort in hostile["reviews"][0]["cohorts"]:
        cohort["label"] = cohort["description"] = "<img src=x>|[a](http://b) `c` \x1b[31m"
    text = comparison_markdown(hostile)
    shown = re.sub(r"\\.", "", text)
    for markup in ("<", "[", "http:", "`c`", "\x1b"):
        assert markup not in shown
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {8}


def test_escapes_show_as_the_text_itself():
    assert escaped("a_b*c") == r"a\_b\*c"


def test_caveats_stand_beside_the_verdict(told: dict[str, Any]):
    doubtful = copy.deepcopy(told)
    doubtful["quality"]["after"]["caveats"] = ["the log mixes two scripts"]
    for render in (comparison_terminal, comparison_markdown, render_comparison):
        assert "Caution (candidate): the log mixes two scripts" in flat(render(doubtful)).replace("\\", "")
    doubtful["quality"]["before"]["caveats"] = ["the log mixes two scripts"]
    assert flat(comparison_terminal(doubtful)).count("Caution: the log mixes two scripts") == 1


def test_rounded_changes_are_printed_inside_their_intervals(told: dict[str, Any]):
    """Rates and gaps beside withheld counts are rounded, so their differences are not those of the document."""
    rounded = copy.deepcopy(told)
    review = rounded["reviews"][0]
    cohort = next(cohort for cohort in review["cohorts"] if cohort["worse"])
    cohort |= {"before": 0.11, "after": 0.13, "difference": 0.026, "interval": [0.025, 0.027], "speakers": None}
    cohort["withheld_because"] = "it would reveal fewer than 11 speakers by subtraction"
    review["gap"] |= {"before": 0.06, "after": 0.06, "difference": 0.02, "interval": [0.02, 0.03], "speakers": None}
    text = flat(comparison_terminal(rounded, width=140))
    assert "from 11 % to 13 % (+2.6 points [+2.5, +2.7])" in text
    assert "11 % 13 % +2.6 [+2.5, +2.7]" in text
    assert "candidate 1.1 times (+6 %): +2 points [+2, +3]" in text
