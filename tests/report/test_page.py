from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

from fairaudit.core.errors import UsageError
from fairaudit.report import render_html
from fairaudit.report.html import page as page_module
from fairaudit.report.views.audit import view_of
from fairaudit.report.views.tables import Table

Json = dict[str, Any]
PageOf = Callable[[Json], str]
VOID = {"meta", "br", "img", "hr", "link", "input"}


class Page(HTMLParser):
    """Elements, attributes, ids, the text of the page and the cells of its tables; checks that tags nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.css = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"th", "td"}:
            self.tables[-1][-1].append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            self.css += data
            return
        self.text.append(data)
        if {"td", "th"} & set(self.open):
            self.tables[-1][-1][-1] += data


@pytest.fixture(params=["rich", "crowded", "bare"])
def audit(request: pytest.FixtureRequest) -> Json:
    found: Json = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def html(audit: Json, page_of: PageOf) -> str:
    return page_of(audit)


def test_nothing_in_the_page_can_run_or_load(html: str) -> None:
    page = Page(html)
    assert not {"script", "iframe", "object", "embed", "link", "base", "form", "image", "foreignObject"} & set(
        page.tags
    )
    names = {name for _, name, _ in page.attributes}
    assert "style" not in names
    assert not [name for name in names if name.startswith("on")]
    for _, name, value in page.attributes:
        if name in {"href", "src", "xlink:href", "action", "srcset"}:
            assert value.startswith("#"), (name, value)
    assert "url(" not in page.css
    assert "@import" not in page.css


def test_the_policy_names_the_hash_of_the_only_style(html: str) -> None:
    page = Page(html)
    digest = base64.b64encode(hashlib.sha256(page.css.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:"
    assert ("meta", "content", policy) in page.attributes
    assert page.tags.count("style") == 1
    assert html.index("Content-Security-Policy") < html.index("<style>")


def test_hostile_labels_are_text_and_whole(rich: Json, page_of: PageOf) -> None:
    text = " ".join(Page(page_of(rich)).text)
    for label in ("accent=<script>alert(1)</script>", "accent=$\\frac{1}{", '=cmd("calc")|\'"&amp;', "العربية", "😀"):
        assert label in text
    assert "\u202e" not in text
    assert "\x1b" not in text


def test_every_cell_of_every_table_is_the_views(audit: Json, html: str) -> None:
    view = view_of(audit)
    tables = Page(html).tables
    wanted: list[Table | None] = [view.flagged, view.summary, view.overlap.table if view.overlap else None]
    wanted += [view.quality, view.joins, view.skipped, view.inputs, view.settings]
    for d in view.discoveries:
        wanted += [d.cohorts, d.composition_table, d.voices_table, d.regions_table, d.areas_table]
        wanted += [d.measures, d.null_table, d.examined]
    for table in wanted:
        if table is not None:
            cells = [[column.title for column in table.columns], *([*row.cells] for row in table.rows)]
            assert cells in tables


def test_a_search_inflated_number_always_has_the_held_out_one_on_its_left(html: str) -> None:
    for table in Page(html).tables:
        head = table[0]
        for place, title in enumerate(head):
            if title.startswith("Search-inflated"):
                honest = next(i for i, other in enumerate(head) if other.startswith(("Held-out", "Gap")))
                assert honest < place
                assert all(row[honest] != "–" for row in table[1:] if row[place] != "–")


def test_the_page_is_built_for_everyone(html: str) -> None:
    page = Page(html)
    assert ("html", "lang", "en") in page.attributes
    assert page.tags.count("h1") == 1
    assert page.tags.count("table") == page.tags.count("caption")
    assert page.tags.count("th") == sum(1 for tag, name, _ in page.attributes if (tag, name) == ("th", "scope"))
    svgs = page.tags.count("svg")
    assert sum(1 for tag, name, value in page.attributes if tag == "svg" and name == "aria-label" and value) == svgs
    assert "prefers-color-scheme: dark" in page.css
    assert "@media print" in page.css


def test_ids_are_unique_and_every_reference_has_its_target(html: str) -> None:
    page = Page(html)
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    targets = {value[1:] for _, name, value in page.attributes if name == "href"}
    targets |= {found for _, _, value in page.attributes for found in re.findall(r"url\(#([^)]+)\)", value)}
    assert targets <= set(ids)


@pytest.mark.slow
@pytest.mark.parametrize("audit", ["rich", "bare"], indirect=True)
def test_the_same_audit_gives_the_same_bytes(audit: Json, html: str) -> None:
    assert render_html(audit) == html


@pytest.mark.slow
def test_an_unredacted_page_says_so(rich: Json, page_of: PageOf) -> None:
    assert "Unredacted." not in page_of(rich)
    assert "Unredacted." in page_of(rich | {"redacted": False})


@pytest.mark.slow
def test_many_searches_regions_and_cohorts_render_soon_alike_and_stay_small(crowded: Json, page_of: PageOf) -> None:
    start = time.process_time()
    html = render_html(crowded)
    assert time.process_time() - start < 15
    assert html == page_of(crowded)
    assert len(html.encode()) < 1_000_000
    page = Page(html)
    assert "All 127 rows" in "".join(page.text)  # 126 cohorts, and the speakers in none
    assert max(len(table) for table in page.tables) == 128


def test_a_page_that_grows_too_large_is_warned_about_then_refused(bare: Json, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_module, "_WARN_BYTES", 1000)
    with pytest.warns(UserWarning, match=r"the page has 0\.\d MB"):
        render_html(bare)
    monkeypatch.setattr(page_module, "_MOST_BYTES", 1000)
    with pytest.raises(UsageError, match="more than"):
        render_html(bare)


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio of two #rrggbb colours."""

    def luminance(color: str) -> float:
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_text_has_the_contrast_that_wcag_asks_for() -> None:
    from fairaudit.report.charts.palette import CLASSES, DARK, LIGHT, ON_CLASSES

    for palette in (LIGHT, DARK):
        for ground in ("page", "panel", "soft"):
            for ink in ("ink", "muted", "accent", "calm", "unsure", "mixed"):
                assert contrast(palette[ink], palette[ground]) >= 4.5, (ink, ground)
    for ground, ink in zip(CLASSES, ON_CLASSES, strict=True):
        assert contrast(ink, ground) >= 3.9
