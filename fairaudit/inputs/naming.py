"""Map the columns of a file to the column names of fairaudit, and report missing columns."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, Literal

from fairaudit.core.columns import (
    CHARACTERS,
    COUNT_COLUMNS,
    DELETIONS,
    ERRORS,
    HYPOTHESIS,
    INSERTIONS,
    LATITUDE,
    LONGITUDE,
    REFERENCE,
    RESCORED,
    SPEAKER,
    SUBSTITUTIONS,
    UTTERANCE,
    WORDS,
    ZIP_CODE,
    candidate_column,
)
from fairaudit.core.errors import InputError, setting, unknown_name
from fairaudit.inputs.rules import FILE, NO_HYPOTHESIS, NO_REFERENCE

__all__ = ["Content", "arrange", "content_of", "lacking", "near_name", "require", "set_aside"]

Content = Literal["text", "counts"]

#: Other common names of the columns. They are suggested in messages, never assumed.
_SYNONYMS: Final[dict[str, tuple[str, ...]]] = {
    UTTERANCE: ("utt_id", "utterance", "id", "audio_filepath", "path", "audio_file", "filename", "file"),
    SPEAKER: ("speaker", "spk_id", "spk", "client_id", "talker", "user_id", "participant"),
    REFERENCE: ("ref", "ref_raw", "ref_text", "text", "sentence", "transcript", "transcription", "ground_truth"),
    HYPOTHESIS: ("hyp", "hyp_raw", "hyp_text", "pred_text", "prediction", "predicted", "asr", "output"),
    WORDS: ("ref_words", "n_words", "num_words", "word_count", "length", "n_ref"),
    ERRORS: ("error_count", "n_errors", "num_errors", "edits", "distance"),
    SUBSTITUTIONS: ("subs", "sub", "s"),
    DELETIONS: ("dels", "del", "d"),
    INSERTIONS: ("ins", "i"),
    LATITUDE: ("lat", "y"),
    LONGITUDE: ("lon", "lng", "long", "x"),
    ZIP_CODE: ("zip", "zipcode", "zcta", "zcta5", "postal_code", "postcode"),
}
_RATES: Final = {"wer", "cer", "mer", "word_error_rate", "wer_percent", "per_utterance_wer"}
#: Names of columns that are made when a log is read, scored or paired.
_OURS: Final = frozenset(
    name.casefold()
    for name in (*COUNT_COLUMNS, *RESCORED, *map(candidate_column, COUNT_COLUMNS), FILE, NO_REFERENCE, NO_HYPOTHESIS)
)
_SHOWN: Final = 30
_NAME_LENGTH: Final = 40


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
            raise InputError(
                f"{where}: {unknown_name('column', theirs, shown(names))} ({setting('columns', {ours: '...'})})"
            )


def content_of(where: str, names: Collection[str], sampling_unit: str | None) -> Content:
    """Return whether a log holds texts or counts, and raise if it holds neither.

    Parameters
    ----------
    where
        Name of the file.
    names
        Columns of the file, under fairaudit's names.
    sampling_unit
        Column of the sampling unit, or None if no such column is needed.

    Raises
    ------
    InputError
        If columns are missing, or if there is only a rate per utterance.

    Examples
    --------
    >>> content_of("log.csv", ["speaker_id", "errors", "words"], "speaker_id")
    'counts'
    """
    missing = [] if sampling_unit is None or sampling_unit in names else [sampling_unit]
    counts = [name for name in (ERRORS, SUBSTITUTIONS, DELETIONS, INSERTIONS) if name in names]
    exposure = WORDS in names or CHARACTERS in names
    texts = [name for name in (REFERENCE, HYPOTHESIS) if name in names]
    rates = [name for name in names if name.casefold() in _RATES]
    if len(texts) == 2:
        content: Content = "text"
    elif exposure and (ERRORS in names or len(counts) == 3):
        content = "counts"
    elif rates and not texts and not exposure:
        raise InputError(
            f"{where}: the log has {rates[0]!r} per utterance but no number of words; WER is a ratio of sums, and "
            "averaging the rates of short and long utterances can change which group is worst; give 'errors' "
            "and 'words' (or 'reference' and 'hypothesis')"
        )
    else:
        content = "counts" if (counts or exposure) and not texts else "text"
        needed = [REFERENCE, HYPOTHESIS]
        if content == "counts":
            needed = [*([] if exposure else [WORDS]), *(_missing_errors(counts))]
        missing += [name for name in needed if name not in names]
    if (LATITUDE in names) != (LONGITUDE in names):
        missing.append(LATITUDE if LONGITUDE in names else LONGITUDE)
    if missing:
        raise InputError(f"{where}: {lacking('log', missing, names)}")
    return content


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


def lacking(what: str, missing: Sequence[str], names: Collection[str]) -> str:
    """Write an error message about missing columns, with the existing columns and likely candidates.

    Examples
    --------
    >>> print(InputError(lacking("log", ["zip_code"], ["zip", "words"])))
    log lacks ['zip_code']; it has ['zip', 'words']; did you mean 'zip'? (columns={'zip_code': 'zip'})
    """
    hints = {name: near for name in missing if (near := near_name(name, names)) is not None}
    sentence = f"{what} lacks {list(missing)}; it has {shown(names)}"
    if hints:
        sentence += f"; did you mean {', '.join(repr(near) for near in hints.values())}? ({setting('columns', hints)})"
    return sentence


def near_name(name: str, names: Collection[str]) -> str | None:
    """Find the column that most likely corresponds to one of fairaudit's names.

    Examples
    --------
    >>> near_name("zip_code", ["zipcode", "zone"]), near_name("speaker_id", ["words"])
    ('zipcode', None)
    """
    folded = {other.casefold(): other for other in names}
    for synonym in _SYNONYMS.get(name, ()):
        if synonym in folded:
            return folded[synonym]
    near = difflib.get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6)
    return folded[near[0]] if near else None


def shown(names: Collection[str]) -> list[str]:
    """Shorten a list of names, because a file without a header has long texts instead of names."""
    cut = [name if len(name) <= _NAME_LENGTH else name[: _NAME_LENGTH - 3] + "..." for name in names]
    return cut if len(cut) <= _SHOWN else [*cut[:_SHOWN], f"... {len(cut) - _SHOWN} more"]
