"""Give all lines of a file of separated values the same end, where it is certain which line ends it has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from fairaudit.inputs.formats.quotes import survey
from fairaudit.inputs.opening import OpenedFile

__all__ = ["has_mixed_ends", "with_same_ends"]

_CHUNK: Final = 1 << 20


def with_same_ends(file: OpenedFile, scratch: Path) -> OpenedFile:
    """Return a file with lines that end in LF if some of its lines end in CR LF and others in LF.

    Other files are returned as they are: those with a CR that is no part of a CR LF, and those with a quoted cell that
    may hold a line break, which is part of a text.

    Parameters
    ----------
    file
        The file. It gets a note if its line ends are changed.
    scratch
        Folder for the copy.
    """
    if not has_mixed_ends(file.path) or survey(file.path, 0).odd:
        return file
    copy = scratch / f"{file.sha256[:16]}.lines"
    with copy.open("wb") as out:
        out.writelines(chunk.replace(b"\r\n", b"\n") for chunk in _chunks(file.path))
    file.notes.append(f"{file.name}: some lines end in CR LF and others in LF; both were read as line ends")
    return replace(file, path=copy, head=file.head.replace(b"\r\n", b"\n"))


def has_mixed_ends(path: Path) -> bool:
    r"""Whether some lines end in CR LF and others in LF, and there is no CR besides.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     for text in (b"a\r\nb\n", b"a\r\nb\r\n", b"a\nb\n", b"a\r\nb\nc\rd\n"):
    ...         _ = Path(file.name).write_bytes(text)
    ...         has_mixed_ends(Path(file.name))
    True
    False
    False
    False
    """
    both = returns = feeds = 0
    for chunk in _chunks(path):
        feeds += chunk.count(b"\n")
        if b"\r" in chunk:
            returns += chunk.count(b"\r")
            both += chunk.count(b"\r\n")
    return 0 < both == returns < feeds


def _chunks(path: Path) -> Iterator[bytes]:
    """Read a file in pieces that do not divide a CR LF."""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk + file.read(1) if chunk.endswith(b"\r") else chunk
