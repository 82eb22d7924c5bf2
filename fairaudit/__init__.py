"""Which speakers a speech recogniser gets wrong more often, by how much, and how certain that is.

Examples
--------
>>> import fairaudit
>>> from fairaudit.samples import make_sample
>>> audit = fairaudit.audit(make_sample(speakers=200).log, by="accent", methods="named", permutations=99)
>>> audit.verdict, audit["accent"].gap.relative > 0
('disparity', True)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fairaudit.core.lazy import lazily

if TYPE_CHECKING:
    from fairaudit.api.audit import assign, audit, discover
    from fairaudit.api.boards import board
    from fairaudit.api.bootstrap import GroupBootstrap, bootstrap
    from fairaudit.api.checks import join_rates
    from fairaudit.api.collection import collection_plan
    from fairaudit.api.counts import score, tally
    from fairaudit.api.examples import examples
    from fairaudit.api.gates import gate
    from fairaudit.api.releases import compare, record
    from fairaudit.api.results import render_html, save
    from fairaudit.api.trials import trials
    from fairaudit.cohorts import CohortModel, Discoverer, Embedding, GeoScan, GeoTree, Named, ZipCensus
    from fairaudit.core.errors import FairauditError, InputError, NothingToAuditError, UsageError
    from fairaudit.core.rate import Rate
    from fairaudit.exports.outputs import read_models, write_models
    from fairaudit.exports.targets import targets
    from fairaudit.inputs import (
        CensusTable,
        Coordinates,
        EmbeddingTable,
        NamedColumns,
        UtteranceLog,
        read_census,
        read_embeddings,
        read_log,
    )
    from fairaudit.results.audit import Audit
    from fairaudit.results.board import Board
    from fairaudit.results.collection import CollectionPlan
    from fairaudit.results.comparison import Comparison
    from fairaudit.results.gate import GateResult
    from fairaudit.results.history import History
    from fairaudit.results.reading import read_result
    from fairaudit.results.search import SearchResult
    from fairaudit.results.trials import VerificationRates
    from fairaudit.stats.rates import Gap

__all__ = [
    "Audit",
    "Board",
    "CensusTable",
    "CohortModel",
    "CollectionPlan",
    "Comparison",
    "Coordinates",
    "Discoverer",
    "Embedding",
    "EmbeddingTable",
    "FairauditError",
    "Gap",
    "GateResult",
    "GeoScan",
    "GeoTree",
    "GroupBootstrap",
    "History",
    "InputError",
    "Named",
    "NamedColumns",
    "Normalizer",
    "NothingToAuditError",
    "Rate",
    "SearchResult",
    "UsageError",
    "UtteranceLog",
    "VerificationRates",
    "ZipCensus",
    "__version__",
    "assign",
    "audit",
    "board",
    "bootstrap",
    "collection_plan",
    "compare",
    "discover",
    "examples",
    "gate",
    "join_rates",
    "read_census",
    "read_embeddings",
    "read_log",
    "read_models",
    "read_result",
    "record",
    "render_html",
    "save",
    "score",
    "tally",
    "targets",
    "trials",
    "write_models",
]

__version__ = "0.2.0"

#: Where the public names live; they are imported when first used, so that ``import fairaudit`` costs nothing.
_HOMES: Final = {
    "Audit": "fairaudit.results.audit",
    "Board": "fairaudit.results.board",
    "CensusTable": "fairaudit.inputs",
    "CohortModel": "fairaudit.cohorts",
    "CollectionPlan": "fairaudit.results.collection",
    "Comparison": "fairaudit.results.comparison",
    "Coordinates": "fairaudit.inputs",
    "Discoverer": "fairaudit.cohorts",
    "Embedding": "fairaudit.cohorts",
    "EmbeddingTable": "fairaudit.inputs",
    "FairauditError": "fairaudit.core.errors",
    "Gap": "fairaudit.stats.rates",
    "GateResult": "fairaudit.results.gate",
    "GeoScan": "fairaudit.cohorts",
    "GeoTree": "fairaudit.cohorts",
    "GroupBootstrap": "fairaudit.api.bootstrap",
    "History": "fairaudit.results.history",
    "InputError": "fairaudit.core.errors",
    "Named": "fairaudit.cohorts",
    "NamedColumns": "fairaudit.inputs",
    "Normalizer": "fairaudit.scoring",
    "NothingToAuditError": "fairaudit.core.errors",
    "Rate": "fairaudit.core.rate",
    "SearchResult": "fairaudit.results.search",
    "UsageError": "fairaudit.core.errors",
    "UtteranceLog": "fairaudit.inputs",
    "VerificationRates": "fairaudit.results.trials",
    "ZipCensus": "fairaudit.cohorts",
    "assign": "fairaudit.api.audit",
    "audit": "fairaudit.api.audit",
    "board": "fairaudit.api.boards",
    "bootstrap": "fairaudit.api.bootstrap",
    "collection_plan": "fairaudit.api.collection",
    "compare": "fairaudit.api.releases",
    "discover": "fairaudit.api.audit",
    "examples": "fairaudit.api.examples",
    "gate": "fairaudit.api.gates",
    "join_rates": "fairaudit.api.checks",
    "read_census": "fairaudit.inputs",
    "read_embeddings": "fairaudit.inputs",
    "read_log": "fairaudit.inputs",
    "read_models": "fairaudit.exports.outputs",
    "read_result": "fairaudit.results.reading",
    "record": "fairaudit.api.releases",
    "render_html": "fairaudit.api.results",
    "save": "fairaudit.api.results",
    "score": "fairaudit.api.counts",
    "tally": "fairaudit.api.counts",
    "targets": "fairaudit.exports.targets",
    "trials": "fairaudit.api.trials",
    "write_models": "fairaudit.exports.outputs",
}

if not TYPE_CHECKING:
    __getattr__ = lazily(__name__, _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)
