"""Find and read the zip codes of a census table or a crosswalk."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from fairaudit.core.columns import ZIP_CODE
from fairaudit.core.errors import InputError, setting
from fairaudit.core.missing import BLANKS, spells_missing
from fairaudit.inputs.tables import SideTable, find_column, quoted_cell, read_table
from fairaudit.inputs.zips import FIVE_DIGITS, LENGTH, read_zip

__all__ = ["KeyedTable", "read_crosswalk", "read_keyed"]

_ZIP_NAMES: Final = (
    *(ZIP_CODE, "zip", "zipcode", "zip code", "zcta", "zcta5", "zcta5ce20", "zcta5ce10"),
    *("zip code tabulation area", "zip_code_tabulation_area", "geoid", "geoid20", "geoid10", "geo.id2"),
    *("geo_id", "geo.id", "postal_code", "postcode"),
)
_ZCTA_NAMES: Final = ("zcta", "zcta5", "zcta_code", "zcta_used")
#: Meaning of the first three digits of a GEO_ID.
_SUMMARY_LEVELS: Final[Mapping[str, str]] = {
    "010": "the nation",
    "040": "states",
    "050": "counties",
    "060": "county subdivisions",
    "140": "census tracts",
    "150": "block groups",
    "160": "places",
    "310": "metropolitan areas",
    "795": "public use microdata areas",
}
_GEO_ID: Final = re.compile(r"([0-9]{3})\w*US.*")
_IN_A_NAME: Final = re.compile("ZCTA5 [0-9]{5}")


@dataclass(frozen=True, eq=False)
class KeyedTable:
    """A table keyed by zip code.

    Attributes
    ----------
    name, sha256
        Base name and SHA-256 of the file.
    key
        Name of the column of zip codes.
    zips
        Five-digit zip codes; the index is the row number in the file.
    cells
        Texts of the same rows, without the key.
    changes
        Kind of change -> number of rows.
    caveats, notes
        Sentences that belong beside the verdict, and about how the file was read.
    """

    name: str
    sha256: str
    key: str
    zips: pd.Series
    cells: pd.DataFrame
    changes: Mapping[str, int]
    caveats: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_keyed(
    path: str | os.PathLike[str], *, zip_column: str | None, pad: bool, names: tuple[str, ...] = _ZIP_NAMES
) -> KeyedTable:
    """Read a table and its zip codes; a second header row and rows without a zip code are left out and counted.

    Raises
    ------
    InputError
        If the column of zip codes is missing, or holds anything else than zip codes.
    """
    file = read_table(path)
    columns = [*map(str, file.cells.columns)]
    if sum(_IN_A_NAME.search(column) is not None for column in columns) * 2 > len(columns):
        raise InputError(
            f"{file.name}: zip codes are columns, such as {columns[-1]!r}; one row per zip code is needed (at "
            "data.census.gov, 'Zip' in place of 'CSV' downloads such a table)"
        )
    key = find_column(zip_column, names, columns, file.name)
    cells, changes = file.cells, Counter[str]()
    if _is_second_header(cells[key], cells):
        cells, changes["census_header_rows_left_out"] = cells.iloc[1:], 1
    where = f"{file.name}: column {key!r}"
    zips, other = five_digits(cells[key], where, changes, pad=pad)
    if len(other) >= max(len(zips), 1):
        raise InputError(f"{where}: cells that are no five-digit zip code: {len(other)}, first {_named(other)}")
    if zips.empty:
        raise InputError(f"{where} holds no zip code")
    changes["census_rows_without_zip"] = len(cells) - len(zips)
    caveats = _left_out(where, other)
    return KeyedTable(
        file.name,
        file.sha256,
        key,
        zips,
        cells.loc[zips.index].drop(columns=key),
        {name: n for name, n in changes.items() if n},
        caveats,
        file.notes,
    )


def _left_out(where: str, other: pd.Series) -> tuple[str, ...]:
    """Say how many rows are left out because of cells that are no zip codes."""
    if other.empty:
        return ()
    rows = "1 row" if len(other) == 1 else f"{len(other)} rows"
    return (f"{where}: {rows} without a five-digit zip code left out, first {_named(other)}",)


def _is_second_header(column: pd.Series, cells: pd.DataFrame) -> bool:
    """Whether the first row describes the columns, as in downloads from data.census.gov."""
    if len(cells) < 2 or not isinstance(column.iloc[0], str) or re.search("[0-9]{3}", column.iloc[0]):
        return False
    first = cells.iloc[0].dropna()
    return len(first) > 1 and not first.str.fullmatch(r"[^A-Za-z]*[0-9][^A-Za-z]*").any()


def five_digits(column: pd.Series, where: str, changes: Counter[str], *, pad: bool) -> tuple[pd.Series, pd.Series]:
    """Read five-digit zip codes from texts, and count what was changed.

    Returns
    -------
    zips, other
        The zip codes, and the cells that hold something else. Missing cells are in neither.

    Raises
    ------
    InputError
        If a zip code has lost its leading zeros and ``pad`` is false.
    """
    texts = column.where(column.str.fullmatch(FIVE_DIGITS, na=False), column.str.strip(BLANKS))
    others = texts[texts.notna() & ~texts.str.fullmatch(FIVE_DIGITS, na=False)]
    read = {row: _digits(text, changes) for row, text in others.items()}
    short = [row for row, digits in read.items() if digits is not None and len(digits) < LENGTH]
    if short and not pad:
        raise InputError(
            f"{where}: {len(short)} zip codes have lost their leading zeros, first "
            f"{quoted_cell(column[column.index.isin(short)])}; {setting('zip_pad', True)} restores them"
        )
    changes["census_zips_padded"] += len(short)
    padded = {row: None if digits is None else digits.zfill(LENGTH) for row, digits in read.items()}
    zips = texts.where(~texts.index.isin(others.index), pd.Series(padded, dtype="object", index=others.index))
    missing = column.isna() | column.map(spells_missing, na_action="ignore").eq(True)
    return zips.dropna(), column[zips.isna() & ~missing]


def _digits(text: str, changes: Counter[str]) -> str | None:
    """Read a zip code that is written in another way than five digits, and count what is cut from it."""
    digits, change = read_zip(text) or (None, None)
    if change is not None:
        changes[f"census_zips_{change}"] += 1
    return digits


def _named(other: pd.Series) -> str:
    """Quote the first cell that is no zip code, and say what it is if it is a GEO_ID."""
    geo_id = _GEO_ID.fullmatch(str(other.iloc[0]))
    if geo_id is None:
        return quoted_cell(other)
    area = _SUMMARY_LEVELS.get(geo_id[1], "other areas")
    return f"{quoted_cell(other)}, which is a GEO_ID of {area}; those of zip codes (ZCTA) begin with 860"


def read_crosswalk(path: str | os.PathLike[str], *, pad: bool) -> tuple[dict[str, str], SideTable, Mapping[str, int]]:
    """Read a table from ZIP to ZCTA. Rows without a ZCTA are left out and counted.

    Returns
    -------
    pairs, table, changes
        ZCTA by zip code, the table, and how many rows of each kind of change there are.

    Raises
    ------
    InputError
        If a column is missing, or a zip code leads to more than one ZCTA.
    """
    table = read_keyed(path, zip_column=None, pad=pad, names=_ZIP_NAMES[:4])
    to = find_column(None, _ZCTA_NAMES, [*map(str, table.cells.columns)], table.name)
    where, changes = f"{table.name}: column {to!r}", Counter(table.changes)
    zctas, other = five_digits(table.cells[to], where, changes, pad=pad)
    changes["crosswalk_rows_without_zcta"] = len(table.zips) - len(zctas)
    pairs = pd.DataFrame({"zip": table.zips.loc[zctas.index], "zcta": zctas}).drop_duplicates()
    twice = pairs["zip"][pairs["zip"].duplicated()]
    if len(twice):
        raise InputError(f"{table.name}: zip code {twice.iloc[0]!r} leads to more than one ZCTA")
    unused = {str(name): "a crosswalk is two columns" for name in table.cells if name != to}
    caveats = (*table.caveats, *_left_out(where, other))
    side = SideTable(table.name, table.sha256, (table.key, to), unused, caveats, table.notes)
    return dict(zip(pairs["zip"], pairs["zcta"], strict=True)), side, {name: n for name, n in changes.items() if n}
