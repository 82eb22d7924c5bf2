"""Where the speakers of a search over zip codes live: squares of a coarse grid, and the table that says the same."""

from __future__ import annotations

from dataclasses import dataclass

from fairaudit.report.views.regions import Box, class_name, latitude, longitude, rate_class
from fairaudit.report.views.tables import Column, Row, Table
from fairaudit.report.words.wording import DASH, percent
from fairaudit.results.documents import SearchDoc

__all__ = ["AreaView", "area_views", "areas_table"]


@dataclass(frozen=True)
class AreaView:
    """One square of the map: its bounds in degrees, its class (0 to 4) against overall, and what it is made of."""

    bounds: Box
    step: int | None
    thin: bool
    bottom: bool


def area_views(discovery: SearchDoc, overall: float | None) -> tuple[AreaView, ...]:
    """Turn the squares of a search into what the map draws; nothing of a search without."""
    views = []
    for area in discovery.get("areas", ()):
        west, south, east, north = area["bounds"]
        step = rate_class(area["rate"], overall)
        views.append(AreaView((west, south, east, north), step, area["thin"], area["bottom_heavy"]))
    return tuple(views)


def areas_table(discovery: SearchDoc, overall: float | None, rate: str) -> Table | None:
    """The squares with their rates, highest first."""
    rows = []
    for area in sorted(discovery.get("areas", ()), key=lambda area: -area["rate"]):
        west, south, east, north = area["bounds"]
        rows.append(
            Row(
                (
                    f"{latitude(south)} to {latitude(north)}, {longitude(west)} to {longitude(east)}",
                    percent(area["rate"]),
                    class_name(rate_class(area["rate"], overall)),
                    "fewer than 20" if area["thin"] else "20 or more",
                    "at least twice its share" if area["bottom_heavy"] else DASH,
                ),
                "muted" if area["thin"] else "",
            )
        )
    columns = (
        Column("area", "Area", numeric=False),
        Column("rate", rate),
        Column("class", "Compared with overall", numeric=False),
        Column("speakers", "Speakers", numeric=False),
        Column("bottom", "Bottom cohort", numeric=False),
    )
    return Table("The squares of the map, all speakers", columns, tuple(rows)) if rows else None
