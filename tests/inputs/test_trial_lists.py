"""Trial lists: columns by their usual names, speakers in names of files, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fairaudit.core.errors import FairauditError
from fairaudit.inputs.trial_lists import read_labels, read_trials

ROWS = pd.DataFrame(
    {
        "ref_file": ["a/1.wav", "a/1.wav", "b/1.wav"],
        "com_file": ["a/2.wav", "b/1.wav", "b/2.wav"],
        "sc": [0.9, 0.2, 0.7],
        "lab": [1, 0, 1],
    }
)
PATTERN = "[^/]+"


def written(path: Path, form: str) -> Path:
    if form == "csv":
        ROWS.to_csv(path, index=False)
    elif form == "tsv":
        ROWS.to_csv(path, index=False, sep="\t")
    elif form == "parquet":
        ROWS.to_parquet(path)
    elif form == "jsonl":
        ROWS.to_json(path, orient="records", lines=True)
    elif form == "voxceleb":
        ROWS[["lab", "ref_file", "com_file", "sc"]].to_csv(path, index=False, header=False, sep=" ")
    else:
        ROWS[["ref_file", "com_file", "sc"]].to_csv(path, index=False, header=False, sep=" ")
    return path


@pytest.mark.parametrize("form", ["csv", "tsv", "parquet", "jsonl", "voxceleb", "kaldi"])
def test_formats_are_the_same_trials(form: str, tmp_path: Path):
    got = read_trials(written(tmp_path / "scores", form), speaker_pattern=PATTERN)
    assert got.speakers == ("a", "b")
    assert got.trials.first.tolist() == [0, 0, 1]
    assert got.trials.second.tolist() == [0, 1, 1]
    assert got.trials.score.tolist() == [0.9, 0.2, 0.7]
    assert (got.rows, got.quarantined, got.name) == (3, 0, "scores")
    assert any("no header" in note for note in got.notes) == (form in ("voxceleb", "kaldi"))


def test_distances_and_groups_of_patterns():
    got = read_trials(ROWS, speaker_pattern="^([a-z])/", distance=True)
    assert got.speakers == ("a", "b")
    assert got.trials.score.tolist() == [-0.9, -0.2, -0.7]
    assert got.settings == {"speaker": "^([a-z])/", "score": "distance"}


@pytest.mark.parametrize("bad", [{"sc": "n/a"}, {"sc": np.inf}, {"ref_file": None}, {"com_file": " "}])
def test_rows_without_a_speaker_or_a_score_are_quarantined(bad: dict):
    rows = pd.concat([ROWS.astype(object), ROWS.iloc[:1].astype(object).assign(**bad)], ignore_index=True)
    got = read_trials(rows, speaker_pattern=PATTERN)
    assert (got.rows, got.quarantined, len(got.trials.score)) == (4, 1, 3)


@pytest.mark.parametrize(
    ("rows", "options", "said"),
    [
        (ROWS, {}, "3 rows|2 of 3 rows disagree .* speaker_pattern"),
        (ROWS.assign(lab=[0, 0, 1]), {"speaker_pattern": PATTERN}, "1 of 3 rows disagree .* '0' for 'a' and 'a'"),
        (ROWS.assign(lab=["x", 0, 1]), {"speaker_pattern": PATTERN}, "'x' does not say"),
        (ROWS.rename(columns={"sc": "value"}), {"speaker_pattern": PATTERN}, "no column for 'score'; it has .*'value'"),
        (ROWS, {"columns": {"score": "nope"}}, "no column 'nope'"),
        (ROWS, {"columns": {"speaker": "sc"}}, "has no .'speaker'"),
        (ROWS, {"speaker_pattern": "("}, "not a regular expression"),
        (ROWS, {"speaker_pattern": "[0-9]{9}"}, "3 of 3 values do not match"),
        (ROWS.assign(sc="?"), {"speaker_pattern": PATTERN}, "no row has two speakers"),
    ],
)
def test_what_is_wrong_is_said(rows: pd.DataFrame, options: dict, said: str):
    with pytest.raises(FairauditError, match=said):
        read_trials(rows, **options)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 a/1 b/1 0.5\n0 a/1 0.4\n", "row 2 has 3 fields, and the first row 4"),
        ("a/1 b/1 c/1 0.5\n", "no two speakers and a score"),
    ],
)
def test_lines_that_are_no_trials(text: str, said: str, tmp_path: Path):
    (tmp_path / "scores").write_text(text, "utf-8")
    with pytest.raises(FairauditError, match=said):
        read_trials(tmp_path / "scores")


def test_labels_are_joined_by_the_text_of_the_speaker():
    table = pd.DataFrame({"Speaker": ["007", "7", "8"], "gender": ["f", "m", "NA"]})
    assert read_labels(table, ["7", "8", "9"])["gender"].tolist() == ["m", None, None]
    with pytest.raises(FairauditError, match="several rows that differ, such as 'a'"):
        read_labels(pd.DataFrame({"speaker_id": ["a", "a"], "gender": ["f", "m"]}), ["a"])
    with pytest.raises(FairauditError, match="no speaker of the trials is in column 'speaker_id'"):
        read_labels(pd.DataFrame({"speaker_id": ["x"], "gender": ["f"]}), ["a"])
