"""An audit and what it is made of: results that hold results, and no utterance, no speaker, no place."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

import fairaudit
from fairaudit.cohorts.model import CohortModel
from fairaudit.core.counts import Rate
from fairaudit.core.errors import UsageError, unknown_name
from fairaudit.core.signature import signature, software
from fairaudit.core.text import json_text
from fairaudit.core.verdicts import Intervals, Verdict, strength
from fairaudit.evidence.confirm import Evidence
from fairaudit.evidence.plan import Plan
from fairaudit.results.audit_document import (
    SCHEMA_VERSION,
    adjustment_to_dict,
    areas_to_dict,
    cohort_to_dict,
    evidence_to_dict,
    overlaps_to_dict,
    voices_to_dict,
)
from fairaudit.results.audit_parts import Adjustment, Area, Overlap, Sensitivity, Voices
from fairaudit.results.display import Displayed, rendered
from fairaudit.results.documents import (
    AuditDoc,
    FileDoc,
    OverallDoc,
    QualityDoc,
    RegionDoc,
    SearchDoc,
    SideTableDoc,
    SkippedDoc,
)
from fairaudit.results.frames import with_ends
from fairaudit.results.side_document import sensitivity_to_dict
from fairaudit.stats.rates import Gap

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Audit", "Provenance", "SearchResult"]


@dataclass(frozen=True)
class Provenance:
    """What is known of where the numbers come from, carried to every output.

    Attributes
    ----------
    settings
        How the log was read and scored, for the signature.
    inputs
        ``{"name", "sha256", "rows"}`` of each file.
    quality
        ``rows_in``, ``rows_used``, ``rows_quarantined``, ``by_code``, ``coercions``, ``notes``.
    skipped
        ``{"method", "needs"}`` of each discoverer that lacked its inputs.
    side_tables
        ``{"name", "sha256"}`` of each census, crosswalk or embedding file.
    """

    settings: Mapping[str, object]
    inputs: Sequence[FileDoc]
    quality: QualityDoc
    skipped: Sequence[SkippedDoc] = ()
    side_tables: Sequence[SideTableDoc] = ()


@dataclass(frozen=True)
class SearchResult:
    """One search of an audit: its frozen model and what was found.

    Attributes
    ----------
    regions
        ``{"cohort_id", "bounds"}`` of each box of a search over places, in tenths of a degree.
    unions
        Sets of cohorts whose sums another search may tell.
    overlap
        How far its bottom cohort is that of each other search.
    areas
        Where the speakers of a search over zip codes live.
    voices
        Where the cohorts of a search over vectors lie.
    """

    title: str
    method: str
    settings: Mapping[str, Any]
    model: CohortModel | None
    evidence: Evidence
    regions: tuple[RegionDoc, ...] | None
    join_rate: float
    permutations: int
    alpha: float
    unions: tuple[frozenset[int], ...] = ()
    overlap: tuple[Overlap, ...] = ()
    areas: tuple[Area, ...] = ()
    voices: Voices | None = None

    @property
    def verdict(self) -> Verdict:
        """``disparity``, ``no evidence`` or ``insufficient evidence``."""
        return self.evidence.verdict

    @property
    def p_value(self) -> float | None:
        """p-value that accounts for every search of the audit; ``None`` where the search scored nothing."""
        return self.evidence.p_value

    @property
    def gap(self) -> Gap | None:
        """Gap of the bottom cohort to the rest on held-out speakers; ``None`` where it cannot be measured.

        Examples
        --------
        >>> from fairaudit.samples import make_sample
        >>> audit = fairaudit.audit(make_sample(speakers=200).log, methods="named", by="accent", permutations=19)
        >>> gap = audit["accent"].gap
        >>> low, high = gap.interval  # of gap.relative; gap.ratio has gap.ratio_interval
        >>> low < gap.relative < high
        True
        """
        side = self.evidence.gaps.held_out
        return None if side is None else side.gap

    def to_frame(self) -> pd.DataFrame:
        """The cohorts as a table, worst first, nothing suppressed; for analysis, not for publication.

        Returns
        -------
        DataFrame
            One row per cohort: ``label``, ``description``, counts, ``rate`` with its 95 % interval from ``rate_low`` to
            ``rate_high``, ``shrunk_rate``, the interval of its rank from ``rank_low`` to ``rank_high``, ``p_adjusted``,
            and others. What is not defined is missing.

        Examples
        --------
        >>> from fairaudit.samples import make_sample
        >>> audit = fairaudit.audit(make_sample(speakers=200).log, methods="named", by="device", permutations=19)
        >>> audit["device"].to_frame()[["label", "rate", "rate_low", "rate_high"]].shape
        (3, 4)
        """
        rows = (cohort_to_dict(cohort, self.alpha) for cohort in self.evidence.cohorts)
        return pd.DataFrame([with_ends(row, {"interval": "rate", "rank_interval": "rank"}) for row in rows])

    def __repr__(self) -> str:
        p, bottom = self.evidence.p_value, self.evidence.bottom
        told = [self.verdict, None if p is None else f"p = {p:.3g}", None if bottom is None else bottom.description]
        return f"<SearchResult {self.title}: {', '.join(filter(None, told))}>"

    def to_dict(self, *, unredacted: bool) -> SearchDoc:
        """One entry of ``discoveries`` in ``audit.json``."""
        told = evidence_to_dict(self.evidence, alpha=self.alpha, unredacted=unredacted, unions=self.unions)
        withheld = [cohort["id"] for cohort in told["cohorts"] if cohort["suppressed"]]
        return {
            "method": self.method,
            "title": self.title,
            "settings": {k: list(v) if isinstance(v, tuple) else v for k, v in self.settings.items()},
            "permutations": self.permutations,
            "regions": list(self.regions) if self.regions is not None else None,
            "overlap": overlaps_to_dict(self.overlap, unredacted=unredacted),
            "areas": areas_to_dict(self.areas, unredacted=unredacted),
            "voices": voices_to_dict(self.voices, withheld, unredacted=unredacted),
            **told,
        }


@dataclass(frozen=True)
class Audit:
    """What a log says about who is served worse. Holds results only: no utterance, no speaker, no place.

    ``audit["geo-tree"]`` is the search of that title or method. Iterating goes over all searches.

    Examples
    --------
    >>> from fairaudit.samples import make_sample
    >>> log = fairaudit.read_log(make_sample(speakers=200).log)
    >>> audit = fairaudit.audit(log, methods="named", by=["accent", "device"], permutations=19)
    >>> len(audit), "device" in audit, [search.title for search in audit] == [*audit.to_frame().index]
    (2, True, True)
    >>> audit["device"].verdict
    'no evidence'
    """

    rate: Rate
    sampling_unit: str
    overall: OverallDoc
    searches: tuple[SearchResult, ...]
    plan: Plan
    provenance: Provenance
    adjusted: Adjustment | None = None
    sensitivity: Sensitivity | None = None

    def __getitem__(self, name: str) -> SearchResult:
        """The search of that title, of that method, or of those named columns.

        Raises
        ------
        UsageError
            If there is none, or more than one.
        """
        found = [search for search in self.searches if name == search.title] or [
            search for search in self.searches if name in _names(search)
        ]
        titles = [search.title for search in self.searches]
        if not found:
            raise UsageError(unknown_name("search", name, list(dict.fromkeys(_every_name(self.searches)))))
        if len(found) > 1:
            raise UsageError(f"{name!r} is the method of several searches; choose one of {titles}")
        return found[0]

    def __iter__(self) -> Iterator[SearchResult]:
        return iter(self.searches)

    def __len__(self) -> int:
        return len(self.searches)

    def __contains__(self, name: object) -> bool:
        return any(name == search or name in (search.title, *_names(search)) for search in self.searches)

    @property
    def headline(self) -> SearchResult:
        """The search that the page opens with: strongest verdict, then smallest p-value, then largest gap."""
        return min(self.searches, key=lambda s: strength(s.verdict, s.p_value, s.gap.relative if s.gap else None))

    @property
    def gap(self) -> Gap | None:
        """Held-out gap of the :attr:`headline` search; ``None`` where it cannot be measured."""
        return self.headline.gap

    @property
    def models(self) -> list[CohortModel]:
        """The frozen cohorts of every search that found some."""
        return [discovery.model for discovery in self.searches if discovery.model is not None]

    @property
    def verdict(self) -> Verdict:
        """The gravest verdict of all searches: a disparity, else no evidence if any search could tell."""
        verdicts = [discovery.verdict for discovery in self.searches]
        return next(v for v in Verdict if v in verdicts)

    @property
    def signature(self) -> str:
        """One line of every setting that can change a number."""
        searches = [_search_signature(discovery) for discovery in self.searches]
        return signature(
            {
                "rate": self.rate.name,
                **self.provenance.settings,
                "second_normalizer": self.sensitivity.normalizer if self.sensitivity else None,
                "sampling": self.sampling_unit,
                "adjusted_for": self.adjusted.covariates if self.adjusted else None,
                "searches": searches,
                "holdout": self.plan.holdout,
                "permutations": self.plan.permutations,
                "alpha": self.plan.alpha,
                "seed": self.plan.seed,
                "intervals": self.plan.intervals,
                "cross_fit": self.plan.cross_fit,
                "version": fairaudit.__version__,
            }
        )

    def to_frame(self) -> pd.DataFrame:
        """The searches side by side, one row each, nothing withheld; for analysis, not for publication.

        Returns
        -------
        DataFrame
            Indexed by the searches' titles: ``verdict``, ``p_value``, ``bottom`` (in words), ``speakers`` (held-out
            sampling units in it), its relative gap ``held_out`` with the 95 % interval from ``low`` to ``high``, the
            same gap on the speakers that were searched, ``search_inflated``, and ``join_rate``. What is not defined is
            missing.
        """
        return pd.DataFrame([_row(found) for found in self.searches], index=[d.title for d in self.searches])

    def to_dict(self, *, unredacted: bool = False) -> AuditDoc:
        """The content of ``audit.json``, as the shipped schema describes it.

        Parameters
        ----------
        unredacted
            Keep the figures of fewer than 11 speakers.
        """
        ran = [discovery for discovery in self.searches if discovery.evidence.test is not None]
        return {
            "schema_version": SCHEMA_VERSION,
            "signature": self.signature,
            "software": dict(software()),
            "rate": self.rate.name,
            "redacted": not unredacted,
            "sampling_unit": self.sampling_unit,
            "intervals": Intervals(self.plan.intervals),
            "inputs": [file.copy() for file in self.provenance.inputs],
            "side_tables": [table.copy() for table in self.provenance.side_tables],
            "quality": {
                **self.provenance.quality,
                "join_rates": {discovery.title: discovery.join_rate for discovery in self.searches},
            },
            "overall": self.overall.copy(),
            "searches": len(ran),
            "skipped": [entry.copy() for entry in self.provenance.skipped],
            "adjusted": None if self.adjusted is None else adjustment_to_dict(self.adjusted, unredacted=unredacted),
            "normalizer_sensitivity": None
            if self.sensitivity is None
            else sensitivity_to_dict(self.sensitivity, unredacted=unredacted),
            "discoveries": [d.to_dict(unredacted=unredacted) for d in self.searches],
        }

    def to_json(self, *, unredacted: bool = False) -> str:
        """The text of ``audit.json``; equal audits give equal bytes."""
        return json_text(self.to_dict(unredacted=unredacted))

    def plot(
        self,
        kind: str = "caterpillar",
        *,
        ax: Axes | None = None,
        search: str | None = None,
        boundaries: Any = None,
        unredacted: bool = False,
    ) -> Axes:
        """Draw one of the figures of the page onto matplotlib axes.

        Parameters
        ----------
        kind
            ``"caterpillar"`` (cohorts with intervals), ``"null"`` (the permutation test), ``"composition"`` (kinds of
            errors), ``"regions"`` and ``"areas"`` (maps), ``"error_shares"``, ``"voices"`` (clusters of embeddings) or
            ``"overlap"`` (of the bottom cohorts of all searches).
        ax
            Axes to draw on; new ones by default.
        search
            Title or method of a search, as in ``audit[search]``. By default the first search on the page that has such
            a figure.
        boundaries
            Outlines for maps: a file that geopandas reads, or a GeoDataFrame.
        unredacted
            Draw cohorts of fewer than 11 speakers as well.

        Returns
        -------
        Axes
            The axes.

        Raises
        ------
        UsageError
            If the audit has no such figure; the message lists those that it has.

        Examples
        --------
        >>> from matplotlib.figure import Figure
        >>> from fairaudit.samples import make_sample
        >>> audit = fairaudit.audit(make_sample(speakers=200).log, methods="named", by="device", permutations=19)
        >>> audit.plot("caterpillar", ax=Figure().add_subplot()).get_xlabel()
        'WER in %'
        """
        document, title = self.to_dict(unredacted=unredacted), None if search is None else self[search].title
        axes: Axes = rendered("plot_audit", document, kind, ax=ax, search=title, boundaries=boundaries)
        return axes

    def show(self, *, boundaries: Any = None) -> Displayed:
        """The whole page in a notebook cell, offline and without scripts; nothing of fewer than 11 speakers.

        Parameters
        ----------
        boundaries
            Outlines to draw under maps: a file that geopandas reads, or a GeoDataFrame.
        """
        page: Displayed = rendered("PageInNotebook", rendered("render_html", self.to_dict(), boundaries=boundaries))
        return page

    def __repr__(self) -> str:
        n = len(self.searches)
        searches = f"{n} {'search' if n == 1 else 'searches'}"
        return f"<Audit of {self.rate.name} by {self.sampling_unit}: {self.verdict} in {searches}>"

    def _repr_html_(self) -> str:
        return str(rendered("render_notebook", self.to_dict()))


def _row(discovery: SearchResult) -> dict[str, Any]:
    """A search as a row of :meth:`Audit.to_frame`."""
    found = discovery.evidence
    held, searched = found.gaps.held_out, found.gaps.search_inflated
    low, high = held.gap.interval if held and held.gap.interval else (math.nan, math.nan)
    return {
        "verdict": found.verdict,
        "p_value": discovery.p_value,
        "bottom": found.bottom.description if found.bottom else None,
        "speakers": held.speakers if held else None,
        "held_out": held.gap.relative if held else None,
        "low": low,
        "high": high,
        "search_inflated": searched.gap.relative if searched else None,
        "join_rate": discovery.join_rate,
    }


def _names(search: SearchResult) -> tuple[str, ...]:
    """What else than its title a search goes by: its method, and the title without it."""
    return search.method, search.title.removeprefix(f"{search.method}: ")


def _every_name(searches: Sequence[SearchResult]) -> Iterator[str]:
    for search in searches:
        yield from (search.title.removeprefix(f"{search.method}: "), search.title)


def _search_signature(discovery: SearchResult) -> str:
    settings = ",".join(f"{name}={_short(value)}" for name, value in discovery.settings.items() if value is not None)
    return f"{discovery.method}({settings})"


def _short(value: object) -> str:
    return "+".join(map(str, value)) if isinstance(value, tuple) else str(value)
