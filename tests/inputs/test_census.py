from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import fairaudit
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
    assert table.changes == {"census_cells_set_missing": 2}
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
        ("zip,income\n2139,5\n", r"column 'zip': 1 zip codes have lost their leading zeros, first '2139' in row 2"),
        ("zip,income\n02139,5\n02139,6\n", r"1 zip codes occur more than once, such as '02139' \(row 3\)"),
        ("zip,income\n2139.0,5\n", r"1 zip codes have lost their leading zeros, first '2139.0' in row 2; zip_pad=True"),
        ("zip,income\n02139,5\nTotal,6\n", r"cells that are no five-digit zip code: 1, first 'Total' in row 3"),
        ("zip,income\nNA,5\n,6\n", "column 'zip' holds no zip code"),
        (
            "GEO_ID,income\n0500000US25017,5\n",
            r"which is a GEO_ID of counties; those of zip codes \(ZCTA\) begin with 860",
        ),
        ("Label,ZCTA5 02139!!Estimate,ZCTA5 02140!!Estimate\nIncome,5,6\n", "one row per zip code is needed"),
        (",zip\n0,02139\n1,02140\n", "no column besides 'zip' can be used; 'unnamed_1': the column has no name"),
        (
            "zip,income\n02139,unclear\n02140,5\n",
            "no column besides 'zip' can be used; 'income': 1 cell cannot be read",
        ),
        ("place,income\n02139,5\n", r"has none of the columns \['zip_code'.*similar; it has \['place', 'income'\]"),
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


def column_of(write, cells, name="income"):
    rows = "".join(f'{zip_code},"{cell}",0.{zip_code}\n' for zip_code, cell in enumerate(cells, start=10001))
    return read_census(write(f"zip,{name},pct_rural\n{rows}", "census.csv"))


@pytest.mark.parametrize(
    ("cells", "numbers", "changes"),
    [
        (["68,000", "28,000", "1,119,000"], [68000, 28000, 1119000], {}),
        (["68,000", "28000", "7"], [68000, 28000, 7], {}),
        (["$68,000", "$28000.50", "£5"], [68000, 28000.5, 5], {}),
        (["68 000", "28\u00a0000", "1\u202f119\u202f000"], [68000, 28000, 1119000], {}),
        (["68'000", "28\u2019000", " 5 "], [68000, 28000, 5], {}),
        (["12.5%", "0 %", "3%"], [12.5, 0, 3], {}),
        (["\u00b11,234", "+7", "\u22125"], [1234, 7, -5], {}),
        (["1e3", "5E-1", ".5"], [1000, 0.5, 0.5], {}),
        (["119,000", "250,000+", "2,500-"], [119000, 250000, 2500], {"top_coded": 1, "bottom_coded": 1}),
        (["5", "N", "(X)", "**", "***", "*****", "-"], [5, *[None] * 6], {"set_missing": 6}),
        (["5", "-666666666", "-999999999.0", "-888,888,888", "-222222222"], [5, *[None] * 4], {"set_missing": 4}),
        (["5", "", "NA", "nan", "null", "None", "#N/A"], [5, *[None] * 6], {}),
        (["0,72", "12,5", "3"], [0.72, 12.5, 3], {"with_decimal_comma": 2}),
        (["-5.5", "-99", "3"], [-5.5, -99, 3], {}),
    ],
)
def test_cells_that_are_certain_are_read(write, cells, numbers, changes):
    table = column_of(write, cells)
    assert table.attributes == ("income", "pct_rural")
    assert table.frame["income"].astype(object).where(table.frame["income"].notna(), None).tolist() == numbers
    assert table.changes == {f"census_cells_{name}": count for name, count in changes.items()}
    assert table.caveats == ()


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (["68000", "unclear", "5"], "1 cell .* 'unclear' in row 3 .not a number."),
        (["68000", "12,34", "5"], "'12,34' in row 3"),
        (["68,000", "28,000", "12,5"], "'12,5' in row 4"),
        (["1.234.567", "5", "6"], "'1.234.567' in row 2"),
        (["5", "<11", "7"], "'<11' in row 3"),
        (["5", "1e999", "7"], "'1e999' in row 3"),
        (["5", "inf", "7"], "'inf' in row 3"),
        (["5", "(7)", "7"], "'.7.' in row 3"),
        (["5", "12 a", "7"], "'12 a' in row 3"),
        (["5", "\u0665", "7"], "in row 3"),
        (["0.5", "0.25", "45%"], "'45%' in row 4 .only some cells have a percent sign."),
        (["45%", "0.25", "50%"], "'0.25' in row 3 .only some"),
        (["5", "-999", "-99.0"], "2 cells .* '-999' in row 3 .it may mean a missing number."),
        (["1", "2", "3", "Metro"], "'Metro' in row 5"),
        ([*map(str, range(20)), *["n/d"] * 60], "60 cells .* 'n/d' in row 22"),
    ],
)
def test_a_column_in_doubt_is_left_out_beside_the_verdict(write, cells, reason):
    table = column_of(write, cells)
    assert table.attributes == ("pct_rural",)
    (caveat,) = table.caveats
    assert re.fullmatch(f"census.csv: column 'income' is not used: .*{reason}.*", caveat)
    assert table.tables[0].unused["income"] in caveat


def test_commas_mean_the_same_in_the_whole_table(write):
    rows = "".join(f"1000{i};{i},5;{i},125;1,{i}00,000\n" for i in range(1, 9))
    table = read_census(write(f"zip;share;income;people\n{rows}", "census.csv"))
    assert table.attributes == ("share", "people")
    assert table.caveats == (
        "census.csv: column 'income' is not used: 8 cells cannot be read for certain, first '1,125' in row 2 "
        "(commas may separate decimals, as in another column, or thousands)",
    )


@pytest.mark.parametrize("name", ["", "Unnamed: 0", "index", "row"])
@pytest.mark.parametrize("numbers", [[0, 1, 2, 3, 4], [5, 9, 2, 3, 4]])
def test_row_numbers_are_no_attribute(write, name, numbers):
    rows = "".join(f"{number},1000{i},{7 * i % 5}\n" for i, number in enumerate(numbers))
    table = read_census(write(f"{name},zip,income\n{rows}"))
    assert table.attributes == ("income",)
    assert [*table.tables[0].unused] == [name or "unnamed_1"]
    assert table.caveats == ()


def test_a_column_with_a_name_that_counts_the_rows_is_reported(write):
    table = column_of(write, ["1", "2", "3", "4"])
    assert table.attributes == ("income", "pct_rural")
    assert table.caveats == (
        "census.csv: the cells of column 'income' count the rows; remove it if it is no attribute of the zip codes",
    )


def test_spellings_of_a_label_are_joined(write):
    table = column_of(write, ["rural", "Rural ", "URBAN", "urban", "urban", "rural", "NA", "-"], "kind")
    assert table.attributes == ("kind", "pct_rural")
    assert table.frame["kind"].fillna("?").tolist() == ["rural"] * 2 + ["urban"] * 3 + ["rural", "?", "?"]
    assert table.changes == {"census_labels_joined": 2, "census_cells_set_missing": 2}
    assert column_of(write, ["Y", "N", "N", "Y"], "metro").frame["metro"].tolist() == ["Y", "N", "N", "Y"]
    assert column_of(write, ["0-17", "18-64", "65+"], "age").frame["age"].tolist() == ["0-17", "18-64", "65+"]


DOWNLOAD = """\
"GEO_ID","NAME","S1901_C01_012E","S1901_C01_012M","S1901_C01_012EA","S1901_C01_012MA",
"Geography","Geographic Area Name","Estimate!!Median income (dollars)","Margin of Error!!Median","Annotation","Note",
"860Z200US10000","ZCTA5 10000","40000","1200","null","null",
"8600000US10001","ZCTA5 10001","250,000+","***","+","***",
"860Z200US10002","ZCTA5 10002","-","**","-","**",
"""


def test_a_download_from_the_census_bureau(write):
    table = read_census(write(DOWNLOAD))
    assert table.frame.index.tolist() == ["10000", "10001", "10002"]
    assert table.attributes == ("S1901_C01_012E",)
    assert table.margins["S1901_C01_012E"].fillna(0).tolist() == [1200, 0, 0]
    assert table.changes["census_header_rows_left_out"] == 1
    assert table.caveats == ()


def test_everything_that_a_download_and_a_log_may_hold_at_once(write):
    log = fairaudit.read_log(
        pd.DataFrame(
            {
                "speaker_id": [*"abcdef"],
                "errors": 1,
                "words": 9,
                "zip_code": ["10000-1234", "100011234", "10009", "SW1A 1AA", "K1A 0B1", "ZCTA5 10002"],
            }
        )
    )
    assert log.quality.coercions == {"zip_plus4_cut": 2, "zip_names_cut": 1, "zip_not_us_set_missing": 2}
    assert "zip_code: up to 9 rows have codes that are no zip code of the United States, and count as missing" in (
        log.quality.caveats
    )
    more = '"860Z200US10003","ZCTA5 10003","68,000","±1,200","null","null",\n'
    more += '"860Z200US10004","ZCTA5 10004","2,500-","***","-","***",\n'
    crosswalk = write("ZIP_CODE,zcta\n10009,10003\n", "crosswalk.csv")
    table = read_census(write(DOWNLOAD + more), crosswalk=crosswalk)
    units = pd.Index(log.tally("zip_code").index.dropna())
    assert table.lookup(units)["S1901_C01_012E"].fillna(-1).to_dict() == {
        "10000": 40000, "10001": 250000, "10002": -1, "10009": 68000
    }  # fmt: skip
    assert table.margins["S1901_C01_012E"].fillna(0).to_dict()["10003"] == 1200
    assert table.changes["census_cells_top_coded"] == table.changes["census_cells_bottom_coded"] == 1


def test_rows_without_a_zip_code_are_counted(write):
    table = read_census(write("zip,income\n02139,5\n,\nNA,7\n02140-1234,8\n90210.0,9\n"))
    assert table.frame.index.tolist() == ["02139", "02140", "90210"]
    assert table.changes == {
        "census_rows_without_zip": 2,
        "census_zips_plus4_cut": 1,
        "census_zips_decimals_cut": 1,
    }


def test_a_row_of_another_area_is_left_out_beside_the_verdict(write):
    table = read_census(write("zip,income\n02139,5\n02140,7\n02141,8\nT5H 1A1,7\n9300,1\n", "census.csv"), zip_pad=True)
    assert table.frame.index.tolist() == ["02139", "02140", "02141", "09300"]
    assert table.caveats == (
        "census.csv: column 'zip': 1 row without a five-digit zip code left out, first 'T5H 1A1' in row 5",
    )


@pytest.mark.parametrize(
    ("cells", "unused"),
    [
        (
            [f"2020-01-{day:02}" for day in range(1, 14)],
            "13 cells cannot be read for certain, first '2020-01-01' in row 2",
        ),
        ([f"1.{i:03},50" for i in range(13)], "13 cells cannot be read for certain, first '1.000,50' in row 2"),
        ([f"Ward {letter}" for letter in "ABCDE"], "every row has another text"),
        ([f"Ward {letter}" for letter in "ABCDEFGHIJKLM"], "it has 13 different texts; labels are at most 12"),
        (["rural"] * 4, "all rows have the same text"),
        ([""] * 4, "it has no values"),
    ],
)
def test_texts_that_are_no_groups(write, cells, unused):
    table = column_of(write, cells)
    assert table.attributes == ("pct_rural",)
    assert unused in table.tables[0].unused["income"]
    assert len(table.caveats) == ("cannot be read" in unused)


def test_an_older_download_and_margins_that_are_controlled(write):
    rows = "".join(f"8600000US{10001 + i},{10001 + i},ZCTA5 {10001 + i},{i * 7 % 5},-555555555\n" for i in range(5))
    names = "GEO.id,GEO.id2,GEO.display-label,B01001_001E,B01001_001M\nId,Id2,Geography,Estimate,Margin of Error\n"
    table = read_census(write(names + rows))
    assert table.attributes == ("B01001_001E",)
    assert table.changes == {"census_header_rows_left_out": 1, "census_cells_set_missing": 5}
    assert table.caveats == ()


def test_rows_of_a_crosswalk_without_a_zcta_are_counted_and_named(tmp_path: Path) -> None:
    (tmp_path / "census.csv").write_text("zip_code,income\n10001,1\n10004,2\n10005,7\n")
    (tmp_path / "crosswalk.csv").write_text("zip,zcta\n10000,10001\n10002,N/A\n10003,1000X\n10005-1234,10005\n")
    table = read_census(tmp_path / "census.csv", crosswalk=tmp_path / "crosswalk.csv")
    assert (table.changes["crosswalk_rows_without_zcta"], table.changes["census_zips_plus4_cut"]) == (2, 1)
    assert "crosswalk.csv: column 'zcta': 1 row without a five-digit zip code left out" in " ".join(table.caveats)


def test_centres_with_cells_in_doubt_are_not_used_and_named(tmp_path: Path) -> None:
    (tmp_path / "census.csv").write_text(
        'zip_code,income,lat,lon\n10001,1,41.5,-90\n10004,2,n/d,-91\n10005,7,43.1,-92\n10006,8,"40,2",-93\n'
    )
    table = read_census(tmp_path / "census.csv")
    assert table.places() is None
    assert any("lat" in caveat for caveat in table.caveats)


def test_labels_that_are_read_as_missing_are_counted(tmp_path: Path) -> None:
    rows = "".join(f"{10000 + i},{('NA', 'EU', 'AS')[i % 3]}\n" for i in range(12))
    (tmp_path / "census.csv").write_text(f"zip_code,region\n{rows}")
    assert read_census(tmp_path / "census.csv").changes["census_cells_set_missing"] == 4
