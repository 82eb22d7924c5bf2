"""Account for the rows of a log: rows used, rows quarantined, and changes made to values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fairaudit.core.errors import FairauditError
from fairaudit.core.privacy import at_most
from fairaudit.core.text import csv_text
from fairaudit.scoring import Scripts

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["DataQuality", "Findings", "Join", "PartJoin", "no_quarantine", "quarantine_csv"]


@dataclass(frozen=True)
class Join:
    """What became of a table that was joined with a log.

    Attributes
    ----------
    name, sha256
        Base name and SHA-256 of its file.
    key
        Column by which it was joined, under fairaudit's name.
    columns
        Columns that it gave to the log.
    rows, matched
        Number of rows of the log, and of those whose id is in the table.
    ids, used
        Numbers of ids in the table, and of those that are in the log.
    alike
        Number of ids that are only on one side, but differ from one on the other side only in case, blanks, leading
        zeros or number format.
    unmatched, unused, pairs
        Examples of ids that are only in the log, of ids that are only in the table, and of alike ids. Results do not
        hold them.

    Examples
    --------
    >>> join = Join("utt2spk", "ab12", "utterance_id", ("speaker_id",), rows=9, matched=6, ids=7, used=6)
    >>> print(join.sentence)
    utt2spk: joined by utterance_id; 6 of 9 rows have a match, and 1 of its 7 ids does not occur in the log
    >>> print(Join("ages", "cd34", "speaker_id", ("age",), rows=400, matched=373, ids=80, used=80).caveat)
    ages: up to 49 of 400 utterances (12.2%) have no match in this file and lack 'age'
    """

    name: str
    sha256: str
    key: str
    columns: tuple[str, ...]
    rows: int
    matched: int
    ids: int
    used: int
    alike: int = 0
    unmatched: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()

    @property
    def rate(self) -> float | None:
        """Share of the rows of the log whose id is in the table."""
        return self.matched / self.rows if self.rows else None

    @property
    def sentence(self) -> str:
        """What the join did in exact numbers, without ids; for those who have the log."""
        n = self.ids - self.used
        rows = f"all {self.rows:,} rows" if self.matched == self.rows else f"{self.matched:,} of {self.rows:,} rows"
        have = "has" if self.matched == 1 < self.rows else "have"
        ids = f"all of its {self.ids:,} ids occur" if not n else f"{n:,} of its {self.ids:,} ids "
        ids += "" if not n else "does not occur" if n == 1 else "do not occur"
        alike = "1 id differs" if self.alike == 1 else f"{self.alike:,} ids differ"
        alike = f"; {alike} only in case, blanks, leading zeros or number format" if self.alike else ""
        return f"{self.name}: joined by {self.key}; {rows} {have} a match, and {ids} in the log{alike}"

    @property
    def note(self) -> str:
        """What the join did, for results: numbers that can be those of few speakers are rounded."""
        absent, alike = at_most(self.ids - self.used), at_most(self.alike)
        rows = f"at least {self.rows - self._without:,} of {self.rows:,} rows" if self._without else "all rows"
        ids = f"up to {absent:,} of its ids do not occur" if absent else "all of its ids occur"
        spelled = f"; up to {alike:,} ids differ only in case, blanks, leading zeros or number format" if alike else ""
        return f"{self.name}: joined by {self.key}; {rows} have a match, and {ids} in the log{spelled}"

    @property
    def caveat(self) -> str | None:
        """What a reader of the verdict must know: rows of the log that got nothing from the file, rounded up."""
        if not self._without:
            return None
        rows = f"up to {self._without:,} of {self.rows:,} utterances ({self._without / self.rows:.1%})"
        columns = f" and lack {', '.join(map(repr, self.columns))}" if self.columns else ""
        return f"{self.name}: {rows} have no match in this file{columns}"

    @property
    def _without(self) -> int:
        """Number of rows without a match, rounded up."""
        return min(at_most(self.rows - self.matched), self.rows)

    @property
    def examples(self) -> str:
        """Examples of ids without a match on both sides, or an empty text."""
        parts = [f"only in the log: {', '.join(map(repr, self.unmatched))}"] if self.unmatched else []
        parts += [f"only in {self.name}: {', '.join(map(repr, self.unused))}"] if self.unused else []
        parts += [f"alike but not equal: {', '.join(f'{a!r} and {b!r}' for a, b in self.pairs)}"] if self.pairs else []
        return "; ".join(parts)


@dataclass(frozen=True)
class PartJoin:
    """What became of a file that was joined with a part of a log.

    Attributes
    ----------
    sha256
        Hash of the file.
    key, columns, rows, matched
        As in :class:`Join`, for the rows of the part.
    lacking
        Ids of the part that the file lacks, sorted.
    used
        Whether each id of the file occurs in the part, in the order of the ids.
    """

    sha256: str
    key: str
    columns: tuple[str, ...]
    rows: int
    matched: int
    lacking: tuple[str, ...]
    used: tuple[bool, ...]


@dataclass(frozen=True)
class DataQuality:
    """Counts of rows, where ``rows_in == rows_used + rows_quarantined + rows_left_out``.

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
    joins
        The tables that were joined with the log.
    rows_left_out
        Number of rows that do not satisfy the conditions of the user (``where``).

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
    joins: tuple[Join, ...] = ()
    rows_left_out: int = 0

    def __post_init__(self) -> None:
        if self.rows_in != self.rows_used + self.rows_quarantined + self.rows_left_out:
            raise FairauditError(
                f"{self.rows_in} rows were read, but {self.rows_used} used, {self.rows_quarantined} quarantined and "
                f"{self.rows_left_out} left out; this is a fault of fairaudit"
            )

    @property
    def join_rates(self) -> dict[str, float | None]:
        """Share of the rows with a match in each table that was joined; tables of the same name count as one.

        Several scored logs may each have been joined with a table of that name.

        Examples
        --------
        >>> from dataclasses import replace
        >>> first = Join("utt2spk", "ab12", "utterance_id", ("speaker_id",), rows=9, matched=6, ids=7, used=6)
        >>> DataQuality(12, 12, 0, joins=(first, replace(first, rows=3, matched=3))).join_rates
        {'utt2spk by utterance_id': 0.75}
        """
        sums: dict[str, tuple[int, int]] = {}
        for join in self.joins:
            rows, matched = sums.get(name := f"{join.name} by {join.key}", (0, 0))
            sums[name] = rows + join.rows, matched + join.matched
        return {name: matched / rows if rows else None for name, (rows, matched) in sums.items()}

    @property
    def share_quarantined(self) -> float:
        """Share of the rows that are not left out which are quarantined."""
        read = self.rows_in - self.rows_left_out
        return self.rows_quarantined / read if read else 0.0


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
    notes, joins
        As in :class:`DataQuality`.

    Examples
    --------
    >>> (Findings({"zip_padded": 1, "zip_not_us": 0}) + Findings({"zip_padded": 2, "zip_not_us": 3}, 4)).changes
    {'zip_padded': 3, 'zip_not_us': 3}
    """

    changes: Mapping[str, int]
    alike_ids: int = 0
    scripts: Scripts | None = None
    notes: tuple[str, ...] = ()
    joins: tuple[Join, ...] = ()

    def __add__(self, other: Findings) -> Findings:
        """Return what was found in two parts of a log, which were read in the same way."""
        changes = {name: n + other.changes.get(name, 0) for name, n in self.changes.items()}
        scripts = self.scripts + other.scripts if self.scripts and other.scripts else self.scripts or other.scripts
        notes = tuple(dict.fromkeys([*self.notes, *other.notes]))
        joins = (*self.joins, *other.joins)
        return Findings({**other.changes, **changes}, self.alike_ids + other.alike_ids, scripts, notes, joins)

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
