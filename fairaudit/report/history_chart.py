"""A history as a picture: the rate of every frozen cohort, release after release."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from fairaudit.report.charts.style import page_style, quiet
from fairaudit.report.figures import figure_of
from fairaudit.report.history_text import cohort_names
from fairaudit.report.palette import LIGHT
from fairaudit.report.sentences import rate_name
from fairaudit.report.svg import inline_svg
from fairaudit.report.wording import plain, shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["HistoryLine", "draw_history", "history_lines", "history_svg"]

_LABEL_CELLS: Final = 34
#: Least distance of two labels, as a share of the axis.
_APART: Final = 0.045


@dataclass(frozen=True)
class HistoryLine:
    """A cohort's rates as fractions, ``None`` at releases that did not test it."""

    label: str
    rates: tuple[float | None, ...]
    bottom: bool = False
    overall: bool = False


def history_svg(history: Mapping[str, Any], title: str) -> str:
    """Draw the cohorts of one search over all releases as SVG.

    Parameters
    ----------
    history
        What ``history.json`` holds (schema version 1).
    title
        Of the search.
    """
    lines = history_lines(history, title)
    with page_style():
        figure, ax = figure_of(640, 300, left=44, right=200, top=14, bottom=34)
        draw_history(lines, [plain(release["name"]) for release in history["releases"]], ax, rate_name(history["rate"]))
        told = f"{rate_name(history['rate'])} of the cohorts of {plain(title)} at every release"
        svg = inline_svg(figure, "history", told)
    return svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" font-family="sans-serif" ', 1) + "\n"


def history_lines(history: Mapping[str, Any], title: str) -> list[HistoryLine]:
    """The rates of everybody, and of the cohorts of a search that were tested at some release."""
    releases = history["releases"]
    model = next(model for model in history["models"] if model["title"] == title)
    bottom = model["bottom"]["cohort_ids"] if model["bottom"] else []
    lines = [HistoryLine("everybody", tuple(release["overall"]["rate"] for release in releases), overall=True)]
    for cohort, name in cohort_names(model).items():
        rates = tuple(_tested_rate(release, title, cohort) for release in releases)
        if any(rate is not None for rate in rates):
            lines.append(HistoryLine(name, rates, bottom=cohort in bottom))
    return lines


def _tested_rate(release: Mapping[str, Any], title: str, cohort: int) -> float | None:
    cohorts = (c for review in release["reviews"] if review["title"] == title for c in review["cohorts"])
    rates: Iterator[float] = (c["rate"] for c in cohorts if c["id"] == cohort and c["tested"])
    return next(rates, None)


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
    ax.set_ylim(0, None)
    ax.set_xlim(-0.25, len(releases) - 0.9)
    ax.set_xticks(range(len(releases)))
    ax.set_xticklabels([shorten(name, 16) for name in releases], parse_math=False)
    ax.set_ylabel(f"{rate} in %")
    ax.grid(axis="y", color=LIGHT["rule"], linewidth=0.6)
    quiet(ax, keep=("bottom",))
    _name_lines(lines, ax)
    return ax


def _name_lines(lines: Sequence[HistoryLine], ax: Axes) -> None:
    """Set names at the right, at the lines' ends, pushed apart where they would overlap."""
    top = ax.get_ylim()[1] / 100
    ends = [next(value for value in reversed(line.rates) if value is not None) / top for line in lines]
    order = sorted(range(len(lines)), key=ends.__getitem__)
    for place, line in zip(_apart([ends[i] for i in order]), (lines[i] for i in order), strict=True):
        ax.text(1.02, place, shorten(line.label, _LABEL_CELLS), transform=ax.transAxes, va="center", fontsize=8,
                color=LIGHT["accent"] if line.bottom else LIGHT["muted" if line.overall else "ink"],
                parse_math=False)  # fmt: skip


def _apart(places: Sequence[float]) -> list[float]:
    """Push ascending places apart, each as little as possible in least squares (pool adjacent violators).

    Examples
    --------
    >>> [round(place, 4) for place in _apart([0.1, 0.5, 0.5])]
    [0.1, 0.4775, 0.5225]
    """
    blocks: list[tuple[float, int]] = []
    for rank, place in enumerate(places):
        mean, size = place - rank * _APART, 1
        while blocks and blocks[-1][0] > mean:
            before, count = blocks.pop()
            mean, size = (before * count + mean * size) / (count + size), count + size
        blocks.append((mean, size))
    means = [mean for mean, size in blocks for _ in range(size)]
    return [mean + rank * _APART for rank, mean in enumerate(means)]
