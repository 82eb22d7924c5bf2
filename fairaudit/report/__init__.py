"""What people see of an audit: page, Markdown, terminal, notebook, plots. Input is always what ``audit.json`` holds."""

from fairaudit.report.audit_markdown import render_markdown
from fairaudit.report.charts import (
    draw_caterpillar,
    draw_composition,
    draw_error_shares,
    draw_null,
    draw_overlap,
    draw_voices,
)
from fairaudit.report.contract import audit_schema, read_audit, validate_audit
from fairaudit.report.formats import render_for
from fairaudit.report.maps import draw_areas, draw_regions
from fairaudit.report.notebook import PageInNotebook, render_notebook
from fairaudit.report.page import render_html
from fairaudit.report.terminal import render_terminal
from fairaudit.report.view import view_of

__all__ = [
    "PageInNotebook",
    "audit_schema",
    "draw_areas",
    "draw_caterpillar",
    "draw_composition",
    "draw_error_shares",
    "draw_null",
    "draw_overlap",
    "draw_regions",
    "draw_voices",
    "read_audit",
    "render_for",
    "render_html",
    "render_markdown",
    "render_notebook",
    "render_terminal",
    "validate_audit",
    "view_of",
]
