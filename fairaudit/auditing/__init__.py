"""Running every search that a log has inputs for, and judging them together."""

from fairaudit.auditing.run import run_audit

__all__ = ["run_audit"]
