"""Matplotlib figures as inline SVG that obeys a strict Content-Security-Policy, or as PNG; the same bytes each time."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree

from fairaudit.report.charts import LABEL_CELLS, cell_width, draw_caterpillar, draw_null, shorten
from fairaudit.report.maps import draw_regions, map_bounds, shape_of
from fairaudit.report.palette import LIGHT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from fairaudit.report.view import CohortMark, DiscoveryView, NullView

__all__ = ["caterpillar", "figure_of", "inline_svg", "null_histogram", "png", "region_map", "styled"]

#: Starts from matplotlib's defaults, so that nobody's matplotlibrc changes a page. Text stays text: the browser has
#: the fonts for every script. The salt makes the ids that matplotlib hashes repeatable.
_STYLE: Final = {
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
_NO_METADATA: Final = {"Date": None, "Creator": None, "Format": None, "Type": None}
_REFERENCE: Final = re.compile(r"url\(#([^)]+)\)")
_FONT: Final = re.compile(
    r"(?:(?P<style>italic|oblique) )?(?:small-caps )?(?:(?P<weight>bold|\d{3}) )?(?P<size>[\d.]+px) "
)
_POINT: Final = 1 / 72


@contextmanager
def styled() -> Iterator[None]:
    """Draw in one look; text in scripts that matplotlib's own font lacks is laid out by the browser, without a word."""
    import matplotlib.style

    with matplotlib.style.context(_STYLE, after_reset=True), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"(?s).*(Glyph|glyph).*")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")
        yield


def caterpillar(rows: Sequence[CohortMark], name: str, label: str, *, overall: float | None, rate: str) -> str:
    """Draw the caterpillar plot as inline SVG."""
    with styled():
        return inline_svg(_caterpillar_figure(rows, overall, rate), name, label)


def caterpillar_png(rows: Sequence[CohortMark], *, overall: float | None, rate: str) -> bytes:
    """Draw the caterpillar plot as PNG on white, for notebooks."""
    with styled():
        return png(_caterpillar_figure(rows, overall, rate))


def _caterpillar_figure(rows: Sequence[CohortMark], overall: float | None, rate: str) -> Figure:
    longest = max(cell_width(shorten(row.label, LABEL_CELLS)) for row in rows)
    figure, ax = figure_of(640, 17 * len(rows), left=14 + 5.2 * max(longest, 4), right=12, top=24, bottom=34)
    draw_caterpillar(rows, ax, overall=overall, rate=rate)
    return figure


def null_histogram(null: NullView, name: str, label: str) -> str:
    """Draw the null of a search as inline SVG."""
    with styled():
        figure, ax = figure_of(430, 150, left=44, right=12, top=24, bottom=34)
        draw_null(null, ax)
        return inline_svg(figure, name, label)


def region_map(discovery: DiscoveryView, name: str, label: str, boundaries: Any = None) -> str:
    """Draw the map of a discovery as inline SVG."""
    shape = shape_of(map_bounds(discovery.regions))
    across = min(420.0, 460 / shape)
    with styled():
        height = max(min(420 * shape, 460.0), 190.0)
        figure, ax = figure_of(across + 190, height, left=54, right=136, top=8, bottom=24)
        ax.set_anchor("NW")
        draw_regions(discovery, ax, boundaries)
        return inline_svg(figure, name, label)


def figure_of(
    width: float, height: float, *, left: float, right: float, top: float, bottom: float
) -> tuple[Figure, Axes]:
    """Make a figure of the given width whose axes are ``height`` points high; margins are in points as well."""
    from matplotlib.figure import Figure

    total = height + top + bottom
    figure = Figure(figsize=(width * _POINT, total * _POINT))
    ax = figure.add_axes((left / width, bottom / total, (width - left - right) / width, height / total))
    return figure, ax


def png(figure: Figure) -> bytes:
    """Give a figure as PNG, without a date or a program's name in it."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100, facecolor="#ffffff", metadata={"Software": None})
    return buffer.getvalue()


def inline_svg(figure: Figure, name: str, label: str) -> str:
    """Give a figure as an SVG element without styles, scripts or foreign namespaces.

    Parameters
    ----------
    figure
        The figure.
    name
        Prefix of all ids, unique on the page.
    label
        What a reader who does not see the picture is told.

    Returns
    -------
    str
        Markup that may stand in an HTML page whose policy forbids inline styles.
    """
    buffer = io.BytesIO()
    with styled():
        figure.savefig(buffer, format="svg", metadata=_NO_METADATA)
    root = ElementTree.fromstring(buffer.getvalue())
    for parent in list(root.iter()):
        for child in list(parent):
            if _local(child.tag) in {"style", "metadata"}:
                parent.remove(child)
    wanted = {target for element in root.iter() for value in element.attrib.values() for target in _targets(value)}
    for element in root.iter():
        _sober(element, name, wanted)
    width, height = (float(part) for part in root.attrib["viewBox"].split()[2:])
    root.attrib = {
        "viewBox": root.attrib["viewBox"],
        "width": f"{width / 0.75:.0f}",
        "height": f"{height / 0.75:.0f}",
        "role": "img",
        "aria-label": label,
        "stroke-linejoin": "round",
    }
    return ElementTree.tostring(root, encoding="unicode")


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _targets(value: str) -> list[str]:
    return [value[1:]] if value.startswith("#") else _REFERENCE.findall(value)


def _sober(element: ElementTree.Element, name: str, wanted: set[str]) -> None:
    """Strip namespaces, turn a style attribute into presentation attributes, keep and prefix only the ids in use."""
    element.tag = _local(element.tag)
    attributes: dict[str, str] = {}
    for key, value in element.attrib.items():
        key = _local(key)
        if key == "style":
            attributes |= _presentation(value)
        elif key == "id":
            attributes |= {"id": f"{name}-{value}"} if value in wanted else {}
        else:
            attributes[key] = value
    for key, value in attributes.items():
        if key == "href":
            attributes[key] = f"#{name}-{value[1:]}"
        elif value.startswith("url("):
            attributes[key] = _REFERENCE.sub(rf"url(#{name}-\1)", value)
        elif key == "d":
            attributes[key] = " ".join(value.split())
    element.attrib = attributes
    element.tail = None
    if element.tag != "text":
        element.text = None


def _presentation(style: str) -> dict[str, str]:
    """Give a style's declarations as attributes; the font family is left to the page.

    Examples
    --------
    >>> _presentation("font: bold 9px 'DejaVu Sans'; fill: #ffffff")
    {'font-weight': 'bold', 'font-size': '9px', 'fill': '#ffffff'}
    """
    attributes: dict[str, str] = {}
    for declaration in filter(None, style.split(";")):
        key, _, value = (part.strip() for part in declaration.partition(":"))
        if key == "font" and (font := _FONT.match(value)):
            attributes |= {f"font-{part}": found for part, found in font.groupdict().items() if found}
        elif key != "font-family":
            attributes[key] = value
    return attributes
