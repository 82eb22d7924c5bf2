"""Census tables: attributes of zip codes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar, Final

import pandas as pd

from fairaudit.core.columns import COORDINATES, LATITUDE, LONGITUDE, ZIP_CODE
from fairaudit.core.errors import InputError
from fairaudit.inputs.tables import find_column, numbers_in, read_table

__all__ = ["CensusTable", "read_census"]

_ZIP_NAMES: Final = ("zip_code", "zip", "zipcode", "zcta", "zcta5", "zcta5ce20", "zcta5ce10", "geoid", "geo_id")
_ZCTA_NAMES: Final = ("zcta", "zcta5", "zcta_code", "zcta_used")
#: Five digits, also as the Census Bureau writes them ("860Z200US00601", "ZCTA5 00601").
_ZCTA: Final = r"(?:860\w*US|ZCTA5 )?([0-9]{5})"
#: The Census Bureau's negative codes for "no estimate" and its kin; the first is by far the most frequent.
_SENTINELS: Final = (-666666666, -999999999, -888888888, -555555555, -333333333, -222222222)
_MARGIN: Final = "_moe"
#: A text with more levels than this names places rather than groups.
_LEVELS_AT_MOST: Final = 12
#: How tables call latitude and longitude of a zip's middle.
_MIDDLES: Final = (("latitude", "lat", "intptlat"), ("longitude", "lon", "lng", "long", "intptlong", "intptlon"))
#: Words in a column's name that say it is no attribute of the people who live there.
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
    """Attributes of zip codes, and the margins of error that came with them.

    Attributes
    ----------
    frame
        Index: five-digit zip codes (ZCTAs). Columns: float64, or texts; all that the file has.
    attributes
        The columns that zips may be sorted by: numbers, and texts of 2 to 12 levels, without identifiers, coordinates,
        names and flags. ``dataclasses.replace`` changes them.
    margins
        For some of the numbers, the margin of error, under the number's name.
    crosswalk
        ZIP -> ZCTA; a zip that is not in it stands for itself.
    sentinels
        How many cells held a code for "no estimate" and were set missing.

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

    #: A speaker with several zips counts under the most frequent one.
    one_per_speaker: ClassVar[bool] = True

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that name a unit."""
        return (ZIP_CODE,)

    def lookup(self, units: pd.Index) -> pd.DataFrame:
        """Hand out the attributes of zips.

        Parameters
        ----------
        units
            Zip codes, shape (n_units,).

        Returns
        -------
        pandas.DataFrame
            Shape (n_units, n_attributes), in the order of ``units``; all missing where the zip is unknown.
        """
        return self.frame[list(self.attributes)].reindex(self._matched(units)).set_axis(units)

    def places(self) -> CensusTable | None:
        """The middles of the zips, where the table has them: latitude and longitude in degrees as the attributes."""
        named = {str(name).casefold(): name for name in self.frame.select_dtypes("float64")}
        found = [next((named[name] for name in names if name in named), None) for names in _MIDDLES]
        if None in found:
            return None
        middles = self.frame[found].set_axis(list(COORDINATES), axis=1)
        inside = (middles[LATITUDE].abs() <= 90) & (middles[LONGITUDE].abs() <= 180)
        return replace(self, frame=middles.where(inside), attributes=COORDINATES)

    def unmatched(self, units: pd.Index) -> int:
        """Count the zips that this table does not know; missing ones are not counted."""
        return int((~self._matched(units).isin(self.frame.index) & units.notna()).sum())

    def _matched(self, units: pd.Index) -> pd.Index:
        found: pd.Index = pd.Index([self.crosswalk.get(unit, unit) for unit in units], dtype=self.frame.index.dtype)
        return found


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
        Its key; by default whatever of zip_code, zip, zcta, zcta5, ... it has.
    crosswalk
        A table with a ZIP column and a ZCTA column: ZIP codes are delivery routes, ZCTAs are areas.
    zip_pad
        Put lost leading zeros of zip codes back.

    Raises
    ------
    InputError
        If the key is lacking, is there twice, or has lost its leading zeros.
    """
    name = Path(path).name
    cells = read_table(path)
    key = find_column(zip_column, _ZIP_NAMES, cells, name)
    zips = _zips(cells[key], f"{name}: column {key!r}", pad=zip_pad)
    twice = zips[zips.duplicated()]
    if len(twice):
        places = ", ".join(f"{zip_code!r} (row {row})" for row, zip_code in twice.head(_SHOWN).items())
        raise InputError(f"{name}: {len(twice)} zip codes are there more than once, such as {places}")
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
    """Five-digit zip codes from texts; rows keep their numbers."""
    short = column[column.str.fullmatch("[0-9]{1,4}", na=False)]
    if len(short) and not pad:
        raise InputError(
            f"{where}: {len(short)} zip codes have lost their leading zeros, first in row {short.index[0]}; "
            "--zip-pad puts them back"
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
