"""Logs whose references list alternatives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import fairaudit
from fairaudit.core.columns import rescored
from fairaudit.core.errors import InputError, UsageError
from fairaudit.inputs import read_log
from fairaudit.inputs.pairing import pair
from tests.inputs.in_parts import assert_same, write

REFERENCES = ["i've { um / uh / @ } as far", "a (um) b", "Plain words.", "so { well / now then }"]
HYPOTHESES = ["i've as far", "a b", "plain words", "so now then sir"]


def rows(hypotheses: list[str] = HYPOTHESES, references: list[str] = REFERENCES) -> pd.DataFrame:
    n = len(references)
    ids = {"utterance_id": [f"u{i}" for i in range(n)], "speaker_id": [f"s{i % 2}" for i in range(n)]}
    return pd.DataFrame({**ids, "reference": references, "hypothesis": hypotheses})


def totals(log: fairaudit.UtteranceLog, *names: str) -> list[int]:
    return [int(log.tally("speaker_id")[name].sum()) for name in names]


def test_a_log_with_alternatives_is_refused_unless_it_is_asked_for() -> None:
    with pytest.raises(InputError, match=r"row 1 and 1 more rows seem to list .*'sclite' scores .*'none' scores all"):
        read_log(rows())
    log = read_log(rows(), alternatives="sclite")
    assert totals(log, "errors", "words", "insertions", "hits") == [1, 10, 1, 10]
    assert totals(log, *map(rescored, ("errors", "words"))) == [3, 10]  # "none", under which "Plain words." differs
    assert (log.scoring["alternatives"], log.settings["alternatives"]) == ("sclite", "sclite")
    assert (log.quality.rows_in, log.quality.rows_used) == (4, 4)
    with pytest.raises(UsageError, match="unknown value of alternatives 'trn'"):
        read_log(rows(), alternatives="trn")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "reference", ["so {well/now then} sir", "so { well / now then } sir", "so {well /now then} sir"]
)
def test_blanks_around_the_signs_change_nothing(reference: str) -> None:
    frame = rows(["so now then sir"], [reference])
    with pytest.raises(InputError, match="row 1 seems to list alternatives"):
        read_log(frame)
    assert totals(read_log(frame, alternatives="sclite"), "errors", "words") == [0, 4]


def test_signs_are_scored_as_text_if_asked_for() -> None:
    frame = rows(["he/she ok"], ["{he/she} ok"])
    log = read_log(frame, alternatives="none", normalizer="none")
    assert totals(log, "errors", "words") == [1, 2]
    assert (log.scoring["alternatives"], log.settings["alternatives"]) == ("none", None)


def test_cohorts_do_not_decide_that_signs_are_text() -> None:
    frame = pd.concat(
        [rows().assign(speaker_id=f"s{i}", utterance_id=[f"{i}-{k}" for k in range(4)]) for i in range(40)]
    )
    frame["accent"] = ["a"] * 80 + ["b"] * 80
    models = fairaudit.audit(read_log(frame, alternatives="none"), by="accent", permutations=19).models
    assert models[0].scoring["alternatives"] == "none"
    with pytest.raises(InputError, match="seem to list alternatives"):
        fairaudit.assign(frame, models[0])
    assert len(fairaudit.assign(read_log(frame, alternatives="none"), models[0])) == 40


def test_a_log_without_alternatives_is_scored_as_ever() -> None:
    frame = rows(["plain", "words too", "", "yes"], ["plain", "words", "yes", "he/she {sic}"])
    usual = read_log(frame)
    assert (usual.scoring["alternatives"], usual.settings["alternatives"]) == ("none", None)
    parenthesis = rows(["a b"] * 4, ["a (b c) d"] * 4)
    ours, theirs = (read_log(parenthesis, alternatives=how).to_frame() for how in ("none", "sclite"))
    pd.testing.assert_frame_equal(ours, theirs)


def test_notation_that_cannot_be_read_is_set_aside() -> None:
    frame = rows(["a"] * 4, ["a", "a { b", "{ a / }", "a"])
    log = read_log(frame, alternatives="sclite", max_quarantine=0.5)
    assert log.quarantine[["row", "column", "code"]].values.tolist() == [
        [2, "reference", "wrong_alternatives"],
        [3, "reference", "wrong_alternatives"],
    ]
    assert (log.quality.rows_in, log.quality.rows_used, totals(log, "errors")) == (4, 2, [0])
    with pytest.raises(InputError, match=r"alternatives are written '{ um / uh / @ }'"):
        read_log(frame, alternatives="sclite")


def test_pairs_have_the_same_references_whichever_spelling_was_heard() -> None:
    base, other = rows(), rows(["i've um as far", "a um b", "plain", "so well sir"])
    logs = [read_log(frame, alternatives="sclite") for frame in (base, other)]
    _, pairing = pair(*logs)
    assert (pairing.paired, pairing.other_reference) == (4, 0)
    changed = rows(list(other["hypothesis"]), ["i've { um / uh } as far", *REFERENCES[1:]])
    with pytest.raises(InputError, match="1 of 4 shared utterances have different references"):
        pair(logs[0], read_log(changed, alternatives="sclite"))
    with pytest.raises(InputError, match=r"scored with alternatives sclite, but .* with alternatives none"):
        pair(logs[0], read_log(rows(references=["x", *["a"] * 3])))


def test_scored_logs_do_not_show_whether_references_are_the_same(tmp_path: Path) -> None:
    log = read_log(rows(), alternatives="sclite")
    scored = read_log(fairaudit.score(log, tmp_path / "counts.parquet"))
    assert scored.scoring == log.scoring
    with pytest.raises(InputError, match="at least one is a file of counts"):
        pair(scored, log)
    plain = fairaudit.score(read_log(rows(["a"] * 4, ["a"] * 4)), tmp_path / "plain.parquet")
    with pytest.raises(UsageError, match="scored with alternatives='none', so alternatives='sclite' is not possible"):
        read_log(plain, alternatives="sclite")
    with pytest.raises(UsageError, match="scored with alternatives='sclite', so alternatives='none' is not possible"):
        read_log(tmp_path / "counts.parquet", alternatives="none")


@pytest.mark.slow
def test_parts_are_scored_like_the_whole(tmp_path: Path) -> None:
    frame = pd.concat([rows().assign(utterance_id=[f"{k}-{i}" for i in range(4)]) for k in range(40)])
    log = assert_same(write(tmp_path, frame), tmp_path, alternatives="sclite", max_quarantine=1)
    assert totals(log, "errors", "words", "hits") == [40, 400, 400]
    log = assert_same(write(tmp_path, frame), tmp_path, alternatives="none")
    assert totals(log, "words") == [40 * 14]  # "basic" leaves no sign
    with pytest.raises(InputError, match="seem to list alternatives"):
        assert_same(write(tmp_path, frame), tmp_path)


def test_the_command_names_the_option(tmp_path: Path, cli: Callable[..., Any]) -> None:
    rows().to_csv(tmp_path / "log.csv", index=False)
    ran = cli("validate", tmp_path / "log.csv")
    assert ran.code == 3
    assert "--alternatives sclite scores the spelling with the fewest errors, and --alternatives none scores" in ran.err
    for choice in ("sclite", "none"):
        assert cli("validate", tmp_path / "log.csv", "--alternatives", choice).code == 0


@pytest.mark.slow
def test_releases_that_heard_spellings_of_other_lengths_are_not_compared() -> None:
    n = 120

    def log(hypotheses: list[str]) -> fairaudit.UtteranceLog:
        frame = rows([hypotheses[i % len(hypotheses)] for i in range(n)], ["i've { um / uh / @ } as far"] * n)
        frame = frame.assign(speaker_id=[f"s{i % 40}" for i in range(n)], accent=[f"a{i % 2}" for i in range(n)])
        return read_log(frame, alternatives="sclite")

    one, alike, other = log(["i've uh as far"]), log(["i've um is far"]), log(["i've as far", "i've uh as fir"])
    models = fairaudit.audit(other, methods="named", by="accent", permutations=19).models
    comparison = fairaudit.compare(one, alike, models)
    assert comparison.to_dict()["scoring"]["alternatives"] == "sclite"
    with pytest.raises(UsageError, match="releases that heard different ones cannot be compared"):
        fairaudit.compare(one, other, models)
    with pytest.raises(UsageError, match="systems that heard different ones cannot be compared"):
        fairaudit.board({"one": one, "other": other}, by="accent")
