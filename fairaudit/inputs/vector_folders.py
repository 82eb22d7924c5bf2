"""Read vectors that are in several files: a folder of ``.npy`` files named by id, and Kaldi's indices (``scp``)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.binary import NUMPY, binary_kind
from fairaudit.core.errors import InputError
from fairaudit.core.files import sha256_of
from fairaudit.inputs.files import require_file
from fairaudit.inputs.kaldi_ark import vector_at
from fairaudit.inputs.vectors import Vectors, stacked, vector_length

__all__ = ["is_scp", "read_folder", "read_scp"]

_LINE: Final = re.compile(r"(\S+)[ \t]+(.+):([0-9]+)")
#: Bytes of a file with one vector.
_LARGEST: Final = 1 << 24


def is_scp(head: bytes) -> bool:
    r"""Whether a file that begins with these bytes is an index of Kaldi: an id and a place in an archive per line.

    Examples
    --------
    >>> is_scp(b"s0 xvector.1.ark:3\n"), is_scp(b"s0  [ 0.5 1.5 ]\n"), is_scp(b"speaker_id,0,1\n")
    (True, False, False)
    """
    first = head.partition(b"\n")[0].decode("utf-8", errors="replace").strip()
    return b"\0" not in head and _LINE.fullmatch(first) is not None and "," not in first.split()[0]


def read_folder(path: Path) -> tuple[Vectors, str]:
    """Read a folder that has one ``.npy`` file with a vector per id, whose name without ``.npy`` is the id.

    Returns
    -------
    vectors, sha256
        The vectors, and a hash of the names and hashes of all files.

    Raises
    ------
    InputError
        If there is no such file, or one that holds no single vector of numbers.
    """
    files = sorted(one for one in path.iterdir() if one.suffix == ".npy")
    others = sorted(one.name for one in path.iterdir() if one.suffix != ".npy" and not one.name.startswith("."))
    if not files:
        raise InputError(f"folder {path.name!r} has no .npy files, each with the vector of the id that it is named by")
    matrix = stacked(path.name, [_vector(one) for one in files])
    unused = dict.fromkeys(others, "not a .npy file")
    used = (f"one file per id: {len(files)}",)
    return Vectors([one.stem for one in files], matrix, used, unused), _hash({one.name: one for one in files})


def _vector(path: Path) -> NDArray[Any]:
    require_file(path)
    with path.open("rb") as file:
        is_array = binary_kind(file.read(512)) is NUMPY
    if not is_array or path.stat().st_size > _LARGEST:
        raise InputError(f"{path.name}: this is not a NumPy array of one vector")
    try:
        array: NDArray[Any] = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise InputError(f"{path.name}: the array cannot be read ({error}); is it cut off?"[:300]) from None
    if vector_length(array.shape) is None or array.dtype.kind not in "fiu":
        raise InputError(f"{path.name}: an array of {array.dtype} {array.shape}; one vector of numbers is needed")
    return array.ravel()


def read_scp(path: Path) -> tuple[Vectors, str]:
    """Read the vectors that an index of Kaldi names. Nothing but files is opened, and no command is run.

    Returns
    -------
    vectors, sha256
        The vectors, and a hash of the index and of all archives.

    Raises
    ------
    InputError
        If a line is no place in a file, or there is no vector of floats at that place.
    """
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name}: byte {error.start} is not UTF-8") from error
    archives: dict[str, Path] = {}
    contents: dict[str, bytes] = {}
    names, vectors = [], []
    for row, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None or match[2].startswith("|") or match[2].endswith("|"):
            raise InputError(f"{path.name}: row {row} is not an id and a place in a file (ARCHIVE:BYTE)")
        name, archive, at = match[1], match[2], int(match[3])
        if archive not in archives:
            archives[archive] = _archive(path, archive, row)
            contents[archive] = archives[archive].read_bytes()
        names.append(name)
        vectors.append(vector_at(contents[archive], at, name, f"{path.name}: row {row}"))
    if not names:
        raise InputError(f"{path.name}: no rows")
    matrix = stacked(path.name, vectors)
    notes = (f"{path.name}: the vectors are in {len(archives)} archives",) if len(archives) > 1 else ()
    used = (f"one vector per id: {len(names)}",)
    return Vectors(names, matrix, used, notes=notes), _hash({path.name: path, **archives})


def _archive(index: Path, name: str, row: int) -> Path:
    """Find an archive, whose path is relative to the working folder, or else to the folder of the index."""
    for path in (Path(name), index.parent / name):
        if path.exists():
            require_file(path)
            return path
    raise InputError(f"{index.name}: row {row} names the archive {name!r}, but there is no such file")


def _hash(files: Mapping[str, Path]) -> str:
    """Return a hash of the names and hashes of files."""
    digest = hashlib.sha256()
    for name, path in sorted(files.items()):
        digest.update(f"{name}\0{sha256_of(path)}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()
