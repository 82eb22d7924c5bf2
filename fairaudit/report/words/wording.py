"""How a number or a foreign word is printed, for page, terminal and notebook alike."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from fairaudit.core.text import plain

__all__ = [
    "DASH",
    "MOST_DIGITS",
    "cell_width",
    "count",
    "decimals",
    "gap",
    "gap_percent",
    "gap_percent_span",
    "gap_span",
    "number",
    "p_equation",
    "p_value",
    "percent",
    "plain",
    "shorten",
    "signed_digits",
    "significant",
    "span",
    "times",
]

#: Printed for "not defined".
DASH: Final = "–"
_MINUS: Final = "−"
#: Digits after which floats end.
MOST_DIGITS: Final = 17
#: Smaller ends of intervals are 0 but for the rounding of sums.
_ROUNDING: Final = 1e-9


def number(value: float | None, digits: int, *, sign: bool = False) -> str:
    """Print a number with thousands separators, a true minus sign and no negative zero.

    Parameters
    ----------
    value
        The number; ``None`` is not defined.
    digits
        Digits after the point.
    sign
        Whether a positive number shows its plus.

    Examples
    --------
    >>> number(-1234.56, 1), number(-0.01, 1), number(None, 1)
    ('−1,234.6', '0.0', '–')
    """
    if value is None:
        return DASH
    text = f"{abs(value):,.{digits}f}"
    if not any(character in "123456789" for character in text):
        return text
    return (_MINUS if value < 0 else "+" if sign else "") + text


def count(value: float | None, *, sign: bool = False) -> str:
    """Print a count.

    Examples
    --------
    >>> count(12345), count(120.5, sign=True)
    ('12,345', '+120')
    """
    return number(value, 0, sign=sign)


def percent(value: float | None, digits: int = 1) -> str:
    """Print a fraction as a percentage.

    Examples
    --------
    >>> percent(0.1034)
    '10.3 %'
    """
    return DASH if value is None else f"{number(100 * value, digits)} %"


def gap(value: float | None, digits: int = 0) -> str:
    """Print a relative gap as a ratio, with the percentage beside it.

    Parameters
    ----------
    value
        Relative gap as a fraction: 1.55 is 155 % more, or 2.55 times as many.
    digits
        Least number of digits of the percentage.

    Examples
    --------
    >>> gap(1.55), gap(-0.14), gap(0.0412)
    ('2.5 times (+155 %)', '0.86 times (−14 %)', '1.04 times (+4 %)')
    """
    return DASH if value is None else f"{times(value)} ({gap_percent(value, signed_digits([100 * value], digits))})"


def times(value: float) -> str:
    """Print a relative gap as a ratio.

    Two significant digits, or as many as show on which side of 1 it lies.

    Examples
    --------
    >>> times(1.55), times(11.3), times(0.004), times(0.0)
    ('2.5 times', '12 times', '1.004 times', '1.0 times')
    """
    return f"{_ratio(value)} times"


def _ratio(value: float | None) -> str:
    if value is None:
        return DASH
    if abs(value) <= _ROUNDING:
        return "1.0"
    texts = (significant(1 + value, digits) for digits in range(2, MOST_DIGITS))
    return next((text for text in texts if (Decimal(text.replace(",", "")) - 1) * (1 if value > 0 else -1) > 0), "1.0")


def significant(value: float, digits: int) -> str:
    """Print a positive number with so many significant digits; whole numbers keep all of theirs."""
    return "0" if value <= 0 else number(value, decimals(value, digits))


def decimals(value: float, digits: int) -> int:
    """Return the digits after the point of a positive number that is printed with so many significant digits.

    Examples
    --------
    >>> decimals(0.0421, 3), decimals(9.996, 3), decimals(340.2, 3), decimals(12345.0, 3)
    (4, 1, 0, 0)
    """
    power = int(f"{value:.{digits - 1}e}".partition("e")[2])
    return max(0, digits - 1 - power)


def gap_percent(value: float | None, digits: int = 1) -> str:
    """Print a relative gap in percent, always signed.

    Examples
    --------
    >>> gap_percent(0.42)
    '+42.0 %'
    """
    return DASH if value is None else f"{number(100 * value, digits, sign=True)} %"


def span(ends: Sequence[float] | None, write: Callable[[float | None], str]) -> str:
    """Print an interval, both ends written alike.

    Examples
    --------
    >>> span([0.095, 0.105], percent), span(None, percent)
    ('[9.5 %, 10.5 %]', '–')
    """
    return DASH if ends is None else f"[{write(ends[0])}, {write(ends[1])}]"


def gap_span(ends: Sequence[float] | None) -> str:
    """Print the interval of a gap as ratios.

    Examples
    --------
    >>> gap_span([0.75, 2.72]), gap_span([-0.003, 0.7])
    ('1.8 to 3.7', '0.997 to 1.7')
    """
    return DASH if ends is None else f"{_ratio(ends[0])} to {_ratio(ends[1])}"


def gap_percent_span(ends: Sequence[float] | None) -> str:
    """Print the interval of a gap in whole percent, or finer where rounding would hide on which side of zero it ends.

    Examples
    --------
    >>> gap_percent_span([0.2, 0.7]), gap_percent_span([0.003, 0.7])
    ('[+20 %, +70 %]', '[+0.3 %, +70.0 %]')
    """
    if ends is None:
        return DASH
    digits = signed_digits([100 * end for end in ends], 0)
    return span(ends, lambda end: gap_percent(end, digits))


def signed_digits(ends: Sequence[float], least: int) -> int:
    """Digits of printed numbers from which anybody can see on which side of zero each end lies."""
    smallest = min((abs(end) for end in ends if abs(end) > 100 * _ROUNDING), default=100.0)
    return max(least, math.ceil(-math.log10(smallest)))


def p_value(p: float | None, permutations: int) -> str:
    """Print a permutation p-value: never smaller than the permutations allow, and never on the wrong side of 0.05.

    Parameters
    ----------
    p
        The p-value.
    permutations
        B, the number of shuffles; the smallest p they can show is 1 / (B + 1).

    Examples
    --------
    >>> p_value(0.002, 999), p_value(0.0, 999), p_value(0.0002, 9999), p_value(0.0504, 9999)
    ('0.002', '0.001', '< 0.001', '0.0504')
    """
    if p is None:
        return DASH
    shown = max(p, 1 / (permutations + 1))
    if shown < 0.001:
        return "< 0.001"
    return f"{shown:.4f}" if shown != 0.05 and f"{shown:.3f}" == "0.050" else f"{shown:.3f}"


def p_equation(p: float | None, permutations: int) -> str:
    """Print a p-value for a sentence.

    Examples
    --------
    >>> p_equation(0.002, 999), p_equation(0.0002, 9999), p_equation(None, 999)
    ('p = 0.002', 'p < 0.001', 'p not defined')
    """
    if p is None:
        return "p not defined"
    text = p_value(p, permutations)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def shorten(text: str, cells: int) -> str:
    """Cut text to a width in terminal cells, in which wide characters take two and combining ones none.

    Examples
    --------
    >>> shorten("Scottish English", 9), shorten("短い", 9)
    ('Scottish…', '短い')
    """
    if cell_width(text) <= cells:
        return text
    kept, used = [], 0
    for character in text:
        used += cell_width(character)
        if used > cells - 1:
            break
        kept.append(character)
    return "".join(kept).rstrip() + "…"


def cell_width(text: str) -> int:
    """Count the terminal cells that text takes.

    Examples
    --------
    >>> cell_width("é"), cell_width("短い")
    (1, 4)
    """
    return sum(
        0 if unicodedata.category(character) in {"Mn", "Me", "Cf"}
        else 2 if unicodedata.east_asian_width(character) in "WF"
        else 1
        for character in text
    )  # fmt: skip
