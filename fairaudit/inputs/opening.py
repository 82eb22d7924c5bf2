"""Open the files of a log: expand globs and folders, decompress, hash, and check the first bytes."""

from __future__ import annotations

import codecs
import difflib
import glob
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from fairaudit.core.errors import InputError

__all__ = ["OpenedFile", "expand", "open_file"]

_CHUNK: Final = 1 << 20
_HEAD: Final = 1 << 16
_COMPRESSED: Final = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_PARQUET: Final = b"PAR1"
_PICKLE: Final = "a Python pickle, which fairaudit never opens; save it as Parquet or CSV"
_FOREIGN: Final = {
    b"PK\x03\x04": "a zip archive or a spreadsheet; unpack it, or save it as CSV",
    b"BZh": "bzip2 data; unpack it first",
    b"\xfd7zXZ": "xz data; unpack it first",
    b"\x93NUMPY": "a NumPy array, which only embeddings can be",
    b"ARROW1": "an Arrow file; save it as Parquet",
    **{b"\x80" + bytes([protocol]): _PICKLE for protocol in (2, 3, 4, 5)},
}
#: Characters that the engine would interpret as a pattern, so that it would read ``log1.csv`` for ``log[1].csv``, and
#: bytes that are not UTF-8, which cannot be passed to the engine.
_NOT_FOR_THE_ENGINE: Final = re.compile("[*?\\[\\]{}~\\\\\ud800-\udfff]")
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class OpenedFile:
    """A file whose uncompressed content is available.

    Attributes
    ----------
    name
        Base name that the user gave.
    path
        Path of the uncompressed content: the file itself, or a copy or link in the scratch folder.
    sha256
        SHA-256 of the original file.
    head
        The first 64 KiB of the uncompressed content.
    ends_in_newline
        Whether the last byte is a line break.
    """

    name: str
    path: Path
    sha256: str
    head: bytes
    ends_in_newline: bool


def expand(source: str | Path | Sequence[str | Path]) -> list[Path]:
    """List the files of a path, a glob, a folder, or a list of these.

    In folders, files whose names start with ``.`` or ``_`` are skipped, as is usual in data lakes.

    Raises
    ------
    InputError
        If there is no matching file; the message suggests similar names.

    Examples
    --------
    >>> [path.name for path in expand(__file__)]
    ['opening.py']
    """
    named = [source] if isinstance(source, str | Path) else list(source)
    if not named:
        raise InputError("no log was given: give a file, a glob or a folder")
    files = [path for one in named for path in _expand_one(Path(one))]
    twice = sorted({str(path) for path in files if files.count(path) > 1})
    if twice:
        raise InputError(f"the same file is given twice: {twice}")
    return files


def _expand_one(path: Path) -> list[Path]:
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.is_file() and not _hidden(p.relative_to(path)))
        if not files:
            raise InputError(f"folder {path.name!r} contains no files")
        return files
    if path.exists():
        return [path]
    matches = sorted(Path(match) for match in glob.glob(str(path), recursive=True))  # noqa: PTH207 (absolute patterns)
    if matches:
        return [file for match in matches for file in _expand_one(match)]
    if glob.has_magic(str(path)):
        raise InputError(f"no file matches {str(path)!r}")
    siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, siblings, n=1, cutoff=0.5)
    raise InputError(f"there is no file {str(path)!r}" + (f"; did you mean {near[0]!r}?" if near else ""))


def _hidden(path: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.parts)


def open_file(path: Path, scratch: Path) -> OpenedFile:
    """Hash a file, decompress it completely, and check that text is UTF-8.

    Parameters
    ----------
    path
        A file. Its format is recognised by its first bytes, never by its name.
    scratch
        Folder for an uncompressed copy or a link, if one is needed.

    Raises
    ------
    InputError
        If the file is unreadable, empty, truncated or of a format without tables, or if its text is not UTF-8 or
        contains NUL bytes.
    """
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            head = file.read(_HEAD)
    except OSError as error:
        raise InputError(f"{path.name}: {error.strerror or error}") from error
    plain = path
    method = next((name for magic, name in _COMPRESSED.items() if head.startswith(magic)), None)
    if method is not None:
        plain = scratch / f"{digest[:16]}.plain"
        _uncompress(path, plain, method)
        with plain.open("rb") as file:
            head = file.read(_HEAD)
    elif _NOT_FOR_THE_ENGINE.search(str(path)):
        plain = scratch / f"{digest[:16]}.link"
        plain.unlink(missing_ok=True)
        plain.symlink_to(path.absolute())
    if not head:
        raise InputError(f"{path.name}: the file is empty")
    foreign = next((what for magic, what in _FOREIGN.items() if head.startswith(magic)), None)
    if foreign is not None:
        raise InputError(f"{path.name}: this is {foreign}")
    if head.startswith(_PARQUET):
        return OpenedFile(path.name, plain, digest, head, ends_in_newline=True)
    last = _check_text(plain, path.name, head)
    return OpenedFile(path.name, plain, digest, head, ends_in_newline=last in b"\r\n")


def _uncompress(path: Path, target: Path, method: str) -> None:
    import pyarrow as pa

    try:
        with pa.input_stream(str(path), compression=method) as stream, target.open("wb") as out:
            while chunk := stream.read(_CHUNK):
                out.write(chunk)
    except OSError as error:
        if error.errno is not None:  # a fault of the disk, not of the content
            raise
        cut = "runcated" in str(error)
        guess = "the file is cut off; copy or download it again" if cut else "its content is damaged"
        raise InputError(f"{path.name}: the {method} data cannot be read to the end ({error}); {guess}") from error


def _check_text(path: Path, name: str, head: bytes) -> bytes:
    """Check that a text file is UTF-8 without NUL bytes, and return its last byte."""
    if head.startswith(_UTF16):
        raise InputError(f"{name}: the text is UTF-16; save it as UTF-8 (iconv -f UTF-16 -t UTF-8)")
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines, chunk = 1, b""
    with path.open("rb") as file:
        for piece in _chunks(file):
            chunk = piece
            at = chunk.find(b"\0")
            if at >= 0:
                line = lines + chunk.count(b"\n", 0, at)
                guess = "UTF-16 without a BOM?" if chunk[:at].count(b"\0") == 0 and at < 4 else "a damaged file?"
                raise InputError(f"{name}: NUL byte in row {line}; {guess}")
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                line = lines + error.object.count(b"\n", 0, error.start)
                raise InputError(
                    f"{name}: row {line} is not UTF-8; if it is Windows-1252 or Latin-1, convert it "
                    "(iconv -f WINDOWS-1252 -t UTF-8)"
                ) from error
            lines += chunk.count(b"\n")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: the file ends in the middle of a character in row {lines}; it is cut off") from error
    return chunk[-1:]


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk
