"""The sample follows from its script: all but the sounds, which take tools that tests do without."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from fairaudit.samples import packaged_sample

FILES = packaged_sample()


@pytest.fixture(scope="module")
def making() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patched:
        patched.syspath_prepend(Path(__file__).resolve().parents[2] / "data" / "samples")
        importlib.import_module("making.plan")
        yield importlib.import_module("making")
    for name in [name for name in sys.modules if name.partition(".")[0] == "making"]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def plan(making: ModuleType):
    return making.plan.Plan.draw(seed=0, utterances=25)


def test_everyone_says_what_the_script_draws(plan, rows: pd.DataFrame) -> None:
    drawn = [sentence for said in plan.said for sentence in said]
    assert [sentence.text for sentence in drawn] == rows["reference"].tolist()
    assert [sentence.domain for sentence in drawn] == rows["domain"].tolist()


def test_nobody_says_what_a_language_model_has_seen(plan, rows: pd.DataFrame) -> None:
    said = set(rows["reference"])
    known = {word for text in said for word in text.split()}
    for sentences in plan.training.values():
        texts = {sentence.text for sentence in sentences}
        assert not texts & said
        assert known <= {word for text in texts for word in text.split()}


def test_speakers_and_homes_are_those_that_the_script_draws(plan, rows: pd.DataFrame) -> None:
    labels = ["voice", "engine", "accent", "sex"]
    drawn = pd.DataFrame([[speaker.id, *(getattr(speaker, label) for label in labels)] for speaker in plan.speakers])
    drawn = drawn.set_axis(["speaker_id", *labels], axis=1).set_index("speaker_id").join(plan.homes)
    kept = rows.groupby("speaker_id")[drawn.columns.tolist()].first()
    pd.testing.assert_frame_equal(kept, drawn, check_dtype=False)
    assert plan.census.to_csv(index=False, lineterminator="\n") == FILES["census"].read_text("utf-8")


def test_the_readme_shows_how_many_sentences_there_are(making: ModuleType, plan) -> None:
    readme = " ".join((FILES["log"].parent / "README.md").read_text("utf-8").split())
    every = sum(len(making.texts.expand(command)) for _, command in making.texts.COMMANDS)
    first, candidate = (len(sentences) for sentences in plan.training.values())
    for told in (
        f"A grammar of {len(making.texts.COMMANDS)} commands with slots has {every:,} sentences",
        f"a trigram model of {first:,} training sentences",
        f"a model of all {candidate:,} training sentences",
    ):
        assert told in readme


def test_another_seed_draws_others(making: ModuleType, plan) -> None:
    other = making.plan.Plan.draw(seed=1, utterances=25)
    assert other.said != plan.said
    assert [speaker.variant for speaker in other.speakers] != [speaker.variant for speaker in plan.speakers]
    assert not other.homes.equals(plan.homes)
