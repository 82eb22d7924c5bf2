"""What the plots share: one look, widths of labels, and axes without frames."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from fairaudit.report.palette import CLASSES, LIGHT, REGION_BORDER
from fairaudit.report.regions import CLASS_NAMES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.legend import Legend
    from matplotlib.patches import Patch

__all__ = ["LABEL_CELLS", "class_patches", "key_below", "page_style", "quiet"]

#: Widest label beside a plot, in terminal cells; the table under the plot has it whole.
LABEL_CELLS: Final = 26
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
