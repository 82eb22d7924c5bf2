"""Read census tables, which hold attributes of zip codes."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Final

import pandas as pd

from fairaudit.core.columns import COORDINATES, LATITUDE, LONGITUDE, ZIP_CODE
from fairaudit.core.errors import InputError
from fairaudit.inputs.census_cells import Column, parse_columns
from fairaudit.inputs.census_keys import KeyedTable, read_crosswalk, read_keyed
from fairaudit.inputs.tables import SideTable, counts_rows, is_nameless, quoted_cell, why_row_numbers

__all__ = ["CensusTable", "read_census"]

#: Names of estimates and their margins of error: "income" and "income_moe", and in the tables of the American
#: Community Survey "S1901_C01_012E" and "S1901_C01_012M".
_MARGINS: Final = ((re.compile("(.+)_moe"), r"\1"), (re.compile("([A-Z]+[0-9]+[A-Z]*_(?:C[0-9]+_)?[0-9]+P?)M"), r"\1E"))
_ANNOTATION: Final = re.compile("[A-Z]+[0-9]+[A-Z]*_(C[0-9]+_)?[0-9]+P?[EM]A")
#: Common names of the latitude and longitude of a zip code's centre.
_CENTRES: Final = (("latitude", "lat", "intptlat"), ("longitude", "lon", "lng", "long", "intptlong", "intptlon"))
_CENTRE_NAMES: Final = frozenset(name for names in _CENTRES for name in names)
#: Words in a column name that mark it as no attribute of the residents.
_NOT_ATTRIBUTES: Final = frozenset(
    (
        *("id", "ids", "geoid", "geo", "fips", "zip", "zipcode", "zcta", "zcta5", "name"),
        *("lat", "lon", "lng", "long", "latitude", "longitude", "latlon", "intptlat", "intptlon", "intptlong"),
        *("suspect", "suspicious", "flag", "source"),
    )
)
_SHOWN: Final = 5


@dataclass(frozen=True, eq=False)
class CensusTable:
    """Attributes of zip codes, with their margins of error.

    Attributes
    ----------
    frame
        All columns of the file, as float64 or text, indexed by five-digit zip code (ZCTA).
    attributes
        Columns by which zip codes may be sorted: numbers, and texts of 2 to 12 levels, but no identifiers,
        coordinates, names, flags or row numbers. Use ``dataclasses.replace`` to change them.
    margins
        Margins of error of some numeric columns, under the names of those columns.
    crosswalk
        ZIP -> ZCTA. A zip code that is not listed maps to itself.
    changes
        Kind of change to a cell or row -> number of cells or rows, such as ``census_cells_set_missing``.
    tables
        What the files offered, and what is used of them.

    Examples
    --------
    >>> table = CensusTable(pd.DataFrame({"pct_rural": [0.4]}, index=["00601"]), ("pct_rural",))
    >>> table.lookup(pd.Index(["00601", "99999"]))["pct_rural"].tolist()
    [0.4, nan]
    """

    frame: pd.DataFrame
    attributes: tuple[str, ...]
    margins: pd.DataFrame = field(default_factory=pd.DataFrame)
    crosswalk: Mapping[str, str] = field(default_factory=dict)
    changes: Mapping[str, int] = field(default_factory=dict)
    tables: tuple[SideTable, ...] = ()

    #: A speaker with several zip codes is counted under the most frequent one.
    one_per_speaker: ClassVar[bool] = True

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns that identify a unit."""
        return (ZIP_CODE,)

    @property
    def caveats(self) -> tuple[str, ...]:
        """Sentences that belong beside the verdict."""
        return tuple(caveat for table in self.tables for caveat in table.caveats)

    def lookup(self, units: pd.Index) -> pd.DataFrame:
        """Return the attributes of zip codes.

        Parameters
        ----------
        units
            Zip codes, shape (n_units,).

        Returns
        -------
        pandas.DataFrame
            Shape (n_units, n_attributes), in the order of ``units``. Rows of unknown zip codes are all missing.
        """
        return self.frame[list(self.attributes)].reindex(self._matched(units)).set_axis(units)

    def places(self) -> CensusTable | None:
        """Return the centres of the zip codes (latitude and longitude in degrees) as attributes, or None if absent."""
        named = {str(name).casefold(): name for name in self.frame.select_dtypes("float64")}
        columns = [next((named[name] for name in names if name in named), None) for names in _CENTRES]
        if None in columns:
            return None
        centres = self.frame[columns].set_axis(list(COORDINATES), axis=1)
        inside = (centres[LATITUDE].abs() <= 90) & (centres[LONGITUDE].abs() <= 180)
        return replace(self, frame=centres.where(inside), attributes=COORDINATES)

    def unmatched(self, units: pd.Index) -> int:
        """Count the zip codes that are not in this table. Missing zip codes are not counted."""
        return int((~self._matched(units).isin(self.frame.index) & units.notna()).sum())

    def _matched(self, units: pd.Index) -> pd.Index:
        zctas: pd.Index = pd.Index([self.crosswalk.get(unit, unit) for unit in units], dtype=self.frame.index.dtype)
        return zctas


def read_census(
    path: str | os.PathLike[str],
    *,
    zip_column: str | None = None,
    crosswalk: str | os.PathLike[str] | None = None,
    zip_pad: bool = False,
) -> CensusTable:
    """Read a table keyed by zip code or ZCTA.

    Numbers may have thousands separators, a currency or percent sign, or a mark of the Census Bureau: ``250,000+`` (a
    top code) and ``2,500-`` (a bottom code) are read as the bound, and ``N``, ``(X)``, ``**``, -666666666 and similar
    as missing. Each kind is counted. A column of numbers with any other cell is not used, and a caveat names the cell.

    Parameters
    ----------
    path
        CSV, TSV, JSON lines or Parquet. A second header row, as in downloads from data.census.gov, is left out.
    zip_column
        Name of the key column. By default, the first of zip_code, zip, zcta, zcta5, ... that exists.
    crosswalk
        A table with a ZIP column and a ZCTA column. ZIP codes are delivery routes, whereas ZCTAs are areas.
    zip_pad
        Whether to restore lost leading zeros of zip codes.

    Raises
    ------
    InputError
        If the key is missing, is not unique, or has lost its leading zeros.
    """
    keyed = read_keyed(path, zip_column=zip_column, pad=zip_pad)
    twice = keyed.zips[keyed.zips.duplicated()]
    if len(twice):
        places = ", ".join(f"{zip_code!r} (row {row})" for row, zip_code in twice.head(_SHOWN).items())
        raise InputError(f"{keyed.name}: {len(twice)} zip codes occur more than once, such as {places}")
    columns = parse_columns(keyed.cells)
    margins = _margins(columns)
    unused = {
        name: why
        for name, column in columns.items()
        if (why := _cells_in_doubt(column) or (None if name in margins else _no_attribute(name, column))) is not None
    }
    frame = pd.DataFrame({name: column.values for name, column in columns.items()}, index=keyed.zips.index)
    frame = frame.set_axis(pd.Index(keyed.zips, name=ZIP_CODE))
    centres_in_doubt = [name for name in unused if name.casefold() in _CENTRE_NAMES and _cells_in_doubt(columns[name])]
    usable_margins = {name: estimate for name, estimate in margins.items() if name not in unused}
    table = CensusTable(
        frame.drop(columns=[*margins, *centres_in_doubt]),
        tuple(name for name in columns if name not in unused and name not in margins),
        frame[[*usable_margins]].rename(columns=usable_margins),
        changes=_added([keyed.changes, *(column.changes for column in columns.values())]),
    )
    if table.places() is not None:
        centres = {name for name in unused if name.casefold() in _CENTRE_NAMES} - {*centres_in_doubt}
        unused = {name: why for name, why in unused.items() if name not in centres}
    elif not table.attributes:
        reasons = "; ".join(f"{name!r}: {why}" for name, why in [*unused.items()][:_SHOWN])
        raise InputError(f"{keyed.name}: no column besides {keyed.key!r} can be used; {reasons or 'there is none'}")
    tables = (_side_table(keyed, columns, unused, margins),)
    if crosswalk is None:
        return replace(table, tables=tables)
    pairs, other, changes = read_crosswalk(crosswalk, pad=zip_pad)
    return replace(table, crosswalk=pairs, tables=(*tables, other), changes=_added([table.changes, changes]))


def _margins(columns: Mapping[str, Column]) -> dict[str, str]:
    """Map the columns of margins of error to the columns of their estimates."""
    named = {
        name: pattern.sub(estimate, name)
        for name in columns
        for pattern, estimate in _MARGINS
        if pattern.fullmatch(name)
    }
    return {name: estimate for name, estimate in named.items() if estimate in columns}


def _cells_in_doubt(column: Column) -> str | None:
    """Say which cells of a column of numbers cannot be read, or return None if all can."""
    if column.odd.empty:
        return None
    n = len(column.odd)
    cells = "1 cell" if n == 1 else f"{n} cells"
    return f"{cells} cannot be read for certain, first {quoted_cell(column.odd)} ({column.doubt})"


def _no_attribute(name: str, column: Column) -> str | None:
    """Say why a column is no attribute of the residents, or return None if it is one."""
    if is_nameless(name):
        return "the column has no name"
    if _ANNOTATION.fullmatch(name):
        return "its name marks annotations of another column"
    if _NOT_ATTRIBUTES & set(re.split("[^a-z0-9]+", name.casefold())):
        return "its name marks an identifier, a place or a flag"
    if column.unusable:
        return column.unusable
    return why_row_numbers(name, column.values) if column.values.dtype == "float64" else None


def _side_table(
    keyed: KeyedTable, columns: Mapping[str, Column], unused: Mapping[str, str], margins: Mapping[str, str]
) -> SideTable:
    """Record what is used of a census table; a column whose cells are in doubt makes a caveat."""
    used = [name for name in columns if name not in unused]
    meant = [
        name
        for name in unused
        if name.casefold() in _CENTRE_NAMES
        or (
            _no_attribute(name, replace(columns[name], odd=columns[name].odd[:0])) is None
            and (name not in margins or columns[name].values.count())
        )
    ]
    caveats = [f"column {name!r} is not used: {unused[name]}" for name in meant]
    caveats += [
        f"the cells of column {name!r} count the rows; remove it if it is no attribute of the zip codes"
        for name in used
        if columns[name].values.dtype == "float64" and counts_rows(columns[name].values)
    ]
    sentences = [f"{keyed.name}: {caveat}" for caveat in caveats]
    return SideTable(keyed.name, keyed.sha256, (keyed.key, *used), unused, (*keyed.caveats, *sentences), keyed.notes)


def _added(changes: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for change in changes:
        total.update(change)
    return dict(total)
