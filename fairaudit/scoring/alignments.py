"""Alignments behind the counts: which words are wrong, what is heard instead of them, and what is inserted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import partial
from typing import TYPE_CHECKING, Final, Self

import numpy as np
from rapidfuzz.distance.Levenshtein import editops

from fairaudit.scoring import compiled
from fairaudit.scoring.align import Token, tokens_of
from fairaudit.scoring.compiled import buffers

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

__all__ = ["AlignedTexts", "align_columns", "align_texts", "alignment_view"]

#: What jiwer writes before the first pair of texts.
_HEADING: Final = "=== SENTENCE 1 ===\n\n"


@dataclass(frozen=True, eq=False)
class AlignedTexts:
    """Alignments of references with hypotheses, as columns of lists with one row per pair.

    Their errors are those of :func:`fairaudit.scoring.count_errors`: RapidFuzz chooses among alignments of equal cost.

    Attributes
    ----------
    words
        The words of the reference (or its characters, if these are counted), of type list of string.
    places
        Where among them a word is wrong, ascending, from 0, of type list of int32.
    heard
        What is heard instead, as many as places, of type list of string: another word, or nothing if it is deleted.
    inserted
        Words that are inserted; those that follow each other in the hypothesis are one text. Of type list of string.

    Examples
    --------
    >>> aligned = align_texts(["turn off the lamp"], ["turn the lamb"], token="word")
    >>> aligned.words.to_pylist(), aligned.places.to_pylist(), aligned.heard.to_pylist(), aligned.inserted.to_pylist()
    ([['turn', 'off', 'the', 'lamp']], [[1, 3]], [['', 'lamb']], [[]])
    """

    words: pa.ListArray
    places: pa.ListArray
    heard: pa.ListArray
    inserted: pa.ListArray

    def columns(self) -> dict[str, pa.ListArray]:
        """Return the columns by their names."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def replaced(self, rows: NDArray[np.int64], others: Self) -> Self:
        """Return the alignments with those of some rows, in ascending order, taken from others.

        Examples
        --------
        >>> aligned = align_texts(["a", "b"], ["a", ""], token="word")
        >>> aligned.replaced(np.array([1]), align_texts(["c"], ["c"], token="word")).words.to_pylist()
        [['a'], ['c']]
        """
        import pyarrow as pa

        if not len(rows):
            return self
        order = np.arange(len(self.words))
        order[rows] = len(order) + np.arange(len(rows))
        return type(self)(
            **{
                name: pa.concat_arrays([column, getattr(others, name)]).take(pa.array(order))
                for name, column in self.columns().items()
            }
        )


def align_texts(references: Iterable[str], hypotheses: Iterable[str], *, token: Token) -> AlignedTexts:
    """Align normalised texts in Python.

    Parameters
    ----------
    references, hypotheses
        Normalised texts; both of the same length.
    token
        As in :func:`fairaudit.scoring.count_errors`.

    Examples
    --------
    >>> align_texts(["早上 ok"], ["早 ok"], token="mixed").heard.to_pylist()
    [['']]
    """
    import pyarrow as pa

    split = partial(tokens_of, token=token)
    rows = [_aligned(*map(split, pair)) for pair in zip(references, hypotheses, strict=True)]
    types = (pa.string(), pa.int32(), pa.string(), pa.string())
    columns = zip(*rows, strict=True) if rows else ((),) * len(types)
    return AlignedTexts(*(pa.array(column, pa.list_(kind)) for column, kind in zip(columns, types, strict=True)))


def _aligned(words: list[str], heard: list[str]) -> tuple[list[str], list[int], list[str], list[str]]:
    """Return the words of a reference, the places of errors, what is heard there, and what is inserted."""
    errors: dict[int, str] = {}
    inserted: list[int] = []
    for edit in editops(words, heard) if words != heard else ():
        if edit.tag == "insert":
            inserted.append(edit.dest_pos)
        else:
            errors[edit.src_pos] = heard[edit.dest_pos] if edit.tag == "replace" else ""
    runs: list[str] = []
    for i, place in enumerate(inserted):
        if i and inserted[i - 1] == place - 1:
            runs[-1] += f" {heard[place]}"
        else:
            runs.append(heard[place])
    return words, sorted(errors), [errors[place] for place in sorted(errors)], runs


def align_columns(
    references: pa.Array, hypotheses: pa.Array, *, token: Token, basic: bool = False
) -> tuple[AlignedTexts, list[int]]:
    """Align two columns of texts by the kernel.

    Parameters
    ----------
    references, hypotheses
        Columns of type string, of the same length and without missing values.
    token
        ``"word"`` or ``"char"``.
    basic
        Whether to normalise the texts by :func:`fairaudit.scoring.normalize.normalize_basic`.

    Returns
    -------
    AlignedTexts, list of int
        The alignments, and the rows that the kernel leaves to Python, which have no words.
    """
    import pyarrow as pa

    assert compiled.KERNEL is not None
    *parts, places, left = compiled.KERNEL.align(*buffers(references), *buffers(hypotheses), basic, token == "char")
    words, heard, inserted = (_lists(*parts[3 * i : 3 * i + 3]) for i in range(3))
    at = pa.Array.from_buffers(pa.int32(), len(places) // 4, [None, pa.py_buffer(places)])
    return AlignedTexts(words, pa.ListArray.from_arrays(heard.offsets, at), heard, inserted), left


def _lists(rows: bytes, ends: bytes, texts: bytes) -> pa.ListArray:
    """Return a column of lists of texts, given how many texts there are up to the end of each row, and their UTF-8."""
    import pyarrow as pa

    offsets = [
        pa.py_buffer(np.concatenate([[0], np.frombuffer(one, np.int32)]).astype(np.int32)) for one in (rows, ends)
    ]
    values = pa.StringArray.from_buffers(len(ends) // 4, offsets[1], pa.py_buffer(texts))
    return pa.ListArray.from_arrays(pa.Array.from_buffers(pa.int32(), len(rows) // 4 + 1, [None, offsets[0]]), values)


def alignment_view(reference: str, hypothesis: str, *, token: Token, width: int | None = None) -> str:
    r"""Show a reference above its hypothesis, aligned as they are counted, as jiwer does.

    Parameters
    ----------
    reference, hypothesis
        Normalised texts.
    token
        As in :func:`fairaudit.scoring.count_errors`.
    width
        Characters of a line, after which the texts go on below; by default, each is one line.

    Returns
    -------
    str
        Lines of references, of hypotheses, and of marks: S for a substitution, D for a deletion, I for an insertion.

    Examples
    --------
    >>> print(alignment_view("turn off the lamp", "turn the lamb", token="word"))
    REF: turn off the lamp
    HYP: turn *** the lamb
                D        S
    """
    import jiwer

    wanted, heard = (" ".join(tokens_of(text, token)) for text in (reference, hypothesis))
    pair = jiwer.process_words(wanted, heard)
    shown = jiwer.visualize_alignment(pair, show_measures=False, skip_correct=False, line_width=width)
    lines = str(shown).removeprefix(_HEADING).splitlines()
    return "\n".join(line.rstrip() for line in lines)
