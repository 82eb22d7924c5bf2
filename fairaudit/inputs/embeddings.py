"""Files that hold embeddings: ``.npz``, ``.npy`` with ids beside it, Parquet with a list column, CSV."""

from __future__ import annotations

import os
import zipfile
import zlib
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
    """Read one vector per speaker or utterance; what the file is, is told by its first bytes.

    Parameters
    ----------
    path
        ``.npz`` with an array of ids and a matrix; ``.npy`` with ``<stem>.ids.txt`` beside it (one id per line);
        Parquet with an id column and a list column; CSV or TSV with an id column and one column per dimension.
    id_column
        Name of the ids' array or column; by default whatever of ids, utterance_id, speaker_id, ... there is.

    Raises
    ------
    InputError
        If the file is unreadable or a pickle, ids or vectors cannot be found, or dimensions differ.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            magic = file.read(6)
    except OSError as error:
        raise InputError(f"{path.name}: {error.strerror or error}") from error
    if magic.startswith(_PICKLES):
        raise InputError(f"{path.name}: this is a Python pickle, which is never opened; save it as .npz or Parquet")
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
        raise InputError(f"{path.name}: one matrix of vectors is needed; it has {shapes}")
    lists = [name for name, array in arrays.items() if array.ndim == 1 and len(array) == len(matrix)]
    name = id_column if id_column is not None else _pick(lists, _ID_NAMES)
    if name is None or name not in lists:
        raise InputError(f"{path.name}: an array of {len(matrix)} ids is needed; it has {shapes}; say which one it is")
    return list(arrays[name].tolist()), matrix


def _from_npy(path: Path) -> tuple[list[object], NDArray[Any]]:
    beside = path.with_suffix(".ids.txt")
    if not beside.exists():
        raise InputError(
            f"{path.name}: its ids are looked for in {beside.name!r} beside it, one per line; there is none"
        )
    return list(beside.read_text(encoding="utf-8-sig").splitlines()), _load(path)


def _load(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            loaded = np.load(file, allow_pickle=False)
            return loaded if isinstance(loaded, np.ndarray) else {name: loaded[name] for name in loaded.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        if "pickle" in str(error):
            raise InputError(
                f"{path.name}: it holds pickled objects, which are never opened; save ids as an array of texts and "
                "vectors as one matrix"
            ) from error
        raise InputError(f"{path.name}: no readable NumPy file ({error})") from error


def _from_parquet(path: Path, id_column: str | None) -> tuple[list[object], NDArray[Any]]:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
    from pyarrow import types

    try:
        table = pq.read_table(path, page_checksum_verification=True)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path.name}: no readable Parquet file ({error})") from error
    kinds = {field.name: field.type for field in table.schema}
    vectors = [name for name, kind in kinds.items() if types.is_list(kind) or types.is_fixed_size_list(kind)]
    vector = _pick(vectors, _MATRIX_NAMES)
    if vector is None:
        raise InputError(f"{path.name}: one column of lists is needed; it has {list(kinds)}")
    key = find_column(id_column, _ID_NAMES, pd.DataFrame(columns=table.column_names), path.name)
    lengths = pc.value_counts(pc.fill_null(pc.list_value_length(table[vector]), 0)).to_pylist()
    if len(lengths) > 1:
        found = {one["values"]: one["counts"] for one in lengths}
        raise InputError(f"{path.name}: vectors have different numbers of dimensions (dimensions: vectors) {found}")
    flat = pc.list_flatten(table[vector]).combine_chunks().to_numpy(zero_copy_only=False)
    return list(table[key].to_pylist()), np.asarray(flat, dtype=np.float32).reshape(len(table), -1)


def _from_cells(path: Path, id_column: str | None) -> tuple[list[object], NDArray[Any]]:
    cells = read_table(path)
    key = find_column(id_column, _ID_NAMES, cells, path.name)
    numbers = cells.drop(columns=key).apply(pd.to_numeric, errors="coerce")
    texts = [
        str(name) for name in numbers if (numbers[name].isna() & cells[name].notna() & (cells[name] != "nan")).any()
    ]
    if texts:
        raise InputError(f"{path.name}: all columns but {key!r} must be numbers; {texts} are not")
    if numbers.empty:
        raise InputError(f"{path.name}: beside {key!r} there is no column of numbers")
    return list(cells[key]), numbers.to_numpy(dtype=np.float64)


def _pick(names: list[str], usual: tuple[str, ...]) -> str | None:
    """The one with a usual name, else the only one."""
    folded = {name.casefold(): name for name in reversed(names)}
    found = next((folded[name] for name in usual if name in folded), None)
    return found if found is not None else (names[0] if len(names) == 1 else None)
