"""Logs that read: formats, strings as they stand, and sums that pandas agrees with."""

from __future__ import annotations

import csv
import gzip
import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import jiwer
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fairaudit.core.derived import in_loops
from fairaudit.core.errors import InputError, UsageError
from fairaudit.core.labels import label_key
from fairaudit.inputs import read_log
from fairaudit.units.tally import TallySource, merge_tallies

ROWS = [
    {"utterance_id": "007", "speaker_id": "NA", "accent": "null", "zip_code": "02139", "errors": 1, "words": 4},
    {"utterance_id": "1e5", "speaker_id": "007", "accent": "None", "zip_code": "00601", "errors": 0, "words": 3},
    {"utterance_id": "1.50", "speaker_id": "1e5", "accent": None, "zip_code": None, "errors": 2, "words": 5},
    {"utterance_id": "=cmd()", "speaker_id": "NA", "accent": "n/a", "zip_code": "02139", "errors": 3, "words": 0},
]
ACCENTS = [("None", 0), ("n/a", 3), ("null", 1), (None, 2)]


def as_csv(rows, delimiter=",") -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys(), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def as_parquet(rows) -> bytes:
    out = io.BytesIO()
    pd.DataFrame(rows).to_parquet(out)
    return out.getvalue()


def as_jsonl(rows) -> bytes:
    return "\n".join(json.dumps(row) for row in rows).encode()


def as_zstd(content: bytes) -> bytes:
    out = pa.BufferOutputStream()
    with pa.CompressedOutputStream(out, "zstd") as stream:
        stream.write(content)
    return out.getvalue().to_pybytes()


WRITTEN = {
    "csv": as_csv(ROWS),
    "tsv": as_csv(ROWS, "\t"),
    "semicolons": as_csv(ROWS, ";"),
    "BOM": b"\xef\xbb\xbf" + as_csv(ROWS),
    "no final newline": as_csv(ROWS).rstrip(),
    "gz named csv": gzip.compress(as_csv(ROWS)),
    "two gz members": gzip.compress(as_csv(ROWS)[:50]) + gzip.compress(as_csv(ROWS)[50:]),
    "zst": as_zstd(as_csv(ROWS)),
    "jsonl": as_jsonl(ROWS),
    "jsonl gz": gzip.compress(as_jsonl(ROWS)),
    "parquet": as_parquet(ROWS),
}


def groups(tally: pd.DataFrame, column: str) -> list[tuple[str | None, int]]:
    return [(None if pd.isna(key) else key, int(n)) for key, n in tally[column].items()]


@pytest.mark.parametrize("content", WRITTEN.values(), ids=WRITTEN)
def test_every_format_shows_the_same(write, content):
    log = read_log(write(content))
    assert isinstance(log, TallySource)
    assert groups(log.tally(["accent"]), "errors") == ACCENTS
    assert groups(log.tally(["speaker_id"]), "words") == [("007", 3), ("1e5", 5), ("NA", 4)]
    assert groups(log.tally(["zip_code"]), "utterances") == [("00601", 1), ("02139", 2), (None, 1)]
    assert log.tally(["utterance_id"]).index.tolist() == ["007", "1.50", "1e5", "=cmd()"]
    assert (log.columns, log.count_columns) == (
        ("utterance_id", "speaker_id", "zip_code", "accent"),
        ("utterances", "errors", "words"),
    )
    assert (log.normalizer, log.unit, log.exposure) == (None, "word", "words")


def test_frames_tell_the_same():
    log = read_log(pd.DataFrame(ROWS))
    assert groups(log.tally(["accent"]), "errors") == ACCENTS
    assert log.inputs[0].name == "<DataFrame>"
    assert log.inputs == read_log(pd.DataFrame(ROWS)).inputs
    odd = pd.DataFrame({"speaker_id": [7, "x"], "errors": [1.0, 0.0], "words": [2, 2], "vector": [[1, 2], [3]]})
    assert read_log(odd).tally(["speaker_id"]).index.tolist() == ["7", "x"]
    assert read_log(odd).columns == ("speaker_id",)


def test_json_numbers_stand_as_they_are(write):
    log = read_log(write('{"speaker_id": 1e5, "age": 1.50, "ok": true, "errors": 0, "words": 1, "meta": {"a": 1}}\n'))
    row = log.tally(["speaker_id", "age", "ok"]).index[0]
    assert row == ("1e5", "1.50", "true")


def test_input_files_are_named_and_hashed(write):
    log = read_log(write(as_csv(ROWS)))
    (file,) = log.inputs
    assert (file.name, file.rows, len(file.sha256)) == ("log.csv", 4, 64)


def test_cut_off_last_row_is_noted(write):
    assert "does not end in a line break" in read_log(write(WRITTEN["no final newline"])).quality.notes[0]


def test_nemo_manifest(write):
    rows = [
        {"audio_filepath": f"a/{i}.wav", "duration": 1.5, "text": "a b", "pred_text": "a", "speaker": "s"} for i in "12"
    ]
    log = read_log(write(as_jsonl(rows), "manifest.json"), columns={"speaker_id": "speaker"})
    assert log.quality.notes[0] == "manifest.json: utterances are identified by 'audio_filepath'"
    assert log.tally(["speaker_id"])[["words", "deletions"]].values.tolist() == [[4, 2]]
    assert log.tally(["utterance_id", "duration"]).index[0] == ("a/1.wav", "1.5")


def test_scores_are_those_of_jiwer():
    pairs = [("a b c", "a c d"), ("", "x y"), ("h e l l o", ""), ("same", "same")]
    frame = pd.DataFrame(
        {"speaker_id": list("abcd"), "reference": [r for r, _ in pairs], "hypothesis": [h for _, h in pairs]}
    )
    tally = read_log(frame, normalizer="none").tally(["speaker_id"])
    for (reference, hypothesis), found in zip(pairs, tally.itertuples(), strict=True):
        expected = jiwer.process_words(reference, hypothesis)
        assert (found.substitutions, found.deletions, found.insertions, found.hits) == (
            expected.substitutions,
            expected.deletions,
            expected.insertions,
            expected.hits,
        )


def test_characters_for_scripts_without_spaces():
    frame = pd.DataFrame({"speaker_id": ["a"], "reference": ["今日はいい天気"], "hypothesis": ["今日は天気"]})
    log = read_log(frame)
    assert (log.unit, log.exposure) == ("char", "characters")
    assert log.tally(["speaker_id"])[["characters", "deletions"]].values.tolist() == [[7, 2]]
    assert read_log(frame, unit="word").exposure == "words"


def test_texts_win_over_counts_and_it_is_said():
    frame = pd.DataFrame({"speaker_id": ["a"], "reference": ["a b"], "hypothesis": ["a"], "words": [99]})
    log = read_log(frame)
    assert log.tally(["speaker_id"])["words"].item() == 2
    assert (
        log.quality.notes[0]
        == "<DataFrame>: the columns ['words'] are not used, because errors are counted in the texts"
    )


def test_settings_are_those_that_change_numbers():
    texts = pd.DataFrame({"speaker_id": ["a"], "reference": ["a <LAUGH>"], "hypothesis": ["a"]})
    log = read_log(texts, strip_tags=True)
    assert log.tally(["speaker_id"])["errors"].item() == 0
    assert log.settings["normalizer"] == log.normalizer == "basic-2"
    assert log.settings["removed"] is not None
    counts = read_log(pd.DataFrame({"speaker_id": ["a"], "errors": [0], "words": [1]}), strip_tags=True)
    assert {name: value for name, value in counts.settings.items() if value} == {"unit": "word"}


def test_the_sampling_unit_may_be_coarser(write):
    log = read_log(write("interview,speaker_id,errors,words\ni1,I1,1,2\ni2,I1,1,2\ni2,,1,2\n"), cluster="interview")
    assert log.cluster == "interview"
    assert log.tally(["interview"])["utterances"].tolist() == [1, 2]
    with pytest.raises(InputError, match="lacks \\['house'\\]"):
        read_log(write("speaker_id,errors,words\ni1,1,2\n"), cluster="house", missing_speaker="own")


def test_unknown_tally_column():
    log = read_log(pd.DataFrame({"speaker_id": ["a"], "errors": [0], "words": [1], "zipcode": ["02139"]}))
    with pytest.raises(
        InputError, match=r"log lacks \['zip_code'\]; it has \['speaker_id', 'zipcode'\]; did you mean 'zipcode'"
    ):
        log.tally(["zip_code"])
    for by in ([], ["speaker_id", "speaker_id"]):
        with pytest.raises(UsageError):
            log.tally(by)


def test_label_columns():
    n = 200
    frame = pd.DataFrame(
        {
            "speaker_id": [f"s{i % 5}" for i in range(n)],
            "accent": ["Irish" if i % 2 else None for i in range(n)],
            "gender": ["f" if i % 2 else "m" for i in range(n)],
            "age": [str(20 + i % 40) for i in range(n)],
            "path": [f"{i}.wav" for i in range(n)],
            "room": [f"r{i % 60}" for i in range(n)],
            "street": [f"r{i % 61}" for i in range(n)],
            "mixed": ["6+" if i == 3 else "5" for i in range(n)],
            "zip_code": ["02139" if i % 2 else "02140" for i in range(n)],
            "errors": 0,
            "words": 1,
        }
    )
    assert read_log(frame).label_columns == ("gender", "room", "mixed")
    assert read_log(frame, cluster="room").label_columns == ("gender", "mixed")


def test_write_quarantine(tmp_path):
    frame = pd.DataFrame({"speaker_id": ["a", "b", "c"], "errors": ["=cmd()", "-1", "0"], "words": [1, 1, 1]})
    log = read_log(frame, max_quarantine=1.0)
    log.write_quarantine(tmp_path / "quarantine.csv")
    assert (tmp_path / "quarantine.csv").read_text().splitlines() == [
        "row,file,column,code,value",
        "1,<DataFrame>,errors,not_a_number,'=cmd()",
        "2,<DataFrame>,errors,negative_count,'-1",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["quarantine.csv"]
    clean = read_log(frame.tail(1))
    assert list(clean.quarantine.columns) == list(log.quarantine.columns)
    assert clean.quarantine.empty


def test_folders_globs_and_mixed_formats(write, tmp_path):
    write(as_csv(ROWS[:2]), "a.csv")
    write(as_jsonl(ROWS[2:]), "b.jsonl")
    write(b"not a log", "_SUCCESS")
    for source in (tmp_path, str(tmp_path / "[ab].*"), [tmp_path / "b.jsonl", tmp_path / "a.csv"]):
        log = read_log(source)
        assert groups(log.tally(["accent"]), "errors") == ACCENTS
    assert [file.rows for file in log.inputs] == [2, 2]


def test_line_breaks_and_quotes_inside_cells(write):
    log = read_log(write('speaker_id,accent,errors,words\n"a","x\ny ""z""",1,2\nb,"say ""hi""",,2\n'), max_quarantine=1)
    assert log.tally(["accent"]).index.tolist() == ['x\ny "z"']
    assert log.quarantine["row"].tolist() == [3]


CELLS = st.sampled_from(["", "0", "1", "7", "-1", "inf", "nan", "x", "2.5", "1e30", "3.0"])
ENTRIES = st.tuples(st.sampled_from(["", "a", "b", "NA"]), CELLS, CELLS)


@pytest.mark.slow
@settings(deadline=None, max_examples=settings().max_examples // 4)
@given(st.lists(ENTRIES, min_size=1, max_size=40))
def test_rows_in_are_rows_used_and_quarantined(entries):
    rows = [{"speaker_id": s, "errors": e, "words": w, "utterance_id": f"u{i}"} for i, (s, e, w) in enumerate(entries)]
    rows.append({"speaker_id": "z", "errors": "0", "words": "1", "utterance_id": "last"})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "log.csv")
        path.write_bytes(as_csv(rows))
        log = read_log(path, max_quarantine=1.0, missing_speaker="keep")
    good = {"0", "1", "7", "3.0"}
    used = [row for row in rows if row["speaker_id"] and row["errors"] in good and row["words"] in good]
    assert log.quality.rows_in == len(rows) == log.quality.rows_used + log.quality.rows_quarantined
    assert log.quality.rows_used == len(used) == log.tally(["speaker_id"])["utterances"].sum()
    assert log.quality.rows_quarantined == log.quarantine["row"].nunique()
    assert log.tally(["speaker_id"])["errors"].sum() == sum(int(float(row["errors"])) for row in used)


LABELS = st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=4))


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.tuples(LABELS, LABELS, st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=30),
    st.integers(0, 30),
    st.randoms(use_true_random=False),
)
def test_tally_is_what_pandas_says_whatever_the_order_and_shards(entries, cut, random):
    for labels in ({entry[column] for entry in entries} - {None} for column in (0, 1)):
        assume(
            len({*map(label_key, labels)} - {""}) == len(labels)
        )  # spellings of one label are joined, see test_labels
    frame = pd.DataFrame(entries, columns=["accent", "device", "errors", "words"]).assign(speaker_id="s")
    shuffled = list(entries)
    random.shuffle(shuffled)
    again = pd.DataFrame(shuffled, columns=frame.columns[:4]).assign(speaker_id="s")
    log, log_again = read_log(frame), read_log(again)
    shards = [read_log(shard) for shard in (again.iloc[:cut], again.iloc[cut:]) if len(shard)]
    for by in (["accent"], ["accent", "device"]):
        whole = log.tally(by)
        silent = (frame["words"] == 0).astype(int)
        derived = dict.fromkeys(map(in_loops, ("utterances", "errors", "words")), 0)  # 9 errors make no loop
        derived |= {"empty references": silent, "errors in empty references": silent * frame["errors"]}
        counts = frame.assign(utterances=1, **derived).groupby(by, dropna=False)
        expected = counts[["utterances", "errors", "words", *derived]].sum()
        assert whole.reset_index().astype(object).where(lambda f: f.notna(), None).values.tolist() == sorted(
            expected.reset_index().astype(object).where(lambda f: f.notna(), None).values.tolist(),
            key=lambda row: [(cell is None, cell or "") for cell in row[: len(by)]],
        )
        pd.testing.assert_frame_equal(log_again.tally(by), whole)
        merged = merge_tallies(shard.tally(by) for shard in shards)
        pd.testing.assert_frame_equal(merged, whole, check_index_type=False)


def test_parquet_and_csv_sum_alike_for_many_rows(tmp_path):
    rng = np.random.default_rng(0)
    n = 100_000
    words = rng.integers(0, 20, n)
    frame = pd.DataFrame(
        {"speaker_id": rng.integers(0, 500, n).astype(str), "words": words, "errors": rng.binomial(words, 0.1)}
    )
    frame.to_parquet(tmp_path / "a.parquet")
    frame.to_csv(tmp_path / "a.csv", index=False)
    expected = frame.groupby("speaker_id")[["errors", "words"]].sum()
    for name in ("a.parquet", "a.csv"):
        pd.testing.assert_frame_equal(read_log(tmp_path / name).tally(["speaker_id"])[["errors", "words"]], expected)


@pytest.mark.parametrize("name", ["log[1].csv", "log*.csv", "log?.csv", "{log,log1}.csv", "~log.csv", "log\\1.csv"])
def test_a_name_is_a_name_and_no_pattern(write, name: str):
    """The engine would take ``log[1].csv`` for ``log1.csv``, and ``log*.csv`` for both."""
    rows = "speaker_id,errors,words\n"
    write(f"{rows}x,9,9\n", "log1.csv")
    path = write(f"{rows}a,1,4\nb,2,5\n", name)
    log = read_log(path)
    assert log.tally(["speaker_id"])["errors"].to_dict() == {"a": 1, "b": 2}
    assert [(file.name, file.rows) for file in log.inputs] == [(name, 2)]


def test_a_column_with_a_nul_in_its_name_is_refused():
    """The engine would cut the name off at the NUL."""
    frame = pd.DataFrame({"speaker_id": ["a"], "errors": [1], "words": [4], "acc\0ent": ["x"]})
    with pytest.raises(InputError, match=r"the name of column .* contains a NUL"):
        read_log(frame)


def labels_of(values: object, write: Callable[[pd.DataFrame], object]) -> list[object]:
    """How labels are read that a data frame holds, from the frame or from a file."""
    frame = pd.DataFrame({"speaker_id": ["a", "b"], "label": values, "errors": 1, "words": 9})
    return read_log(write(frame)).tally(["label"]).index.tolist()


def as_parquet(frame: pd.DataFrame) -> Path:
    path = Path(tempfile.mkdtemp()) / "log.parquet"
    frame.to_parquet(path)
    return path


frame_and_file = pytest.mark.parametrize("write", [lambda frame: frame, as_parquet], ids=["frame", "Parquet"])


@frame_and_file
@pytest.mark.parametrize(
    "values", [[b"caf\xc3\xa9", b"x"], pd.Categorical(["caf\xe9", "x"])], ids=["bytes", "categories"]
)
def test_labels_of_odd_types(values, write):
    assert labels_of(values, write) == ["caf\xe9", "x"]


@frame_and_file
def test_bytes_that_are_no_text(write):
    with pytest.raises(InputError, match="bytes that are not UTF-8 text"):
        labels_of([b"\xff", b"x"], write)


@pytest.mark.parametrize("values", [pd.arrays.SparseArray([1.0, 2.0]), [1j, 2j]], ids=["sparse", "complex"])
def test_types_that_only_pandas_has(values):
    assert len(labels_of(values, lambda frame: frame)) == 2


def test_bands_of_numbers_leave_out_what_is_no_number_and_say_so() -> None:
    snr = ["1", "2", "3", "4", "nan", "NaN", "inf", "-inf", "NA", "", "12 dB", "3,5"]
    log = read_log(pd.DataFrame({"speaker_id": [*"abcdefghijkl"], "errors": 1, "words": 9, "snr": snr})).cut("snr", 2)
    sizes = log.tally("snr[2]")["utterances"]
    assert {band: n for band, n in sizes.items() if isinstance(band, str)} == {"under 3": 2, "3 and over": 2}
    assert log.quality.caveats == ("snr: up to 9 rows are in none of the bands, because the value is no number",)


def test_a_name_twice_in_one_object_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text('{"speaker_id": "a", "errors": 1, "words": 9, "errors": 5}\n')
    with pytest.raises(InputError, match="row 1: the name 'errors' occurs twice in one object"):
        read_log(tmp_path / "log.jsonl")


def test_missing_values_are_known_with_any_blanks_around_them() -> None:
    zips = ["\t02139", "NA\t", "nan\n", "\u00a0null\u00a0", "\u200b", "90210"]
    log = read_log(pd.DataFrame({"speaker_id": [*"abcdef"], "errors": 1, "words": ["9"] * 6, "zip_code": zips}))
    assert log.quality.coercions.get("zip_not_us_set_missing", 0) <= 1


def test_the_rule_for_missing_speakers_travels_as_it_was_chosen() -> None:
    frame = pd.DataFrame({"speaker_id": ["a", "b", "NA", "NA"], "errors": 1, "words": 9})
    for chosen, rows in (("auto", 4), ("keep", 4), ("quarantine", 2)):
        log = read_log(frame, missing_speaker=chosen, max_quarantine=1)
        again = read_log(frame, missing_speaker=log.scoring["missing_speaker"], max_quarantine=1)
        assert (len(log), len(again), log.scoring["missing_speaker"]) == (rows, rows, chosen)
