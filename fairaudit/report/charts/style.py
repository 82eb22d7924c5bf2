"""What the plots share: one look, widths of labels, and axes without frames."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from fairaudit.report.charts.palette import CLASSES, LIGHT, REGION_BORDER
from fairaudit.report.views.geography import CLASS_NAMES
from fairaudit.report.words.wording import shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.legend import Legend
    from matplotlib.patches import Patch

__all__ = ["LABEL_CELLS", "class_patches", "key_below", "name_rows", "page_style", "quiet", "say_instead"]

#: Widest label beside a plot, in terminal cells; the table under the plot has it whole.
LABEL_CELLS: Final = 26
#: The same above a row.
_CELLS_ABOVE: Final = 44
#: Starts from matplotlib's defaults, so that nobody's matplotlibrc changes a page. Text stays text: the browser has
#: the fonts for every script. The salt makes the ids that matplotlib hashes repeatable.
_LOOK: Final = {
    "svg.fonttype": "none",
    "svg.hashsalt": "fairaudit",
    "font.size": 9.0,
    "legend.fontsize": 8.5,
    "hatch.linewidth": 0.5,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "text.color": LIGHT["ink"],
    "axes.labelcolor": LIGHT["muted"],
    "xtick.labelcolor": LIGHT["muted"],
    "ytick.labelcolor": LIGHT["muted"],
}


@contextmanager
def page_style() -> Iterator[None]:
    """Draw in one look; text in scripts that matplotlib's own font lacks is laid out by the browser, without a word."""
    import matplotlib.style

    with matplotlib.style.context(_LOOK, after_reset=True), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"(?s).*(Glyph|glyph).*")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")
        yield


def class_patches() -> list[Patch]:
    """Legend entries of the five classes of rate, alike on maps and everywhere else."""
    from matplotlib.patches import Patch

    named = zip(CLASS_NAMES, CLASSES, strict=True)
    return [Patch(label=name, facecolor=color, edgecolor=REGION_BORDER, linewidth=0.8) for name, color in named]


def key_below(ax: Axes, handles: Sequence[Patch], title: str, *, columns: int, below: float) -> Legend:
    """Explain the colours under a picture, where it takes none of the width that a phone has.

    Parameters
    ----------
    ax
        The picture.
    handles
        What is explained, from top to bottom and left to right.
    title
        What the colours are of.
    columns
        In how many columns.
    below
        Points that the labels of the axis take.
    """
    from matplotlib.transforms import ScaledTranslation

    down = ScaledTranslation(0, -below / 72, ax.figure.dpi_scale_trans)
    return ax.legend(handles=handles, title=title, loc="upper left", bbox_to_anchor=(0, 0), ncols=columns,
                     bbox_transform=ax.transAxes + down, frameon=False, borderaxespad=0, borderpad=0, handlelength=2.2,
                     handleheight=1.3, columnspacing=1.6, alignment="left")  # fmt: skip


def quiet(ax: Axes, keep: Sequence[str]) -> None:
    """Keep some sides of the frame and no tick marks."""
    for side, spine in ax.spines.items():
        spine.set_visible(side in keep)
        spine.set_color(LIGHT["rule"])
    ax.tick_params(length=0)


def name_rows(ax: Axes, names: Sequence[str], colors: Sequence[str], *, above: bool = False) -> None:
    """Name the rows of a plot, the first on top; what has the accent's colour is bold.

    Parameters
    ----------
    ax
        The plot, whose rows are 0, 1, 2 ...
    names, colors
        Of each row.
    above
        Write names above their rows, where they do not fit at the left, as on a phone.
    """
    ax.set_ylim(len(names) - 0.4, -0.9 if above else -0.6)
    ax.set_yticks([] if above else range(len(names)))
    shown = [shorten(name, _CELLS_ABOVE if above else LABEL_CELLS) for name in names]
    where = ax.get_yaxis_transform()
    labels = (
        [ax.text(0, y - 0.48, name, transform=where, va="center", parse_math=False) for y, name in enumerate(shown)]
        if above
        else ax.set_yticklabels(shown, parse_math=False)
    )
    for label, color in zip(labels, colors, strict=True):
        label.set_color(color)
        label.set_fontweight("bold" if color == LIGHT["accent"] else "normal")


def say_instead(ax: Axes, y: int, text: str) -> None:
    """Write in a row why nothing is drawn there."""
    ax.text(0.01, y, text, transform=ax.get_yaxis_transform(), va="center", color=LIGHT["muted"], fontstyle="italic")
