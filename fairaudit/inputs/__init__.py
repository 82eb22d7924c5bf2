"""Read logs, and the feature tables that cohorts are built from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fairaudit.core.lazy import lazily

if TYPE_CHECKING:
    from fairaudit.inputs.census import CensusTable, read_census
    from fairaudit.inputs.embeddings import EmbeddingTable, read_embeddings
    from fairaudit.inputs.log import UtteranceLog
    from fairaudit.inputs.named import NamedColumns
    from fairaudit.inputs.pairing import Pairing, pair
    from fairaudit.inputs.places import Coordinates
    from fairaudit.inputs.quality import DataQuality
    from fairaudit.inputs.reading import read_log

__all__ = [
    "CensusTable",
    "Coordinates",
    "DataQuality",
    "EmbeddingTable",
    "NamedColumns",
    "Pairing",
    "UtteranceLog",
    "pair",
    "read_census",
    "read_embeddings",
    "read_log",
]

#: Where the public names live; they are imported when first used, because a log needs no side tables.
_HOMES: Final = {
    "CensusTable": "fairaudit.inputs.census",
    "Coordinates": "fairaudit.inputs.places",
    "DataQuality": "fairaudit.inputs.quality",
    "EmbeddingTable": "fairaudit.inputs.embeddings",
    "NamedColumns": "fairaudit.inputs.named",
    "Pairing": "fairaudit.inputs.pairing",
    "UtteranceLog": "fairaudit.inputs.log",
    "pair": "fairaudit.inputs.pairing",
    "read_census": "fairaudit.inputs.census",
    "read_embeddings": "fairaudit.inputs.embeddings",
    "read_log": "fairaudit.inputs.reading",
}

if not TYPE_CHECKING:
    __getattr__ = lazily(__name__, _HOMES)
