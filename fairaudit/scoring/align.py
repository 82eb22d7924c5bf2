"""Errors per utterance: align a reference with a hypothesis and keep four integers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance.Levenshtein import editops

from fairaudit.core.errors import UsageError
from fairaudit.scoring import compiled
from fairaudit.scoring.compiled import buffers
from fairaudit.scoring.scripts import join_characters, separate_characters

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["ErrorColumns", "Token", "count_errors", "tokens_of"]

Token = Literal["word", "char", "mixed"]
#: Pairs that the kernel counts at a time.
_BLOCK: Final = 1_024


@dataclass(frozen=True, eq=False)
class ErrorColumns:
    """Error counts per utterance, which add up over any set of utterances.

    Attributes
    ----------
    substitutions, deletions, insertions, hits
        int64 arrays of shape (n_utterances,), counted in words, characters or a mixture of both.

    Examples
    --------
    >>> counts = count_errors(["a b c", ""], ["a x c", "b"])
    >>> counts.errors.tolist(), counts.exposure.tolist()
    ([1, 1], [3, 0])
    """

    substitutions: NDArray[np.int64]
    deletions: NDArray[np.int64]
    insertions: NDArray[np.int64]
    hits: NDArray[np.int64]

    def __len__(self) -> int:
        """Number of utterances."""
        return len(self.hits)

    @property
    def errors(self) -> NDArray[np.int64]:
        """S + D + I, shape (n_utterances,)."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def exposure(self) -> NDArray[np.int64]:
        """Length of the reference, S + D + H, shape (n_utterances,)."""
        return self.substitutions + self.deletions + self.hits


def count_errors(references: Sequence[str], hypotheses: Sequence[str], *, token: Token = "word") -> ErrorColumns:
    """Align each reference with its hypothesis and count substitutions, deletions, insertions and hits.

    This is a Levenshtein alignment with unit costs. Among alignments of equal cost, RapidFuzz chooses, as it does
    in jiwer. The counts equal those of jiwer (``process_words``, ``process_characters``) on every pair. If a
    reference is empty, each token of its hypothesis is an insertion. There is one difference: words are separated
    by any whitespace, whereas jiwer does not split at a single tab or no-break space.

    Parameters
    ----------
    references, hypotheses
        Normalised texts; both of the same length.
    token
        ``"word"`` counts words separated by whitespace; ``"char"`` counts code points other than whitespace;
        ``"mixed"`` counts code points of scripts without spaces between words, and words of all others.

    Returns
    -------
    ErrorColumns
        Arrays of shape (n_utterances,).

    Raises
    ------
    UsageError
        If the numbers of references and hypotheses differ.

    Examples
    --------
    >>> counts = count_errors(["the cat sat"], ["the cat sat down"])
    >>> counts.insertions.tolist(), counts.hits.tolist()
    ([1], [3])
    """
    require_pairs(references, hypotheses)
    return count_stream(references, hypotheses, n=len(references), token=token)


def require_pairs(references: Sequence[str], hypotheses: Sequence[str]) -> None:
    """Raise if references and hypotheses cannot be paired one to one."""
    if len(references) != len(hypotheses):
        raise UsageError(
            f"{len(references)} references but {len(hypotheses)} hypotheses; each reference needs one hypothesis"
        )


def count_stream(references: Iterable[str], hypotheses: Iterable[str], *, n: int, token: Token) -> ErrorColumns:
    """Count errors like :func:`count_errors`, on ``n`` pairs with only a few in memory at a time."""
    if token == "mixed":
        references, hypotheses = (map(separate_characters, side) for side in (references, hypotheses))
        token = "word"
    tokens = _TOKENS[token]
    if compiled.KERNEL is None:
        pairs = zip(references, hypotheses, strict=True)
        rows = (_count_pair(reference, hypothesis, tokens) for reference, hypothesis in pairs)
        counts = np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=4 * n).reshape(n, 4)
        return ErrorColumns(*counts.T)
    counts = np.empty((n, 4), dtype=np.int64)
    texts = iter(references), iter(hypotheses)
    for block in (counts[start : start + _BLOCK] for start in range(0, n, _BLOCK)):
        wanted, heard = (list(islice(side, len(block))) for side in texts)
        for i in _count_block(wanted, heard, block, token):
            block[i] = _count_pair(wanted[i], heard[i], tokens)
    return ErrorColumns(*counts.T)


def _count_block(wanted: list[str], heard: list[str], counts: NDArray[np.int64], token: Token) -> Iterable[int]:
    """Count by the kernel, and return the rows that it leaves to Python."""
    import pyarrow as pa

    try:
        references, hypotheses = pa.array(wanted, pa.string()), pa.array(heard, pa.string())
    except UnicodeEncodeError:  # lone surrogates have no UTF-8
        return range(len(counts))
    return count_columns(references, hypotheses, counts, token=token)


def count_columns(
    references: pa.Array,
    hypotheses: pa.Array,
    counts: NDArray[np.int64],
    *,
    token: Token,
    basic: bool = False,
    hashes: NDArray[np.int64] | None = None,
) -> list[int]:
    """Count the errors of two columns of texts by the kernel.

    Parameters
    ----------
    references, hypotheses
        Columns of type string, of length n and without missing values.
    counts
        Where to write substitutions, deletions, insertions and hits, shape (n, 4).
    token
        See :func:`count_errors`.
    basic
        Whether to normalise the texts by :func:`fairaudit.scoring.normalize.normalize_basic`.
    hashes
        Where to write the hashes of both texts, shape (2, n), or (2, 0) if they are not wanted; see
        :class:`fairaudit.scoring.TextHashes`.

    Returns
    -------
    list of int
        Rows that the kernel leaves to Python, for which nothing was written.
    """
    assert compiled.KERNEL is not None
    hashes = np.empty((2, 0), dtype=np.int64) if hashes is None else hashes
    left: list[int] = compiled.KERNEL.count(
        *buffers(references), *buffers(hypotheses), basic, token == "char", counts, *hashes
    )
    return left


def _count_pair(reference: str, hypothesis: str, tokens: Callable[[str], Sequence[str]]) -> tuple[int, int, int, int]:
    wanted = tokens(reference)
    substitutions = deletions = insertions = 0
    if reference != hypothesis:
        for edit in editops(wanted, tokens(hypothesis)):
            if edit.tag == "replace":
                substitutions += 1
            elif edit.tag == "delete":
                deletions += 1
            else:
                insertions += 1
    return substitutions, deletions, insertions, len(wanted) - substitutions - deletions


def _characters(text: str) -> str:
    return "".join(text.split())


_TOKENS: dict[Token, Callable[[str], Sequence[str]]] = {"word": str.split, "char": _characters}


def tokens_of(text: str, token: Token) -> list[str]:
    """Return what is counted of a text.

    Examples
    --------
    >>> tokens_of("good 早上", "mixed"), tokens_of("good 早上", "char")
    (['good', '早', '上'], ['g', 'o', 'o', 'd', '早', '上'])
    """
    return separate_characters(text).split() if token == "mixed" else list(_TOKENS[token](text))


def written(tokens: str, token: Token) -> str:
    """Return what is counted of a text, separated by spaces, as it is written.

    Examples
    --------
    >>> written("早 上", "char"), written("早 上 good morning", "mixed"), written("good morning", "word")
    ('早上', '早上good morning', 'good morning')
    """
    if token == "word":
        return tokens
    return tokens.replace(" ", "") if token == "char" else join_characters(tokens)
