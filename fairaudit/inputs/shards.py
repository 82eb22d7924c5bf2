"""Refuse files of one log that are copies of each other, because their utterances would count twice."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from fairaudit.core.errors import InputError
from fairaudit.inputs.opening import OpenedFile

__all__ = ["require_different", "same_content"]


def require_different(files: Sequence[OpenedFile], rows: Sequence[int]) -> None:
    """Raise if two files have the same uncompressed content.

    Parameters
    ----------
    files, rows
        The files, and the number of rows of each. Files without rows may be the same.

    Raises
    ------
    InputError
        If two files with rows have the same content.
    """
    sizes = defaultdict(list)
    for file, n in zip(files, rows, strict=True):
        if n:
            sizes[file.path.stat().st_size].append(file)
    for alike in sizes.values():
        seen: dict[str, OpenedFile] = {}
        for file in alike if len(alike) > 1 else []:
            first = seen.setdefault(_content(file), file)
            if first is not file:
                raise InputError(same_content(first.original or Path(first.name), file.original or Path(file.name)))


def same_content(first: Path, second: Path) -> str:
    """Say that two files have the same content, with their folders: files in different ones may share a name.

    Examples
    --------
    >>> same_content(Path("/a/log.csv"), Path("/b/log.csv"))
    'a/log.csv and b/log.csv have the same content, so their utterances would count twice; give only one of them'
    """
    names = [f"{path.absolute().parent.name}/{path.name}".removeprefix("/") for path in (first, second)]
    return f"{' and '.join(names)} have the same content, so their utterances would count twice; give only one of them"


def _content(file: OpenedFile) -> str:
    with file.path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
