"""Where a search over places or zip codes found what: regions and squares of the map, and the tables of the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from fairaudit.report.views.tables import Column, Field, Row, Table, tabulate, withheld_text
from fairaudit.report.words.rates import RateWords, cohort_rate
from fairaudit.report.words.wording import DASH, percent, plain
from fairaudit.results.documents import AreaDoc, SearchDoc

__all__ = [
    "CLASS_NAMES",
    "AreaView",
    "Box",
    "ErrorShare",
    "RegionView",
    "area_views",
    "areas_table",
    "class_name",
    "error_shares",
    "extent",
    "latitude",
    "longitude",
    "rate_class",
    "region_table",
    "region_views",
]

#: West, south, east and north in degrees.
Box = tuple[float, float, float, float]
#: Upper ends of the first four classes of a cohort's rate against the overall rate: fixed, so that maps compare.
_CLASS_ENDS: Final = (-0.10, 0.10, 0.25, 0.50)
CLASS_NAMES: Final = ("below −10 %", "within ±10 %", "+10 % to +25 %", "+25 % to +50 %", "above +50 %")


@dataclass(frozen=True)
class ErrorShare:
    """Which share of the errors and of the words a cohort holds, out of those of the cohorts that are shown."""

    label: str
    errors: float
    exposure: float
    bottom: bool


@dataclass(frozen=True)
class RegionView:
    """One cohort on the map: its boxes (west, south, east, north in degrees), its class (0 to 4) against overall."""

    label: str
    boxes: tuple[Box, ...]
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


def class_name(step: int | None) -> str:
    """Name a class.

    Examples
    --------
    >>> class_name(0), class_name(None)
    ('below −10 %', '–')
    """
    return DASH if step is None else CLASS_NAMES[step]


def region_views(discovery: SearchDoc, overall: float | None) -> tuple[RegionView, ...]:
    """Turn the regions of a discovery into what the map draws, one for each cohort, the bottom last."""
    cohorts = {cohort["id"]: cohort for cohort in discovery["cohorts"]}
    worst = set(discovery["bottom"]["cohort_ids"]) if discovery["bottom"] else set()
    views = []
    for cohort_id, boxes in _boxes_by_cohort(discovery).items():
        cohort = cohorts.get(cohort_id)
        views.append(
            RegionView(
                label=plain(cohort["label"]) if cohort else "",
                boxes=boxes,
                step=None if cohort is None else rate_class(cohort["rate"], overall),
                tested=cohort is not None and bool(cohort["tested"]),
                withheld=cohort is None or cohort["suppressed"],
                bottom=cohort_id in worst,
            )
        )
    return tuple(sorted(views, key=lambda view: view.bottom))


def error_shares(discovery: SearchDoc) -> tuple[ErrorShare, ...]:
    """Say where the errors are: the share of each cohort of a search over places, largest first."""
    known = [
        (cohort, errors, exposure)
        for cohort in discovery["cohorts"]
        if (errors := cohort["errors"]) is not None and (exposure := cohort["exposure"]) is not None
    ]
    all_errors, all_exposure = sum(errors for _, errors, _ in known), sum(exposure for _, _, exposure in known)
    if not discovery["regions"] or not all_errors or not all_exposure:
        return ()
    worst = set(discovery["bottom"]["cohort_ids"]) if discovery["bottom"] else set()
    shares = [
        ErrorShare(plain(c["label"]), errors / all_errors, exposure / all_exposure, c["id"] in worst)
        for c, errors, exposure in known
    ]
    return tuple(sorted(shares, key=lambda share: (-share.errors, share.label)))


def extent(boxes: Iterable[Box]) -> Box:
    """The smallest box around some boxes.

    Examples
    --------
    >>> extent([(0.0, 0.0, 1.0, 1.0), (2.0, -1.0, 3.0, 0.5)])
    (0.0, -1.0, 3.0, 1.0)
    """
    wests, souths, easts, norths = zip(*boxes, strict=True)
    return min(wests), min(souths), max(easts), max(norths)


def _boxes_by_cohort(discovery: SearchDoc) -> dict[int, tuple[Box, ...]]:
    boxes: dict[int, tuple[Box, ...]] = {}
    for region in discovery["regions"] or ():
        west, south, east, north = region["bounds"]
        boxes[region["cohort_id"]] = (*boxes.get(region["cohort_id"], ()), (west, south, east, north))
    return boxes


def region_table(discovery: SearchDoc, overall: float | None, rate: RateWords) -> Table | None:
    """The regions of a geographic discovery and the share of errors that each cohort holds."""
    if not discovery["regions"]:
        return None
    cohorts = {cohort["id"]: cohort for cohort in discovery["cohorts"]}
    shares = {share.label: share for share in error_shares(discovery)}
    words = rate.exposure
    rows = []
    for cohort_id, boxes in _boxes_by_cohort(discovery).items():
        cohort = cohorts.get(cohort_id)
        hidden = cohort is None or cohort["suppressed"]
        if cohort is None or hidden:
            because = cohort.get("withheld_because") if cohort else None
            figures: tuple[str, ...] = (DASH, withheld_text(because), DASH, DASH)
        else:
            share = shares.get(plain(cohort["label"]))
            parts = (percent(share.errors), percent(share.exposure)) if share else (DASH, DASH)
            figures = (cohort_rate(cohort, rate.unit), class_name(rate_class(cohort["rate"], overall)), *parts)
        west, south, east, north = extent(boxes)
        within = "" if len(boxes) == 1 else "within "
        label = plain(cohort["label"]) if cohort else DASH
        span = (f"{within}{latitude(south)} to {latitude(north)}", f"{within}{longitude(west)} to {longitude(east)}")
        rows.append(Row((label, *span, *figures), "muted" if hidden else ""))
    return Table(
        f"The regions of the map; shares are of the {rate.errors} and {words} of the cohorts shown",
        (Column("region", "Region", numeric=False), Column("latitude", "Latitude"), Column("longitude", "Longitude"),
         Column("rate", rate), Column("class", "Compared with overall", numeric=False),
         Column("errors", f"Share of {rate.errors}"), Column("exposure", f"Share of {words}")),
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
    for area in discovery.get("areas", []):
        west, south, east, north = area["bounds"]
        step = rate_class(area["rate"], overall)
        views.append(AreaView((west, south, east, north), step, area["thin"], area["bottom_heavy"]))
    return tuple(views)


def areas_table(discovery: SearchDoc, overall: float | None, rate: RateWords) -> Table | None:
    """The squares with their rates, highest first."""
    fields = (
        Field[AreaDoc]("area", "Area", lambda a: _bounds(a["bounds"]), numeric=False),
        Field[AreaDoc]("rate", rate, lambda a: rate.unit.value(a["rate"])),
        Field[AreaDoc]("class", "Compared with overall", lambda a: class_name(rate_class(a["rate"], overall)), False),
        Field[AreaDoc]("speakers", "Speakers", lambda a: "fewer than 20" if a["thin"] else "20 or more", False),
        Field[AreaDoc](
            "bottom", "Bottom cohort", lambda a: "at least twice its share" if a["bottom_heavy"] else DASH, False
        ),
    )
    areas = sorted(discovery.get("areas", []), key=lambda area: -area["rate"])
    caption = "The squares of the map, all speakers"
    return tabulate(caption, fields, areas, lambda a: "muted" if a["thin"] else "") if areas else None


def _bounds(bounds: Sequence[float]) -> str:
    west, south, east, north = bounds
    return f"{latitude(south)} to {latitude(north)}, {longitude(west)} to {longitude(east)}"
