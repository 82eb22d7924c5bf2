"""Decide from all lines of a file of separated values what its quotes mean, and how many rows the lines are.

Quotes may enclose a cell that holds separators and line breaks, as in RFC 4180, or they may be characters of a text, as
in files of tab-separated values that were written without quoting. Read the wrong way, a text that begins with a quote
swallows all rows up to the next quote. The decision is therefore made from all lines, and only where it is certain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["Lines", "Records", "records_of", "survey"]

_CHUNK: Final = 1 << 20
_QUOTE: Final = b'"'


@dataclass(frozen=True)
class Lines:
    """What the lines of a file show at a glance.

    Attributes
    ----------
    filled
        Number of lines that are not empty.
    quoted
        Whether any line contains a quote.
    odd
        Whether any line has an odd number of quotes. If not, no quoted cell holds a line break.
    """

    filled: int
    quoted: bool
    odd: bool


@dataclass(frozen=True)
class Records:
    """The lines of a file as records, in which a quoted cell may hold line breaks.

    Attributes
    ----------
    n
        Number of records.
    doubtful
        First and last line of every record that spans several lines if each of them is a whole record.
    plain
        Whether every line is a record of the right width, and none shows that quotes enclose cells, if quotes are
        characters of the text.
    """

    n: int
    doubtful: tuple[tuple[int, int], ...]
    plain: bool


def survey(path: Path, skip: int) -> Lines:
    r"""Count the lines after the first ``skip`` ones.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     _ = Path(file.name).write_bytes(b'id,text\n\n1,"a\nb"\n2,c\n')
    ...     survey(Path(file.name), skip=1)
    Lines(filled=3, quoted=True, odd=True)
    """
    filled, quoted, odd = 0, False, False
    for lines in _blocks(path, skip):
        filled += len(lines) - lines.count(b"")
        block = b"".join(lines)
        if _QUOTE in block:
            quoted = True
            odd = odd or any(line.count(_QUOTE) & 1 for line in lines)
    return Lines(filled, quoted, odd)


def records_of(path: Path, skip: int, delimiter: str, width: int) -> Records:
    """Divide the lines after the first ``skip`` ones into records.

    Parameters
    ----------
    path, skip
        The file, and how many lines its header ends after.
    delimiter
        The character between two cells.
    width
        Number of cells in the header.
    """
    separator = delimiter.encode()
    between = re.escape(separator)
    doubled = re.compile(rb'(?:^|%b)"[^%b]*""[^%b]*"(?:%b|$)' % ((between,) * 4))
    n, plain, inside, whole, start = 0, True, False, True, 0
    doubtful = []
    for number, line in enumerate((line for lines in _blocks(path, skip) for line in lines), start=skip + 1):
        if not line and not inside:
            continue
        if not inside:
            n, start, whole = n + 1, number, True
        fits = line.count(separator) == width - 1
        whole = whole and fits
        if inside or _QUOTE in line:
            inside = _open_at_end(line, separator, inside)
            plain = plain and not doubled.search(line)
        plain = plain and fits
        if not inside and number > start and whole:
            doubtful.append((start, number))
    return Records(n, tuple(doubtful), plain)


def _open_at_end(line: bytes, separator: bytes, inside: bool) -> bool:
    """Whether a line ends inside a quoted cell, given whether it begins inside one."""
    at = 0
    while True:
        if inside:
            at = line.find(_QUOTE, at)
            if at < 0:
                return True
            at += 1
            if line[at : at + 1] == _QUOTE:
                at += 1
                continue
            inside = False
        else:
            cell = line[at:].lstrip(b" ") if line[at : at + 1] == b" " else line[at : at + 1]
            if cell[:1] == _QUOTE:
                inside, at = True, line.index(_QUOTE, at) + 1
                continue
        at = line.find(separator, at)
        if at < 0:
            return False
        at += len(separator)


def _blocks(path: Path, skip: int) -> Iterator[list[bytes]]:
    """Read a file as blocks of whole lines, without their ends, and leave out the first ``skip`` lines."""
    rest = b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            data = rest + chunk
            lines = data.splitlines()
            rest = b""
            if data[-1:] == b"\r":  # perhaps the first half of a line end
                rest = lines.pop() + b"\r"
            elif data[-1:] != b"\n":
                rest = lines.pop()
            yield lines[skip:]
            skip = max(skip - len(lines), 0)
    yield rest.splitlines()[skip:]
