"""Convert numbers for documents: round them if the last digits would reveal counts, and write NaN as ``None``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import SupportsFloat

from fairaudit.results.documents import Interval

__all__ = ["ends_to_gap", "ends_to_page", "finite", "integer", "to_digits", "to_gap", "to_page", "to_percent"]


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


def to_gap(gap: float | None) -> float | None:
    """Round a relative gap, with two more digits than a page prints, so that rounding twice changes nothing visible."""
    return None if gap is None else round(gap, 4)


def ends_to_gap(interval: Sequence[float] | None) -> Interval:
    """Round both ends of the interval of a relative gap."""
    return [round(end, 4) for end in interval] if interval else None


def to_digits(figure: float) -> float:
    """Round a rate up to two significant digits, beside sums that must not follow from it.

    It is rounded up because a gate must not pass only because figures are withheld.

    Examples
    --------
    >>> to_digits(0.3042), to_digits(0.0456), to_digits(0.3)
    (0.31, 0.046, 0.3)
    """
    if figure <= 0:
        return figure
    digits = 1 - math.floor(math.log10(figure))
    return round(math.ceil(figure * 10.0**digits - 1e-6) / 10.0**digits, digits)


def to_percent(figure: float | None) -> float | None:
    """Round a share or rate to whole percent, beside sums that must not follow from it."""
    return None if figure is None else round(figure, 2)
