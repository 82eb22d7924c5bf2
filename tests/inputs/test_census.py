from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from fairaudit.core.errors import InputError
from fairaudit.inputs import read_census

TABLE = (
    "ZCTA5,income,income_moe,majority_group,city,lat,county_fips,pct_rural,flag_suspect\n"
    "00601,7380,120,hispanic,Adjuntas,18.2,72001,0.4,0\n"
    "02139,-666666666,-222222222,none,Cambridge,42.4,25017,,1\n"
    "00602,NA,5,,Aguada,18.4,72003,0.0,0\n"
) + "".join(f"{zip_code},1,1,white,City {zip_code},40,1,1,0\n" for zip_code in range(10001, 10014))


def test_columns_and_their_types(write):
    table = read_census(write(TABLE))
    assert table.keys == ("zip_code",)
    assert table.one_per_speaker
    assert table.attributes == ("income", "majority_group", "pct_rural")
    assert table.frame["income"].isna().tolist()[:3] == [False, True, True]
    assert table.sentinels == 2
    assert table.frame.loc["02139", "majority_group"] == "none"
    assert table.margins.columns.tolist() == ["income"]
    assert table.margins["income"].tolist()[0] == 120.0


def test_lookup_keeps_order_and_unknown_zips(write):
    table = read_census(write(TABLE))
    units = pd.Index(["02139", "99999", "00601", None], name="zip_code")
    found = table.lookup(units)
    assert found["majority_group"].fillna("-").tolist() == ["none", "-", "hispanic", "-"]
    assert found.loc["99999"].isna().all()
    assert found.index.equals(units)
    assert table.unmatched(units) == 1
    assert replace(table, attributes=("lat",)).lookup(units).columns.tolist() == ["lat"]


def test_crosswalk_first_then_equality(write):
    crosswalk = write("ZIP_CODE,ZCTA\n02238,02139\n02139,02139\n00999,\n", "crosswalk.csv")
    table = read_census(write(TABLE), crosswalk=crosswalk)
    units = pd.Index(["02238", "00601", "00999"])
    assert table.lookup(units)["majority_group"].fillna("-").tolist() == ["none", "hispanic", "-"]
    assert table.unmatched(units) == 1


def test_census_bureau_spellings_and_key_by_name(write):
    table = read_census(write("GEO_ID,where,income\n860Z200US00601,ZCTA5 00601,5\n"))
    assert table.frame.index.tolist() == ["00601"]
    assert read_census(write("where,income\nZCTA5 00601,5\n"), zip_column="where").frame.index.tolist() == ["00601"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("zip,income\n2139,5\n", r"column 'zip': 1 zip codes have lost their leading zeros, first in row 2; zip_pad"),
        ("zip,income\n02139,5\n02139,6\n", r"1 zip codes occur more than once, such as '02139' \(row 3\)"),
        ("zip,income\n02139,5\n,6\n", r"1 rows have no five-digit zip code, first row 3"),
        ("place,income\n02139,5\n", r"has none of the columns \['zip_code'.*it has \['place', 'income'\]"),
        ("zip,income\n", "no rows"),
    ],
)
def test_unusable_tables(write, content, sentence):
    with pytest.raises(InputError, match=f"census.csv.*{sentence}"):
        read_census(write(content, "census.csv"))


def test_zip_pad(write):
    assert read_census(write("zip,income\n2139,5\n"), zip_pad=True).frame.index.tolist() == ["02139"]


def test_unknown_key(write):
    with pytest.raises(InputError, match=r"log\.csv has no column 'plz'; it has"):
        read_census(write(TABLE), zip_column="plz")


def test_ambiguous_crosswalk(write):
    crosswalk = write("zip,zcta\n02238,02139\n02238,00601\n", "crosswalk.csv")
    with pytest.raises(InputError, match="'02238' leads to more than one ZCTA"):
        read_census(write(TABLE), crosswalk=crosswalk)


def test_middles_of_zips_are_places(write):
    table = read_census(write("zip,INTPTLAT,INTPTLONG,income\n00601,18.2,-66.7,1\n00602,,-67.1,2\n00603,91,-67.1,3\n"))
    assert table.attributes == ("income",)
    places = table.places()
    assert places is not None
    assert places.attributes == ("latitude", "longitude")
    found = places.lookup(pd.Index(["00603", "00601", "00602", "99999"]))
    assert found.loc["00601"].tolist() == [18.2, -66.7]
    assert found.drop(index="00601").isna().all(axis=None)
    assert read_census(write("zip,lat,income\n00601,18.2,1\n")).places() is None
