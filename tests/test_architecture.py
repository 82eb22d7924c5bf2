"""What a machine can keep: layers, types, style, and what is never imported."""

from __future__ import annotations

import ast
import importlib.util
import pkgutil
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import fairaudit

PACKAGE = Path(__file__).resolve().parents[1] / "fairaudit"
MODULES = sorted(PACKAGE.rglob("*.py"))
#: Code from a file, or a way out of this machine.
NEVER = {
    *("cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"),
    *("aiohttp", "ftplib", "http", "httpx", "requests", "smtplib", "socket", "urllib", "urllib3"),
}
TOOLS = {
    "import-linter": ("importlinter", ["-c", "from importlinter.cli import lint_imports_command as lint; lint()"]),
    "ruff check": ("ruff", ["-m", "ruff", "check", "fairaudit", "tests", "notebooks", "data"]),
    "ruff format": ("ruff", ["-m", "ruff", "format", "--check", "fairaudit", "tests", "notebooks", "data"]),
    "mypy": ("mypy", ["-m", "mypy"]),
}


@pytest.mark.slow
@pytest.mark.parametrize("tool", TOOLS)
def test_tools_are_content(tool, repository: Path):
    module, command = TOOLS[tool]
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed")
    ran = subprocess.run([sys.executable, *command], cwd=repository, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def imported(path: Path) -> set[str]:
    """Top names of everything that a module imports, wherever it does."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.slow
def modules_imported(path: Path, known: set[str]) -> set[str]:
    """Modules of this package that a module imports anywhere but for type checking."""
    tree = ast.parse(path.read_text("utf-8"))
    for_types = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and id(node) not in for_types:
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= (whole & known) or {node.module} & known
    return names


@pytest.mark.slow
def test_every_module_can_be_imported():
    """pytest leaves out the doctests of modules that cannot be; only those for PyTorch may be so."""
    lacking = set()
    for _, name, _ in pkgutil.walk_packages(fairaudit.__path__, "fairaudit."):
        try:
            importlib.import_module(name.removesuffix(".__main__"))  # which would run the command
        except ImportError as error:
            lacking.add((name.rpartition(".")[0], error.name))
    assert lacking <= {("fairaudit.training", "torch")}


def test_no_files_import_each_other():
    """Imports inside functions count as well: a circle that is put off is a circle."""
    files = {".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path for path in MODULES}
    files = {name.removesuffix(".__init__"): path for name, path in files.items()}
    graph = {name: modules_imported(path, {*files}) - {name} for name, path in files.items()}
    assert sum(map(len, graph.values())) > 500
    TopologicalSorter(graph).prepare()  # raises CycleError with the circle


def test_nothing_is_unpickled_and_nothing_is_sent():
    found = {path.relative_to(PACKAGE).as_posix(): imported(path) & NEVER for path in MODULES}
    assert len(found) > 50
    assert {name: names for name, names in found.items() if names} == {}


def test_arrays_are_read_without_pickle():
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("np.load", "numpy.load"):
                options = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
                assert options.get("allow_pickle") == "False", path
            if isinstance(node, ast.Call):
                assert ast.unparse(node.func) not in ("eval", "exec", "pd.read_pickle", "os.system"), path


def test_templates_escape_everything_but_what_this_package_drew():
    templates = sorted((PACKAGE / "report" / "html" / "templates").rglob("*.j2"))
    assert len(templates) > 10
    for path in templates:
        text = path.read_text("utf-8")
        assert not re.search(r"\|\s*safe|autoescape\s+false|<script", text), path.name
    page = (PACKAGE / "report" / "html" / "page.py").read_text("utf-8")
    assert "autoescape=True" in page
    assert "StrictUndefined" in page


def test_files_hold_one_idea():
    lines = {path.relative_to(PACKAGE).as_posix(): len(path.read_text("utf-8").splitlines()) for path in MODULES}
    assert max(lines.values()) < 500, lines


def test_every_module_says_what_it_is():
    for path in MODULES:
        assert ast.get_docstring(ast.parse(path.read_text("utf-8"))), path
