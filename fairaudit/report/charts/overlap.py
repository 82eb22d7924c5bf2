"""A matrix of how far the bottom cohorts of several searches are the same speakers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairaudit.report.charts.palette import LIGHT, ON_SHARES, SHARES
from fairaudit.report.charts.style import LABEL_CELLS, quiet
from fairaudit.report.words.wording import DASH, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from fairaudit.report.views.overlap import OverlapView

__all__ = ["draw_overlap"]


def draw_overlap(overlap: OverlapView, ax: Axes) -> Axes:
    """Draw a square for each pair of searches, darker the more of the row's speakers are in the column's cohort.

    Parameters
    ----------
    overlap
        The shares and how they are printed.
    ax
        Axes to draw on, as many rows high as there are searches.

    Returns
    -------
    Axes
        The same axes.
    """
    from matplotlib.patches import Rectangle

    for y, (shares, row) in enumerate(zip(overlap.shares, overlap.table.rows, strict=True)):
        for x, (share, text) in enumerate(zip(shares, row.cells[1:], strict=True)):
            step = None if share is None else min(int(share * len(SHARES)), len(SHARES) - 1)
            face = "none" if step is None else SHARES[step]
            ax.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=face, edgecolor=LIGHT["rule"], linewidth=0.8))
            color = LIGHT["muted"] if step is None else ON_SHARES[step]
            ax.text(x, y, "same" if x == y else text or DASH, ha="center", va="center", color=color)
    places = range(len(overlap.titles))
    ax.set_xlim(-0.5, len(overlap.titles) - 0.5)
    ax.set_ylim(len(overlap.titles) - 0.5, -0.5)
    ax.set_yticks(places)
    ax.set_yticklabels([shorten(title, LABEL_CELLS) for title in overlap.titles], parse_math=False)
    ax.set_xticks(places)
    ax.xaxis.tick_top()
    ax.set_xticklabels([column.title for column in overlap.table.columns[1:]])
    for label in (*ax.get_xticklabels(), *ax.get_yticklabels()):
        label.set_color(LIGHT["ink"])
    quiet(ax, keep=())
    return ax
