"""What a notebook shows: a fragment that survives sanitising, and the whole page in a frame."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest

import fairaudit
from fairaudit.report import PageInNotebook, render_notebook
from fairaudit.samples import make_sample

Json = dict[str, Any]
PageOf = Callable[[Json], str]
#: Elements and attributes that GitHub's sanitiser lets through (github-linguist/html-pipeline's defaults).
ALLOWED = {"p", "strong", "br", "code", "img", "table", "caption", "thead", "tbody", "tr", "th", "td"}
ALLOWED_ATTRIBUTES = {"scope", "alt", "src"}


class Elements(HTMLParser):
    """Tags and attributes of a fragment, and its text without pictures."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("name", ["rich", "crowded", "bare"])
def test_sanitising_takes_nothing_away(name: str, request: pytest.FixtureRequest) -> None:
    found = Elements(render_notebook(request.getfixturevalue(name)))
    assert found.tags <= ALLOWED
    assert found.attributes <= ALLOWED_ATTRIBUTES


def test_without_the_picture_every_number_is_still_there(rich: Json) -> None:
    text = Elements(render_notebook(rich)).text
    for number in ("Disparity found", "1.4 times (+42 %)", "1.2 to 1.7", "14.3 %", "p = 0.008", rich["signature"]):
        assert number in text


@pytest.mark.slow
@pytest.mark.slow
def test_nobodys_matplotlibrc_changes_the_picture(rich: Json) -> None:
    import matplotlib

    before = render_notebook(rich)
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red"}):
        assert render_notebook(rich) == before
        assert matplotlib.rcParams["font.size"] == 20


def test_the_whole_page_is_in_a_frame_in_which_nothing_can_run(rich: Json, page_of: PageOf) -> None:
    html = page_of(rich)
    frame = PageInNotebook(html)._repr_html_()
    assert frame.startswith('<iframe sandbox width="100%"')
    assert unescape(frame.partition('srcdoc="')[2].removesuffix('"></iframe>')) == html


@pytest.mark.slow
def test_an_audit_shows_itself() -> None:
    log = fairaudit.read_log(make_sample(speakers=100).log)
    audit = fairaudit.audit(log, methods=["named"], by=["device"], permutations=19)
    assert audit.show().html == fairaudit.render_html(audit)
    assert "<table>" in audit._repr_html_()
