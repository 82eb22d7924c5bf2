"""Numbers in a column of a log, as texts or as counts, in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Self

from fairaudit.core.derived import MILLION, millionths
from fairaudit.core.errors import InputError
from fairaudit.engines.embedded import identifier
from fairaudit.inputs.rules import finite_number
from fairaudit.inputs.suggesting import lacking

if TYPE_CHECKING:
    from fairaudit.inputs.log import UtteranceLog

__all__ = ["Numbers"]


@dataclass(frozen=True)
class Numbers:
    """The numbers in a column of the used rows.

    Attributes
    ----------
    sql
        SQL for the number in a row.
    parts
        In what parts of 1 it is counted, if it is a whole number.
    """

    sql: str
    parts: int | None = None

    @classmethod
    def of(cls, log: UtteranceLog, column: str) -> Self:
        """Return the numbers in a column, which may also be summed. A part without usable rows may lack it."""
        if column not in log.count_columns:
            if column not in log.columns and len(log):
                raise InputError(f"{log.name}: {lacking('log', [column], [*log.columns, *log.count_columns])}")
            return cls(finite_number(column) if column in log.columns else "CAST(NULL AS DOUBLE)")
        whole = f"CAST({identifier(column)} AS HUGEINT)"
        decimals = millionths(column)
        if decimals in log.derived_columns:
            return cls(f"({whole} * {MILLION} + {identifier(decimals)})", MILLION)
        return cls(whole, 1)

    def above(self, number: Decimal) -> str:
        """Return a predicate: whether the number in a row is larger."""
        if self.parts is None:
            return f"{self.sql} > CAST('{number:f}' AS DOUBLE)"
        return f"{self.sql} > {(number * self.parts).to_integral_value(ROUND_FLOOR):f}"

    @property
    def value(self) -> str:
        """SQL for the number itself, in floating point."""
        return self.sql if self.parts is None else f"({self.sql} / CAST({self.parts} AS DOUBLE))"
