"""A matplotlib figure as inline SVG that obeys a strict Content-Security-Policy; the same bytes each time."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree

from fairaudit.report.charts.axes import page_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["inline_svg", "svg_element"]

_NO_METADATA: Final = {"Date": None, "Creator": None, "Format": None, "Type": None}
#: A hundredth of a point is more than any screen shows.
_LONG: Final = re.compile(r"-?\d+\.\d{3,}")
#: A picture of more points than this cannot be read at the width of a phone: there it is pushed about in a box.
_BROAD: Final = 400.0
_REFERENCE: Final = re.compile(r"url\(#([^)]+)\)")
_FONT: Final = re.compile(
    r"(?:(?P<style>italic|oblique) )?(?:small-caps )?(?:(?P<weight>bold|\d{3}) )?(?P<size>[\d.]+px) "
)


def inline_svg(figure: Figure, name: str, label: str, kind: str = "") -> str:
    """Give a figure as an SVG element without styles, scripts or foreign namespaces.

    Parameters
    ----------
    figure
        The figure.
    name
        Prefix of all ids, unique on the page.
    label
        Text for readers who do not see the picture.
    kind
        ``"desk"`` or ``"phone"`` where it is shown there only.

    Returns
    -------
    str
        Markup for an HTML page whose policy forbids inline styles.
    """
    buffer = io.BytesIO()
    with page_style():
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
    content = "".join(ElementTree.tostring(child, encoding="unicode") for child in root)
    return svg_element(content, width, height, label, kind, {"stroke-linejoin": "round"})


def svg_element(content: str, width: float, height: float, label: str, kind: str, look: Mapping[str, str]) -> str:
    """Wrap markup in the element that all pictures of a page have.

    Parameters
    ----------
    content
        Markup of what is drawn.
    width, height
        In points.
    label, kind
        As for :func:`inline_svg`.
    look
        More attributes.

    Examples
    --------
    >>> svg_element("", 300, 30, "nothing", "phone", {})
    '<svg class="phone" viewBox="0 0 300 30" width="400" height="40" role="img" aria-label="nothing"></svg>'
    """
    kind = kind or ("broad" if width > _BROAD else "")
    attributes = {
        **({"class": kind} if kind else {}),
        "viewBox": f"0 0 {round(width, 2):g} {round(height, 2):g}",
        "width": f"{width / 0.75:.0f}",
        "height": f"{height / 0.75:.0f}",
        "role": "img",
        "aria-label": label,
        **look,
    }
    written = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    return f"<svg{written}>{content}</svg>"


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
            attributes[key] = _LONG.sub(lambda number: f"{float(number.group()):.2f}", " ".join(value.split()))
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
            attributes |= {f"font-{part}": value for part, value in font.groupdict().items() if value}
        elif key != "font-family":
            attributes[key] = value
    return attributes
