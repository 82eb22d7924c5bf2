"""One small audit, word for word: a change of any sentence, number or tag of a report shows up in review.

``FAIRAUDIT_WRITE_GOLDEN=1 pytest tests/report/test_golden.py`` writes the files anew; look at their diff.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fairaudit.report import render_html, render_markdown, render_notebook, render_terminal
from fairaudit.results.reading import read_audit

GOLDEN = Path(__file__).with_name("golden")
AUDIT = GOLDEN / "audit.json"


@pytest.fixture(scope="module")
def audit() -> dict[str, Any]:
    """Four searches, one flagged, of a log that nobody ever recorded."""
    return read_audit(AUDIT)


@pytest.fixture(scope="module")
def page(audit: dict[str, Any]) -> str:
    return render_html(audit)


def compare(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("FAIRAUDIT_WRITE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def without_pictures(html: str) -> str:
    """Pictures have tests of their own; that they are there stays."""
    return re.sub(r'src="data:[^"]+"', 'src="…"', re.sub(r"<svg .*?</svg>", "<svg>…</svg>", html, flags=re.DOTALL))


SECTIONS = ("numbers", "next", "who", "where", "searches", "trust", "data", "provenance", "glossary", "sign-off")


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_of_the_page(section: str, page: str) -> None:
    found = re.search(rf'<section id="{section}">.*?</section>', page, flags=re.DOTALL)
    assert found is not None
    compare(f"{section}.html", without_pictures(found.group()) + "\n")


def test_the_verdict(page: str) -> None:
    found = re.search(r"<header>.*?</header>", page, flags=re.DOTALL)
    assert found is not None
    compare("verdict.html", found.group() + "\n")


@pytest.mark.parametrize(
    ("name", "render"),
    [("audit.md", render_markdown), ("audit.txt", render_terminal),
     ("notebook.html", lambda audit: without_pictures(render_notebook(audit)) + "\n")],
)  # fmt: skip
def test_the_other_reports(name: str, render: Callable[[Any], str], audit: dict[str, Any]) -> None:
    compare(name, render(audit))
