"""Thresholds: ``latency_ms>800`` means the rows with a larger number, and ``latency_ms>p90`` the largest tenth."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Self

from fairaudit.core.errors import UsageError

__all__ = ["Threshold"]

#: Digits that are exact in floating point.
_DIGITS: Final = 15
_NUMBER: Final = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_NAME: Final = re.compile(rf"(?P<column>.*[^\s>])\s*>\s*(?P<percentile>[pP])?(?P<value>{_NUMBER})\s*", re.DOTALL)


@dataclass(frozen=True)
class Threshold:
    """A column of numbers, and the number that a row must exceed to be counted.

    Attributes
    ----------
    column
        The column.
    value
        The number, or the percentile, as a decimal without trailing zeros.
    is_percentile
        Whether the number is a percentile of the column, which is known once a log is read.

    Examples
    --------
    >>> threshold = Threshold.parse("latency_ms > 800.0")
    >>> str(threshold), threshold.column, threshold.number
    ('latency_ms>800', 'latency_ms', Decimal('800'))
    >>> str(Threshold.parse("latency_ms>p90")), Threshold.parse("latency_ms")
    ('latency_ms>p90', None)
    """

    column: str
    value: str
    is_percentile: bool = False

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """Return the threshold that a name means, or None if it can only be the name of a column."""
        match = _NAME.fullmatch(name)
        if match is None:
            return None
        return cls(match["column"].strip(), _written(Decimal(match["value"])), match["percentile"] is not None)

    @property
    def number(self) -> Decimal:
        """The number, or the percentile."""
        return Decimal(self.value)

    def require_valid(self) -> None:
        """Raise if no number can be compared with the threshold.

        Raises
        ------
        UsageError
            If it has more than 15 digits, or is a percentile that is not between 0 and 100.
        """
        if len(self.value.lstrip("-").replace(".", "").strip("0")) > _DIGITS:
            raise UsageError(f"{self}: a threshold has at most {_DIGITS} digits")
        if self.is_percentile and not 0 < self.number < 100:
            raise UsageError(f"{self}: a percentile is between 0 and 100, such as p90")

    def at(self, number: Decimal) -> Self:
        """Return the threshold of the same column at a number.

        Examples
        --------
        >>> str(Threshold.parse("latency_ms>p90").at(Decimal("8.10E+2")))
        'latency_ms>810'
        """
        return type(self)(self.column, _written(number))

    def __str__(self) -> str:
        return f"{self.column}>{'p' if self.is_percentile else ''}{self.value}"

    @property
    def words(self) -> str:
        """What is counted, in the plural.

        Examples
        --------
        >>> Threshold.parse("latency_ms>800").words
        'utterances with latency ms over 800'
        """
        return f"utterances with {self.column.replace('_', ' ')} over {'p' if self.is_percentile else ''}{self.value}"


def _written(number: Decimal) -> str:
    """Write a number in digits, always in the same way."""
    return f"{number.normalize():f}" if number else "0"
