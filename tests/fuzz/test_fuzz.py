"""A short fuzz of every reader and loader, and the inputs that once were read wrongly.

The long one is ``python -m tests.fuzz --cpu-minutes 10 --jobs 2``.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.fuzz.seeds import Seeds, write_documents
from tests.fuzz.targets import TARGETS
from tests.fuzz.worker import attempt, made

#: Inputs in files named ``TARGET.WHAT.SUFFIX``, each of which was a fault.
CASES = sorted((Path(__file__).parent / "cases").iterdir())
#: Inputs of each target that are tried here, in less than a second.
INPUTS = 8


@pytest.fixture(scope="session")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Seeds:
    folder = tmp_path_factory.mktemp("seeds")
    write_documents(folder)
    return Seeds(folder)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [name if i % 2 else pytest.param(name, marks=pytest.mark.exhaustive) for i, name in enumerate(TARGETS)]
)
def test_a_few_inputs(name: str, seeds: Seeds, tmp_path: Path) -> None:
    ends = []
    for number in range(INPUTS):
        content = made(name, TARGETS[name], "pytest", number, seeds)
        outcome = attempt(TARGETS[name], content, Random(number), seeds, tmp_path / "case")
        assert outcome["end"] != "fault", f"input {number}: {outcome}"
        ends.append(outcome["end"])
    assert len(ends) == INPUTS


@pytest.mark.slow
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_an_input_that_was_a_fault(path: Path, seeds: Seeds, tmp_path: Path) -> None:
    target = TARGETS[path.name.partition(".")[0]]
    for use in range(3):
        outcome = attempt(target, path.read_bytes(), Random(use), seeds, tmp_path / "case")
        assert outcome["end"] != "fault", outcome
