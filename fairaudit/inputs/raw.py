"""What a log is read into: the options of reading, the files, and the raw relation of the engine."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from fairaudit.core.columns import COUNT_COLUMNS, RESCORED, SPEAKER, UTTERANCES, bins_of
from fairaudit.core.derived import ON_DEMAND
from fairaudit.core.errors import InputError
from fairaudit.core.memory import DEFAULT_MEMORY, bytes_of
from fairaudit.core.quantiles import QUANTILES
from fairaudit.core.threshold import Threshold
from fairaudit.inputs.quality import Join, PartJoin
from fairaudit.scoring import Normalizer, Scripts, Token

__all__ = ["RAW", "InputFile", "NoRowsError", "RawLog", "Reading"]

#: The relation of the engine with the rows as they were read.
RAW: Final = "raw"


@dataclass(frozen=True)
class InputFile:
    """A file that was read.

    Attributes
    ----------
    name
        Its base name.
    sha256
        SHA-256 of the file on disk.
    rows
        Its number of rows, also of those that conditions leave out.
    measured
        Columns of the file that hold the hypotheses or the counts, and conditions on its rows. A file can hold those
        of several recognisers.
    """

    name: str
    sha256: str
    rows: int
    measured: tuple[str, ...] = ()


class NoRowsError(InputError):
    """A log, or a part of one, has no rows that are read; ``inputs`` are its files.

    ``values`` are those of the columns by which rows are chosen.
    """

    inputs: tuple[InputFile, ...] = ()
    values: Mapping[str, Collection[str]] = MappingProxyType({})


@dataclass(frozen=True)
class Reading:
    """Options of :func:`fairaudit.inputs.read_log`, which documents them.

    ``is_part`` says that this is a part of a log, so that nothing is decided that depends on all of its rows. ``types``
    are then those that columns of Parquet files of counts have in all files together.
    """

    normalizer: Normalizer
    second: Normalizer | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    format: str = "auto"
    token: Literal["word", "char", "mixed", "auto"] = "auto"
    strip_tags: bool = False
    alternatives: Literal["auto", "none", "sclite"] = "auto"
    missing_hypothesis: Literal["error", "empty", "drop"] = "error"
    missing_speaker: Literal["auto", "quarantine", "own", "keep"] = "auto"
    reference_kind: Literal["auto", "human", "pseudo"] = "auto"
    wrong_words: bool = False
    keep_texts: bool = False
    zip_pad: bool = False
    cluster: str | None = None
    max_quarantine: float = 0.01
    counts: tuple[str, ...] = ()
    rate_columns: tuple[str, ...] = ()
    derived: tuple[str, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    needed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    memory: int = bytes_of(DEFAULT_MEMORY)
    hypotheses: str | Path | None = None
    metadata: tuple[str | Path, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)
    is_part: bool = False
    types: Mapping[str, str] = field(default_factory=dict)

    @property
    def normalizers(self) -> tuple[Normalizer, ...]:
        """All normalisers with which texts are scored."""
        return (self.normalizer,) if self.second is None else (self.normalizer, self.second)

    @property
    def rescored(self) -> tuple[str, ...]:
        """Columns for the counts of the second normaliser."""
        return () if self.second is None else RESCORED

    @property
    def sampling_unit(self) -> str:
        """Column of the sampling unit."""
        return self.cluster or SPEAKER

    @property
    def measured(self) -> tuple[str, ...]:
        """Further columns of numbers, which are summed or compared with thresholds."""
        return tuple(dict.fromkeys([*self.counts, *(one.column for one in self.thresholds)]))

    @property
    def grouping(self) -> list[str]:
        """Columns that sums must have: those that are needed later, without thresholds, and with bins for quantiles."""
        compared = {one.column for one in self.thresholds}
        return [
            bins_of(name) if option == QUANTILES else name
            for option, names in self.needed.items()
            for name in names
            if option or name not in compared
        ]

    @property
    def further(self) -> tuple[str, ...]:
        """Columns besides those with a fixed meaning that must hold single values."""
        return (self.sampling_unit, *self.measured)

    @property
    def own(self) -> frozenset[str]:
        """Columns that are enough for the rates that are asked for, in a log without texts and errors.

        There are none if a rate counts errors, or if hypotheses are joined.
        """
        asked = {name for name in self.rate_columns if Threshold.parse(name) is None} - {UTTERANCES}
        return frozenset(() if self.hypotheses or asked & {*COUNT_COLUMNS, *ON_DEMAND} else asked)

    @property
    def required(self) -> str | None:
        """Column of the sampling unit, or None if the log need not have one."""
        return None if self.missing_speaker == "own" and self.cluster is None else self.sampling_unit


@dataclass(frozen=True)
class RawLog:
    """Content of the engine's relation :data:`RAW`; ``token`` is None if the log came with counts.

    ``names`` are the columns of the first file, ``segments`` says whether rows may be segments of recordings,
    ``protected`` counts the ids of a part that are protected from spreadsheets, and those that are not, and ``joins``
    is what became of the files that were joined. ``changes`` are the numbers of what is in no row, by kind.
    ``left_out`` is the number of rows of the files that conditions leave out, and ``values`` are those of the columns
    of these conditions. A part has ``joins_in_part`` in place of ``joins``.
    """

    inputs: tuple[InputFile, ...]
    token: Token | None
    notes: tuple[str, ...] = ()
    scripts: Scripts | None = None
    names: frozenset[str] = frozenset()
    segments: bool = False
    protected: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    joins: tuple[Join, ...] = ()
    changes: Mapping[str, int] = field(default_factory=dict)
    joins_in_part: tuple[PartJoin, ...] = ()
    left_out: int = 0
    values: Mapping[str, Collection[str]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Number of rows of the relation."""
        return sum(one.rows for one in self.inputs) - self.left_out
