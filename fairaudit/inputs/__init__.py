"""Read logs, and the feature tables that cohorts are built from."""

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
