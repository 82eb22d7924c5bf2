"""Read census tables, which hold attributes of zip codes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar, Final

import pandas as pd

from fairaudit.core.columns import COORDINATES, LATITUDE, LONGITUDE, ZIP_CODE
from fairaudit.core.errors import InputError, setting
from fairaudit.inputs.tables import find_column, numbers_in, read_table

__all__ = ["CensusTable", "read_census"]

_ZIP_NAMES: Final = ("zip_code", "zip", "zipcode", "zcta", "zcta5", "zcta5ce20", "zcta5ce10", "geoid", "geo_id")
_ZCTA_NAMES: Final = ("zcta", "zcta5", "zcta_code", "zcta_used")
#: Five digits, also as the Census Bureau writes them ("860Z200US00601", "ZCTA5 00601").
_ZCTA: Final = r"(?:860\w*US|ZCTA5 )?([0-9]{5})"
#: The Census Bureau's negative codes for "no estimate" and similar; the first is by far the most frequent.
_SENTINELS: Final = (-666666666, -999999999, -888888888, -555555555, -333333333, -222222222)
_MARGIN: Final = "_moe"
#: A text column with more levels than this names places rather than groups.
_LEVELS_AT_MOST: Final = 12
#: Common names of the latitude and longitude of a zip code's centre.
_CENTRES: Final = (("latitude", "lat", "intptlat"), ("longitude", "lon", "lng", "long", "intptlong", "intptlon"))
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
        coordinates, names or flags. Use ``dataclasses.replace`` to change them.
    margins
        Margins of error of some numeric columns, under the names of those columns.
    crosswalk
        ZIP -> ZCTA. A zip code that is not listed maps to itself.
    sentinels
        Number of cells that held a code for "no estimate" and were set to missing.

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
    sentinels: int = 0

    #: A speaker with several zip codes is counted under the most frequent one.
    one_per_speaker: ClassVar[bool] = True

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns that identify a unit."""
        return (ZIP_CODE,)

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

    Parameters
    ----------
    path
        CSV, TSV, JSON lines or Parquet.
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
    name = Path(path).name
    cells = read_table(path)
    key = find_column(zip_column, _ZIP_NAMES, cells, name)
    zips = _zips(cells[key], f"{name}: column {key!r}", pad=zip_pad)
    twice = zips[zips.duplicated()]
    if len(twice):
        places = ", ".join(f"{zip_code!r} (row {row})" for row, zip_code in twice.head(_SHOWN).items())
        raise InputError(f"{name}: {len(twice)} zip codes occur more than once, such as {places}")
    columns = {str(column): _typed(cells[column]) for column in cells.columns if column != key}
    frame = pd.DataFrame(columns).set_axis(pd.Index(zips, name=ZIP_CODE))
    sentinel = frame.select_dtypes("float64").isin(_SENTINELS)
    frame[sentinel.columns] = frame[sentinel.columns].mask(sentinel)
    margins = [name for name in columns if name.endswith(_MARGIN) and name.removesuffix(_MARGIN) in columns]
    table = frame.drop(columns=margins)
    return CensusTable(
        table,
        tuple(name for name in columns if name in table and _is_attribute(table[name])),
        frame[margins].rename(columns={name: name.removesuffix(_MARGIN) for name in margins}),
        {} if crosswalk is None else _read_crosswalk(crosswalk, pad=zip_pad),
        int(sentinel.to_numpy().sum()),
    )


def _typed(column: pd.Series) -> pd.Series:
    numbers = numbers_in(column)
    return column if numbers is None else numbers


def _is_attribute(column: pd.Series) -> bool:
    if _NOT_ATTRIBUTES & set(str(column.name).casefold().split("_")):
        return False
    return column.dtype == "float64" or 2 <= column.nunique() <= _LEVELS_AT_MOST


def _zips(column: pd.Series, where: str, *, pad: bool) -> pd.Series:
    """Parse five-digit zip codes from texts; the index is kept."""
    short = column[column.str.fullmatch("[0-9]{1,4}", na=False)]
    if len(short) and not pad:
        raise InputError(
            f"{where}: {len(short)} zip codes have lost their leading zeros, first in row {short.index[0]}; "
            f"{setting('zip_pad', True)} restores them"
        )
    zips = column.where(~column.index.isin(short.index), column.str.zfill(5))
    zips = zips.str.extract(f"^{_ZCTA}$", expand=False)
    bad = zips.index[zips.isna()]
    if len(bad):
        raise InputError(f"{where}: {len(bad)} rows have no five-digit zip code, first row {bad[0]}")
    return zips


def _read_crosswalk(path: str | os.PathLike[str], *, pad: bool) -> dict[str, str]:
    name = Path(path).name
    cells = read_table(path)
    to = find_column(None, _ZCTA_NAMES, cells, name)
    source = find_column(None, _ZIP_NAMES[:3], cells, name)
    cells = cells[cells[to].notna()]
    zips = _zips(cells[source], f"{name}: column {source!r}", pad=pad)
    zctas = _zips(cells[to], f"{name}: column {to!r}", pad=pad)
    if zips.duplicated().any():
        raise InputError(f"{name}: zip code {zips[zips.duplicated()].iloc[0]!r} leads to more than one ZCTA")
    return dict(zip(zips, zctas, strict=True))
