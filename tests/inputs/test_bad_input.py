"""One case per row of the bad-input table: the sentence says where, what, and how to mend it."""

from __future__ import annotations

import gzip
import io
import json
import pickle

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairaudit.core.errors import InputError, NothingToAuditError, UsageError
from fairaudit.inputs import read_log

TEXT = "utterance_id,speaker_id,reference,hypothesis\n"
COUNTS = "utterance_id,speaker_id,errors,words\n"


def zstd(content: bytes) -> bytes:
    out = pa.BufferOutputStream()
    with pa.CompressedOutputStream(out, "zstd") as stream:
        stream.write(content)
    return out.getvalue().to_pybytes()


def parquet(frame: pd.DataFrame, **options: object) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(frame), out, **options)
    return out.getvalue()


NOISE = "".join(f"u{i},s{i % 7},{np.random.default_rng(i).integers(10**9)},9999999999\n" for i in range(3000))
MANY = (COUNTS + NOISE).encode()

UNREADABLE = {
    "too many fields": (
        TEXT + "u1,s1,a b,a b\nu2,s1,a, b,a b\n",
        r"log.csv: row 3 has 5 fields, but the header has 4; is a text with ',' not quoted\?",
    ),
    "several rows too long": (
        TEXT + "u1,s1,a,b,c\nu2,s1,a,b\nu3,s1,a,b,c\n",
        r"row 2 has 5 .*; 1 more rows differ too \(4\)",
    ),
    "header lacks the index": (TEXT + "0,u1,s1,a,b\n1,u2,s1,a,b\n", r"lack the name of the first column"),
    "too few fields": (TEXT + "u1,s1,a b\nu2,s1,a,b\n", r"row 2 has 3 .*; is a text with a line break not quoted\?"),
    "cut off": (TEXT + "u1,s1,a b,a b\nu2,s1", r"row 3 has 2 .*; the file seems to be cut off"),
    "unclosed quote": (
        TEXT + 'u1,s1,a,b\nu2,s1,"a b,a b\nu3,s1,a,b\n',
        r"quote that opens in row 3 \(line 3\) is never",
    ),
    "misplaced quote": (TEXT + 'u1,s1,"a" b,a b\n', r"row 2 .* quote in the wrong place"),
    "duplicate column": (
        "speaker_id,words,words,errors\ns,1,1,1\n",
        r"header \(row 1\): column 'words' occurs twice",
    ),
    "case twins": ("speaker_id,words,Words,errors\ns,1,1,1\n", r"differ only in case"),
    "UTF-16 cut off": ((TEXT + "u1,s1,a,b\n").encode("utf-16")[:-1], r"UTF-16 text is damaged or cut off"),
    "two rows in one": (
        TEXT + 'u1,s1,a,"b\nu2,s1,a,b"\nu3,s1,a,b\n',
        r"lines 2 to 3 are one row if the quote .* and 2 rows if it is part of a text",
    ),
    "tabs and both kinds of quotes": (
        TEXT.replace(",", "\t") + 'u1\ts1\t"a\tb"\tb\nu2\ts1\t"a\tb\nu3\ts1\ta\tb"\n',
        r"lines 3 to 4 are one row if",
    ),
    "another header": (TEXT + "u1,s1,a,b\nspeaker_id,utterance_id,reference,hypothesis\n", r"row 3 is another header"),
    "UTF-16 without mark": ((TEXT + "u1,s1,a,b\n").encode("utf-16-le"), r"NUL byte in row 1; UTF-16"),
    "NUL": (TEXT + "u1,s1,a\0b,b\n", r"NUL byte in row 2"),
    "Latin-1": ((TEXT + "u1,s1,caf\xe9,b\n").encode("latin-1"), r"row 2 is not UTF-8; .*CSV UTF-8.*WINDOWS-1252"),
    "cut character": ((TEXT + "u1,s1,a,caf\xe9").encode()[:-1], r"middle of a character in row 2"),
    "empty file": ("", r"the file is empty"),
    "no rows": (TEXT, r"log.csv: no rows"),
    "truncated gz": (gzip.compress(MANY)[:-100], r"gzip data .*cut off"),
    "damaged gz": (gzip.compress(MANY)[:-6] + b"\1\2\3\4\5\6", r"gzip data .*damaged"),
    "truncated zst": (zstd(MANY)[:-100], r"zstd data .*cut off"),
    "zip archive": (b"PK\x03\x04rest", r"zip archive"),
    "pickle": (pickle.dumps({"a": 1}), r"this is a Python pickle, which fairaudit never opens"),
    "JSON array": ('[{"speaker_id": "s"}]', r"log lacks \['reference', 'hypothesis'\]"),
    "JSON array cut off": ('[{"speaker_id": "s"}, {"speak', r"not JSON in entry 2 of the array .*cut off"),
    "JSON array of numbers": ("[1, 2]", r"the JSON document has no array of objects"),
    "JSON array of mixed entries": ('[{"a": 1}, 2]', r"entry 2 of the array is not an object"),
    "JSON array with a comma too many": (
        '[{"a": 1},]',
        r"not JSON in entry 1 of the array \(nothing follows a comma\)",
    ),
    "JSON array with a comma too few": ('[{"a": 1} {"a": 2}]', r"',' or '\]' is needed"),
    "JSON array and more": ('[{"a": 1}]\n[2]', r"something follows the end of the JSON document"),
    "JSON names twice": ('[{"a": 1, "a": 2}]', r"entry 1 of the array: .*'a'"),
    "JSON objects twice": ('{"r": [{"a": 1}], "r": [{"a": 1}]}', r"name 'r' occurs twice"),
    "JSON arrays too deep": ('{"a": ' * 60 + '[{"b": 1}]' + "}" * 60, r"nested too deeply"),
    "two JSON arrays": ('{"r": [{"a": 1}], "s": [{"a": 1}]}', r"several arrays of objects may be the log: r\[\] \(1\)"),
    "JSON cut off": ('{"speaker_id": "s", "words": 1, "errors": 0}\n{"speaker_id": "s', r"row 2 is not JSON .*cut off"),
    "JSON over lines": ('{\n"speaker_id": "s"\n}\n', r"row 1 is not JSON .*whole object per line"),
    "JSON no object": ('{"speaker_id": "s", "words": 1, "errors": 0}\n3\n', r"row 2 is not a JSON object"),
    "JSON too deep": ('{"speaker_id": ' * 9_999, r"row 1 .* nested too deeply"),
    "JSON value too deep": ('{"speaker_id": "s", "x": ' + "[" * 9_999, r"row 1 .* nested too deeply"),
    "column of ours": ("speaker_id,words,errors,__ROW__\ns,1,1,1\n", r"itself uses the name of column '__ROW__'"),
    "JSON half a character": (
        '{"speaker_id": "s", "words": 1, "errors": 0}\n{"speaker_id": "s", "words": 1, "errors": 0, "x": "\\ud83d"}\n',
        r"row 2, field 'x' holds half of a character",
    ),
    "truncated parquet": (parquet(pd.DataFrame({"words": [1]}))[:-9], r"Parquet file .*cut off"),
}


@pytest.mark.parametrize(("content", "sentence"), UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable_file(write, content, sentence):
    with pytest.raises(InputError, match=sentence) as error:
        read_log(write(content))
    assert str(error.value).startswith("log.csv: ")
    assert "\n" not in str(error.value)


COLUMNS = {
    "lacking speaker": (
        "client_id,errors,words\na,1,2\n",
        r"log lacks \['speaker_id'\]; it has \['client_id', 'errors', 'words'\]; did you mean 'client_id'\? "
        r"\(columns={'speaker_id': 'client_id'}\)",
    ),
    "lacking hypothesis": ("speaker_id,reference,hyp\na,b,c\n", r"lacks \['hypothesis'\].*{'hypothesis': 'hyp'}"),
    "lacking words": ("speaker_id,errors,n_words\na,1,2\n", r"lacks \['words'\].*columns={'words': 'n_words'}"),
    "lacking all": ("speaker_id,accent\na,b\n", r"lacks \['reference', 'hypothesis'\]"),
    "lacking part of S, D, I": ("speaker_id,substitutions,words\na,1,2\n", r"lacks \['deletions', 'insertions'\]"),
    "only a rate": ("speaker_id,wer\na,0.5\n", r"'wer' per utterance but no number of words; WER is a ratio of sums"),
    "half a place": (
        "speaker_id,errors,words,latitude,lon\na,1,2,3,4\n",
        r"lacks \['longitude'\].*{'longitude': 'lon'}",
    ),
}


@pytest.mark.parametrize(("content", "sentence"), COLUMNS.values(), ids=COLUMNS)
def test_lacking_columns(write, content, sentence):
    with pytest.raises(InputError, match=sentence):
        read_log(write(content))


def test_mapped_column_that_is_not_there(write):
    with pytest.raises(InputError, match=r"unknown column 'clientid'.*did you mean 'client_id'"):
        read_log(write("client_id,errors,words\na,1,2\n"), columns={"speaker_id": "clientid"})


ROWS = {
    "missing speaker": (COUNTS, "u2,,1,2", "missing_speaker", "speaker_id", "missing_speaker='own'"),
    "missing utterance id": (COUNTS, ",s1,1,2", "missing_utterance_id", "utterance_id", ""),
    "infinite": (COUNTS, "u2,s1,inf,2", "not_finite", "errors", ""),
    "not a number (NaN)": (COUNTS, "u2,s1,1,nan", "missing_count", "words", ""),
    "R's missing number": (COUNTS, "u2,s1,1,NA", "missing_count", "words", ""),
    "1e400": (COUNTS, "u2,s1,1,1e400", "not_finite", "words", ""),
    "10^30": (COUNTS, f"u2,s1,1,1{'0' * 30}", "not_finite", "words", ""),
    "thousands": (COUNTS, "u2,s1,1,1'000", "not_a_number", "words", "1000, not 1,000"),
    "huge": (COUNTS, "u2,s1,1,1e30", "not_finite", "words", ""),
    "text for a count": (COUNTS, "u2,s1,1,two", "not_a_number", "words", ""),
    "negative": (COUNTS, "u2,s1,-1,2", "negative_count", "errors", ""),
    "half a word": (COUNTS, "u2,s1,1,2.5", "not_whole", "words", ""),
    "errors without words": (COUNTS, "u2,s1,1,", "missing_count", "words", ""),
    "S + D + I": (
        "utterance_id,speaker_id,substitutions,deletions,insertions,errors,words\n",
        "u2,s1,1,1,1,2,5",
        "counts_disagree",
        "errors",
        r"S \+ D \+ I",
    ),
    "S + D + H": (
        "utterance_id,speaker_id,substitutions,deletions,insertions,hits,words\n",
        "u2,s1,1,1,1,2,5",
        "counts_disagree",
        "words",
        r"S \+ D \+ H",
    ),
    "S + D > words": (
        "utterance_id,speaker_id,substitutions,deletions,insertions,words\n",
        "u2,s1,1,1,1,1",
        "counts_disagree",
        "words",
        "",
    ),
    "latitude": (COUNTS[:-1] + ",latitude,longitude\n", "u2,s1,0,1,95,120", "latitude_out_of_range", "latitude", ""),
    "longitude": (COUNTS[:-1] + ",latitude,longitude\n", "u2,s1,0,1,45,190", "longitude_out_of_range", "longitude", ""),
    "place no number": (COUNTS[:-1] + ",latitude,longitude\n", "u2,s1,0,1,north,9", "not_a_number", "latitude", ""),
    "hemisphere": (
        COUNTS[:-1] + ",latitude,longitude\n",
        "u2,s1,0,1,N45,9",
        "not_decimal_degrees",
        "latitude",
        "signed",
    ),
    "minutes": (COUNTS[:-1] + ",latitude,longitude\n", "u2,s1,0,1,45°18'N,9", "not_decimal_degrees", "latitude", ""),
    "decimal comma": (COUNTS[:-1] + ",latitude,longitude\n", 'u2,s1,0,1,"41,3",9', "decimal_comma", "latitude", ""),
    "place not finite": (COUNTS[:-1] + ",latitude,longitude\n", "u2,s1,0,1,inf,9", "not_finite", "latitude", ""),
}
GOOD = {"latitude": "41.5", "longitude": "-100", "zip_code": "02139", "utterance_id": "u1", "speaker_id": "s1"}


@pytest.mark.parametrize(("header", "row", "code", "column", "advice"), ROWS.values(), ids=ROWS)
def test_unusable_row(write, header, row, code, column, advice):
    good = ",".join(GOOD.get(name, "0") for name in header.strip().split(","))
    path = write(f"{header}{good}\n{row}\n")
    with pytest.raises(
        InputError, match=rf"1 of 2 rows .*max_quarantine.*{code} in '{column}': 1 row, row 3.*{advice}"
    ):
        read_log(path)
    log = read_log(path, max_quarantine=0.5)
    assert log.quality.by_code == {code: 1}
    assert (log.quality.rows_in, log.quality.rows_used, log.quality.rows_quarantined) == (2, 1, 1)
    record = log.quarantine.to_dict("records")[0]
    assert (record["row"], record["file"], record["column"], record["code"]) == (3, "log.csv", column, code)


def test_all_problems_are_shown_at_once(write):
    with pytest.raises(InputError, match=r"3 of 4 rows.*missing_speaker.*row 3.*negative_count.*rows 4, 5"):
        read_log(write(COUNTS + "u1,s1,1,2\nu2,,1,2\nu3,s,-1,2\nu4,s,-2,2\n"))


def test_a_row_with_two_problems_is_one_row(write):
    log = read_log(write(COUNTS + "u1,s1,1,2\nu2,,-1,2\n"), max_quarantine=0.5)
    assert log.quality.rows_quarantined == 1
    assert log.quality.by_code == {"missing_speaker": 1, "negative_count": 1}


def test_no_row_left(write):
    with pytest.raises(NothingToAuditError, match="all 1 rows"):
        read_log(write(COUNTS + "u1,,1,2\n"), max_quarantine=1.0)


def test_duplicate_utterance_ids(write):
    with pytest.raises(InputError, match=r"1 utterance ids .* more than once: 'u1' in rows 2, 4"):
        read_log(write(COUNTS + "u1,s1,1,2\nu2,s1,1,2\nu1,s2,1,2\n"))


def test_duplicate_utterance_ids_between_files(write):
    one, two = write(COUNTS + "u1,s1,1,2\n", "a.csv"), write(COUNTS + "u1,s1,0,2\n", "b.csv")
    with pytest.raises(InputError, match=r"'u1' in rows 2 of a.csv, 2 of b.csv"):
        read_log([one, two])


def test_lost_leading_zeros(write):
    path = write(COUNTS[:-1] + ",zip_code\nu1,s1,0,1,02139-1234\nu2,s1,0,1,2139\nu3,s1,0,1,\n")
    with pytest.raises(InputError, match=r"zip_too_short in 'zip_code': 1 row, row 3 .*zip_pad=True"):
        read_log(path, max_quarantine=1.0)
    log = read_log(path, zip_pad=True)
    assert log.quality.coercions == {"zip_plus4_cut": 1, "zip_padded": 1}
    assert log.tally(["zip_code"])["utterances"].tolist() == [2, 1]


def test_zip_codes_of_an_integer_column_with_gaps(write):
    """pandas writes 2139.0 for 02139 and 90210.0 for 90210."""
    path = write(COUNTS[:-1] + ",zip_code\nu1,s1,0,1,90210.0\nu2,s1,0,1,\n")
    log = read_log(path)
    assert log.quality.coercions == {"zip_decimals_cut": 1}
    assert log.tally("zip_code").index.tolist()[0] == "90210"
    path = write(COUNTS[:-1] + ",zip_code\nu1,s1,0,1,90210.0\nu2,s1,0,1,2139.0\n")
    with pytest.raises(InputError, match=r"zip_too_short in 'zip_code': 1 row, row 3 .*zip_pad=True"):
        read_log(path)
    log = read_log(path, zip_pad=True)
    assert log.quality.coercions == {"zip_decimals_cut": 2, "zip_padded": 1}
    assert log.tally("zip_code").index.tolist() == ["02139", "90210"]


@pytest.mark.parametrize("code", ["SW1A 1AA", "K1A 0B1", "ABCDE", "560001"])
def test_zip_codes_of_other_countries_are_missing(write, code):
    log = read_log(write(COUNTS[:-1] + f",zip_code\nu1,s1,0,1,02139\nu2,s2,0,1,{code}\nu3,s3,0,1,NA\nu4,s3,0,1,\n"))
    assert log.quality.coercions == {"zip_not_us_set_missing": 1}
    assert log.tally("zip_code")["utterances"].tolist() == [1, 3]


@pytest.mark.parametrize("name", ["nan", "NA", "None", "null", "unknown", "-", " n/a "])
def test_a_speaker_called_missing_is_asked_about(write, name):
    path = write(COUNTS + f"u1,s1,1,2\nu2,{name},1,2\nu3,{name},1,2\nu4,{name},1,2\n")
    with pytest.raises(InputError, match=r"speaker_spelled_missing in 'speaker_id': 3 rows, rows 3, 4, 5 .*'keep'"):
        read_log(path, max_quarantine=1.0)
    kept = read_log(path, missing_speaker="keep")
    assert kept.quality.coercions == {"speakers_spelled_missing": 3}
    assert kept.tally("speaker_id")["words"].to_dict() == {"s1": 2, name: 6}
    without = read_log(path, missing_speaker="quarantine", max_quarantine=1.0)
    assert without.quality.by_code == {"missing_speaker": 3}
    assert read_log(path, missing_speaker="own").tally("speaker_id").index.tolist() == ["s1", "u2", "u3", "u4"]


def test_a_single_speaker_called_missing_is_a_speaker(write):
    log = read_log(write(COUNTS + "u1,s1,1,2\nu2,NA,1,2\n"))
    assert log.quality.coercions == {"speakers_spelled_missing": 1}
    assert log.tally("speaker_id").index.tolist() == ["NA", "s1"]


def test_metres_are_named(write):
    rows = "".join(f"u{i},s1,0,1,{1200000 + i},{2600000 + i}\n" for i in range(5))
    with pytest.raises(InputError, match=r"degrees are needed, these look like metres \(a projected CRS\)"):
        read_log(write(COUNTS[:-1] + ",latitude,longitude\n" + rows), max_quarantine=1.0)


def test_swapped_coordinates_are_named(write):
    header = COUNTS[:-1] + ",latitude,longitude\n"
    rows = "".join(f"u{i},s1,0,1,{-87 - i},41.9\n" for i in range(5))
    with pytest.raises(InputError, match=r"latitude and longitude look swapped; columns={'latitude': 'longitude'"):
        read_log(write(header + rows), max_quarantine=1.0)
    swap = {"latitude": "longitude", "longitude": "latitude"}
    assert read_log(write(header + rows), columns=swap).tally(["latitude"]).index.tolist() == [41.9]


def test_a_single_swapped_row_is_quarantined(write):
    header = COUNTS[:-1] + ",latitude,longitude\n"
    log = read_log(write(header + "a,s,0,1,41,-100\nb,s,0,1,-100,41\nc,s,0,1,41,-99\n"), max_quarantine=0.5)
    assert log.quality.by_code == {"coordinates_swapped": 1}


def test_null_island_and_half_places_are_missing(write):
    header = COUNTS[:-1] + ",latitude,longitude\n"
    log = read_log(write(header + "a,s,0,1,0,0\nb,s,0,1,41,\nc,s,0,1,0,9\n"))
    assert log.quality.coercions == {"coordinates_zero_set_missing": 1, "coordinates_incomplete_set_missing": 1}
    places = log.tally(["latitude", "longitude"])
    assert places["utterances"].tolist() == [1, 2]
    assert places.index[0] == (0.0, 9.0)


@pytest.mark.parametrize("name", ["csv", "jsonl"])
def test_missing_hypothesis(write, name):
    if name == "csv":
        path = write(TEXT + "u1,s1,a b,a\nu2,s1,a b,\n")
    else:
        rows = [{"speaker_id": "s1", "reference": "a b", "hypothesis": "a"}, {"speaker_id": "s1", "reference": "a b"}]
        path = write("\n".join(map(json.dumps, rows)) + "\n")
    with pytest.raises(
        InputError, match=r"missing_hypothesis in 'hypothesis': 1 row, row \d .*missing_hypothesis='empty'"
    ):
        read_log(path, max_quarantine=1.0)
    filled = read_log(path, missing_hypothesis="empty")
    assert filled.quality.coercions == {"hypotheses_filled_empty": 1}
    assert filled.tally(["speaker_id"])["deletions"].item() == 3
    dropped = read_log(path, missing_hypothesis="drop")
    assert dropped.quality.by_code == {"missing_hypothesis": 1}
    assert dropped.tally(["speaker_id"])["words"].item() == 2


def test_empty_hypotheses_that_are_not_missing_are_counted(write):
    rows = [{"speaker_id": "s", "reference": "a b", "hypothesis": text} for text in ("a b", "", " ")]
    path = write("\n".join(map(json.dumps, rows)) + "\n")
    log = read_log(path)
    assert log.quality.coercions == {"empty_hypotheses": 2}
    assert log.tally("speaker_id")["deletions"].item() == 4
    assert read_log(path, missing_hypothesis="empty").quality.coercions == {"hypotheses_filled_empty": 2}
    assert read_log(path, missing_hypothesis="drop").quality.by_code == {"missing_hypothesis": 2}
    with pytest.raises(InputError, match="missing_hypothesis in 'hypothesis': 1 row, row 3"):
        read_log(write(TEXT + "u1,s1,a b,a\nu2,s1,a b, \n"))


def test_missing_reference_is_quarantined_where_it_can_be_shown(write):
    rows = [{"speaker_id": "s", "reference": r, "hypothesis": "a"} for r in ("a", "", None)]
    log = read_log(write("\n".join(map(json.dumps, rows))), max_quarantine=0.5)
    assert log.quality.by_code == {"missing_reference": 1}
    assert log.quality.coercions == {"empty_references": 1}


def test_empty_reference_keeps_its_insertions(write):
    log = read_log(write(TEXT + "u1,s1,,a b\nu2,s1,a,a\n"))
    assert log.quality.coercions == {"empty_references": 1}
    assert log.tally(["speaker_id"])[["errors", "words", "insertions"]].values.tolist() == [[2, 1, 2]]


def test_insertions_on_silence_are_legal_counts(write):
    assert read_log(write(COUNTS + "u1,s1,3,0\n")).tally(["speaker_id"])["errors"].item() == 3


def test_missing_speakers_as_their_own(write):
    log = read_log(write(COUNTS + "u1,,1,2\nu2,,1,2\nu3,s,0,2\n"), missing_speaker="own")
    assert log.quality.coercions == {"own_speakers": 2}
    assert log.tally(["speaker_id"]).index.tolist() == ["s", "u1", "u2"]
    assert read_log(write("errors,words\n1,2\n0,2\n"), missing_speaker="own").tally(["speaker_id"]).shape[0] == 2


def test_flipped_bit_in_parquet_with_checksums(write):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"speaker_id": [f"s{i}" for i in range(500)], "errors": 0, "words": rng.integers(1, 10**6, 500)}
    )
    content = bytearray(parquet(frame, write_page_checksum=True, compression="none", use_dictionary=False))
    assert len(read_log(write(bytes(content))).tally(["speaker_id"])) == 500
    place = content.find(int(frame["words"][250]).to_bytes(8, "little"))
    content[place] ^= 1
    with pytest.raises(InputError, match=r"log\.csv: damaged Parquet data"):
        read_log(write(bytes(content)))


def test_shards_with_different_columns(write):
    one, two = (
        write(COUNTS + "u1,s1,1,2\n", "a.csv"),
        write("utterance_id,speaker_id,errors,words,age\nu2,s,1,2,3\n", "b.csv"),
    )
    with pytest.raises(
        InputError, match=r"b.csv: its columns differ from those of the earlier files; it also has \['age'\]"
    ):
        read_log([one, two])


def test_no_file(write):
    path = write(COUNTS + "u1,s1,1,2\n", "release-7.csv")
    with pytest.raises(InputError, match=r"there is no file .*did you mean 'release-7.csv'"):
        read_log(path.with_name("release_7.csv"))
    with pytest.raises(InputError, match="no file matches"):
        read_log(path.with_name("*.nothing"))


@pytest.mark.parametrize(
    "option",
    [
        {"format": "cvs"},
        {"unit": "words"},
        {"missing_speaker": "drop"},
        {"missing_hypothesis": "own"},
        {"max_quarantine": 5.0},
        {"cluster": "latitude"},
        {"normalizer": "whisper"},
    ],
)
def test_unknown_option_values(write, option):
    with pytest.raises(UsageError):
        read_log(write(COUNTS + "u1,s1,1,2\n"), **option)


def test_texts_are_not_shown_in_errors(write):
    with pytest.raises(InputError) as error:
        read_log(write(TEXT + "u1,s1,secret words,\nu2,,secret words,other secret\n"))
    assert "secret" not in str(error.value)
