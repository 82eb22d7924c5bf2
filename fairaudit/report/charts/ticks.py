"""Ticks at round numbers."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Final

__all__ = ["nice_ticks"]

#: Tenths of a step, whose powers of ten are steps as well.
_STEPS: Final = (10, 20, 25, 50)


def nice_ticks(low: float, high: float, *, whole: bool = False, steps: int = 7) -> tuple[tuple[float, str], ...]:
    """Find multiples of 1, 2, 2.5 or 5 times a power of ten between two numbers, and how they are written.

    Parameters
    ----------
    low, high
        The ends, the smaller one first.
    whole
        Whether only whole numbers are wanted; there may be fewer of them.
    steps
        Most steps between the ends. The next larger step is about twice as large, so 7 steps give 3 to 8 ticks.

    Examples
    --------
    >>> [text for _, text in nice_ticks(-0.3, 1.25)], [text for _, text in nice_ticks(0, 2.16, whole=True)]
    (['−0.25', '0', '0.25', '0.5', '0.75', '1', '1.25'], ['0', '1', '2'])
    """
    start, end = Decimal(str(float(low))), Decimal(str(float(high)))
    step = _step(end - start, whole, steps)
    numbers = [i * step for i in range(math.ceil(start / step), math.floor(end / step) + 1)]
    return tuple((float(number), _written(number)) for number in numbers)


def _step(span: Decimal, whole: bool, steps: int) -> Decimal:
    exponent = span.adjusted() - 2
    while True:
        for tenths in _STEPS:
            step = Decimal(tenths).scaleb(exponent)
            if span <= steps * step and not (whole and step % 1):
                return step
        exponent += 1


def _written(number: Decimal) -> str:
    """Write a number with as few digits as it has, and a minus sign that is as wide as a digit."""
    return f"{number.normalize():f}".replace("-", "\N{MINUS SIGN}") if number else "0"
