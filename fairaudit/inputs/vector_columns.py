"""Read vectors from tables: one column per dimension, or a column of lists."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fairaudit.core.errors import InputError
from fairaudit.core.missing import MISSING_SPELLINGS
from fairaudit.inputs.suggesting import shown
from fairaudit.inputs.tables import (
    TableFile,
    counts_rows,
    find_column,
    is_nameless,
    quoted_cell,
    read_table,
    why_row_numbers,
)
from fairaudit.inputs.vectors import ID_NAMES, MATRIX_NAMES, Vectors, pick, span, stacked

__all__ = ["read_cells", "vectors_of"]

_NUMBERED: Final = re.compile(r"(.*?)([0-9]+)(\D*)", re.DOTALL)
_DECIMAL_COMMA: Final = r"\s*[-+]?[0-9]+,[0-9]+(?:[eE][-+]?[0-9]+)?\s*"
_SEPARATORS: Final = re.compile(r"[,;\s]+")
#: Words in the names of columns of numbers that are no dimensions of a vector.
_NOT_DIMENSIONS: Final = frozenset(
    (
        *("age", "birth", "year", "gender", "sex", "height", "weight", "id", "ids", "count", "counts", "n", "num"),
        *("words", "errors", "utterances", "characters", "wer", "cer", "snr", "score", "duration", "seconds", "length"),
        *("lat", "lon", "lng", "latitude", "longitude", "zip", "zipcode", "sessions", "cluster", "label", "fold"),
    )
)
_HOW_TO_NAME: Final = "name the columns of dimensions e0, e1, ..., and remove the others"


def read_cells(path: Path, id_column: str | None) -> Vectors:
    """Read CSV, TSV, JSON lines or Parquet without columns of lists.

    Raises
    ------
    InputError
        If ids are missing, or it is unclear which columns are dimensions.
    """
    table = read_table(path)
    return replace(vectors_of(table, id_column), notes=table.notes)


def vectors_of(table: TableFile, id_column: str | None) -> Vectors:
    """Find the ids and the vectors in the columns of a table.

    Raises
    ------
    InputError
        If ids are missing, or it is unclear which columns are dimensions.
    """
    cells = table.cells.set_axis([*map(str, table.cells.columns)], axis=1)
    numbers = {str(name): _numbers(cells[name]) for name in cells}
    key = _id_column(table.name, cells, numbers, id_column)
    lists = [name for name in numbers if name != key and _holds_lists(cells[name])]
    if lists:
        return _from_lists(table.name, cells, key, lists)
    del numbers[key]
    texts = [name for name, column in numbers.items() if column.isna().all()]
    commas = [name for name in texts if cells[name].str.fullmatch(_DECIMAL_COMMA).all()]
    if commas:
        raise InputError(f"{table.name}: numbers of column {commas[0]!r} have a comma; write 0.5, not 0,5")
    candidates = {name: column for name, column in numbers.items() if name not in texts and not is_nameless(name)}
    dimensions = _dimensions(table.name, candidates)
    for name in dimensions:
        odd = _odd(cells[name], numbers[name])
        if len(odd):
            raise InputError(f"{table.name}: column {name!r} holds no number: {quoted_cell(odd)}")
    unused = {name: _why_unused(name, column, dimensions) for name, column in numbers.items() if name not in dimensions}
    matrix = np.column_stack([numbers[name] for name in dimensions])
    return Vectors([*cells[key]], matrix, (key, span(dimensions)), unused)


def _numbers(column: pd.Series) -> pd.Series:
    return pd.to_numeric(column, errors="coerce").astype("float64")


def _odd(column: pd.Series, numbers: pd.Series) -> pd.Series:
    """Cells that are neither numbers nor empty."""
    texts = column[column.notna() & numbers.isna()]
    return texts[~texts.str.strip().str.lower().isin(MISSING_SPELLINGS)]


def _id_column(where: str, cells: pd.DataFrame, numbers: Mapping[str, pd.Series], name: str | None) -> str:
    """Find the ids under a usual name, or else in the only column of texts that are all different."""
    columns = [*numbers]
    if name is None and not {column.strip().casefold() for column in columns} & {*ID_NAMES}:
        texts = [one for one in columns if numbers[one].isna().all() and not _holds_lists(cells[one])]
        if len(texts) == 1 and cells[texts[0]].is_unique and cells[texts[0]].notna().all():
            return texts[0]
    return find_column(name, ID_NAMES, columns, where)


def _dimensions(where: str, numbers: Mapping[str, pd.Series]) -> list[str]:
    """Choose the columns that are dimensions: those numbered e0, e1, ..., or all columns of numbers that are there."""
    families: dict[tuple[str, str], dict[int, str]] = {}
    for name in numbers:
        match = _NUMBERED.fullmatch(name)
        if match is not None:
            families.setdefault((match[1].casefold(), match[3].casefold()), {})[int(match[2])] = name
    numbered = [family for family in families.values() if len(family) > 1]
    if len(numbered) == 1:
        return _complete(where, numbered[0])
    if numbered:
        patterns = "; ".join(span([*family.values()]) for family in numbered)
        raise InputError(f"{where}: it is unclear which columns are dimensions: {patterns}; {_HOW_TO_NAME}")
    names = [name for name, column in numbers.items() if why_row_numbers(name, column) is None]
    other = [name for name in names if _is_other(name, numbers[name])]
    if other or len(names) < 2:
        raise InputError(
            f"{where}: it is unclear which columns are dimensions; columns of numbers are {shown(names)}"
            f"{f', and {other[0]!r} seems to be none' if other else ''}; {_HOW_TO_NAME}"
        )
    return sorted(names)


def _complete(where: str, family: Mapping[int, str]) -> list[str]:
    """Return the dimensions in the order of their numbers, which must count from 0 or 1 without a gap."""
    first, last = min(family), max(family)
    gap = next((number for number in range(first, last) if number not in family), None)
    if first > 1 or gap is not None:
        missing = f"there is no number {gap}" if gap is not None else f"the first number is {first}"
        raise InputError(
            f"{where}: it is unclear which columns are dimensions: of {span([*family.values()])}, {missing}; "
            f"{_HOW_TO_NAME}"
        )
    return [family[number] for number in sorted(family)]


def _is_other(name: str, numbers: pd.Series) -> bool:
    words = {*re.split("[^a-z0-9]+", name.casefold())}
    return bool(words & _NOT_DIMENSIONS) or counts_rows(numbers)


def _why_unused(name: str, numbers: pd.Series, dimensions: list[str]) -> str:
    if is_nameless(name):
        return "the column has no name"
    if numbers.isna().all():
        return "it holds no numbers"
    return why_row_numbers(name, numbers) or f"its name does not follow that of the dimensions {span(dimensions)}"


def _holds_lists(column: pd.Series) -> bool:
    given = column.dropna()
    return len(given) > 0 and bool(given.str.match(r"\s*\[").all())


def _from_lists(where: str, cells: pd.DataFrame, key: str, lists: list[str]) -> Vectors:
    """Read vectors that were written as text, such as "[0.1, 0.2]"."""
    name = pick(lists, MATRIX_NAMES)
    if name is None:
        raise InputError(f"{where}: one column of lists is needed; there are {shown(lists)}")
    vectors = [None if pd.isna(text) else _parsed(where, name, row, text) for row, text in cells[name].items()]
    unused = {str(other): "vectors are in another column" for other in cells if other not in (key, name)}
    return Vectors([*cells[key]], stacked(where, vectors), (key, name), unused)


def _parsed(where: str, name: str, row: Any, text: str) -> NDArray[Any]:
    inner = text.strip().removeprefix("[").removesuffix("]").strip()
    if "..." in inner:
        raise InputError(
            f"{where}: column {name!r}, row {row}: the vector was shortened with '...' when it was written"
        )
    try:
        return np.array([number for number in _SEPARATORS.split(inner) if number], dtype=np.float64)
    except ValueError as error:
        raise InputError(f"{where}: column {name!r}, row {row}: the list holds a text that is no number") from error
