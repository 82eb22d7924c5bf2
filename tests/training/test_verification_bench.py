"""The experiment on speaker verification runs on a tiny corpus, and its table compares the same seeds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.bench.mending.corpus import BANDS, Corpus
from tests.bench.mending.verification import ADVERSARIAL, FRAMES, PLAIN, Experiment, measures, table

ACCENTS = ("american", "scottish")


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    """Forty speakers of each accent, three utterances each, whose bands differ by speaker."""
    rng = np.random.default_rng(0)
    speakers = [f"spk-{i:03d}" for i in range(40 * len(ACCENTS))]
    rows = pd.DataFrame({"speaker_id": np.repeat(speakers, 3), "accent": np.repeat(ACCENTS, 40 * 3)})
    voices = np.repeat(rng.uniform(0.2, 2.0, (len(speakers), BANDS)), 3, axis=0)
    frames = rng.normal(size=(len(rows), FRAMES, BANDS)) * voices[:, None]
    ends = np.arange(1, len(rows) + 1) * FRAMES
    sexes = {name: ("female", "male")[i % 2] for i, name in enumerate(speakers)}
    return Experiment(Corpus(rows, frames.reshape(-1, BANDS).astype(np.float16), ends), sexes, 1, steps=3, regions=2)


def test_test_speakers_are_not_trained(experiment: Experiment):
    trained, tested = experiment.by_speaker("train"), experiment.by_speaker("test")
    assert not {*trained} & {*tested}
    assert len(tested) == 72
    names = experiment.corpus.rows["speaker_id"].to_numpy()
    pairs = experiment.trials().map(lambda i: names[i])
    assert {*pairs["first"], *pairs["second"]} == {*tested}
    same = pairs["first"] == pairs["second"]
    assert same.mean() == 0.5
    assert (pairs["first"].map(experiment.sexes) == pairs["second"].map(experiment.sexes)).all()


@pytest.mark.slow
def test_both_ways_are_judged_on_the_same_trials(experiment: Experiment):
    plain, weighted = (experiment.judged(experiment.vectors(way)) for way in (PLAIN, ADVERSARIAL))
    assert plain["overall"]["eer"]["trials"] == weighted["overall"]["eer"]["trials"]
    assert plain["overall"]["eer"] != weighted["overall"]["eer"]
    printed = table([(plain, weighted), (plain, weighted)])
    assert all(f"| {name} |" in printed for name in measures(plain))
    assert "GARBE, sex" in measures(plain)


def test_changes_are_paired_by_seed():
    def result(rate: float) -> dict:
        eer = {"rate": rate, "interval": [rate - 0.01, rate + 0.01]}
        return {
            "overall": {"eer": eer},
            "groups": {"accent": [{"label": "scottish", "eer": eer}]},
            "garbe": {"sex": 0.2},
        }

    lines = table([(result(0.05), result(0.04)), (result(0.08), result(0.06))]).splitlines()
    assert lines[2] == (
        "| EER, all trials | 6.50 (5.50 to 7.50) | 5.00 (4.00 to 6.00) | -1.50 (-7.85 to +4.85) | -1.00, -2.00 |"
    )
    assert lines[-1] == "| GARBE, sex | 20.00 | 20.00 | +0.00 (+0.00 to +0.00) | +0.00, +0.00 |"
