"""The values of options that have a fixed set of them, known without importing what they select."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from fairaudit.core.errors import UsageError, unknown_name
from fairaudit.core.verdicts import Intervals

__all__ = [
    "ALTERNATIVES",
    "ENGINES",
    "EXPORTS",
    "FOCUSES",
    "FORMATS",
    "INTERVALS",
    "METHODS",
    "MISSING_HYPOTHESIS",
    "MISSING_SPEAKER",
    "MIXTURES",
    "NORMALIZERS",
    "OF_AUDITS",
    "OF_LOGS",
    "ORDERS",
    "RATES",
    "REFERENCE_KINDS",
    "ROWS",
    "RULES",
    "SCHEMAS",
    "SECOND_NORMALIZERS",
    "UNITS",
    "Choices",
]

# A test compares them with the tables of the library, which would load numpy and pandas.
FORMATS: Final = (
    "auto",
    "parquet",
    "arrow",
    "excel",
    "nemo",
    "lhotse",
    "meeteval",
    "json",
    "jsonl",
    "pra",
    "sgml",
    "speechbrain",
    "per_utt",
    "stm",
    "trn",
    "kaldi",
    "common-voice",
    "tsv",
    "csv",
)
UNITS: Final = ("auto", "word", "char", "mixed")
NORMALIZERS: Final = ("none", "basic", "ascii-punct", "whisper-en")
SECOND_NORMALIZERS: Final = ("auto", "off", *NORMALIZERS)
#: Ends of the names of files of rules.
RULES: Final = (".toml", ".json")
ALTERNATIVES: Final = ("auto", "none", "sclite")
MISSING_HYPOTHESIS: Final = ("error", "empty", "drop")
MISSING_SPEAKER: Final = ("auto", "quarantine", "own", "keep")
REFERENCE_KINDS: Final = ("auto", "human", "pseudo")
ENGINES: Final = ("embedded", "dask")
METHODS: Final = ("all", "geo-tree", "geo-scan", "zip-census", "embedding", "named")
RATES: Final = (
    "wer",
    "cer",
    "mer",
    "substitution_rate",
    "deletion_rate",
    "insertion_rate",
    "sentence_error",
    "mostly_wrong",
    "hallucination_rate",
)
INTERVALS: Final = tuple(Intervals)
SCHEMAS: Final = ("audit", "board", "cohorts", "comparison", "gate", "history", "trials")
ROWS: Final = ("speaker", "utterance")
FOCUSES: Final = ("all", "bottom")
ORDERS: Final = ("errors", "rate", "substitutions", "deletions", "insertions")
#: Targets of an export that is made from a log and its cohorts, and of one that is made from an audit.
OF_LOGS: Final = ("nemo", "lhotse", "kaldi", "stm")
#: What `targets` writes: a list, or files for a tool.
MIXTURES: Final = ("csv", "nemo", "lhotse", "espnet")
OF_AUDITS: Final = ("csv", "markdown", "model-index", "junit", "latex", "csv-table")
EXPORTS: Final = (*OF_LOGS, *OF_AUDITS)


#: Characters of the values of an option that fit into a line of the help.
_A_LINE: Final = 60


@dataclass(frozen=True)
class Choices:
    """The values that an option accepts; an annotation beside its ``typer.Option``."""

    names: tuple[str, ...]
    #: Ends of the names of files that the option accepts as well.
    suffixes: tuple[str, ...] = ()

    @property
    def metavar(self) -> str:
        """The values as the help shows them, unless they are too many for a line."""
        values = "|".join([*self.names, *(["FILE"] if self.suffixes else [])])
        return values if len(values) <= _A_LINE else "NAME"

    def check(self, option: str, value: str) -> None:
        """Refuse any other value, and name the nearest one.

        Raises
        ------
        UsageError
            If the value is not one of the choices.
        """
        if value not in self.names and not self.is_file(value):
            files = [f"FILE{suffix}" for suffix in self.suffixes]
            raise UsageError(unknown_name(f"value of {option}", value, [*self.names, *files]))

    def is_file(self, value: str) -> bool:
        """Whether a value is the name of a file."""
        return bool(self.suffixes) and value.lower().endswith(self.suffixes)

    def starting_with(self, incomplete: str) -> Iterable[str]:
        """Give the values that complete a word on the command line."""
        return [name for name in self.names if name.startswith(incomplete)]
