"""The log of releases beside the sample: its numbers, and what a gate says of them."""

from __future__ import annotations

import re

import jiwer
import pandas as pd
import pytest

import fairaudit
from fairaudit.samples import packaged_sample

FOLDER = packaged_sample()["log"].parent
README = (FOLDER / "README.md").read_text("utf-8").partition("## Releases of another recogniser")[2]
RECOGNISERS = ["hypothesis", "hypothesis_fine_tuned", "hypothesis_replay"]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def releases() -> pd.DataFrame:
    return pd.read_parquet(FOLDER / "releases.parquet")


def heard(rows: pd.DataFrame, column: str) -> fairaudit.UtteranceLog:
    return fairaudit.read_log(rows.assign(hypothesis=rows[column]).drop(columns=RECOGNISERS[1:]))


def test_the_log_is_small_and_whole(releases: pd.DataFrame) -> None:
    assert (FOLDER / "releases.parquet").stat().st_size < 200_000
    assert releases["utterance_id"].is_unique
    assert (releases.groupby("speaker_id")[["part", "accent", "latitude"]].nunique() == 1).all(axis=None)
    assert releases.groupby("part").size().to_dict() == {"discovery": 3520, "test": 3360}
    assert releases.drop(columns=RECOGNISERS[1:]).notna().all(axis=None)
    assert (releases[RECOGNISERS[1:]].notna().all(axis=1) == (releases["part"] == "test")).all()


def test_table_of_accents(releases: pd.DataFrame) -> None:
    rows = re.findall(
        r"^\| ([a-z-]+) \| (\d+) \| ([\d.]+) % \| ([\d.]+) % \| ([\d.]+) % \|$", README, flags=re.MULTILINE
    )
    test = releases[releases["part"] == "test"]
    expected = [
        (
            accent,
            str(group["speaker_id"].nunique()),
            *(f"{100 * jiwer.wer(group['reference'].tolist(), group[name].tolist()):.1f}" for name in RECOGNISERS),
        )
        for accent, group in test.groupby("accent")
    ]
    assert rows == expected


def test_a_gate_passes_replay_and_fails_fine_tuning(releases: pd.DataFrame) -> None:
    parts = dict(list(releases.groupby("part")))
    audit = fairaudit.audit(heard(parts["discovery"], "hypothesis"), methods="named", by="accent", permutations=199)
    flagged = audit["accent"].to_frame().query("flagged")["label"]
    assert sorted(flagged) == ["caribbean", "scottish", "west-midlands"]
    first, *candidates = (heard(parts["test"], name) for name in RECOGNISERS)
    verdicts = [
        fairaudit.gate(
            fairaudit.compare(first, candidate, audit.models, permutations=199),
            {"max-regression": "1%,upper", "non-inferiority": 0},
        ).verdict
        for candidate in candidates
    ]
    assert verdicts == ["fail", "pass"]
