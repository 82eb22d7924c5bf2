"""Labels of a log: which columns hold labels, and which spellings are the same label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from fairaudit.core.labels import displayed, label_key, may_mean_missing
from fairaudit.core.privacy import at_most
from fairaudit.engines import EmbeddedEngine
from fairaudit.engines.embedded import identifier, literal
from fairaudit.units.tally import merge_tallies

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["LABELS_AT_MOST", "Labels", "Values"]

#: Most labels of a column that can name cohorts.
LABELS_AT_MOST: Final = 60
#: Columns that one query examines, and cells that are held at once, which bound the memory.
_COLUMNS: Final = 256
_CELLS: Final = 2_000_000


@dataclass(frozen=True)
class Values:
    """Values of a column: their approximate number, and whether any of them is no number."""

    distinct: int
    has_texts: bool


@dataclass(frozen=True)
class Labels:
    """The labels of a relation, read once for each column; ``rows`` is the number of rows that a row sums up."""

    engine: EmbeddedEngine
    relation: str
    rows: str | None = None
    _spellings: dict[str, dict[str, int]] = field(default_factory=dict, init=False)
    _values: dict[str, Values] = field(default_factory=dict, init=False)

    def spellings(self, columns: Sequence[str]) -> dict[str, Mapping[str, int]]:
        """Return the number of rows of every spelling in each column; missing labels are left out."""
        self._count(columns)
        return {column: self._spellings[column] for column in columns}

    def _count(self, columns: Sequence[str]) -> None:
        """Count the spellings in some columns, in one query: planning one for each takes long if there are many."""
        new = [column for column in columns if column not in self._spellings]
        if not new:
            return
        if self.rows is not None:
            self._spellings.update((column, self._summed(column, self.rows)) for column in new)
            return
        counts: list[Counter[str]] = [Counter() for _ in new]
        query = f"SELECT {', '.join(map(identifier, new))} FROM {identifier(self.relation)}"
        for batch in self.engine.batches(query, size=max(1, _CELLS // len(new))):
            for counted, cells in zip(counts, batch.columns, strict=True):
                spellings, numbers = cells.drop_null().value_counts().flatten()
                counted.update(dict(zip(spellings.to_pylist(), numbers.to_pylist(), strict=True)))
        self._spellings.update(zip(new, map(dict, counts), strict=True))

    def _summed(self, column: str, rows: str) -> dict[str, int]:
        """Count the spellings in a column of a tally."""
        name = identifier(column)
        query = f"SELECT {name}, CAST(sum({identifier(rows)}) AS BIGINT) FROM {identifier(self.relation)}"
        return dict(self.engine.rows(f"{query} WHERE {name} IS NOT NULL GROUP BY 1 ORDER BY 1"))

    def joined(self, column: str) -> dict[str, str | None]:
        """Map every spelling that is not displayed to the displayed spelling of its label, or to None if blank."""
        spellings = self.spellings([column])[column]
        shown = {spelling: label for spelling, label in displayed(spellings).items() if spelling != label}
        return {**shown, **{spelling: None for spelling in spellings if not label_key(spelling)}}

    def caveats(self, column: str) -> tuple[str, ...]:
        """Say which spellings of a column are counted as one label, and which labels may mean that there is none."""
        spellings = self.spellings([column])[column]
        joined, caveats = displayed(spellings), []
        if labels := len({*map(label_key, joined)} - {""}):
            alike = sum(bool(label_key(spelling)) for spelling in joined)
            caveats.append(
                f"{column}: {alike:,} spellings that differ only in case, blanks, Unicode form or number format are "
                f"counted as {labels:,} {'label' if labels == 1 else 'labels'}"
            )
        if blank := sum(n for spelling, n in spellings.items() if not label_key(spelling)):
            caveats.append(f"{column}: a blank label counts as missing ({_utterances(blank)})")
        unsaid = {spelling: n for spelling, n in spellings.items() if may_mean_missing(spelling)}
        if unsaid:
            names = sorted({f"“{joined.get(spelling, spelling)}”" for spelling in unsaid})
            groups = "is audited as a group" if len(names) == 1 else "are audited as groups"
            caveats.append(
                f"{column}: {' and '.join(names)} may mean that no label was given, but {groups} "
                f"({_utterances(sum(unsaid.values()))})"
            )
        return tuple(caveats)

    def join(self, tally: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
        """Add up the rows of a tally whose keys are spellings of the same label.

        Parameters
        ----------
        tally
            Sums with one index level per key.
        columns
            Levels that hold labels.
        """
        self.spellings(columns)  # those of all columns in one query
        joined = {column: mapping for column in columns if (mapping := self.joined(column))}
        if not joined:
            return tally
        import pandas as pd

        names = list(tally.index.names)
        keys = tally.index.to_frame(index=False)
        for column, mapping in joined.items():
            keys[column] = [mapping.get(label, label) for label in keys[column]]
        index = pd.MultiIndex.from_frame(keys) if len(names) > 1 else pd.Index(keys[names[0]])
        return merge_tallies([tally.set_axis(index)])

    def spelled(self, columns: Sequence[str], labels: Collection[str] = ()) -> dict[str, str]:
        """Return SQL for the values of some columns; ``labels`` are those whose spellings are joined."""
        self.spellings([*labels])
        joined = {column: mapping for column in labels if (mapping := self.joined(column))}
        return {column: _renamed(identifier(column), joined.get(column, {})) for column in columns}

    def distinct(self, columns: Sequence[str], labels: Collection[str] = ()) -> pa.Table:
        """Return the distinct rows of some columns; ``labels`` are those columns whose spellings are joined."""
        spelled = self.spelled(columns, labels)
        wanted = ", ".join(f"{sql} AS {identifier(column)}" for column, sql in spelled.items())
        return self.engine.table(f"SELECT DISTINCT {wanted} FROM {identifier(self.relation)}")

    def values(self, keys: Sequence[str], places: Mapping[str, str] | None = None) -> dict[str, Values]:
        """Count the distinct values of columns approximately, each once.

        Parameters
        ----------
        keys
            Columns of texts.
        places
            Names and SQL of further keys, whose values are no texts.
        """
        spelled = {**{key: identifier(key) for key in keys}, **(places := places or {})}
        new = [key for key in spelled if key not in self._values]
        for start in range(0, len(new), _COLUMNS):
            batch = new[start : start + _COLUMNS]
            counts = ", ".join(
                f"approx_count_distinct({spelled[key]}), "
                + ("false" if key in places else f"count({spelled[key]}) > count(TRY_CAST({spelled[key]} AS DOUBLE))")
                for key in batch
            )
            row = self.engine.rows(f"SELECT {counts} FROM {identifier(self.relation)}")[0]
            self._values.update(zip(batch, map(Values, row[::2], row[1::2]), strict=True))
        return {key: self._values[key] for key in spelled}

    def label_columns(self, candidates: Sequence[str], most: int) -> tuple[str, ...]:
        """Return columns with 2 to 60 labels, but no more than ``most``, that are not all numbers."""
        values = self.values(candidates)
        # The approximate count is within a few per cent. It avoids exact counts of columns with many values.
        likely = [name for name in candidates if values[name].distinct <= 2 * LABELS_AT_MOST and values[name].has_texts]
        numbers = {name: len({*map(label_key, labels)} - {""}) for name, labels in self.spellings(likely).items()}
        return tuple(name for name, n in numbers.items() if 2 <= n <= min(LABELS_AT_MOST, most))


def _renamed(cell: str, names: Mapping[str, str | None]) -> str:
    """Return SQL for a cell whose spelling is replaced."""
    cases = "".join(
        f" WHEN {literal(old)} THEN {'NULL' if new is None else literal(new)}" for old, new in names.items()
    )
    return f"CASE {cell}{cases} ELSE {cell} END" if cases else cell


def _utterances(n: int) -> str:
    return f"up to {at_most(n):,} utterances"
