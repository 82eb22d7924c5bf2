"""List the files of a log: expand globs and folders, and refuse what is not a file."""

from __future__ import annotations

import difflib
import glob
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from fairaudit.core.errors import InputError

__all__ = ["expand", "require_file"]

_KINDS: Final = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
}


def expand(source: str | Path | Sequence[str | Path]) -> list[Path]:
    """List the files of a path, a glob, a folder, or a list of these.

    In folders, files whose names start with ``.`` or ``_`` are skipped, as is usual in data lakes. Links are followed.

    Raises
    ------
    InputError
        If there is no matching file; the message suggests similar names. Also if a file is given twice, if a folder
        cannot be read, and if there is something other than files, such as a pipe or a link to nothing.

    Examples
    --------
    >>> [path.name for path in expand(__file__)]
    ['files.py']
    """
    named = [source] if isinstance(source, str | Path) else list(source)
    if not named or "" in named:
        raise InputError("no log was given: give a file, a glob or a folder")
    files = [path for one in named for path in _expand_one(Path(one))]
    first: dict[tuple[int, int], Path] = {}
    for path in files:
        other = first.setdefault(_identity(path), path)
        if other is not path:
            twice = f"{str(path)!r}" if str(path) == str(other) else f"as {str(other)!r} and as {str(path)!r}"
            raise InputError(f"the same file is given twice: {twice}")
    return files


def require_file(path: Path) -> None:
    """Raise if a path is not a regular file, because other things may never end and cannot be read twice.

    Raises
    ------
    InputError
        If it is a pipe, a socket, a device, a folder, or a link to nothing.
    """
    kind = _KINDS.get(stat.S_IFMT(_stat(path).st_mode))
    if kind is not None:
        raise InputError(f"{str(path)!r} is {kind}, not a file; write its content to a file first")


def _stat(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError as error:
        if path.is_symlink():
            raise InputError(f"{str(path)!r} is a link that leads to no file ({error.strerror})") from error
        raise InputError(f"{str(path)!r}: {error.strerror}") from error


def _exists(path: Path) -> bool:
    """Whether there is anything at a path, even a link to nothing."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise InputError(f"{str(path)!r}: {error.strerror}") from error
    return True


def _identity(path: Path) -> tuple[int, int]:
    """Return what is the same for every path to one file."""
    status = _stat(path)
    return status.st_dev, status.st_ino


def _expand_one(path: Path) -> list[Path]:
    if _exists(path):
        if not stat.S_ISDIR(_stat(path).st_mode):
            require_file(path)
            return [path]
        files = list(_files_in(path))
        if not files:
            raise InputError(f"folder {path.name!r} contains no files")
        return files
    matches = sorted(Path(match) for match in glob.glob(str(path), recursive=True))  # noqa: PTH207 (absolute patterns)
    if matches:
        return [file for match in matches for file in _expand_one(match)]
    if glob.has_magic(str(path)):
        raise InputError(f"no file matches {str(path)!r}")
    try:
        siblings = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        siblings = []
    near = difflib.get_close_matches(path.name, siblings, n=1, cutoff=0.5)
    raise InputError(f"there is no file {str(path)!r}" + (f"; did you mean {near[0]!r}?" if near else ""))


def _files_in(folder: Path, above: tuple[tuple[int, int], ...] = ()) -> Iterator[Path]:
    """List the files in a folder and in those inside it, in order of their names."""
    identity = _identity(folder)
    if identity in above:
        raise InputError(f"folder {str(folder)!r} is a link to a folder that it is in")
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise InputError(f"folder {str(folder)!r} cannot be read: {error.strerror}") from error
    for entry in entries:
        if entry.name.startswith((".", "_")):
            continue
        if stat.S_ISDIR(_stat(entry).st_mode):
            yield from _files_in(entry, (*above, identity))
        else:
            require_file(entry)
            yield entry
