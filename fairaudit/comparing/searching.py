"""Find groups for a board on some of the speakers, by the errors of all systems together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pandas as pd

from fairaudit.core.columns import SPEAKER
from fairaudit.evidence.find import freeze
from fairaudit.evidence.measure import MIN_SPEAKERS
from fairaudit.evidence.splitting import design_of
from fairaudit.units.build import build_tables
from fairaudit.units.pooled import PooledLog

if TYPE_CHECKING:
    from fairaudit.cohorts.model import CohortModel
    from fairaudit.core.rate import Rate
    from fairaudit.core.settings import ScoringDoc
    from fairaudit.evidence.plan import Plan, Search
    from fairaudit.units.build import UnitFeatures
    from fairaudit.units.tally import Log

__all__ = ["FoundGroups", "find_groups"]


@dataclass(frozen=True)
class FoundGroups:
    """Groups that were found on the errors of all systems.

    Attributes
    ----------
    sets
        Frozen cohorts of each search, with the features by which speakers are assigned.
    aside
        Whether each set depends on errors, so that it is measured on the speakers kept aside.
    held_out
        Sampling units kept aside.
    share
        Share of the sampling units kept aside.
    """

    sets: Sequence[tuple[CohortModel, UnitFeatures]] = ()
    aside: Sequence[bool] = ()
    held_out: pd.Index = field(default_factory=lambda: pd.Index([]))
    share: float | None = None


def find_groups(
    log: Log,
    searches: Sequence[Search],
    rate: Rate,
    columns: Sequence[str],
    plan: Plan,
    *,
    source_sha256: tuple[str, ...],
    scoring: ScoringDoc,
) -> FoundGroups:
    """Find cohorts on the discovery speakers of an audit, by pooled errors (:mod:`fairaudit.units.pooled`).

    Parameters
    ----------
    log
        The aligned log of all systems.
    searches
        The searches. A search that does not depend on errors uses all speakers.
    rate
        The rate to compare.
    columns
        Column of the errors of each system.
    plan
        Settings of the split, as in an audit.
    source_sha256, scoring
        Where the logs come from, and how they were scored.

    Raises
    ------
    NothingToAuditError
        If no speaker has the features of a search.
    """
    if not searches:
        return FoundGroups()
    sampling_unit = log.cluster or SPEAKER
    pooled = PooledLog(log, tuple(columns), sampling_unit)
    features = [search.features for search in searches]
    table, unit_tables = build_tables(pooled, features, pooled.pooled_rate(rate), sampling_unit)
    searches = [_with_large_groups(search, plan.share_held_out(len(table))) for search in searches]
    design = design_of(searches, unit_tables, table, plan)
    models = [
        freeze(search, units, design, source_sha256, scoring)
        for search, units in zip(searches, unit_tables, strict=True)
    ]
    return FoundGroups(
        sets=[*zip(models, features, strict=True)],
        aside=[not search.discoverer.outcome_free for search in searches],
        held_out=table.names[design.held_out],
        share=design.share,
    )


def _with_large_groups(search: Search, share_measured: float) -> Search:
    """Raise ``min_speakers``, because every group must be tested, so that most have enough speakers kept aside."""
    if search.discoverer.outcome_free:
        return search
    floor = max(search.discoverer.min_speakers, math.ceil(MIN_SPEAKERS / share_measured))
    return replace(search, discoverer=replace(search.discoverer, min_speakers=floor))  # type: ignore[type-var]
