"""Measure how much of a gap remains after adjusting for how hard the material is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fairaudit.auditing.again import measure_again
from fairaudit.core.workers import Workers
from fairaudit.evidence.design import Design
from fairaudit.evidence.gaps import Side
from fairaudit.evidence.verdict import JudgedSearch, judge
from fairaudit.results.audit_parts import AdjustedSearch, Adjustment
from fairaudit.units.adjusted import AdjustedLog
from fairaudit.units.build import build_tables

__all__ = ["adjust"]


def adjust(log: AdjustedLog, raw: Sequence[JudgedSearch], design: Design, workers: Workers | None = None) -> Adjustment:
    """Repeat the searches of an audit with expected errors as exposure and the same split of speakers.

    Parameters
    ----------
    log
        The log with expected errors.
    raw
        The searches without adjustment.
    design
        Sampling units of the audit, held-out mask and plan.
    workers
        Where the searches run; by default, in this process.
    """
    searches = [one.search for one in raw]
    table, unit_tables = build_tables(
        log, [search.features for search in searches], log.adjusted_rate, log.sampling_unit
    )
    held_out = design.held_out[design.table.names.get_indexer(table.names)]
    design = Design(table, held_out, design.plan)
    adjusted = judge(searches, unit_tables, design, workers)
    return Adjustment(
        log.covariates,
        log.support,
        tuple(
            AdjustedSearch(
                one.search.title, one.evidence, _same_cohort(replace(one, evidence=unadjusted.evidence), design)
            )
            for one, unadjusted in zip(adjusted, raw, strict=True)
        ),
    )


def _same_cohort(raw: JudgedSearch, design: Design) -> Side | None:
    """Compare the unadjusted bottom with the rest in adjusted rates, on the speakers whose gap decides."""
    return measure_again(raw, raw.units, design, design.table.dispersion)
