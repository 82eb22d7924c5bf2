"""Households that nobody declared are named; towns, rounded places and labels are not taken for some."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.inputs.log import UtteranceLog
from fairaudit.inputs.reading import read_log
from fairaudit.report import render_html, render_markdown, render_notebook, render_terminal

N = 300
#: Of 300 speakers: homes of three, homes of one to four, and a place of one's own.
TRIPLES = np.arange(N) // 3
MIXED = np.repeat(np.arange(N), np.random.default_rng(1).choice([1, 1, 2, 2, 3, 4], N))[:N]


def log_of(
    home: np.ndarray | None = None, digits: int = 6, *, options: dict[str, Any] | None = None, **columns: Any
) -> UtteranceLog:
    """A log of 300 speakers with three utterances each; all of a home have the same coordinates."""
    rng = np.random.default_rng(7)
    speaker = np.repeat(np.arange(N), 3)
    frame = pd.DataFrame({"speaker_id": [f"s{i}" for i in speaker], "words": 20})
    frame["errors"] = rng.binomial(20, 0.15, len(frame))
    if home is not None:
        places = np.column_stack([rng.normal(40, 2, N), rng.normal(-100, 3, N)])[home]
        frame[["latitude", "longitude"]] = places[speaker].round(digits)
    for name, values in columns.items():
        frame[name] = np.asarray(values)[speaker]
    return read_log(frame, second_normalizer="off", **(options or {}))


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (log_of(TRIPLES), "100 % of the speakers share their exact coordinates with 1 to 7 others."),
        (log_of(MIXED), "% of the speakers share their exact coordinates with 1 to 7 others."),
        (log_of(np.arange(N), family=[f"{i}" for i in TRIPLES]), "family: 100 % of the speakers share a value"),
        (log_of(homeRoom=TRIPLES), "homeRoom: 100 % of the speakers share a value"),
        (log_of(xy=[f"H{i:04}" for i in TRIPLES]), "xy: 100 % of the speakers share a value"),
    ],
    ids=["triples", "mixed", "family", "numbers", "codes"],
)
def test_households_are_named_with_what_declares_them(log: UtteranceLog, said: str) -> None:
    (caveat,) = log.shared_units
    assert said in caveat
    assert "--cluster" in caveat


RNG = np.random.default_rng(3)
ZIPF = RNG.choice(100, N, p=1 / np.arange(1, 101) / (1 / np.arange(1, 101)).sum())


@pytest.mark.parametrize(
    "log",
    [
        log_of(np.arange(N)),
        log_of(np.arange(N), digits=0),
        log_of(np.arange(N), digits=1),
        log_of(TRIPLES, digits=1),
        log_of(ZIPF, city=[f"Town {i}" for i in ZIPF]),
        log_of(np.arange(N) % 20),
        log_of(age=RNG.integers(18, 90, N), age_group=[f"{i}0s" for i in RNG.integers(1, 9, N)]),
        log_of(accent=[f"a{i}" for i in RNG.integers(0, 75, N)], dialect_id=RNG.integers(0, 75, N)),
        log_of(profession=[f"job {i}" for i in RNG.integers(0, 75, N)], level=RNG.normal(size=N).round(1)),
        log_of(device_id=[f"d{i}" for i in RNG.integers(0, 6, N)]),
        log_of(family=np.arange(N)),
        log_of(TRIPLES, family=TRIPLES, options={"cluster": "family"}),
    ],
    ids=[
        "own places", "whole degrees", "0.1 degrees", "homes at 0.1 degrees", "towns", "twenty places", "ages",
        "accents", "professions", "devices", "one a family", "declared",
    ],
)  # fmt: skip
def test_what_people_share_otherwise_is_no_household(log: UtteranceLog) -> None:
    assert log.shared_units == ()


def test_it_is_beside_the_verdict_everywhere() -> None:
    log = log_of(accent=[f"a{i % 2}" for i in range(N)], household=TRIPLES)
    audit = fairaudit.audit(log, methods="named", by="accent", permutations=19).to_dict()
    for show in (render_html, render_markdown, render_notebook, render_terminal):
        assert "--cluster household" in show(audit).replace("\\", "").replace("\n", " ")


def test_row_order_changes_nothing() -> None:
    log = log_of(MIXED, family=MIXED)
    frame = log.to_frame().sample(frac=1, random_state=2)
    assert read_log(frame).shared_units == log.shared_units != ()


@pytest.mark.slow
def test_coser_names_the_interview_until_it_is_the_cluster(shared_data: Path) -> None:
    frame = pd.read_csv(shared_data / "coser" / "informants.csv.gz").rename(columns={"ref_words": "words"})
    frame["speaker_id"] = frame["interview_id"].astype(str) + frame["speaker"].astype(str)
    (caveat,) = read_log(frame).shared_units
    assert caveat.startswith("interview_id: 85 % of the speakers share a value with 1 to 7 others.")
    assert read_log(frame, cluster="interview_id").shared_units == ()


@pytest.mark.slow
@pytest.mark.parametrize("model", ["whisper-large-v3-turbo", "parakeet-tdt-0.6b-v3"])
def test_accents_of_edacc_are_no_households(shared_data: Path, model: str) -> None:
    """24 accents of 60 speakers have two or three speakers each."""
    names = {"utterance_id": "utt_id", "speaker_id": "speaker", "reference": "ref_raw", "hypothesis": "hyp_raw"}
    path = shared_data / "edacc" / f"{model}.transcripts.jsonl.gz"
    assert read_log(path, columns=names, second_normalizer="off").shared_units == ()
