"""Audits: every search that a log has inputs for, what each is worth, and what may be told of it."""

from __future__ import annotations

from fairaudit.auditing.run import run_audit
from fairaudit.auditing.task import Task
from fairaudit.results.audit import Audit, Discovery, Provenance

__all__ = ["Audit", "Discovery", "Provenance", "Task", "run_audit"]
