"""Write files atomically, hash them, and check beforehand that they can be written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EACCES, EEXIST, EISDIR, ENOENT, ENOTDIR
from pathlib import Path
from typing import IO, Final

from fairaudit.core.scratch import PrivateFolder

__all__ = [
    "STAGED",
    "replacing",
    "require_file_place",
    "require_folder_place",
    "sha256_of",
    "sync",
    "write_atomically",
    "write_new",
]

#: How the names of folders begin in which files are written before they are moved to their place.
STAGED: Final = ".fairaudit-new-"


def sha256_of(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    import hashlib

    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomically(path: Path, content: str | bytes, *, private: bool = False) -> None:
    """Write a file beside its place and move it there, so that no other process sees an incomplete file.

    Parameters
    ----------
    path
        Path of the file. Its folder must exist.
    content
        Bytes, or text, which is written as UTF-8 with its line endings unchanged.
    private
        Whether only the owner may read the file; otherwise whom the umask lets.

    Raises
    ------
    OSError
        If the folder is not writable or the disk is full. An existing file then stays unchanged.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_atomically(folder / "a.txt", "whole")
    >>> [p.name for p in folder.iterdir()]
    ['a.txt']
    """
    with replacing(path, private=private) as file:
        file.write(content.encode() if isinstance(content, str) else content)


@contextmanager
def replacing(path: Path, *, private: bool = False) -> Iterator[IO[bytes]]:
    """Open a file beside a path, and move it there when all of it is written; parameters as in `write_atomically`.

    Raises
    ------
    OSError
        If the folder is not writable or the disk is full. An existing file then stays unchanged, as after any error.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.bin"
    >>> with replacing(path) as file:
    ...     file.write(b"whole"), path.exists()
    (5, False)
    >>> path.read_bytes()
    b'whole'
    """
    require_file_place(path)
    try:
        with PrivateFolder(path.parent, STAGED) as stage:
            with _new(stage.path / "content", private=private) as file:
                yield file
            (stage.path / "content").replace(path)
        sync(path.parent)
    except OSError as error:  # report the given path, not that of the temporary file
        raise OSError(error.errno, error.strerror, str(path)) from error


def write_new(path: Path, content: str | bytes) -> None:
    """Write a new file, and wait until the disk has it."""
    with _new(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)


@contextmanager
def _new(path: Path, *, private: bool = False) -> Iterator[IO[bytes]]:
    """Open a new file, and wait at the end until the disk has it."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666)
    with os.fdopen(handle, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def sync(folder: Path) -> None:
    """Wait until the disk has the names in a folder."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def require_file_place(path: Path) -> None:
    """Make sure that a file can be written, before the work whose result it is to hold.

    Raises
    ------
    OSError
        If its folder is missing or not writable, or something that is no regular file has its name.
    """
    if path.is_dir():
        raise _error(EISDIR, path)
    if path.exists() and not path.is_file():
        raise OSError(EEXIST, "Not a regular file", str(path))
    if not path.parent.exists():
        raise _error(ENOENT, path)
    _require_writable(path.parent, path)


def require_folder_place(path: Path) -> None:
    """Make sure that files can be written to a folder, which need not exist yet.

    Raises
    ------
    OSError
        If it is a file, or it or the folder that it would be made in is not writable.
    """
    nearest = next(folder for folder in (path, *path.absolute().parents) if os.path.lexists(folder))
    _require_writable(nearest, path)


def _require_writable(folder: Path, path: Path) -> None:
    if not folder.is_dir():
        raise _error(ENOTDIR, path)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _error(EACCES, path)


def _error(number: int, path: Path) -> OSError:
    return OSError(number, os.strerror(number), str(path))
