"""Compare a candidate with its baseline on the same utterances and the same frozen cohorts."""

from fairaudit.comparing.release import measure_release
from fairaudit.comparing.run import run_comparison

__all__ = ["measure_release", "run_comparison"]
