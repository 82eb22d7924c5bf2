"""An audit and what it is made of: results that hold results, and no utterance, no speaker, no place."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

import fairaudit
from fairaudit.cohorts.model import CohortModel
from fairaudit.core.counts import Rate
from fairaudit.core.signature import signature, software
from fairaudit.core.text import json_text
from fairaudit.core.verdicts import Verdict
from fairaudit.evidence.confirm import Evidence
from fairaudit.evidence.plan import Plan
from fairaudit.results.audit_document import (
    SCHEMA_VERSION,
    adjustment_to_dict,
    areas_to_dict,
    cohort_to_dict,
    evidence_to_dict,
    overlaps_to_dict,
    sensitivity_to_dict,
    voices_to_dict,
)
from fairaudit.results.audit_parts import Adjustment, Area, Overlap, Sensitivity, Voices
from fairaudit.results.display import Displayed, rendered

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
    inputs: Sequence[Mapping[str, Any]]
    quality: Mapping[str, Any]
    skipped: Sequence[Mapping[str, str]] = ()
    side_tables: Sequence[Mapping[str, str]] = ()


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
    regions: tuple[dict[str, Any], ...] | None
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

    def to_frame(self) -> pd.DataFrame:
        """The cohorts as a table, worst first, nothing withheld; for analysis, not for publication."""
        return pd.DataFrame([cohort_to_dict(cohort, self.alpha) for cohort in self.evidence.cohorts])

    def __repr__(self) -> str:
        p, bottom = self.evidence.p_value, self.evidence.bottom
        told = [self.verdict, None if p is None else f"p = {p:.3g}", None if bottom is None else bottom.description]
        return f"<SearchResult {self.title}: {', '.join(filter(None, told))}>"

    def to_dict(self, *, unredacted: bool) -> dict[str, Any]:
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

    Examples
    --------
    >>> from fairaudit.samples import make_sample
    >>> log = fairaudit.read_log(make_sample(speakers=200).log)
    >>> found = fairaudit.audit(log, methods=["named"], by=["device"], permutations=99)
    >>> found
    <Audit of wer by speaker_id: no evidence in 1 search>
    """

    rate: Rate
    sampling_unit: str
    overall: Mapping[str, Any]
    searches: tuple[SearchResult, ...]
    plan: Plan
    provenance: Provenance
    adjusted: Adjustment | None = None
    sensitivity: Sensitivity | None = None

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
                "cross_fit": self.plan.cross_fit or None,
                "version": fairaudit.__version__,
            }
        )

    def to_frame(self) -> pd.DataFrame:
        """The searches side by side, one row each, nothing withheld; for analysis, not for publication.

        Returns
        -------
        DataFrame
            Indexed by the searches' titles: ``verdict``, ``p_value``, ``bottom`` (in words), ``speakers`` (held-out
            sampling units in it), its relative gap ``held_out`` with the 95 % interval ``low`` to ``high``, the same
            gap where the search had looked, ``search_inflated``, and ``join_rate``. What is not defined is missing.
        """
        return pd.DataFrame([_row(found) for found in self.searches], index=[d.title for d in self.searches])

    def to_dict(self, *, unredacted: bool = False) -> dict[str, Any]:
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
            "intervals": self.plan.intervals,
            "inputs": [dict(entry) for entry in self.provenance.inputs],
            "side_tables": [dict(entry) for entry in self.provenance.side_tables],
            "quality": {
                **self.provenance.quality,
                "join_rates": {discovery.title: discovery.join_rate for discovery in self.searches},
            },
            "overall": dict(self.overall),
            "searches": len(ran),
            "skipped": [dict(entry) for entry in self.provenance.skipped],
            "adjusted": None if self.adjusted is None else adjustment_to_dict(self.adjusted, unredacted=unredacted),
            "normalizer_sensitivity": None
            if self.sensitivity is None
            else sensitivity_to_dict(self.sensitivity, unredacted=unredacted),
            "discoveries": [d.to_dict(unredacted=unredacted) for d in self.searches],
        }

    def to_json(self, *, unredacted: bool = False) -> str:
        """The text of ``audit.json``; equal audits give equal bytes."""
        return json_text(self.to_dict(unredacted=unredacted))

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
        "p_value": found.p_value,
        "bottom": found.bottom.description if found.bottom else None,
        "speakers": held.speakers if held else None,
        "held_out": held.gap.relative if held else None,
        "low": low,
        "high": high,
        "search_inflated": searched.gap.relative if searched else None,
        "join_rate": discovery.join_rate,
    }


def _search_signature(discovery: SearchResult) -> str:
    settings = ",".join(f"{name}={_short(value)}" for name, value in discovery.settings.items() if value is not None)
    return f"{discovery.method}({settings})"


def _short(value: object) -> str:
    return "+".join(map(str, value)) if isinstance(value, tuple) else str(value)
