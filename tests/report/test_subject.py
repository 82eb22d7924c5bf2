"""What a report is about: as it was given, or else the names of the files."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import fairaudit
from fairaudit.core.errors import UsageError
from fairaudit.report import render_html, render_markdown, render_terminal
from fairaudit.report.views.subject import subject_view
from fairaudit.results.about import with_about
from fairaudit.results.reading import validate_audit

Json = dict[str, Any]
HOSTILE = "<img src=x> *a* | b\x1b[31m"


@pytest.mark.parametrize(
    ("about", "title", "facts"),
    [
        ({}, "log.csv.gz", ""),
        ({"model": "small"}, "small", "Data: log.csv.gz"),
        ({"release": "2.1"}, "release 2.1", "Data: log.csv.gz"),
        ({"model": "small", "release": "2.1", "data": "calls", "date": "2026-05-01"}, "small, release 2.1",
         "Data: calls · Date: 2026-05-01"),
        ({"title": "Spring", "model": "small", "release": "2.1"}, "Spring",
         "Model: small · Release: 2.1 · Data: log.csv.gz"),
        ({"data": "calls", "date": "May"}, "calls", "Date: May"),
    ],
)  # fmt: skip
def test_a_report_is_headed_by_what_was_given(bare: Json, about: Json, title: str, facts: str) -> None:
    view = subject_view(with_about(bare, about))
    assert (view.title, view.facts) == (title, facts)


def test_page_markdown_and_terminal_begin_with_it(bare: Json) -> None:
    audit = with_about(bare, {"model": "small", "release": "2.1"})
    validate_audit(audit)
    html = render_html(audit)
    assert "<title>small, release 2.1: Insufficient evidence" in html
    assert "<h1><bdi>small, release 2.1</bdi></h1>" in html
    assert render_markdown(audit).startswith("# small, release 2.1\n\nData: log.csv.gz\n\n## ")
    assert render_terminal(audit).startswith("small, release 2.1\nData: log.csv.gz\n")


def test_it_is_text_whatever_it_says(bare: Json) -> None:
    audit = with_about(bare, {"title": HOSTILE})
    assert "<img" not in render_html(audit)
    assert r"\<img src=x\> \*a\* \| b" in render_markdown(audit)
    assert "\x1b" not in render_terminal(audit)


def test_it_changes_no_number_and_later_facts_replace_earlier_ones(bare: Json) -> None:
    audit = with_about({**bare, "about": {"model": "small", "date": "May"}}, {"model": "large", "title": None})
    assert audit["about"] == {"model": "large", "date": "May"}
    assert {**audit, "about": None} == {**copy.deepcopy(bare), "about": None}


@pytest.mark.parametrize("about", [{"modle": "small"}, {"model": " "}, {"date": 2026}])
def test_other_facts_and_empty_ones_are_refused(bare: Json, about: Json) -> None:
    with pytest.raises(UsageError, match=next(iter(about))):
        with_about(bare, about)


@pytest.mark.parametrize("kind", ["comparison", "gate", "history", "board"])
def test_only_an_audit_has_a_subject(kind: str) -> None:
    with pytest.raises(UsageError, match=f"model: only the report of an audit says this, not that of a {kind}"):
        with_about({"kind": kind}, {"model": "small"})


def test_the_command_adds_it_to_a_report(bare: Json, cli: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "audit.json").write_text(json.dumps(bare), encoding="utf-8")
    ran = cli("report", tmp_path / "audit.json", "--model", "small", "--date", "May", "-o", tmp_path / "a.md")
    assert ran.code == 0, ran.err
    assert (tmp_path / "a.md").read_text(encoding="utf-8").startswith("# small\n\nData: log.csv.gz · Date: May\n")


def test_an_audit_keeps_it(sample_audit: Any) -> None:
    assert sample_audit.to_dict()["about"] == {}
    assert replace(sample_audit, about={"model": "small"}).to_dict()["about"] == {"model": "small"}


def test_an_audit_refuses_other_facts_before_it_reads_the_log() -> None:
    with pytest.raises(UsageError, match="modle"):
        fairaudit.audit("no such file", about={"modle": "small"})
