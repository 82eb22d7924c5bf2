"""What people see of an audit: page, Markdown, terminal, notebook, plots. Input is always what ``audit.json`` holds."""

from fairaudit.report.audit_markdown import render_markdown
from fairaudit.report.charts import (
    draw_caterpillar,
    draw_changes,
    draw_composition,
    draw_error_shares,
    draw_null,
    draw_overlap,
    draw_voices,
)
from fairaudit.report.comparison_text import comparison_markdown, comparison_terminal
from fairaudit.report.contract import (
    audit_schema,
    read_audit,
    read_kind,
    read_result,
    validate_audit,
    validate_comparison,
)
from fairaudit.report.formats import render_for
from fairaudit.report.gate_text import gate_markdown, gate_terminal
from fairaudit.report.history_chart import draw_history, history_svg
from fairaudit.report.history_text import history_markdown, history_terminal
from fairaudit.report.junit import audit_junit, gate_junit
from fairaudit.report.maps import draw_areas, draw_regions
from fairaudit.report.notebook import PageInNotebook, render_notebook
from fairaudit.report.page import render_comparison, render_html
from fairaudit.report.release_view import ALONE, Beside
from fairaudit.report.schema import shipped_schema
from fairaudit.report.terminal import render_terminal
from fairaudit.report.view import view_of

__all__ = [
    "ALONE",
    "Beside",
    "PageInNotebook",
    "audit_junit",
    "audit_schema",
    "comparison_markdown",
    "comparison_terminal",
    "draw_areas",
    "draw_caterpillar",
    "draw_changes",
    "draw_composition",
    "draw_error_shares",
    "draw_history",
    "draw_null",
    "draw_overlap",
    "draw_regions",
    "draw_voices",
    "gate_junit",
    "gate_markdown",
    "gate_terminal",
    "history_markdown",
    "history_svg",
    "history_terminal",
    "read_audit",
    "read_kind",
    "read_result",
    "render_comparison",
    "render_for",
    "render_html",
    "render_markdown",
    "render_notebook",
    "render_terminal",
    "shipped_schema",
    "validate_audit",
    "validate_comparison",
    "view_of",
]
