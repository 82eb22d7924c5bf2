"""The charts of a report, each described once from a view, for pages, notebooks and papers alike."""

from fairaudit.report.charts.bars import composition_chart, error_shares_chart
from fairaudit.report.charts.caterpillar import caterpillar_chart
from fairaudit.report.charts.changes import changes_chart
from fairaudit.report.charts.history import history_chart
from fairaudit.report.charts.null import null_chart
from fairaudit.report.charts.overlap import overlap_chart
from fairaudit.report.charts.voices import voices_chart

__all__ = [
    "caterpillar_chart",
    "changes_chart",
    "composition_chart",
    "error_shares_chart",
    "history_chart",
    "null_chart",
    "overlap_chart",
    "voices_chart",
]
