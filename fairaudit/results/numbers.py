"""Convert numbers for documents: round them if the last digits would reveal counts, and write NaN as ``None``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, SupportsFloat, cast, overload

if TYPE_CHECKING:
    from fairaudit.results.documents import Interval

__all__ = [
    "ends_outwards",
    "ends_rounded_up",
    "ends_to_gap",
    "ends_to_page",
    "finite",
    "integer",
    "rounded_up",
    "rounding_of",
    "rounding_of_change",
    "summed",
    "to_digits",
    "to_gap",
    "to_page",
    "to_percent",
]

#: Rates from here on are no shares, and are printed with three significant digits.
_LARGE: Final = 10.0


def integer(value: float | None) -> int | None:
    """Round to the nearest whole number."""
    return None if value is None else round(float(value))


@overload
def summed(value: float) -> float: ...
@overload
def summed(value: None) -> None: ...
def summed(value: float | None) -> float | None:
    """Return a sum of counts as a whole number, and another sum as it is.

    Examples
    --------
    >>> summed(12.0), summed(0.25), summed(None)
    (12, 0.25, None)
    """
    return round(value) if value is not None and value.is_integer() else value


def finite(value: SupportsFloat) -> float | None:
    """Return a finite number, or ``None``."""
    number = float(value)
    return number if math.isfinite(number) else None


@overload
def to_page(figure: float) -> float: ...
@overload
def to_page(figure: None) -> None: ...
def to_page(figure: float | None) -> float | None:
    """Round a number to the digits that a page prints: three decimals, or three significant digits from 10 on.

    Examples
    --------
    >>> to_page(0.10442), to_page(340.12)
    (0.104, 340.0)
    """
    return None if figure is None else round(figure, _page_decimals(figure))


def _page_decimals(figure: float) -> int:
    return 3 if abs(figure) < _LARGE else 2 - math.floor(math.log10(abs(figure)))


def ends_to_page(interval: Sequence[float] | None) -> Interval:
    """Round both ends of an interval to the digits that a page prints."""
    return [to_page(end) for end in interval] if interval else None


def ends_outwards(interval: Sequence[float] | None, decimals: int | None = None) -> Interval:
    """Round an interval outwards, by default to the digits that a page prints.

    Examples
    --------
    >>> ends_outwards([0.1044, 0.1231]), ends_outwards([95.21, 340.12]), ends_outwards([0.98, 1.21], 1)
    ([0.104, 0.124], [95.2, 341.0], [0.9, 1.3])
    """
    if not interval:
        return None
    low, high = (cast("float", rounded_up(end, decimals)) for end in (-interval[0], interval[1]))
    return [0.0 - low, high]


def rounded_up(figure: float | None, decimals: int | None = None) -> float | None:
    """Round a number up, by default to the digits that a page prints.

    A number whose counts are withheld is rounded up if a gate reads it. A rule may then fail because of the
    rounding, but it cannot pass.

    Examples
    --------
    >>> rounded_up(0.01044), rounded_up(-0.01044), rounded_up(0.07, 2), rounded_up(340.12)
    (0.011, -0.01, 0.07, 341.0)
    """
    if figure is None:
        return None
    decimals = _page_decimals(figure) if decimals is None else decimals
    nearest = round(figure, decimals)
    return (nearest if nearest >= figure else round(nearest + 10.0**-decimals, decimals)) + 0.0  # no -0.0


def ends_rounded_up(interval: Sequence[float] | None, decimals: int | None = None) -> Interval:
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
    >>> rounding_of(0.31), rounding_of(0.304), rounding_of(0.031), rounding_of(340.0)
    (0.01, 0.001, 0.001, 10.0)
    """
    if rate >= _LARGE:
        decimals = 1 - math.floor(math.log10(rate))
        return 10.0 ** -(decimals if rate == round(rate, decimals) else decimals + 1)
    decimals = next((d for d in (1, 2) if rate >= 10.0 ** (1 - d) and rate == round(rate, d)), 3)
    return 10.0**-decimals


def rounding_of_change(change: float) -> float:
    """Return by how much at most a withheld change was rounded up, to the digits that a page prints.

    Examples
    --------
    >>> rounding_of_change(0.031), rounding_of_change(-180.0)
    (0.001, 1.0)
    """
    return 10.0 ** -_page_decimals(change)


def to_percent(figure: float | None) -> float | None:
    """Round a share or rate to whole percent, beside sums that must not follow from it: one digit less than a page has.

    Examples
    --------
    >>> to_percent(0.1044), to_percent(178.43)
    (0.1, 180.0)
    """
    return None if figure is None else round(figure, _page_decimals(figure) - 1)
