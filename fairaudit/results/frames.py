"""Build rows of data frames, with every interval as two columns of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["with_ends"]


def with_ends(row: Mapping[str, Any], intervals: Mapping[str, str]) -> dict[str, Any]:
    """Replace each interval of a row by its two ends, which are missing if the interval is undefined.

    Parameters
    ----------
    row
        Values by column.
    intervals
        Columns with intervals, and the prefix of the columns for their ends. With an empty prefix, these are ``low``
        and ``high``.

    Examples
    --------
    >>> with_ends({"rate": 0.2, "interval": (0.1, 0.3), "rank": None}, {"interval": "", "rank": "rank"})
    {'rate': 0.2, 'low': 0.1, 'high': 0.3, 'rank_low': None, 'rank_high': None}
    """
    ends: dict[str, Any] = {}
    for column, value in row.items():
        if column in intervals:
            prefix = f"{intervals[column]}_" if intervals[column] else ""
            ends[f"{prefix}low"], ends[f"{prefix}high"] = value or (None, None)
        else:
            ends[column] = value
    return ends
