"""Side tables from the command line: each is read rightly, or what is left out of it is said."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import fairaudit

CASES = Path(__file__).parents[1] / "cases"
#: The shuffles do not matter here.
QUICK = ("--permutations", "19", "--json")


def audited(cli, log: Path, *options: object) -> dict:
    ran = cli("discover", log, *options, *QUICK)
    assert ran.code in (0, 4), ran.err
    return json.loads(ran.out)


def content_of(audit: dict) -> list[dict]:
    """What an audit says of the log, without the names of the files."""
    return [{key: value for key, value in search.items() if key != "settings"} for search in audit["discoveries"]]


@pytest.mark.parametrize("name", ["top.csv", "thousands.csv", "with_index.csv"])
def test_one_odd_cell_or_row_numbers_change_nothing(cli, name):
    case = CASES / "04_census_one_odd_cell"
    clean, other = (audited(cli, case / "log.csv", "--census", case / file) for file in ("clean.csv", name))
    assert content_of(other) == content_of(clean)
    assert "median_income" in clean["discoveries"][0]["bottom"]["description"]
    (table,) = other["side_tables"]
    assert table["used"] == ["zcta5", "median_income", "pct_rural"]
    unnamed = [{"column": "unnamed_1", "reason": "the column has no name"}]
    assert table["unused"] == (unnamed if name == "with_index.csv" else [])
    assert other["quality"]["coercions"] == ({"census_cells_top_coded": 1} if name == "top.csv" else {})


def test_a_column_that_is_left_out_is_named_by_the_command_and_the_page(cli, tmp_path):
    case = CASES / "04_census_one_odd_cell"
    (tmp_path / "census.csv").write_text((case / "top.csv").read_text().replace("119,000+", "about 119000"))
    caveat = r"census.csv: column 'median_income' is not used: 1 cell cannot be read for certain, first 'about 119000'"
    assert caveat in audited(cli, case / "log.csv", "--census", tmp_path / "census.csv")["quality"]["caveats"][0]
    shown = cli("validate", case / "log.csv", "--census", tmp_path / "census.csv")
    assert shown.code == 0
    assert caveat in shown.out
    assert "not used:\n      median_income: 1 cell" in shown.out
    ran = cli("audit", case / "log.csv", "--census", tmp_path / "census.csv", "--permutations", "19", "-o", tmp_path)
    assert ran.code in (0, 4), ran.err
    page = (tmp_path / "audit.html").read_text()
    assert page.count("about 119000") == 2  # beside the verdict and in the data section
    assert "Columns of the side tables" in page


def test_frozen_cohorts_name_the_cell_for_which_their_column_is_left_out(cli, tmp_path):
    case = CASES / "04_census_one_odd_cell"
    log, census = case / "log.csv", tmp_path / "census.csv"
    ran = cli("audit", log, "--census", case / "clean.csv", "--permutations", "19", "-o", tmp_path / "audit")
    assert ran.code in (0, 4), ran.err
    census.write_text((case / "top.csv").read_text().replace("119,000+", "unclear"))
    refused = cli("assign", log, "--cohorts", tmp_path / "audit" / "cohorts.json", "--census", census)
    assert refused.code == 3
    assert "unknown feature 'median_income'" in refused.err
    assert "column 'median_income' is not used: 1 cell cannot be read for certain, first 'unclear'" in refused.err


def test_the_second_header_of_the_census_bureau_is_left_out(cli, write):
    case = CASES / "22_census_bureau_download"
    zips = [line.split(",")[0][-6:-1] for line in (case / "download.csv").read_text().splitlines()[2:]]
    log = write("speaker_id,errors,words,zip_code\n" + "".join(f"s{code},1,9,{code}\n" for code in zips))
    shown = json.loads(cli("validate", log, "--census", case / "download.csv", "--json").out)
    assert shown["join_rates"] == {"zip-census": 1.0}
    assert shown["coercions"] == {"census_header_rows_left_out": 1, "census_zips_names_cut": len(zips)}
    (table,) = shown["side_tables"]
    assert table["used"] == ["GEO_ID", "S1901_C01_012E"]
    assert [entry["column"] for entry in table["unused"]] == ["NAME", "unnamed_4"]


def test_zip_codes_as_decimals(cli, write):
    case = CASES / "14_zip_as_float"
    log = write("speaker_id,errors,words,zip_code\ns1,1,9,02139\ns2,1,9,90210\n")
    refused = cli("validate", log, "--census", case / "census.csv")
    assert (refused.code, refused.out) == (3, "")
    assert "first '2139.0' in row 2; --zip-pad restores them" in refused.err
    shown = json.loads(cli("validate", log, "--census", case / "census.csv", "--zip-pad", "--json").out)
    assert shown["join_rates"] == {"zip-census": 1.0}
    assert shown["coercions"] == {"census_zips_decimals_cut": 2, "census_zips_padded": 1}


VECTORS = CASES / "05_embedding_index_column"
FILES = CASES / "18_embedding_files"


@pytest.fixture(scope="module")
def good():
    return fairaudit.read_embeddings(VECTORS / "good.csv")


def test_row_numbers_are_no_dimension(cli):
    clean, other = (
        audited(cli, VECTORS / "log.csv", "--embeddings", VECTORS / file) for file in ("good.csv", "index.csv")
    )
    assert content_of(other) == content_of(clean)
    assert other["side_tables"][0]["used"] == ["speaker_id", "0 ... 7 (8)"]
    assert other["side_tables"][0]["unused"] == [{"column": "unnamed_1", "reason": "the column has no name"}]


@pytest.mark.parametrize(
    ("name", "tolerance"),
    [
        ("float16.npz", 1e-3),
        ("large_list.parquet", 0),
        ("list.jsonl", 0),
        ("nested.parquet", 0),
        ("per_speaker.npz", 0),
        ("speechbrain_n_1_d.npz", 1e-4),
        ("text.ark", 0),
        ("x.ark", 0),
    ],
)
def test_files_of_vectors_are_read(good, name, tolerance):
    table = fairaudit.read_embeddings(FILES / name)
    assert table.ids.tolist() == good.ids.tolist()
    np.testing.assert_allclose(table.matrix, good.matrix, atol=tolerance, rtol=0)


@pytest.mark.parametrize(("name", "what"), [("e.pt", "a PyTorch file"), ("e.h5", "an HDF5 file")])
def test_other_files_are_named(cli, name, what):
    refused = cli("audit", VECTORS / "log.csv", "--embeddings", FILES / name)
    assert (refused.code, refused.out) == (3, "")
    assert f"{name}: this is {what}" in refused.err


def test_how_a_table_was_read_is_a_note(cli, tmp_path):
    case = CASES / "04_census_one_odd_cell"
    (tmp_path / "census.csv").write_text((case / "clean.csv").read_text(), "utf-16")
    shown = json.loads(cli("validate", case / "log.csv", "--census", tmp_path / "census.csv", "--json").out)
    assert "census.csv: the text is UTF-16, and was read as such" in shown["notes"]
    found = audited(cli, case / "log.csv", "--census", tmp_path / "census.csv")
    assert "census.csv: the text is UTF-16, and was read as such" in found["quality"]["notes"]
    assert content_of(found) == content_of(audited(cli, case / "log.csv", "--census", case / "clean.csv"))
