"""Read pandas DataFrames, whose values are used unchanged."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pandas as pd

from fairaudit.core.errors import InputError
from fairaudit.inputs.formats.base import check_names

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
        The table, and a hash that depends only on column names and values.

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
    arrays = [_array(frame.iloc[:, i]) for i in range(len(names))]
    kept = {name: array for name, array in zip(names, arrays, strict=True) if array is not None}
    table = pa.table(kept)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return table, hashlib.sha256(sink.getvalue()).hexdigest()


def _array(column: pd.Series) -> pa.Array | None:
    import pyarrow as pa

    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    if column.dtype != object:
        try:
            return pa.Array.from_pandas(column)
        except (pa.ArrowException, TypeError):  # types of pandas that Arrow does not have
            column = column.astype(object)
    if column.map(lambda value: isinstance(value, list | tuple | dict) or hasattr(value, "shape")).any():
        return None
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
