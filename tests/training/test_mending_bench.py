"""The study of training with cohorts: who has which role, and ways of training on a tiny corpus."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.bench.mending import study as bench
from tests.bench.mending.__main__ import table
from tests.bench.mending.corpus import BANDS, SPEAKERS_PER_ACCENT, Corpus
from tests.bench.mending.study import Study

ACCENTS = (*bench.FREQUENT, "caribbean", "lancaster", "scottish", "west-midlands")
FRAMES = 16


@pytest.fixture
def study(monkeypatch: pytest.MonkeyPatch) -> Study:
    """One utterance of one word by each speaker."""
    monkeypatch.setattr(bench, "BASE_EPOCHS", 1)
    monkeypatch.setattr(bench, "TUNED_EPOCHS", 2)
    monkeypatch.setattr(bench, "MEASURED", 8)
    rng = np.random.default_rng(0)
    n = len(ACCENTS) * SPEAKERS_PER_ACCENT
    names = [f"s{i:03d}" for i in range(n)]
    rows = pd.DataFrame(
        {
            "utterance_id": [f"{name}-00" for name in names],
            "speaker_id": names,
            "accent": np.repeat(ACCENTS, SPEAKERS_PER_ACCENT),
            "reference": rng.choice(["yes", "no"], n),
        }
    )
    frames = rng.normal(size=(n * FRAMES, BANDS)).astype(np.float16)
    tiny = Study(Corpus(rows, frames, np.arange(1, n + 1) * FRAMES), seed=1)
    tiny.__dict__["targets"] = ["scottish"]
    return tiny


def test_no_speaker_has_two_roles_and_no_target_is_in_the_first_training_often(study: Study) -> None:
    rows = study.corpus.rows.assign(role=study.roles)
    sizes = rows.groupby(["accent", "role"], observed=True).size().unstack(fill_value=0)
    assert (sizes[["discovery", "dev", "test"]] == [22, 5, 21]).all(axis=None)
    assert sizes["base"].to_dict() == {accent: 24 if accent in bench.FREQUENT else 1 for accent in ACCENTS}
    assert {study.corpus.rows["accent"][i] for i in study.target_pool} == {"scottish"}
    assert (study.roles.iloc[study.target_pool] == "pool").all()


def test_ways_of_training_change_what_is_heard_of_test_speakers_only_by_training(study: Study) -> None:
    first = study.rows(study.base, "test")
    assert (study.roles[first.index] == "test").all()
    assert study.rows(study.base, "test").equals(first)
    weights = [model.state_dict()["words.weight"] for model in (study.base, study.plain(), study.replayed())]
    assert not any(weights[i].equal(weights[j]) for i, j in ((0, 1), (0, 2), (1, 2)))
    model, strength = study.consolidated()
    assert strength in bench.STRENGTHS
    assert not model.state_dict()["words.weight"].equal(weights[1])


def test_the_table_has_the_changes_of_all_seeds() -> None:
    before = {"target": 0.2, "seldom": 0.1, "frequent": 0.05, "all": 0.1}

    def row(seed: int, target: float, gate: str) -> dict[str, object]:
        after = {**before, "target": target}
        return {
            "way": "replay",
            "strength": None,
            "seed": seed,
            "gate": gate,
            "baseline": before,
            "candidate": after,
            "changes": {"accent: a": target - 0.2, "accent: b": 0.01},
            "worse": [],
            "regions": None,
        }

    lines = table([[row(1, 0.1, "pass"), row(2, 0.16, "fail")]]).splitlines()
    assert lines[2].startswith("| first training (WER) | 20.0 % | 10.0 % | 5.0 % | 10.0 % |")
    assert lines[3].startswith("| replay | -7.0 (-10.0, -4.0) | +0.0 (+0.0, +0.0) |")
    assert lines[3].endswith("| – | +1.0 (+1.0, +1.0) | in 0 of 2 | 1 of 2 |")
