"""A release against the one before, on the same utterances and the same frozen cohorts."""

from fairaudit.comparing.history import History, measure_release
from fairaudit.comparing.result import Comparison
from fairaudit.comparing.review import Review
from fairaudit.comparing.run import run_comparison

__all__ = ["Comparison", "History", "Review", "measure_release", "run_comparison"]
