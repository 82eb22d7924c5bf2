"""Read, score and check a log, so that it can be summed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
    ZIP_CODE,
    names,
)
from fairaudit.core.derived import DERIVED
from fairaudit.core.errors import InputError, UsageError, setting
from fairaudit.core.files import write_atomically
from fairaudit.core.settings import ScoringDoc
from fairaudit.engines import EmbeddedEngine
from fairaudit.engines.embedded import identifier
from fairaudit.inputs.bands import cut_into_bands
from fairaudit.inputs.checking import USED, check, rules_for
from fairaudit.inputs.choices import require_one_of, settings_of, token_of_counts
from fairaudit.inputs.files import expand
from fairaudit.inputs.header import check_columns, check_header, labels_among
from fairaudit.inputs.households import PLACE, shared_units
from fairaudit.inputs.ingest import RAW, InputFile, Reading, ingest
from fairaudit.inputs.labels import Labels, Values
from fairaudit.inputs.naming import arrange, require_needed
from fairaudit.inputs.quality import DataQuality, quarantine_csv
from fairaudit.inputs.rules import HASHES, OWN_SPEAKERS
from fairaudit.inputs.suggesting import check_mapping, lacking
from fairaudit.inputs.texts import exposure_name
from fairaudit.inputs.unused import unused_options
from fairaudit.scoring import Token, get_normalizer, get_second_normalizer

__all__ = ["UtteranceLog", "read_log"]

_NO_COLUMNS: Final[Mapping[str, str]] = MappingProxyType({})
_NO_NEEDS: Final[Mapping[str, Sequence[str]]] = MappingProxyType({})
_ORDER: Final = (UTTERANCE, SPEAKER, *COORDINATES, ZIP_CODE)


@dataclass(frozen=True, eq=False, repr=False)
class UtteranceLog:
    """A validated log with one row per utterance and additive integer counts.

    Attributes
    ----------
    inputs
        The files of the log.
    quality
        How many of their rows were used, changed or quarantined.
    unit
        ``"word"`` or ``"char"``.
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
        Names of the additive int64 columns. Those named by :func:`fairaudit.core.columns.rescored` hold the counts of
        the second normaliser.
    derived_columns
        Further such columns that are derived from the others (:data:`fairaudit.core.derived.DERIVED`).
    columns
        Names of all other columns, by which a tally can be grouped.
    quarantine
        One row per problem, with columns row (as numbered by an editor or a spreadsheet), file, column, code, value.

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
    unit: Token
    normalizer: str | None
    second_normalizer: str | None
    settings: Mapping[str, str | None]
    cluster: str | None
    zip_pad: bool
    count_columns: tuple[str, ...]
    derived_columns: tuple[str, ...]
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
            f"<UtteranceLog of {len(self):,} utterances by {self._speakers} speakers: "
            f"{totals[ERRORS]:,} errors in {totals[self.exposure]:,} {self.exposure}>"
        )

    def _repr_html_(self) -> str:
        totals, quality = self._totals, self.quality
        facts = {
            "utterances": f"{len(self):,}",
            "speakers": self._speakers,
            "errors": f"{totals[ERRORS]:,}",
            self.exposure: f"{totals[self.exposure]:,}",
            "quarantined rows": f"{quality.rows_quarantined:,}",
            "columns": ", ".join(self.columns),
        }
        rows = "".join(f'<tr><th scope="row">{name}</th><td>{escape(fact)}</td></tr>' for name, fact in facts.items())
        return f"<table><caption>Utterance log</caption><tbody>{rows}</tbody></table>"

    @property
    def _speakers(self) -> str:
        """Number of speakers in words; rows without one that count as a speaker of their own are no speakers."""
        known = self._totals[SPEAKER] - (unknown := self.quality.coercions.get(OWN_SPEAKERS, 0))
        return f"{known:,} known" if unknown and known else "unknown" if unknown else f"{known:,}"

    @property
    def name(self) -> str:
        """Names of its files, for messages."""
        first, *others = (file.name for file in self.inputs)
        return f"{first} and {len(others)} more" if others else first

    @property
    def scoring(self) -> ScoringDoc:
        """Settings that define its numbers, which travel with every result.

        Examples
        --------
        >>> frame = pd.DataFrame({"speaker_id": ["a"], "reference": ["a b c"], "hypothesis": ["a c"]})
        >>> scoring = read_log(frame, normalizer="none", strip_tags=True).scoring
        >>> scoring["normalizer"], scoring["strip_tags"], scoring["missing_hypothesis"], scoring["cluster"]
        ('none-1', True, 'error', 'speaker_id')
        """
        texts = self.normalizer is not None
        return {
            "unit": self.unit,
            "normalizer": self.normalizer,
            "strip_tags": self.settings.get("removed") is not None if texts else None,
            "missing_hypothesis": self.settings.get("missing_hypothesis") or "error" if texts else None,
            "missing_speaker": self.settings.get("missing_speaker") or "auto",
            "cluster": self.cluster or SPEAKER,
        }

    @cached_property
    def _totals(self) -> Mapping[str, int]:
        """Number of distinct speakers, errors and exposure of the whole log."""
        sums = [f"CAST(coalesce(sum({identifier(name)}), 0) AS BIGINT)" for name in (ERRORS, self.exposure)]
        unit = identifier(SPEAKER if SPEAKER in self.columns else self.cluster or SPEAKER)
        totals = self._engine.rows(f"SELECT count(DISTINCT {unit}), {', '.join(sums)} FROM {USED}")[0]
        return dict(zip((SPEAKER, ERRORS, self.exposure), map(int, totals), strict=True))

    def to_frame(self) -> pd.DataFrame:
        """Return the used rows, one per utterance, without their texts.

        Returns
        -------
        pandas.DataFrame
            :attr:`columns`, followed by the int64 :attr:`count_columns`, except those of the second normaliser.

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
        """Name of the denominator column: ``"words"`` or ``"characters"``."""
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
            One row per group, with int64 sums. The index has the levels ``by`` and is sorted, missing keys last.

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
        missing = [name for name in keys if name not in self.columns]
        if missing:
            raise InputError(lacking("log", missing, self.columns))
        tally = self._engine.tally(self._relation, keys, (*self.count_columns, *self.derived_columns))
        return self._labels.join(tally, [*filter(self._holds_labels, keys)])

    def cut(self, column: str, bins: int) -> Self:
        """Add a column ``column[bins]`` that cuts a numeric column into bands with equal numbers of utterances.

        Parameters
        ----------
        column
            A numeric column, such as a signal-to-noise ratio.
        bins
            Number of bands, at least 2. The result has fewer bands if many utterances have equal values.

        Returns
        -------
        UtteranceLog
            The log with one more column, whose values describe the bands. Missing numbers stay missing.

        Raises
        ------
        InputError
            If the log lacks the column, or the column holds no numbers.

        Examples
        --------
        >>> frame = pd.DataFrame({"speaker_id": ["a"] * 4, "snr": ["1", "2", "30", "40"], "errors": 1, "words": 9})
        >>> read_log(frame).cut("snr", 2).tally(["snr[2]"])["utterances"].to_dict()
        {'1: up to 16': 2, '2: above 16': 2}
        """
        if column not in self.columns:
            raise InputError(lacking("log", [column], self.columns))
        if bins < 2:
            raise UsageError(f"{column!r} must be cut into at least 2 bands, not {bins}")
        name, relation = f"{column}[{bins}]", f"{self._relation}, {column}[{bins}]"
        strange = cut_into_bands(self._engine, self._relation, column, bins, name=name, relation=relation)
        caveats = self.quality.caveats
        if strange:
            caveats += (f"{column}: {strange:,} utterances are in none of the bands, because the value is no number",)
        return replace(
            self,
            quality=replace(self.quality, caveats=caveats),
            columns=(*self.columns, name),
            _relation=relation,
        )

    @cached_property
    def label_columns(self) -> tuple[str, ...]:
        """Columns that can name cohorts: further columns with 2 to 60 labels that are not all numbers."""
        self._count_values()
        return self._labels.label_columns([*filter(self._holds_labels, self.columns)], self.quality.rows_used - 1)

    @cached_property
    def shared_units(self) -> tuple[str, ...]:
        """Sentences about columns and places that few speakers share, as in a household."""
        columns = [*filter(self._holds_labels, self.columns)]
        unit = self.cluster or SPEAKER
        return shared_units(self._engine, self._relation, unit, self._count_values(), columns)

    def _count_values(self) -> dict[str, Values]:
        """Count the values of the sampling unit, of places and of columns that may hold labels, in one query."""
        places = {PLACE: PLACE} if {*COORDINATES} <= {*self.columns} else {}
        return self._labels.values([self.cluster or SPEAKER, *filter(self._holds_labels, self.columns)], places)

    def label_caveats(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Say which spellings of labels are joined, and which labels may mean that there is none.

        Parameters
        ----------
        columns
            Columns of labels; ids, places and columns that the log lacks are left out.

        Examples
        --------
        >>> frame = pd.DataFrame({"speaker_id": list("abc"), "sex": ["f", "F", "n/a"], "errors": 1, "words": 9})
        >>> for caveat in read_log(frame).label_caveats(["sex"]):
        ...     print(caveat)
        sex: 2 spellings that differ only in case, blanks, Unicode form or number format are counted as 1 label
        sex: “n/a” may mean that no label was given, but is audited as a group (1 utterance)
        """
        labels = filter(self._holds_labels, dict.fromkeys(columns))
        return tuple(caveat for column in labels if column in self.columns for caveat in self._labels.caveats(column))

    def spellings(self, columns: Iterable[str]) -> dict[str, Mapping[str, int]]:
        """Count the rows of every spelling in columns of labels; missing labels are left out.

        Parameters
        ----------
        columns
            Columns of the log.

        Examples
        --------
        >>> frame = pd.DataFrame({"speaker_id": list("abc"), "sex": ["f", "F", None], "errors": 1, "words": 9})
        >>> read_log(frame).spellings(["sex"])
        {'sex': {'f': 1, 'F': 1}}
        """
        return self._labels.spellings([*columns])

    @cached_property
    def _labels(self) -> Labels:
        return Labels(self._engine, self._relation)

    def _holds_labels(self, column: str) -> bool:
        """Whether a column may hold labels, whose spellings are joined; ids, places and counts never are."""
        return column not in (*RESERVED, self.cluster)

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
        missing = [name for name in (UTTERANCE, SPEAKER) if name not in self.columns]
        if missing:
            raise InputError(lacking("log", missing, self.columns))
        frame = self._engine.frame(f"SELECT {UTTERANCE}, {SPEAKER} FROM {USED}")
        return frame.set_index(UTTERANCE)[SPEAKER]

    def write_quarantine(self, path: Path) -> None:
        """Write :attr:`quarantine` atomically as CSV that only its owner can read and spreadsheets do not run."""
        write_atomically(path, quarantine_csv(self.quarantine), private=True)


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
    missing_speaker: Literal["auto", "quarantine", "own", "keep"] = "auto",
    zip_pad: bool = False,
    cluster: str | None = None,
    max_quarantine: float = 0.01,
    counts: str | Sequence[str] = (),
    needed: Mapping[str, Sequence[str]] = _NO_NEEDS,
) -> UtteranceLog:
    """Read a log of texts or counts, score its texts, and check every row.

    Parameters
    ----------
    source
        A file, a glob, a folder, a list of these, or a frame. Files may be compressed with gzip or zstd. The format
        is recognised by the content of a file, not by its name.
    columns
        Column name of fairaudit -> column name of the log, such as ``{"speaker_id": "client_id"}``.
    format
        One of :data:`fairaudit.inputs.formats.FORMATS`, or ``"auto"``.
    unit
        Whether texts are counted in words or characters. ``"auto"`` decides by the scripts of all references, and
        refuses a mixture of scripts with and without spaces between words.
        For a log of counts, it selects ``words`` or ``characters`` as the exposure if the log has both.
    normalizer
        Normaliser applied to texts before they are scored. It does not apply to counts.
    second_normalizer
        Normaliser with which texts are scored a second time, so that an audit can show whether its gaps depend on what
        counts as an error. ``"auto"`` is ``basic``, or ``none`` if ``basic`` is the first. ``"off"`` is faster.
    strip_tags
        Whether to remove event tags such as ``<LAUGH>`` from references.
    missing_hypothesis
        What to do with a row without a hypothesis: refuse the log (``"error"``), use an empty hypothesis (``"empty"``)
        or leave the row out (``"drop"``).
    missing_speaker
        What to do with a row without a speaker: quarantine it, or treat it as a speaker of its own (``"own"``). A
        speaker called ``"nan"``, ``"NA"``, ``"unknown"`` or the like may be a missing id as well: ``"auto"`` refuses
        the log if more than two rows have such an id, ``"quarantine"`` and ``"own"`` treat these rows as rows without a
        speaker, and ``"keep"`` uses them as ids.
    zip_pad
        Whether to restore lost leading zeros of zip codes.
    cluster
        Column of a sampling unit coarser than the speaker.
    max_quarantine
        Largest share of rows that may be unusable.
    counts
        Further columns of additive whole numbers, such as ``["delay_ms", "audio_ms"]``, for use in rates.
    needed
        Columns that are needed later, by the setting that names them, such as ``{"by": ["accent"]}``. A log without
        them is refused before its rows are read, if its header shows this.

    Raises
    ------
    InputError
        If a file is unreadable, a column is missing, or too many rows are unusable.
    UsageError
        If an option has an invalid value.

    Examples
    --------
    >>> frame = pd.DataFrame({"client_id": ["a"], "reference": ["a b c"], "hypothesis": ["a c"]})
    >>> log = read_log(frame, columns={"speaker_id": "client_id"})
    >>> log.tally(["speaker_id"])[["errors", "words", "deletions"]].values.tolist()
    [[1, 3, 1]]
    """
    require_one_of("missing_hypothesis", missing_hypothesis, ("error", "empty", "drop"))
    require_one_of("missing_speaker", missing_speaker, ("auto", "quarantine", "own", "keep"))
    require_one_of("unit", unit, ("auto", *get_args(Token)))
    if not 0 <= max_quarantine <= 1:
        raise UsageError(f"{setting('max_quarantine')} must be a share between 0 and 1, not {max_quarantine}")
    if cluster in RESERVED and cluster not in (SPEAKER, UTTERANCE):
        raise UsageError(f"cluster must be a column of sampling units; {cluster!r} cannot be one")
    check_mapping(columns)
    scorer = get_normalizer(normalizer)
    second = get_second_normalizer(second_normalizer, scorer)
    further = tuple(dict.fromkeys(name for name in names(counts) if name not in COUNT_COLUMNS))
    if wrong := [name for name in further if name in (*RESERVED, cluster)]:
        raise UsageError(f"counts must be columns of additive numbers; {wrong} cannot be")
    reading = Reading(
        normalizer=scorer,
        second=second,
        columns=columns,
        format=format,
        token=unit,
        strip_tags=strip_tags,
        missing_hypothesis=missing_hypothesis,
        missing_speaker=missing_speaker,
        zip_pad=zip_pad,
        cluster=cluster,
        max_quarantine=max_quarantine,
        counts=further,
        rate_columns=names(counts),
        needed={**needed, "": (*needed.get("", ()), *further)},
    )
    engine = EmbeddedEngine()
    if isinstance(source, pd.DataFrame):
        columns_of_frame = [str(name) for name in source.columns]
        check_columns("<DataFrame>", columns_of_frame, arrange(columns_of_frame, columns, {}), reading)
    else:
        check_header(expand(source)[0], reading, engine.scratch)
    raw = ingest(source, reading, engine)
    types = engine.types(RAW)
    require_needed(raw.inputs[0].name, labels_among(types), reading.needed)
    counted = raw.token or token_of_counts(types, unit)
    rules = rules_for(types, reading, exposure=exposure_name(counted), scored=raw.token is not None)
    quality, quarantine = check(rules, raw, reading, engine)
    unused = unused_options(reading, types, scored=raw.token is not None, second_normalizer=second_normalizer)
    known = (*COUNT_COLUMNS, *further, *(reading.rescored if raw.token else ()))
    summed = [name for name in known if name in rules.values]
    derived = [name for name in DERIVED if name in rules.values or name in rules.derived]
    other = [name for name in rules.values if name not in (*summed, *derived, *HASHES)]
    return UtteranceLog(
        inputs=raw.inputs,
        quality=replace(quality, notes=(*quality.notes, *unused)),
        unit=counted,
        normalizer=scorer.label if raw.token else None,
        second_normalizer=second.label if second and raw.token else None,
        settings=settings_of(reading, raw.token, counted),
        cluster=cluster,
        zip_pad=zip_pad,
        count_columns=tuple(summed),
        derived_columns=tuple(derived),
        columns=tuple(sorted(other, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER))),
        quarantine=quarantine,
        _engine=engine,
    )
