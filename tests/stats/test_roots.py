"""Roots are those of SciPy, to the last bit."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from fairaudit.stats.roots import root_between

NUMBER = st.floats(-1e3, 1e3)
SHAPES: dict[str, Callable[[float, float, float], Callable[[float], float]]] = {
    "cubic": lambda a, b, c: lambda x: a * x**3 + b * x + c,
    "bend": lambda a, b, c: lambda x: math.atan(a * x + b) - c / 1e3,
    "steep": lambda a, b, c: lambda x: math.exp(min(a * x, 50.0)) - abs(b) - c,
    "flat": lambda a, b, c: lambda x: (x - b / 100) ** 5,
    "step": lambda a, b, c: lambda x: -1.0 if x < b / 100 else 1.0,
}


@pytest.mark.parametrize("shape", SHAPES)
@given(numbers=st.tuples(NUMBER, NUMBER, NUMBER), low=NUMBER, high=NUMBER, tolerance=st.sampled_from([2e-12, 1e-3]))
def test_roots_are_those_of_scipy(shape, numbers, low, high, tolerance):
    function = SHAPES[shape](*numbers)
    try:
        root = brentq(function, low, high, xtol=tolerance)
    except RuntimeError:  # it did not converge
        with pytest.raises(ArithmeticError, match="100 steps"):
            root_between(function, low, high, tolerance=tolerance)
    except ValueError:
        with pytest.raises(ValueError, match="same sign at both ends"):
            root_between(function, low, high, tolerance=tolerance)
    else:
        assert root_between(function, low, high, tolerance=tolerance) == root
