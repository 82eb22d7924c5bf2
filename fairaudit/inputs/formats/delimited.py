"""Read CSV and TSV strictly with the engine; if that fails, scan the file again for a helpful message."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal

from fairaudit.core.errors import InputError
from fairaudit.engines import EmbeddedEngine
from fairaudit.engines.embedded import csv_scan
from fairaudit.inputs.formats.base import Format, check_names, numbered, without_headers
from fairaudit.inputs.formats.line_ends import has_mixed_ends, with_same_ends
from fairaudit.inputs.formats.quotes import Records, records_of, survey
from fairaudit.inputs.opening import OpenedFile

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["CSV", "TSV", "delimited_columns", "delimited_rows"]

_DELIMITERS: Final = (",", "\t", ";", "|")
_SHOWN: Final = 5
#: The first line of a file that Excel is to open: ``sep=;``. It may end in separators, and be quoted.
_EXCEL: Final = re.compile(r'"?sep=(.)"?[,;\t|]*', re.IGNORECASE)
#: Messages of Python's csv module for a cell that extends to the end of the file, or is too long.
_UNCLOSED: Final = ("unexpected end of data", "field larger than field limit")
_UNREADABLE: Final = "it cannot be divided into rows and cells; export it again as CSV with UTF-8 and quotes"


@dataclass(frozen=True)
class _Header:
    """The header of a file: its cells, the character between them, and how many lines are before it and end with it."""

    names: list[str]
    delimiter: str
    before: int
    end: int


def _start(head: bytes) -> tuple[str, int]:
    """Return the character between two cells, and the number of lines before the header.

    The header is the first line with content. It may follow a line that names the separator for Excel. Otherwise, the
    separator is the one that splits the header into the most cells.
    """
    lines = re.split("\r\n|\r|\n", head.decode("utf-8-sig", errors="replace"))
    filled = [i for i, line in enumerate(lines[:-1] or lines) if line.strip(" \t,;|")]
    excel = _EXCEL.fullmatch(lines[filled[0]]) if filled else None
    if excel and len(filled) > 1:
        return excel[1], filled[1]
    before = filled[0] if filled else 0
    return max(_DELIMITERS, key=lambda one: len(next(csv.reader([lines[before]], delimiter=one), []))), before


def _read(file: OpenedFile, engine: EmbeddedEngine, _wanted: Collection[str] = ()) -> Iterator[pa.RecordBatch]:
    yield from delimited_rows(file, engine)


def delimited_rows(file: OpenedFile, engine: EmbeddedEngine, *, quotes: bool = True) -> Iterator[pa.RecordBatch]:
    """Read separated values as batches of texts.

    Parameters
    ----------
    file, engine
        The file, and the engine that reads it.
    quotes
        Whether quotes may enclose cells, which all lines decide. Otherwise, they are characters of the texts.

    Raises
    ------
    InputError
        If the file cannot be divided into rows and cells with certainty.
    """
    import pyarrow as pa

    file = with_same_ends(file, engine.scratch)
    header = _header(file)
    quoted, rows = _dialect(file, header, engine) if quotes else (False, survey(file.path, header.end).filled)
    cells = [f"c{i}" for i in range(len(header.names))]
    scan = csv_scan(file.path, cells, header.delimiter, skip=header.before, quoted=quoted)
    read = 0

    def batches() -> Iterator[pa.RecordBatch]:
        nonlocal read
        for batch in numbered(engine.batches(scan), first_row=header.before + 2):
            read += len(batch)
            yield pa.RecordBatch.from_arrays(batch.columns, names=[*header.names, batch.schema.names[-1]])

    try:
        yield from without_headers(batches(), file.name, file.notes)
    except InputError as error:
        if str(error).startswith(file.name):
            raise
        raise InputError(f"{file.name}: {_diagnosis(file, header, quotes=quotes) or _UNREADABLE}") from error
    if len(header.names) > 1 and read != rows:
        if quotes:
            _refuse_doubtful(file, _records(file, header))
        guess = _diagnosis(file, header, quotes=quotes) or "are its quotes and line ends right?"
        raise InputError(f"{file.name}: {rows} rows follow the header, but {read} were read; {guess}")


def _dialect(file: OpenedFile, header: _Header, engine: EmbeddedEngine) -> tuple[bool, int]:
    """Decide from all lines whether quotes enclose cells, and how many rows there are.

    Raises
    ------
    InputError
        If a quoted cell spans several lines that are rows by themselves, so that neither reading is certain.
    """
    lines = survey(file.path, header.end)
    tabs = header.delimiter == "\t"
    if not lines.odd and not (lines.quoted and tabs and not _is_quoted(file, header, engine)):
        return True, lines.filled
    records = _records(file, header)
    if tabs and records.plain and not any(b'"' in line for line in file.head.splitlines()[: header.end]):
        file.notes.append(f"{file.name}: quotes are characters of the texts, because every line is a row without them")
        return False, lines.filled
    _refuse_doubtful(file, records)
    return True, records.n


def _is_quoted(file: OpenedFile, header: _Header, engine: EmbeddedEngine) -> bool:
    """Whether a file can be read with quotes that enclose cells."""
    cells = [f"c{i}" for i in range(len(header.names))]
    scan = csv_scan(file.path, cells, header.delimiter, skip=header.before)
    try:
        engine.rows(f"SELECT count(*) FROM ({scan})")
    except InputError:
        return False
    return True


def _records(file: OpenedFile, header: _Header) -> Records:
    return records_of(file.path, header.end, header.delimiter, len(header.names))


def _refuse_doubtful(file: OpenedFile, records: Records) -> None:
    if records.doubtful:
        first, last = records.doubtful[0]
        n = len(records.doubtful)
        more = f" (and {n - 1} more places)" if n > 1 else ""
        raise InputError(
            f"{file.name}: lines {first} to {last} are one row if the quote that opens in line {first} encloses a "
            f"cell, and {last - first + 1} rows if it is part of a text{more}; enclose texts that contain quotes in "
            "quotes, and double the quotes inside"
        )


def _header(file: OpenedFile) -> _Header:
    delimiter, before = _start(file.head)
    with file.path.open(encoding="utf-8-sig", newline="") as text:
        reader = csv.reader(islice(text, before, None), delimiter=delimiter, strict=True)
        try:
            names = next(reader, [])
        except csv.Error as error:
            raise InputError(f"{file.name}: the header (row {before + 1}) cannot be read: {error}") from error
    names = [name.strip() or f"unnamed_{i}" for i, name in enumerate(names, start=1)]
    check_names(f"{file.name}: header (row {before + 1})", names)
    return _Header(names, delimiter, before, before + reader.line_num)


def _diagnosis(file: OpenedFile, header: _Header, *, quotes: bool = True) -> str | None:
    """Describe what is wrong with the records of a file, or return None if the problem is elsewhere."""
    wrong: list[tuple[int, int]] = []
    width, row = len(header.names), header.before
    started = row + 1
    with file.path.open(encoding="utf-8-sig", newline="") as text:
        lines = islice(text, header.before, None)
        quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE
        reader = csv.reader(lines, delimiter=header.delimiter, strict=True, quoting=quoting)
        try:
            for record in reader:
                row += bool(record)
                if record and len(record) != width:
                    wrong.append((row, len(record)))
                started = header.before + reader.line_num + 1
        except csv.Error as error:
            if str(error).startswith(_UNCLOSED):
                return f"a quote that opens in row {row + 1} (line {started}) is never closed"
            return f"row {row + 1} (line {started}) has a quote in the wrong place ({error}); double it inside a cell"
    if wrong:
        return _wrong_fields(wrong, width, rows=row, delimiter=header.delimiter)
    if has_mixed_ends(file.path):
        return (
            "some lines end in CR LF and others in LF, and a cell in quotes has a line break; use the same line ending "
            "throughout (dos2unix)"
        )
    return None


def _wrong_fields(wrong: list[tuple[int, int]], width: int, *, rows: int, delimiter: str) -> str:
    first, fields = wrong[0]
    more = [str(row) for row, _ in wrong[1:_SHOWN]]
    others = (
        f"; {len(wrong) - 1} more rows differ too ({', '.join(more)}{', ...' * (len(wrong) > _SHOWN)})" if more else ""
    )
    if len(wrong) == rows - 1 and all(count == width + 1 for _, count in wrong):
        guess = "the header seems to lack the name of the first column"
    elif fields > width:
        guess = f"is a text with {delimiter!r} not quoted?"
    elif first == rows:
        guess = "the file seems to be cut off"
    else:
        guess = "is a text with a line break not quoted?"
    return f"row {first} has {fields} fields, but the header has {width}{others}; {guess}"


def delimited_columns(file: OpenedFile) -> list[str]:
    """Return the columns in the header of a file of separated values."""
    return _header(file).names


CSV: Final = Format("csv", recognises=bool, read=_read, header=delimited_columns, distinguishes_empty=False)
TSV: Final = Format(
    "tsv",
    recognises=lambda head: _start(head)[0] == "\t",
    read=_read,
    header=delimited_columns,
    distinguishes_empty=False,
)
