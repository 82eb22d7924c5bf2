"""The interface of a file format."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from fairaudit.core.errors import InputError
from fairaudit.engines import EmbeddedEngine
from fairaudit.inputs.opening import OpenedFile

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["FILE", "NO_HYPOTHESIS", "NO_REFERENCE", "ROW", "Format", "check_names", "numbered"]

#: Columns that reading adds: the numbers of a row in its file and of its file, and whether a text is missing (0 or 1).
ROW: Final = "__row__"
FILE: Final = "__file__"
NO_REFERENCE: Final = "__no_reference__"
NO_HYPOTHESIS: Final = "__no_hypothesis__"
_ADDED: Final = (ROW, FILE, NO_REFERENCE, NO_HYPOTHESIS)
_HALF: Final = re.compile("[\ud800-\udfff]")


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
        Streams a file as record batches with any columns, and :data:`ROW` as int64.
    distinguishes_empty
        Whether the format distinguishes an empty text from a missing text.
    free_fields
        Whether a row may lack columns, so that shards need not have the same columns.
    header
        Reads the columns of a file of which only the beginning is there; None if only the whole file shows them.
    names
        For a format with naming conventions: fairaudit's column name -> possible names, in order of preference.
    """

    name: str
    recognises: Callable[[bytes], bool]
    read: Callable[[OpenedFile, EmbeddedEngine], Iterator[pa.RecordBatch]]
    distinguishes_empty: bool
    free_fields: bool = False
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
