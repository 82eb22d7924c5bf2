"""The geography of a discovery: its rectangles, their classes of rate, and the table that says the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fairaudit.report.tables import WITHHELD_TEXT, Column, Row, Table
from fairaudit.report.wording import DASH, percent, plain

__all__ = ["CLASS_NAMES", "RegionView", "latitude", "longitude", "rate_class", "region_table", "region_views"]

#: Upper ends of the first four classes of a cohort's rate against the overall rate: fixed, so that maps compare.
_CLASS_ENDS: Final = (-0.10, 0.10, 0.25, 0.50)
CLASS_NAMES: Final = ("below −10 %", "within ±10 %", "+10 % to +25 %", "+25 % to +50 %", "above +50 %")


@dataclass(frozen=True)
class RegionView:
    """One rectangle of the map: west, south, east, north in degrees, and its class (0 to 4) of rate against overall."""

    label: str
    bounds: tuple[float, float, float, float]
    step: int | None
    tested: bool
    withheld: bool
    bottom: bool


def rate_class(rate: float | None, overall: float | None) -> int | None:
    """Sort a rate against the overall rate into one of five fixed classes.

    Examples
    --------
    >>> rate_class(0.16, 0.10), rate_class(0.10, 0.10), rate_class(None, 0.10)
    (4, 1, None)
    """
    if rate is None or not overall:
        return None
    return sum(rate / overall - 1 > end for end in _CLASS_ENDS)


def _class_names(discovery: Mapping[str, Any], overall: float | None) -> dict[int, str]:
    steps = {cohort["id"]: rate_class(cohort["rate"], overall) for cohort in discovery["cohorts"]}
    return {key: CLASS_NAMES[step] for key, step in steps.items() if step is not None}


def region_views(discovery: Mapping[str, Any], overall: float | None) -> tuple[RegionView, ...]:
    """Turn the rectangles of a discovery into what the map draws."""
    cohorts = {cohort["id"]: cohort for cohort in discovery["cohorts"]}
    worst = set(discovery["bottom"]["cohort_ids"]) if discovery["bottom"] else set()
    views = []
    for region in discovery["regions"] or ():
        cohort = cohorts.get(region["cohort_id"])
        west, south, east, north = region["bounds"]
        withheld = cohort is None or cohort["suppressed"]
        views.append(
            RegionView(
                label=plain(cohort["label"]) if cohort else "",
                bounds=(west, south, east, north),
                step=None if cohort is None else rate_class(cohort["rate"], overall),
                tested=cohort is not None and bool(cohort["tested"]),
                withheld=withheld,
                bottom=region["cohort_id"] in worst,
            )
        )
    return tuple(views)


def region_table(discovery: Mapping[str, Any], overall: float | None, rate: str) -> Table | None:
    """The rectangles of a geographic discovery and the share of errors that each cohort holds."""
    if not discovery["regions"]:
        return None
    cohorts = {cohort["id"]: cohort for cohort in discovery["cohorts"]}
    classes = _class_names(discovery, overall)
    total = sum(cohort["errors"] for cohort in cohorts.values() if cohort["errors"] is not None)
    rows = []
    for region in discovery["regions"]:
        cohort = cohorts.get(region["cohort_id"])
        if cohort is None or cohort["suppressed"]:
            figures: tuple[str, ...] = (DASH, WITHHELD_TEXT, DASH)
        else:
            share = cohort["errors"] / total if total and cohort["errors"] is not None else None
            figures = (percent(cohort["rate"]), classes.get(cohort["id"], DASH), percent(share))
        west, south, east, north = region["bounds"]
        label = plain(cohort["label"]) if cohort else DASH
        box = (f"{latitude(south)} to {latitude(north)}", f"{longitude(west)} to {longitude(east)}")
        rows.append(Row((label, *box, *figures), "muted" if WITHHELD_TEXT in figures else ""))
    return Table(
        "The regions of the map; shares are of the errors of the cohorts shown",
        (Column("region", "Region", numeric=False), Column("latitude", "Latitude"), Column("longitude", "Longitude"),
         Column("rate", rate), Column("class", "Against overall", numeric=False), Column("errors", "Share of errors")),
        tuple(rows),
    )  # fmt: skip


def latitude(degrees: float) -> str:
    """Print a latitude to a tenth of a degree.

    Examples
    --------
    >>> latitude(-38.14)
    '38.1° S'
    """
    return f"{abs(degrees):.1f}° {'S' if degrees < 0 else 'N'}"


def longitude(degrees: float) -> str:
    """Print a longitude to a tenth of a degree; unwrapped ones come back to ±180.

    Examples
    --------
    >>> longitude(190.0), longitude(-5)
    ('170.0° W', '5.0° W')
    """
    turned = (degrees + 180) % 360 - 180
    return f"{abs(turned):.1f}° {'W' if turned < 0 else 'E'}"
