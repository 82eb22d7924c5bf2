"""Running several searches over one log and judging them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from fairaudit.auditing.adjustment import adjust
from fairaudit.auditing.areas import areas_of
from fairaudit.auditing.overlap import bottom_speakers, overlaps
from fairaudit.auditing.sensitivity import rescore
from fairaudit.auditing.voices import voices_of
from fairaudit.cohorts.model import CohortModel, settings_of
from fairaudit.cohorts.rules import Centroids, Rule, Tree
from fairaudit.core.columns import COORDINATES, LATITUDE, LONGITUDE, SPEAKER, ZIP_CODE
from fairaudit.core.counts import Rate
from fairaudit.core.errors import NothingToAuditError
from fairaudit.evidence.confirm import Evidence
from fairaudit.evidence.plan import Plan, Search
from fairaudit.evidence.verdict import judge
from fairaudit.results.audit import Audit, Provenance, SearchResult
from fairaudit.results.audit_document import overall_to_dict
from fairaudit.results.disclosure import unions_inside
from fairaudit.stats.split import split_speakers
from fairaudit.units.adjusted import AdjustedLog
from fairaudit.units.build import UnitFeatures, UnitTable, build_tables
from fairaudit.units.tally import Log

__all__ = ["run_audit"]


def run_audit(
    log: Log,
    tasks: Sequence[Search],
    rate: Rate,
    plan: Plan,
    provenance: Provenance,
    *,
    covariates: Sequence[str] = (),
    places: UnitFeatures | None = None,
    second_normalizer: str | None = None,
) -> Audit:
    """Run several searches over one log and judge them together.

    Parameters
    ----------
    log
        The log.
    tasks
        The searches; their p-values are family-wise over all of them.
    rate
        Which rate is audited.
    plan
        How evidence is gathered.
    provenance
        Carried to the outputs.
    covariates
        Columns of the log to take into account: all searches are repeated with expected errors as exposure.
    places
        Latitude and longitude, where they are known: they tell where speakers live whose zip codes are searched.
    second_normalizer
        Name and version, where the log has counts by it: the gaps that were found are measured in those as well.

    Raises
    ------
    NothingToAuditError
        If there are no tasks, or no errors or exposure in the log.
    """
    if not tasks:
        needs = "; ".join(f"{entry['method']} needs {entry['needs']}" for entry in provenance.skipped)
        raise NothingToAuditError(f"nothing to audit: no discoverer has its inputs ({needs or 'none was asked for'})")
    sampling_unit = log.cluster or SPEAKER
    by_zip = [task.features.keys == (ZIP_CODE,) for task in tasks]
    homes = [] if places is None or not any(by_zip) else [places]
    table, unit_tables = build_tables(log, [*(task.features for task in tasks), *homes], rate, sampling_unit)
    lived_in = unit_tables.pop() if homes else None
    plan = plan.for_speakers(len(table))
    held_out = split_speakers(table.exposure, plan.holdout, plan.seed)
    evidences = judge([(u, task.discoverer) for u, task in zip(unit_tables, tasks, strict=True)], table, held_out, plan)
    found = zip(tasks, unit_tables, evidences, strict=True)
    hashes = tuple(str(file["sha256"]) for file in provenance.inputs)
    discoveries = [_discovery(task, units, evidence, plan, hashes) for task, units, evidence in found]
    searched = list(zip(unit_tables, evidences, strict=True))
    unions = unions_inside(searched, held_out)
    bottoms = [bottom_speakers(units, evidence, len(table)) for units, evidence in searched]
    shared = overlaps([task.title for task in tasks], bottoms)
    areas = [areas_of(lived_in, b) if lived_in and zips else () for b, zips in zip(bottoms, by_zip, strict=True)]
    discoveries = [
        replace(discovery, unions=inside, overlap=shares, areas=squares)
        for discovery, inside, shares, squares in zip(discoveries, unions, shared, areas, strict=True)
    ]
    adjusted = None
    if covariates:
        adjusted = adjust(
            AdjustedLog(log, tuple(covariates), rate, sampling_unit), tasks, evidences, table, held_out, plan
        )
    again = None
    if second_normalizer is not None:
        again = rescore(second_normalizer, tasks, searched, held_out, rate, plan)
    overall = overall_to_dict(table, plan.bootstrap)
    return Audit(rate, sampling_unit, overall, tuple(discoveries), plan, provenance, adjusted, again)


def _discovery(
    task: Search, units: UnitTable, evidence: Evidence, plan: Plan, source_sha256: tuple[str, ...]
) -> SearchResult:
    settings = settings_of(task.discoverer)
    model = regions = None
    if evidence.rule is not None:
        bottom, top = evidence.bottom, evidence.top
        model = CohortModel.frozen(
            task.discoverer, task.title, task.features, evidence.rule, bottom, top, source_sha256
        )
        regions = _regions(evidence.rule, units)
    outside = evidence.unassigned.get("speakers", 0.0)
    everybody = units.counts.n_speakers
    return SearchResult(
        title=task.title,
        method=task.discoverer.method,
        settings=settings,
        model=model,
        evidence=evidence,
        regions=regions,
        voices=voices_of(units.assigned(), evidence.rule) if isinstance(evidence.rule, Centroids) else None,
        join_rate=(everybody - outside) / everybody,
        permutations=plan.permutations,
        alpha=plan.alpha,
    )


def _regions(rule: Rule, units: UnitTable) -> tuple[dict[str, Any], ...] | None:
    """Boxes of a tree over places, clipped to where the log's places lie and rounded outwards to 0.1 degrees."""
    if not isinstance(rule, Tree) or rule.features != COORDINATES:
        return None
    places = rule.unwrapped(units.features)
    low = np.floor(places.min(axis=0) * 10) / 10
    high = np.ceil(places.max(axis=0) * 10) / 10
    bounds = {LATITUDE: (float(low[0]), float(high[0])), LONGITUDE: (float(low[1]), float(high[1]))}
    boxes = []
    for cohort, box in rule.boxes(bounds):
        (south, north), (west, east) = box[LATITUDE], box[LONGITUDE]
        boxes.append({"cohort_id": cohort, "bounds": [round(x, 1) for x in (west, south, east, north)]})
    return tuple(sorted(boxes, key=lambda box: (box["cohort_id"], box["bounds"])))
