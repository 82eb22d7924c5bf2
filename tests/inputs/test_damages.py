"""Damaged files: the same numbers, or a sentence that says why not; and the page of the docs that lists them.

``FAIRAUDIT_WRITE_GOLDEN=1 pytest tests/inputs/test_damages.py`` writes ``docs/bad-input.md`` anew; read its diff. With
``-k "NAME or page"``, only the rows whose tests ran are written.
To add a list, write a module ``damaged_*.py`` with a list ``DAMAGES``, and name it in :data:`GROUPS`.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import fairaudit
from tests.inputs import damaged_census, damaged_embeddings, damaged_logs, damaged_reading, damaged_results
from tests.inputs.damages import (
    CLEAN,
    DONE,
    Damage,
    Happened,
    Refused,
    happened,
    matching,
    page,
    table_row,
    write_clean,
)

PAGE = Path(__file__).resolve().parents[2] / "docs" / "bad-input.md"
#: Lists of damages by the heading of their table in the page.
GROUPS = {
    "Logs": damaged_logs.DAMAGES,
    "Lines, encodings, places of files and missing values of logs": damaged_reading.DAMAGES,
    "Census tables": damaged_census.CENSUS,
    "Crosswalks": damaged_census.CROSSWALKS,
    "Embeddings": damaged_embeddings.EMBEDDINGS,
    "Results and frozen cohorts": damaged_results.RESULTS,
    "Settings": damaged_results.SETTINGS,
}
WRITES = bool(os.environ.get("FAIRAUDIT_WRITE_GOLDEN"))
#: Rows of the page by table and name of the damage, of the tests that ran.
ROWS: dict[tuple[str, str], str] = {}
EVERY = [damage for damages in GROUPS.values() for damage in damages]
#: A plain run takes every fifth of them.
CASES = [damage if i % 5 == 0 else pytest.param(damage, marks=pytest.mark.exhaustive) for i, damage in enumerate(EVERY)]
Run = Callable[..., Happened]


@pytest.fixture(scope="session")
def clean_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clean")
    write_clean(folder)
    audit = fairaudit.audit(folder / CLEAN["log"], by="accent", methods="named", permutations=19)
    (folder / CLEAN["settings"]).write_text('by = ["accent"]\nmethod = ["named"]\n', "utf-8")
    (folder / CLEAN["audit"]).write_text(audit.to_json(), "utf-8")
    fairaudit.write_models(audit.models, folder / CLEAN["cohorts"], signature=audit.signature)
    return folder


@pytest.fixture
def run(clean_files: Path, tmp_path: Path, cli: Callable[..., Any]) -> Run:
    """Run the command of a damage on the damaged files, or on the clean ones."""

    def of(damage: Damage, *remedy: str, damaged: bool = True) -> Happened:
        folder = shutil.copytree(clean_files, tmp_path / f"folder{len([*tmp_path.iterdir()])}")
        return happened(folder, damage, *remedy, path=damage.make(folder) if damaged else None, cli=cli)

    return of


@pytest.mark.slow
@pytest.mark.parametrize("damage", CASES, ids=lambda damage: f"{damage.table}-{damage.name}")
def test_damage(damage: Damage, run: Run) -> None:
    got, outcome = run(damage), damage.outcome
    if isinstance(outcome, Refused):
        assert got.code == outcome.code, got
        assert re.search(outcome.sentence, got.error), got.error
        again = run(damage, *outcome.remedy) if outcome.remedy else None
    else:
        assert got.code in DONE, got.error
        assert matching(got.said, outcome.says) or not outcome.says, got.said
        again = got
    if again is not None:
        same = again.numbers == run(damage, damaged=False).numbers
        assert same == (isinstance(outcome, Refused) or outcome.same)
    row = ROWS[damage.table, damage.name] = table_row(damage, got)
    assert WRITES or row in PAGE.read_text("utf-8").splitlines()


def rows_of_the_page() -> Iterator[tuple[str, str]]:
    """The rows of the page, each with the heading of its table."""
    heading = ""
    for line in PAGE.read_text("utf-8").splitlines():
        heading = line.removeprefix("## ") if line.startswith("## ") else heading
        if line.startswith("| "):
            yield heading, line


@pytest.mark.slow
def test_the_page_lists_every_damage(run: Run) -> None:
    if WRITES:
        written = {(heading, row.split(" | ")[0]): row for heading, row in rows_of_the_page()}
        tables = {}
        for heading, group in GROUPS.items():
            known = [ROWS.get((one.table, one.name)) or written.get((heading, f"| {one.name}")) for one in group]
            tables[heading] = [row or table_row(one, run(one)) for one, row in zip(group, known, strict=True)]
        PAGE.write_text(page(tables), "utf-8")
    listed = re.findall(r"^\| (.*?) \|", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    assert [name for name in listed if name != "what is different"] == [damage.name for damage in EVERY]
