"""The interface of a file format."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from fairaudit.core.errors import InputError
from fairaudit.engines import EmbeddedEngine
from fairaudit.inputs.opening import OpenedFile

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "FILE",
    "NO_HYPOTHESIS",
    "NO_REFERENCE",
    "ROW",
    "ROWS",
    "Format",
    "check_names",
    "numbered",
    "without_headers",
]

#: Columns that reading adds: the numbers of a row in its file and of its file, and whether a text is missing (0 or 1).
ROW: Final = "__row__"
FILE: Final = "__file__"
NO_REFERENCE: Final = "__no_reference__"
NO_HYPOTHESIS: Final = "__no_hypothesis__"
#: Column of a tally with the number of rows of the log that a row sums up.
ROWS: Final = "__rows__"
_ADDED: Final = (ROW, FILE, NO_REFERENCE, NO_HYPOTHESIS, ROWS)
_HALF: Final = re.compile("[\ud800-\udfff]")


class Reader(Protocol):
    """Streams a file as record batches with any columns of single values, and :data:`ROW` as int64."""

    def __call__(
        self, file: OpenedFile, engine: EmbeddedEngine, wanted: Collection[str] = (), /
    ) -> Iterator[pa.RecordBatch]:
        """Read a file. Of ``wanted``, the columns that the user named, some may be paths into objects."""


@dataclass(frozen=True)
class Format:
    """A file format for logs.

    Attributes
    ----------
    name
        Value of ``--format``.
    recognises
        Whether the first bytes of an uncompressed file look like this format.
    read
        Streams a file as record batches; see :class:`Reader`.
    distinguishes_empty
        Whether the format distinguishes an empty text from a missing text.
    free_fields
        Whether a row may lack columns, so that shards need not have the same columns.
    has_end
        Whether the content shows that a file is complete, so that it need not end in a line break.
    header
        Reads the columns of a file whose beginning alone is there; None if only the whole file shows them.
    names
        For a format with naming conventions: fairaudit's column name -> possible names, in order of preference.
    """

    name: str
    recognises: Callable[[bytes], bool]
    read: Reader
    distinguishes_empty: bool
    free_fields: bool = False
    has_end: bool = False
    header: Callable[[OpenedFile], list[str]] | None = None
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def check_names(where: str, names: Sequence[str]) -> None:
    """Raise if the engine could not tell the columns of a file from each other, or from those that reading adds.

    Raises
    ------
    InputError
        If a name is empty or one that fairaudit uses itself, if two names are equal or differ only in case, or if a
        name contains half of a character or a NUL, at which the engine would truncate it.

    Examples
    --------
    >>> check_names("log.csv", ["words", "Words"])
    Traceback (most recent call last):
    ...
    fairaudit.core.errors.InputError: log.csv: columns 'words' and 'Words' differ only in case; rename one of them
    """
    seen: dict[str, str] = {}
    for number, name in enumerate(names, start=1):
        folded = name.casefold()
        if not name:
            raise InputError(f"{where}: column {number} has no name; name it")
        if "\0" in name or _HALF.search(name):
            what = "a NUL" if "\0" in name else "half of a character"
            raise InputError(f"{where}: the name of column {name!r} contains {what}; rename the column")
        if folded in _ADDED:
            raise InputError(f"{where}: fairaudit itself uses the name of column {name!r}; rename the column")
        if folded in seen:
            twins = f"column {name!r} occurs twice"
            if seen[folded] != name:
                twins = f"columns {seen[folded]!r} and {name!r} differ only in case"
            raise InputError(f"{where}: {twins}; rename one of them")
        seen[folded] = name


def numbered(batches: Iterable[pa.RecordBatch], first_row: int) -> Iterator[pa.RecordBatch]:
    """Number the rows of batches, starting at ``first_row``.

    Examples
    --------
    >>> import pyarrow as pa
    >>> [batch[ROW].to_pylist() for batch in numbered([pa.record_batch({"a": ["x", "y"]})], 2)]
    [[2, 3]]
    """
    import numpy as np
    import pyarrow as pa

    for batch in batches:
        rows = np.arange(first_row, first_row + len(batch), dtype=np.int64)
        first_row += len(batch)
        yield pa.RecordBatch.from_arrays([*batch.columns, pa.array(rows)], names=[*batch.schema.names, ROW])


def without_headers(batches: Iterable[pa.RecordBatch], where: str, notes: list[str]) -> Iterator[pa.RecordBatch]:
    """Leave out rows that repeat the header, as in a file that was put together from several ones.

    Parameters
    ----------
    batches
        Rows with the column :data:`ROW`.
    where, notes
        Name of the file, and a list to which a sentence is added if rows are left out.

    Raises
    ------
    InputError
        If a row is a header with other columns, or with the columns in another order.

    Examples
    --------
    >>> import pyarrow as pa
    >>> rows = pa.record_batch({"speaker_id": ["a", "speaker_id"], "words": ["3", "words"], ROW: [2, 3]})
    >>> notes = []
    >>> [batch.num_rows for batch in without_headers([rows], "log.csv", notes)], notes
    ([1], ['log.csv: 1 row repeats the header and was left out (row 3)'])
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    repeated: list[int] = []
    for batch in batches:
        names = [name for name in batch.schema.names if name != ROW]
        if len(names) < 2 or not _is_text(batch.schema.field(names[0]).type):
            yield batch
            continue
        first = pc.utf8_ltrim(batch.column(names[0]), "\ufeff")
        likely = pc.indices_nonzero(pc.is_in(first, pa.array(names, first.type))).to_pylist()
        found = [i for i in likely if _is_header(batch.slice(i, 1).to_pylist()[0], names, where)]
        repeated += batch.column(ROW).take(pa.array(found, pa.int64())).to_pylist()
        yield batch.filter(pa.array([i not in set(found) for i in range(len(batch))])) if found else batch
    if repeated:
        n, shown = len(repeated), ", ".join(map(str, repeated[:5])) + ", ..." * (len(repeated) > 5)
        what = "1 row repeats the header and was" if n == 1 else f"{n} rows repeat the header and were"
        notes.append(f"{where}: {what} left out (row{'s' * (n > 1)} {shown})")


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_header(row: Mapping[str, Any], names: Sequence[str], where: str) -> bool:
    """Whether a row repeats the header; raise if it is another header."""
    cells = [str(row[name] or "").strip("\ufeff ") for name in names]
    if cells == [*names]:
        return True
    if 2 * len(set(cells) & set(names)) > len(names):
        raise InputError(
            f"{where}: row {row[ROW]} is another header: {cells}; the header is {[*names]}; give files with other "
            "columns or another order of columns separately"
        )
    return False
