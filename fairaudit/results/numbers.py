"""Convert numbers for documents: round them if the last digits would reveal counts, and write NaN as ``None``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, SupportsFloat, cast, overload

if TYPE_CHECKING:
    from fairaudit.results.documents import Interval

__all__ = [
    "ends_rounded_up",
    "ends_to_gap",
    "ends_to_page",
    "finite",
    "integer",
    "rounded_up",
    "rounding_of",
    "to_digits",
    "to_gap",
    "to_page",
    "to_percent",
]


def integer(value: float | None) -> int | None:
    """Round to the nearest whole number."""
    return None if value is None else round(float(value))


def finite(value: SupportsFloat) -> float | None:
    """Return a finite number, or ``None``."""
    number = float(value)
    return number if math.isfinite(number) else None


def to_page(figure: float | None) -> float | None:
    """Round a number to the digits that a page prints."""
    return None if figure is None else round(figure, 3)


def ends_to_page(interval: Sequence[float] | None) -> Interval:
    """Round both ends of an interval to the digits that a page prints."""
    return [round(end, 3) for end in interval] if interval else None


def rounded_up(figure: float | None, decimals: int = 3) -> float | None:
    """Round a number up, by default to the digits that a page prints.

    A number whose counts are withheld is rounded up if a gate reads it. A rule may then fail because of the
    rounding, but it cannot pass.

    Examples
    --------
    >>> rounded_up(0.01044), rounded_up(-0.01044), rounded_up(0.07, 2)
    (0.011, -0.01, 0.07)
    """
    if figure is None:
        return None
    nearest = round(figure, decimals)
    return (nearest if nearest >= figure else round(nearest + 10.0**-decimals, decimals)) + 0.0  # no -0.0


def ends_rounded_up(interval: Sequence[float] | None, decimals: int = 3) -> Interval:
    """Round both ends of an interval up."""
    return [cast("float", rounded_up(end, decimals)) for end in interval] if interval else None


def to_gap(gap: float | None) -> float | None:
    """Round a relative gap up, with two more digits than a page prints, so that the second rounding is invisible."""
    return rounded_up(gap, 4)


def ends_to_gap(interval: Sequence[float] | None) -> Interval:
    """Round both ends of the interval of a relative gap up."""
    return ends_rounded_up(interval, 4)


@overload
def to_digits(figure: float) -> float: ...
@overload
def to_digits(figure: None) -> None: ...
def to_digits(figure: float | None) -> float | None:
    """Round a rate up to two significant digits, beside sums that must not follow from it.

    Examples
    --------
    >>> to_digits(0.3042), to_digits(0.0456), to_digits(0.3)
    (0.31, 0.046, 0.3)
    """
    return rounded_up(figure, 1 - math.floor(math.log10(figure))) if figure else figure


def rounding_of(rate: float) -> float:
    """Return by how much at most a withheld rate was rounded up: to two digits, or else to those that a page prints.

    Examples
    --------
    >>> rounding_of(0.31), rounding_of(0.304), rounding_of(0.031)
    (0.01, 0.001, 0.001)
    """
    decimals = next((d for d in (1, 2) if rate >= 10.0 ** (1 - d) and rate == round(rate, d)), 3)
    return 10.0**-decimals


def to_percent(figure: float | None) -> float | None:
    """Round a share or rate to whole percent, beside sums that must not follow from it."""
    return None if figure is None else round(figure, 2)
