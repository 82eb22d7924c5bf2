"""A few of the kills of ``python -m tests.durability``; see there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_four_kills_and_three_appends_lose_and_mix_nothing(repository: Path) -> None:
    command = [sys.executable, "-m", "tests.durability", "4", "--appends", "3", "--seed", "1"]
    ran = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "   0  hidden files and temporary folders left" in ran.stdout
    assert "   0  releases lost or files left of parallel runs" in ran.stdout
