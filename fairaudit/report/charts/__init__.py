"""The plots of a report, each drawn from a view onto given axes, for pages, notebooks and papers alike."""

from fairaudit.report.charts.bars import draw_composition, draw_error_shares
from fairaudit.report.charts.caterpillar import draw_caterpillar
from fairaudit.report.charts.changes import draw_changes
from fairaudit.report.charts.null import draw_null
from fairaudit.report.charts.overlap import draw_overlap
from fairaudit.report.charts.voices import draw_voices

__all__ = [
    "draw_caterpillar",
    "draw_changes",
    "draw_composition",
    "draw_error_shares",
    "draw_null",
    "draw_overlap",
    "draw_voices",
]
