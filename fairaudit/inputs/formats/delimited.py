"""Read CSV and TSV strictly with the engine; if that fails, scan the file again for a helpful message."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from fairaudit.core.errors import InputError
from fairaudit.engines import EmbeddedEngine
from fairaudit.engines.embedded import csv_scan
from fairaudit.inputs.formats.base import Format, check_names, numbered
from fairaudit.inputs.opening import OpenedFile

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["CSV", "TSV"]

_DELIMITERS: Final = (",", "\t", ";", "|")
_SHOWN: Final = 5
#: Messages of Python's csv module for a cell that extends to the end of the file, or is too long.
_UNCLOSED: Final = ("unexpected end of data", "field larger than field limit")


def _delimiter(head: bytes) -> str:
    """Return the separator that splits the header into the most fields."""
    header = next(iter(head.decode("utf-8-sig", errors="replace").lstrip("\r\n").splitlines()), "")
    return max(_DELIMITERS, key=lambda one: len(next(csv.reader([header], delimiter=one), [])))


def _read(file: OpenedFile, engine: EmbeddedEngine) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    delimiter = _delimiter(file.head)
    names = _header(file, delimiter)
    cells = [f"c{i}" for i in range(len(names))]
    try:
        for batch in numbered(engine.batches(csv_scan(file.path, cells, delimiter)), first_row=2):
            yield pa.RecordBatch.from_arrays(batch.columns, names=[*names, batch.schema.names[-1]])
    except InputError as error:
        raise InputError(f"{file.name}: {_diagnosis(file, delimiter, len(names)) or error}") from error


def _header(file: OpenedFile, delimiter: str) -> list[str]:
    with file.path.open(encoding="utf-8-sig", newline="") as text:
        try:
            names = next((row for row in csv.reader(text, delimiter=delimiter, strict=True) if row), [])
        except csv.Error as error:
            raise InputError(f"{file.name}: the header (row 1) cannot be read: {error}") from error
    names = [name.strip() or f"unnamed_{i}" for i, name in enumerate(names, start=1)]
    check_names(f"{file.name}: header (row 1)", names)
    return names


def _diagnosis(file: OpenedFile, delimiter: str, width: int) -> str | None:
    """Describe what is wrong with the records of a file, or return None if the problem is elsewhere."""
    wrong: list[tuple[int, int]] = []
    started, row = 1, 0
    with file.path.open(encoding="utf-8-sig", newline="") as text:
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        try:
            for record in reader:
                row += bool(record)
                if record and len(record) != width:
                    wrong.append((row, len(record)))
                started = reader.line_num + 1
        except csv.Error as error:
            if str(error).startswith(_UNCLOSED):
                return f"a quote that opens in row {row + 1} (line {started}) is never closed"
            return f"row {row + 1} (line {started}) has a quote in the wrong place ({error}); double it inside a cell"
    if wrong:
        return _wrong_fields(wrong, width, rows=row, delimiter=delimiter)
    if _mixed_line_ends(file):
        return "some lines end in CR LF and others in LF; use the same line ending throughout (dos2unix)"
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


def _mixed_line_ends(file: OpenedFile) -> bool:
    with file.path.open("rb") as lines:
        return len({line.endswith(b"\r\n") for line in lines if line.endswith(b"\n")}) > 1


def _columns(file: OpenedFile) -> list[str]:
    return _header(file, _delimiter(file.head))


CSV: Final = Format("csv", recognises=bool, read=_read, header=_columns, distinguishes_empty=False)
TSV: Final = Format(
    "tsv",
    recognises=lambda head: _delimiter(head) == "\t",
    read=_read,
    header=_columns,
    distinguishes_empty=False,
)
