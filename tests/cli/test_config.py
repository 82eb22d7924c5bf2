"""Settings from a file: TOML, then flags."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fairaudit.cli.config import settings_from
from fairaudit.cli.options import _kinds
from fairaudit.core.errors import InputError, UsageError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    rng = np.random.default_rng(0)
    people = [f"s{i}" for i in range(80)]
    frame = pd.DataFrame({"who": people, "errors": rng.poisson(3, 80), "words": 30, "accent": ["hill", "coast"] * 40})
    frame.to_csv(tmp_path / "log.csv", index=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_settings_replace_options_that_were_not_given(folder: Path, cli) -> None:
    (folder / "fairaudit.toml").write_text('column = ["speaker_id=who"]\npermutations = 29\nby = "accent"\nseed = 3\n')
    ran = cli("discover", "log.csv", "--seed", "4", "--json")
    assert ran.code in (0, 4)
    told = json.loads(ran.out)
    assert "permutations:29|" in told["signature"]
    assert "|seed:4|" in told["signature"]
    assert "using settings of fairaudit.toml: by, column, permutations" in ran.err


def test_a_pyproject_that_does_not_speak_of_us_is_not_read(folder: Path, cli) -> None:
    (folder / "pyproject.toml").write_text('[project]\nname = "x"\n')
    assert cli("discover", "log.csv").code == 3
    (folder / "pyproject.toml").write_text('[tool.fairaudit]\ncolumn = ["speaker_id=who"]\npermutations = 19\n')
    assert cli("discover", "log.csv").code in (0, 4)


@pytest.mark.parametrize(
    ("text", "error", "sentence"),
    [
        ("permutatons = 9", UsageError, "did you mean 'permutations'"),
        ('permutations = "many"', UsageError, "permutations must be a whole number, not 'many'"),
        ("by = [1]", UsageError, "must be a list of strings"),
        ("census = 3", UsageError, "must be a file name"),
        ("seed = ", InputError, "not valid TOML"),
    ],
)
def test_what_cannot_be_a_setting(tmp_path: Path, text: str, error: type[Exception], sentence: str) -> None:
    path = tmp_path / "fairaudit.toml"
    path.write_text(text)
    with pytest.raises(error, match=sentence):
        settings_from(path, _kinds())


def test_files_are_looked_for_beside_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "fairaudit.toml"
    path.write_text('census = "census.csv"\nholdout = 1\n')
    assert settings_from(path, _kinds()) == {"census": tmp_path / "census.csv", "holdout": 1.0}
