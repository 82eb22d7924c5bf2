"""Roots of functions of one number. They are those of :func:`scipy.optimize.brentq`, whose import takes longer."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

__all__ = ["root_between"]

_RELATIVE: Final = 4 * math.ulp(1.0)
#: Halving alone needs about as many steps for an interval of ordinary length.
_STEPS: Final = 100


def root_between(function: Callable[[float], float], low: float, high: float, *, tolerance: float = 2e-12) -> float:
    """Return where a function is zero, given an interval at whose ends it has opposite signs.

    Raises
    ------
    ValueError
        If the signs are not opposite.
    ArithmeticError
        If 100 steps do not find it.

    Notes
    -----
    Brent, Algorithms for Minimization Without Derivatives (1973), in the order of operations of SciPy, so that roots
    agree to the last bit.

    Examples
    --------
    >>> round(root_between(lambda x: x**2 - 2, 0.0, 2.0), 6)
    1.414214
    """
    before, here, other = low, high, 0.0
    f_before, f_here, f_other = function(low), function(high), 0.0
    if f_before == 0:
        return before
    if f_here and (f_before < 0) == (f_here < 0):
        raise ValueError(f"the function has the same sign at both ends, {low} and {high}")
    step = last = 0.0
    for _ in range(_STEPS):
        if f_before and f_here and (f_before < 0) != (f_here < 0):
            other, f_other = before, f_before
            step = last = here - before
        if abs(f_other) < abs(f_here):
            before, here, other = here, other, here
            f_before, f_here, f_other = f_here, f_other, f_here
        close, half = (tolerance + _RELATIVE * abs(here)) / 2, (other - here) / 2
        if f_here == 0 or abs(half) < close:
            return here
        tried = math.inf
        if abs(last) > close and abs(f_here) < abs(f_before):
            if before == other:
                tried = -f_here * (here - before) / (f_here - f_before)
            else:
                slope, other_slope = (f_before - f_here) / (before - here), (f_other - f_here) / (other - here)
                divisor = other_slope * slope * (f_other - f_before)
                tried = -f_here * (f_other * other_slope - f_before * slope) / divisor if divisor else math.inf
        short = 2 * abs(tried) < min(abs(last), 3 * abs(half) - close)
        last, step = (step, tried) if short else (half, half)
        before, f_before = here, f_here
        here += step if abs(step) > close else math.copysign(close, half)
        f_here = function(here)
    raise ArithmeticError(f"{_STEPS} steps between {low} and {high} find no zero of the function")
