"""A release against the one before, on the same utterances and the same frozen cohorts."""

from fairaudit.comparing.run import run_comparison
from fairaudit.results.comparison import Comparison
from fairaudit.results.history import History, measure_release
from fairaudit.results.review import Review

__all__ = ["Comparison", "History", "Review", "measure_release", "run_comparison"]
