"""Read files of embeddings: ``.npz``, ``.npy`` with a file of ids, Parquet with a list column, CSV."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fairaudit.core.errors import InputError
from fairaudit.inputs.embedding_table import EmbeddingTable
from fairaudit.inputs.tables import find_column, read_table

__all__ = ["EmbeddingTable", "read_embeddings"]

_ID_NAMES: Final = (
    *("ids", "id", "utterance_ids", "utterance_id", "utt_ids", "utt_id"),
    *("speaker_ids", "speaker_id", "speakers", "speaker", "keys", "key", "names", "name"),
)
_MATRIX_NAMES: Final = ("embeddings", "embedding", "vectors", "vector", "xvectors", "matrix", "features", "emb", "x")
_ZIP, _NPY, _PARQUET = b"PK\x03\x04", b"\x93NUMPY", b"PAR1"
_PICKLES: Final = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


def read_embeddings(path: str | os.PathLike[str], *, id_column: str | None = None) -> EmbeddingTable:
    """Read one vector per speaker or utterance. The format is recognised by the first bytes of the file.

    Parameters
    ----------
    path
        ``.npz`` with an array of ids and a matrix; ``.npy`` with ``<stem>.ids.txt`` beside it (one id per line);
        Parquet with an id column and a list column; CSV or TSV with an id column and one column per dimension.
    id_column
        Name of the array or column of ids. By default, the first of ids, utterance_id, speaker_id, ... that exists.

    Raises
    ------
    InputError
        If the file is unreadable or a pickle, if ids or vectors cannot be found, or if dimensions differ.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            magic = file.read(6)
    except OSError as error:
        raise InputError(f"{path.name}: {error.strerror or error}") from error
    if magic.startswith(_PICKLES):
        raise InputError(f"{path.name}: this is a Python pickle, which fairaudit never opens; save .npz or Parquet")
    if magic.startswith(_ZIP):
        ids, vectors = _from_npz(path, id_column)
    elif magic.startswith(_NPY):
        ids, vectors = _from_npy(path)
    elif magic.startswith(_PARQUET):
        ids, vectors = _from_parquet(path, id_column)
    else:
        ids, vectors = _from_cells(path, id_column)
    return EmbeddingTable.of(ids, vectors, where=path.name)


def _from_npz(path: Path, id_column: str | None) -> tuple[list[object], NDArray[Any]]:
    arrays: Mapping[str, NDArray[Any]] = _load(path)
    matrices = {name: array for name, array in arrays.items() if array.ndim == 2 and array.dtype.kind in "fiu"}
    shapes = {name: f"{array.dtype} {array.shape}" for name, array in arrays.items()}
    matrix = matrices.get(_pick(list(matrices), _MATRIX_NAMES) or "")
    if matrix is None:
        raise InputError(f"{path.name}: one matrix of vectors is needed; the file has {shapes}")
    lists = [name for name, array in arrays.items() if array.ndim == 1 and len(array) == len(matrix)]
    name = id_column if id_column is not None else _pick(lists, _ID_NAMES)
    if name is None or name not in lists:
        raise InputError(
            f"{path.name}: an array of {len(matrix)} ids is needed; the file has {shapes}; give the name of the array"
        )
    return list(arrays[name].tolist()), matrix


def _from_npy(path: Path) -> tuple[list[object], NDArray[Any]]:
    beside = path.with_suffix(".ids.txt")
    if not beside.exists():
        raise InputError(
            f"{path.name}: the ids must be in {beside.name!r} in the same folder, one per line; there is no such file"
        )
    return list(beside.read_text(encoding="utf-8-sig").splitlines()), _load(path)


def _load(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            loaded = np.load(file, allow_pickle=False)
            return loaded if isinstance(loaded, np.ndarray) else {name: loaded[name] for name in loaded.files}
    except Exception as error:  # zipfile, zlib, lzma, tokenize and ast raise what they like
        if "pickle" in str(error):
            raise InputError(
                f"{path.name}: it contains pickled objects, which fairaudit never opens; save the ids as an array of "
                "texts and the vectors as one matrix"
            ) from error
        raise InputError(f"{path.name}: not a readable NumPy file; it is damaged or cut off") from error


def _from_parquet(path: Path, id_column: str | None) -> tuple[list[object], NDArray[Any]]:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
    from pyarrow import types

    try:
        table = pq.read_table(path, page_checksum_verification=True)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path.name}: not a readable Parquet file ({error})") from error
    dtypes = {field.name: field.type for field in table.schema}
    vectors = [name for name, dtype in dtypes.items() if types.is_list(dtype) or types.is_fixed_size_list(dtype)]
    vector = _pick(vectors, _MATRIX_NAMES)
    if vector is None:
        raise InputError(f"{path.name}: one column of lists is needed; the file has {list(dtypes)}")
    key = find_column(id_column, _ID_NAMES, table.column_names, path.name)
    lengths = pc.value_counts(pc.fill_null(pc.list_value_length(table[vector]), 0)).to_pylist()
    if len(lengths) > 1:
        counts = {one["values"]: one["counts"] for one in lengths}
        raise InputError(f"{path.name}: vectors have different numbers of dimensions (dimensions: vectors) {counts}")
    flat = pc.list_flatten(table[vector]).combine_chunks().to_numpy(zero_copy_only=False)
    return list(table[key].to_pylist()), np.asarray(flat, dtype=np.float32).reshape(len(table), -1)


def _from_cells(path: Path, id_column: str | None) -> tuple[list[object], NDArray[Any]]:
    cells = read_table(path).cells
    key = find_column(id_column, _ID_NAMES, [*map(str, cells.columns)], path.name)
    numbers = cells.drop(columns=key).apply(pd.to_numeric, errors="coerce")
    texts = [
        str(name) for name in numbers if (numbers[name].isna() & cells[name].notna() & (cells[name] != "nan")).any()
    ]
    if texts:
        raise InputError(f"{path.name}: all columns except {key!r} must be numbers; {texts} are not")
    if numbers.empty:
        raise InputError(f"{path.name}: there is no column of numbers besides {key!r}")
    return list(cells[key]), numbers.to_numpy(dtype=np.float64)


def _pick(names: list[str], usual: tuple[str, ...]) -> str | None:
    """Pick the name that is usual, or else the only name."""
    folded = {name.casefold(): name for name in reversed(names)}
    match = next((folded[name] for name in usual if name in folded), None)
    return match if match is not None else (names[0] if len(names) == 1 else None)
