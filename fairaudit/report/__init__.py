"""What people see of an audit: the page, the terminal, the notebook. Input is always what ``audit.json`` holds."""

from fairaudit.report.comparison_text import comparison_markdown, comparison_terminal
from fairaudit.report.contract import (
    audit_schema,
    read_audit,
    read_history,
    read_result,
    validate_audit,
    validate_comparison,
)
from fairaudit.report.gate_text import gate_junit, gate_markdown, gate_terminal
from fairaudit.report.history_chart import history_svg
from fairaudit.report.history_text import history_markdown, history_terminal
from fairaudit.report.notebook import render_notebook
from fairaudit.report.page import render_html
from fairaudit.report.schema import shipped_schema
from fairaudit.report.terminal import render_terminal

__all__ = [
    "audit_schema",
    "comparison_markdown",
    "comparison_terminal",
    "gate_junit",
    "gate_markdown",
    "gate_terminal",
    "history_markdown",
    "history_svg",
    "history_terminal",
    "read_audit",
    "read_history",
    "read_result",
    "render_html",
    "render_notebook",
    "render_terminal",
    "shipped_schema",
    "validate_audit",
    "validate_comparison",
]
