"""Rows that are chosen by values of columns: in every format, in parts, with joined files, and in files of counts."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import fairaudit
from fairaudit.core.errors import FairauditError, InputError, UsageError
from fairaudit.inputs import read_log
from fairaudit.inputs.quality import DataQuality
from fairaudit.inputs.where import spelled
from fairaudit.report import render_markdown
from tests.inputs.in_parts import assert_alike

MODELS = ("conformer", "whisper", "wav2vec")


def long(n: int = 12, models: tuple[str, ...] = MODELS) -> pd.DataFrame:
    """A log with a row for each model and utterance, whose k-th model gets the first k + 1 words wrong."""
    said = [f"call my sister number {i} now" for i in range(n)]
    frames = []
    for k, model in enumerate(models):
        heard = [" ".join(["x"] * (k + 1) + text.split()[k + 1 :]) for text in said]
        frame = pd.DataFrame(
            {"utterance_id": [f"u{i}" for i in range(n)], "speaker_id": [f"s{i % 4}" for i in range(n)]}
        )
        frames.append(frame.assign(accent="scots", model=model, reference=said, hypothesis=heard))
    return pd.concat(frames).sort_values(["utterance_id", "model"]).reset_index(drop=True)


def counts(rows: pd.DataFrame) -> pd.DataFrame:
    errors = [sum(word == "x" for word in text.split()) for text in rows["hypothesis"]]
    return rows.drop(columns=["reference", "hypothesis"]).assign(errors=errors, words=6)


def as_arrow(rows: pd.DataFrame) -> bytes:
    out, table = io.BytesIO(), pa.Table.from_pandas(rows, preserve_index=False)
    with pa.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table)
    return out.getvalue()


def as_parquet(rows: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(rows, preserve_index=False), out, row_group_size=5)
    return out.getvalue()


def as_nemo(rows: pd.DataFrame) -> bytes:
    names = {"utterance_id": "audio_filepath", "reference": "text", "hypothesis": "pred_text"}
    records = rows.rename(columns=names).assign(duration=1.5).to_dict("records")
    return "".join(json.dumps(one) + "\n" for one in records).encode()


def as_excel(rows: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    rows.to_excel(out, index=False)
    return out.getvalue()


WRITERS: dict[str, Callable[[pd.DataFrame], bytes]] = {
    "csv": lambda rows: rows.to_csv(index=False).encode(),
    "tsv": lambda rows: rows.to_csv(index=False, sep="\t").encode(),
    "jsonl": lambda rows: rows.to_json(orient="records", lines=True).encode(),
    "json": lambda rows: json.dumps({"results": rows.to_dict("records")}).encode(),
    "parquet": as_parquet,
    "counts.parquet": lambda rows: as_parquet(counts(rows)),
    "counts.csv": lambda rows: counts(rows).to_csv(index=False).encode(),
    "arrow": as_arrow,
    "nemo": as_nemo,
    "xlsx": as_excel,
}


@pytest.mark.parametrize("name", WRITERS)
def test_rows_of_one_value_are_read_in_every_format(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"log.{name}"
    path.write_bytes(WRITERS[name](long()))
    log = read_log(path, where={"model": "whisper"})
    quality = log.quality
    assert (quality.rows_in, quality.rows_used, quality.rows_quarantined, quality.rows_left_out) == (36, 12, 0, 24)
    assert log.totals["errors"] == 12 * 2
    assert log.tally("model").index.tolist() == ["whisper"]
    assert [file.rows for file in log.inputs] == [36]
    assert log.settings["where"] == log.inputs[0].measured[-1] == "model=whisper"
    assert quality.notes[-1] == "Only rows with model = 'whisper' are used."


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("Whisper ", "whisper"), ("whisper", " WHISPER"), ("whisper  v3", "Whisper V3"), ("ﬁne", "FINE"),
        ("Qué", "qué"), (3, 3), (3, "3.0"), (3.0, "3"), (True, "true"), ("x=y", "x=y"),
    ],
)  # fmt: skip
def test_values_are_compared_as_labels_are(stored: Any, asked: Any) -> None:
    rows = long(4, ("a", "b")).assign(model=lambda frame: [stored if one == "a" else None for one in frame["model"]])
    log = read_log(rows, where={"model": asked})
    assert (len(log), log.quality.rows_left_out) == (4, 4)
    assert log.settings["where"] == spelled({"model": str(stored)})


@pytest.mark.parametrize(
    ("where", "kind", "message"),
    [
        ({"model": "whispr"}, InputError,
         r"no row has 'model' 'whispr'; there are \['conformer', 'wav2vec', 'whisper'\]; did you mean 'whisper'\?"),
        ({"modle": "whisper"}, InputError, r"lacks \['modle'\].*did you mean 'model'\?"),
        ({"model": "whisper", "accent": "welsh"}, InputError, r"no row has 'accent' 'welsh'; there are \['scots'\]"),
        ({"model": "whisper", "half": "a"}, InputError, "no row satisfies all conditions"),
        ({"model": " "}, UsageError, "needs a value for 'model'"),
        ({"errors": "0"}, UsageError, "rows are chosen by a label"),
        ({"hypothesis": "x"}, UsageError, "not by 'hypothesis'"),
        ({"speaker_id": "s1"}, UsageError, "not by 'speaker_id'"),
    ],
)  # fmt: skip
def test_conditions_that_choose_nothing_are_errors(where: Any, kind: type[FairauditError], message: str) -> None:
    rows = long().assign(half=lambda frame: ["b" if one == "whisper" else "a" for one in frame["model"]])
    with pytest.raises(kind, match=message):
        read_log(rows, where=where)


def test_at_most_ten_values_are_listed() -> None:
    rows = long(1, tuple(f"model {i:02}" for i in range(30)))
    with pytest.raises(InputError, match=r"'model 09'\] and 20 more") as error:
        read_log(rows, where={"model": "zzz"})
    assert str(error.value).count("model ") == 10
    with pytest.raises(InputError, match=r"did you mean 'model 2[0-9]'\? \(where"):
        read_log(rows, where={"model": "Model 2"})


def test_several_conditions_must_all_hold() -> None:
    rows = long().assign(split=np.resize(["dev", "test"], 36))
    log = read_log(rows, where={"split": "test", "model": "whisper"})
    expected = rows[(rows["split"] == "test") & (rows["model"] == "whisper")]
    assert sorted(log.to_frame()["utterance_id"]) == sorted(expected["utterance_id"])
    assert log.settings["where"] == "model=whisper+split=test"


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.exhaustive)])
def test_the_values_of_a_column_divide_the_rows(seed: int) -> None:
    """What is chosen by each value, and what is quarantined among it, adds up to the log, in any order of rows."""
    rows = counts(long(20)).drop(columns="utterance_id").rename(columns={"model": "run"})
    rows["errors"] = np.random.default_rng(seed).integers(0, 6, len(rows))
    rows.loc[rows.sample(6, random_state=seed).index, "errors"] = -1
    whole = read_log(rows, max_quarantine=1)
    parts = [read_log(rows.sample(frac=1, random_state=seed), where={"run": one}, max_quarantine=1) for one in MODELS]
    assert sum(log.totals["errors"] for log in parts) == whole.totals["errors"]
    assert sum(log.quality.rows_quarantined for log in parts) == whole.quality.rows_quarantined == 6
    assert sum(len(log) for log in parts) == len(whole)


def test_rows_that_are_left_out_cannot_spoil_a_log() -> None:
    rows = long()
    rows.loc[rows["model"] == "wav2vec", ["reference", "hypothesis"]] = ["東京 へ 行く", None]
    rows.loc[rows["model"] == "conformer", "speaker_id"] = "NA"
    assert len(read_log(rows, where={"model": "whisper"}, normalizer="whisper-en")) == 12
    with pytest.raises(InputError, match="missing_hypothesis in 'hypothesis': 12 rows"):
        read_log(rows, where={"model": "wav2vec"})


def test_rows_without_the_column_are_left_out(tmp_path: Path) -> None:
    records = [one if i % 2 else {k: v for k, v in one.items() if k != "model"}
               for i, one in enumerate(long(12, ("a",)).to_dict("records"))]  # fmt: skip
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
    log = read_log(tmp_path / "log.jsonl", where={"model": "a"})
    assert (len(log), log.quality.rows_left_out) == (6, 6)


def test_files_are_joined_with_the_chosen_rows(tmp_path: Path) -> None:
    rows = long()
    rows.drop(columns="accent").to_csv(tmp_path / "log.csv", index=False)
    few = rows[rows["model"] == "whisper"].assign(utterance_id=lambda frame: frame["utterance_id"])
    few[["utterance_id", "accent"]].to_csv(tmp_path / "accents.csv", index=False)
    log = read_log(tmp_path / "log.csv", metadata=tmp_path / "accents.csv", where={"model": "whisper"})
    assert [(join.rows, join.matched) for join in log.quality.joins] == [(12, 12)]
    speakers = pd.DataFrame({"speaker_id": ["s0", "s1", "s2", "s3"], "site": ["a", "a", "b", "b"]})
    speakers.to_csv(tmp_path / "sites.csv", index=False)
    both = {"model": "whisper", "site": "a"}
    log = read_log(tmp_path / "log.csv", metadata=tmp_path / "sites.csv", where=both)
    assert (len(log), log.quality.rows_left_out) == (6, 30)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("column", "where"),
    [("utterance_id", {"model": "Whisper"}), ("run", {"model": "none"}), ("run", {"model": "whisper", "half": "b"}),
     ("run", {}), ("utterance_id", {})],
)  # fmt: skip
def test_parts_are_read_as_a_whole(column: str, where: dict[str, str], tmp_path: Path) -> None:
    """Also parts without any chosen row; without utterance ids, several systems are found in the sums."""
    rows = long(40).assign(half=np.resize(["a", "b"], 120)).rename(columns={"utterance_id": column})
    paths = [tmp_path / f"{model}.csv" for model in MODELS]
    for model, path in zip(MODELS, paths, strict=True):
        rows[rows["model"] == model].to_csv(path, index=False)
    if not where and column == "utterance_id":
        with pytest.raises(InputError, match="40 utterance ids occur more than once"):
            read_log(paths)
        return
    refused = assert_alike(paths, tmp_path, where=where)
    assert (refused is not None) == (where in ({}, {"model": "none"}))


@pytest.mark.slow
def test_files_of_counts_keep_their_condition(tmp_path: Path) -> None:
    rows = long(40)
    logs = {model: read_log(rows, where={"model": model}) for model in MODELS[:2]}
    scored = {model: fairaudit.score(log, tmp_path / f"{model}.parquet") for model, log in logs.items()}
    tallied = {model: fairaudit.tally(log, tmp_path / f"{model}.tally") for model, log in logs.items()}
    for files in (scored, tallied):
        again = read_log(files["whisper"])
        assert (again.settings, again.inputs) == (logs["whisper"].settings, logs["whisper"].inputs)
        assert again.quality.rows_left_out == 80
        assert again.totals == read_log(files["whisper"], where={"model": "WHISPER"}).totals
        with pytest.raises(InputError, match=r"made with where model=conformer, but .* with where model=whisper"):
            read_log([*files.values()])
        with pytest.raises(UsageError, match=r"scored with where='model=whisper', so where='model=x' is not possible"):
            read_log(files["whisper"], where={"model": "x"})
    assert fairaudit.compare(*scored.values()).verdict == "insufficient evidence"


@pytest.mark.slow
def test_results_say_which_rows_they_are_of() -> None:
    rows = long(40)
    baseline, candidate = (read_log(rows, where={"model": model}) for model in MODELS[:2])
    audit = fairaudit.audit(candidate, methods="named", by="accent", permutations=19).to_dict()
    assert "|where:model=whisper|" in audit["signature"]
    assert audit["quality"]["rows_left_out"] == 80
    page = render_markdown(audit)
    assert "Rows in = rows used + rows quarantined + rows left out" in page
    assert "Only rows with model = 'whisper' are used." in page
    comparison = fairaudit.compare(baseline, candidate, permutations=19).to_dict()
    assert "where:model=conformer|candidate_where:model=whisper" in comparison["signature"]
    history = fairaudit.record(fairaudit.record([], "1", baseline), "2", candidate)
    assert [one["inputs"][0]["measured"][-1] for one in history.releases] == ["model=conformer", "model=whisper"]


def test_every_row_is_accounted_for() -> None:
    with pytest.raises(FairauditError, match="3 left out; this is a fault of fairaudit"):
        DataQuality(rows_in=9, rows_used=4, rows_quarantined=1, rows_left_out=3)
    assert DataQuality(rows_in=10, rows_used=4, rows_quarantined=1, rows_left_out=5).share_quarantined == 0.2
