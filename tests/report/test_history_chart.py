"""Lines of frozen cohorts over releases."""

from __future__ import annotations

import itertools
import math
from typing import Any
from xml.etree import ElementTree

import pytest
from matplotlib.figure import Figure

import fairaudit
from fairaudit.cohorts import CohortModel
from fairaudit.cohorts.rules import Group, Lookup
from fairaudit.report import history_svg
from fairaudit.report.history_chart import draw_history
from fairaudit.report.history_view import history_view

LABELS = ["east", "north", "old town", "south", "tiny", "west"]


@pytest.fixture(scope="module")
def history(release: Any) -> dict[str, Any]:
    rule = Lookup(("accent",), tuple((label,) for label in LABELS))
    model = CohortModel("named", "named: accent", {}, ("accent",), False, rule, Group((1,), "accent = north"), None)
    first = fairaudit.record([model], "1.0", fairaudit.read_log(release.before))
    later = release.after.query("accent != 'west'")
    return fairaudit.record(first, "<1.1> $x$", fairaudit.read_log(later)).to_dict()


def test_tested_cohorts_are_lines_and_what_is_lacking_is_a_gap(history: dict[str, Any]):
    lines = {line.label: line for line in history_view(history).searches[0].lines}
    assert list(lines) == ["everybody", *(f"accent = {label}" for label in LABELS if label != "tiny")]
    assert lines["accent = north"].bottom
    assert lines["accent = west"].rates[1] is None
    ax = draw_history(list(lines.values()), ["1.0", "1.1"], Figure().add_subplot())
    drawn = [line.get_ydata() for line in ax.get_lines()]
    assert drawn[0] == pytest.approx([100 * rate for rate in lines["everybody"].rates])
    assert math.isnan(drawn[-1][1])
    heights = sorted(text.get_position()[1] for text in ax.texts)
    assert min(high - low for low, high in itertools.pairwise(heights)) > 0.04


def test_the_picture_is_sober_and_repeatable(history: dict[str, Any]):
    svg = history_svg(history, "named: accent")
    assert svg == history_svg(history, "named: accent")
    root = ElementTree.fromstring(svg)
    texts = ["".join(element.itertext()) for element in root.iter() if element.tag.endswith("text")]
    assert "<1.1> $x$" in texts
    assert "accent = north" in texts
    assert not any("style" in element.attrib for element in root.iter())
