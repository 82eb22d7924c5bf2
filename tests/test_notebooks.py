"""The notebooks run from a clean kernel on the packaged sample, and say what they are committed with."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
#: What a notebook may use; the rest of the package may change.
PUBLIC = {"fairaudit", "fairaudit.cohorts", "fairaudit.core.errors", "fairaudit.inputs"}
NUMBER = re.compile(r"[-+−]?\d+(?:\.\d+)?")

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_cells(path: Path) -> list[dict[str, Any]]:
    return [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]


def said(path: Path) -> Iterator[str]:
    """The plain text of every output, a picture's or a style's aside."""
    for cell in code_cells(path):
        for output in cell["outputs"]:
            yield "".join(output["text"] if output["output_type"] == "stream" else output["data"]["text/plain"])


def unit_of_last_digit(number: str) -> float:
    return 10.0 ** -len(number.partition(".")[2])


def test_there_is_one_for_each_way_to_look() -> None:
    stems = ["01_geo_tree", "02_zip_census", "03_embedding", "04_release_review", "05_mending"]
    assert [path.stem for path in NOTEBOOKS] == stems


@every_notebook
def test_committed_as_run(path: Path) -> None:
    cells = code_cells(path)
    assert [cell["execution_count"] for cell in cells] == [*range(1, len(cells) + 1)]
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert {output["output_type"] for output in outputs} <= {"stream", "display_data", "execute_result"}
    assert {output["name"] for output in outputs if output["output_type"] == "stream"} <= {"stdout"}
    assert not any(cell["metadata"] for cell in cells)
    assert path.stat().st_size < 300_000
    words = re.sub(r"[\w+/]{200,}", "(a picture)", path.read_text("utf-8"))
    assert not re.search(r"/(home|root|tmp|work|Users|usr|opt)/", words)


@every_notebook
def test_only_the_public_interface_is_used(path: Path) -> None:
    code = "\n".join("".join(cell["source"]) for cell in code_cells(path))
    assert "import fairaudit\n" in code
    assert set(re.findall(r"^(?:from|import) (fairaudit[\w.]*)", code, flags=re.MULTILINE)) <= PUBLIC


@pytest.mark.slow
@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.stem, marks=[pytest.mark.exhaustive] if path.stem[:2] != "03" else [])
        for path in NOTEBOOKS
    ],
)
def test_a_fresh_run_says_the_same(path: Path, tmp_path: Path) -> None:
    """Words are equal; numbers may differ by two per cent or a unit of their last digit, as libraries' versions do."""
    shutil.copytree(FOLDER.parent / "data" / "samples", tmp_path / "data" / "samples")
    shutil.copytree(FOLDER, tmp_path / "notebooks")
    settings = {"IPYTHONDIR": str(tmp_path / "ipython"), "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime")}
    run = subprocess.run(
        [sys.executable, tmp_path / "notebooks" / "execute.py", path.name],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    fresh, committed = ("\n".join(said(folder / path.name)) for folder in (tmp_path / "notebooks", FOLDER))
    assert [*map(str.split, NUMBER.split(fresh))] == [*map(str.split, NUMBER.split(committed))]
    for new, old in zip(NUMBER.findall(fresh), NUMBER.findall(committed), strict=True):
        limit = max(unit_of_last_digit(old), 0.02 * abs(float(old.replace("−", "-")))) * 1.001
        assert float(new.replace("−", "-")) == pytest.approx(float(old.replace("−", "-")), abs=limit)
