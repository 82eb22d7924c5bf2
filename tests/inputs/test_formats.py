"""Every format: recognised by its content under any name, the same numbers, and no silent loss if it is damaged."""

from __future__ import annotations

import json
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from fairaudit.cli.choices import FORMATS as CHOICES
from fairaudit.core.errors import InputError
from fairaudit.inputs import UtteranceLog, read_log
from fairaudit.inputs.formats import FORMATS, choose_format
from fairaudit.inputs.opening import open_file
from tests.inputs.format_examples import EXAMPLES, ROWS

WER = {"s1": (2, 6), "007": (1, 6)}


def write(folder: Path, name: str, content: bytes | None = None) -> tuple[Path, dict[str, Any]]:
    """Write an example under a name that says nothing, and what has to be joined with it."""
    example = EXAMPLES[name]
    path = folder / "log.bin"
    path.write_bytes(example.content if content is None else content)
    return path, example.files(folder)


def wer_of(log: UtteranceLog) -> dict[str, tuple[int, int]]:
    return {speaker: tuple(row) for speaker, row in log.tally("speaker_id")[["errors", "words"]].iterrows()}


def test_every_format_has_an_example() -> None:
    assert {name.partition(" ")[0] for name in EXAMPLES} == {*FORMATS} == {*CHOICES} - {"auto"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_format_is_recognised_by_its_content_and_gives_the_same_numbers(tmp_path: Path, name: str) -> None:
    path, options = write(tmp_path, name)
    assert choose_format(open_file(path, tmp_path)).name == name.partition(" ")[0]
    log = read_log(path, **options)
    tally = log.tally("speaker_id")
    assert wer_of(log) == WER
    assert tally[["substitutions", "deletions", "insertions"]].values.tolist() == [[0, 0, 1], [1, 1, 0]]
    assert (log.quality.rows_in, log.quality.rows_used) == (4, 4)
    assert not any("line break" in note for note in log.quality.notes)


#: Formats of lines without an end. A missing line break is named, and missing rows are missing.
OPEN_ENDED = ("csv", "tsv", "jsonl", "nemo", "lhotse", "kaldi", "trn", "stm", "common-voice", "lhotse (cuts)")


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_file_that_is_cut_off_is_never_a_whole_log(tmp_path: Path, name: str) -> None:
    content = EXAMPLES[name].content
    for cut in sorted({1, 9, len(content) // 2} & {*range(1, len(content.rstrip()))}):
        path, options = write(tmp_path, name, content[:-cut])
        try:
            log = read_log(path, **options)
        except InputError:
            continue
        if wer_of(log) != WER:
            assert name in OPEN_ENDED, f"{cut} bytes are missing, and nothing is said"
            assert log.quality.rows_in < 4 or any("line break" in note for note in log.quality.notes)


DAMAGED: dict[str, tuple[str, str, str, str]] = {
    "per_utt in the order of sclite": ("per_utt", "#csid 2 0 0 1\n", "#csid 2 0 1 0\n", "not those of its operations"),
    "per_utt lacks a line": ("per_utt", "s1-u2 hyp  hello there\n", "", "row 6 must be the line 'hyp' of 's1-u2'"),
    "per_utt without counts": ("per_utt", "#csid 4 0 0 0", "#csid 4 0 x 0", "must have 4 counts"),
    "pra lacks an utterance": ("pra", "id: (s1-u2)\nScores: (#C #S #D #I) 2 0 1 0\n", "", "1 utterances of 's1' are"),
    "pra in another order": ("pra", "(#C #S #D #I) 2 1", "(#C #S #I #D) 2 1", "counts must follow an id"),
    "sgml lacks a word": ("sgml", ':C,"d","d"', "", "has 3 operations, not 4 as it says"),
    "sgml with another operation": ("sgml", 'S,"cat"', 'X,"cat"', "the alignment of 's1-u1' cannot be read at"),
    "speechbrain, other errors": ("speechbrain", "[ 3 / 12,", "[ 4 / 12,", "but the summary has 4 with 4"),
    "speechbrain lacks a row": ("speechbrain", "007-u4, %WER", "007-u4 %WER", "3 utterances with 2 errors follow"),
    "speechbrain contradicts itself": ("speechbrain", "[ 1 / 2, 1 ins", "[ 1 / 2, 0 ins", "contradict each other"),
    "meeteval without a length": ("meeteval", '"length": 4', '"words": 4', "lacks 'errors' or 'length'"),
    "meeteval names a session twice": ("meeteval", "session 2", "session 1", "'session 1'"),
    "lhotse": ("lhotse (cuts)", '"supervisions": [{', '"supervisions": 5, "x": [{', "must be a list of objects"),
    "kaldi id twice": ("kaldi", "s1-u2", "s1-u1", "1 utterance ids occur more than once"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_results_of_other_tools(tmp_path: Path, name: str) -> None:
    kind, before, after, message = DAMAGED[name]
    content = EXAMPLES[kind].content.decode()
    assert before in content
    path, options = write(tmp_path, kind, content.replace(before, after).encode())
    with pytest.raises(InputError, match=message):
        read_log(path, format=kind.partition(" ")[0], **options)


@pytest.mark.parametrize("kind", ["pralign", "sgml"])
def test_alignments_that_sclite_writes(tmp_path: Path, kind: str) -> None:
    for name, i in (("ref", 2), ("hyp", 3)):
        text = "".join(f"{row[i]} ({row[0]})\n" for row in ROWS).replace("hello", "h,e:lo")
        (tmp_path / f"{name}.trn").write_text(text)
    command = [
        "sctk",
        "sclite",
        "-r",
        "ref.trn",
        "trn",
        "-h",
        "hyp.trn",
        "trn",
        "-i",
        "spu_id",
        "-o",
        kind,
        "-n",
        "out",
    ]
    try:
        subprocess.run([*command, "-O", "."], cwd=tmp_path, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("sctk is not installed")
    (path,) = tmp_path.glob("out.*")
    log = read_log(path)
    assert wer_of(log) == WER
    texts = read_log(tmp_path, columns={"speaker_id": "id.speaker"}, normalizer="none")
    columns = ["errors", "words", "substitutions", "deletions", "insertions"]
    assert log.tally("utterance_id")[columns].equals(texts.tally("utterance_id")[columns])


OTHERS = {
    "a label in parentheses": ("csv", "speaker_id,errors,words,device\n" + "s,1,9,tv (old)\n" * 40),
    "texts in parentheses": ("csv", "speaker_id,reference,hypothesis\n" + "a,x (y),x (y)\n" * 30),
    "ids and words": ("csv", "speaker id;errors;words\n" + "".join(f"s {i};1;9\n" for i in range(9))),
    "two columns of tabs": ("tsv", "zip\tincome\n" + "".join(f"0{i}\t9\n" for i in range(1000, 1009))),
    "a text with tabs": ("kaldi", "".join(f"u{i}\tturn it off\n" for i in range(9))),
    "commas in texts": ("kaldi", "u1 well, yes\nu2 no\nu3 a, b, c\n"),
    "counts in an array": (
        "json",
        json.dumps({"results": {"samples": [dict.fromkeys(
            ("error_rate", "errors", "length", "substitutions", "deletions", "insertions", "speaker_id"), 1
        )]}}),
    ),
    "one object": ("jsonl", '{"speaker_id": "a", "nbest": [{"x": 1}]}\n'),
    "an object over lines": ("json", '{\n "r": [\n  {"speaker_id": "a"}\n ]\n}\n'),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_a_file_is_not_taken_for_one_of_another_format(tmp_path: Path, name: str) -> None:
    form, content = OTHERS[name]
    path = tmp_path / "log"
    path.write_text(content, "utf-8")
    assert choose_format(open_file(path, tmp_path)).name == form


def test_arrow_types_and_nested_columns(tmp_path: Path) -> None:
    table = pa.table(
        {
            "speaker_id": pa.array(["007", "a"]).dictionary_encode(),
            "errors": pa.array([1, 2], pa.int8()),
            "words": pa.array([9, 8], pa.uint32()),
            "audio": pa.array([{"bytes": b"x"}, {"bytes": b"y"}]),
        }
    )
    path = tmp_path / "data.arrow"
    with pa.ipc.new_stream(path, table.schema) as writer:
        writer.write_table(table)
    assert read_log(path).tally("speaker_id")["words"].to_dict() == {"007": 9, "a": 8}
    with pytest.raises(InputError, match="column 'audio' holds an object"):
        read_log(path, columns={"speaker_id": "audio"})


def workbook(path: Path, rows: list[list[Any]], formats: dict[str, str] | None = None) -> Path:
    import openpyxl

    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cell, shown in (formats or {}).items():
        book.active[cell].number_format = shown
    book.save(path)
    return path


HEADER = ["speaker_id", "zip_code", "errors", "words", "latitude", "longitude"]


def test_cells_of_a_workbook_keep_what_they_show(tmp_path: Path) -> None:
    rows = [
        HEADER,
        ["007", "02139", 1, 9, 41.25, -73.5],
        [7, 2139, 0, 8, None, None],
        [],
        [12.0, 90210, 0, 7, None, None],
    ]
    path = workbook(tmp_path / "log", rows, {"A3": "000", "B3": "00000"})
    log = read_log(path)
    assert log.tally("speaker_id")["words"].to_dict() == {"007": 17, "12": 7}
    assert log.tally("zip_code")["words"].to_dict() == {"02139": 17, "90210": 7}
    assert log.tally(["latitude"]).index[0] == 41.25


WRONG_BOOKS: dict[str, tuple[list[list[Any]], str]] = {
    "a formula": ([HEADER, ["a", "02139", "=1+1", 9]], "cell C2 holds a formula that was never computed"),
    "a long number": ([HEADER, [1234567890123456789, "02139", 1, 9]], "cell A2 holds a number of more than 15 digits"),
    "a cell too many": ([HEADER, ["a", "02139", 1, 9, 1, 1, "x"]], "row 2 has more cells than the header, which has 6"),
    "a name twice": ([["a", "a"], [1, 2]], "column 'a' occurs twice"),
    "nothing": ([], "the workbook has no cells"),
}


@pytest.mark.parametrize("name", WRONG_BOOKS)
def test_workbooks_that_cannot_be_read_with_certainty(tmp_path: Path, name: str) -> None:
    rows, message = WRONG_BOOKS[name]
    with pytest.raises(InputError, match=message):
        read_log(workbook(tmp_path / "log", rows))


def test_several_sheets_are_not_guessed(tmp_path: Path) -> None:
    import openpyxl

    path = workbook(tmp_path / "log", [HEADER, ["a", "02139", 1, 9]])
    with path.open("rb") as file:
        book = openpyxl.load_workbook(file)
    book.create_sheet("notes").append(["x"])
    book.create_sheet("empty")
    book.save(path)
    with pytest.raises(InputError, match=r"several sheets have cells: \['Sheet', 'notes'\]"):
        read_log(path)


def test_a_workbook_that_expands_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "log", [HEADER])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/bomb.xml", "w") as member:
        for _ in range(1_100):
            member.write(bytes(1 << 20))
    with pytest.raises(InputError, match="the workbook expands to"):
        read_log(path)


def test_a_cut_without_supervisions_is_a_row(tmp_path: Path) -> None:
    cut = {**json.loads(EXAMPLES["lhotse (cuts)"].content.splitlines()[0]), "supervisions": [], "id": "empty"}
    content = EXAMPLES["lhotse (cuts)"].content + json.dumps(cut).encode() + b"\n"
    path, options = write(tmp_path, "lhotse (cuts)", content)
    log = read_log(path, **options, missing_hypothesis="drop", max_quarantine=0.5)
    assert (log.quality.rows_in, log.quality.rows_used) == (5, 4)


@pytest.mark.parametrize("name", ["null", "None", "a"])
def test_insertions_of_nobody_are_in_no_rate_and_said(tmp_path: Path, name: str) -> None:
    content = json.loads(EXAMPLES["meeteval"].content)
    session, *others = content.values()
    alarm = {"error_rate": None, "errors": 5, "length": 0, "insertions": 5, "deletions": 0, "substitutions": 0}
    session[name] = alarm
    others[0][name] = {**alarm, "errors": 2, "insertions": 2}
    others[1]["s1"] = {**alarm, "errors": 1, "insertions": 1}  # of somebody who speaks in another session
    path, _ = write(tmp_path, "meeteval", json.dumps(content).encode())
    log = read_log(path)
    assert wer_of(log) == {"s1": (3, 6), "007": (1, 6)}
    assert (log.quality.rows_in, log.quality.rows_used) == (5, 5)
    assert log.quality.coercions == {"insertions_without_speaker": 7, "empty_references": 1}
    assert log.quality.caveats == (
        "7 insertions are in hypotheses that are assigned to no speaker, and are in no rate; MeetEval's overall rate "
        "has them",
    )


def test_sessions_of_meeteval_without_speakers_are_no_speakers(tmp_path: Path) -> None:
    counts = {"error_rate": 0.5, "errors": 1, "length": 2, "insertions": 0, "deletions": 0, "substitutions": 1}
    path = tmp_path / "per_reco.json"
    path.write_text(json.dumps({"s1": {**counts, "assignment": [["a", "b"]]}, "s2": counts}))
    with pytest.raises(InputError, match=r"log lacks \['speaker_id'\]; it has \['words', 'session'"):
        read_log(path)
    assert read_log(path, columns={"speaker_id": "session"}).tally("speaker_id")["errors"].to_dict() == {
        "s1": 1,
        "s2": 1,
    }
