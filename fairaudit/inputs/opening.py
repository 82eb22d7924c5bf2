"""Open a file of a log: decompress and hash it, and check its bytes."""

from __future__ import annotations

import codecs
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Final

from fairaudit.core.binary import TABLES, binary_kind, compression_of
from fairaudit.core.errors import InputError
from fairaudit.inputs.files import require_file

__all__ = ["OpenedFile", "for_the_engine", "open_file", "open_groups"]

_CHUNK: Final = 1 << 20
_HEAD: Final = 1 << 16
#: Compressed data may expand to so many times its size, or to so many bytes if that is more, but never to more than
#: half of the free disk. Text logs shrink to a tenth, or to a hundredth if their rows repeat.
_EXPANSION: Final = 200
_EXPANDED: Final = 1 << 30
#: Bytes of a line. The engine would need several times as much memory.
_LINE: Final = 1 << 26
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
    original
        The file itself; None if there is none.
    state
        What :func:`os.stat` says about the original: device, inode, size and time of the last change.
    notes
        Sentences about the file, to which readers add.
    changes
        Numbers of what is in no row of the file, by kind, to which readers add; see :mod:`fairaudit.inputs.unplaced`.
    groups
        Row groups of a Parquet file that are read, which are neighbours; None for all.
    """

    name: str
    path: Path
    sha256: str
    head: bytes
    ends_in_newline: bool
    original: Path | None = None
    state: tuple[int, ...] = ()
    notes: list[str] = field(default_factory=list)
    changes: dict[str, int] = field(default_factory=dict)
    groups: tuple[int, ...] | None = None

    def require_unchanged(self) -> None:
        """Raise if the original has changed since it was opened, because its rows and its hash would not agree.

        Raises
        ------
        InputError
            If the file has another size, time or inode, or is gone.
        """
        if self.original is None:
            return
        try:
            now = _state(self.original.stat())
        except OSError:
            now = ()
        if now != self.state:
            raise InputError(f"{self.name}: the file was changed while it was read; run again when it is complete")


def _state(stat: os.stat_result) -> tuple[int, ...]:
    return stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns


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
        If the file is unreadable, empty, truncated, not a regular file or of a format without tables, or if its text is
        neither UTF-8 nor UTF-16, contains NUL bytes, or has a line of more than 64 MiB. Also if compressed data expand
        to more than 200 times their size and 1 GiB, or to more than half of the free disk.
    """
    require_file(path)
    try:
        with path.open("rb") as file:
            state = _state(os.fstat(file.fileno()))
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            head = file.read(_HEAD)
    except OSError as error:
        raise InputError(f"{path.name}: {error.strerror or error}") from error
    plain = path
    method = compression_of(head)
    if method is not None:
        plain = scratch / f"{digest[:16]}.plain"
        _uncompress(path, plain, method)
        head = _head(plain)
    else:
        plain = for_the_engine(path, scratch)
    _require_content(head, path.name)
    kind = binary_kind(head)
    if kind is not None and kind not in TABLES:
        twice = " that was compressed twice" if kind.compression else ""
        raise InputError(f"{path.name}: this is {kind.what}{twice}; {kind.remedy}")
    notes: list[str] = []
    last = b"\n"
    if kind not in TABLES:
        if head.startswith(_UTF16):
            plain, utf16 = scratch / f"{digest[:16]}.utf8", plain
            _as_utf8(utf16, plain, path.name)
            notes.append(f"{path.name}: the text is UTF-16, and was read as such")
            head = _head(plain)
            _require_content(head, path.name)
        last = _check_text(plain, path.name)
    opened = OpenedFile(path.name, plain, digest, head, last in b"\r\n", path, state, notes)
    opened.require_unchanged()
    return opened


def open_groups(path: Path, groups: tuple[int, ...], scratch: Path) -> OpenedFile:
    """Open some row groups of a Parquet file. Only those who open the first one hash the file.

    Parameters
    ----------
    path, scratch
        As in :func:`open_file`.
    groups
        Numbers of the row groups.
    """
    if groups[0] == 0:
        return replace(open_file(path, scratch), groups=groups)
    require_file(path)
    try:
        state, head = _state(path.stat()), _head(path)
    except OSError as error:
        raise InputError(f"{path.name}: {error.strerror or error}") from error
    plain = for_the_engine(path, scratch)
    return OpenedFile(path.name, plain, "", head, ends_in_newline=True, original=path, state=state, groups=groups)


def for_the_engine(path: Path, scratch: Path) -> Path:
    """Return the path of a file, or of a link to it in a scratch folder if the engine would misread the path."""
    if not _NOT_FOR_THE_ENGINE.search(str(path)):
        return path
    link = scratch / f"{hashlib.sha256(os.fsencode(path)).hexdigest()[:16]}.link"
    link.unlink(missing_ok=True)
    link.symlink_to(path.absolute())
    return link


def _require_content(head: bytes, name: str) -> None:
    if not head:
        raise InputError(f"{name}: the file is empty")


def _save_as_utf8(encoding: str) -> str:
    """Say what to do about an encoding that is not certain."""
    return f'save it as UTF-8 (in Excel: File > Save As > "CSV UTF-8"; in a shell: iconv -f {encoding} -t UTF-8)'


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)


def _uncompress(path: Path, target: Path, method: str) -> None:
    import pyarrow as pa

    try:
        with pa.input_stream(str(path), compression=method) as stream, target.open("wb") as out:
            free = shutil.disk_usage(target.parent).free
            limit, written = min(max(_EXPANSION * path.stat().st_size, _EXPANDED), free // 2), 0
            while chunk := stream.read(_CHUNK):
                written += len(chunk)
                if written > limit:
                    raise InputError(
                        f"{path.name}: the {method} data expand to more than {limit:,} bytes, which is not what a log "
                        "does, or more than the disk has; unpack the file yourself if it is right"
                    )
                out.write(chunk)
    except OSError as error:
        if error.errno is not None:  # a fault of the disk, not of the content
            raise
        cut = "runcated" in str(error)
        guess = "the file is cut off; copy or download it again" if cut else "its content is damaged"
        raise InputError(f"{path.name}: the {method} data cannot be read to the end ({error}); {guess}") from error


def _as_utf8(path: Path, target: Path, name: str) -> None:
    """Convert UTF-16 with a byte order mark, which is what Excel calls "Unicode text"."""
    try:
        with path.open(encoding="utf-16", newline="") as text, target.open("w", encoding="utf-8", newline="") as out:
            shutil.copyfileobj(text, out, _CHUNK)
    except UnicodeError as error:
        raise InputError(f"{name}: the UTF-16 text is damaged or cut off; {_save_as_utf8('UTF-16')}") from error


def _check_text(path: Path, name: str) -> bytes:
    """Check that a text file is UTF-8 without NUL bytes and endless lines, and return its last byte."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines, chunk, length = 1, b"", 0
    is_array = _head(path).lstrip().startswith(b"[")  # is not read by lines
    with path.open("rb") as file:
        for piece in _chunks(file):
            chunk = piece
            at = chunk.find(b"\0")
            if at >= 0:
                line = lines + chunk.count(b"\n", 0, at)
                wide = chunk[:at].count(b"\0") == 0 and at < 4
                guess = f"UTF-16 without a BOM? If so, {_save_as_utf8('UTF-16LE')}" if wide else "a damaged file?"
                raise InputError(f"{name}: NUL byte in row {line}; {guess}")
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                line = lines + error.object.count(b"\n", 0, error.start)
                raise InputError(
                    f"{name}: row {line} is not UTF-8; if it is Windows-1252 or Latin-1, "
                    f"{_save_as_utf8('WINDOWS-1252')}"
                ) from error
            lines += chunk.count(b"\n")
            end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
            length = len(chunk) - end - 1 + (length if end < 0 else 0)
            if length > _LINE and not is_array:
                raise InputError(f"{name}: row {lines} is longer than {_LINE >> 20} MiB; is this a table?")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: the file ends in the middle of a character in row {lines}; it is cut off") from error
    return chunk[-1:]


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk
