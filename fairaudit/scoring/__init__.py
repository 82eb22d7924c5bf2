"""Turn texts into counts: normalise them, align them, and keep four integers per utterance."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

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
from fairaudit.scoring.alignments import AlignedTexts, align_columns, align_texts
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
    from numpy.typing import NDArray

__all__ = [
    "NORMALIZERS",
    "AlignedTexts",
    "ErrorColumns",
    "NormalizedPairs",
    "Normalizer",
    "NotationError",
    "Scripts",
    "TextHashes",
    "Token",
    "align_pairs",
    "count_errors",
    "get_normalizer",
    "get_second_normalizer",
    "is_own",
    "list_alternatives",
    "normalized_pairs",
    "normalizer_labelled",
    "parse_spellings",
    "remove_tags",
    "resolve_token",
    "score_columns",
    "score_pairs",
    "scoring_settings",
    "script_of",
]

#: :func:`normalized_pairs` with its settings.
NormalizedPairs: TypeAlias = Callable[[Sequence[str], Sequence[str]], tuple[list[str], list[str], list[str]]]


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
    if hashes is None and not alternatives:
        clean = partial(_cleaned, normalizer=normalizer, tags=tags)
        texts = map(clean, references), map(normalizer.function, hypotheses)
        return count_stream(*texts, n=len(references), token=token)
    wanted, heard, whole = normalized_pairs(
        references, hypotheses, normalizer=normalizer, token=token, tags=tags, alternatives=alternatives
    )
    if hashes is not None:
        hashes.references.extend(_hashes(whole, token))
        hashes.hypotheses.extend(_hashes(heard, token))
    return count_stream(wanted, heard, n=len(references), token=token)


def _cleaned(reference: str, *, normalizer: Normalizer, tags: bool) -> str:
    return normalizer.function(remove_tags(reference) if tags else reference)


def normalized_pairs(
    references: Sequence[str],
    hypotheses: Sequence[str],
    *,
    normalizer: Normalizer,
    token: Token,
    tags: bool = False,
    alternatives: bool = False,
) -> tuple[list[str], list[str], list[str]]:
    """Return references as they are counted, hypotheses, and references with all of their spellings, all normalised.

    Parameters
    ----------
    references, hypotheses, normalizer, token, tags, alternatives
        As in :func:`score_pairs`.

    Examples
    --------
    >>> basic = get_normalizer("basic")
    >>> normalized_pairs(["{ Um / uh } yes"], ["uh."], normalizer=basic, token="word", alternatives=True)
    (['uh yes'], ['uh'], ['{um/uh} yes'])
    """
    clean = partial(_cleaned, normalizer=normalizer, tags=tags)
    heard = [*map(normalizer.function, hypotheses)]
    if not alternatives:
        return (wanted := [*map(clean, references)]), heard, wanted
    split = partial(_tokens, clean, token)
    spelled = [
        best_spelling(reference, tokens_of(text, token), split) if may_list(reference) else (clean(reference),) * 2
        for reference, text in zip(references, heard, strict=True)
    ]
    return [pair[0] for pair in spelled], heard, [pair[1] for pair in spelled]


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
    in_python = partial(score_pairs, normalizer=normalizer, token=token, tags=tags, alternatives=alternatives)
    if not _is_compiled(normalizer):
        return in_python(references.to_pylist(), hypotheses.to_pylist(), hashes=hashes)
    counts = np.empty((len(references), 4), dtype=np.int64)
    hashed = np.empty((2, len(references) if hashes is not None else 0), dtype=np.int64)
    is_basic = normalizer.function is normalize_basic
    rows = count_columns(references, hypotheses, counts, token=token, basic=is_basic, hashes=hashed)
    left = _for_python(rows, references, hypotheses, token=token, tags=tags, alternatives=alternatives)
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


def align_pairs(
    references: pa.Array,
    hypotheses: pa.Array,
    *,
    normalizer: Normalizer,
    token: Token,
    tags: bool = False,
    alternatives: bool = False,
) -> AlignedTexts:
    """Normalise and align what :func:`score_columns` counts, given the same columns and settings.

    Examples
    --------
    >>> import pyarrow as pa
    >>> texts = pa.array(["Yes, sir.", "Déjà vu"]), pa.array(["yes", "déjà vu"])
    >>> align_pairs(*texts, normalizer=get_normalizer("basic"), token="word").words.to_pylist()
    [['yes', 'sir'], ['déjà', 'vu']]
    """

    def in_python(references: pa.Array, hypotheses: pa.Array) -> AlignedTexts:
        texts = (references.to_pylist(), hypotheses.to_pylist())
        wanted, heard, _ = normalized_pairs(
            *texts, normalizer=normalizer, token=token, tags=tags, alternatives=alternatives
        )
        return align_texts(wanted, heard, token=token)

    if not _is_compiled(normalizer):
        return in_python(references, hypotheses)
    is_basic = normalizer.function is normalize_basic
    aligned, rows = align_columns(references, hypotheses, token=token, basic=is_basic)
    left = _for_python(rows, references, hypotheses, token=token, tags=tags, alternatives=alternatives)
    return aligned.replaced(left, in_python(references.take(left), hypotheses.take(left)))


def _is_compiled(normalizer: Normalizer) -> bool:
    """Whether the kernel was built and has the normaliser."""
    return compiled.KERNEL is not None and normalizer.function in (normalize_basic, normalize_none)


def _for_python(
    left: Sequence[int], references: pa.Array, hypotheses: pa.Array, *, token: Token, tags: bool, alternatives: bool
) -> NDArray[np.int64]:
    """Return the rows that Python scores: those that the kernel left, and those with what it does not know."""
    import pyarrow.compute as pc

    rows = np.array(left, np.int64)
    if tags:
        rows = np.union1d(rows, np.flatnonzero(pc.match_substring(references, "<")))
    if alternatives:
        rows = np.union1d(rows, np.flatnonzero(pc.match_substring_regex(references, SIGNS)))
    if token == "mixed":
        for column in (references, hypotheses):
            rows = np.union1d(rows, np.flatnonzero(pc.invert(pc.string_is_ascii(column))))
    return rows


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
