"""Checking rules against the numbers of an audit or a comparison, for a pipeline to act on."""

from fairaudit.gating.judge import judge

__all__ = ["judge"]
