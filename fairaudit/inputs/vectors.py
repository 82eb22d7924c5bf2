"""Vectors as a file holds them, and checks that all readers of embeddings share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.errors import InputError

__all__ = ["ID_NAMES", "MATRIX_NAMES", "Vectors", "pick", "refuse_bomb", "span", "stacked", "vector_length"]

#: Common names of ids and of vectors, in order of preference.
ID_NAMES: Final = (
    *("ids", "id", "utterance_ids", "utterance_id", "utt_ids", "utt_id"),
    *("speaker_ids", "speaker_id", "speakers", "speaker", "keys", "key", "names", "name"),
)
MATRIX_NAMES: Final = ("embeddings", "embedding", "vectors", "vector", "xvectors", "matrix", "features", "emb", "x")
#: Content may be this many times as large as its file, and always this large. Vectors hardly compress.
_RATIO: Final = 100
_ALWAYS_ALLOWED: Final = 64 << 20


@dataclass(frozen=True, eq=False)
class Vectors:
    """Ids and vectors of a file.

    Attributes
    ----------
    ids
        Shape (n,).
    matrix
        Shape (n, n_dimensions), any type of number.
    used
        Columns or arrays that were used.
    unused
        Column or array -> why it is not used.
    notes
        Sentences about how the file was read.
    """

    ids: Sequence[object]
    matrix: NDArray[Any]
    used: tuple[str, ...]
    unused: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def refuse_bomb(where: str, declared: int, size: int) -> None:
    """Refuse content that is far larger than its file, before memory is taken for it.

    Parameters
    ----------
    where
        Name of the file.
    declared
        Bytes of the uncompressed content, as the file declares.
    size
        Bytes of the file.

    Raises
    ------
    InputError
        If the content has more than 64 MiB and more than 100 times the size of the file.
    """
    if declared > max(_RATIO * size, _ALWAYS_ALLOWED):
        raise InputError(
            f"{where}: it declares {declared:,} bytes of content in a file of {size:,}; at most {_RATIO} times the "
            "size of the file is read"
        )


def vector_length(shape: Sequence[int]) -> int | None:
    """Return the number of dimensions of a vector of some shape, or None if it is not one vector.

    Examples
    --------
    >>> vector_length((192,)), vector_length((1, 192)), vector_length((50, 192))
    (192, 192, None)
    """
    long = [length for length in shape if length != 1]
    return 1 if shape and not long else long[0] if len(long) == 1 else None


def stacked(where: str, vectors: Sequence[NDArray[Any] | None]) -> NDArray[Any]:
    """Stack vectors; missing ones become rows of NaN.

    Raises
    ------
    InputError
        If there is no vector, or they differ in their numbers of dimensions.
    """
    lengths = Counter(len(vector) for vector in vectors if vector is not None)
    if not lengths:
        raise InputError(f"{where}: no id has a vector")
    if len(lengths) > 1:
        counts = dict(lengths.most_common(5))
        raise InputError(f"{where}: vectors have different numbers of dimensions (dimensions: vectors) {counts}")
    missing = np.full(next(iter(lengths)), np.nan)
    return np.stack([missing if vector is None else vector for vector in vectors])


def pick(names: Sequence[str], usual: Sequence[str]) -> str | None:
    """Pick the name that is usual, or else the only name.

    Examples
    --------
    >>> pick(["a", "Embedding"], MATRIX_NAMES), pick(["a"], MATRIX_NAMES), pick(["a", "b"], MATRIX_NAMES)
    ('Embedding', 'a', None)
    """
    folded = {name.casefold(): name for name in reversed(names)}
    match = next((folded[name] for name in usual if name in folded), None)
    return match if match is not None else (names[0] if len(names) == 1 else None)


def span(names: Sequence[str]) -> str:
    """Shorten a list of dimensions or ids.

    Examples
    --------
    >>> span(["e0", "e1", "e2", "e3"]), span(["x", "y"])
    ('e0 ... e3 (4)', 'x, y')
    """
    return ", ".join(names) if len(names) <= 3 else f"{names[0]} ... {names[-1]} ({len(names)})"
