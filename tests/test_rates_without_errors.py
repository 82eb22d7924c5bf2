"""Logs without texts and errors: rates of their other columns, the same numbers everywhere, and no word error rate."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.core.errors import InputError, UsageError
from tests.inputs.in_parts import in_turn

RATE, COUNTS = "fnmr=false_rejects/trials", ["false_rejects", "trials"]


def rejects(seed: int = 0, *, worse: str = "south") -> pd.DataFrame:
    """False rejects of 120 speakers, more of them in one of two regions."""
    rng = np.random.default_rng(seed)
    region = np.tile(["north", "south"], 60)
    trials = np.random.default_rng(0).integers(50, 90, 120)  # both systems have the same trials
    share = rng.beta(4, 96, 120) * np.where(region == worse, 3, 1)
    names = [f"s{i}" for i in range(120)]
    table = {"utterance_id": names, "speaker_id": names, "region": region, "trials": trials}
    return pd.DataFrame(table).assign(false_rejects=rng.binomial(trials, share))


def audited(log: Any, **options: Any) -> dict[str, Any]:
    found = fairaudit.audit(log, by="region", methods="named", permutations=99, **{"rate": RATE} | options)
    return found.to_dict()


def sums(log: fairaudit.UtteranceLog) -> dict[str, Any]:
    return log.tally("region")[["utterances", *COUNTS]].to_dict()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("rejects")
    paths = {kind: folder / f"rejects.{kind}" for kind in ("csv", "parquet")}
    rejects().to_csv(paths["csv"], index=False)
    rejects().to_parquet(paths["parquet"], row_group_size=30)
    return paths


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["frame", "csv", "parquet", "parts"])
def test_columns_of_the_rate_are_counted(kind: str, files: dict[str, Path]):
    source = rejects() if kind == "frame" else files["parquet" if kind == "parts" else kind]
    engine = {"engine": in_turn, "needed": {"by": ["region"]}} if kind == "parts" else {}
    log = fairaudit.read_log(source, counts=COUNTS, **engine)
    expected = rejects().groupby("region")[COUNTS].sum()
    assert sums(log) == {"utterances": {"north": 60, "south": 60}, **expected.to_dict()}
    assert (log.unit, log.exposure) == ("none", None)
    assert repr(log) == "<UtteranceLog of 120 utterances by 120 speakers: false_rejects, trials>"
    assert "errors" not in log._repr_html_()
    assert any("no texts and no errors" in note for note in log.quality.notes)


@pytest.mark.parametrize(
    ("change", "counts", "lacking"),
    [
        ({}, [], "['reference', 'hypothesis']"),
        ({}, ["false_rejects", "attempts"], "['attempts']"),
        ({"reference": "a b"}, COUNTS, "['hypothesis']"),
        ({"hypothesis": "a b"}, COUNTS, "['reference']"),
        ({"words": 3}, COUNTS, "['errors']"),
        ({"errors": 3}, COUNTS, "['words']"),
        ({}, [*COUNTS, "words"], "['reference', 'hypothesis']"),
        ({}, ["false_rejects", "utterances mostly wrong"], "['reference', 'hypothesis']"),
    ],
)
def test_half_a_log_is_no_log_of_other_numbers(change: dict[str, Any], counts: list[str], lacking: str):
    with pytest.raises(InputError, match=r"log lacks ") as error:
        fairaudit.read_log(rejects().assign(**change), counts=counts)
    assert f"log lacks {lacking}" in str(error.value)


def test_hypotheses_of_another_file_need_references(tmp_path: Path):
    hypotheses = tmp_path / "hypotheses.csv"
    hypotheses.write_text("utterance_id,hypothesis\ns0,a b\n", "utf-8")
    with pytest.raises(InputError, match=r"lacks \['reference'"):
        fairaudit.read_log(rejects(), counts=COUNTS, hypotheses=hypotheses)


def test_there_is_no_word_error_rate():
    log = fairaudit.read_log(rejects(), counts=COUNTS)
    with pytest.raises(UsageError, match="no word error rate"):
        fairaudit.audit(log, by="region")
    with pytest.raises(UsageError, match=r"rate 'wer' needs \['errors', 'words'\]"):
        fairaudit.audit(log, by="region", rate="wer")


@pytest.mark.parametrize(("value", "code"), [(-1, "negative_count"), (None, "missing_count"), ("many", "not_a_number")])
def test_cells_that_are_no_counts_are_quarantined(value: Any, code: str):
    table = rejects().astype({"trials": object})
    table.loc[5, "trials"] = value
    log = fairaudit.read_log(table, counts=COUNTS)
    assert len(log) == 119
    assert log.quarantine["code"].tolist() == [code]


@pytest.mark.slow
def test_numbers_are_those_of_the_same_counts_as_errors_and_words():
    ours = audited(rejects())
    renamed = rejects().rename(columns={"false_rejects": "errors", "trials": "words"})
    theirs = audited(renamed, rate="fnmr=errors/words")
    (mine,), (other,) = ours["discoveries"], theirs["discoveries"]
    assert mine["verdict"] == "disparity"
    loops = dict.fromkeys(("loop_utterances", "loop_errors", "loop_exposure"))  # only errors can be in loops
    assert mine["cohorts"] == [cohort | loops for cohort in other["cohorts"]]
    assert mine | {"cohorts": []} == other | {"cohorts": []}


@pytest.mark.slow
def test_outputs_speak_of_the_rate(files: dict[str, Path], tmp_path: Path, cli: Callable[..., Any]):
    ran = cli("audit", files["csv"], "--rate", RATE, "--by", "region", "--permutations", 99, "-o", tmp_path)
    assert ran.code == 0
    assert "times as many false rejects as the other speakers" in " ".join(ran.out.split())
    assert "per 100 trials" in ran.out
    printed = ran.out + (tmp_path / "audit.html").read_text("utf-8")
    assert "unit:none" in printed
    assert not [word for word in ("WER", "word error rate", "per 100 words", "of the words") if word in printed]


@pytest.mark.slow
def test_counts_that_are_kept_give_the_same_audit(files: dict[str, Path], tmp_path: Path):
    expected = audited(files["csv"])["discoveries"]
    scored, tally = tmp_path / "scored.parquet", tmp_path / "tally.parquet"
    fairaudit.score(files["csv"], scored, rate=RATE)
    fairaudit.tally(files["csv"], tally, by="region", rate=RATE)
    assert audited(scored)["discoveries"] == expected
    assert audited(tally)["discoveries"] == expected
    with pytest.raises(UsageError, match="no word error rate"):
        audited(scored, rate=None)


@pytest.mark.slow
def test_frozen_cohorts_read_the_next_log(files: dict[str, Path], tmp_path: Path, cli: Callable[..., Any]):
    found = fairaudit.audit(files["csv"], by="region", methods="named", rate=RATE, permutations=19)
    assert len(fairaudit.assign(rejects(1), found.models[0])) == 120
    worse = rejects(1).assign(false_rejects=lambda rows: rows["false_rejects"] + 2)
    compared = fairaudit.compare(files["csv"], worse, found.models, permutations=99)
    assert compared.to_dict()["verdict"] == "regression"
    assert any("same id count as the same" in caveat for caveat in compared.to_dict()["caveats"])
    with pytest.raises(UsageError, match="another denominator"):
        fairaudit.compare(files["csv"], worse.assign(trials=worse["trials"] + 1), found.models)
    fairaudit.save(found, tmp_path)
    ran = cli("assign", files["csv"], "--cohorts", tmp_path / "cohorts.json", "--json")
    assert ran.code == 0
    assert json.loads(ran.out)


@pytest.mark.parametrize(
    ("rate", "message"),
    [
        ("fnmr=false_reject/trials", "lacks ['false_reject']; it has .* did you mean 'false_rejects'"),
        ("fnmr=refused/trials", "lacks ['refused']; it has"),
        ("fnmr=refused/attempts", "lacks ['reference', 'hypothesis']"),
    ],
)
def test_a_column_of_the_rate_that_is_absent_is_named(rate: str, message: str):
    with pytest.raises(InputError, match=message.replace("[", r"\[").replace("]", r"\]")):
        fairaudit.audit(rejects(), rate=rate)


def test_validate_reads_what_an_audit_of_the_rate_reads(files: dict[str, Path], cli: Callable[..., Any]):
    ran = cli("validate", files["csv"], "--rate", RATE, "--json")
    assert ran.code == 0
    assert {*COUNTS} <= {*json.loads(ran.out)["columns"]}
    assert cli("validate", files["csv"]).code == 3
