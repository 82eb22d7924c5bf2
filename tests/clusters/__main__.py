"""Read logs in parts, and on a Spark cluster: ``python -m tests.clusters [OPTION OF PYTEST ...]``.

Compares what becomes of many good and bad logs with what becomes of them in one process; a few minutes. The tests with
Spark are skipped if pyspark or Java is missing.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

if __name__ == "__main__":
    sys.exit(pytest.main([str(Path(__file__).parent), *sys.argv[1:]]))
