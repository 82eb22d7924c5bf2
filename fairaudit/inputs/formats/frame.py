"""Read pandas DataFrames, whose values are used unchanged."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pandas as pd

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
        return pa.Array.from_pandas(column)
    if column.map(lambda value: isinstance(value, list | tuple | dict) or hasattr(value, "shape")).any():
        return None
    missing = column.isna()
    return pa.array([None if gone else str(value) for value, gone in zip(column, missing, strict=True)], pa.string())
