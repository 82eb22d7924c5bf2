"""Read pandas DataFrames, whose values are used unchanged."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pandas as pd

from fairaudit.core.errors import InputError
from fairaudit.inputs.formats.base import check_names
from fairaudit.inputs.formats.nested import describe, mark_nested

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["frame_table"]


def frame_table(frame: pd.DataFrame) -> tuple[pa.Table, str]:
    """Convert a frame to an Arrow table and hash its content.

    Parameters
    ----------
    frame
        The frame. Its index is ignored, objects are converted to text, and columns of lists are left out.

    Returns
    -------
    table, sha256
        The table, and a hash that depends only on column names and values. The schema of the table holds which columns
        were left out (:mod:`fairaudit.inputs.formats.nested`).

    Raises
    ------
    InputError
        If two columns have the same name, or names that differ only in case.

    Examples
    --------
    >>> frame_table(pd.DataFrame({"speaker_id": ["a"], "words": [3]}))[0].column_names
    ['speaker_id', 'words']
    """
    import pyarrow as pa

    names = [str(name) for name in frame.columns]
    check_names("<DataFrame>", names)
    columns = {name: frame.iloc[:, i] for i, name in enumerate(names)}
    nested = {name: value for name, column in columns.items() if (value := _nested(column)) is not None}
    table = pa.table({name: _array(column) for name, column in columns.items() if name not in nested})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    marked = mark_nested(table, {name: {**describe(value), "fields": []} for name, value in nested.items()})
    return marked, hashlib.sha256(sink.getvalue()).hexdigest()


def _nested(column: pd.Series) -> Any:
    """Return the first list, dictionary or array among the values of a column."""
    if column.dtype != object:
        return None
    return next(
        (one for one in column if isinstance(one, list | tuple | dict) or getattr(one, "shape", ()) != ()), None
    )


def _array(column: pd.Series) -> pa.Array:
    import pyarrow as pa

    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    if column.dtype != object:
        try:
            return pa.Array.from_pandas(column)
        except (pa.ArrowException, TypeError):  # types of pandas that Arrow does not have
            column = column.astype(object)
    texts = [None if gone else _text(value) for value, gone in zip(column, column.isna(), strict=True)]
    try:
        return pa.array(texts, pa.string())
    except UnicodeEncodeError as error:
        raise InputError(f"<DataFrame>: column {column.name!r} holds half of a character ({error.reason})") from None


def _text(value: object) -> str:
    if not isinstance(value, bytes):
        return str(value)
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise InputError("<DataFrame>: a cell holds bytes that are not UTF-8 text") from None
