"""Read vectors that are lists: columns of Parquet files, and fields of JSON objects."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.errors import InputError
from fairaudit.core.text import json_fault, unique_keys
from fairaudit.inputs.suggesting import shown
from fairaudit.inputs.tables import find_column
from fairaudit.inputs.vector_columns import read_cells
from fairaudit.inputs.vectors import ID_NAMES, MATRIX_NAMES, Vectors, pick, refuse_bomb, stacked, vector_length

__all__ = ["read_json", "read_parquet"]

_OTHER: Final = "vectors are in another column"


def read_parquet(path: Path, id_column: str | None) -> Vectors:
    """Read a Parquet file with a column of lists (of any kind), or with one column per dimension.

    Raises
    ------
    InputError
        If the file is damaged, or ids or vectors cannot be found.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
        schema = file.schema_arrow
        lists = [field.name for field in schema if _is_list(_storage(field.type))]
        if len({*schema.names}) < len(schema.names):
            raise InputError(f"{path.name}: two columns have the same name; rename one of them")
        if not lists:
            return read_cells(path, id_column)
        vector = pick(lists, MATRIX_NAMES)
        if vector is None:
            raise InputError(f"{path.name}: one column of lists is needed; there are {shown(lists)}")
        key = find_column(id_column, ID_NAMES, [name for name in schema.names if name not in lists], path.name)
        _refuse_values(path, schema.field(vector))
        refuse_bomb(path.name, 4 * _values(file.metadata, vector), path.stat().st_size)
        table = file.read(columns=[key, vector])
        matrix = _matrix(path.name, table.column(vector))
        unused = {name: _OTHER for name in schema.names if name not in (key, vector)}
        return Vectors(table.column(key).to_pylist(), matrix, (key, vector), unused)
    except (pa.ArrowException, OSError, OverflowError, MemoryError) as error:
        raise InputError(f"{path.name}: not a readable Parquet file; it is damaged or cut off") from error


def _storage(dtype: Any) -> Any:
    """The plain type of values, also of tensors."""
    import pyarrow as pa

    return dtype.storage_type if isinstance(dtype, pa.BaseExtensionType) else dtype


def _is_list(dtype: Any) -> bool:
    from pyarrow import types

    return bool(types.is_list(dtype) or types.is_large_list(dtype) or types.is_fixed_size_list(dtype))


def _refuse_values(path: Path, field: Any) -> None:
    """Refuse lists of anything else than numbers; a list in a list is fine where it is the only one."""
    from pyarrow import types

    values = _storage(field.type).value_type
    while _is_list(values):
        values = values.value_type
    if not (types.is_integer(values) or types.is_floating(values) or types.is_decimal(values)):
        raise InputError(f"{path.name}: column {field.name!r} holds lists of {values}, not of numbers")


def _values(metadata: Any, column: str) -> int:
    """Number of values in the lists of a column, as declared."""
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    chunks = [group.column(i) for group in groups for i in range(group.num_columns)]
    return sum(chunk.num_values for chunk in chunks if chunk.path_in_schema.partition(".")[0] == column)


def _matrix(where: str, column: Any) -> NDArray[Any]:
    """Turn a column of lists into a matrix; missing lists become rows of NaN."""
    import pyarrow as pa
    import pyarrow.compute as pc

    chunks = [chunk.storage if isinstance(chunk, pa.ExtensionArray) else chunk for chunk in column.chunks]
    plain = pa.chunked_array(chunks, type=_storage(column.type))
    given = pc.is_valid(plain).to_numpy()
    lists = plain.filter(pc.is_valid(plain))
    while _is_list(lists.type.value_type):
        lists = _only_elements(where, lists)
    lengths = pc.value_counts(pc.list_value_length(lists)).to_pylist()
    if len(lengths) != 1:
        counts = {one["values"]: one["counts"] for one in lengths[:5]}
        problem = f"vectors have different numbers of dimensions (dimensions: vectors) {counts}"
        raise InputError(f"{where}: {problem if counts else 'no id has a vector'}")
    flat = pc.list_flatten(lists).to_numpy()
    matrix = np.full((len(given), lengths[0]["values"]), np.nan, dtype=np.float32)
    matrix[given] = np.asarray(flat, dtype=np.float32).reshape(len(lists), -1)
    return matrix


def _only_elements(where: str, lists: Any) -> Any:
    """Take the only list out of each list of lists."""
    import pyarrow.compute as pc

    if pc.min_max(pc.list_value_length(lists)).as_py() != {"min": 1, "max": 1}:
        raise InputError(f"{where}: lists of lists are several vectors; one vector per id is needed")
    return pc.list_flatten(lists)


def read_json(path: Path, text: str, id_column: str | None) -> Vectors:
    """Read objects with an id and a list, or one object of lists by id.

    Parameters
    ----------
    path
        The file.
    text
        Its content: one object per line, an array of objects, or one object.
    id_column
        Name of the field of ids.

    Raises
    ------
    InputError
        If the text is not JSON, or ids or vectors cannot be found.
    """
    records = _records(path.name, text)
    if len(records) == 1 and len(records[0]) > 1 and all(isinstance(value, list) for value in records[0].values()):
        ids: Sequence[Any] = [*records[0]]
        vectors = [*records[0].values()]
        used: tuple[str, ...] = (f"one list per id: {len(ids)}",)
        unused: dict[str, str] = {}
    else:
        names = [*dict.fromkeys(name for record in records for name in record)]
        lists = [name for name in names if any(isinstance(record.get(name), list) for record in records)]
        if not lists:
            return read_cells(path, id_column)
        vector = pick(lists, MATRIX_NAMES)
        if vector is None:
            raise InputError(f"{path.name}: one field of lists is needed; there are {shown(lists)}")
        key = find_column(id_column, ID_NAMES, [name for name in names if name not in lists], path.name)
        ids, vectors = [record.get(key) for record in records], [record.get(vector) for record in records]
        used, unused = (key, vector), {name: _OTHER for name in names if name not in (key, vector)}
    rows = [_vector(path.name, number, values) for number, values in enumerate(vectors, start=1)]
    return Vectors(ids, stacked(path.name, rows), used, unused)


def _vector(where: str, number: int, values: object) -> NDArray[Any] | None:
    if values is None:
        return None
    try:
        array = np.array(values, dtype=np.float64)
    except (ValueError, TypeError, OverflowError) as error:
        raise InputError(f"{where}: vector number {number} is not a list of numbers") from error
    if vector_length(array.shape) is None:
        raise InputError(f"{where}: vector number {number} is a list of lists; one vector per id is needed")
    return array.ravel()


def _records(where: str, text: str) -> list[dict[str, Any]]:
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    try:
        if text.lstrip().startswith("[") or not _is_json(lines[0][1]):
            content = _decoded(text)
            records = content if isinstance(content, list) else [content]
        else:
            records = [_decoded(line) for _, line in lines]
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{where}: not readable JSON ({json_fault(error)}); one whole object per line is needed"
        ) from error
    if not records or not all(isinstance(record, dict) for record in records):
        raise InputError(f"{where}: JSON objects are needed, each with an id and a list of numbers")
    return records


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _decoded(text: str) -> Any:
    return json.loads(text, object_pairs_hook=unique_keys)
