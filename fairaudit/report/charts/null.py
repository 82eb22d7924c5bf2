"""The null of a search: what it finds in shuffled speakers, beside what it found in the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairaudit.report.charts.palette import LIGHT
from fairaudit.report.charts.style import quiet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from fairaudit.report.views.search import NullView

__all__ = ["draw_null"]


def draw_null(null: NullView, ax: Axes) -> Axes:
    """Draw how high the highest score gets when speakers are shuffled, and how high it was in the log.

    Parameters
    ----------
    null
        Histogram over the shuffles, and the observed score.
    ax
        Axes to draw on.

    Returns
    -------
    Axes
        The same axes.
    """
    from matplotlib.ticker import MaxNLocator

    widths = [right - left for left, right in zip(null.edges, null.edges[1:], strict=False)]
    ax.bar(null.edges[:-1], null.counts, widths, align="edge", color=LIGHT["calm"],
           edgecolor=LIGHT["panel"], linewidth=0.6, label="shuffled speakers")  # fmt: skip
    ax.axvline(null.observed, color=LIGHT["accent"], linewidth=2.2, label="observed")
    ax.margins(x=0.06)
    ax.set_ylim(0, max([*null.counts, 1]) * 1.08)
    ax.yaxis.set_major_locator(MaxNLocator("auto", integer=True, prune="lower"))
    ax.set_xlabel("highest score found by the search")
    ax.set_ylabel("shuffles")
    ax.grid(axis="y", color=LIGHT["rule"], linewidth=0.6)
    ax.set_axisbelow(True)
    quiet(ax, keep=("bottom",))
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, borderaxespad=0.2)
    return ax
