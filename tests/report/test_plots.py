"""Figures by name, on any axes; what a result does not have is a sentence that lists what it has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from fairaudit.core.errors import UsageError
from fairaudit.report import plot_audit, plot_history


@pytest.fixture
def ax() -> Axes:
    return Figure().add_subplot()


def one_search(audit: dict[str, Any]) -> dict[str, Any]:
    """The audit with its first search alone."""
    return audit | {"discoveries": [audit["discoveries"][0] | {"overlap": []}], "normalizer_sensitivity": None}


def drawn(ax: Axes) -> int:
    return len(ax.lines) + len(ax.patches) + len(ax.collections) + len(ax.texts) + len(ax.images)


@pytest.mark.parametrize("kind", ["caterpillar", "null", "regions", "error_shares", "areas", "voices", "overlap"])
def test_every_kind_draws_on_the_axes_given(kind: str, rich: dict[str, Any], ax: Axes) -> None:
    assert plot_audit(rich, kind, ax=ax) is ax
    assert drawn(ax)


@pytest.mark.parametrize("size", [(4, 3), (6.4, 4.8), (7, 3.6), (12, 4)])
@pytest.mark.parametrize("kind", ["caterpillar", "null", "composition", "error_shares"])
def test_a_key_lies_inside_its_figure(kind: str, size: tuple[float, float], rich: dict[str, Any]) -> None:
    figure = Figure(figsize=size, layout="constrained")
    ax = plot_audit(rich, kind, ax=figure.add_subplot())
    FigureCanvasAgg(figure).draw()
    key = ax.get_legend()
    assert key is not None
    inner, outer = key.get_window_extent(), figure.bbox
    assert outer.x0 <= inner.x0 < inner.x1 <= outer.x1
    assert outer.y0 <= inner.y0 < inner.y1 <= outer.y1 + 1


def test_a_search_can_be_chosen(rich: dict[str, Any], ax: Axes) -> None:
    plot_audit(rich, "caterpillar", ax=ax, search="embedding")
    other = Figure().add_subplot()
    plot_audit(rich, "caterpillar", ax=other)
    assert [text.get_text() for text in ax.texts] != [text.get_text() for text in other.texts]


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (
            lambda rich: plot_audit(one_search(rich), "areas"),
            r"the audit has no 'areas' to plot; it has \['caterpillar', 'null'",
        ),
        (
            lambda rich: plot_audit(rich, "regions", search="embedding"),
            r"the search 'embedding' has no 'regions' to plot; it has \['caterpillar'",
        ),
        (lambda rich: plot_audit(rich, "caterpilar"), "unknown kind of plot 'caterpilar'.*did you mean 'caterpillar'"),
        (lambda rich: plot_audit(rich, "null", search="geo-three"), "unknown search 'geo-three'.*'geo-tree'"),
    ],
)
def test_what_cannot_be_drawn_is_a_sentence(draw: Callable[[Any], Axes], message: str, rich: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=message):
        draw(rich)


def test_a_history_without_cohorts_has_nothing_to_plot() -> None:
    overall = {"rate": 0.1}
    history = {"rate": "wer", "models": [], "releases": [{"name": "1.0", "overall": overall, "reviews": []}]}
    with pytest.raises(UsageError, match=r"the history has no 'history' to plot; it has \[\]"):
        plot_history(history, "history")
