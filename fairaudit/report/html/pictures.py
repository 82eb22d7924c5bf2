"""The pictures of a search, each with what a reader is told who does not see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from markupsafe import Markup

    from fairaudit.report.views.discovery import DiscoveryView
    from fairaudit.report.views.release import ReleaseView

__all__ = ["ROWS_SHOWN", "Pictures", "ReleasePictures", "draw_pictures", "draw_release"]

#: Rows of a table, and of its plot, before the rest goes into a fold.
ROWS_SHOWN: Final = 20


@dataclass(frozen=True)
class Pictures:
    """The figures of one discovery as markup; empty where there is nothing to draw."""

    caterpillar: Markup
    composition: Markup
    voices: Markup
    map: Markup
    error_shares: Markup
    areas: Markup
    null: Markup


def draw_pictures(discovery: DiscoveryView, boundaries: Any = None) -> Pictures:
    """Draw whatever a search has to be drawn, on maps with the outlines of boundaries."""
    from markupsafe import Markup

    from fairaudit.report.html import figures

    d, name, title, rate = discovery, discovery.anchor, discovery.title, discovery.rate
    marks, shares = d.marks[:ROWS_SHOWN], d.error_shares[:ROWS_SHOWN]
    drawn = {
        "caterpillar": figures.caterpillar(
            marks, f"{name}-cohorts", f"{rate} and 95 % intervals of the cohorts of {title}",
            overall=d.overall, rate=rate,
        ) if any(mark.rate is not None for mark in marks) else "",
        "composition": figures.composition(
            d.composition, f"{name}-kinds", f"{rate} by kind of error, bottom cohort of {title} and reference", rate
        ) if d.composition else "",
        "voices": figures.voice_plane(
            d.voices, f"{name}-voices", f"Cohorts of {title} along the first two principal components", rate
        ) if d.voices else "",
        "map": figures.region_map(
            d, f"{name}-map", f"Map of the regions of {title} by {rate} against overall", boundaries
        ) if d.regions else "",
        "error_shares": figures.error_shares(
            shares, f"{name}-errors", f"Share of the errors that each region of {title} holds", rate
        ) if shares else "",
        "areas": figures.area_map(
            d, f"{name}-areas", f"Map of where the speakers of {title} live by {rate} against overall", boundaries
        ) if d.areas else "",
        "null": figures.null_histogram(
            d.null, f"{name}-null", f"Highest score of {title} in shuffled logs and in this one"
        ) if d.null else "",
    }  # fmt: skip
    return Pictures(**{figure: Markup(markup) for figure, markup in drawn.items()})


@dataclass(frozen=True)
class ReleasePictures:
    """The figures of a release as markup, one for each review and one for each search of the history."""

    changes: tuple[Markup, ...]
    history: tuple[Markup, ...]


def draw_release(release: ReleaseView) -> ReleasePictures:
    """Draw the changes since the last release, and what became of frozen cohorts over all releases."""
    from markupsafe import Markup

    from fairaudit.report.html import figures

    comparison, history = release.comparison, release.history
    changes = [
        figures.changes(
            review.marks[:ROWS_SHOWN], f"change-{place}",
            f"Change of {comparison.rate} of the cohorts of {review.title}",
            overall=comparison.overall, rate=comparison.rate,
        ) if any(mark.difference is not None for mark in review.marks) else ""
        for place, review in enumerate(comparison.reviews, start=1)
    ] if comparison else []  # fmt: skip
    lines = [
        figures.history_picture(history, search, f"history-{place}")
        for place, search in enumerate(history.searches, start=1)
    ] if history else []  # fmt: skip
    return ReleasePictures(tuple(map(Markup, changes)), tuple(map(Markup, lines)))
