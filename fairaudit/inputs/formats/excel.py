"""Read workbooks of Excel (``.xlsx``). Text stays text, and a number that is shown with leading zeros keeps them."""

from __future__ import annotations

import datetime
import re
import warnings
import zipfile
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from fairaudit.core.binary import WORKBOOK, binary_kind
from fairaudit.core.errors import InputError
from fairaudit.engines import EmbeddedEngine
from fairaudit.inputs.formats.base import Format, check_names
from fairaudit.inputs.formats.lines import Record, batches_of
from fairaudit.inputs.opening import OpenedFile

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["EXCEL"]

#: A workbook may expand to so many times its size, or to so many bytes if that is more.
_EXPANSION: Final = 200
_EXPANDED: Final = 1 << 30
#: Number formats that only pad with zeros, such as 00000 for zip codes.
_PADDED: Final = re.compile("0+")
#: Excel keeps 15 digits of a number.
_EXACT: Final = 10**15


def _read(file: OpenedFile, _engine: EmbeddedEngine, _wanted: Collection[str] = ()) -> Iterator[pa.RecordBatch]:
    try:
        import openpyxl
    except ImportError:
        raise InputError(
            f"{file.name}: reading a workbook needs openpyxl (pip install 'fairaudit-asr[excel]'), or save it as CSV"
        ) from None
    try:
        with zipfile.ZipFile(file.path) as archive:
            _require_moderate(file, archive)
        with file.path.open("rb") as first, file.path.open("rb") as second, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and validations, which are not read
            values = openpyxl.load_workbook(first, read_only=True, keep_links=False, data_only=True)
            formulas = openpyxl.load_workbook(second, read_only=True, keep_links=False)
            yield from _sheet(file, values, formulas)
    except InputError:
        raise
    except Exception as error:  # openpyxl raises whatever a damaged part leads to
        raise InputError(f"{file.name}: a damaged workbook ({type(error).__name__}: {error})"[:300]) from error


def _require_moderate(file: OpenedFile, archive: zipfile.ZipFile) -> None:
    """Raise if a workbook would expand to more than a table does."""
    size = sum(member.file_size for member in archive.infolist())
    if size > max(_EXPANSION * file.path.stat().st_size, _EXPANDED):
        raise InputError(f"{file.name}: the workbook expands to {size:,} bytes, which is not what a table does")


def _sheet(file: OpenedFile, values: Any, formulas: Any) -> Iterator[pa.RecordBatch]:
    """Read the only sheet with cells."""
    filled = [sheet.title for sheet in values.worksheets if any(_filled(row) for row in sheet.iter_rows())]
    if len(filled) > 1:
        raise InputError(f"{file.name}: several sheets have cells: {filled}; save the one with the log as a file")
    if not filled:
        raise InputError(f"{file.name}: the workbook has no cells")
    rows = enumerate(values[filled[0]].iter_rows(), start=1)
    before, header = next((number, row) for number, row in rows if _filled(row))
    names = [_text(file, cell) or "" for cell in header]
    while names and not names[-1]:
        names.pop()
    names = [name.strip() or f"unnamed_{i}" for i, name in enumerate(names, start=1)]
    check_names(f"{file.name}: header (row {before})", names)
    sources = enumerate(formulas[filled[0]].iter_rows(min_row=before + 1), start=before + 1)
    yield from batches_of(_records(file, names, rows, sources), names)


def _records(file: OpenedFile, names: Sequence[str], rows: Iterator[Any], formulas: Iterator[Any]) -> Iterator[Record]:
    for (number, row), (_, sources) in zip(rows, formulas, strict=True):
        if not _filled(row) and not _filled(sources):
            continue
        if any(cell.value is not None for cell in row[len(names) :]):
            raise InputError(f"{file.name}: row {number} has more cells than the header, which has {len(names)}")
        for cell, source in zip(row, sources, strict=True):
            if cell.value is None and source.value is not None:
                raise InputError(
                    f"{file.name}: cell {source.coordinate} holds a formula that was never computed; open the workbook "
                    "in Excel and save it"
                )
        yield number, dict(zip(names, [_text(file, cell) for cell in row], strict=False))


def _filled(row: Sequence[Any]) -> bool:
    return any(cell.value is not None for cell in row)


def _text(file: OpenedFile, cell: Any) -> str | None:
    """Return a cell as text."""
    value = cell.value
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        if abs(value) >= _EXACT:
            raise InputError(
                f"{file.name}: cell {cell.coordinate} holds a number of more than 15 digits, which Excel rounds; "
                "format the column as text before it is filled"
            )
        whole = isinstance(value, int) or value.is_integer()
        padded = _PADDED.fullmatch(cell.number_format or "")
        return str(int(value)).zfill(len(padded[0])) if whole and padded else str(int(value) if whole else value)
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else str(value)


EXCEL: Final = Format(
    "excel", recognises=lambda head: binary_kind(head) is WORKBOOK, read=_read, distinguishes_empty=False, has_end=True
)
