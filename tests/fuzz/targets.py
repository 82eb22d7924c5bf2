"""What is fuzzed: for every reader and loader, how an input is damaged, what is called, and what must hold after it."""

from __future__ import annotations

from tests.fuzz.target_base import Target
from tests.fuzz.target_logs import LOGS
from tests.fuzz.target_results import RESULTS
from tests.fuzz.target_tables import TABLES

__all__ = ["TARGETS", "Target"]

#: The readers and loaders by name.
TARGETS: dict[str, Target] = {**LOGS, **TABLES, **RESULTS}
