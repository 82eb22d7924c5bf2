"""What people see of an audit: page, Markdown, terminal, notebook, plots. Input is always what ``audit.json`` holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fairaudit.core.lazy import lazily

if TYPE_CHECKING:
    from fairaudit.report.charts import (
        caterpillar_chart,
        changes_chart,
        composition_chart,
        error_shares_chart,
        history_chart,
        null_chart,
        overlap_chart,
        voices_chart,
    )
    from fairaudit.report.charts.axes import draw_chart
    from fairaudit.report.charts.maps import draw_areas, draw_regions
    from fairaudit.report.charts.plots import plot_audit, plot_comparison, plot_history
    from fairaudit.report.formats import render_for, render_page
    from fairaudit.report.html.notebook import PageInNotebook, render_notebook
    from fairaudit.report.html.page import render_comparison, render_html
    from fairaudit.report.html.pictures import history_svg
    from fairaudit.report.text.junit import audit_junit, gate_junit
    from fairaudit.report.text.latex import audit_latex, board_latex
    from fairaudit.report.text.markdown import (
        board_markdown,
        comparison_markdown,
        gate_markdown,
        history_markdown,
        render_markdown,
    )
    from fairaudit.report.text.terminal import (
        board_terminal,
        collection_terminal,
        comparison_terminal,
        gate_terminal,
        history_terminal,
        render_terminal,
        trials_terminal,
    )
    from fairaudit.report.views.audit import view_of
    from fairaudit.report.views.release import ALONE, Beside

__all__ = [
    "ALONE",
    "Beside",
    "PageInNotebook",
    "audit_junit",
    "audit_latex",
    "board_latex",
    "board_markdown",
    "board_terminal",
    "caterpillar_chart",
    "changes_chart",
    "collection_terminal",
    "comparison_markdown",
    "comparison_terminal",
    "composition_chart",
    "draw_areas",
    "draw_chart",
    "draw_regions",
    "error_shares_chart",
    "gate_junit",
    "gate_markdown",
    "gate_terminal",
    "history_chart",
    "history_markdown",
    "history_svg",
    "history_terminal",
    "null_chart",
    "overlap_chart",
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
    "trials_terminal",
    "view_of",
    "voices_chart",
]

#: Where the public names live; they are imported when first used, because a gate needs no charts.
_HOMES: Final = {
    "ALONE": "fairaudit.report.views.release",
    "Beside": "fairaudit.report.views.release",
    "PageInNotebook": "fairaudit.report.html.notebook",
    "audit_junit": "fairaudit.report.text.junit",
    "audit_latex": "fairaudit.report.text.latex",
    "board_latex": "fairaudit.report.text.latex",
    "board_markdown": "fairaudit.report.text.markdown",
    "board_terminal": "fairaudit.report.text.terminal",
    "caterpillar_chart": "fairaudit.report.charts",
    "changes_chart": "fairaudit.report.charts",
    "collection_terminal": "fairaudit.report.text.terminal",
    "comparison_markdown": "fairaudit.report.text.markdown",
    "comparison_terminal": "fairaudit.report.text.terminal",
    "composition_chart": "fairaudit.report.charts",
    "draw_areas": "fairaudit.report.charts.maps",
    "draw_chart": "fairaudit.report.charts.axes",
    "draw_regions": "fairaudit.report.charts.maps",
    "error_shares_chart": "fairaudit.report.charts",
    "gate_junit": "fairaudit.report.text.junit",
    "gate_markdown": "fairaudit.report.text.markdown",
    "gate_terminal": "fairaudit.report.text.terminal",
    "history_chart": "fairaudit.report.charts",
    "history_markdown": "fairaudit.report.text.markdown",
    "history_svg": "fairaudit.report.html.pictures",
    "history_terminal": "fairaudit.report.text.terminal",
    "null_chart": "fairaudit.report.charts",
    "overlap_chart": "fairaudit.report.charts",
    "plot_audit": "fairaudit.report.charts.plots",
    "plot_comparison": "fairaudit.report.charts.plots",
    "plot_history": "fairaudit.report.charts.plots",
    "render_comparison": "fairaudit.report.html.page",
    "render_for": "fairaudit.report.formats",
    "render_html": "fairaudit.report.html.page",
    "render_markdown": "fairaudit.report.text.markdown",
    "render_notebook": "fairaudit.report.html.notebook",
    "render_page": "fairaudit.report.formats",
    "render_terminal": "fairaudit.report.text.terminal",
    "trials_terminal": "fairaudit.report.text.terminal",
    "view_of": "fairaudit.report.views.audit",
    "voices_chart": "fairaudit.report.charts",
}

if not TYPE_CHECKING:
    __getattr__ = lazily(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)
