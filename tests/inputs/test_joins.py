"""Files that are joined with a log: every row of the log stays, no id is repaired, and what did not match is named."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fairaudit
from fairaudit.core.errors import InputError, UsageError
from fairaudit.inputs import read_log
from fairaudit.inputs.transcripts import read_transcripts
from fairaudit.report.views.audit import view_of

REFERENCES = {"u1": "the cat sat", "u2": "hello world", "u3": "a b c d", "u4": "one two"}
SPEAKERS = {"u1": "s1", "u2": "s1", "u3": "007", "u4": "007"}


def table(path: Path, frame: pd.DataFrame) -> Path:
    frame.to_csv(path, index=False)
    return path


def lines(path: Path, values: dict[str, str]) -> Path:
    path.write_text("".join(f"{name} {text}\n" for name, text in values.items()), "utf-8")
    return path


@pytest.fixture
def kaldi(tmp_path: Path) -> Path:
    lines(tmp_path / "text", REFERENCES)
    lines(tmp_path / "utt2spk", SPEAKERS)
    lines(tmp_path / "spk2gender", {"s1": "f", "007": "m"})
    lines(tmp_path / "hyp", {name: text.replace("cat", "bat") for name, text in REFERENCES.items()})
    return tmp_path


def test_a_data_folder_of_kaldi_and_a_file_of_hypotheses_are_a_log(kaldi: Path) -> None:
    log = read_log(kaldi, hypotheses=kaldi / "hyp")
    assert log.tally(["speaker_id", "gender"])[["errors", "words", "utterances"]].reset_index().values.tolist() == [
        ["007", "m", 0, 6, 2],
        ["s1", "f", 1, 5, 2],
    ]
    assert log.quality.join_rates == {
        "hyp by utterance_id": 1,
        "utt2spk by utterance_id": 1,
        "spk2gender by speaker_id": 1,
    }
    assert f"{kaldi.name} is a data folder of Kaldi; its files text, utt2spk, spk2gender are read" in log.quality.notes
    assert log.settings["joined"] == "hypotheses by utterance_id+metadata by utterance_id+metadata by speaker_id"


FORMATS = {
    "csv": lambda frame: frame.to_csv(index=False).encode(),
    "tsv": lambda frame: frame.to_csv(index=False, sep="\t").encode(),
    "jsonl": lambda frame: frame.to_json(orient="records", lines=True).encode(),
    "trn": lambda frame: "".join(f"{row.hypothesis} ({row.utterance_id})\n" for row in frame.itertuples()).encode(),
    "kaldi": lambda frame: "".join(f"{row.utterance_id}\t{row.hypothesis}\n" for row in frame.itertuples()).encode(),
    "parquet": lambda frame: frame.to_parquet(),
}


@pytest.mark.parametrize("name", FORMATS)
def test_hypotheses_are_read_in_any_format(kaldi: Path, name: str) -> None:
    frame = pd.DataFrame(
        {"utterance_id": [*REFERENCES], "hypothesis": ["the cat", "hello world", "a b c d", "one three"]}
    )
    path = kaldi / "hypotheses"
    path.write_bytes(FORMATS[name](frame))
    log = read_log(kaldi / "text", hypotheses=path, metadata=kaldi / "utt2spk")
    assert log.tally("utterance_id")[["deletions", "substitutions"]].values.tolist() == [[1, 0], [0, 0], [0, 0], [0, 1]]


def test_a_missing_hypothesis_is_not_an_empty_one(kaldi: Path) -> None:
    lines(kaldi / "hyp", {"u1": "the cat sat", "u2": "", "u3": "a b c d", "u9": "what"})
    with pytest.raises(InputError) as error:
        read_log(kaldi, hypotheses=kaldi / "hyp")
    assert "missing_hypothesis in 'hypothesis': 1 row, row 4" in str(error.value)
    assert "only in the log: 'u4'; only in hyp: 'u9'" in str(error.value)
    log = read_log(kaldi, hypotheses=kaldi / "hyp", missing_hypothesis="drop", max_quarantine=1)
    assert (log.quality.rows_in, log.quality.rows_used, dict(log.quality.by_code)) == (4, 2, {"missing_hypothesis": 2})
    log = read_log(kaldi, hypotheses=kaldi / "hyp", missing_hypothesis="empty")
    assert log.tally("utterance_id")["deletions"].to_dict() == {"u1": 0, "u2": 2, "u3": 0, "u4": 2}


def test_what_did_not_match_is_named_on_both_sides_and_never_repaired(tmp_path: Path) -> None:
    log = pd.DataFrame({"speaker_id": ["007", "1.0", "s3", "s4"], "errors": 1, "words": 9})
    path = table(tmp_path / "speakers.csv", pd.DataFrame({"speaker_id": ["7", "1", "s3", "x"], "accent": list("abcd")}))
    read = read_log(log, metadata=path)
    (join,) = read.quality.joins
    assert (join.rows, join.matched, join.ids, join.used, join.alike) == (4, 1, 4, 1, 2)
    assert (join.unmatched, join.unused) == (("007", "1.0", "s4"), ("1", "7", "x"))
    assert join.pairs == (("007", "7"), ("1.0", "1"))
    assert read.tally("accent")["utterances"].tolist() == [1, 3]
    assert read.quality.caveats[-1] == (
        "speakers.csv: up to 4 of 4 utterances (100.0%) have no match in this file and lack 'accent'"
    )
    assert not any("007" in note for note in (*read.quality.notes, *read.quality.caveats))


def test_tables_of_the_same_name_have_one_rate(tmp_path: Path) -> None:
    """Scored logs, each joined with its own table, and a log with two tables, one of which knows few speakers."""
    log = pd.DataFrame({"speaker_id": ["a", "b", "c", "d"], "errors": 1, "words": 9})
    paths = []
    for i, known in enumerate(([0, 1, 2, 3], [0])):
        (tmp_path / str(i)).mkdir()
        speakers = pd.DataFrame({"speaker_id": log["speaker_id"].iloc[known], f"label {i}": "x"})
        paths.append(table(tmp_path / str(i) / "speakers.csv", speakers))
    assert read_log(log, metadata=paths).quality.join_rates == {"speakers.csv by speaker_id": 5 / 8}
    table(paths[1], pd.read_csv(paths[1]).rename(columns={"label 1": "label 0"}))
    counts = [tmp_path / f"{i}.parquet" for i in range(2)]
    for i, path in enumerate(counts):
        part = table(tmp_path / f"log {i}.csv", log.assign(errors=i))
        fairaudit.score(read_log(part, metadata=paths[i]), path)
    assert read_log(counts).quality.join_rates == {"speakers.csv by speaker_id": 5 / 8}


def test_further_columns_of_a_file_of_hypotheses_are_named(kaldi: Path) -> None:
    frame = pd.DataFrame({"utterance_id": [*REFERENCES], "hypothesis": [*REFERENCES.values()], "confidence": 0.9})
    path = table(kaldi / "hyp.csv", frame)
    note = "hyp.csv: of the file of hypotheses, 'hypothesis' is used, and ['confidence'] are not"
    assert note in read_log(kaldi, hypotheses=path).quality.notes
    assert "confidence" in read_log(kaldi, hypotheses=path, metadata=path).columns


def test_one_row_with_a_match(tmp_path: Path) -> None:
    log = pd.DataFrame({"speaker_id": ["S1", "s2", "s3"], "errors": 1, "words": 9})
    path = table(tmp_path / "m.csv", pd.DataFrame({"speaker_id": ["s1", "s2"], "sex": "f"}))
    quality = read_log(log, metadata=path).quality
    assert quality.joins[0].sentence == (
        "m.csv: joined by speaker_id; 1 of 3 rows has a match, and 1 of its 2 ids does not occur in the log; "
        "1 id differs only in case, blanks, leading zeros or number format"
    )
    assert quality.notes == (
        "m.csv: joined by speaker_id; at least 0 of 3 rows have a match, and up to 9 of its ids do not occur in the "
        "log; up to 9 ids differ only in case, blanks, leading zeros or number format",
    )


def test_one_row_without_a_match(tmp_path: Path) -> None:
    log = pd.DataFrame({"speaker_id": [*"abcd"], "errors": 1, "words": 9})
    path = table(tmp_path / "m.csv", pd.DataFrame({"speaker_id": [*"abc"], "sex": "f"}))
    caveat = "m.csv: up to 4 of 4 utterances (100.0%) have no match in this file and lack 'sex'"
    assert read_log(log, metadata=path).quality.caveats == (caveat,)
    assert read_log(log.assign(sex="f"), metadata=path).quality.caveats == (caveat.removesuffix(" and lack 'sex'"),)


@pytest.mark.slow
@pytest.mark.parametrize("blank", [False, True])
def test_results_do_not_tell_a_few_speakers_without_a_label_from_a_few_more(tmp_path: Path, blank: bool) -> None:
    """They are withheld as a group, so that no other number may say how much they spoke."""
    log = pd.DataFrame({"speaker_id": [f"s{i % 80}" for i in range(400)], "errors": 1, "words": 9})

    def audited(n: int) -> fairaudit.Audit:
        labels = pd.DataFrame({"speaker_id": [f"s{i}" for i in range(80)], "sex": ["f", "m"] * 40})
        labels = labels.assign(sex=labels["sex"].where(labels.index >= n, " ")) if blank else labels[n:]
        path = table(tmp_path / "speakers.csv", labels)
        return fairaudit.audit(read_log(log, metadata=path), by=["sex"], permutations=19)

    few, more, many = (audited(n) for n in (2, 3, 20))
    assert few.to_dict()["quality"] == more.to_dict()["quality"] != many.to_dict()["quality"]
    said = " ".join(few.to_dict()["quality"]["caveats"])
    assert "up to 19" in said
    if not blank:
        joined = "speakers.csv by speaker_id"
        assert few.to_dict()["quality"]["join_rates"][joined] == 381 / 400
        assert few.to_dict(unredacted=True)["quality"]["join_rates"][joined] == 390 / 400


WRONG = {
    "an id occurs twice": (
        {"speaker_id": ["s1", "s2", "s1"], "accent": list("abc")},
        "1 id occurs more than once in 'speaker_id', so that rows of the log would be multiplied: 's1' in rows 2, 4",
    ),
    "no id matches": (
        {"speaker_id": ["S1", "S2"], "accent": list("ab")},
        "none of its 2 ids occurs in the log, with which it is joined by speaker_id; only in the log: 's1', 's2'; "
        "only in m.csv: 'S1', 'S2'; alike but not equal: 's1' and 'S1', 's2' and 'S2'",
    ),
    "no ids": ({"name": ["s1", "s2"], "accent": list("ab")}, "has ids of utterances or speakers"),
    "another value": (
        {"speaker_id": ["s1", "s2"], "words": ["9", "8"]},
        "both have a column 'words', which differs in row 2: '9' and '8'",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_files_that_cannot_be_joined(tmp_path: Path, name: str) -> None:
    content, message = WRONG[name]
    log = table(tmp_path / "log.csv", pd.DataFrame({"speaker_id": ["s1", "s2"], "errors": 1, "words": 9}))
    path = table(tmp_path / "m.csv", pd.DataFrame(content))
    with pytest.raises(InputError) as error:
        read_log(pd.read_csv(log) if name == "another value" else log, metadata=[path])
    assert message in str(error.value)


def test_a_file_without_a_header_is_not_guessed(kaldi: Path) -> None:
    lines(kaldi / "speakers", SPEAKERS)
    with pytest.raises(InputError, match="this file has no header, so that nobody knows what it holds"):
        read_log(kaldi / "text", hypotheses=kaldi / "hyp", metadata=kaldi / "speakers")


def test_two_sources_of_hypotheses_are_refused(kaldi: Path, tmp_path: Path) -> None:
    log = pd.DataFrame({"utterance_id": ["u1"], "speaker_id": "a", "reference": "a", "hypothesis": "a"})
    with pytest.raises(InputError, match="the log has hypotheses in column 'hypothesis', and hyp has others"):
        read_log(log, hypotheses=kaldi / "hyp")


def test_files_of_counts_refuse_joins(kaldi: Path, tmp_path: Path) -> None:
    counts = tmp_path / "counts.parquet"
    fairaudit.score(read_log(kaldi, hypotheses=kaldi / "hyp"), counts)
    with pytest.raises(UsageError, match="holds counts that were scored already"):
        read_log(counts, metadata=kaldi / "utt2spk")


def test_a_scored_log_keeps_what_was_joined(kaldi: Path, tmp_path: Path) -> None:
    log = read_log(kaldi, hypotheses=kaldi / "hyp")
    fairaudit.score(log, tmp_path / "counts.parquet")
    again = read_log(tmp_path / "counts.parquet")
    kept = [(join.name, join.sha256, join.key, join.rate) for join in log.quality.joins]
    assert [(join.name, join.sha256, join.key, join.rate) for join in again.quality.joins] == kept
    assert again.settings == log.settings
    assert [file.measured for file in again.inputs] == [file.measured for file in log.inputs]


def test_other_hypotheses_are_another_log(kaldi: Path) -> None:
    first = read_log(kaldi, hypotheses=kaldi / "hyp").inputs[0].measured
    lines(kaldi / "hyp", REFERENCES)
    assert read_log(kaldi, hypotheses=kaldi / "hyp").inputs[0].measured != first


def test_ids_of_several_columns(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"session": ["1", "1", "1+2", "1"], "speaker": ["a", "b", "a", "2+a"], "errors": 1, "words": 9}
    )
    path = table(tmp_path / "log.csv", frame)
    log = read_log(path, columns={"speaker_id": "session+speaker"})
    assert log.tally("speaker_id").index.tolist() == ["1+2\\+a", "1+a", "1+b", "1\\+2+a"]
    with pytest.raises(InputError, match="unknown column 'meeting'; there are"):
        read_log(path, columns={"speaker_id": "meeting+speaker"})
    parquet = tmp_path / "log.parquet"
    frame.to_parquet(parquet)
    assert read_log(parquet, columns={"speaker_id": "session+speaker"}).tally("speaker_id").index.tolist()[1] == "1+a"


def test_a_transcript_names_its_speaker_only_if_asked(tmp_path: Path) -> None:
    reference, hypothesis = tmp_path / "ref.trn", tmp_path / "hyp.trn"
    reference.write_text("a b (s_1-u1)\nc (s2_u2)\n")
    hypothesis.write_text("a (s_1-u1)\nc d (s2_u2)\n")
    with pytest.raises(InputError, match=r"log lacks \['speaker_id'\]"):
        read_log(reference, hypotheses=hypothesis)
    log = read_log(tmp_path, columns={"speaker_id": "id.speaker"})
    assert log.tally("speaker_id")[["deletions", "insertions"]].values.tolist() == [[0, 1], [1, 0]]
    assert log.tally("speaker_id").index.tolist() == ["s2", "s_1"]


DAMAGED = {
    "trn without an id": (
        "ref.trn",
        "a b (u1)\nc d\n" + "x (u3)\n" * 20,
        "row 2 does not end with an id in parentheses",
    ),
    "utt2spk without a speaker": ("utt2spk", "u1 s1\nu2\n", "row 2 has an id, but nothing after it"),
    "utt2spk with two speakers": ("utt2spk", "u1 s1\nu2 s1 s2\n", "row 2 has 3 words, but an id has no blanks"),
    "spk2utt": ("spk2utt", "s1 u1 u2\n", "this file lists several ids in a line; give utt2spk"),
    "a blank first": ("utt2spk", " u1 s1\n", "row 1 begins with a blank, where an id is needed"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_files_of_lines(kaldi: Path, name: str) -> None:
    file, content, message = DAMAGED[name]
    path = kaldi / "damaged" / file
    path.parent.mkdir()
    path.write_text(content)
    option = "hypotheses" if file == "ref.trn" else "metadata"
    with pytest.raises(InputError, match=message):
        read_log(kaldi / "text", **{option: path})


def test_alternatives_in_a_reference_are_refused(kaldi: Path) -> None:
    lines(kaldi / "text", {**REFERENCES, "u3": "i've { um / uh / @ } seen"})
    with pytest.raises(
        InputError, match=r"row 3 seems to list alternatives \('\{ um / uh / @ \}'\); alternatives='sclite' scores"
    ):
        read_log(kaldi, hypotheses=kaldi / "hyp")


def test_examples_of_ids_are_in_no_result(kaldi: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [(f"u{i:03}", f"s{i % 60}", "a b c", "a b" if i % 3 else "a b c") for i in range(240)]
    lines(kaldi / "text", {name: text for name, _, text, _ in rows})
    lines(kaldi / "hyp", {name: text for name, _, _, text in rows} | {"strange-id": "x"})
    lines(kaldi / "utt2spk", {name: speaker for name, speaker, _, _ in rows})
    lines(kaldi / "spk2gender", {f"s{i}": "fm"[i % 2] for i in range(59)})
    log = read_log(kaldi, hypotheses=kaldi / "hyp")
    document = json.loads(fairaudit.audit(log, by=["gender"], permutations=19).to_json())
    assert document["quality"]["join_rates"]["spk2gender by speaker_id"] == 231 / 240
    assert {"hyp", "utt2spk", "spk2gender"} <= {table["name"] for table in document["side_tables"]}
    assert "joined:hypotheses by utterance_id+metadata" in document["signature"]
    assert "strange-id" not in json.dumps(document)
    assert (joins := view_of(document).joins) is not None
    assert joins.caption.endswith("and of the rows that each joined file knows")
    assert any("up to 9 of 240 utterances (3.8%) have no match" in one for one in document["quality"]["caveats"])


def test_what_did_not_match_is_printed(kaldi: Path, cli) -> None:
    lines(kaldi / "hyp", {"u1": "a", "u2": "b", "u3": "c", "u9": "d"})
    options = [
        "--hypotheses",
        str(kaldi / "hyp"),
        "--metadata",
        str(kaldi / "utt2spk"),
        "--missing-hypothesis",
        "empty",
    ]
    ran = cli("validate", str(kaldi / "text"), *options, "--json")
    assert "note: hyp: joined by utterance_id; 3 of 4 rows have a match, and 1 of its 4 ids does not occur" in ran.err
    assert "note: only in the log: 'u4'; only in hyp: 'u9'" in ran.err
    content = json.loads(ran.out)
    assert content["join_rates"]["hyp by utterance_id"] == 0.75
    assert [(join["name"], join["unused"]) for join in content["joins"]] == [("hyp", ["u9"]), ("utt2spk", [])]


def test_transcripts_are_joined_as_the_log_is(kaldi: Path) -> None:
    texts = {one.utterance: one.hypothesis for one in read_transcripts(kaldi, hypotheses=kaldi / "hyp")}
    assert texts == {name: text.replace("cat", "bat") for name, text in REFERENCES.items()}


IDS = st.lists(st.sampled_from(["a", "A", " a", "1", "1.0", "01", "x y", "ä"]), min_size=1, max_size=8)


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(left=IDS, right=IDS.map(lambda ids: [*dict.fromkeys(ids)]))
def test_a_join_is_equality_of_texts(
    tmp_path_factory: pytest.TempPathFactory, left: list[str], right: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("join")
    frame = pd.DataFrame({"speaker_id": left, "errors": 1, "words": 9})
    frame.to_parquet(folder / "log.parquet")
    path = table(folder / "m.csv", pd.DataFrame({"speaker_id": right, "label": [f"l{i}" for i in range(len(right))]}))
    expected = [f"l{right.index(name)}" if name in right else None for name in left]
    if not any(expected):
        with pytest.raises(InputError, match="none of its"):
            read_log(folder / "log.parquet", metadata=path)
        return
    log = read_log(folder / "log.parquet", metadata=path)
    assert log.quality.rows_in == len(left)
    assert sorted(
        map(str, log.to_frame()["label"].astype(object).where(log.to_frame()["label"].notna(), None))
    ) == sorted(map(str, expected))
