"""The command answers at once: what is heavy is imported where it is used."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys

import pytest

HEAVY = ("duckdb", "geopandas", "matplotlib", "numpy", "pandas", "pyarrow", "scipy", "sklearn")
RATIO = 2.5


def seconds(*command: str) -> float:
    """Of the processor, which do not depend on what else runs."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *command], stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_the_commands_import_nothing_heavy(shell):
    program = f"import fairaudit.cli.app, sys; print([m for m in {HEAVY} if m in sys.modules])"
    ran = shell(program=program)
    assert (ran.code, ran.out) == (0, "[]\n")


def test_help_imports_nothing_heavy(shell):
    program = f"""
import atexit, sys
from fairaudit.cli import main
atexit.register(lambda: print([m for m in {HEAVY} if m in sys.modules], file=sys.stderr))
main()
"""
    ran = shell("audit", "--help", program=program)
    assert (ran.code, ran.err) == (0, "[]\n")


@pytest.mark.slow
def test_help_is_about_as_quick_as_its_parser():
    rounds = [(seconds("-m", "fairaudit", "--help"), seconds("-c", "import typer")) for _ in range(5)]
    helped, parser = (statistics.median(times) for times in zip(*rounds, strict=True))
    assert helped <= RATIO * parser
