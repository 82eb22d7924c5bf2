"""Read Kaldi archives of vectors, as text or binary, without Kaldi."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.errors import InputError
from fairaudit.inputs.vectors import Vectors, stacked, vector_length

__all__ = ["is_ark", "read_ark", "vector_at"]

_ID: Final = rb"[^\s\0]+"
_BINARY: Final = re.compile(_ID + rb" \0B")
#: JSON, which begins with a brace or a bracket, is none.
_TEXT: Final = re.compile(rb"(?![{\[])" + _ID + rb"[ \t]+\[")
#: Type of a binary object -> type and number of sizes; matrices have rows and columns.
_KINDS: Final = {b"FV ": ("<f4", 1), b"DV ": ("<f8", 1), b"FM ": ("<f4", 2), b"DM ": ("<f8", 2)}
_RECORD: Final = re.compile(r"(\S+)[ \t]+\[([^\]]*)\]\s*")
_FRAMES: Final = "a matrix of frames; one vector per id is needed, such as its mean (Kaldi's ivector-mean)"
_SIZE: Final = struct.Struct("<bi")


def is_ark(head: bytes) -> bool:
    r"""Whether a file that begins with these bytes is a Kaldi archive of vectors.

    Examples
    --------
    >>> is_ark(b"s0  [ 0.5 1.5 ]\n"), is_ark(b"s0 \0BFV \x04"), is_ark(b"speaker_id,0,1\n")
    (True, True, False)
    """
    return any(pattern.match(head) for pattern in (_BINARY, _TEXT))


def read_ark(path: Path) -> Vectors:
    """Read an archive.

    Raises
    ------
    InputError
        If the archive is cut off or damaged, or holds matrices.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path.name}: {error.strerror or error}") from error
    records = [*(_binary if _BINARY.match(content) else _text)(content, path.name)]
    matrix = stacked(path.name, [vector for _, vector in records])
    return Vectors([name for name, _ in records], matrix, (f"one vector per id: {len(records)}",))


def _binary(content: bytes, where: str) -> Iterator[tuple[str, NDArray[Any]]]:
    at = 0
    while at < len(content):
        match = _BINARY.match(content, at)
        if match is None:
            raise InputError(f"{where}: the Kaldi archive is damaged at byte {at}")
        name = _decoded(match[0][:-3], where)
        vector, at = _object(content, match.end(), name, where)
        yield name, vector


def vector_at(content: bytes, at: int, name: str, where: str) -> NDArray[Any]:
    """Return the vector of an id at a place in a binary archive, as an index gives it.

    Raises
    ------
    InputError
        If there is no vector of floats.
    """
    if content[at : at + 2] != b"\0B":
        raise InputError(f"{where}: there is no binary object of Kaldi at byte {at} for {name!r}")
    return _object(content, at + 2, name, where)[0]


def _object(content: bytes, at: int, name: str, where: str) -> tuple[NDArray[Any], int]:
    """Return the vector at a place of an archive, and where it ends."""
    kind = _KINDS.get(content[at : at + 3])
    if kind is None:
        what = content[at : at + 3].decode("latin-1").strip()
        raise InputError(f"{where}: {name!r} is of Kaldi's type {what!r}; only vectors of floats are read (FV, DV)")
    at += 3
    dtype, n_sizes = kind
    shape = []
    for _ in range(n_sizes):
        if at + _SIZE.size > len(content):
            raise InputError(f"{where}: the Kaldi archive is cut off within {name!r}")
        width, length = _SIZE.unpack_from(content, at)
        if width != 4 or length < 0:
            raise InputError(f"{where}: the size of {name!r} is damaged")
        shape.append(length)
        at += _SIZE.size
    end = at + int(np.prod(shape, dtype=object)) * np.dtype(dtype).itemsize
    if end > len(content):
        raise InputError(f"{where}: the Kaldi archive is cut off within {name!r}")
    if vector_length(shape) is None:
        raise InputError(f"{where}: {name!r} is {_FRAMES}")
    return np.frombuffer(content[at:end], dtype), end


def _text(content: bytes, where: str) -> Iterator[tuple[str, NDArray[Any]]]:
    text, at = _decoded(content, where), 0
    while at < len(text):
        match = _RECORD.match(text, at)
        if match is None:
            row = text.count("\n", 0, at) + 1
            cut = "]" not in text[at:]
            raise InputError(f"{where}: the Kaldi archive is {'cut off' if cut else 'damaged'} in row {row}")
        name, numbers = match.groups()
        if "\n" in numbers.strip():
            raise InputError(f"{where}: {name!r} is {_FRAMES}")
        try:
            yield name, np.array(numbers.split(), dtype=np.float64)
        except ValueError as error:
            raise InputError(f"{where}: {name!r} holds a text that is no number") from error
        at = match.end()


def _decoded(content: bytes, where: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise InputError(f"{where}: byte {error.start} is not UTF-8") from error
