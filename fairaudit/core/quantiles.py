"""Which quantiles are asked for, as on the command line: ``latency_ms=50,90,99``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from fairaudit.core.errors import UsageError

__all__ = ["QUANTILES", "checked_quantiles", "parse_quantiles"]

#: The setting that asks for quantiles.
QUANTILES: Final = "quantiles"


def parse_quantiles(entries: Iterable[str]) -> dict[str, tuple[float, ...]]:
    """Return the shares asked for of each column, given columns with percentiles.

    Raises
    ------
    UsageError
        If an entry is not a column with percentiles between 0 and 100.

    Examples
    --------
    >>> parse_quantiles(["latency_ms=50, 99.9", "duration=50"])
    {'latency_ms': (0.5, 0.999), 'duration': (0.5,)}
    """
    asked: dict[str, tuple[float, ...]] = {}
    for entry in entries:
        column, equals, percentiles = entry.rpartition("=")
        try:
            shares = tuple(round(float(one) / 100, 12) for one in percentiles.split(","))
        except ValueError:
            shares = ()
        if not equals or not column.strip() or not shares:
            raise UsageError(f"quantiles are written COLUMN=PERCENTILE,..., such as latency_ms=50,90,99, not {entry!r}")
        asked[column.strip()] = (*asked.get(column.strip(), ()), *shares)
    return checked_quantiles(asked)


def checked_quantiles(asked: Mapping[str, Iterable[float]]) -> dict[str, tuple[float, ...]]:
    """Return the shares asked for of each column, in ascending order and each once.

    Raises
    ------
    UsageError
        If a share is not between 0 and 1, or a column has none.

    Examples
    --------
    >>> checked_quantiles({"latency_ms": (0.9, 0.5, 0.9)})
    {'latency_ms': (0.5, 0.9)}
    """
    quantiles = {column: tuple(sorted({*map(float, shares)})) for column, shares in asked.items()}
    for column, shares in quantiles.items():
        if not shares or not all(0 < share < 1 for share in shares):
            raise UsageError(f"quantiles of {column!r} are one or more shares between 0 and 1, not {list(shares)}")
    return quantiles
