"""Turn texts into counts: normalise them, align them, and keep four integers per utterance."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from fairaudit.scoring import compiled
from fairaudit.scoring.align import (
    ErrorColumns,
    Token,
    count_columns,
    count_errors,
    count_stream,
    require_pairs,
    tokens_of,
)
from fairaudit.scoring.alternatives import (
    SIGNS,
    NotationError,
    best_spelling,
    list_alternatives,
    may_list,
    parse_spellings,
)
from fairaudit.scoring.normalize import EVENT_TAG, normalize_basic, normalize_none, remove_tags
from fairaudit.scoring.normalizers import (
    NORMALIZERS,
    Normalizer,
    get_normalizer,
    get_second_normalizer,
    is_own,
    normalizer_labelled,
)
from fairaudit.scoring.scripts import Scripts, resolve_token, script_of, separate_characters

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "NORMALIZERS",
    "ErrorColumns",
    "Normalizer",
    "NotationError",
    "Scripts",
    "TextHashes",
    "Token",
    "count_errors",
    "get_normalizer",
    "get_second_normalizer",
    "is_own",
    "list_alternatives",
    "normalizer_labelled",
    "parse_spellings",
    "remove_tags",
    "resolve_token",
    "score_columns",
    "score_pairs",
    "scoring_settings",
    "script_of",
]


@dataclass
class TextHashes:
    """Hashes of normalised texts, equal for equal texts of this process; they are for comparing and never published.

    Python salts them for each process, so that nobody can look up the text of a hash.

    Attributes
    ----------
    references, hypotheses
        One 64-bit hash per text.

    Examples
    --------
    >>> hashes, basic = TextHashes(), get_normalizer("basic")
    >>> counts = score_pairs(["Yes, sir."], ["yes  sir"], normalizer=basic, token="word", hashes=hashes)
    >>> hashes.references == hashes.hypotheses
    True
    """

    references: array[int] = field(default_factory=lambda: array("q"))
    hypotheses: array[int] = field(default_factory=lambda: array("q"))


def score_pairs(
    references: Sequence[str],
    hypotheses: Sequence[str],
    *,
    normalizer: Normalizer,
    token: Token,
    tags: bool = False,
    alternatives: bool = False,
    hashes: TextHashes | None = None,
) -> ErrorColumns:
    """Normalise and count in one pass, with one pair in memory at a time unless hashes or alternatives are wanted.

    Parameters
    ----------
    references, hypotheses
        Texts as written in the log; both of the same length.
    normalizer
        Applied to both sides.
    token
        Whether words or characters are counted.
    tags
        Whether the references contain event tags such as ``<LAUGH>``. They are removed from references only, before
        normalisation.
    alternatives
        Whether references may list alternatives (see :mod:`fairaudit.scoring.alternatives`). The spelling with the
        fewest errors is then counted, the first as written among equals.
    hashes
        Where to add the hashes of both texts, in which blanks around them do not matter. That of a reference with
        alternatives is a hash of all of its spellings.

    Returns
    -------
    ErrorColumns
        Arrays of shape (n_utterances,).

    Raises
    ------
    UsageError
        If the numbers of references and hypotheses differ.
    NotationError
        If alternatives are not written as sclite writes them.

    Examples
    --------
    >>> counts = score_pairs(["YEAH <LAUGH>"], ["Yeah."], normalizer=get_normalizer("basic"), token="word", tags=True)
    >>> counts.errors.tolist(), counts.exposure.tolist()
    ([0], [1])
    """
    require_pairs(references, hypotheses)

    def normalize(reference: str) -> str:
        return normalizer.function(remove_tags(reference) if tags else reference)

    wanted: Iterable[str] = map(normalize, references)
    heard: Iterable[str] = map(normalizer.function, hypotheses)
    if hashes is None and not alternatives:
        return count_stream(wanted, heard, n=len(references), token=token)
    heard = list(heard)
    if alternatives:
        split = partial(_tokens, normalize, token)
        spelled = [
            best_spelling(reference, tokens_of(text, token), split)
            if may_list(reference)
            else (normalize(reference),) * 2
            for reference, text in zip(references, heard, strict=True)
        ]
        wanted, whole = ([pair[i] for pair in spelled] for i in (0, 1))
    else:
        wanted = whole = list(wanted)
    if hashes is not None:
        hashes.references.extend(_hashes(whole, token))
        hashes.hypotheses.extend(_hashes(heard, token))
    return count_stream(wanted, heard, n=len(references), token=token)


def _tokens(normalize: Callable[[str], str], token: Token, text: str) -> list[str]:
    return tokens_of(normalize(text), token)


def score_columns(
    references: pa.Array,
    hypotheses: pa.Array,
    *,
    normalizer: Normalizer,
    token: Token,
    tags: bool = False,
    alternatives: bool = False,
    hashes: TextHashes | None = None,
) -> ErrorColumns:
    """Score like :func:`score_pairs`, but columns of type string without missing values.

    The kernel reads them as they are, if it was built and if it has the normaliser. Rows that it leaves are scored in
    Python: those beyond ASCII that are normalised or are counted in words and characters, and those with tags or
    alternatives.

    Examples
    --------
    >>> import pyarrow as pa
    >>> texts = pa.array(["Yes, sir.", "Déjà vu"]), pa.array(["yes", "déjà vu"])
    >>> score_columns(*texts, normalizer=get_normalizer("basic"), token="word").deletions.tolist()
    [1, 0]
    """
    import pyarrow.compute as pc

    in_python = partial(score_pairs, normalizer=normalizer, token=token, tags=tags, alternatives=alternatives)
    is_basic = normalizer.function is normalize_basic
    if compiled.KERNEL is None or not (is_basic or normalizer.function is normalize_none):
        return in_python(references.to_pylist(), hypotheses.to_pylist(), hashes=hashes)
    counts = np.empty((len(references), 4), dtype=np.int64)
    hashed = np.empty((2, len(references) if hashes is not None else 0), dtype=np.int64)
    left = np.array(count_columns(references, hypotheses, counts, token=token, basic=is_basic, hashes=hashed), np.int64)
    if tags:
        left = np.union1d(left, np.flatnonzero(pc.match_substring(references, "<")))
    if alternatives:
        left = np.union1d(left, np.flatnonzero(pc.match_substring_regex(references, SIGNS)))
    if token == "mixed":
        for column in (references, hypotheses):
            left = np.union1d(left, np.flatnonzero(pc.invert(pc.string_is_ascii(column))))
    if len(left):
        again = TextHashes()
        part = in_python(references.take(left).to_pylist(), hypotheses.take(left).to_pylist(), hashes=again)
        counts[left] = np.stack([part.substitutions, part.deletions, part.insertions, part.hits], axis=1)
        if hashes is not None:
            hashed[:, left] = again.references, again.hypotheses
    if hashes is not None:
        hashes.references.frombytes(hashed[0].tobytes())
        hashes.hypotheses.frombytes(hashed[1].tobytes())
    return ErrorColumns(*counts.T)


def _hashes(texts: Iterable[str], token: Token) -> Iterable[int]:
    """Hash normalised texts without the blanks around them, and without any beside characters that are counted."""
    if token == "char":
        return map(hash, map("".join, map(str.split, texts)))
    if token == "mixed":
        texts = (text if text.isascii() else " ".join(separate_characters(text).split()) for text in texts)
    return map(hash, map(str.strip, texts))


def scoring_settings(
    normalizer: Normalizer, token: Token, *, tags: bool = False, alternatives: bool = False
) -> dict[str, str | None]:
    """List the settings of :func:`score_pairs` that can change a number, for the signature.

    Examples
    --------
    >>> scoring_settings(get_normalizer("none"), "word")
    {'unit': 'word', 'normalizer': 'none-1', 'removed': None, 'alternatives': None}
    """
    return {
        "unit": token,
        "normalizer": normalizer.label,
        "removed": EVENT_TAG.pattern if tags else None,
        "alternatives": "sclite" if alternatives else None,
    }
