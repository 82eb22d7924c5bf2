"""Account for the rows of a log: rows used, rows quarantined, and changes made to values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from fairaudit.core.errors import FairauditError
from fairaudit.core.text import csv_text

__all__ = ["DataQuality", "quarantine_csv"]


@dataclass(frozen=True)
class DataQuality:
    """Counts of used and quarantined rows, where ``rows_in == rows_used + rows_quarantined``.

    Attributes
    ----------
    rows_in, rows_used, rows_quarantined
        Numbers of rows.
    by_code
        Number of rows per problem code. A row with two problems counts under both.
    coercions
        Number of used rows per type of change to a value (``zip_plus4_cut``, ...) or remarkable content
        (``empty_references``). Types that did not occur are left out.
    notes
        Sentences about whole files.
    caveats
        Sentences about faults of the log that a reader of the verdict must know.

    Examples
    --------
    >>> DataQuality(rows_in=10, rows_used=9, rows_quarantined=1, by_code={"negative_count": 1}).share_quarantined
    0.1
    """

    rows_in: int
    rows_used: int
    rows_quarantined: int
    by_code: Mapping[str, int] = field(default_factory=dict)
    coercions: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.rows_in != self.rows_used + self.rows_quarantined:
            raise FairauditError(
                f"{self.rows_in} rows were read, but {self.rows_used} used and {self.rows_quarantined} quarantined; "
                "this is a fault of fairaudit"
            )

    @property
    def share_quarantined(self) -> float:
        """Share of rows that are quarantined."""
        return self.rows_quarantined / self.rows_in if self.rows_in else 0.0


def quarantine_csv(quarantine: pd.DataFrame) -> str:
    """Return quarantined rows as CSV that is safe to open in a spreadsheet."""
    cells = quarantine.astype(object).where(quarantine.notna(), None)
    return csv_text(quarantine.columns, cells.itertuples(index=False))
