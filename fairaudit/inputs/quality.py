"""Account for the rows of a log: rows used, rows quarantined, and changes made to values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fairaudit.core.errors import FairauditError
from fairaudit.core.text import csv_text
from fairaudit.scoring import Scripts

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["DataQuality", "Findings", "no_quarantine", "quarantine_csv"]


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


@dataclass(frozen=True)
class Findings:
    """What reading found in a log, from which its caveats are written. The findings of parts can be added.

    Attributes
    ----------
    changes
        Number of used rows per type of change, as in :attr:`DataQuality.coercions`, with those that did not occur.
    alike_ids
        Number of utterance ids that differ from another one only in case, blanks, leading zeros or number format.
    scripts
        Scripts of the references; None for a log of counts.
    notes
        As in :attr:`DataQuality.notes`.

    Examples
    --------
    >>> (Findings({"zip_padded": 1, "zip_not_us": 0}) + Findings({"zip_padded": 2, "zip_not_us": 3}, 4)).changes
    {'zip_padded': 3, 'zip_not_us': 3}
    """

    changes: Mapping[str, int]
    alike_ids: int = 0
    scripts: Scripts | None = None
    notes: tuple[str, ...] = ()

    def __add__(self, other: Findings) -> Findings:
        """Return what was found in two parts of a log, which were read in the same way."""
        changes = {name: n + other.changes.get(name, 0) for name, n in self.changes.items()}
        scripts = self.scripts + other.scripts if self.scripts and other.scripts else self.scripts or other.scripts
        notes = tuple(dict.fromkeys([*self.notes, *other.notes]))
        return Findings({**other.changes, **changes}, self.alike_ids + other.alike_ids, scripts, notes)

    @property
    def coercions(self) -> dict[str, int]:
        """Types of change that occurred, for :attr:`DataQuality.coercions`."""
        return {name: n for name, n in self.changes.items() if n}


def no_quarantine() -> pa.Table:
    """Return a quarantine without rows."""
    import pyarrow as pa

    texts = dict.fromkeys(("file", "column", "code", "value"), pa.string())
    return pa.schema({"row": pa.int64(), **texts}).empty_table()


def quarantine_csv(quarantine: pa.Table) -> str:
    """Return quarantined rows as CSV that is safe to open in a spreadsheet."""
    columns = (column.to_pylist() for column in quarantine.columns)
    return csv_text(quarantine.column_names, zip(*columns, strict=True))
