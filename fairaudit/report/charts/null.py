"""The null of a search: what it finds in shuffled speakers, beside what it found in the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairaudit.report.charts.chart import ACROSS, Axis, Bar, Chart, Entry, Line, Tick, number_axis, spanning
from fairaudit.report.charts.palette import LIGHT
from fairaudit.report.charts.ticks import nice_ticks

if TYPE_CHECKING:
    from fairaudit.report.views.search import NullView

__all__ = ["null_chart"]


def null_chart(null: NullView) -> Chart:
    """Describe how high the highest score gets when speakers are shuffled, and how high it was in the log.

    Parameters
    ----------
    null
        Histogram over the shuffles, and the observed score.

    Examples
    --------
    >>> from fairaudit.report.views.search import NullView
    >>> chart = null_chart(NullView((0.0, 1.0, 2.0), (30, 9), 3.5, "p = 0.025"))
    >>> [tick.text for tick in chart.y.ticks]
    ['5', '10', '15', '20', '25', '30']
    """
    top = 1.08 * max([*null.counts, 1])
    ticks = tuple(Tick(at, text) for at, text in nice_ticks(0.0, top, whole=True) if at)
    bins = zip(null.edges, null.edges[1:], null.counts, strict=False)
    bars = [Bar((left, 0), (right, count), LIGHT["calm"], LIGHT["panel"], 0.6) for left, right, count in bins if count]
    observed = Line(((null.observed, 0), (null.observed, top)), LIGHT["accent"], 2.2)
    return Chart(
        number_axis(spanning([*null.edges, null.observed]), "highest score found by the search", grid=False),
        Axis((0.0, top), ticks, "shuffles", grid=True),
        (*bars, observed),
        (
            Entry("observed", (Line(ACROSS, LIGHT["accent"], 2.2),)),
            Entry("shuffled speakers", (Bar((0, 0), (1, 1), LIGHT["calm"]),)),
        ),
    )
