"""How rates of any unit are printed: shares as percentages and points, other rates as numbers of their unit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from fairaudit.core.rate import PERCENT
from fairaudit.report.words.wording import (
    DASH,
    MOST_DIGITS,
    decimals,
    gap,
    number,
    plain,
    signed_digits,
    significant,
    span,
)

if TYPE_CHECKING:
    from fairaudit.results.documents import ChangeDoc, GapChangeDoc

__all__ = ["SHARE", "Unit", "gap_change", "inside"]

#: Significant digits of a number that is no percentage.
_DIGITS: Final = 3


@dataclass(frozen=True)
class Unit:
    """The unit of a rate.

    Examples
    --------
    >>> Unit().value(0.1034), Unit("ms").value(340.2), Unit("seconds per second").value(0.0421)
    ('10.3 %', '340 ms', '0.0421 seconds per second')
    """

    name: str = PERCENT

    @property
    def is_share(self) -> bool:
        """Whether rates are printed as percentages."""
        return self.name == PERCENT

    @property
    def factor(self) -> float:
        """By what a rate is multiplied before it is printed."""
        return 100.0 if self.is_share else 1.0

    @property
    def of_changes(self) -> str:
        """The unit of a difference of two rates."""
        return "points" if self.is_share else plain(self.name)

    def digits(self, *rates: float | None) -> int:
        """Return the digits after the point of rates that are printed side by side.

        Examples
        --------
        >>> Unit().digits(0.5), Unit("ms").digits(340.0, 8.0), Unit("s").digits(0.0421), Unit("s").digits(None)
        (1, 0, 4, 0)
        """
        largest = max((abs(rate) for rate in rates if rate is not None and math.isfinite(rate)), default=0.0)
        if self.is_share:
            return 1
        return decimals(largest, _DIGITS) if largest > 0 else 0

    def value(self, rate: float | None, digits: int | None = None) -> str:
        """Print a rate, by default with one digit of a percentage or three significant digits."""
        if rate is None:
            return DASH
        return f"{number(self.factor * rate, self.digits(rate) if digits is None else digits)} {plain(self.name)}"

    def rough(self, rate: float | None) -> str:
        """Print a rate with two significant digits, or whole if it has more digits before the point.

        Examples
        --------
        >>> [Unit().rough(rate) for rate in (1.3, 0.29, 0.005, 0.0, None)], Unit("ms").rough(340.0)
        (['130 %', '29 %', '0.50 %', '0 %', '–'], '340 ms')
        """
        return DASH if rate is None else f"{significant(self.factor * rate, 2)} {plain(self.name)}"

    def span(self, ends: Sequence[float] | None) -> str:
        """Print the interval of a rate, both ends with the same digits.

        Examples
        --------
        >>> Unit().span([0.095, 0.105]), Unit("ms").span([95.2, 340.0]), Unit().span(None)
        ('[9.5 %, 10.5 %]', '[95 ms, 340 ms]', '–')
        """
        return DASH if ends is None else span(ends, lambda end: self.value(end, self.digits(*ends)))

    def difference(self, value: float | None, digits: int | None = None) -> str:
        """Print a difference of two rates.

        Examples
        --------
        >>> Unit().difference(0.042), Unit("ms").difference(-12.5)
        ('+4.2 points', '−12.5 ms')
        """
        if value is None:
            return DASH
        digits = self.digits(value) if digits is None else digits
        return f"{number(self.factor * value, digits, sign=True)} {self.of_changes}"

    def difference_span(self, ends: Sequence[float] | None, least: int | None = None) -> str:
        """Print the interval of a difference, finer where rounding would hide on which side of zero it ends.

        Examples
        --------
        >>> Unit().difference_span([-0.021, 0.004]), Unit().difference_span([0.00003, 0.02])
        ('[−2.1, +0.4]', '[+0.003, +2.000]')
        >>> Unit("ms").difference_span([0.5, 120.0])
        '[+0.5, +120.0]'
        """
        if ends is None:
            return DASH
        digits = self._signed(ends, self.digits(*ends) if least is None else least)
        return span(ends, lambda end: number(None if end is None else self.factor * end, digits, sign=True))

    def change(self, before: float | None, after: float | None, ends: Sequence[float] | None) -> tuple[str, str, str]:
        """Print two rates and their difference, so that the printed difference is that of the printed rates.

        Parameters
        ----------
        before, after
            Rates of the baseline and of the candidate.
        ends
            Interval of the difference, which may need more digits to show on which side of zero it ends.

        Examples
        --------
        >>> Unit().change(0.34142, 0.30128, [-0.06, -0.02]), Unit().change(0.34142, 0.30058, [-0.06, -0.02])
        (('34.1 %', '30.1 %', '−4.0 points'), ('34.14 %', '30.06 %', '−4.08 points'))
        >>> Unit().change(None, 0.3, None)
        ('–', '30.0 %', '–')
        >>> Unit("ms").change(340.2, 160.4, None)
        ('340 ms', '160 ms', '−180 ms')
        """
        digits = self.digits(before, after)
        digits = self._signed(ends, digits) if ends is not None else digits
        if before is None or after is None:
            return self.value(before, digits), self.value(after, digits), DASH
        digits, difference = self._printed_difference(before, after, digits)
        return self.value(before, digits), self.value(after, digits), self.difference(difference, digits)

    def pair(self, rate: float | None, other: float | None) -> tuple[str, str]:
        """Print two rates for a sentence: with two significant digits, or as many as tell them apart.

        Shares are numbers per hundred, without a unit.

        Examples
        --------
        >>> Unit().pair(0.668, 0.262), Unit().pair(1.2, 0.043), Unit().pair(0.3019, 0.2985)
        (('67', '26'), ('120', '4.3'), ('30.2', '29.8'))
        >>> Unit("ms").pair(340.2, 160.4)
        ('340 ms', '160 ms')
        """
        if rate is None or other is None:
            return DASH, DASH
        first, second = self.factor * rate, self.factor * other
        pairs = ((significant(first, n), significant(second, n)) for n in range(2, MOST_DIGITS))
        shown = next((pair for pair in pairs if pair[0] != pair[1] or rate == other), (str(rate), str(other)))
        after = "" if self.is_share else f" {plain(self.name)}"
        return f"{shown[0]}{after}", f"{shown[1]}{after}"

    def deciding_digits(self, value: float, limit: float) -> int:
        """Digits from which anybody can see on which side of a limit a value lies, and the limit whole.

        Examples
        --------
        >>> [Unit().deciding_digits(value, 0.2) for value in (0.25, 0.20004)], Unit("ms").deciding_digits(400.2, 400)
        ([1, 3], 1)
        """
        exponent = (Decimal(repr(limit)) * int(self.factor)).normalize().as_tuple().exponent
        least = max(int(self.is_share), -int(exponent))
        enough = (n for n in range(least, MOST_DIGITS) if self._is_seen(value, n, limit) == (value > limit))
        return next(enough, MOST_DIGITS)

    def _is_seen(self, value: float, digits: int, limit: float) -> bool:
        """Whether a value is above a limit as both are printed."""
        return float(f"{self.factor * value:.{digits}f}") > float(f"{self.factor * limit:.{digits}f}")

    def _signed(self, ends: Sequence[float], least: int) -> int:
        return signed_digits([self.factor * end for end in ends], least)

    def _printed_difference(self, before: float, after: float, least: int) -> tuple[int, float]:
        """Digits, one more where the difference would be off, and the difference of what is printed."""

        def printed(digits: int) -> Decimal:
            return Decimal(f"{self.factor * after:.{digits}f}") - Decimal(f"{self.factor * before:.{digits}f}")

        digits = least if printed(least) == Decimal(f"{self.factor * (after - before):.{least}f}") else least + 1
        return digits, float(printed(digits)) / self.factor


#: The unit of shares and relative gaps.
SHARE: Final = Unit()


def inside(difference: float, changed: ChangeDoc | GapChangeDoc) -> float | None:
    """Return the difference of printed numbers, or that of the document if the first lies outside its interval.

    Numbers whose counts are withheld are rounded so much that their difference may lie there.

    Examples
    --------
    >>> changed = {"before": 0.11, "after": 0.13, "difference": 0.026, "interval": [0.025, 0.027]}
    >>> inside(0.02, changed), inside(0.02, {**changed, "interval": [0.01, 0.03]})
    (0.026, 0.02)
    """
    ends = changed["interval"]
    return changed["difference"] if ends is not None and not ends[0] <= difference <= ends[1] else difference


def gap_change(changed: GapChangeDoc) -> str:
    """Print how a gap changed from the baseline to the candidate; the difference is that of the printed percentages.

    Examples
    --------
    >>> gap_change({"before": 1.548, "after": 1.152, "difference": -0.396, "interval": [-0.6, -0.2], "speakers": 30})
    'baseline 2.5 times (+155 %), candidate 2.2 times (+115 %): −40 points [−60, −20]'
    """
    before, after, ends = changed["before"], changed["after"], changed["interval"]
    if before is None or after is None:
        return f"baseline {gap(before)}, candidate {gap(after)}"
    digits, difference = SHARE._printed_difference(before, after, SHARE._signed(ends, 0) if ends is not None else 0)
    sides = f"baseline {gap(before, digits)}, candidate {gap(after, digits)}"
    shown = difference if changed["speakers"] is not None else inside(difference, changed)
    return f"{sides}: {SHARE.difference(shown, digits)} {SHARE.difference_span(ends, least=0)}"
