"""Charts on matplotlib axes, for papers and notebooks."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from fairaudit.report.charts.chart import (
    FONT_SIZE,
    Area,
    Axis,
    Bar,
    Chart,
    Ellipse,
    Entry,
    Hatch,
    Line,
    Mark,
    Marker,
    Point,
    Ring,
    Text,
    text_width,
)
from fairaudit.report.charts.palette import LIGHT

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.path import Path

__all__ = ["draw_chart", "page_style", "room_of"]

#: Size of the texts of a key.
_KEY_SIZE: Final = 8.5
#: Starts from matplotlib's defaults, so that nobody's matplotlibrc changes a picture.
_LOOK: Final = {
    "font.size": FONT_SIZE,
    "legend.fontsize": _KEY_SIZE,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "text.color": LIGHT["ink"],
    "axes.labelcolor": LIGHT["muted"],
    "xtick.labelcolor": LIGHT["muted"],
    "ytick.labelcolor": LIGHT["muted"],
}
#: Most columns of a key above a chart, and the points of one besides its text: sign and space.
_COLUMNS_ABOVE: Final = 5
_BESIDE_A_TEXT: Final = 30.0
#: Points that a column of a key under a chart takes.
_COLUMN: Final = 126.0
_DASHES: Final = (0, (4, 3))
_ALIGNED: Final = {"start": "left", "middle": "center", "end": "right"}


@contextmanager
def page_style() -> Iterator[None]:
    """Draw as on the page; no warning is given of scripts that matplotlib's own font lacks."""
    import matplotlib.style

    with matplotlib.style.context(_LOOK, after_reset=True), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"(?s).*(Glyph|glyph).*")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")
        yield


def draw_chart(chart: Chart, ax: Axes) -> Axes:
    """Draw a chart.

    Parameters
    ----------
    chart
        What it shows.
    ax
        Axes to draw on.

    Returns
    -------
    Axes
        The same axes.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> axis = Axis((0.0, 1.0))
    >>> ax = draw_chart(Chart(axis, axis, (Text((0.5, 0.5), "$x$", "#101010"),)), Figure().add_subplot())
    >>> ax.texts[0].get_text(), ax.texts[0].get_parse_math()
    ('$x$', False)
    """
    for mark in chart.marks:
        _draw(mark, ax)
    ax.set(xlim=chart.x.ends, ylim=chart.y.ends, xlabel=chart.x.label, ylabel=chart.y.label)
    if chart.aspect is not None:
        ax.set_aspect(chart.aspect, adjustable="box")
    if chart.x.above:
        ax.xaxis.tick_top()
    for axis, drawn in ((chart.x, ax.xaxis), (chart.y, ax.yaxis)):
        _name_ticks(axis, drawn)
    for side, spine in ax.spines.items():
        spine.set_visible(chart.x.line if side == "bottom" else chart.y.line and side == "left")
        spine.set_color(LIGHT["rule"])
    ax.tick_params(length=0)
    ax.set_axisbelow(True)
    if chart.key:
        _draw_key(chart, ax)
    return ax


def room_of(ax: Axes) -> Point:
    """Give width and height of axes in points."""
    figure = ax.get_figure()
    assert figure is not None
    return ax.bbox.width * 72 / figure.dpi, ax.bbox.height * 72 / figure.dpi


def _handle(entry: Entry) -> Any:
    """Turn an entry of a key into what a legend takes."""
    artists = tuple(map(_sample, entry.marks))
    return artists if len(artists) > 1 else artists[0]


def _draw_key(chart: Chart, ax: Axes) -> None:
    from matplotlib.transforms import ScaledTranslation

    handles, labels = [_handle(entry) for entry in chart.key], [entry.text for entry in chart.key]
    if not chart.key_title:
        ax.legend(handles, labels, loc="lower right", bbox_to_anchor=(1, 1), ncols=_columns_above(labels, ax),
                  frameon=False, borderaxespad=0.2, handlelength=1.6, columnspacing=1.4,
                  handletextpad=0.5)  # fmt: skip
        return
    below = 36 if chart.x.label else 24
    down = ax.transAxes + ScaledTranslation(0, -below / 72, ax.figure.dpi_scale_trans)
    columns = next((n for n in (4, 3) if n * _COLUMN <= room_of(ax)[0]), 2)
    ax.legend(handles, labels, title=chart.key_title, loc="upper left", bbox_to_anchor=(0, 0), bbox_transform=down,
              ncols=columns, frameon=False, borderaxespad=0, borderpad=0, handlelength=2.2, handleheight=1.3,
              columnspacing=1.6, alignment="left")  # fmt: skip


def _columns_above(labels: Sequence[str], ax: Axes) -> int:
    """Return how many columns of a key are no broader together than the axes."""
    widest = _BESIDE_A_TEXT + max(text_width(label, _KEY_SIZE) for label in labels)
    return max(min(int(room_of(ax)[0] / widest), len(labels), _COLUMNS_ABOVE), 1)


def _name_ticks(axis: Axis, drawn: Any) -> None:
    """Name the ticks of an axis; names are text, never mathematics."""
    drawn.set_ticks([tick.at for tick in axis.ticks])
    labels = drawn.set_ticklabels([tick.text for tick in axis.ticks], parse_math=False)
    for label, tick in zip(labels, axis.ticks, strict=True):
        label.set(color=tick.color, fontweight="bold" if tick.bold else "normal")
    if axis.grid:
        drawn.grid(visible=True, color=LIGHT["rule"], linewidth=0.6)


def _draw(mark: Mark, ax: Axes) -> None:
    from matplotlib.patches import Ellipse as EllipsePatch
    from matplotlib.patches import PathPatch, Rectangle

    match mark:
        case Line(points):
            ax.plot(*zip(*points, strict=True), **_line_look(mark))
        case Marker((x, y)):
            ax.plot([x], [y], **_marker_look(mark))
        case Bar((left, low), (right, high)):
            ax.add_patch(Rectangle((left, low), right - left, high - low, **_patch_look(mark)))
        case Ellipse(middle, (long, short), angle):
            ax.add_patch(EllipsePatch(middle, 2 * long, 2 * short, angle=angle, **_patch_look(mark)))
        case Area(rings) | Hatch(rings):
            ax.add_patch(PathPatch(_outline(rings), **_patch_look(mark)))
        case Text():
            _write(mark, ax)


def _outline(rings: Sequence[Ring]) -> Path:
    """All rings together."""
    from matplotlib.path import Path

    return Path.make_compound_path(*(Path((*ring, ring[0]), closed=True) for ring in rings))


def _write(mark: Text, ax: Axes) -> None:
    from matplotlib.patheffects import withStroke

    ax.annotate(
        mark.text, mark.at, mark.aside, textcoords="offset points", annotation_clip=False, parse_math=False,
        ha=_ALIGNED[mark.anchor], va="center", color=mark.color, fontsize=mark.size,
        fontweight="bold" if mark.bold else "normal", fontstyle="italic" if mark.italic else "normal",
        path_effects=[withStroke(linewidth=3, foreground=mark.halo)] if mark.halo else None,
    )  # fmt: skip


def _sample(mark: Mark) -> Artist:
    """A mark on its own, as a key shows it."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    match mark:
        case Line():
            return Line2D([], [], **_line_look(mark))
        case Marker():
            return Line2D([], [], **_marker_look(mark))
        case Bar() | Ellipse() | Area() | Hatch():
            return Patch(**_patch_look(mark))
        case Text():
            raise TypeError("a key explains marks, not texts")


def _line_look(line: Line) -> dict[str, Any]:
    return {"color": line.color, "linewidth": line.width, "linestyle": _DASHES if line.dashed else "-",
            "solid_capstyle": "butt"}  # fmt: skip


def _marker_look(marker: Marker) -> dict[str, Any]:
    return {"color": marker.color, "marker": marker.shape, "markersize": marker.size, "linestyle": "none",
            "markerfacecolor": marker.fill or marker.color,
            "markeredgewidth": marker.size / 6 if marker.shape == "|" else 1.0}  # fmt: skip


def _patch_look(patch: Bar | Ellipse | Area | Hatch) -> dict[str, Any]:
    if isinstance(patch, Hatch):
        return {"facecolor": "none", "edgecolor": patch.color, "linewidth": 0, "hatch": patch.strokes}
    return {"facecolor": patch.fill, "edgecolor": patch.edge, "linewidth": patch.width}
