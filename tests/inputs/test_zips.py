"""Zip codes are read alike in a log and in the tables beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fairaudit.core.errors import InputError
from fairaudit.inputs import read_log
from fairaudit.inputs.census import read_census

#: A spelling of 02139, and the change that is counted.
UNDERSTOOD = {
    "02139": None,
    " 02139\u00a0": None,
    "\ufeff02139": None,
    "02139-1234": "plus4_cut",
    "021391234": "plus4_cut",
    "02139.0": "decimals_cut",
    "ZCTA5 02139": "names_cut",
    "zcta5 02139": "names_cut",
    "860Z200US02139": "names_cut",
    "8600000US02139": "names_cut",
    "'02139": "quotes_cut",
    '"=""02139"""': "quotes_cut",
}
LOST = ["2139", "2139.0", "2139-1234"]
OTHER = [
    "21391234",
    "2139123",
    "100-0001",
    "SW1A 1AA",
    "560001",
    "0500000US25017",
    "ZCTA5",
    "02139-12",
    "02139/1",
    "0213a",
]
MISSING = ["NA", "", "-", " null "]

Write = Callable[..., Path]


def log_of(write: Write, spelling: str) -> Path:
    return write(f"speaker_id,errors,words,zip_code\na,1,9,{spelling}\nb,1,9,10001\n", "log.csv")


def census_of(write: Write, spelling: str) -> Path:
    return write(f"zip,income\n{spelling},1\n10001,2\n10002,3\n", "census.csv")


@pytest.mark.parametrize(("spelling", "change"), UNDERSTOOD.items())
def test_spellings_that_both_sides_understand(write: Write, spelling: str, change: str | None) -> None:
    log, census = read_log(log_of(write, spelling)), read_census(census_of(write, spelling))
    assert set(log.tally(["zip_code"]).index) == {"02139", "10001"}
    assert log.quality.coercions == ({} if change is None else {f"zip_{change}": 1})
    assert not log.quality.caveats
    assert set(census.frame.index) == {"02139", "10001", "10002"}
    assert census.changes == ({} if change is None else {f"census_zips_{change}": 1})
    assert not census.caveats


@pytest.mark.parametrize("spelling", LOST)
def test_both_sides_restore_zeros_only_on_request(write: Write, spelling: str) -> None:
    for read in (lambda: read_log(log_of(write, spelling)), lambda: read_census(census_of(write, spelling))):
        with pytest.raises(InputError, match=r"zip codes have lost their leading zeros.*zip_pad=True"):
            read()
    log = read_log(log_of(write, spelling), zip_pad=True)
    assert set(log.tally(["zip_code"]).index) == {"02139", "10001"}
    assert "02139" in read_census(census_of(write, spelling), zip_pad=True).frame.index


@pytest.mark.parametrize("pad", [False, True])
@pytest.mark.parametrize("spelling", OTHER)
def test_neither_side_understands_other_codes(write: Write, spelling: str, *, pad: bool) -> None:
    log = read_log(log_of(write, spelling), zip_pad=pad)
    census = read_census(census_of(write, spelling), zip_pad=pad)
    assert log.tally(["zip_code"]).index.dropna().tolist() == ["10001"]
    assert log.quality.coercions == {"zip_not_us_set_missing": 1}
    assert log.quality.caveats == (
        "zip_code: up to 9 rows have codes that are no zip code of the United States, and count as missing",
    )
    assert census.frame.index.tolist() == ["10001", "10002"]
    assert "1 row without a five-digit zip code left out" in census.caveats[0]


@pytest.mark.parametrize("spelling", MISSING)
def test_missing_codes_are_no_codes(write: Write, spelling: str) -> None:
    log, census = read_log(log_of(write, spelling)), read_census(census_of(write, spelling))
    assert (dict(log.quality.coercions), log.quality.caveats, census.caveats) == ({}, (), ())
    assert census.changes == {"census_rows_without_zip": 1}
