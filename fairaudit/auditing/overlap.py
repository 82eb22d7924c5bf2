"""Measure how many speakers the bottom cohorts of several searches share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fairaudit.evidence.verdict import JudgedSearch
from fairaudit.results.audit_parts import Overlap

__all__ = ["bottom_speakers", "overlaps"]


def bottom_speakers(judged: JudgedSearch, n_speakers: int) -> NDArray[np.bool_]:
    """Return a mask of the sampling units in the bottom cohort of a search, held out or not; shape (n_speakers,)."""
    inside = np.zeros(n_speakers, dtype=bool)
    cells, bottom = judged.cells, judged.evidence.bottom
    if cells is not None and bottom is not None:
        inside[cells.of_groups(bottom.cohorts).speaker] = True
    return inside


def overlaps(titles: Sequence[str], bottoms: Sequence[NDArray[np.bool_]]) -> list[tuple[Overlap, ...]]:
    """Compare the bottom cohort of each search with those of all other searches that have one.

    Parameters
    ----------
    titles
        Titles of the searches.
    bottoms
        Masks of the sampling units in the bottom cohorts, each of shape (n_speakers,).

    Returns
    -------
    list of tuple of Overlap
        One tuple for each search, empty if it has no bottom cohort.

    Examples
    --------
    >>> overlaps(["a", "b"], [np.array([True, True, False]), np.array([True, False, False])])[1]
    (Overlap(title='a', both=1, here=0, there=1),)
    """
    named = [(title, inside) for title, inside in zip(titles, bottoms, strict=True) if inside.any()]
    return [
        tuple(
            Overlap(other, int((inside & there).sum()), int((inside & ~there).sum()), int((there & ~inside).sum()))
            for other, there in named
            if other != title and inside.any()
        )
        for title, inside in zip(titles, bottoms, strict=True)
    ]
