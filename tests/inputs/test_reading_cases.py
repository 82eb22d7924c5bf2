"""Odd logs of real users, each with what must come out (``tests/cases/*/README``)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from fairaudit.core.errors import InputError
from fairaudit.inputs import read_log

CASES = Path(__file__).resolve().parents[1] / "cases"


def case(name: str) -> Path:
    return CASES / name


@pytest.mark.parametrize("name", ["nan.csv", "r.csv", "nan.jsonl", "nan.parquet"])
def test_missing_numbers_mean_the_same_in_every_format(name):
    log = read_log(case("13_missing_numbers") / name)
    assert (log.quality.rows_used, log.quality.rows_quarantined, dict(log.quality.coercions)) == (20, 0, {})
    assert log.tally(["latitude", "longitude"])["utterances"].tolist() == [18, 2]


def test_missing_numbers_of_a_frame():
    frame = pd.read_parquet(case("13_missing_numbers") / "nan.parquet")
    log = read_log(frame)
    assert log.quality.rows_used == 20
    assert log.tally(["latitude", "longitude"])["utterances"].tolist() == [18, 2]


def test_zip_codes_as_decimals():
    path = case("14_zip_as_float") / "log.csv"
    with pytest.raises(InputError, match="zip_pad=True restores them"):
        read_log(path)
    assert set(read_log(path, zip_pad=True).tally("zip_code").index.dropna()) == {"02139", "90210"}


EXCEL = {
    "comma.csv": "numbers have a decimal comma",
    "hemisphere.csv": "write signed decimal degrees: -73.2, not 73.2W",
    "projected.csv": "degrees are needed, these look like metres (a projected CRS)",
}


@pytest.mark.parametrize(("name", "sentence"), EXCEL.items())
def test_coordinates_that_are_no_degrees(name, sentence):
    with pytest.raises(InputError) as error:
        read_log(case("23_excel") / name)
    assert sentence in str(error.value)
