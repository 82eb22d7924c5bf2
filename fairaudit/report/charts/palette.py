"""The few colours of page and figures: one name each, one value for light and one for dark surroundings."""

from __future__ import annotations

from typing import Final

__all__ = ["CLASSES", "DARK", "LIGHT", "ON_CLASSES", "ON_SHARES", "REGION_BORDER", "SHARES", "WITHHELD"]

#: Figures are drawn in these; the page maps each to its dark counterpart by the attribute that holds it.
LIGHT: Final = {
    "page": "#f5f6f8",
    "panel": "#fefefe",
    "ink": "#1b2430",
    "muted": "#57626f",
    "rule": "#d3d9e0",
    "soft": "#e9edf2",
    "accent": "#9c3a10",
    "calm": "#1d5a8e",
    "unsure": "#755400",
    "mixed": "#6d3aa8",
}
DARK: Final = {
    "page": "#11161d",
    "panel": "#1a212a",
    "ink": "#e8ecf2",
    "muted": "#a7b2bf",
    "rule": "#3b4654",
    "soft": "#27303b",
    "accent": "#ff9f74",
    "calm": "#86c0f2",
    "unsure": "#e6c15c",
    "mixed": "#c9a5f5",
}
#: Sequential and colour-blind-safe (ColorBrewer YlOrBr), low to high; the same in light and dark.
CLASSES: Final = ("#fff7d6", "#fed98e", "#fb9a29", "#d15f0d", "#8a3103")
#: Text that is readable on each class.
ON_CLASSES: Final = ("#101010", "#101010", "#101010", "#ffffff", "#ffffff")
#: Fifths of a whole, low to high: another hue, for they are no classes of rate.
SHARES: Final = ("#f0f5fa", "#c8dcee", "#94bbdf", "#5a96ca", "#1d5a8e")
ON_SHARES: Final = ("#101010", "#101010", "#101010", "#101010", "#ffffff")
REGION_BORDER: Final = "#3d3d3d"
WITHHELD: Final = "#e2e2e2"
