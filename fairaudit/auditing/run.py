"""Run several searches over one log and judge them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import numpy as np

from fairaudit.auditing.adjustment import adjust
from fairaudit.auditing.areas import areas_of
from fairaudit.auditing.disclosure import disclosures
from fairaudit.auditing.overall_words import overall_words_of
from fairaudit.auditing.overlap import bottom_speakers, overlaps
from fairaudit.auditing.quantiles import quantiles_by_cohort
from fairaudit.auditing.sensitivity import rescore
from fairaudit.auditing.voices import voices_of
from fairaudit.auditing.wrong_words import wrong_words_of
from fairaudit.cohorts.model import CohortModel, settings_of
from fairaudit.cohorts.rules import Centroids, Rule, Tree
from fairaudit.core.columns import COORDINATES, LATITUDE, LONGITUDE, SPEAKER, ZIP_CODE
from fairaudit.core.progress import report
from fairaudit.core.rate import Rate
from fairaudit.core.settings import ScoringDoc
from fairaudit.core.workers import Workers
from fairaudit.evidence.design import Design
from fairaudit.evidence.find import smallest_cohort
from fairaudit.evidence.plan import Plan, Search
from fairaudit.evidence.splitting import design_of
from fairaudit.evidence.verdict import JudgedSearch, judge
from fairaudit.results.audit import Audit
from fairaudit.results.audit_document import audit_overall_to_dict
from fairaudit.results.disclosure import Disclosure
from fairaudit.results.documents import RegionDoc
from fairaudit.results.provenance import Provenance
from fairaudit.results.search import SearchResult
from fairaudit.units.adjusted import AdjustedLog
from fairaudit.units.build import UnitFeatures, UnitTable, build_tables, caveats_of
from fairaudit.units.tally import Log

__all__ = ["run_audit"]

_NO_QUANTILES: Final[Mapping[str, Sequence[float]]] = MappingProxyType({})


def run_audit(
    log: Log,
    searches: Sequence[Search],
    rate: Rate,
    plan: Plan,
    provenance: Provenance,
    *,
    covariates: Sequence[str] = (),
    places: UnitFeatures | None = None,
    second_normalizer: str | None = None,
    quantiles: Mapping[str, Sequence[float]] = _NO_QUANTILES,
    jobs: int = 1,
) -> Audit:
    """Run several searches over one log and judge them together.

    Parameters
    ----------
    log
        The log.
    searches
        The searches. Their p-values are family-wise over all of them. Without any, the audit describes all speakers,
        and its verdict is that evidence is insufficient.
    rate
        The rate to audit.
    plan
        Settings for gathering evidence.
    provenance
        Origin of the data, which is copied to the results.
    covariates
        Columns of the log to adjust for: all searches are repeated with expected errors as exposure.
    places
        Latitude and longitude, if known, for the map of a search over zip codes.
    second_normalizer
        Name and version of the second normaliser of the log, with whose counts the same gaps are measured again.
    quantiles
        Shares of the utterances that quantiles are asked for, by column; the log has the bins of each column.
    jobs
        Number of processes in which the searches run.

    Raises
    ------
    NothingToAuditError
        If the log has no errors or no exposure.
    """
    sampling_unit = log.cluster or SPEAKER
    features = [search.features for search in searches]
    homes = [places] if places is not None and any(map(_is_over_zips, searches)) else []
    with Workers(jobs) as workers:
        if len(searches) > 1:
            workers.prepare(judge.__module__)
        table, unit_tables = build_tables(log, [*features, *homes], rate, sampling_unit)
        provenance = provenance.with_caveats(caveats_of(table, unit_tables))
        own_tables = unit_tables[: len(searches)]
        design = design_of(searches, own_tables, table, plan, workers=workers)
        judged = judge(searches, own_tables, design, workers)
        adjusted = rescored = None
        if covariates:
            adjusted = adjust(AdjustedLog(log, tuple(covariates), rate, sampling_unit), judged, design, workers)
    report("measuring groups")
    if second_normalizer is not None and judged:
        rescored = rescore(second_normalizer, judged, rate, design)
    return Audit(
        rate=rate,
        sampling_unit=sampling_unit,
        overall=audit_overall_to_dict(table, rate, design.plan.bootstrap),
        searches=_results(
            judged,
            disclosures(log, judged, rate, sampling_unit, design),
            design,
            rate,
            provenance,
            unit_tables[-1] if homes else None,
        ),
        plan=design.plan,
        provenance=provenance,
        adjusted=adjusted,
        sensitivity=rescored,
        quantiles=quantiles_by_cohort(log, judged, rate, sampling_unit, design, quantiles),
        wrong_words=wrong_words_of(log, judged, rate, sampling_unit, design),
        overall_words=None if judged else overall_words_of(log, rate, sampling_unit, table),
    )


def _is_over_zips(search: Search) -> bool:
    """Whether the units of a search are zip codes, which have no coordinates."""
    return search.features.keys == (ZIP_CODE,)


def _results(
    judged: Sequence[JudgedSearch],
    shown: Sequence[Disclosure],
    design: Design,
    rate: Rate,
    provenance: Provenance,
    homes: UnitTable | None,
) -> tuple[SearchResult, ...]:
    """Return the results of all searches, with their overlaps."""
    source_sha256 = tuple(str(file["sha256"]) for file in provenance.inputs)
    scoring: ScoringDoc = {"rate": rate.signature, **provenance.scoring}
    bottoms = [bottom_speakers(one, len(design.table)) for one in judged]
    shared = overlaps([one.search.title for one in judged], bottoms)
    return tuple(
        replace(
            _result(one, disclosure, design.plan, source_sha256, scoring),
            overlap=overlap,
            areas=areas_of(homes, bottom) if homes is not None and _is_over_zips(one.search) else (),
        )
        for one, disclosure, overlap, bottom in zip(judged, shown, shared, bottoms, strict=True)
    )


def _result(
    judged: JudgedSearch, shown: Disclosure, plan: Plan, source_sha256: tuple[str, ...], scoring: ScoringDoc
) -> SearchResult:
    """Return the result of one search, with its frozen cohorts, regions and voices."""
    search, units, evidence = judged.search, judged.units, judged.evidence
    model = regions = voices = None
    if evidence.partition is not None:
        rule, bottom, top = evidence.partition.rule, evidence.partition.bottom, evidence.partition.top
        model = CohortModel.frozen(
            search.discoverer, search.title, search.features, rule, bottom, top, source_sha256, scoring
        )
        model = replace(model, unnamed=shown.unnamed, reportable=shown.frozen)
        regions = _regions(rule, units)
        voices = voices_of(units.assigned(), rule) if isinstance(rule, Centroids) else None
    n_speakers = units.counts.n_speakers
    return SearchResult(
        title=search.title,
        method=search.discoverer.method,
        settings=settings_of(search.discoverer),
        model=model,
        evidence=evidence,
        disclosure=shown,
        regions=regions,
        voices=voices,
        join_rate=(n_speakers - evidence.unassigned.get("speakers", 0.0)) / n_speakers,
        permutations=plan.permutations,
        alpha=plan.alpha,
        smallest_cohort=smallest_cohort(search.discoverer, plan.share_held_out(n_speakers)),
    )


def _regions(rule: Rule, units: UnitTable) -> tuple[RegionDoc, ...] | None:
    """Return the boxes of a tree over places, clipped to the extent of the log and rounded outwards to 0.1 degrees."""
    if not isinstance(rule, Tree) or rule.features != COORDINATES:
        return None
    places = rule.unwrapped(units.features)
    low = np.floor(places.min(axis=0) * 10) / 10
    high = np.ceil(places.max(axis=0) * 10) / 10
    bounds = {LATITUDE: (float(low[0]), float(high[0])), LONGITUDE: (float(low[1]), float(high[1]))}
    boxes: list[RegionDoc] = []
    for cohort, box in rule.boxes(bounds):
        (south, north), (west, east) = box[LATITUDE], box[LONGITUDE]
        boxes.append({"cohort_id": cohort, "bounds": [round(x, 1) for x in (west, south, east, north)]})
    return tuple(sorted(boxes, key=lambda box: (box["cohort_id"], box["bounds"])))
