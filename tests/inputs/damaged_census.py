"""Damaged census tables and crosswalks, as programs, portals and people leave them."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Any

import pandas as pd

from tests.inputs.damaged_logs import Make, as_bytes, as_cells, as_lines, as_text, cell, jsonl, parquet, same
from tests.inputs.damages import CLEAN, Damage, Read, Refused

__all__ = ["CENSUS", "CROSSWALKS"]

Frame = pd.DataFrame
Change = Callable[[Frame], Frame]
INCOME, ZIP = "median_income", "zip_code"


def census(change: Change, write: Callable[[Frame], bytes] | None = None, to: str | None = None) -> Make:
    """Change the cells of the census table."""
    given = () if write is None else (write,)
    return as_cells(change, *given, name=CLEAN["census"], to=to)


def census_text(change: Callable[[str], str]) -> Make:
    return as_text(change, name=CLEAN["census"])


def income(change: Callable[[pd.Series], Any]) -> Make:
    """Write the column of incomes in another way."""
    return census(lambda frame: frame.assign(**{INCOME: change(frame[INCOME])}))


def zips(change: Callable[[pd.Series], Any]) -> Make:
    return census(lambda frame: frame.assign(**{ZIP: change(frame[ZIP])}))


def more(**columns: Callable[[Frame], Any]) -> Make:
    """Add columns to the census table."""
    return census(lambda frame: frame.assign(**columns))


def semicolons(frame: Frame) -> bytes:
    return frame.to_csv(index=False, sep=";", decimal=",").encode()


def download(frame: Frame) -> Frame:
    """A table as data.census.gov gives it."""
    frame = pd.DataFrame(
        {
            "GEO_ID": "860Z200US" + frame[ZIP],
            "NAME": "ZCTA5 " + frame[ZIP],
            INCOME: frame[INCOME],
            "pct_rural": frame["pct_rural"],
        }
    )
    labels = ["Geography", "Geographic Area Name", "Estimate!!Median income", "Estimate!!Percent rural"]
    return pd.concat([pd.DataFrame([labels], columns=frame.columns), frame])


def left_out(column: str, why: str) -> Read:
    """The column is left out with a caveat, so that the numbers are others."""
    return Read(f"column '{column}' is not used: {why}", same=False)


def odd(value: str, row: int = 7) -> Make:
    return census(cell(row, INCOME, value))


_CENSUS: list[tuple[str, Make, Read | Refused]] = [
    ("The order of the rows is another", census(lambda frame: frame[::-1]), Read()),
    ("Thousands separators", income(lambda cells: cells.map(lambda n: f"{int(n):,}")), Read()),
    ("Dollar signs and thousands", income(lambda cells: cells.map(lambda n: f"${int(n):,}")), Read()),
    ("Blanks between thousands", income(lambda cells: cells.map(lambda n: f"{int(n):,}".replace(",", " "))), Read()),
    ("Numbers as decimals", income(lambda cells: cells + ".0"), Read()),
    ("Blanks around the numbers", income(lambda cells: " " + cells + " "), Read()),
    ("Percent signs in a whole column", more(pct_rural=lambda frame: frame["pct_rural"] + "%"), Read()),
    (
        "Decimal commas and semicolons",
        census(lambda frame: frame.astype({"pct_rural": float}), semicolons),
        Read("with_decimal_comma: 40"),
    ),
    (
        "A top code",
        census(lambda frame: frame.assign(**{INCOME: frame[INCOME].where(frame.index != 5, frame[INCOME] + "+")})),
        Read("top_coded: 1"),
    ),
    (
        "A bottom code",
        census(lambda frame: frame.assign(**{INCOME: frame[INCOME].where(frame.index != 5, frame[INCOME] + "-")})),
        Read("bottom_coded: 1"),
    ),
    ("A code for no estimate", odd("-666666666"), Read("set_missing: 1", same=False)),
    ("Annotations in place of a number", odd("(X)"), Read("set_missing: 1", same=False)),
    ("A cell that is no number", odd("unclear"), left_out(INCOME, "1 cell .* 'unclear' in row 9")),
    ("A range in place of a number", odd("30,000-40,000"), left_out(INCOME, "1 cell .* '30,000-40,000' in row 9")),
    ("A count that is withheld", odd("<11"), left_out(INCOME, "1 cell .* '<11' in row 9")),
    ("-999 in place of a missing number", odd("-999"), left_out(INCOME, "1 cell .* '-999' in row 9")),
    ("An infinite number", odd("inf"), left_out(INCOME, "1 cell .* 'inf' in row 9")),
    ("A note in a cell", odd("41000 (est.)"), left_out(INCOME, "1 cell .* in row 9")),
    (
        "A percent sign in one cell only",
        more(pct_rural=lambda frame: frame["pct_rural"].where(frame.index != 7, "45%")),
        left_out("pct_rural", "1 cell .* '45%' in row 9"),
    ),
    (
        "Every number is missing",
        income(lambda cells: "NA"),
        left_out(INCOME, "40 cells .* first 'NA' in row 2 .no cell is a number."),
    ),
    (
        "Most numbers are missing, in words",
        income(lambda cells: cells.where(cells.index < 9, "n/d")),
        left_out(INCOME, "31 cells .* 'n/d' in row 11"),
    ),
    (
        "Row numbers without a name, as pandas writes",
        census(same, lambda frame: frame.to_csv().encode()),
        Read("unnamed_1: not used"),
    ),
    (
        "Row numbers called Unnamed: 0",
        census(lambda frame: frame.assign(**{"Unnamed: 0": range(len(frame))})),
        Read("Unnamed: 0: not used"),
    ),
    ("Row numbers called index", more(index=lambda frame: range(1, len(frame) + 1)), Read("index: not used")),
    (
        "A column that counts the rows",
        more(rank=lambda frame: range(1, len(frame) + 1)),
        Read("'rank' count the rows", same=False),
    ),
    ("Names of places", more(city=lambda frame: "City " + frame[ZIP]), Read("city: not used")),
    (
        "Coordinates and county numbers",
        more(lat=lambda _: "41.5", county_fips=lambda _: "25017"),
        Read("county_fips: not used"),
    ),
    ("Margins of error", more(median_income_moe=lambda _: "\u00b11,200"), Read()),
    ("A second header row, as data.census.gov writes", census(download), Read("header_rows_left_out: 1")),
    ("Written as JSON lines", census(same, jsonl, "census.jsonl"), Read()),
    ("Written as Parquet", census(same, parquet, "census.parquet"), Read()),
    ("Compressed with gzip", as_bytes(gzip.compress, CLEAN["census"]), Read()),
    ("Zip codes with ZIP+4", zips(lambda codes: codes + "-1234"), Read("plus4_cut: 40")),
    ("Zip codes as GEO_ID", zips(lambda codes: "860Z200US" + codes), Read()),
    ("Blanks around the zip codes", zips(lambda codes: " " + codes), Read()),
    (
        "Zip codes have lost their zeros",
        zips(lambda codes: codes.str.lstrip("0")),
        Refused("lost their leading zeros", ("--zip-pad",)),
    ),
    (
        "Zip codes as decimals",
        zips(lambda codes: codes.str.lstrip("0") + ".0"),
        Refused("lost their leading zeros", ("--zip-pad",)),
    ),
    (
        "A row of totals",
        as_lines(lambda lines: [*lines, "Total,51000,0.5"], CLEAN["census"]),
        Read("first 'Total' in row 42"),
    ),
    (
        "Empty rows at the end",
        as_lines(lambda lines: [*lines, ",,", ",,"], CLEAN["census"]),
        Read("rows_without_zip: 2"),
    ),
    ("A zip code twice", as_lines(lambda lines: [*lines, lines[3]], CLEAN["census"]), Refused("occur more than once")),
    ("Counties in place of zip codes", zips(lambda codes: "0500000US" + codes), Refused("GEO_ID of counties")),
    (
        "One column per zip code",
        census_text(lambda _: "Label,ZCTA5 02100!!Estimate,ZCTA5 02101!!Estimate\nIncome,1,2\n"),
        Refused("one row per zip code is needed"),
    ),
    (
        "The zip codes have no name",
        census_text(lambda text: text.removeprefix(ZIP)),
        Refused("rename the right column to 'zip_code'"),
    ),
    (
        "No column besides the zip codes",
        census(lambda frame: frame[[ZIP]]),
        Refused("no column besides 'zip_code' can be used"),
    ),
    (
        "A row with too many cells",
        census_text(lambda text: text.replace("\n02107,", "\n02107,,")),
        Refused("row 9 has 4 fields"),
    ),
    ("Cut off in the middle of a row", census_text(lambda text: text[:-12]), Refused("seems to be cut off")),
    (
        "A web page",
        census_text(lambda _: "<!DOCTYPE html>\n<html><body>404</body></html>\n"),
        Refused("this is an HTML page"),
    ),
    ("Empty", as_bytes(lambda _: b"", CLEAN["census"]), Refused("the file is empty")),
    (
        "Another kind of file",
        as_bytes(lambda _: b"\x89HDF\r\n\x1a\n" + bytes(99), CLEAN["census"]),
        Refused("NUL byte|HDF5"),
    ),
]

_CROSSWALKS: list[tuple[str, Make, Read | Refused]] = [
    (
        "Further columns",
        as_cells(lambda frame: frame.assign(state="MA"), name=CLEAN["crosswalk"]),
        Read("state: not used"),
    ),
    (
        "A zip code without a ZCTA",
        as_cells(cell(3, "zcta", ""), name=CLEAN["crosswalk"]),
        Read(),
    ),
    (
        "A zip code leads to two ZCTAs",
        as_lines(lambda lines: [*lines, "02100,02101"], CLEAN["crosswalk"]),
        Refused("'02100' leads to more than one ZCTA"),
    ),
    (
        "No column of ZCTAs",
        as_cells(lambda frame: frame[[ZIP]], name=CLEAN["crosswalk"]),
        Refused("none of the columns"),
    ),
]

CENSUS = [Damage(*one, "census") for one in _CENSUS]
CROSSWALKS = [Damage(*one, "crosswalk") for one in _CROSSWALKS]
