"""Nobody who only audits pays for PyTorch."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


def test_auditing_imports_no_torch():
    code = (
        "import sys, pkgutil, importlib, fairaudit, fairaudit.cli\n"
        "from fairaudit.training import cohort_weights\n"
        "from fairaudit.samples import make_sample\n"
        "fairaudit.audit(make_sample(speakers=100).log, permutations=19)\n"
        "assert 'torch' not in sys.modules and 'safetensors' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_only_the_extra_needs_torch():
    project = tomllib.loads(ROOT.joinpath("pyproject.toml").read_text("utf-8"))["project"]
    needs = {
        name: [n for n in names if n.startswith(("torch", "safetensors"))]
        for name, names in {"core": project["dependencies"], **project["optional-dependencies"]}.items()
    }
    assert {name for name, names in needs.items() if names} == {"torch"}


def test_a_part_says_how_to_install_it():
    code = "import sys\nsys.modules['torch'] = None\nimport fairaudit.training\nfairaudit.training.GroupDRO"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert "pip install 'fairaudit-asr[torch]'" in ran.stderr
    assert ran.returncode == 1
