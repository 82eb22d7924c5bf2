"""Check a log and its side tables without an audit."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fairaudit.api.logs import LogLike, log_of
from fairaudit.api.side_tables import Features, SideTables
from fairaudit.api.sources import MOST_LABELS, provenance_of, rate_of, source_for
from fairaudit.cohorts import discoverers
from fairaudit.core.columns import SPEAKER
from fairaudit.core.counts import speakers_outside
from fairaudit.inputs.named import NamedColumns
from fairaudit.units.build import build_tables, caveats_of

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
    return _joined(log, SideTables(census, crosswalk, embeddings).features(log), ())[0]


def check_tables(
    log: LogLike,
    *,
    census: CensusTable | str | os.PathLike[str] | None = None,
    crosswalk: str | os.PathLike[str] | None = None,
    embeddings: EmbeddingTable | str | os.PathLike[str] | None = None,
) -> dict[str, Any]:
    """Read the side tables of a log, and say what they offer and what an audit would use of it.

    Returns
    -------
    dict
        ``join_rates`` as in :func:`join_rates`, and of files that were joined; ``side_tables``, ``notes``, ``caveats``
        and ``coercions`` (numbers of rows, cells and vectors by kind of change) as in ``audit.json``.
    """
    log = log_of(log)
    tables = SideTables(census, crosswalk, embeddings)
    features = tables.features(log)
    labels = log.label_columns[:MOST_LABELS]
    rates, caveats = _joined(log, features, labels)
    provenance = provenance_of(log, features, (), tables.files, labels).with_caveats(caveats)
    return {
        "join_rates": {**log.quality.join_rates, **rates},
        "side_tables": provenance.side_tables,
        "coercions": provenance.quality["coercions"],
        "notes": provenance.quality["notes"],
        "caveats": provenance.quality["caveats"],
    }


def _joined(log: UtteranceLog, features: Features, labels: Sequence[str]) -> tuple[dict[str, float], tuple[str, ...]]:
    """Join rates of the discoverers that have their inputs, and caveats about ids."""
    by_method = {name: source_for(kind.keys, log, features) for name, kind in discoverers().items()}
    sources = {name: source for name, source in by_method.items() if source is not None}
    named = [NamedColumns(column) for column in labels]
    sampling_unit = log.cluster or SPEAKER
    table, tables = build_tables(log, [*sources.values(), *named], rate_of(log, None), sampling_unit, perfect=True)
    joined = {
        method: (len(table) - speakers_outside(units.counts.speaker, units.counts.group)) / len(table)
        for method, units in zip(sources, tables, strict=False)  # the tables of labels come last
    }
    return joined, caveats_of(table, tables)
