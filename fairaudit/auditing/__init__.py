"""Run all searches of an audit, and judge them together."""

from fairaudit.auditing.run import run_audit

__all__ = ["run_audit"]
