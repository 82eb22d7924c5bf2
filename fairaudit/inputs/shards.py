"""Refuse files of one log that are copies of each other, because their utterances would count twice."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from fairaudit.core.errors import InputError
from fairaudit.inputs.opening import OpenedFile

__all__ = ["require_different"]


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
                raise InputError(
                    f"{_name(first)} and {_name(file)} have the same content, so their utterances would count twice; "
                    "give only one of them"
                )


def _content(file: OpenedFile) -> str:
    with file.path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _name(file: OpenedFile) -> str:
    """Name a file with its folder, because files of the same name may be in different folders."""
    folder = file.original.absolute().parent.name if file.original is not None else ""
    return f"{folder}/{file.name}" if folder else file.name
