"""Read small side tables into memory, with every cell as the text on disk, and record what became of each column."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from fairaudit.core.errors import InputError
from fairaudit.engines import EmbeddedEngine
from fairaudit.inputs.formats import choose_format
from fairaudit.inputs.formats.base import ROW
from fairaudit.inputs.opening import open_file
from fairaudit.inputs.suggesting import shown

__all__ = [
    "SideTable",
    "TableFile",
    "counts_rows",
    "find_column",
    "is_nameless",
    "quoted_cell",
    "read_table",
    "why_row_numbers",
]

#: Names that the reader, pandas and Parquet give to columns without a name.
_NAMELESS: Final = re.compile(r"(unnamed_[0-9]+|Unnamed: [0-9]+(_level_[0-9]+)?|__index_level_[0-9]+__)?")
#: Names of columns that number the rows.
_INDEX_NAMES: Final = frozenset(
    ("index", "level_0", "row", "rows", "row_number", "rownumber", "rownum", "row_id", "rowid", "nr", "no", "no.", "#")
)
#: With fewer rows, consecutive numbers in a column with a name can be a coincidence.
_FEW_ROWS: Final = 4
_GUESSES: Final = 4
_CELL_LENGTH: Final = 40


@dataclass(frozen=True)
class SideTable:
    """A table beside the log: what it offers, what is used of it, and what is not and why.

    Attributes
    ----------
    name, sha256
        Base name and SHA-256 of the file.
    used
        Columns that are used.
    unused
        Column -> why it is not used.
    caveats
        Sentences that belong beside the verdict.
    notes
        Sentences about how the file was read.

    Examples
    --------
    >>> SideTable("zips.csv", "ab12", ("zip", "income"), {"city": "800 different texts"}).unused
    {'city': '800 different texts'}
    """

    name: str
    sha256: str
    used: tuple[str, ...]
    unused: Mapping[str, str] = field(default_factory=dict)
    caveats: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class TableFile:
    """A file that was read as a table.

    Attributes
    ----------
    name, sha256
        Base name and SHA-256 of the file.
    cells
        Texts, in which empty cells are missing. The index is the row number in the file.
    notes
        Sentences about how the file was read.
    """

    name: str
    sha256: str
    cells: pd.DataFrame
    notes: tuple[str, ...] = ()


def read_table(path: str | os.PathLike[str]) -> TableFile:
    """Read one CSV, TSV, JSON-lines or Parquet file.

    Raises
    ------
    InputError
        If the file cannot be read or has no rows.
    """
    import pyarrow as pa

    if not Path(path).is_file():
        what = "this is not a file" if Path(path).exists() else "there is no such file"
        raise InputError(f"{Path(path).name or path}: {what}")
    engine = EmbeddedEngine()
    file = open_file(Path(path), engine.scratch)
    batches = map(pa.table, choose_format(file).read(file, engine))
    tables = (engine.texts(rows.drop_columns([ROW])).append_column(ROW, rows.column(ROW)) for rows in batches)
    engine.store("table", tables)
    if not engine.has("table"):
        raise InputError(f"{file.name}: no rows")
    frame = engine.frame(f'SELECT * FROM "table" ORDER BY {ROW}')
    return TableFile(file.name, file.sha256, frame.set_index(ROW).replace("", None), tuple(file.notes))


def find_column(name: str | None, guesses: tuple[str, ...], columns: list[str], what: str) -> str:
    """Find a column by the name that the user gave, or else by its usual names.

    Raises
    ------
    InputError
        If there is no such column.

    Examples
    --------
    >>> find_column(None, ("zip_code", "zcta5"), ["ZCTA5", "income"], "census.csv")
    'ZCTA5'
    """
    if name is not None:
        if name not in columns:
            raise InputError(f"{what} has no column {name!r}; it has {shown(columns)}")
        return name
    folded = {column.strip().casefold(): column for column in reversed(columns)}
    match = next((folded[guess] for guess in guesses if guess in folded), None)
    if match is None:
        raise InputError(
            f"{what} has none of the columns {[*guesses[:_GUESSES]]} and similar; it has {shown(columns)}; "
            f"rename the right column to {guesses[0]!r}"
        )
    return match


def is_nameless(name: str) -> bool:
    """Whether a column has no name of its own.

    Examples
    --------
    >>> is_nameless("Unnamed: 0"), is_nameless("unnamed_1"), is_nameless("income")
    (True, True, False)
    """
    return _NAMELESS.fullmatch(name.strip()) is not None


def why_row_numbers(name: str, numbers: pd.Series) -> str | None:
    """Say why a column of numbers is left out as row numbers, or return None.

    Examples
    --------
    >>> why_row_numbers("index", pd.Series([3.0, 1.0, 7.0]))
    'row numbers'
    >>> why_row_numbers("income", pd.Series([3.0, 1.0, 7.0])) is None
    True
    """
    if is_nameless(name):
        return "the column has no name"
    whole = numbers.is_unique and not (numbers % 1).any()
    return "row numbers" if whole and name.strip().casefold() in _INDEX_NAMES else None


def counts_rows(numbers: pd.Series) -> bool:
    """Whether numbers are 0, 1, 2, ... or 1, 2, 3, ... in the order of the file.

    Examples
    --------
    >>> counts_rows(pd.Series([1.0, 2.0, 3.0, 4.0])), counts_rows(pd.Series([1.0, 3.0, 2.0, 4.0]))
    (True, False)
    """
    first = numbers.iloc[0] if len(numbers) >= _FEW_ROWS else None
    return first in (0, 1) and bool((numbers.to_numpy() == first + np.arange(len(numbers))).all())


def quoted_cell(cells: pd.Series) -> str:
    """Quote the first of some cells, with its row.

    Examples
    --------
    >>> quoted_cell(pd.Series(["n/d", "?"], index=[7, 9]))
    "'n/d' in row 7"
    """
    text = str(cells.iloc[0])
    return f"{text if len(text) <= _CELL_LENGTH else text[: _CELL_LENGTH - 3] + '...'!r} in row {cells.index[0]}"
