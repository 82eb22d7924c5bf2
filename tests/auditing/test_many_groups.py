"""Work grows with the number of labels, not with its square (``tests/cases/20_many_groups``)."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

import fairaudit

MAKE = Path(__file__).resolve().parents[1] / "cases" / "20_many_groups" / "make.py"


def seconds(labels: int, folder: Path) -> float:
    """CPU seconds of an audit of a log with that many labels of 25 speakers."""
    path = folder / f"{labels}.csv"
    made = subprocess.run([sys.executable, MAKE, str(labels)], capture_output=True, check=True)
    path.write_bytes(made.stdout)
    log = fairaudit.read_log(path)
    started = time.process_time()
    fairaudit.audit(log, by="accent", permutations=99)
    return time.process_time() - started


@pytest.mark.slow
@pytest.mark.exhaustive
def test_time_grows_with_the_number_of_labels(tmp_path: Path) -> None:
    seconds(20, tmp_path)  # imports
    few, many = seconds(500, tmp_path), seconds(2000, tmp_path)
    assert many < 6 * few + 1, f"{few:.1f} s for 500 labels, {many:.1f} s for 2,000"
