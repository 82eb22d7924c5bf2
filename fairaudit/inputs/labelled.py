"""The labels of a log, and the columns by which its speakers may not be independent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from fairaudit.core.columns import COORDINATES, RESERVED, SPEAKER, holds_bins
from fairaudit.engines import EmbeddedEngine
from fairaudit.engines.embedded import identifier
from fairaudit.inputs.formats.base import ROWS
from fairaudit.inputs.households import PLACE, shared_units
from fairaudit.inputs.labels import Labels, Values
from fairaudit.inputs.quality import DataQuality
from fairaudit.inputs.summed import Summed

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["LabelledLog"]


class LabelledLog:
    """What :class:`fairaudit.inputs.UtteranceLog` knows of the labels in its columns."""

    quality: DataQuality
    cluster: str | None
    columns: tuple[str, ...]
    _engine: EmbeddedEngine
    _relation: str
    _summed: Summed | None

    @cached_property
    def label_columns(self) -> tuple[str, ...]:
        """Columns that can name cohorts: further columns with 2 to 60 labels that are not all numbers."""
        self._count_values()
        return self._labels.label_columns([*filter(self._holds_labels, self.columns)], self.quality.rows_used - 1)

    @cached_property
    def shared_units(self) -> tuple[str, ...]:
        """Sentences about columns and places that few speakers share, as in a household."""
        columns = [*filter(self._holds_labels, self.columns)]
        unit = self.cluster or SPEAKER
        if self._summed is not None and self._summed.parts == 1:
            return self._summed.shared_units
        elsewhere = () if self._summed is None else self._summed.of_columns_left_out
        return elsewhere + shared_units(self._engine, self._relation, unit, self._count_values(), columns)

    def _count_values(self) -> dict[str, Values]:
        """Count the values of the sampling unit, of places and of columns that may hold labels, in one query."""
        places = {PLACE: PLACE} if {*COORDINATES} <= {*self.columns} else {}
        return self._labels.values([self.cluster or SPEAKER, *filter(self._holds_labels, self.columns)], places)

    def label_caveats(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Say which spellings of labels are joined, and which labels may mean that there is none.

        Parameters
        ----------
        columns
            Columns of labels; ids, places and columns that the log lacks are left out.

        Examples
        --------
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"speaker_id": list("abc"), "sex": ["f", "F", "n/a"], "errors": 1, "words": 9})
        >>> from fairaudit.inputs.reading import read_log
        >>> for caveat in read_log(frame).label_caveats(["sex"]):
        ...     print(caveat)
        sex: 2 spellings that differ only in case, blanks, Unicode form or number format are counted as 1 label
        sex: “n/a” may mean that no label was given, but is audited as a group (up to 9 utterances)
        """
        labels = filter(self._holds_labels, dict.fromkeys(columns))
        return tuple(caveat for column in labels if column in self.columns for caveat in self._labels.caveats(column))

    def spellings(self, columns: Iterable[str]) -> dict[str, Mapping[str, int]]:
        """Count the rows of every spelling in columns of labels; missing labels are left out.

        Parameters
        ----------
        columns
            Columns of the log.

        Examples
        --------
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"speaker_id": list("abc"), "sex": ["f", "F", None], "errors": 1, "words": 9})
        >>> from fairaudit.inputs.reading import read_log
        >>> read_log(frame).spellings(["sex"])
        {'sex': {'f': 1, 'F': 1}}
        """
        return self._labels.spellings([*columns])

    @property
    def _rows_in_row(self) -> str:
        """SQL for the number of rows of the log that a row of the relation sums up."""
        return "1" if self._summed is None else identifier(ROWS)

    @cached_property
    def _labels(self) -> Labels:
        return Labels(self._engine, self._relation, None if self._summed is None else ROWS)

    def _holds_labels(self, column: str) -> bool:
        """Whether a column may hold labels, whose spellings are joined; ids, places, counts and bins never are."""
        return column not in (*RESERVED, self.cluster) and not holds_bins(column)

    def distinct(self, by: Sequence[str]) -> pa.Table:
        """Return the distinct values of one or more of :attr:`columns`, with spellings of a label joined.

        Returns
        -------
        pyarrow.Table
            One row per combination, in any order.

        Examples
        --------
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"speaker_id": list("aab"), "sex": ["f", "f", "F"], "errors": 1, "words": 9})
        >>> from fairaudit.inputs.reading import read_log
        >>> sorted(read_log(frame).distinct(["speaker_id", "sex"]).to_pylist(), key=str)
        [{'speaker_id': 'a', 'sex': 'f'}, {'speaker_id': 'b', 'sex': 'f'}]
        """
        return self._labels.distinct(by, [*filter(self._holds_labels, by)])

    def _spelled(self, columns: Sequence[str]) -> dict[str, str]:
        """Return SQL for the values of some columns, with spellings of a label joined as in :meth:`distinct`."""
        return self._labels.spelled(columns, [*filter(self._holds_labels, columns)])
