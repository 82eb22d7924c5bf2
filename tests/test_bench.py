"""Every benchmark runs on small logs and finds both sides equal; figures and times mean nothing there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.bench import voxceleb
from tests.bench.__main__ import GOALS

#: Goals whose benchmarks are audits and commands, which other tests run as well.
_LONG = {"P7", "P9", "P10", "P12", "P13", "P14", "P15", "P16"}
#: Goals that take several seconds even when they are small.
_COSTLY = {"P4", "P11", "P18"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "goal",
    [
        pytest.param(goal, marks=pytest.mark.exhaustive) if goal in _COSTLY else goal
        for goal in sorted(GOALS.keys() - _LONG)
    ],
)
def test_both_sides_are_equal(goal: str) -> None:
    rows = list(GOALS[goal](0.002))
    assert rows
    assert {row.goal for row in rows} == {goal}
    assert all(row.asked and row.measured for row in rows)


@pytest.mark.slow
def test_verification_is_compared_with_the_known_rates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of ten target trials of each man, one is rejected; every other trial has a low score."""
    rows = [
        (f"id{i}/a/{k}.wav", f"id{i if same else (i + 1 + k) % 60}/b/{k}.wav", float(same and (k > 0 or i % 2)), same)
        for i in range(60)
        for same in (1, 0)
        for k in range(10)
    ]
    table = pd.DataFrame(rows, columns=["ref_file", "com_file", "sc", "lab"])
    table["sc"] += np.random.default_rng(0).uniform(0, 0.5, len(table)).round(4)
    table.to_csv(tmp_path / "tiny_H-eval_scores.csv", index=False)
    people = {
        "VoxCeleb1 ID": [f"id{i}" for i in range(60)],
        "Gender": ["m", "f"] * 30,
        "Nationality": ["UK", "UK", "USA"] * 20,
    }
    pd.DataFrame(people).to_csv(tmp_path / voxceleb.LABELS, index=False)
    assert voxceleb.run(tmp_path, "tiny", {"f": 0.0, "m": 9.0}) == 1
    printed = capsys.readouterr().out
    assert "| f | 30 | 0.00 (0.00 to" in printed
    assert "| 0.0 (same) |" in printed
    assert "| 9.0 (NOT THE SAME) |" in printed
    assert "| named: Gender | disparity |" in printed


def test_an_equal_error_rate_that_is_not_there_is_another_one() -> None:
    groups = [{"label": "f", "eer": {"rate": 0.0240}}, {"label": "m", "eer": None}]
    known = {"f": 2.409, "m": 0.0, "Norway": 0.0}
    assert voxceleb.agreement(groups, known) == {"f": True, "m": False, "Norway": False}
    assert voxceleb.agreement(groups, {"f": 2.42}) == {"f": False}
