"""The plots of a report, each drawn from a view onto given axes: the caterpillar of cohorts, the null of a search."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from fairaudit.report.palette import LIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from fairaudit.report.view import CohortMark, NullView

__all__ = ["draw_caterpillar", "draw_null", "quiet", "shorten"]

#: Widest label beside a plot, in terminal cells; the table under the plot has it whole.
LABEL_CELLS: Final = 26


def shorten(text: str, cells: int) -> str:
    """Cut text to a width in terminal cells, in which wide characters take two and combining ones none.

    Examples
    --------
    >>> shorten("Scottish English", 9), shorten("短い", 9)
    ('Scottish…', '短い')
    """
    if cell_width(text) <= cells:
        return text
    kept, used = [], 0
    for character in text:
        used += cell_width(character)
        if used > cells - 1:
            break
        kept.append(character)
    return "".join(kept).rstrip() + "…"


def cell_width(text: str) -> int:
    """Count the terminal cells that text takes.

    Examples
    --------
    >>> cell_width("é"), cell_width("短い")
    (1, 4)
    """
    return sum(
        0 if unicodedata.category(character) in {"Mn", "Me", "Cf"}
        else 2 if unicodedata.east_asian_width(character) in "WF"
        else 1
        for character in text
    )  # fmt: skip


def draw_caterpillar(rows: Sequence[CohortMark], ax: Axes, *, overall: float | None = None, rate: str = "WER") -> Axes:
    """Draw rate, shrunk rate and interval of cohorts, first row on top.

    Parameters
    ----------
    rows
        The cohorts, in the order of the table.
    ax
        Axes to draw on.
    overall
        The rate of everybody, drawn as a line.
    rate
        How the rate is called.

    Returns
    -------
    Axes
        The same axes.
    """
    for y, row in enumerate(rows):
        if row.withheld or row.rate is None:
            _say_instead(ax, y, "withheld" if row.withheld else "not defined")
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
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_yticks(range(len(rows)))
    labels = ax.set_yticklabels([shorten(row.label, LABEL_CELLS) for row in rows], parse_math=False)
    for label, row in zip(labels, rows, strict=True):
        label.set_color(LIGHT["accent"] if row.flagged else LIGHT["ink"] if row.tested else LIGHT["muted"])
        label.set_fontweight("bold" if row.flagged else "normal")
    ax.set_xlabel(f"{rate} in %")
    ax.grid(axis="x", color=LIGHT["rule"], linewidth=0.6)
    quiet(ax, keep=("bottom",))
    _caterpillar_legend(rows, ax, overall, rate)
    return ax


def _say_instead(ax: Axes, y: int, text: str) -> None:
    ax.text(0.01, y, text, transform=ax.get_yaxis_transform(), va="center", color=LIGHT["muted"], fontstyle="italic")


def _caterpillar_legend(rows: Sequence[CohortMark], ax: Axes, overall: float | None, rate: str) -> None:
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
        ax.legend(handles=handles, loc="lower right", bbox_to_anchor=(1, 1), ncols=len(handles), frameon=False,
                  borderaxespad=0.2, handlelength=1.6, columnspacing=1.4, handletextpad=0.5)  # fmt: skip


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
    ax.yaxis.set_major_locator(MaxNLocator("auto", integer=True))
    ax.set_xlabel("highest score found by the search")
    ax.set_ylabel("shuffles")
    ax.grid(axis="y", color=LIGHT["rule"], linewidth=0.6)
    ax.set_axisbelow(True)
    quiet(ax, keep=("bottom",))
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, borderaxespad=0.2)
    return ax


def quiet(ax: Axes, keep: Sequence[str]) -> None:
    """Leave only the named sides of the frame."""
    for side, spine in ax.spines.items():
        spine.set_visible(side in keep)
        spine.set_color(LIGHT["rule"])
    ax.tick_params(length=0)
