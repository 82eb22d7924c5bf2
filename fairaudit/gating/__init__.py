"""Check rules against the numbers of a result, so that a pipeline can act on the outcome."""

from fairaudit.gating.judge import judge
from fairaudit.gating.releases import judge_history

__all__ = ["judge", "judge_history"]
