"""One log that is read as the logs of several systems: files are parsed once, and each system is read as if alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import fairaudit
from fairaudit.core.errors import FairauditError, InputError, UsageError
from fairaudit.inputs import read_log, systems
from fairaudit.inputs.log import UtteranceLog
from fairaudit.inputs.systems import read_systems
from tests.inputs.test_where import MODELS, WRITERS, long


def assert_same(log: UtteranceLog, alone: UtteranceLog) -> None:
    assert (log.quality, log.inputs, log.settings) == (alone.quality, alone.inputs, alone.settings)
    assert (log.scoring, log.columns, log.count_columns) == (alone.scoring, alone.columns, alone.count_columns)
    pd.testing.assert_frame_equal(log.to_frame(), alone.to_frame())
    pd.testing.assert_frame_equal(log.quarantine, alone.quarantine)


def wide(n: int = 12) -> pd.DataFrame:
    rows = long(n)
    texts = {model: rows.loc[rows["model"] == model, "hypothesis"].to_numpy() for model in MODELS}
    return rows[rows["model"] == "whisper"].drop(columns=["model", "hypothesis"]).assign(**texts)


@pytest.mark.parametrize("name", ["csv", "jsonl", "counts.parquet", "xlsx"])
def test_each_system_is_read_as_if_alone(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"log.{name}"
    path.write_bytes(WRITERS[name](long().assign(model=lambda rows: rows["model"].replace("whisper", "Whisper "))))
    logs = read_systems(path, system_column="model", second_normalizer="off")
    assert [*logs] == ["conformer", "wav2vec", "Whisper "]
    for model, log in logs.items():
        assert_same(log, read_log(path, where={"model": model}, second_normalizer="off"))


def test_rows_may_lack_columns_and_files_may_lack_systems(tmp_path: Path) -> None:
    """Batches of JSON lines have different columns, some files hold some systems, and some rows are faulty."""
    records = long(30).assign(speaker_id=lambda rows: rows["speaker_id"].where(rows["utterance_id"] != "u3", ""))
    lines = [json.dumps(one | ({"noise": "high"} if one["model"] == "whisper" else {})) + "\n"
             for one in records.to_dict("records")]  # fmt: skip
    (tmp_path / "a.jsonl").write_text("".join(lines[:60]))
    (tmp_path / "b.jsonl").write_text("".join(line for line in lines[60:] if "conformer" not in line))
    (tmp_path / "c.jsonl").write_text("".join(line for line in lines[60:] if "conformer" in line))
    paths = sorted(tmp_path.glob("*.jsonl"))
    options: dict[str, Any] = {"max_quarantine": 0.5, "columns": {"place": "accent"}}
    for model, log in read_systems(paths, system_column="model", **options).items():
        assert log.quality.rows_quarantined == 1
        assert_same(log, read_log(paths, where={"model": model}, **options))


def test_columns_of_hypotheses_share_a_file(tmp_path: Path) -> None:
    wide().to_csv(tmp_path / "log.csv", index=False)
    options: dict[str, Any] = {"normalizer": "none", "where": {"accent": "Scots"}}
    for model, log in read_systems(tmp_path / "log.csv", hypothesis_columns=MODELS, **options).items():
        assert_same(log, read_log(tmp_path / "log.csv", columns={"hypothesis": model}, **options))


@pytest.mark.parametrize("hypotheses", ["trn", "csv"])
def test_each_system_may_have_a_file_of_hypotheses(hypotheses: str, tmp_path: Path) -> None:
    rows = wide()
    rows.drop(columns=[*MODELS]).to_csv(tmp_path / "log.csv", index=False)
    files = {model: tmp_path / f"{model}.{hypotheses}" for model in MODELS}
    for model, file in files.items():
        if hypotheses == "trn":
            file.write_text("".join(f"{t} ({i})\n" for t, i in zip(rows[model], rows["utterance_id"], strict=True)))
        else:
            rows[["utterance_id", model]].to_csv(file, index=False, header=["utterance_id", "hypothesis"])
    logs = read_systems(tmp_path / "log.csv", hypotheses=files)
    assert [*logs] == [*MODELS]
    for model, log in logs.items():
        assert_same(log, read_log(tmp_path / "log.csv", hypotheses=files[model]))
        assert log.totals["errors"] == read_log(rows, columns={"hypothesis": model}).totals["errors"]


@pytest.mark.parametrize(
    ("change", "options", "kind", "message"),
    [
        ({"model": ["", "conformer", None] * 12}, {"system_column": "model"}, InputError,
         "24 rows have no value of 'model', so that their system is unknown: rows 1, 3, 4, 6, 7"),
        ({}, {"system_column": "modle"}, InputError, r"lacks \['modle'\] \(system_column='modle'\).*mean 'model'"),
        ({"take": [f"t{i}" for i in range(36)]}, {"system_column": "take"}, InputError, "more than 20 values"),
        ({}, {}, UsageError, "none of system_column, hypothesis_columns, hypotheses can"),
        ({}, {"system_column": "model", "hypothesis_columns": ["a"]}, UsageError, "system_column and hypothesis_col"),
        ({}, {"hypothesis_columns": ["a", "a"]}, UsageError, "hypothesis_columns='a' is given twice"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said(
    change: Any, options: Any, kind: type[FairauditError], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(systems, "_MOST", 20)
    with pytest.raises(kind, match=message):
        read_systems(long().assign(**change), **options)


def test_files_of_counts_are_refused(tmp_path: Path) -> None:
    fairaudit.score(read_log(long(), where={"model": "whisper"}), tmp_path / "counts.parquet")
    with pytest.raises(InputError, match="holds counts that were scored already; give the log itself"):
        read_systems(tmp_path / "counts.parquet", system_column="model")


@pytest.mark.slow
def test_boards_of_one_log_are_those_of_several() -> None:
    rows = long(40).assign(region=lambda frame: frame["speaker_id"].map(lambda one: "ns"[one in ("s0", "s1")]))
    rows["speaker_id"] += (rows["utterance_id"].str[1:].astype(int) // 8).astype(str)
    alone = {model: read_log(rows, where={"model": model}, second_normalizer="off") for model in sorted(MODELS)}
    of_column = fairaudit.board(rows, system_column="model", by="region", permutations=19)
    assert of_column.to_json() == fairaudit.board(alone, by="region", permutations=19).to_json()
    shuffled = rows.sample(frac=1, random_state=0)
    assert (
        fairaudit.board(shuffled, system_column="model", by="region", permutations=19).to_dict()["pairs"]
        == (of_column.to_dict()["pairs"])
    )
    incomplete = rows[(rows["model"] != "whisper") | (rows["utterance_id"] > "u2")]
    with pytest.raises(InputError, match="of 40 utterances, whisper lacks 13; only utterances of all systems"):
        fairaudit.board(incomplete, system_column="model")
    with pytest.raises(UsageError, match="are of one frame or file, not of several systems"):
        fairaudit.board(alone, system_column="model")
