"""Which column of a file is which of ours, and what is said where one is lacking."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from typing import Final, Literal

from fairaudit.core.columns import (
    CHARACTERS,
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
from fairaudit.core.errors import InputError, unknown_name

__all__ = ["Content", "arrange", "content_of", "lacking", "near_name", "require"]

Content = Literal["text", "counts"]

#: What others call our columns. They are only ever suggested, never taken for granted.
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
_SHOWN: Final = 30
_NAME_LENGTH: Final = 40


def arrange(
    names: Sequence[str], wanted: Mapping[str, str], convention: Mapping[str, tuple[str, ...]]
) -> dict[str, str]:
    """Decide which of a file's columns become which of ours.

    Parameters
    ----------
    names
        The columns of the file.
    wanted
        Our name -> their name, as the user said.
    convention
        Our name -> their possible names, as the format has it; the user's word goes first.

    Returns
    -------
    dict
        Our name -> their name, for every column that is kept. A column whose name is given to another one
        is left out.

    Examples
    --------
    >>> arrange(["speaker", "text", "accent"], {"speaker_id": "speaker"}, {"reference": ("text",)})
    {'speaker_id': 'speaker', 'reference': 'text', 'accent': 'accent'}
    """
    chosen = dict(wanted)
    for ours, theirs in convention.items():
        found = next((name for name in theirs if name in names), None)
        if found is not None:
            chosen.setdefault(ours, found)
    taken = set(chosen.values())
    kept = {ours: theirs for ours, theirs in chosen.items() if theirs in names}
    return kept | {name: name for name in names if name not in taken and name not in chosen}


def require(where: str, names: Collection[str], wanted: Mapping[str, str]) -> None:
    """Make sure that the columns named by the user are there, and that every name can be asked for.

    Raises
    ------
    InputError
        If one is not, with what there is and what is near; if a name holds a NUL, at which the engine cuts it off.
    """
    if cut := [name for name in names if "\0" in name]:
        raise InputError(f"{where}: column {cut[0]!r} has a NUL in its name; rename it")
    for ours, theirs in wanted.items():
        if theirs not in names:
            raise InputError(f"{where}: {unknown_name('column', theirs, shown(names))} (--column {ours}=...)")


def content_of(where: str, names: Collection[str], unit_column: str | None) -> Content:
    """Tell a log of texts from a log of counts, and refuse what is neither.

    Parameters
    ----------
    where
        The file.
    names
        Our names of its columns.
    unit_column
        The column that names the sampling unit, or None where no such column is needed.

    Raises
    ------
    InputError
        If columns are lacking; if there is only a rate per utterance.

    Examples
    --------
    >>> content_of("log.csv", ["speaker_id", "errors", "words"], "speaker_id")
    'counts'
    """
    missing = [] if unit_column is None or unit_column in names else [unit_column]
    counts = [name for name in (ERRORS, SUBSTITUTIONS, DELETIONS, INSERTIONS) if name in names]
    exposure = WORDS in names or CHARACTERS in names
    texts = [name for name in (REFERENCE, HYPOTHESIS) if name in names]
    rates = [name for name in names if name.casefold() in _RATES]
    if len(texts) == 2:
        found: Content = "text"
    elif exposure and (ERRORS in names or len(counts) == 3):
        found = "counts"
    elif rates and not texts and not exposure:
        raise InputError(
            f"{where}: it has {rates[0]!r} per utterance but no words; WER is a ratio of sums, and an average of rates "
            "of short and long utterances changes which group is worst, so give 'errors' and 'words' "
            "(or 'reference' and 'hypothesis')"
        )
    else:
        found = "counts" if (counts or exposure) and not texts else "text"
        needed = [REFERENCE, HYPOTHESIS]
        if found == "counts":
            needed = [*([] if exposure else [WORDS]), *(_missing_errors(counts))]
        missing += [name for name in needed if name not in names]
    if (LATITUDE in names) != (LONGITUDE in names):
        missing.append(LATITUDE if LONGITUDE in names else LONGITUDE)
    if missing:
        raise InputError(f"{where}: {lacking('log', missing, names)}")
    return found


def _missing_errors(counts: list[str]) -> list[str]:
    parts = [SUBSTITUTIONS, DELETIONS, INSERTIONS]
    if ERRORS in counts:
        return []
    return [name for name in parts if name not in counts] if counts else [ERRORS]


def lacking(what: str, missing: Sequence[str], names: Collection[str]) -> str:
    """Say which columns are lacking, which there are, and which could be meant.

    Examples
    --------
    >>> lacking("log", ["speaker_id"], ["client_id", "words"])
    "log lacks ['speaker_id']; it has ['client_id', 'words']; did you mean 'client_id'? (--column speaker_id=client_id)"
    """
    hints = {name: near for name in missing if (near := near_name(name, names)) is not None}
    sentence = f"{what} lacks {list(missing)}; it has {shown(names)}"
    if hints:
        flags = " ".join(f"--column {ours}={theirs}" for ours, theirs in hints.items())
        sentence += f"; did you mean {', '.join(repr(near) for near in hints.values())}? ({flags})"
    return sentence


def near_name(name: str, names: Collection[str]) -> str | None:
    """Find the column that is most probably meant by one of our names.

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
    """Shorten a list of names: a file without a header has texts where names should stand."""
    cut = [name if len(name) <= _NAME_LENGTH else name[: _NAME_LENGTH - 3] + "..." for name in names]
    return cut if len(cut) <= _SHOWN else [*cut[:_SHOWN], f"... {len(cut) - _SHOWN} more"]
