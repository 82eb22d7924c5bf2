"""The caterpillar plot: every cohort's rate with its interval, and the overall rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fairaudit.report.charts.palette import LIGHT
from fairaudit.report.charts.style import name_rows, quiet, say_instead

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from fairaudit.report.views.search import CohortMark

__all__ = ["draw_caterpillar"]


def draw_caterpillar(
    rows: Sequence[CohortMark], ax: Axes, *, overall: float | None = None, rate: str = "WER", narrow: bool = False
) -> Axes:
    """Draw rate, shrunk rate and interval of cohorts, first row on top.

    Parameters
    ----------
    rows
        The cohorts, in the order of the table.
    ax
        Axes to draw on.
    overall
        The overall rate, drawn as a line.
    rate
        Name of the rate.
    narrow
        Whether cohorts are named above their intervals rather than beside, as on a phone.

    Returns
    -------
    Axes
        The same axes.
    """
    for y, row in enumerate(rows):
        if row.withheld or row.rate is None:
            say_instead(ax, y, "withheld" if row.withheld else "not defined")
            continue
        color = LIGHT["accent"] if row.flagged else LIGHT["calm"] if row.tested else LIGHT["muted"]
        if row.interval is not None:
            low, high = (100 * end for end in row.interval)
            ax.plot([low, high], [y, y], color=color, linewidth=2.4 if row.flagged else 1.4, solid_capstyle="butt")
        marker = "s" if row.flagged else "o"
        face = color if row.tested else LIGHT["panel"]
        ax.plot(100 * row.rate, y, marker, color=color, markerfacecolor=face, markersize=6)
        if row.shrunk is not None:
            ax.plot(100 * row.shrunk, y, "|", color=LIGHT["ink"], markersize=9, markeredgewidth=1.6)
    if overall is not None:
        ax.axvline(100 * overall, color=LIGHT["muted"], linewidth=1, linestyle=(0, (4, 3)), zorder=0)
    colors = [LIGHT["accent" if row.flagged else "ink" if row.tested else "muted"] for row in rows]
    name_rows(ax, [row.label for row in rows], colors, above=narrow)
    ax.set_xlabel(f"{rate} in %")
    ax.grid(axis="x", color=LIGHT["rule"], linewidth=0.6)
    quiet(ax, keep=("bottom",))
    _caterpillar_legend(rows, ax, overall, rate, columns=3 if narrow else 5)
    return ax


def _caterpillar_legend(
    rows: Sequence[CohortMark], ax: Axes, overall: float | None, rate: str, *, columns: int
) -> None:
    from matplotlib.lines import Line2D

    shown = [row for row in rows if not row.withheld and row.rate is not None]
    kinds = (
        ("flagged", "s", LIGHT["accent"], LIGHT["accent"], any(row.flagged for row in shown)),
        ("not flagged", "o", LIGHT["calm"], LIGHT["calm"], any(row.tested and not row.flagged for row in shown)),
        ("not tested", "o", LIGHT["muted"], LIGHT["panel"], any(not row.tested for row in shown)),
    )
    handles = [
        Line2D([], [], color=color, marker=marker, markerfacecolor=face, markersize=6, label=f"{rate}, {name}")
        for name, marker, color, face, present in kinds
        if present
    ]
    if any(row.shrunk is not None for row in shown):
        handles.append(Line2D([], [], color=LIGHT["ink"], marker="|", markersize=9, markeredgewidth=1.6,
                              linestyle="none", label=f"shrunk {rate}"))  # fmt: skip
    if overall is not None:
        handles.append(Line2D([], [], color=LIGHT["muted"], linewidth=1, linestyle=(0, (4, 3)), label="overall"))
    if handles:
        columns = min(columns, len(handles))
        ax.legend(handles=handles, loc="lower right", bbox_to_anchor=(1, 1), ncols=columns, frameon=False,
                  borderaxespad=0.2, handlelength=1.6, columnspacing=1.4, handletextpad=0.5)  # fmt: skip
