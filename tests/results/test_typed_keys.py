"""mypy sees every key of a document: a misspelt one is an error wherever documents are read."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import get_type_hints, is_typeddict

import pytest

from fairaudit.results import documents

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
#: Where documents are read.
READERS = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in ("report", "gating", "exports", "comparing")
    for path in (ROOT / "fairaudit" / folder).rglob("*.py")
)
TYPES = [kind for name in documents.__all__ if is_typeddict(kind := getattr(documents, name))]
#: What is read by the same keys and is no document: what a discoverer adds of its own, outlines and their coordinates.
OPEN = ("evidence.details", "reveal_type(states)", "reveal_type(state['properties'])", "content['crs']")
KEYS = {key for kind in TYPES for key in get_type_hints(kind)}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mypy")


def mypy(cache: Path, changed: Mapping[str, str]) -> list[str]:
    """What mypy says of some modules of the package, their text replaced."""
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--cache-dir",
        str(cache / "cache"),
        "--no-error-summary",
        "--show-column-numbers",
    ]
    for i, (name, text) in enumerate(changed.items()):
        shadow = cache / f"{i}.py"
        shadow.write_text(text, encoding="utf-8")
        command += ["--shadow-file", name, str(shadow)]
    ran = subprocess.run([*command, *changed], cwd=ROOT, capture_output=True, text=True, check=False)
    assert not ran.stderr, ran.stderr
    return ran.stdout.splitlines()


class _Revealed(ast.NodeTransformer):
    """Let mypy say of what type everything is whose key of a document is read, outside of lambdas."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if _is_key(node.slice):
            node.value = _revealed(node.value)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "get" and _is_key(*node.args[:1]):
            node.func.value = _revealed(node.func.value)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        return node  # mypy looks at lambdas several times, at first without the types of their parameters


class _Misspelt(ast.NodeTransformer):
    """Misspell every key that a lambda reads of its parameters."""

    def __init__(self) -> None:
        self.typos = self.lambdas = 0

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        self.lambdas += 1
        self.generic_visit(node)
        self.lambdas -= 1
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        inner = isinstance(node.value, ast.Subscript) and _is_key(node.value.slice)
        self.generic_visit(node)
        if self.lambdas and _is_key(node.slice) and not inner:
            self.typos += 1
            node.slice = ast.Constant(f"misspelt {self.typos}")
        return node


def _is_key(*key: ast.expr) -> bool:
    return bool(key) and isinstance(key[0], ast.Constant) and key[0].value in KEYS


def _revealed(value: ast.expr) -> ast.Call:
    return ast.Call(ast.Name("reveal_type", ast.Load()), [value], [])


def _is_untyped(kind: str) -> bool:
    """Whether mypy lets any key of it pass, such as of ``Any``, ``Mapping[str, Any]`` or ``Any | CohortDoc``."""
    return bool(re.match(r"Any\b|(typing\.Mapping|builtins\.dict|dict)\[.*\bAny\]", kind)) or "| Any" in kind


def test_every_key_is_read_from_a_typed_document(cache: Path) -> None:
    changed = {}
    for name in READERS:
        tree = ast.parse((ROOT / name).read_text("utf-8"))
        text = ast.unparse(ast.fix_missing_locations(_Revealed().visit(tree)))
        if "reveal_type(" in text:
            changed[name] = text
    notes = [re.fullmatch(r'(.+?):(\d+):\d+: note: Revealed type is "(.*)"', line) for line in mypy(cache, changed)]
    kinds = [(note[1], changed[note[1]].splitlines()[int(note[2]) - 1], note[3]) for note in notes if note]
    assert sum("TypedDict(" in kind for _, _, kind in kinds) > 300
    untyped = [
        f"{name}: {kind}: {code.strip()}"
        for name, code, kind in kinds
        if _is_untyped(kind) and not any(part in code for part in OPEN)
    ]
    assert untyped == []


def test_keys_in_lambdas_are_checked_too(cache: Path) -> None:
    misspelt, changed = _Misspelt(), {}
    for name in READERS:
        before = misspelt.typos
        text = ast.unparse(ast.fix_missing_locations(misspelt.visit(ast.parse((ROOT / name).read_text("utf-8")))))
        if misspelt.typos > before:
            changed[name] = text
    errors = set(re.findall(r'error: .*"misspelt (\d+)"', "\n".join(mypy(cache, changed))))
    assert len(errors) == misspelt.typos > 10


def test_a_misspelt_key_is_an_error(cache: Path) -> None:
    typos = {
        "fairaudit/report/views/cohort_tables.py": ("gap_relative", "gap_relativ"),
        "fairaudit/gating/judge.py": ("not_tested_because", "not_tested_becaus"),
        "fairaudit/exports/model_card.py": ("discoveries", "discoverys"),
    }
    changed = {}
    for name, (key, typo) in typos.items():
        text = (ROOT / name).read_text("utf-8")
        assert f'["{key}"]' in text
        changed[name] = text.replace(f'["{key}"]', f'["{typo}"]', 1)
    told = mypy(cache, changed)
    for name, (_, typo) in typos.items():
        assert any(line.startswith(name) and f'has no key "{typo}"' in line for line in told), told
