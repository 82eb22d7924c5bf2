"""What is tested here needs PyTorch, which the tests do not install: ``pip install torch safetensors``."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Final

REQUIRED: Final = "FAIRAUDIT_REQUIRE_TORCH"
#: Tests that do without it.
WITHOUT: Final = ("test_weights.py", "test_without_torch.py")

collect_ignore = (
    []
    if find_spec("torch") or os.environ.get(REQUIRED)
    else [path.name for path in Path(__file__).parent.glob("test_*.py") if path.name not in WITHOUT]
)
