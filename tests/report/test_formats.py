"""Page, Markdown and terminal never disagree: they are read back and compared."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from fairaudit.core.errors import UsageError
from fairaudit.report import render_for, render_markdown, render_terminal
from fairaudit.report.views.tables import WITHHELD

Json = dict[str, Any]
PageOf = Callable[[Json], str]
Grid = tuple[tuple[str, ...], ...]
AUDITS = ("rich", "crowded", "bare")


class Tables(HTMLParser):
    """The tables of a page by their captions."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.rows: list[list[str]] = []
        self.caption = ""
        self.inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.rows, self.caption = [], ""
        elif tag == "tr":
            self.rows.append([])
        elif tag in {"th", "td"}:
            self.rows[-1].append("")
        if tag in {"th", "td", "caption"}:
            self.inside = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self.inside:
            self.inside = ""
        elif tag == "table" and len(self.rows) >= len(self.tables.get(self.caption, ())):
            self.tables[self.caption] = self.rows

    def handle_data(self, data: str) -> None:
        if self.inside == "caption":
            self.caption += data
        elif self.inside:
            self.rows[-1][-1] += data


def of_page(html: str) -> dict[str, Grid]:
    return {caption.strip(): tuple(map(tuple, rows)) for caption, rows in Tables(html).tables.items()}


def of_markdown(audit: Json) -> dict[str, Grid]:
    found: dict[str, Grid] = {}
    blocks = render_markdown(audit).split("\n\n")
    for before, block in pairwise(blocks):
        if block.startswith("| "):
            lines = [line for i, line in enumerate(block.strip().split("\n")) if i != 1]
            cells = (re.split(r"(?<!\\)\|", line)[1:-1] for line in lines)
            found[unescaped(before).removesuffix(":")] = tuple(tuple(map(unescaped, row)) for row in cells)
    return found


def unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text).strip()


@pytest.mark.slow
@pytest.mark.parametrize("name", AUDITS)
def test_every_table_of_the_markdown_is_the_pages(name: str, request: pytest.FixtureRequest, page_of: PageOf) -> None:
    audit = request.getfixturevalue(name)
    page, markdown = of_page(page_of(audit)), of_markdown(audit)
    assert len(markdown) >= 4
    for caption, cells in markdown.items():
        assert page[caption] == cells
    assert {caption for caption in page if caption.startswith("Cohorts of ")} <= {*markdown}


@pytest.mark.slow
@pytest.mark.parametrize("name", AUDITS)
def test_every_cohort_on_the_terminal_has_the_numbers_of_the_page(
    name: str, request: pytest.FixtureRequest, page_of: PageOf
) -> None:
    audit = request.getfixturevalue(name)
    terminal = re.sub(r" {2,}", "  ", render_terminal(audit, width=400, limit=200))
    for caption, (head, *rows) in of_page(page_of(audit)).items():
        if not caption.startswith("Cohorts of "):
            continue
        kept = [head.index(title) for title in ("#", "Cohort", "WER", "Shrunk WER", "95 % interval", "Speakers", "p")]
        for row in rows:
            rank, cohort, *figures, p = (row[i] for i in kept)
            if row[-1].startswith(WITHHELD):
                assert f"{rank}  {cohort}  {row[-1]}" in terminal
            else:
                share = row[head.index("Share of speakers")]
                assert "  ".join((rank, cohort, *figures, share, p)) in terminal


@pytest.mark.slow
@pytest.mark.parametrize("name", AUDITS)
def test_verdict_and_headline_numbers_are_the_same_everywhere(
    name: str, request: pytest.FixtureRequest, page_of: PageOf
) -> None:
    audit = request.getfixturevalue(name)
    html, markdown, terminal = page_of(audit), render_markdown(audit), render_terminal(audit, width=10_000)
    (mark, title) = re.findall(r'<span class="mark" aria-hidden="true">(.)</span> ([^<]+)</p>', html)[0]
    assert markdown.startswith(f"# log.csv.gz\n\n## {mark} {title}\n")
    assert terminal.startswith(f"log.csv.gz\n{mark} {title}\n")
    values = re.findall(r'<dd class="value">([^<]+)</dd>', html)
    numbers = markdown.partition("## Numbers\n")[2].partition("\n## ")[0]
    listed = re.findall(r"^- [^:]+: (\S+(?: %)?) ", numbers, flags=re.MULTILINE)
    assert [value.split(" ")[0] for value in listed] == [value.split(" ")[0] for value in values]
    assert all(value in terminal for value in (values[0], values[-1]))


def test_hostile_labels_are_text_in_markdown(rich: Json) -> None:
    markdown = render_markdown(rich)
    assert "<script" not in re.sub(r"\\<", "", markdown)
    assert "\\<script\\>alert(1)\\</script\\>" in markdown
    assert "https\\://evil" in markdown
    assert "\x1b" not in markdown


def test_the_name_of_a_file_decides_the_format(bare: Json, page_of: PageOf) -> None:
    assert render_for(Path("a.html"), bare) == page_of(bare)
    assert render_for(Path("a.MD"), bare) == render_markdown(bare)
    assert render_for(Path("a.txt"), bare) == render_terminal(bare)
    with pytest.raises(UsageError, match=r"unknown ending of a report's name '\.pdf'; there are \['\.html'"):
        render_for(Path("a.pdf"), bare)
    with pytest.raises(UsageError, match=r"a\.md: boundaries are for maps"):
        render_for(Path("a.md"), bare, boundaries="b.geojson")
