"""What people see of a page in a real browser, on a screen, a phone, in the dark and on paper."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest

PAGES = [
    *("rich", "nothing found", "no groups", "insufficient evidence", "126 regions", "60 cohorts"),
    *("non-Latin labels", "adversarial labels", "release", "comparison", "board"),
]
SCREENS = ["wide", "phone", "dark"]
#: Of a line of text this share is empty, above its capitals and under its baseline.
AIR = 0.3
#: Figures that may be pushed about on a phone, and lines of text on it that can still be read, in pixels.
BROAD = ("Map of ", "Share of the speakers of each search's bottom")
LEGIBLE = 9.0
#: Pixels by which boxes may stand out from rounding.
SLACK = 1.0

#: Sections of an audit that are printed, also of one without groups, and the most pages that they take.
ON_PAPER = ("numbers", "next", "who", "words", "where", "release", "sign-off")
ON_PAPER_WITHOUT_GROUPS = ("numbers", "spread", "next", "sign-off")
SHEETS = 4

Seen = dict[str, Any]
Box = list[float]


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest, seen: dict[str, Seen]) -> Seen:
    return seen[request.param]


def sideways(view: Seen) -> bool:
    return bool(view["width"] > view["window"])


def inked(box: Box) -> Box:
    left, top, right, bottom = box
    trim = (bottom - top) * AIR / 2
    return [left, top + trim, right, bottom - trim]


def overlap(one: Box, other: Box) -> bool:
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return across > SLACK and down > SLACK


def faults(figure: Seen) -> Iterator[str]:
    """Texts of a figure that lie on each other or reach out of it."""
    texts = [(text["text"], inked(text["box"])) for text in figure["texts"] if text["text"].strip()]
    left, top, right, bottom = figure["box"]
    for text, box in texts:
        if box[0] < left - SLACK or box[1] < top - SLACK or box[2] > right + SLACK or box[3] > bottom + SLACK:
            yield f"{text!r} is cut off"
    for (one, box), (other, another) in combinations(texts, 2):
        if overlap(box, another):
            yield f"{one!r} lies on {other!r}"


@pytest.mark.slow
def test_the_browser_notices_every_kind_of_fault(seen: dict[str, Seen]):
    """Or the tests below would show nothing."""
    spoiled = seen["spoiled"]
    kinds = {problem.partition(":")[0] for problem in spoiled["problems"]}
    assert kinds == {"console", "request"}  # no dialog: the policy stops the scripts
    problems = " ".join(spoiled["problems"])
    assert all(policy in problems for policy in ("style-src", "inline script", "event handler", "img-src"))
    assert sideways(spoiled["views"]["phone"])
    assert spoiled["views"]["wide"]["scrolling"]
    assert spoiled["views"]["wide"]["unseen"] == 1
    assert {finding["id"] for finding in spoiled["accessibility"]["light"]} >= {"image-alt", "color-contrast"}
    (figure,) = (figure for figure in spoiled["views"]["wide"]["figures"] if figure["name"] == "spoiled")
    assert [*faults(figure)] == ["'leaves the picture' is cut off", "'one label' lies on 'another'"]


def test_nothing_runs_loads_or_breaks_the_policy(page: Seen):
    assert page["problems"] == []


@pytest.mark.parametrize("screen", SCREENS)
def test_nobody_has_to_scroll_sideways(page: Seen, screen: str):
    view = page["views"][screen]
    assert not sideways(view), f"{view['width']} pixels on a screen of {view['window']}"


def test_tables_fit_a_desk(page: Seen):
    """On a phone they may be pushed about in a box of their own."""
    assert page["views"]["wide"]["scrolling"] == []


@pytest.mark.parametrize("screen", SCREENS)
def test_every_label_of_a_figure_can_be_read(page: Seen, screen: str):
    figures = page["views"][screen]["figures"]
    assert len({figure["name"] for figure in figures}) == len(figures), "a figure is shown twice"
    assert {figure["name"]: [*faults(figure)] for figure in figures} == {figure["name"]: [] for figure in figures}


def test_figures_fit_a_phone(page: Seen):
    figures = page["views"]["phone"]["figures"]
    assert figures or "who" not in page["views"]["phone"]["sections"]
    for figure in figures:
        left, _, right, _ = figure["box"]
        if not figure["name"].startswith(BROAD):
            assert right - left <= figure["room"] + SLACK, figure["name"]
            assert all(text["box"][3] - text["box"][1] >= LEGIBLE for text in figure["texts"]), figure["name"]


def test_paper_holds_what_a_decision_needs_and_ends_with_the_signatures(page: Seen):
    paper, screen = (page["views"][view] for view in ("print", "wide"))
    assert not sideways(paper)
    if screen["sections"][-1] != "sign-off":  # of a comparison and of a board, all is printed
        assert paper["sections"] == screen["sections"]
        assert paper["unseen"] == 0
        return
    printed = ON_PAPER if "who" in screen["sections"] else ON_PAPER_WITHOUT_GROUPS
    assert paper["sections"] == [section for section in screen["sections"] if section in printed]
    assert paper["sections"][-1] == "sign-off"
    assert page["sheets"] <= SHEETS


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(page: Seen, scheme: str):
    assert page["accessibility"][scheme] == []


def test_hostile_labels_make_no_element_and_no_attribute(seen: dict[str, Seen]):
    hostile, harmless = (seen[f"{kind} labels"]["views"]["wide"] for kind in ("adversarial", "harmless"))
    assert hostile["elements"] == harmless["elements"]
    assert hostile["attributes"] == harmless["attributes"]
    assert not hostile["comments"]


def test_hostile_labels_are_read_as_they_are_written(seen: dict[str, Seen]):
    text = seen["adversarial labels"]["views"]["wide"]["text"]
    for label in (
        "<script>window.ran=1;alert(1)</script>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "{{7*7}}",
        "$\\frac{1}{",
    ):
        assert label in text
