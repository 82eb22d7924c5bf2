"""Built-in rates of whole utterances: with any error, mostly wrong, and words that nobody said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.core.errors import InputError, UsageError
from tests.inputs.in_parts import in_turn

QUICK: dict[str, Any] = {"by": "accent", "methods": "named", "permutations": 19}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """A log of counts with empty references, a repetition loop for every third speaker, and short utterances."""
    rng = np.random.default_rng(3)
    rows, speakers = 720, 90
    who = np.arange(rows) % speakers
    words = rng.integers(0, 9, rows)
    deletions, substitutions = rng.binomial(words, 0.05), np.zeros(rows, dtype=int)
    insertions = rng.binomial(3, 0.1 + 0.1 * (who % 3 == 0), rows)
    insertions[(who % 3 == 0) & (np.arange(rows) < speakers)] = 40
    return pd.DataFrame(
        {
            "utterance_id": [f"u{i}" for i in range(rows)],
            "speaker_id": [f"s{i:02d}" for i in who],
            "accent": np.array(["hill", "coast", "plain"])[who % 3],
            "words": words,
            "substitutions": substitutions,
            "deletions": deletions,
            "insertions": insertions,
        }
    )


def by_hand(frame: pd.DataFrame) -> pd.DataFrame:
    """Both columns of each rate, one row per utterance."""
    errors = frame[["substitutions", "deletions", "insertions"]].sum(axis=1)
    loop = (frame["words"] > 0) & (errors > 2 * frame["words"]) & (errors > 20)
    return pd.DataFrame(
        {
            "accent": frame["accent"],
            "sentence_error": errors > 0,
            "mostly_wrong": errors / frame["words"].where(frame["words"] > 0, 1e-9) > 0.5,
            "hallucination_rate": frame["insertions"].where(loop | (frame["words"] == 0), 0),
            "words": frame["words"],
            "utterances": 1,
        }
    )


@pytest.mark.parametrize("rate", ["sentence_error", "mostly_wrong", "hallucination_rate"])
def test_rates_are_those_counted_by_hand(rate: str, frame: pd.DataFrame, tmp_path: Path) -> None:
    known = by_hand(frame)
    over = "words" if rate == "hallucination_rate" else "utterances"
    frame.to_csv(path := tmp_path / "log.csv", index=False)
    scored = fairaudit.score(path, tmp_path / "scored.parquet", rate=rate)
    parts = fairaudit.read_log(path, counts=fairaudit.core.rate.columns_of(rate), engine=in_turn)
    for log in (frame, scored, parts):
        audit = fairaudit.audit(log, rate=rate, **QUICK)
        assert f"rate:{rate}|" in audit.signature
        for cohort in audit.to_dict()["discoveries"][0]["cohorts"]:
            part = known[known["accent"] == cohort["label"]]
            assert (cohort["errors"], cohort["exposure"]) == (part[rate].sum(), part[over].sum())


def test_texts_are_counted_as_well() -> None:
    rows = pd.DataFrame(
        {
            "speaker_id": [f"s{i % 40}" for i in range(160)],
            "accent": ["hill", "coast"] * 80,
            "reference": ["one two three", "one two", "", "one"] * 40,
            "hypothesis": ["one two three", "one", "uh huh", "a b"] * 40,
        }
    )
    for rate, value in (("sentence_error", 3 / 4), ("mostly_wrong", 2 / 4), ("hallucination_rate", 2 / 6)):
        audit = fairaudit.audit(rows, rate=rate, **QUICK)
        assert audit.overall["rate"] == pytest.approx(value)
        assert audit.sensitivity is None  # the second normaliser does not count these


def test_rows_of_several_utterances_are_refused(frame: pd.DataFrame) -> None:
    several = frame.assign(utterances=np.where(frame.index == 7, 2, 1))
    with pytest.raises(InputError, match=r"several_utterances in 'utterances': 1 row.*rows of one utterance"):
        fairaudit.audit(several, rate="sentence_error", **QUICK)
    alone = fairaudit.audit(several.assign(utterances=1), rate="sentence_error", **QUICK)
    assert alone.overall == fairaudit.audit(frame, rate="sentence_error", **QUICK).overall


def test_a_log_that_does_not_count_it_says_how_to_read_it(frame: pd.DataFrame) -> None:
    log = fairaudit.read_log(frame)
    with pytest.raises(UsageError, match=r"needs \['utterances with errors'\].*with rate='sentence_error'"):
        fairaudit.audit(log, rate="sentence_error", **QUICK)
    only_errors = frame.assign(errors=1).drop(columns=["substitutions", "deletions", "insertions"])
    with pytest.raises(InputError, match=r"log lacks \['insertions'\]"):
        fairaudit.audit(only_errors, rate="hallucination_rate", **QUICK)


@pytest.mark.slow
def test_releases_are_compared_on_them(frame: pd.DataFrame) -> None:
    better = frame.assign(deletions=0)
    audit = fairaudit.audit(frame, rate="sentence_error", **QUICK)
    comparison = fairaudit.compare(frame, better, audit.models, rate="sentence_error", permutations=99).to_dict()
    after = by_hand(better).groupby("accent")["sentence_error"].mean()
    assert {c["label"]: c["after"] for c in comparison["reviews"][0]["cohorts"]} == pytest.approx(dict(after))
