"""Audits: every search that a log has inputs for, what each is worth, and what may be told of it."""

from __future__ import annotations

from fairaudit.auditing.result import Audit, Discovery, Provenance
from fairaudit.auditing.run import run_audit
from fairaudit.auditing.task import Task

__all__ = ["Audit", "Discovery", "Provenance", "Task", "run_audit"]
