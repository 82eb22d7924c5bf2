"""The interface of a file format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from fairaudit.engines import EmbeddedEngine
from fairaudit.inputs.opening import OpenedFile

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ROW", "Format", "numbered"]

#: Column with the number of a row in its file.
ROW: Final = "__row__"


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
    names
        For a format with naming conventions: fairaudit's column name -> possible names, in order of preference.
    """

    name: str
    recognises: Callable[[bytes], bool]
    read: Callable[[OpenedFile, EmbeddedEngine], Iterator[pa.RecordBatch]]
    distinguishes_empty: bool
    free_fields: bool = False
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


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
