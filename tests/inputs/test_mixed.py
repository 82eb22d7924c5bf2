"""Logs that hold several systems are recognised, and others are not taken for one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.core.errors import InputError
from fairaudit.inputs import read_log
from tests.inputs.test_where import MODELS, counts, long

Change = Callable[[pd.DataFrame], pd.DataFrame]
REFUSED = "the same references are there for each value of"
CAVEAT = (
    "rows have the same references for each of its values. If the values are recognisers, every rate is of several "
    "together, and each should be read alone"
)


def without_ids(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.drop(columns="utterance_id")


def named(name: str) -> Change:
    return lambda rows: without_ids(rows).rename(columns={"model": name})


def lacking_some(rows: pd.DataFrame) -> pd.DataFrame:
    return without_ids(rows).sample(frac=0.95, random_state=0)


def own_ids(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(utterance_id=rows["model"] + "/" + rows["utterance_id"])


def other_words(rows: pd.DataFrame) -> pd.DataFrame:
    """Every model has test sets of its own, as in traffic that is divided among systems."""
    return without_ids(rows).assign(reference=rows["model"] + " " + rows["reference"])


def commands(rows: pd.DataFrame) -> pd.DataFrame:
    """Every speaker says a few commands again and again, each time on one of several devices."""
    rng = np.random.default_rng(0)
    texts = [f"command {i}" for i in rng.integers(0, 3, len(rows))]
    return named("device")(rows).assign(reference=texts, hypothesis=texts)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without_ids, REFUSED),
        (named("ASR_System"), REFUSED),
        (named("model name"), REFUSED),
        (lacking_some, REFUSED),
        (own_ids, REFUSED),
        (lambda rows: counts(without_ids(rows)), REFUSED),
        (lambda rows: without_ids(rows).assign(model=rows["model"].map({m: i for i, m in enumerate(MODELS)})), REFUSED),
        (lambda rows: without_ids(rows).assign(version="3"), REFUSED),
    ],
)
def test_a_log_of_several_systems_is_refused(change: Change, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        read_log(change(long(60)))
    assert "reads the rows of one value, and a board compares all of them (system_column=" in str(error.value)


@pytest.mark.parametrize("column", ["run", "phone_model"])
def test_other_columns_are_named_beside_the_verdict(column: str, tmp_path: Path) -> None:
    log = read_log(named(column)(long(60)))
    assert log.quality.caveats == (f"{column}: 180 {CAVEAT}",)
    assert log.quality.coercions == {f"repeated_for_each {column}": 180}
    fairaudit.score(log, tmp_path / "counts.parquet")
    assert read_log(tmp_path / "counts.parquet").quality.caveats == log.quality.caveats


@pytest.mark.parametrize(
    "change",
    [
        other_words,
        commands,
        lambda rows: rows[rows["model"] == "whisper"],
        lambda rows: own_ids(rows).rename(columns={"model": "device"}),
        lambda rows: named("run")(counts(rows)),
        lambda rows: without_ids(rows).assign(model="all"),
        lambda rows: without_ids(rows).assign(model=np.where(rows["speaker_id"] < "s2", "a", "b")),
        lambda rows: without_ids(rows).assign(model=[f"m{i}" for i in range(len(rows))]),
        lambda rows: without_ids(rows[rows["model"] == "whisper"]).assign(model=lambda one: one["reference"]),
    ],
)
def test_other_logs_are_not_taken_for_one(change: Change) -> None:
    assert not [text for text in read_log(change(long(60))).quality.caveats if "references" in text]


@pytest.mark.parametrize(
    ("change", "column"),
    [
        (lambda rows: rows, "model"),
        (lambda rows: rows.rename(columns={"model": "run"}), "run"),
        (lambda rows: rows.assign(a=rows["model"]), "model"),
        (lambda rows: rows.sample(frac=0.95, random_state=1), "model"),
        (lambda rows: pd.concat([rows, rows.head(1)]), None),
        (lambda rows: rows.assign(model="x"), None),
        (lambda rows: rows.assign(model=np.resize(["a", "b"], len(rows))), None),
    ],
)
def test_duplicate_ids_suggest_the_column_of_systems(change: Change, column: str | None) -> None:
    with pytest.raises(InputError, match="utterance ids occur more than once") as error:
        read_log(change(long(60)))
    hint = f"each id occurs once for each value of '{column}' ('conformer', 'wav2vec', 'whisper'): where={{'{column}': "
    assert (hint in str(error.value)) == (column is not None)
    assert ("each id occurs" in str(error.value)) == (column is not None)


def test_the_remedies_work() -> None:
    rows = without_ids(long(60))
    assert len(read_log(rows, where={"model": "whisper"})) == 60
    assert len(read_log(rows, columns={"run": "model"})) == 180


@pytest.mark.slow
def test_real_logs(shared_data: Path) -> None:
    """Two published logs have a row for each of three models, and the logs of EdAcc are of one model each."""
    for name, n in (("asgdts", 863), ("common_voice_german", 1000)):
        path = shared_data / "swiss_german" / f"{name}.csv.gz"
        options: dict[str, Any] = {"missing_speaker": "own", "second_normalizer": "off"}
        with pytest.raises(InputError, match=f"{n} utterance ids .* each id occurs once for each value of 'model'"):
            read_log(path, columns={"utterance_id": "audio_file"}, **options)
        with pytest.raises(InputError, match=REFUSED):
            read_log(path, **options)
        log = read_log(path, columns={"utterance_id": "audio_file"}, where={"model": "zero-shot"}, **options)
        assert (len(log), log.quality.rows_left_out) == (n, 2 * n)
    names = {"speaker_id": "speaker", "reference": "ref_raw", "hypothesis": "hyp_raw"}
    for path in (shared_data / "edacc").glob("*.transcripts*"):
        log = read_log(path, columns=names, strip_tags=True, second_normalizer="off")
        assert not [text for text in log.quality.caveats if "references" in text]
