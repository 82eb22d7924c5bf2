"""Say which columns are missing, and which existing columns were probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from fairaudit.core.columns import (
    DELETIONS,
    ERRORS,
    HYPOTHESIS,
    INSERTIONS,
    LATITUDE,
    LONGITUDE,
    REFERENCE,
    SPEAKER,
    SUBSTITUTIONS,
    UTTERANCE,
    WORDS,
    ZIP_CODE,
)
from fairaudit.core.errors import UsageError, setting

__all__ = ["check_mapping", "lacking", "shown", "suggestions"]

#: Other common names of the columns. They are suggested in messages, never assumed.
_SYNONYMS: Final[dict[str, tuple[str, ...]]] = {
    UTTERANCE: ("utt_id", "utterance", "id", "audio_filepath", "path", "audio_file", "filename", "file"),
    SPEAKER: ("speaker", "spk_id", "spk", "client_id", "talker", "user_id", "participant"),
    REFERENCE: ("ref", "ref_raw", "ref_text", "sentence", "ground_truth"),
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
#: Names that some tools give to references and others to hypotheses.
_EITHER: Final = ("text", "transcript", "transcription")
_NEITHER: Final[Mapping[str, str]] = MappingProxyType({})
#: Several columns may be read from the same column of a file only if they are ids.
_IDS: Final = (UTTERANCE, SPEAKER)
_SIMILAR: Final = 0.7
_SHOWN: Final = 30
_NAME_LENGTH: Final = 40


def lacking(what: str, missing: Sequence[str], names: Collection[str], named_by: Mapping[str, str] = _NEITHER) -> str:
    """Write an error message about missing columns, with the existing columns and likely candidates.

    Parameters
    ----------
    what
        What lacks the columns.
    missing
        The missing columns.
    names
        The existing columns.
    named_by
        Setting with which the user named a column, by column; empty if no setting did.

    Examples
    --------
    >>> print(UsageError(lacking("log", ["zip_code"], ["zip", "words"])))
    log lacks ['zip_code']; it has ['zip', 'words']; did you mean 'zip'? (columns={'zip_code': 'zip'})
    >>> print(UsageError(lacking("log", ["acent"], ["accent"], {"acent": "by"})))
    log lacks ['acent'] (by='acent'); it has ['accent']; did you mean 'accent'? (by='accent')
    """
    asked = ", ".join(_named(named_by[name], name) for name in missing if named_by.get(name))
    sentence = f"{what} lacks {list(missing)}{asked and f' ({asked})'}; it has {shown(names)}"
    hints = suggestions(missing, names)
    if not hints:
        return sentence
    roles = {name: near for name, near in hints.items() if name in _SYNONYMS}
    remedies = [setting("columns", roles)] if roles else []
    remedies += [_named(by, hints[name]) for name, by in named_by.items() if by and name in hints and name not in roles]
    sentence += f"; did you mean {', '.join(map(repr, hints.values()))}?"
    return sentence + (f" ({' '.join(remedies)})" if remedies else "")


def _named(by: str, name: str) -> str:
    """Mark a setting that names a column, in a message."""
    return setting(by, {name: "..."} if by == "where" else name)


def suggestions(missing: Sequence[str], names: Collection[str]) -> dict[str, str]:
    """Find the columns that were probably meant, each for one missing column.

    A column that has a role already is never suggested for another one. ``text`` and ``transcription`` may be
    references or hypotheses; they are suggested only if it is known which.

    Examples
    --------
    >>> suggestions(["speaker_id", "hypothesis"], ["client_id", "reference", "transcription"])
    {'speaker_id': 'client_id', 'hypothesis': 'transcription'}
    >>> suggestions(["reference", "hypothesis"], ["transcription", "standardized_text"])
    {}
    """
    missing = [name for name in missing if name not in names]
    free = {name.casefold(): name for name in names if name not in _SYNONYMS}
    hints: dict[str, str] = {}

    def suggest(name: str, near: str) -> None:
        hints[name] = free.pop(near)

    for name in missing:
        if synonyms := [synonym for synonym in _SYNONYMS.get(name, ()) if synonym in free]:
            suggest(name, synonyms[0])
    either = [name for name in _EITHER if name in free]
    for name, other in ((REFERENCE, HYPOTHESIS), (HYPOTHESIS, REFERENCE)):
        known = other in hints or other in names
        if name in missing and name not in hints and known and len(either) == 1 and either[0] in free:
            suggest(name, either[0])
    for name in missing:
        if name not in hints:
            candidates = [folded for folded in free if folded not in _EITHER]
            near = difflib.get_close_matches(name.casefold(), candidates, 2, _SIMILAR)
            if near and (len(near) == 1 or name not in _SYNONYMS):  # of several models or versions, none is suggested
                suggest(name, near[0])
    return {name: hints[name] for name in missing if name in hints}


def check_mapping(columns: Mapping[str, str]) -> None:
    """Raise if a column is mapped to a name that fairaudit does not know, although it knows the column by another name.

    Raises
    ------
    UsageError
        If a name is a synonym of one of fairaudit's names, or two columns are read from the same column.

    Examples
    --------
    >>> check_mapping({"speaker": "voice"})
    Traceback (most recent call last):
    ...
    fairaudit.core.errors.UsageError: columns={'speaker': 'voice'}: fairaudit calls this column 'speaker_id'; use \
columns={'speaker_id': 'voice'}
    """
    for ours, theirs in columns.items():
        folded = ours.casefold()
        meant = [role for role, names in _SYNONYMS.items() if folded in (role, *names)]
        if folded in _EITHER:
            meant = [REFERENCE, HYPOTHESIS]
        if meant and ours not in meant:
            names = " or ".join(map(repr, meant))
            remedy = " or ".join(setting("columns", {role: theirs}) for role in meant)
            raise UsageError(f"{setting('columns', {ours: theirs})}: fairaudit calls this column {names}; use {remedy}")
    taken: dict[str, str] = {}
    for ours, theirs in columns.items():
        if ours in _SYNONYMS and ours not in _IDS:
            if theirs in taken:
                raise UsageError(f"{taken[theirs]!r} and {ours!r} cannot both be read from the column {theirs!r}")
            taken[theirs] = ours


def shown(names: Collection[str]) -> list[str]:
    """Shorten a list of names, because a file without a header has long texts instead of names."""
    cut = [name if len(name) <= _NAME_LENGTH else name[: _NAME_LENGTH - 3] + "..." for name in names]
    return cut if len(cut) <= _SHOWN else [*cut[:_SHOWN], f"... {len(cut) - _SHOWN} more"]
