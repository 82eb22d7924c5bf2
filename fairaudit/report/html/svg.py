"""What the pictures of a page are made of, under a policy that forbids styles in attributes."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Final

__all__ = ["hatch_pattern", "number", "svg_element"]

#: A picture of more points than this cannot be read at the width of a phone: there it is pushed about in a box.
_BROAD: Final = 400.0
#: Points between the strokes of a hatch of one letter, and how broad they are.
_APART: Final = 16.0
_STROKE: Final = 0.5


def svg_element(content: str, width: float, height: float, label: str, kind: str, look: Mapping[str, str]) -> str:
    """Wrap markup in the element that all pictures of a page have.

    Parameters
    ----------
    content
        Markup of what is drawn.
    width, height
        In points.
    label
        Text for readers who do not see the picture.
    kind
        ``"desk"`` or ``"phone"`` where it is shown there only.
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


def hatch_pattern(name: str, strokes: str, color: str) -> str:
    """Write the pattern that fills a hatched area.

    Parameters
    ----------
    name
        Its id.
    strokes
        ``"///"`` for slanting strokes, ``"xx"`` for crossed ones; more letters make them denser.
    color
        Of the strokes.

    Examples
    --------
    >>> hatch_pattern("map-1", "xx", "#101010").partition("><")[0]
    '<pattern id="map-1" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"'
    """
    side, middle = number(_APART / len(strokes)), number(_APART / len(strokes) / 2)
    path = f"M{middle} 0V{side}" + (f"M0 {middle}H{side}" if "x" in strokes else "")
    tile = f'width="{side}" height="{side}" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"'
    line = f'<path fill="none" stroke="{color}" stroke-width="{number(_STROKE)}" d="{path}"/>'
    return f'<pattern id="{name}" {tile}>{line}</pattern>'


def number(value: float) -> str:
    """Write points to a hundredth, which is more than any screen shows.

    Examples
    --------
    >>> number(12.3456), number(-0.001), number(700.0)
    ('12.35', '0', '700')
    """
    return f"{round(value, 2) + 0.0:g}"
