"""CSV and TSV: read by the engine, strictly; where that fails, looked through again for a sentence."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from fairaudit.core.errors import InputError
from fairaudit.engines import EmbeddedEngine
from fairaudit.engines.embedded import csv_scan
from fairaudit.inputs.formats.base import Format, numbered
from fairaudit.inputs.opening import OpenedFile

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["CSV", "TSV"]

_DELIMITERS: Final = (",", "\t", ";", "|")
_SHOWN: Final = 5
#: What Python's csv module says where a cell goes on to the end of the file, or for very long.
_UNCLOSED: Final = ("unexpected end of data", "field larger than field limit")


def _delimiter(head: bytes) -> str:
    """The separator that cuts the header into most fields."""
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
    names = [name.strip() or f"unnamed_{place}" for place, name in enumerate(names, start=1)]
    for place, name in enumerate(names):
        earlier = [other for other in names[:place] if other.casefold() == name.casefold()]
        if earlier:
            same = "is there twice" if earlier[0] == name else f"and {earlier[0]!r} differ only in case"
            raise InputError(f"{file.name}: column {name!r} {same} in the header (row 1); rename one of them")
    return names


def _diagnosis(file: OpenedFile, delimiter: str, width: int) -> str | None:
    """Say what is wrong with the records of a file, or None where it is something else."""
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
        return "its lines end in CR LF in some places and LF in others; write one kind (dos2unix)"
    return None


def _wrong_fields(wrong: list[tuple[int, int]], width: int, *, rows: int, delimiter: str) -> str:
    first, fields = wrong[0]
    more = [str(row) for row, _ in wrong[1:_SHOWN]]
    others = (
        f", and so are {len(wrong) - 1} more rows ({', '.join(more)}{', ...' * (len(wrong) > _SHOWN)})" if more else ""
    )
    if len(wrong) == rows - 1 and all(count == width + 1 for _, count in wrong):
        guess = "the header seems to lack the name of the first column"
    elif fields > width:
        guess = f"a text with {delimiter!r} in it that is not quoted?"
    elif first == rows:
        guess = "the file seems to be cut off"
    else:
        guess = "a line break inside a text that is not quoted?"
    return f"row {first} has {fields} fields where the header has {width}{others}; {guess}"


def _mixed_line_ends(file: OpenedFile) -> bool:
    with file.path.open("rb") as lines:
        return len({line.endswith(b"\r\n") for line in lines if line.endswith(b"\n")}) > 1


CSV: Final = Format("csv", recognises=bool, read=_read, tells_empty_from_missing=False)
TSV: Final = Format("tsv", recognises=lambda head: _delimiter(head) == "\t", read=_read, tells_empty_from_missing=False)
