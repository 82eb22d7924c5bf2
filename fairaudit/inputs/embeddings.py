"""Read embeddings: NumPy, Parquet, JSON lines, CSV, Kaldi archives, and folders of NumPy files."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path
from typing import Final

from fairaudit.core.binary import NUMPY, PARQUET, ZIP, binary_kind, compression_of
from fairaudit.core.errors import InputError
from fairaudit.engines import EmbeddedEngine
from fairaudit.inputs.embedding_table import EmbeddingTable
from fairaudit.inputs.kaldi_ark import is_ark, read_ark
from fairaudit.inputs.numpy_files import read_npy, read_npz
from fairaudit.inputs.opening import open_file
from fairaudit.inputs.tables import SideTable
from fairaudit.inputs.vector_columns import read_cells
from fairaudit.inputs.vector_folders import is_scp, read_folder, read_scp
from fairaudit.inputs.vector_lists import read_json, read_parquet
from fairaudit.inputs.vectors import Vectors

__all__ = ["EmbeddingTable", "read_embeddings"]

_HEAD: Final = 4096


def read_embeddings(path: str | os.PathLike[str], *, id_column: str | None = None) -> EmbeddingTable:
    """Read one vector per speaker or utterance. The format is recognised by the first bytes of the file.

    Parameters
    ----------
    path
        ``.npz`` with an array of ids and a matrix, or with one array per id; ``.npy`` with ``<stem>.ids.txt`` beside it
        (one id per line); Parquet or JSON lines with an id and a list; CSV, TSV or Parquet with an id column and one
        column per dimension; Kaldi archives of vectors, as text or binary, or an index of them (``scp``); a folder of
        ``.npy`` files with a vector each, named by id.
    id_column
        Name of the array or column of ids. By default, the first of ids, utterance_id, speaker_id, ... that exists.

    Raises
    ------
    InputError
        If the file is unreadable or a pickle, if ids or vectors cannot be found, or if it is unclear which columns are
        dimensions.
    """
    path = Path(path)
    if path.is_dir():
        return _table(path, *read_folder(path))
    if not path.is_file():
        what = "this is not a file" if path.exists() else "there is no such file"
        raise InputError(f"{path.name or path}: {what}")
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            head = file.read(_HEAD)
    except OSError as error:
        raise InputError(f"{path.name}: {error.strerror or error}") from error
    if is_scp(head):
        return _table(path, *read_scp(path))
    return _table(path, _read(path, head, id_column), sha256)


def _table(path: Path, vectors: Vectors, sha256: str) -> EmbeddingTable:
    """Check vectors, and record where they come from."""
    table = EmbeddingTable.of(vectors.ids, vectors.matrix, where=path.name)
    return replace(table, tables=(SideTable(path.name, sha256, vectors.used, vectors.unused, notes=vectors.notes),))


def _read(path: Path, head: bytes, id_column: str | None) -> Vectors:
    if not head:
        raise InputError(f"{path.name}: the file is empty")
    kind = binary_kind(head)
    if kind is ZIP:
        return read_npz(path, id_column)
    if kind is NUMPY:
        return read_npy(path)
    if kind is PARQUET:
        return read_parquet(path, id_column)
    if is_ark(head):
        return read_ark(path)
    if kind is not None and kind.compression is None:
        raise InputError(f"{path.name}: this is {kind.what}; save the vectors as .npz, Parquet or CSV")
    return _from_text(path, head, id_column)


def _from_text(path: Path, head: bytes, id_column: str | None) -> Vectors:
    """Read JSON or cells; both may be compressed."""
    method = compression_of(head)
    if method is not None:
        head = _uncompressed_head(path, method)
        if is_ark(head) or binary_kind(head) or b"\0" in head:
            raise InputError(f"{path.name}: this is a file of another format compressed with {method}; unpack it first")
    if b"\0" in head:
        raise InputError(f"{path.name}: this is a binary file of an unknown format; save .npz or Parquet")
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"{", b"[")):
        plain = open_file(path, EmbeddedEngine().scratch).path
        return read_json(path, plain.read_text(encoding="utf-8-sig"), id_column)
    return read_cells(path, id_column)


def _uncompressed_head(path: Path, method: str) -> bytes:
    import pyarrow as pa

    try:
        with pa.input_stream(str(path), compression=method) as stream:
            return bytes(stream.read(_HEAD))
    except OSError as error:
        raise InputError(f"{path.name}: the {method} data cannot be read ({error})") from error
