"""The paragraph for a paper: every number in it is traced to a field, and follows that field."""

from __future__ import annotations

import re
from typing import Any

import pytest

from fairaudit.report import render_html, render_markdown
from fairaudit.report.views.methods import methods_view

Json = dict[str, Any]
#: What has digits without being a number of the audit: years, the level of intervals, and names.
NO_NUMBERS = re.compile(
    r"\(Westfall and Young, 1993\)|\(Bisani and Ney, 2004\)|95 % interval|“.*?”|: geo-tree, .*?\. |log\.csv\.gz"
)


@pytest.mark.parametrize("audit", ["rich", "crowded", "bare"])
def test_every_number_is_traced_to_a_field(audit: str, request: pytest.FixtureRequest) -> None:
    view = methods_view(request.getfixturevalue(audit))
    left = NO_NUMBERS.sub("", view.text)
    for shown, path in sorted((row.cells for row in view.fields.rows), key=lambda cells: -len(cells[0])):
        assert shown in view.text
        assert path
        left = left.replace(shown, "")
    assert not re.search(r"\d", left), left


@pytest.mark.parametrize(
    ("keys", "value", "shown"),
    [
        (("overall", "utterances"), 4321, "4,321 utterances"),
        (("overall", "speakers"), 77, "77 speakers"),
        (("about",), {"model": "small", "release": "2.1", "data": "calls"}, "of small (release 2.1) on calls:"),
        (("discoveries", 0, "p_value"), 0.004, "p = 0.004"),
        (("discoveries", 0, "held_out", "gap_relative"), 1.0, "2.0 times"),
        (("discoveries", 0, "held_out", "bottom_rate"), 0.27, "27.0 % against"),
        (("discoveries", 0, "permutations"), 1999, "1,999 shuffles"),
        (("signature",), "rate:wer|normalizer:own-7|alpha:0.01|seed:3|version:9.9", "with own-7 before"),
    ],
)  # fmt: skip
def test_a_number_follows_its_field(rich: Json, keys: tuple[Any, ...], value: Any, shown: str) -> None:
    assert shown not in methods_view(rich).text
    *path, last = keys
    inner: Any = rich
    for key in path:
        inner = inner[key]
    inner[last] = value
    assert shown in methods_view(rich).text


def test_only_what_was_used_is_cited(rich: Json) -> None:
    assert [work.partition(",")[0] for work in methods_view(rich).references[1:]] == ["Westfall", "Dheram"]
    del rich["discoveries"][1]
    rich["intervals"] = "bootstrap"
    assert [work.partition(",")[0] for work in methods_view(rich).references[1:]] == ["Westfall", "Bisani"]


def test_it_is_folded_on_the_page_and_in_markdown_too(rich: Json) -> None:
    view = methods_view(rich)
    assert "<summary><bdi>A paragraph for a paper</bdi></summary>" in render_html(rich)
    assert "### A paragraph for a paper" in render_markdown(rich)
    assert all(work[:20] in render_markdown(rich) for work in view.references)
