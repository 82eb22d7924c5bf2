"""Read vectors from NumPy files. Nothing is unpickled, and no size that a file declares is believed."""

from __future__ import annotations

import io
import math
import sys
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from fairaudit.core.errors import InputError
from fairaudit.inputs.vectors import ID_NAMES, MATRIX_NAMES, Vectors, pick, refuse_bomb, span, stacked, vector_length

__all__ = ["read_npy", "read_npz"]

_SUFFIX: Final = ".npy"
_SHOWN: Final = 5
#: NumPy itself evaluates no longer header.
_LONGEST_HEADER: Final = 10_000
_PICKLED: Final = (
    "it contains pickled objects, which fairaudit never opens; save the ids as an array of texts and the vectors as "
    "one matrix"
)


@dataclass(frozen=True)
class _Header:
    """What the header of an array declares."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]

    @classmethod
    def read(cls, stream: IO[bytes]) -> _Header:
        first = npy.read_magic(stream) == (1, 0)
        size = stream.read(2 if first else 4)
        length = int.from_bytes(size, "little")
        if length > _LONGEST_HEADER:
            raise ValueError(f"its header declares {length} bytes")
        content = io.BytesIO(size + stream.read(length))
        header = cls(*(npy.read_array_header_1_0 if first else npy.read_array_header_2_0)(content))
        if any(length < 0 for length in header.shape):
            raise ValueError(f"the shape {header.shape} is negative")
        return header

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def is_number(self) -> bool:
        return self.dtype.kind in "fiu"

    @property
    def is_matrix(self) -> bool:
        """Whether it is one vector per row: (n, d), or (n, 1, d) as SpeechBrain writes."""
        return self.is_number and len(self.shape) > 1 and vector_length(self.shape[1:]) is not None

    def array(self, stream: IO[bytes]) -> NDArray[Any]:
        """Read the array, which must be all that is left of the stream."""
        content = stream.read(self.nbytes + 1)
        if len(content) != self.nbytes:
            raise ValueError(f"{self.nbytes} bytes are declared, but there are others")
        if self.dtype.kind == "U":  # NumPy makes texts of any numbers, at which other libraries crash
            codes = np.frombuffer(content, np.dtype("u4").newbyteorder(self.dtype.byteorder))
            if ((codes > sys.maxunicode) | ((codes >= 0xD800) & (codes <= 0xDFFF))).any():
                raise ValueError("a text holds numbers that are no characters")
        return np.frombuffer(content, self.dtype).reshape(self.shape, order="F" if self.fortran else "C")

    def __str__(self) -> str:
        return f"{self.dtype} {self.shape}"


def read_npz(path: Path, id_column: str | None) -> Vectors:
    """Read an archive with an array of ids and a matrix, or with one array per id.

    Raises
    ------
    InputError
        If the archive is damaged, is no NumPy file, or its arrays are no ids and vectors.
    """
    with _damage_reported(path), zipfile.ZipFile(path) as archive:
        _refuse_other_archives(path.name, archive.namelist())
        members = [info for info in archive.infolist() if info.filename.endswith(_SUFFIX)]
        names = [info.filename.removesuffix(_SUFFIX) for info in members]
        if len({*names}) < len(names):
            raise InputError(f"{path.name}: two arrays have the same name")
        headers = {}
        for name, info in zip(names, members, strict=True):
            with archive.open(info) as stream:
                headers[name] = _Header.read(stream)
        return _ArchiveOfArrays(path, archive, headers).vectors(id_column)


@dataclass(frozen=True)
class _ArchiveOfArrays:
    """An open archive. Only the arrays that are used are read."""

    path: Path
    archive: zipfile.ZipFile
    headers: Mapping[str, _Header]

    def vectors(self, id_column: str | None) -> Vectors:
        matrices = [name for name, header in self.headers.items() if header.is_matrix]
        matrix = pick(matrices, MATRIX_NAMES)
        if id_column is None and self._is_one_array_per_id(matrix):
            return self._by_id()
        if matrix is None:
            raise self._error("one matrix of vectors is needed")
        n = self.headers[matrix].shape[0]
        if n == 0:
            raise InputError(f"{self.path.name}: {matrix!r} holds no vectors")
        lists = [name for name, header in self.headers.items() if name != matrix and self._could_be_ids(header, n)]
        texts = [name for name in lists if self.headers[name].dtype.kind in "US"]
        ids = id_column if id_column is not None else pick(lists, ID_NAMES) or pick(texts, ID_NAMES)
        if ids is None or ids not in lists:
            raise self._error(f"an array of {n} ids is needed beside {matrix!r}")
        unused = {name: self._why_unused(header) for name, header in self.headers.items() if name not in (ids, matrix)}
        self._refuse_bombs([ids, matrix])
        return Vectors(self._load(ids).ravel().tolist(), self._load(matrix).reshape(n, -1), (ids, matrix), unused)

    def _is_one_array_per_id(self, matrix: str | None) -> bool:
        lengths = {vector_length(header.shape) for header in self.headers.values() if header.is_number}
        all_numbers = all(header.is_number for header in self.headers.values())
        return all_numbers and len(lengths) == 1 and None not in lengths and (matrix is None or len(self.headers) > 1)

    def _by_id(self) -> Vectors:
        names = [*self.headers]
        self._refuse_bombs(names)
        matrix = stacked(self.path.name, [self._load(name).ravel() for name in names])
        return Vectors(names, matrix, (f"one array per id: {len(names)}",))

    @staticmethod
    def _could_be_ids(header: _Header, n: int) -> bool:
        return header.dtype.kind in "USiuf" and header.shape in ((n,), (n, 1))

    @staticmethod
    def _why_unused(header: _Header) -> str:
        return "pickled objects, which fairaudit never opens" if header.dtype.hasobject else f"an array of {header}"

    def _refuse_bombs(self, names: list[str]) -> None:
        refuse_bomb(self.path.name, sum(self.headers[name].nbytes for name in names), self.path.stat().st_size)

    def _load(self, name: str) -> NDArray[Any]:
        with self.archive.open(name + _SUFFIX) as stream:
            return _Header.read(stream).array(stream)

    def _error(self, needed: str) -> InputError:
        if any(header.dtype.hasobject for header in self.headers.values()):
            return InputError(f"{self.path.name}: {_PICKLED}")
        shapes = {name: str(header) for name, header in [*self.headers.items()][:_SHOWN]}
        more = f" and {len(self.headers) - _SHOWN} more arrays" if len(self.headers) > _SHOWN else ""
        return InputError(
            f"{self.path.name}: {needed}; the file has {shapes}{more}; save 'ids' of shape (n,) and 'embeddings' of "
            "shape (n, dimensions)"
        )


def read_npy(path: Path) -> Vectors:
    """Read a matrix, with ids from the file ``<stem>.ids.txt`` beside it.

    Raises
    ------
    InputError
        If a file is damaged, or the array holds no vectors.
    """
    beside = path.with_suffix(".ids.txt")
    if not beside.is_file():
        raise InputError(
            f"{path.name}: the ids must be in {beside.name!r} in the same folder, one per line; there is no such file"
        )
    try:
        ids = [line.removesuffix("\r") for line in beside.read_text(encoding="utf-8-sig").rstrip("\r\n").split("\n")]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{beside.name}: not a readable list of ids in UTF-8") from error
    with _damage_reported(path), path.open("rb") as stream:
        header = _Header.read(stream)
        if header.dtype.hasobject:
            raise InputError(f"{path.name}: {_PICKLED}")
        if not header.is_matrix:
            raise InputError(f"{path.name}: one vector per row is needed; the file has {header}")
        if not header.shape[0]:
            raise InputError(f"{path.name}: it holds no vectors")
        refuse_bomb(path.name, header.nbytes, path.stat().st_size)
        return Vectors(ids, header.array(stream).reshape(header.shape[0], -1), (beside.name, path.name))


def _refuse_other_archives(where: str, names: list[str]) -> None:
    if any(name.endswith("data.pkl") for name in names):
        raise InputError(f"{where}: this is a PyTorch file, a pickle that fairaudit never opens; save .npz or Parquet")
    if "[Content_Types].xml" in names:
        raise InputError(f"{where}: this is an Office document; save the table as CSV")
    if not any(name.endswith(_SUFFIX) for name in names):
        raise InputError(
            f"{where}: this is a zip archive without NumPy arrays ({span(names) or 'it is empty'}); unpack it"
        )


@contextmanager
def _damage_reported(path: Path) -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # headers are evaluated as Python
            yield
    except InputError:
        raise
    except Exception as error:  # zipfile, zlib, lzma, tokenize and ast raise what they like
        raise InputError(f"{path.name}: not a readable NumPy file; it is damaged or cut off") from error
