"""Read small side tables into memory, with every cell as the text on disk."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from fairaudit.core.errors import InputError
from fairaudit.engines import EmbeddedEngine
from fairaudit.inputs.formats import choose_format
from fairaudit.inputs.formats.base import ROW
from fairaudit.inputs.opening import open_file

__all__ = ["find_column", "numbers_in", "read_table"]

#: Texts that mean "no number" in tables.
_NO_NUMBER = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "-", "(X)", "**")


def read_table(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read one CSV, TSV, JSON-lines or Parquet file.

    Returns
    -------
    pandas.DataFrame
        Texts, in which empty cells are missing. The index is the row number in the file.

    Raises
    ------
    InputError
        If the file cannot be read or has no rows.
    """
    import pyarrow as pa

    engine = EmbeddedEngine()
    file = open_file(Path(path), engine.scratch)
    for batch in choose_format(file).read(file, engine):
        engine.append("table", pa.table(batch), integers=(ROW,))
    if not engine.has("table"):
        raise InputError(f"{file.name}: no rows")
    frame = engine.frame(f'SELECT * FROM "table" ORDER BY {ROW}')
    return frame.set_index(ROW).replace("", None)


def find_column(name: str | None, guesses: tuple[str, ...], frame: pd.DataFrame, what: str) -> str:
    """Find a column by the name that the user gave, or else by its usual names.

    Raises
    ------
    InputError
        If there is no such column.

    Examples
    --------
    >>> find_column(None, ("zip_code", "zcta5"), pd.DataFrame({"ZCTA5": ["00601"]}), "census.csv")
    'ZCTA5'
    """
    names = [str(column) for column in frame.columns]
    if name is not None:
        if name not in names:
            raise InputError(f"{what} has no column {name!r}; it has {names}")
        return name
    folded = {column.casefold(): column for column in reversed(names)}
    match = next((folded[guess] for guess in guesses if guess in folded), None)
    if match is None:
        raise InputError(f"{what} has none of the columns {list(guesses)}; it has {names}; give the name of the column")
    return match


def numbers_in(column: pd.Series) -> pd.Series | None:
    """Parse a column of texts as numbers, if all of them are numbers.

    Returns
    -------
    pandas.Series or None
        float64, missing where there is no finite number. None if any cell holds another text, or if all are missing.

    Examples
    --------
    >>> numbers_in(pd.Series(["1.5", "NA", None])).tolist()
    [1.5, nan, nan]
    >>> numbers_in(pd.Series(["white", "none"])) is None
    True
    """
    given = column.where(~column.isin(_NO_NUMBER))
    numbers = pd.to_numeric(given, errors="coerce").astype("float64")
    if given.isna().all() or (given.notna() & numbers.isna()).any():
        return None
    return numbers.where(numbers.abs() < float("inf"))
