"""The types of the public names reach the code of users: mypy on a script outside the package, as pip installs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import fairaudit

SCRIPT = """
import fairaudit

audit = fairaudit.audit("log.csv", by="accent", methods=[fairaudit.GeoTree(max_leaves=20)])
reveal_type(audit.gap)
reveal_type(audit["accent"].p_value)
reveal_type(fairaudit.compare("a.csv", "b.csv", audit.models))
reveal_type(fairaudit.read_models("cohorts.json"))
try:
    fairaudit.read_log("log.csv")
except fairaudit.InputError as error:
    reveal_type(error.exit_code)
fairaudit.audit("log.csv", by=3)
"""
REVEALED = {
    5: "fairaudit.stats.rates.Gap | None",
    6: "float | None",
    7: "fairaudit.results.comparison.Comparison",
    8: "list[fairaudit.cohorts.model.CohortModel]",
    12: "int",
}


@pytest.mark.slow
@pytest.mark.exhaustive
def test_user_code_sees_types(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    environment = {**os.environ, "PYTHONPATH": str(repository)}
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "script.py"]
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    lines = [line.removeprefix("script.py:") for line in ran.stdout.splitlines()]
    told = dict(line.split(": note: Revealed type is ") for line in lines if "Revealed" in line)
    assert {int(place): kind.strip('"').removeprefix("builtins.") for place, kind in told.items()} == REVEALED, (
        ran.stdout
    )
    (error,) = [line for line in lines if ": error: " in line]
    assert error.startswith('13: error: Argument "by" to "audit" has incompatible type "int"')


def test_every_public_name_is_there_and_listed() -> None:
    assert dir(fairaudit) == sorted(fairaudit.__all__)
    for name in fairaudit.__all__:
        assert getattr(fairaudit, name) is not None
    assert issubclass(fairaudit.UsageError, fairaudit.FairauditError)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = fairaudit.nothing
