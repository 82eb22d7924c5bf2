"""Bars: where the errors are, and what kinds of errors they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from fairaudit.report.charts.palette import LIGHT
from fairaudit.report.charts.style import LABEL_CELLS, quiet
from fairaudit.report.views.composition import KINDS
from fairaudit.report.words.wording import percent, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from fairaudit.report.views.composition import Composition
    from fairaudit.report.views.geography import ErrorShare

__all__ = ["draw_composition", "draw_error_shares"]

#: One colour for each kind of error, alike in light and dark; none of them means "flagged".
_KIND_COLORS: Final = (LIGHT["calm"], LIGHT["unsure"], LIGHT["muted"])
#: A part of a bar that is shorter than this share of the longest bar carries no number.
_LABEL_SHARE: Final = 0.11


def draw_error_shares(shares: Sequence[ErrorShare], ax: Axes, *, exposure: str = "words") -> Axes:
    """Draw each cohort's share of the errors as a bar, its share of the words as a tick.

    Parameters
    ----------
    shares
        The cohorts, first row on top.
    ax
        Axes to draw on.
    exposure
        What the rate is counted over.

    Returns
    -------
    Axes
        The same axes.
    """
    places = range(len(shares))
    colors = [LIGHT["accent"] if share.bottom else LIGHT["calm"] for share in shares]
    ax.barh(places, [100 * share.errors for share in shares], height=0.62, color=colors)
    ax.plot([100 * share.exposure for share in shares], places, "|", color=LIGHT["ink"], markersize=11,
            markeredgewidth=1.8, linestyle="none", label=exposure)  # fmt: skip
    _rows(ax, [share.label for share in shares])
    for label, share in zip(ax.get_yticklabels(), shares, strict=True):
        label.set_fontweight("bold" if share.bottom else "normal")
    ax.set_xlabel("share in %")
    ax.set_xlim(left=0)
    ax.grid(axis="x", color=LIGHT["rule"], linewidth=0.6)
    ax.set_axisbelow(True)
    quiet(ax, keep=("bottom",))
    _bars_legend(ax, any(share.bottom for share in shares))
    return ax


def _bars_legend(ax: Axes, bottom: bool) -> None:
    from matplotlib.patches import Patch

    handles, _ = ax.get_legend_handles_labels()
    handles = [Patch(color=LIGHT["calm"], label="errors"), *handles]
    if bottom:
        handles.insert(1, Patch(color=LIGHT["accent"], label="errors of the bottom"))
    ax.legend(handles=handles, loc="lower right", bbox_to_anchor=(1, 1), ncols=len(handles), frameon=False,
              borderaxespad=0.2, handlelength=1.2, columnspacing=1.2, handletextpad=0.5)  # fmt: skip


def draw_composition(groups: Sequence[Composition], ax: Axes, *, rate: str = "WER") -> Axes:
    """Draw each group's rate as a bar made of its kinds of errors.

    Parameters
    ----------
    groups
        The groups, first row on top.
    ax
        Axes to draw on.
    rate
        How the rate is called.

    Returns
    -------
    Axes
        The same axes.
    """
    longest = max(sum(group.rates) for group in groups)
    ends = [0.0] * len(groups)
    for place, (kind, color) in enumerate(zip(KINDS, _KIND_COLORS, strict=True)):
        parts = [group.rates[place] for group in groups]
        ax.barh(range(len(groups)), [100 * part for part in parts], left=[100 * end for end in ends], height=0.62,
                color=color, edgecolor=LIGHT["panel"], linewidth=1.2, label=kind)  # fmt: skip
        for row, (part, end) in enumerate(zip(parts, ends, strict=True)):
            if part > _LABEL_SHARE * longest:
                ax.text(100 * (end + part / 2), row, percent(part), ha="center", va="center", color=LIGHT["panel"])
        ends = [end + part for end, part in zip(ends, parts, strict=True)]
    _rows(ax, [group.name for group in groups])
    ax.set_xlabel(f"{rate} in %")
    quiet(ax, keep=("bottom",))
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=len(KINDS), frameon=False, borderaxespad=0.2,
              handlelength=1.2, columnspacing=1.4, handletextpad=0.5)  # fmt: skip
    return ax


def _rows(ax: Axes, labels: Sequence[str]) -> None:
    """Name the rows, the first on top; labels are text, never mathematics."""
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.set_yticks(range(len(labels)))
    for label in ax.set_yticklabels([shorten(label, LABEL_CELLS) for label in labels], parse_math=False):
        label.set_color(LIGHT["ink"])
