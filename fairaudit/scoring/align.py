"""Errors per utterance: the alignment of a reference and a hypothesis, reduced to four integers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance.Levenshtein import editops

from fairaudit.core.errors import UsageError

__all__ = ["ErrorColumns", "Unit", "count_errors"]

Unit = Literal["word", "char"]


@dataclass(frozen=True, eq=False)
class ErrorColumns:
    """Counts per utterance, additive over any set of utterances.

    Attributes
    ----------
    substitutions, deletions, insertions, hits
        int64 arrays of shape (n_utterances,), in words or characters.

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


def count_errors(references: Sequence[str], hypotheses: Sequence[str], *, unit: Unit = "word") -> ErrorColumns:
    """Align each reference with its hypothesis and count substitutions, deletions, insertions and hits.

    A Levenshtein alignment at unit costs; among alignments of equal cost the one that RapidFuzz, and so
    jiwer, chooses. The counts are jiwer's (``process_words``, ``process_characters``) on every pair, an empty
    reference included: each token of its hypothesis is an insertion. One thing is settled differently: words
    are separated by any whitespace, where jiwer does not separate words at a single tab or no-break space.

    Parameters
    ----------
    references, hypotheses
        Normalised texts, equally many.
    unit
        ``"word"``: separated by whitespace; ``"char"``: code points, of which whitespace is none.

    Returns
    -------
    ErrorColumns
        Arrays of shape (n_utterances,).

    Raises
    ------
    UsageError
        If there are not as many hypotheses as references.

    Examples
    --------
    >>> counts = count_errors(["the cat sat"], ["the cat sat down"])
    >>> counts.insertions.tolist(), counts.hits.tolist()
    ([1], [3])
    """
    require_pairs(references, hypotheses)
    return count_stream(references, hypotheses, n=len(references), unit=unit)


def require_pairs(references: Sequence[str], hypotheses: Sequence[str]) -> None:
    """Refuse texts that cannot be paired one to one."""
    if len(references) != len(hypotheses):
        raise UsageError(f"{len(references)} references but {len(hypotheses)} hypotheses; each needs exactly one")


def count_stream(references: Iterable[str], hypotheses: Iterable[str], *, n: int, unit: Unit) -> ErrorColumns:
    """:func:`count_errors` on ``n`` pairs of which no more than one is held at a time."""
    tokens = _TOKENS[unit]
    rows = (
        _count_pair(reference, hypothesis, tokens) for reference, hypothesis in zip(references, hypotheses, strict=True)
    )
    counts = np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=4 * n).reshape(n, 4)
    return ErrorColumns(*counts.T)


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


_TOKENS: dict[Unit, Callable[[str], Sequence[str]]] = {"word": str.split, "char": _characters}
