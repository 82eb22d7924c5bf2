"""What people see of an audit: page, Markdown, terminal, notebook, plots. Input is always what ``audit.json`` holds."""

from fairaudit.report.charts import (
    draw_caterpillar,
    draw_changes,
    draw_composition,
    draw_error_shares,
    draw_null,
    draw_overlap,
    draw_voices,
)
from fairaudit.report.charts.history import draw_history
from fairaudit.report.charts.maps import draw_areas, draw_regions
from fairaudit.report.charts.plots import plot_audit, plot_comparison, plot_history
from fairaudit.report.formats import render_for, render_page
from fairaudit.report.html.notebook import PageInNotebook, render_notebook
from fairaudit.report.html.page import render_comparison, render_html
from fairaudit.report.html.pictures import history_svg
from fairaudit.report.text.junit import audit_junit, gate_junit
from fairaudit.report.text.markdown import comparison_markdown, gate_markdown, history_markdown, render_markdown
from fairaudit.report.text.terminal import comparison_terminal, gate_terminal, history_terminal, render_terminal
from fairaudit.report.views.audit import view_of
from fairaudit.report.views.release import ALONE, Beside

__all__ = [
    "ALONE",
    "Beside",
    "PageInNotebook",
    "audit_junit",
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
    "plot_audit",
    "plot_comparison",
    "plot_history",
    "render_comparison",
    "render_for",
    "render_html",
    "render_markdown",
    "render_notebook",
    "render_page",
    "render_terminal",
    "view_of",
]
