"""The plot of changes: by how much every cohort got better or worse, and the overall change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from fairaudit.report.charts.palette import LIGHT
from fairaudit.report.charts.style import name_rows, quiet, say_instead

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from fairaudit.report.views.comparison import ChangeMark

__all__ = ["draw_changes"]

#: Marker and colour of what became of a cohort, and whether its marker is filled.
_LOOKS: Final = {
    "worse": ("s", "accent", True),
    "better": ("D", "calm", True),
    "not worse": ("o", "muted", True),
    "not tested": ("o", "muted", False),
}


def draw_changes(
    marks: Sequence[ChangeMark], ax: Axes, *, overall: float | None = None, rate: str = "WER", narrow: bool = False
) -> Axes:
    """Draw the change of cohorts with its interval, first row on top; to the right is worse.

    Parameters
    ----------
    marks
        The cohorts, in the order of the table.
    ax
        Axes to draw on.
    overall
        The overall change, drawn as a line.
    rate
        Name of the rate.
    narrow
        Whether names are above their intervals, not beside them.

    Returns
    -------
    Axes
        The same axes.
    """
    from matplotlib.lines import Line2D

    for y, mark in enumerate(marks):
        if mark.difference is None:
            say_instead(ax, y, "withheld")
            continue
        shape, color, filled = _LOOKS[mark.result]
        if mark.interval is not None:
            ax.plot([100 * end for end in mark.interval], [y, y], color=LIGHT[color], solid_capstyle="butt",
                    linewidth=2.4 if mark.result == "worse" else 1.4)  # fmt: skip
        ax.plot(100 * mark.difference, y, shape, color=LIGHT[color], markersize=6,
                markerfacecolor=LIGHT[color if filled else "panel"])  # fmt: skip
    ax.axvline(0, color=LIGHT["ink"], linewidth=1, zorder=0)
    if overall is not None:
        ax.axvline(100 * overall, color=LIGHT["muted"], linewidth=1, linestyle=(0, (4, 3)), zorder=0)
    tones = {"worse": "accent", "not tested": "muted"}
    name_rows(ax, [mark.label for mark in marks], [LIGHT[tones.get(mark.result, "ink")] for mark in marks],
              above=narrow)  # fmt: skip
    ax.set_xlabel(f"change of {rate}, points: ← better | worse →")
    ax.grid(axis="x", color=LIGHT["rule"], linewidth=0.6)
    quiet(ax, keep=("bottom",))
    present = {mark.result for mark in marks if mark.difference is not None}
    handles = [
        Line2D([], [], color=LIGHT[color], marker=shape, markersize=6, label=result,
               markerfacecolor=LIGHT[color if filled else "panel"])
        for result, (shape, color, filled) in _LOOKS.items() if result in present
    ]  # fmt: skip
    if overall is not None:
        handles.append(Line2D([], [], color=LIGHT["muted"], linewidth=1, linestyle=(0, (4, 3)), label="all speakers"))
    ax.legend(handles=handles, loc="lower right", bbox_to_anchor=(1, 1), ncols=2 if narrow else 5, frameon=False,
              borderaxespad=0.2, handlelength=1.6, columnspacing=1.4, handletextpad=0.5)  # fmt: skip
    return ax
