"""Check rules against the numbers of an audit or a comparison, so that a pipeline can act on the outcome."""

from fairaudit.gating.judge import judge

__all__ = ["judge"]
