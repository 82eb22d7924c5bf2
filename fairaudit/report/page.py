"""The page: one offline HTML file without scripts, styles in attributes or requests."""

from __future__ import annotations

import base64
import hashlib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from fairaudit.errors import UsageError
from fairaudit.report.palette import DARK, LIGHT
from fairaudit.report.view import view_of

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

    from fairaudit.report.discovery_view import DiscoveryView
    from fairaudit.report.overlap import OverlapView

__all__ = ["ROWS_SHOWN", "render_html"]

#: Rows of a cohort table, and of its plot, before the rest goes into a fold.
ROWS_SHOWN: Final = 20
_WARN_BYTES: Final = 2_000_000
_MOST_BYTES: Final = 5_000_000


@dataclass(frozen=True)
class _Pictures:
    """The figures of one discovery as markup; empty where there is nothing to draw."""

    caterpillar: Markup
    composition: Markup
    voices: Markup
    map: Markup
    error_shares: Markup
    areas: Markup
    null: Markup


def render_html(audit: Mapping[str, Any], *, boundaries: Any = None) -> str:
    """Render an audit as one HTML page that needs nothing but a browser.

    Parameters
    ----------
    audit
        What ``audit.json`` holds (schema version 1), read from a file or straight from an audit.
    boundaries
        GeoDataFrame, or path of anything geopandas reads: outlines drawn on the map for orientation.

    Returns
    -------
    str
        The page. The same audit gives the same text.

    Raises
    ------
    InputError
        If the boundaries cannot be read.
    UsageError
        If the page would be larger than 5 MB.

    Warns
    -----
    UserWarning
        If the page is larger than 2 MB.
    """
    from markupsafe import Markup

    view = view_of(audit)
    if boundaries is not None and any(discovery.regions or discovery.areas for discovery in view.discoveries):
        from fairaudit.report.boundaries import read_boundaries

        boundaries = read_boundaries(boundaries)
    environment = _environment()
    css = environment.get_template("page.css.j2").render(light=LIGHT, dark=DARK)
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    page = environment.get_template("audit.html.j2").render(
        view=view,
        pictures={discovery.anchor: _pictures(discovery, boundaries) for discovery in view.discoveries},
        overlap=_overlap(view.overlap),
        rows_shown=ROWS_SHOWN,
        css=Markup(css),
        policy=f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:",
    )
    _check_size(len(page.encode()))
    return page


def _pictures(discovery: DiscoveryView, boundaries: Any) -> _Pictures:
    from markupsafe import Markup

    from fairaudit.report import figures

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
    return _Pictures(**{figure: Markup(markup) for figure, markup in drawn.items()})


def _overlap(overlap: OverlapView | None) -> Markup:
    from markupsafe import Markup

    from fairaudit.report import figures

    label = "Share of the speakers of each search's bottom cohort who are in another's as well"
    return Markup(figures.overlap_matrix(overlap, "overlap", label) if overlap else "")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("fairaudit.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["unbroken"] = _unbroken
    return environment


def _unbroken(text: str) -> str:
    """Keep a number and its percent sign, or p and its value, on one line."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%").replace("p = ", "p\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}")


def _check_size(size: int) -> None:
    megabytes = f"the page has {size / 1e6:.1f} MB"
    if size > _MOST_BYTES:
        raise UsageError(f"{megabytes}, more than {_MOST_BYTES / 1e6:.0f}; give coarser boundaries or fewer cohorts")
    if size > _WARN_BYTES:
        warnings.warn(f"{megabytes}; coarser boundaries would make it smaller", UserWarning, stacklevel=3)
