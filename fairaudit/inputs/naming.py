"""Map the columns of a file to the column names of fairaudit, and report missing columns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, Literal

from fairaudit.core.bands import Bands
from fairaudit.core.columns import (
    COUNT_COLUMNS,
    DELETIONS,
    ERRORS,
    EXPOSURES,
    HYPOTHESIS,
    INSERTIONS,
    LATITUDE,
    LONGITUDE,
    REFERENCE,
    RESCORED,
    RESERVED,
    SPEAKER,
    SUBSTITUTIONS,
    TEXT_COLUMNS,
    UTTERANCES,
    WORDS,
    bins_of,
    candidate_column,
)
from fairaudit.core.derived import DERIVED
from fairaudit.core.errors import InputError, setting, unknown_name
from fairaudit.core.quantiles import QUANTILES
from fairaudit.inputs.composite import parts_of
from fairaudit.inputs.suggesting import lacking, shown, suggestions

__all__ = ["Content", "arrange", "content_of", "refuse_nested", "require", "require_needed", "set_aside"]

Content = Literal["text", "counts"]

_RATES: Final = {"wer", "cer", "mer", "word_error_rate", "wer_percent", "per_utterance_wer"}
#: Names of columns that are made when a log is read, scored or paired.
_OURS: Final = frozenset(
    name.casefold() for name in (*COUNT_COLUMNS, *RESCORED, *map(candidate_column, COUNT_COLUMNS), *DERIVED)
)


def arrange(
    names: Sequence[str], wanted: Mapping[str, str], convention: Mapping[str, tuple[str, ...]]
) -> dict[str, str]:
    """Map the columns of a file to fairaudit's names.

    Parameters
    ----------
    names
        Columns of the file.
    wanted
        fairaudit's name -> name in the file, as given by the user.
    convention
        fairaudit's name -> possible names in the file, by convention of the format. ``wanted`` takes precedence.

    Returns
    -------
    dict
        fairaudit's name -> name in the file, for every column that is kept. A column is left out if another column
        takes its name.

    Examples
    --------
    >>> arrange(["speaker", "text", "accent"], {"speaker_id": "speaker"}, {"reference": ("text",)})
    {'speaker_id': 'speaker', 'reference': 'text', 'accent': 'accent'}
    """
    chosen = dict(wanted)
    for ours, theirs in convention.items():
        match = next((name for name in theirs if name in names), None)
        if match is not None:
            chosen.setdefault(ours, match)
    taken = set(chosen.values())
    kept = {ours: theirs for ours, theirs in chosen.items() if theirs in names}
    return kept | {name: name for name in names if name not in taken and name not in chosen}


def require(where: str, names: Collection[str], wanted: Mapping[str, str]) -> None:
    """Raise if a column named by the user does not exist.

    Raises
    ------
    InputError
        If a column does not exist; the message lists existing and similar names.
    """
    for ours, theirs in wanted.items():
        if theirs not in names:
            lacks = next((part for part in parts_of(theirs) if part not in names), theirs)
            raise InputError(
                f"{where}: {unknown_name('column', lacks, shown(names))} ({setting('columns', {ours: '...'})})"
            )


def refuse_nested(
    where: str,
    names: Sequence[str],
    nested: Mapping[str, Mapping[str, Any]],
    wanted: Mapping[str, str],
    convention: Mapping[str, tuple[str, ...]],
    further: Collection[str],
) -> None:
    """Raise if a column that is needed holds objects or lists, which would otherwise be missing values.

    Parameters
    ----------
    where, names
        Name of the file, and its columns with single values.
    nested
        Columns with objects or lists, each described by :func:`fairaudit.inputs.formats.nested.describe`.
    wanted, convention
        See :func:`arrange`.
    further
        Columns that are needed besides those with a fixed meaning.

    Raises
    ------
    InputError
        If a needed column is nested; the message names a field of the objects, if there is one.
    """
    if not nested:
        return
    needed = {*RESERVED, *wanted, *further} - set(COUNT_COLUMNS)
    if _has_counts(arrange(names, wanted, convention)):
        needed -= set(TEXT_COLUMNS)
    for ours, theirs in arrange([*names, *nested], wanted, convention).items():
        if theirs in nested and ours in needed:
            what, fields = nested[theirs]["what"], nested[theirs]["fields"]
            remedy = "write one value of it as a column of its own"
            if fields:
                usual = "text" if ours in TEXT_COLUMNS else "id"
                best = usual if usual in fields else suggestions([ours], fields).get(ours, fields[0])
                path = setting("columns", {ours: f"{theirs}.{best}"})
                remedy = f"its fields are {shown(fields)}; choose one of them ({path})"
            raise InputError(f"{where}: column {theirs!r} holds {what}, not a single value; {remedy}")


def _has_counts(names: Collection[str]) -> bool:
    """Whether columns are enough for a log of counts."""
    exposure = any(name in names for name in EXPOSURES.values())
    return exposure and (ERRORS in names or {SUBSTITUTIONS, DELETIONS, INSERTIONS} <= set(names))


def _has_own(names: Collection[str], own: Collection[str]) -> bool:
    """Whether a log has all columns of its own rates, and no text or count, which could be of an incomplete log."""
    return bool(own) and {*own} <= {*names} and not {*TEXT_COLUMNS, *COUNT_COLUMNS} - {UTTERANCES} & {*names}


def content_of(where: str, names: Collection[str], sampling_unit: str | None, own: Collection[str] = ()) -> Content:
    """Return whether a log holds texts or counts, and raise if it holds neither.

    Parameters
    ----------
    where
        Name of the file.
    names
        Columns of the file, under fairaudit's names.
    sampling_unit
        Column of the sampling unit, or None if no such column is needed.
    own
        Columns of rates that a log of counts may have in place of errors and words.

    Raises
    ------
    InputError
        If columns are missing, or if there is only a rate per utterance.

    Examples
    --------
    >>> content_of("log.csv", ["speaker_id", "errors", "words"], "speaker_id")
    'counts'
    >>> content_of("log.csv", ["speaker_id", "false_rejects", "trials"], "speaker_id", {"false_rejects", "trials"})
    'counts'
    """
    missing = [] if sampling_unit is None or sampling_unit in names else [sampling_unit]
    counts = [name for name in (ERRORS, SUBSTITUTIONS, DELETIONS, INSERTIONS) if name in names]
    exposure = any(name in names for name in EXPOSURES.values())
    texts = [name for name in (REFERENCE, HYPOTHESIS) if name in names]
    rates = [name for name in names if name.casefold() in _RATES]
    if len(texts) == 2:
        content: Content = "text"
    elif _has_counts(names) or _has_own(names, own):
        content = "counts"
    elif rates and not texts and not exposure:
        raise InputError(
            f"{where}: the log has {rates[0]!r} per utterance but no number of words; WER is a ratio of sums, and "
            "averaging the rates of short and long utterances can change which group is worst; give 'errors' "
            "and 'words' (or 'reference' and 'hypothesis')"
        )
    elif not (texts or counts or exposure) and ({*own} & {*names} or suggestions(sorted(own), names)):
        content = "counts"
        missing += sorted({*own} - {*names})
    else:
        likely = len(suggestions([ERRORS, WORDS], names)) > len(suggestions([REFERENCE, HYPOTHESIS], names))
        content = "counts" if (counts or exposure or likely) and not texts else "text"
        needed = [REFERENCE, HYPOTHESIS]
        if content == "counts":
            needed = [*([] if exposure else [WORDS]), *(_missing_errors(counts))]
        missing += [name for name in needed if name not in names]
    if (LATITUDE in names) != (LONGITUDE in names):
        missing.append(LATITUDE if LONGITUDE in names else LONGITUDE)
    if missing:
        named_by = {} if sampling_unit in (None, SPEAKER) else {sampling_unit: "cluster"}
        raise InputError(f"{where}: {lacking('log', missing, names, named_by)}")
    return content


def require_needed(where: str, names: Collection[str], needed: Mapping[str, Collection[str]]) -> None:
    """Raise if a log lacks columns that a later step needs.

    Parameters
    ----------
    where
        Name of the file.
    names
        Columns of the log, under fairaudit's names.
    needed
        Columns by the setting that names them, such as ``{"by": ["accent"]}``. Bands such as ``snr[3]`` need a
        column ``snr``, if the log does not have them, and quantiles a column or its bins.

    Raises
    ------
    InputError
        If there is no such column; the message suggests similar names.

    Examples
    --------
    >>> require_needed("log.csv", ["accent", "snr"], {"adjust": ["snr[3]"], "by": ["acent"]})
    Traceback (most recent call last):
    ...
    fairaudit.core.errors.InputError: log.csv: log lacks ['acent'] (by='acent'); it has ['accent', 'snr']; did you \
mean 'accent'? (by='accent')
    """
    wanted = {_source_of(name, names): option for option, columns in needed.items() for name in columns}
    wanted = {name: option for name, option in wanted.items() if option != QUANTILES or bins_of(name) not in names}
    if missing := [name for name in wanted if name not in names]:
        raise InputError(f"{where}: {lacking('log', missing, names, wanted)}")


def _source_of(name: str, names: Collection[str]) -> str:
    """Return the column of a log that is needed for a column or for bands of one."""
    bands = None if name in names else Bands.parse(name)
    return name if bands is None or str(bands) in names else bands.column


def set_aside(names: Iterable[str], content: Content) -> list[str]:
    """Return the columns of a log that are not used, because fairaudit gives their names to its own counts.

    The engine does not distinguish case. In a log of texts, all count columns are facts about something else.

    Parameters
    ----------
    names
        Columns of the file, under fairaudit's names.
    content
        What the log holds.

    Examples
    --------
    >>> set_aside(["reference", "Words", "accent"], "text"), set_aside(["errors", "words", "Utterances"], "counts")
    (['Words'], ['Utterances'])
    """
    kept = (*COUNT_COLUMNS, *RESCORED) if content == "counts" else ()
    return [name for name in names if name.casefold() in _OURS and name not in kept]


def _missing_errors(counts: list[str]) -> list[str]:
    parts = [SUBSTITUTIONS, DELETIONS, INSERTIONS]
    if ERRORS in counts:
        return []
    return [name for name in parts if name not in counts] if counts else [ERRORS]
