"""A log that was read, scored and checked, so that it can be summed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fairaudit.core.bands import Bands
from fairaudit.core.columns import (
    ERRORS,
    RESCORED,
    SPEAKER,
    UTTERANCE,
    UTTERANCES,
    names,
)
from fairaudit.core.derived import MILLION, millionths
from fairaudit.core.errors import InputError, UsageError
from fairaudit.core.files import write_atomically
from fairaudit.core.settings import PSEUDO, ScoringDoc
from fairaudit.engines import EmbeddedEngine
from fairaudit.engines.embedded import identifier
from fairaudit.inputs.bands import add_bands, quantile_bands, require_numbers
from fairaudit.inputs.checking import USED
from fairaudit.inputs.labelled import LabelledLog
from fairaudit.inputs.quality import DataQuality, Findings, quarantine_csv
from fairaudit.inputs.raw import InputFile
from fairaudit.inputs.rules import ALIGNED, OWN_SPEAKERS, REFERENCE_HASH
from fairaudit.inputs.showing import log_html
from fairaudit.inputs.suggesting import lacking
from fairaudit.inputs.summed import Summed
from fairaudit.inputs.texts import Unit, exposure_name
from fairaudit.inputs.wrong_words import sum_wrong_words
from fairaudit.scoring import NormalizedPairs

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

    from fairaudit.units.wrong_words import WrongWords

__all__ = ["UtteranceLog"]

#: The millionths of a smaller number are exact in floating point.
_SMALL: Final = 2**33


@dataclass(frozen=True, eq=False, repr=False)
class UtteranceLog(LabelledLog):
    """A validated log with one row per utterance, or a tally of such logs, and additive integer counts.

    Attributes
    ----------
    inputs
        The files of the log.
    quality
        How many of their rows were used, changed or quarantined.
    unit
        ``"word"``, ``"char"`` or ``"mixed"``, or ``"none"`` if no errors are counted, but only columns of other rates.
    normalizer
        Name and version, such as ``"basic-2"``; None if the log came with counts.
    second_normalizer
        Name and version of the normaliser with which texts were scored a second time; None if they were not.
    settings
        Settings that can change a number, for the signature. The value is None for defaults.
    cluster
        Column of the sampling unit, if that is not the speaker.
    zip_pad
        Whether lost leading zeros of zip codes are restored, in the log and in a census table.
    count_columns
        Names of the additive columns. Those named by :func:`fairaudit.core.columns.rescored` hold the counts of
        the second normaliser.
    derived_columns
        Further such columns that are derived from the others (:data:`fairaudit.core.derived.DERIVED`), and the decimals
        of count columns (:func:`fairaudit.core.derived.millionths`).
    thresholds
        The number of each percentile of its columns, such as ``{"latency_ms>p90": "latency_ms>810"}``.
    columns
        Names of all other columns, by which a tally can be grouped.

    Examples
    --------
    >>> from fairaudit.inputs.reading import read_log
    >>> import pandas as pd
    >>> log = read_log(pd.DataFrame({"speaker_id": ["s1", "s2", "s1"], "errors": [1, 0, 2], "words": [9, 8, 7]}))
    >>> log
    <UtteranceLog of 3 utterances by 2 speakers: 3 errors in 24 words>
    >>> len(log)
    3
    >>> log.tally("speaker_id")["errors"].to_dict()
    {'s1': 3, 's2': 0}
    """

    inputs: tuple[InputFile, ...]
    quality: DataQuality
    unit: Unit
    normalizer: str | None
    second_normalizer: str | None
    settings: Mapping[str, str | None]
    cluster: str | None
    zip_pad: bool
    count_columns: tuple[str, ...]
    derived_columns: tuple[str, ...]
    columns: tuple[str, ...]
    _engine: EmbeddedEngine
    _findings: Findings
    _quarantine: pa.Table
    thresholds: Mapping[str, str] = field(default_factory=dict)
    _relation: str = USED
    _summed: Summed | None = None
    _files: tuple[str, ...] = ()
    _normalized: NormalizedPairs | None = None

    def __len__(self) -> int:
        """Number of rows of the log that are used."""
        return self.quality.rows_used

    def __repr__(self) -> str:
        totals = self.totals
        counted = (
            ", ".join(name for name in self.count_columns if name != UTTERANCES)
            if self.exposure is None
            else f"{totals[ERRORS]:,} errors in {totals[self.exposure]:,} {self.exposure}"
        )
        return f"<UtteranceLog of {len(self):,} utterances by {self.speakers} speakers: {counted}>"

    def _repr_html_(self) -> str:
        return log_html(self)

    @property
    def speakers(self) -> str:
        """Number of speakers in words; rows without one that count as a speaker of their own are no speakers."""
        known = self.totals[SPEAKER] - (unknown := self.quality.coercions.get(OWN_SPEAKERS, 0))
        return f"{known:,} known" if unknown and known else "unknown" if unknown else f"{known:,}"

    @property
    def name(self) -> str:
        """Names of the files that were read, for messages."""
        first, *others = self._files or (file.name for file in self.inputs)
        return f"{first} and {len(others)} more" if others else first

    @property
    def scoring(self) -> ScoringDoc:
        """Settings that define its numbers, which travel with every result.

        Examples
        --------
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"speaker_id": ["a"], "reference": ["a b c"], "hypothesis": ["a c"]})
        >>> from fairaudit.inputs.reading import read_log
        >>> scoring = read_log(frame, normalizer="none", strip_tags=True).scoring
        >>> scoring["normalizer"], scoring["strip_tags"], scoring["missing_hypothesis"], scoring["cluster"]
        ('none-1', True, 'error', 'speaker_id')
        """
        texts = self.normalizer is not None
        scoring: ScoringDoc = {
            "unit": self.unit,
            "normalizer": self.normalizer,
            "strip_tags": self.settings.get("removed") is not None if texts else None,
            "alternatives": self.settings.get("alternatives") or "none" if texts else None,
            "missing_hypothesis": self.settings.get("missing_hypothesis") or "error" if texts else None,
            "missing_speaker": self.settings.get("missing_speaker") or "auto",
            "cluster": self.cluster or SPEAKER,
        }
        if self.settings.get("reference_kind") == PSEUDO:
            scoring["reference_kind"] = PSEUDO
        return scoring

    @cached_property
    def quarantine(self) -> pd.DataFrame:
        """One row per problem: row (as numbered by an editor or a spreadsheet), file, column, code, value."""
        frame: pd.DataFrame = self._quarantine.to_pandas()
        return frame

    @property
    def is_tally(self) -> bool:
        """Whether the rows of the log are not there, but only their sums over speakers and groups."""
        return self._summed is not None

    @property
    def has_hashes(self) -> bool:
        """Whether its texts can be compared with those of another log in this process."""
        return REFERENCE_HASH in self._engine.types(self._relation)

    @cached_property
    def has_words(self) -> bool:
        """Whether its alignments were kept, so that :meth:`wrong_words` can be summed."""
        return {*ALIGNED.values()} <= {*self._engine.types(self._relation)}

    def wrong_words(self, rows: pa.Table, cell: NDArray[np.int64], speaker: NDArray[np.int64]) -> WrongWords | None:
        """Return how often words are said and wrong, and what becomes of them, in cells of the log.

        Parameters
        ----------
        rows
            Distinct rows of some columns, as :meth:`distinct` returns them. Other rows are left out.
        cell, speaker
            Codes of the cell and of the sampling unit of each of them, from 0, shape (n_rows,).

        Returns
        -------
        WrongWords or None
            ``None`` if the log was read without its alignments.
        """
        if self.unit == "none" or not self.has_words:
            return None
        spelled = self._spelled(rows.column_names)
        return sum_wrong_words(self._engine, self._relation, spelled, rows, cell, speaker, token=self.unit)

    def require(self, columns: Iterable[str]) -> None:
        """Make sure that the log has some columns.

        Raises
        ------
        InputError
            If it lacks one; the message suggests similar names.
        """
        missing = [name for name in columns if name not in self.columns]
        if missing and self.is_tally and UTTERANCE in missing:
            raise InputError(
                f"{self.name}: this needs utterances, but a tally has only sums over speakers and groups; give the "
                "log, or the file of fairaudit score"
            )
        if missing:
            what = f"the tally of {self.name}" if self.is_tally else "log"
            raise InputError(lacking(what, missing, self.columns))

    @cached_property
    def totals(self) -> Mapping[str, int]:
        """Number of distinct speakers, and errors and exposure of the whole log, if it counts errors."""
        counts = () if self.exposure is None else (ERRORS, self.exposure)
        unit = identifier(SPEAKER if SPEAKER in self.columns else self.cluster or SPEAKER)
        sums = [f"count(DISTINCT {unit})"]
        sums += [f"CAST(coalesce(sum({identifier(name)}), 0) AS BIGINT)" for name in counts]
        totals = self._engine.rows(f"SELECT {', '.join(sums)} FROM {USED}")[0]
        return dict(zip((SPEAKER, *counts), map(int, totals), strict=True))

    def to_frame(self) -> pd.DataFrame:
        """Return the used rows, one per utterance, without their texts; of a tally, its rows.

        Returns
        -------
        pandas.DataFrame
            :attr:`columns`, followed by the :attr:`count_columns`, except those of the second normaliser. They are
            int64, or float64 where the log has decimals.

        Examples
        --------
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"speaker_id": ["a"], "reference": ["a b c"], "hypothesis": ["a c"]})
        >>> from fairaudit.inputs.reading import read_log
        >>> read_log(frame).to_frame()[["speaker_id", "errors", "words"]].values.tolist()
        [['a', 1, 3]]
        """
        counts = [name for name in self.count_columns if name not in RESCORED]
        decimals = [name for name in map(millionths, counts) if name in self.derived_columns]
        wanted = ", ".join(map(identifier, (*self.columns, *counts, *decimals)))
        return self._with_decimals(self._engine.frame(f"SELECT {wanted} FROM {identifier(self._relation)}"))

    @cached_property
    def _never_counted(self) -> frozenset[str]:
        """Derived columns that are 0 in every row, as most are in most logs. Summing them over groups is costly."""
        if not self.derived_columns:
            return frozenset()
        largest = ", ".join(f"max({identifier(name)})" for name in self.derived_columns)
        values = self._engine.rows(f"SELECT {largest} FROM {identifier(self._relation)}")[0]
        return frozenset(name for name, value in zip(self.derived_columns, values, strict=True) if not value)

    def has_decimals(self, column: str) -> bool:
        """Whether a number in a count column of the log is not whole."""
        part = millionths(column)
        return part in self.derived_columns and part not in self._never_counted

    @property
    def exposure(self) -> str | None:
        """What errors are counted in: ``"words"``, ``"characters"`` or ``"words_and_characters"``, if there are any."""
        return exposure_name(self.unit)

    def tally(self, by: str | Sequence[str]) -> pd.DataFrame:
        """Sum every count column and derived column over groups of utterances.

        Spellings of the same label (:func:`fairaudit.core.labels.label_key`) are one group, under the most frequent
        spelling. Ids, places and zip codes are never joined.

        Parameters
        ----------
        by
            One or more of :attr:`columns`. Missing keys form a group of their own, which includes blank labels.

        Returns
        -------
        pandas.DataFrame
            One row per group, with int64 sums. Those of a column with decimals, which are summed in millionths, are
            float64. The index has the levels ``by`` and is sorted, missing keys last.

        Raises
        ------
        InputError
            If the log lacks a column; the message suggests similar names.
        UsageError
            If ``by`` is empty or names a column twice.
        """
        keys = names(by)
        if not keys or len(set(keys)) < len(keys):
            raise UsageError(f"a tally needs one or more distinct columns, not {list(keys)}")
        self.require(keys)
        return self._by_unit.copy() if [*keys] == [self.cluster or SPEAKER] else self._tally(keys)

    @cached_property
    def _by_unit(self) -> pd.DataFrame:
        """The tally by sampling unit, for which an audit asks more than once."""
        return self._tally([self.cluster or SPEAKER])

    def _tally(self, keys: Sequence[str]) -> pd.DataFrame:
        counts = (*self.count_columns, *self.derived_columns)
        tally = self._engine.tally(self._relation, keys, counts, zero=self._never_counted)
        return self._with_decimals(self._labels.join(tally, [*filter(self._holds_labels, keys)]))

    def _with_decimals(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Add the millionths of numbers to their whole parts; numbers without decimals stay int64."""
        parts = {name: millionths(name) for name in self.count_columns if millionths(name) in frame}
        for name, part in parts.items():
            if self.has_decimals(name):
                whole, rest = frame[name] + frame[part] // MILLION, frame[part] % MILLION
                small = whole.clip(upper=_SMALL)
                frame[name] = ((small * MILLION + rest) / MILLION).where(small == whole, whole + rest / MILLION)
        return frame.drop(columns=[*parts.values()])

    def cut(self, column: str, bands: int | Sequence[float | str]) -> UtteranceLog:
        """Add a column that cuts a numeric column into bands.

        Parameters
        ----------
        column
            A numeric column, such as an age or a signal-to-noise ratio.
        bands
            Edges of the bands in ascending order; a number that equals an edge is in the upper band. Or the number of
            bands, at least 2, which then hold about equal numbers of utterances and have round edges.

        Returns
        -------
        UtteranceLog
            The log with one more column, such as ``age[20,40,60]`` or ``snr[3]``, whose values are labels of the bands.
            Missing numbers stay missing.

        Raises
        ------
        InputError
            If the log lacks the column, if the column holds no numbers, or if quantiles are asked of a tally.
        UsageError
            If edges do not ascend, or if there are fewer than 2 bands.

        Examples
        --------
        >>> import pandas as pd
        >>> frame = pd.DataFrame({"speaker_id": ["a"] * 4, "age": ["17", "20", "39", ""], "errors": 1, "words": 9})
        >>> from fairaudit.inputs.reading import read_log
        >>> read_log(frame).cut("age", [20, 40]).tally(["age[20,40]"])["utterances"].dropna().to_dict()
        {'20 to 39': 2, 'under 20': 1, nan: 1}
        """
        if isinstance(bands, int):
            return add_bands(self, quantile_bands(self, column, bands), f"{column}[{bands}]")
        self.require([column])
        made = Bands(column).at(bands)
        require_numbers(self, column, "these bands")
        return add_bands(self, made, str(made))

    def speaker_of_utterances(self) -> pd.Series:
        """Return the speaker of every utterance.

        Returns
        -------
        pandas.Series
            Speaker ids, indexed by utterance id.

        Raises
        ------
        InputError
            If the log has no column of utterance ids or of speakers.
        """
        self.require([UTTERANCE, SPEAKER])
        frame = self._engine.frame(f"SELECT {UTTERANCE}, {SPEAKER} FROM {USED}")
        return frame.set_index(UTTERANCE)[SPEAKER]

    def write_quarantine(self, path: Path) -> None:
        """Write :attr:`quarantine` atomically as CSV that only its owner can read and spreadsheets do not run.

        Raises
        ------
        InputError
            If the unusable rows are not there, because only their numbers are kept in files of counts.
        """
        if self.quality.rows_quarantined and not self._quarantine.num_rows:
            raise InputError(f"{self.name}: the quarantined rows are not in a file of counts; read the log itself")
        write_atomically(path, quarantine_csv(self._quarantine), private=True)
