"""The log: read, scored, checked, and ready to be summed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, Self, get_args

import pandas as pd

from fairaudit.core.columns import (
    COORDINATES,
    COUNT_COLUMNS,
    ERRORS,
    RESCORED,
    RESERVED,
    SPEAKER,
    UTTERANCE,
    WORDS,
    ZIP_CODE,
    names,
)
from fairaudit.core.errors import InputError, UsageError, unknown_name
from fairaudit.core.files import write_atomically
from fairaudit.engines import EmbeddedEngine
from fairaudit.engines.embedded import identifier, literal
from fairaudit.inputs.checking import USED, check, rules_for
from fairaudit.inputs.ingest import RAW, InputFile, Reading, ingest
from fairaudit.inputs.naming import lacking
from fairaudit.inputs.quality import DataQuality, quarantine_csv
from fairaudit.inputs.texts import exposure_name
from fairaudit.scoring import Unit, get_normalizer, get_second_normalizer, scoring_settings

__all__ = ["UtteranceLog", "read_log"]

_LABELS_AT_MOST: Final = 60
_NO_COLUMNS: Final[Mapping[str, str]] = MappingProxyType({})
_ORDER: Final = (UTTERANCE, SPEAKER, *COORDINATES, ZIP_CODE)


@dataclass(frozen=True, eq=False, repr=False)
class UtteranceLog:
    """A validated log: one row per utterance, and integer counts that add up.

    Attributes
    ----------
    inputs
        The files that it was read from.
    quality
        What became of their rows.
    unit
        ``"word"`` or ``"char"``.
    normalizer
        Name and version, such as ``"basic-1"``; None where counts came with the log.
    second_normalizer
        The same of the one that texts were counted with again; None where they were not.
    settings
        What was set that can change a number, for the signature; None where it was left alone.
    cluster
        The column that names the sampling unit, where it is not the speaker.
    count_columns
        Names of the additive int64 columns; :func:`fairaudit.core.columns.rescored` ones are by the second normaliser.
    columns
        Names of all other columns, which a tally can be grouped by.
    quarantine
        Columns row (as an editor or a spreadsheet numbers it), file, column, code, value; one row per problem.

    Examples
    --------
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
    count_columns: tuple[str, ...]
    columns: tuple[str, ...]
    quarantine: pd.DataFrame
    _engine: EmbeddedEngine
    _relation: str = USED

    def __len__(self) -> int:
        """Number of rows that are used."""
        return self.quality.rows_used

    def __repr__(self) -> str:
        totals = self._totals
        return (
            f"<UtteranceLog of {len(self):,} utterances by {totals[SPEAKER]:,} speakers: "
            f"{totals[ERRORS]:,} errors in {totals[self.exposure]:,} {self.exposure}>"
        )

    def _repr_html_(self) -> str:
        totals, quality = self._totals, self.quality
        facts = {
            "utterances": f"{len(self):,}",
            "speakers": f"{totals[SPEAKER]:,}",
            "errors": f"{totals[ERRORS]:,}",
            self.exposure: f"{totals[self.exposure]:,}",
            "quarantined rows": f"{quality.rows_quarantined:,}",
            "columns": ", ".join(self.columns),
        }
        rows = "".join(f'<tr><th scope="row">{name}</th><td>{escape(fact)}</td></tr>' for name, fact in facts.items())
        return f"<table><caption>Utterance log</caption><tbody>{rows}</tbody></table>"

    @cached_property
    def _totals(self) -> Mapping[str, int]:
        """Different speakers, errors and exposure of the whole log."""
        sums = [f"CAST(coalesce(sum({identifier(name)}), 0) AS BIGINT)" for name in (ERRORS, self.exposure)]
        found = self._engine.rows(f"SELECT count(DISTINCT {SPEAKER}), {', '.join(sums)} FROM {USED}")[0]
        return dict(zip((SPEAKER, ERRORS, self.exposure), map(int, found), strict=True))

    def to_frame(self) -> pd.DataFrame:
        """Hand out the used rows, one per utterance, without their texts.

        Returns
        -------
        pandas.DataFrame
            :attr:`columns`, then the int64 :attr:`count_columns` without those of the second normaliser.

        Examples
        --------
        >>> frame = pd.DataFrame({"speaker_id": ["a"], "reference": ["a b c"], "hypothesis": ["a c"]})
        >>> read_log(frame).to_frame()[["speaker_id", "errors", "words"]].values.tolist()
        [['a', 1, 3]]
        """
        counts = [name for name in self.count_columns if name not in RESCORED]
        wanted = ", ".join(map(identifier, (*self.columns, *counts)))
        return self._engine.frame(f"SELECT {wanted} FROM {identifier(self._relation)}")

    @property
    def exposure(self) -> str:
        """Name of the denominator's column: ``"words"`` or ``"characters"``."""
        return exposure_name(self.unit)

    def tally(self, by: str | Sequence[str]) -> pd.DataFrame:
        """Sum every count column over groups of utterances.

        Parameters
        ----------
        by
            One of :attr:`columns`, or several; missing keys are a group of their own.

        Returns
        -------
        pandas.DataFrame
            One row per group, int64 sums; the index has the levels ``by`` and is sorted, missing last.

        Raises
        ------
        InputError
            If the log lacks a column; near names are told.
        UsageError
            If ``by`` is empty or names a column twice.
        """
        keys = names(by)
        if not keys or len(set(keys)) < len(keys):
            raise UsageError(f"a tally needs one or more different columns, not {list(keys)}")
        missing = [name for name in keys if name not in self.columns]
        if missing:
            raise InputError(lacking("log", missing, self.columns))
        return self._engine.tally(self._relation, keys, self.count_columns)

    def cut(self, column: str, bins: int) -> Self:
        """Add a column ``column[bins]`` that cuts a column of numbers into bands of equally many utterances.

        Parameters
        ----------
        column
            A column of numbers, such as a signal-to-noise ratio.
        bins
            How many bands, at least 2; fewer come out where many utterances have equal numbers.

        Returns
        -------
        UtteranceLog
            The same log with one more column, whose values tell the bands; missing numbers stay missing.

        Raises
        ------
        InputError
            If the log lacks the column, or it holds no numbers.

        Examples
        --------
        >>> frame = pd.DataFrame({"speaker_id": ["a"] * 4, "snr": ["1", "2", "30", "40"], "errors": 1, "words": 9})
        >>> read_log(frame).cut("snr", 2).tally(["snr[2]"])["utterances"].to_dict()
        {'1: up to 16': 2, '2: above 16': 2}
        """
        if column not in self.columns:
            raise InputError(lacking("log", [column], self.columns))
        if bins < 2:
            raise UsageError(f"{column!r} is cut into at least 2 bands, not {bins}")
        number = f"TRY_CAST({identifier(column)} AS DOUBLE)"
        shares = ", ".join(str(band / bins) for band in range(1, bins))
        found = self._engine.rows(f"SELECT quantile_cont({number}, [{shares}]) FROM {identifier(self._relation)}")[0][0]
        if found is None:
            raise InputError(f"column {column!r} holds no numbers, it cannot be cut into {bins} bands")
        edges = sorted(set(found))
        cases = " ".join(
            f"WHEN {number} <= {edge!r} THEN {literal(f'{band}: up to {edge:.4g}')}"
            for band, edge in enumerate(edges, start=1)
        )
        last = literal(f"{len(edges) + 1}: above {edges[-1]:.4g}")
        name, relation = f"{column}[{bins}]", f"{self._relation}, {column}[{bins}]"
        self._engine.view(
            relation,
            f"SELECT *, CASE WHEN {number} IS NULL THEN NULL {cases} ELSE {last} END AS {identifier(name)} "
            f"FROM {identifier(self._relation)}",
        )
        return replace(self, columns=(*self.columns, name), _relation=relation)

    @cached_property
    def label_columns(self) -> tuple[str, ...]:
        """Further columns with 2 to 60 different texts, not all numbers: those that can name cohorts."""
        extra = [name for name in self.columns if name not in (*RESERVED, self.cluster)]
        if not extra:
            return ()
        # The approximate number is within a few per cent; it spares exact counts of long columns.
        looks = ", ".join(
            f"approx_count_distinct({name}) <= {2 * _LABELS_AT_MOST} "
            f"AND count({name}) > count(TRY_CAST({name} AS DOUBLE))"
            for name in map(identifier, extra)
        )
        found = self._engine.rows(f"SELECT {looks} FROM {USED}")[0]
        likely = [name for name, is_likely in zip(extra, found, strict=True) if is_likely]
        if not likely:
            return ()
        exact = ", ".join(f"count(DISTINCT {name})" for name in map(identifier, likely))
        numbers = self._engine.rows(f"SELECT {exact} FROM {USED}")[0]
        most = min(_LABELS_AT_MOST, self.quality.rows_used - 1)
        return tuple(name for name, n in zip(likely, numbers, strict=True) if 2 <= n <= most)

    def speaker_of_utterances(self) -> pd.Series:
        """Name the speaker of every utterance.

        Returns
        -------
        pandas.Series
            Speaker ids, indexed by utterance id.

        Raises
        ------
        InputError
            If the log names no utterances or no speakers.
        """
        missing = [name for name in (UTTERANCE, SPEAKER) if name not in self.columns]
        if missing:
            raise InputError(lacking("log", missing, self.columns))
        frame = self._engine.frame(f"SELECT {UTTERANCE}, {SPEAKER} FROM {USED}")
        return frame.set_index(UTTERANCE)[SPEAKER]

    def write_quarantine(self, path: Path) -> None:
        """Write :attr:`quarantine` as CSV, whole or not at all; no cell of it is run by a spreadsheet."""
        write_atomically(path, quarantine_csv(self.quarantine))


def read_log(
    source: str | Path | Sequence[str | Path] | pd.DataFrame,
    *,
    columns: Mapping[str, str] = _NO_COLUMNS,
    format: str = "auto",  # noqa: A002 (the command line's word)
    unit: Literal["word", "char", "auto"] = "auto",
    normalizer: str = "basic",
    second_normalizer: str = "auto",
    strip_tags: bool = False,
    missing_hypothesis: Literal["error", "empty", "drop"] = "error",
    missing_speaker: Literal["quarantine", "own"] = "quarantine",
    zip_pad: bool = False,
    cluster: str | None = None,
    max_quarantine: float = 0.01,
) -> UtteranceLog:
    """Read a log of texts or of counts; score texts; check every row.

    Parameters
    ----------
    source
        A file, a glob, a folder, several of them, or a frame. Files may be gzip or zstd; what they hold is told by
        their content, not by their names.
    columns
        Our column name -> theirs, such as ``{"speaker_id": "client_id"}``.
    format
        One of :data:`fairaudit.inputs.formats.FORMATS`, or ``"auto"``.
    unit
        What texts are counted in; ``"auto"`` looks at the references of the first batch. For a log of counts, which
        of ``words`` and ``characters`` is the exposure where it has both.
    normalizer
        Applied to texts before they are scored; not to counts.
    second_normalizer
        Texts are counted by it as well, so that an audit can tell whether its gaps depend on what counts as an error.
        ``"auto"`` is ``basic``, or ``none`` where that is the first; ``"off"`` reads faster.
    strip_tags
        Remove event tags such as ``<LAUGH>`` from references.
    missing_hypothesis
        Refuse the log, take an empty one, or leave the row out.
    missing_speaker
        Quarantine the row, or make it a speaker of its own.
    zip_pad
        Put lost leading zeros of zip codes back.
    cluster
        A column that names a sampling unit coarser than the speaker.
    max_quarantine
        Share of rows that may be unusable.

    Raises
    ------
    InputError
        If a file is unreadable, columns are lacking, or too many rows are unusable.
    UsageError
        If an option has no such value.

    Examples
    --------
    >>> frame = pd.DataFrame({"client_id": ["a"], "reference": ["a b c"], "hypothesis": ["a c"]})
    >>> log = read_log(frame, columns={"speaker_id": "client_id"})
    >>> log.tally(["speaker_id"])[["errors", "words", "deletions"]].values.tolist()
    [[1, 3, 1]]
    """
    _one_of("missing_hypothesis", missing_hypothesis, ("error", "empty", "drop"))
    _one_of("missing_speaker", missing_speaker, ("quarantine", "own"))
    _one_of("unit", unit, ("auto", *get_args(Unit)))
    if not 0 <= max_quarantine <= 1:
        raise UsageError(f"max_quarantine is a share between 0 and 1, not {max_quarantine}")
    if cluster in RESERVED and cluster not in (SPEAKER, UTTERANCE):
        raise UsageError(f"cluster names the sampling unit; {cluster!r} cannot")
    scorer = get_normalizer(normalizer)
    second = get_second_normalizer(second_normalizer, scorer)
    reading = Reading(
        normalizer=scorer,
        second=second,
        columns=columns,
        format=format,
        unit=unit,
        strip_tags=strip_tags,
        missing_hypothesis=missing_hypothesis,
        missing_speaker=missing_speaker,
        zip_pad=zip_pad,
        cluster=cluster,
        max_quarantine=max_quarantine,
    )
    engine = EmbeddedEngine()
    raw = ingest(source, reading, engine)
    types = engine.types(RAW)
    counted = raw.unit or _unit_of_counts(types, unit)
    rules = rules_for(types, reading, exposure=exposure_name(counted), scored=raw.unit is not None)
    quality, quarantine = check(rules, raw, reading, engine)
    counts = [name for name in (*COUNT_COLUMNS, *(reading.rescored if raw.unit else ())) if name in rules.values]
    other = [name for name in rules.values if name not in counts]
    return UtteranceLog(
        inputs=raw.inputs,
        quality=quality,
        unit=counted,
        normalizer=scorer.label if raw.unit else None,
        second_normalizer=second.label if second and raw.unit else None,
        settings=_settings(reading, raw.unit, counted),
        cluster=cluster,
        count_columns=tuple(counts),
        columns=tuple(sorted(other, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER))),
        quarantine=quarantine,
        _engine=engine,
    )


def _settings(reading: Reading, scored: Unit | None, counted: Unit) -> dict[str, str | None]:
    """What can change a number; nothing was normalised where counts came with the log."""
    scoring = (
        {"unit": counted} if scored is None else scoring_settings(reading.normalizer, scored, tags=reading.strip_tags)
    )
    left_alone = {"missing_hypothesis": "error", "missing_speaker": "quarantine"}
    chosen = {name: getattr(reading, name) for name in left_alone}
    mapped = "+".join(f"{ours}={theirs}" for ours, theirs in sorted(reading.columns.items()))
    return {
        **scoring,
        **{name: None if value == left_alone[name] else value for name, value in chosen.items()},
        "columns": mapped or None,
    }


def _one_of(option: str, value: str, values: Sequence[str]) -> None:
    if value not in values:
        raise UsageError(unknown_name(f"value of {option}", value, values))


def _unit_of_counts(types: Mapping[str, str], unit: Literal["word", "char", "auto"]) -> Unit:
    """Tell what a log of counts was counted in."""
    if unit == "auto":
        return "word" if WORDS in types else "char"
    if exposure_name(unit) not in types:
        raise InputError(lacking("log", [exposure_name(unit)], types))
    return unit
