"""Common Voice: tables without quoting, whose columns have fixed names."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairaudit.core.errors import InputError
from fairaudit.inputs import read_log

HEADER = "client_id\tpath\tsentence_id\tsentence\tup_votes\tage\tgender\taccents\tlocale\n"
ROWS = [
    '4f\tcv_1.mp3\t9\t"Tell me, said he.\t2\tfourties\tmale\tUnited States English,England English\ten\n',
    "4f\tcv_2.mp3\t8\tHe wrote it.\t2\tfourties\tmale\tUnited States English,England English\ten\n",
    '0a\tcv_3.mp3\t7\tNot "that" one"\t2\t\tfemale\t\ten\n',
]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "test.tsv"
    path.write_text(HEADER + "".join(ROWS), "utf-8")
    (tmp_path / "hyp.csv").write_text(
        'path,prediction\ncv_1.mp3,"tell me, said she"\ncv_2.mp3,he wrote it\ncv_3.mp3,not that one\n', "utf-8"
    )
    return path


def test_quotes_are_characters_and_several_accents_are_one_label(table: Path) -> None:
    log = read_log(table, hypotheses=table.parent / "hyp.csv", columns={"hypothesis": "prediction"})
    assert log.tally("utterance_id")["errors"].to_dict() == {"cv_1.mp3": 1, "cv_2.mp3": 0, "cv_3.mp3": 0}
    assert log.tally("speaker_id")["utterances"].to_dict() == {"0a": 1, "4f": 2}
    assert log.tally("accents").index.tolist()[0] == "United States English,England English"
    assert log.tally("age").index.tolist()[0] == "fourties"
    assert "test.tsv: utterances are identified by 'path'" in log.quality.notes
    assert "test.tsv: 'client_id' is read as 'speaker_id', 'sentence' is read as 'reference'" in log.quality.notes


def test_hypotheses_in_a_column(table: Path) -> None:
    header = HEADER.replace("sentence\t", "sentence\twhisper\t")
    table.write_text(header + "".join(row.replace("\t2\t", "\tx\t2\t") for row in ROWS), "utf-8")
    assert read_log(table, columns={"hypothesis": "whisper"}).quality.rows_used == 3


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([*ROWS, "4f\tcv_4.mp3\t6\tcut"], "row 5 has 4 fields, but the header has 9; the file seems to be cut off"),
        ([ROWS[0], "4f\tcv_2.mp3\t8\ta\ttab\t2\t\t\t\ten\n", ROWS[2]], "row 3 has 10 fields, but the header has 9"),
        ([ROWS[0], ROWS[0]], "1 utterance ids occur more than once: 'cv_1.mp3' in rows 2, 3"),
    ],
)
def test_damaged_tables(table: Path, rows: list[str], message: str) -> None:
    table.write_text(HEADER + "".join(rows), "utf-8")
    with pytest.raises(InputError, match=message):
        read_log(table, hypotheses=table.parent / "hyp.csv", columns={"hypothesis": "prediction"})
