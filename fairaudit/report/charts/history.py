"""A history as a picture: the rate of every frozen cohort, release after release."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fairaudit.report.charts.palette import LIGHT
from fairaudit.report.charts.style import LABEL_CELLS, quiet
from fairaudit.report.views.history import HistoryLine
from fairaudit.report.words.wording import cell_width, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_history", "last_rate", "shown_lines"]

_NAME_CELLS: Final = 16
#: Lines of a figure; the table beside it on a page has all.
_MOST_LINES: Final = 20
#: Least distance of two names, in points.
_APART: Final = 11.5


def draw_history(lines: Sequence[HistoryLine], releases: Sequence[str], ax: Axes, rate: str = "WER") -> Axes:
    """Draw lines with their names at their ends.

    Parameters
    ----------
    lines
        At least one.
    releases
        Names of the releases, as many as every line has rates.
    ax
        Axes to draw on.
    rate
        How the rate is called.

    Returns
    -------
    Axes
        The same axes.
    """
    for line in lines:
        color = LIGHT["accent"] if line.bottom else LIGHT["muted"] if line.overall else LIGHT["calm"]
        style = (0, (4, 3)) if line.overall else "-"
        values = [math.nan if value is None else 100 * value for value in line.rates]
        ax.plot(range(len(values)), values, "o", linestyle=style, color=color, markersize=4,
                linewidth=2.2 if line.bottom else 1.3)  # fmt: skip
    ax.set_ylim(*_span([100 * rate for line in lines for rate in line.rates if rate is not None]))
    ax.set_xlim(-0.25, len(releases) - 0.9)
    names = [shorten(name, _NAME_CELLS) for name in releases]
    room = int(_points(ax)[0] / (6 * max(map(cell_width, names))))
    named = range(len(names) - 1, -1, -math.ceil(len(names) / max(room, 1)))
    ax.set_xticks([*named])
    ax.set_xticklabels([names[place] for place in named], parse_math=False)
    ax.set_ylabel(f"{rate} in %")
    ax.grid(axis="y", color=LIGHT["rule"], linewidth=0.6)
    quiet(ax, keep=("bottom",))
    _name_lines(lines, ax)
    return ax


def _name_lines(lines: Sequence[HistoryLine], ax: Axes) -> None:
    """Set names at the right, at the lines' ends, pushed apart where they would overlap."""
    (low, high), (_, height) = ax.get_ylim(), _points(ax)
    ordered = sorted(lines, key=last_rate)
    ends = [(100 * last_rate(line) - low) / (high - low) for line in ordered]
    for place, line in zip(_apart(ends, _APART / height), ordered, strict=True):
        ax.text(1.02, place, line.label, transform=ax.transAxes, va="center", fontsize=8,
                color=LIGHT["accent"] if line.bottom else LIGHT["muted" if line.overall else "ink"],
                parse_math=False)  # fmt: skip


def _span(rates: Sequence[float]) -> tuple[float, float]:
    """Ends of the axis: some air around the rates, and never so close that a small change looks like a large one.

    Examples
    --------
    >>> _span([10.0, 10.4])
    (8.64, 11.76)
    """
    lowest, highest = min(rates, default=0.0), max(rates, default=1.0)
    air = max(0.1 * (highest - lowest), 0.15 * highest - 0.5 * (highest - lowest), 0.01)
    return max(lowest - air, 0.0), highest + air


def _points(ax: Axes) -> tuple[float, float]:
    """Width and height of axes in points."""
    figure = ax.get_figure()
    assert figure is not None
    return ax.bbox.width * 72 / figure.dpi, ax.bbox.height * 72 / figure.dpi


def shown_lines(lines: Sequence[HistoryLine], cells: int = LABEL_CELLS) -> list[HistoryLine]:
    """Choose the lines of a figure, at most 20: the overall rate, the bottom cohort, then the highest.

    Parameters
    ----------
    lines
        All lines of a search.
    cells
        Longest name, in terminal cells.
    """
    ranked = sorted(lines, key=lambda line: (line.overall or line.bottom, last_rate(line)), reverse=True)
    return [replace(line, label=shorten(line.label, cells)) for line in ranked[:_MOST_LINES]]


def last_rate(line: HistoryLine) -> float:
    """The rate at the last release that has one."""
    return next((rate for rate in reversed(line.rates) if rate is not None), 0.0)


def _apart(places: Sequence[float], least: float) -> list[float]:
    """Push ascending places apart, each as little as possible in least squares (pool adjacent violators).

    Places stay between 0 and 1 where they fit.

    Examples
    --------
    >>> [round(place, 3) for place in _apart([0.1, 0.5, 0.5], 0.04)], _apart([1.0, 1.0], 0.25)
    ([0.1, 0.48, 0.52], [0.75, 1.0])
    """
    blocks: list[tuple[float, int]] = []
    for rank, place in enumerate(places):
        mean, size = place - rank * least, 1
        while blocks and blocks[-1][0] > mean:
            before, count = blocks.pop()
            mean, size = (before * count + mean * size) / (count + size), count + size
        blocks.append((mean, size))
    means = [mean for mean, size in blocks for _ in range(size)]
    room = 1 - least * (len(places) - 1)
    return [max(0.0, min(mean, room)) + rank * least for rank, mean in enumerate(means)]
