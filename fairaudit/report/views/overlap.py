"""How far the bottom cohorts of an audit's searches are the same speakers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fairaudit.core.text import search_name
from fairaudit.report.views.tables import Column, Row, Table
from fairaudit.report.words.verdict import shares_speakers
from fairaudit.report.words.wording import DASH, percent

if TYPE_CHECKING:
    from fairaudit.results.documents import SearchDoc

__all__ = ["OverlapView", "overlap_view"]


@dataclass(frozen=True)
class OverlapView:
    """Shares of the speakers in the bottom cohort of a row's search who are also in that of a column's search.

    Attributes
    ----------
    titles
        The searches, numbered; columns have the numbers of the rows.
    shares
        Middles of the shares shown, ``None`` on the diagonal and where nothing is shown.
    table
        The same in words: ``"≥ 90 %"`` where more would reveal something about fewer than 11 speakers.
    """

    titles: tuple[str, ...]
    shares: tuple[tuple[float | None, ...], ...]
    table: Table


def overlap_view(discoveries: Sequence[SearchDoc]) -> OverlapView | None:
    """Compare the searches that named a bottom cohort; nothing where fewer than two did.

    Searches whose cohorts share speakers, as those over utterance conditions do, are left out.
    """
    named = [discovery for discovery in discoveries if discovery.get("overlap")]
    named = [discovery for discovery in named if not shares_speakers(discovery)]
    if len(named) < 2:
        return None
    titles = tuple(f"{number} {search_name(discovery['title'])}" for number, discovery in enumerate(named, start=1))
    by_title = [{entry["title"]: entry["share"] for entry in discovery["overlap"]} for discovery in named]
    shares = [[row.get(column["title"]) for column in named] for row in by_title]
    columns = [Column("search", "Bottom cohort of", numeric=False)]
    columns += [Column(f"search-{number}", str(number)) for number in range(1, len(named) + 1)]
    return OverlapView(
        titles=titles,
        shares=tuple(tuple(None if share is None else sum(share) / 2 for share in row) for row in shares),
        table=Table(
            "Share of the speakers in the row's bottom cohort who are also in the column's",
            tuple(columns),
            tuple(Row((title, *map(_shown, row))) for title, row in zip(titles, shares, strict=True)),
        ),
    )


def _shown(share: Sequence[float] | None) -> str:
    """Print a share, or what is known of it.

    Examples
    --------
    >>> _shown([0.6, 0.6]), _shown([0.9, 1.0]), _shown([0.0, 0.25]), _shown([0.82, 0.9])
    ('60 %', '≥ 90 %', '≤ 25 %', '82–90 %')
    """
    low, high = share or (0.0, 1.0)
    if low <= 0 and high >= 1:
        return DASH
    if percent(low, 0) == percent(high, 0):
        return percent(low, 0)
    if high >= 1:
        return f"≥ {percent(low, 0)}"
    return f"≤ {percent(high, 0)}" if low <= 0 else f"{percent(low, 0).removesuffix(' %')}–{percent(high, 0)}"
