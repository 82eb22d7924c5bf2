"""Bands of the numbers in a column: ``age[20,40,60]`` has given edges, and ``snr[3]`` only a number of bands."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import Final, Self

from fairaudit.core.errors import UsageError

__all__ = ["Bands", "split_columns"]

_NAME: Final = re.compile(r"(?P<column>.+)\[(?P<inside>[^\[\]]+)\]", re.DOTALL)
_EDGE: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
#: A comma outside of brackets, which separates columns.
_COMMA: Final = re.compile(r",(?![^\[\]]*\])")


@dataclass(frozen=True)
class Bands:
    """A column of numbers that is cut into bands.

    Attributes
    ----------
    column
        The column.
    edges
        Where a band ends and the next one begins, in ascending order, as they are written. A number that equals an edge
        is in the upper band. Empty if the edges depend on the log.
    number
        Number of bands, if the edges depend on the log.

    Examples
    --------
    >>> Bands.parse("age[20, 40,60]").labels
    ('under 20', '20 to 39', '40 to 59', '60 and over')
    >>> str(Bands.parse("snr[3]")), str(Bands.parse("age[65,]")), Bands.parse("accent")
    ('snr[3]', 'age[65,]', None)
    """

    column: str
    edges: tuple[str, ...] = ()
    number: int | None = None

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """Return the bands that a name means, or None if it is the name of a column.

        A single number is a number of bands; a single edge is followed by a comma, as in ``age[65,]``.

        Raises
        ------
        UsageError
            If there are fewer than 2 bands, or the edges do not ascend.
        """
        match = _NAME.fullmatch(name)
        if match is None:
            return None
        column, inside = match["column"], "".join(match["inside"].split())
        if inside.isascii() and inside.isdigit():
            if int(inside) < 2:
                raise UsageError(f"{column!r} must be cut into at least 2 bands, not {inside}")
            return cls(column, number=int(inside))
        edges = inside.removesuffix(",").split(",")
        return cls(column).at(edges) if all(map(_EDGE.fullmatch, edges)) else None

    @classmethod
    def of_labels(cls, name: str, labels: Iterable[str]) -> Self | None:
        """Return the bands that some labels of a column are, or None if they are labels of another kind.

        A log may have a column of its own with any name.

        Examples
        --------
        >>> str(Bands.of_labels("age[20,40]", ["under 20"])), Bands.of_labels("score[5]", ["good", "bad"])
        ('age[20,40]', None)
        """
        try:
            bands = cls.parse(name)
        except UsageError:  # no bands have this name
            return None
        return bands if bands is not None and bands.edges and {*labels} <= {*bands.labels} else None

    def at(self, edges: Iterable[str | float]) -> Self:
        """Return the bands of the column at some edges.

        Raises
        ------
        UsageError
            If there is no edge, or if they do not ascend.
        """
        written = tuple(edge if isinstance(edge, str) else f"{Decimal(str(edge)):f}" for edge in edges)
        if not written or not all(map(_EDGE.fullmatch, written)):
            raise UsageError(f"{self.column!r} must be cut at one or more numbers, not {list(written)}")
        made = replace(self, edges=written, number=None)
        numbers = [*map(Decimal, written)]
        if numbers != sorted({*numbers}):
            raise UsageError(f"{made}: edges of bands must ascend, and each may occur once")
        return made

    def __str__(self) -> str:
        inside = str(self.number) if self.number else ",".join(self.edges) + ("," if len(self.edges) == 1 else "")
        return f"{self.column}[{inside}]"

    @property
    def is_whole(self) -> bool:
        """Whether all edges are written as whole numbers, so that bands are named by the whole numbers in them."""
        return not any("." in edge for edge in self.edges)

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the bands in words, from the lowest to the highest.

        Examples
        --------
        >>> Bands("snr", ("5.0", "12.5")).labels
        ('under 5', '5 to under 12.5', '12.5 and over')
        """
        shown = [f"{Decimal(edge).normalize():f}" for edge in self.edges]
        between = []
        for low, high in pairwise(shown):
            last = f"{int(high) - 1}" if self.is_whole else f"under {high}"
            between.append(low if low == last else f"{low} to {last}")
        return f"under {shown[0]}", *between, f"{shown[-1]} and over"


def split_columns(text: str) -> list[str]:
    """Split names of columns at commas, except those between the edges of bands.

    Examples
    --------
    >>> split_columns("accent, age[20,40,60]")
    ['accent', 'age[20,40,60]']
    """
    return [column.strip() for column in _COMMA.split(text)]
