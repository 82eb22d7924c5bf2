"""Check a log and its side tables without an audit."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from fairaudit.api.label_columns import MOST_LABELS
from fairaudit.api.logs import LogLike, log_of, rate_of
from fairaudit.api.provenance import joined_files, quality_of, side_tables_of
from fairaudit.api.side_tables import Features, SideTables
from fairaudit.core.columns import SPEAKER
from fairaudit.core.plugins import DISCOVERERS, announced
from fairaudit.units.identity import alike_ids, of_a_person, several_labels

if TYPE_CHECKING:
    from fairaudit.inputs.census import CensusTable
    from fairaudit.inputs.embeddings import EmbeddingTable
    from fairaudit.inputs.log import UtteranceLog

__all__ = ["check_tables", "join_rates"]


def join_rates(
    log: LogLike,
    *,
    census: CensusTable | str | os.PathLike[str] | None = None,
    crosswalk: str | os.PathLike[str] | None = None,
    embeddings: EmbeddingTable | str | os.PathLike[str] | None = None,
) -> dict[str, float]:
    """Share of the log's sampling units that each discoverer could sort, by method."""
    log = log_of(log)
    return _joined(log, SideTables(census, crosswalk, embeddings).features(log))[0]


def check_tables(
    log: LogLike,
    *,
    rate: str | None = None,
    census: CensusTable | str | os.PathLike[str] | None = None,
    crosswalk: str | os.PathLike[str] | None = None,
    embeddings: EmbeddingTable | str | os.PathLike[str] | None = None,
) -> dict[str, Any]:
    """Read the side tables of a log, and say what they offer and what an audit of the rate would use of it.

    Returns
    -------
    dict
        ``join_rates`` as in :func:`join_rates`, and of files that were joined; ``side_tables``, ``notes``, ``caveats``
        and ``coercions`` (numbers of rows, cells and vectors by kind of change) as in ``audit.json``.
    """
    log = log_of(log, rate=rate)
    if rate is not None:
        chosen = rate_of(log, rate)
        chosen.require_exposure(log.tally(SPEAKER)[chosen.denominator].sum())
    elif log.exposure is not None:
        rate_of(log, None).require_exposure(log.totals[log.exposure])
    tables = SideTables(census, crosswalk, embeddings)
    features = tables.features(log)
    labels = log.label_columns[:MOST_LABELS]
    rates, caveats = _joined(log, features)
    quality = quality_of(log, features, labels)
    about_ids = (*_alike_ids(log), *caveats, *_several_labels(log, labels))
    return {
        "join_rates": {**log.quality.join_rates, **rates},
        "side_tables": [*joined_files(log), *side_tables_of(features, tables.files)],
        "coercions": quality["coercions"],
        "notes": quality["notes"],
        "caveats": [*dict.fromkeys([*quality["caveats"], *about_ids])],
    }


def _alike_ids(log: UtteranceLog) -> tuple[str, ...]:
    """Say how many sampling units look alike."""
    unit = log.cluster or SPEAKER
    return alike_ids(unit, log.distinct([unit])[unit].to_pylist())


def _several_labels(log: UtteranceLog, columns: Iterable[str]) -> tuple[str, ...]:
    """Say which columns give speakers several labels of what a person has one of."""
    if log.cluster:
        return ()
    asked = filter(of_a_person, columns)
    return tuple(caveat for one in asked for caveat in several_labels(log.distinct([SPEAKER, one]), SPEAKER, [one]))


def _joined(log: UtteranceLog, features: Features) -> tuple[dict[str, float], tuple[str, ...]]:
    """Join rates of the discoverers that have their inputs, and caveats about the ids that are joined."""
    if not features and not announced(DISCOVERERS):  # nothing to join with; what would find out is costly to import
        return {}, ()
    from fairaudit.api.sources import source_for
    from fairaudit.cohorts import discoverers
    from fairaudit.core.counts import speakers_outside
    from fairaudit.units.build import build_tables

    by_method = {name: source_for(kind.keys, log, features) for name, kind in discoverers().items()}
    sources = {name: source for name, source in by_method.items() if source is not None}
    table, tables = build_tables(log, [*sources.values()], rate_of(log, None), log.cluster or SPEAKER, perfect=True)
    joined = {
        method: (len(table) - speakers_outside(units.counts.speaker, units.counts.group)) / len(table)
        for method, units in zip(sources, tables, strict=True)
    }
    return joined, tuple(dict.fromkeys(caveat for units in tables for caveat in units.caveats))
