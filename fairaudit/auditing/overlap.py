"""How far the bottom cohorts of several searches are the same speakers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fairaudit.evidence.confirm import Evidence
from fairaudit.results.audit_parts import Overlap
from fairaudit.units.build import UnitTable

__all__ = ["bottom_speakers", "overlaps"]


def bottom_speakers(units: UnitTable, evidence: Evidence, n_speakers: int) -> NDArray[np.bool_]:
    """Which sampling units stand in the bottom cohort of a search, found on and held out alike; shape (n_speakers,)."""
    inside = np.zeros(n_speakers, dtype=bool)
    if evidence.rule is not None and evidence.bottom is not None:
        counts = units.assigned().counts.regroup(evidence.rule.assign(units.features))
        inside[counts.of_groups(evidence.bottom.cohorts).speaker] = True
    return inside


def overlaps(titles: Sequence[str], bottoms: Sequence[NDArray[np.bool_]]) -> list[tuple[Overlap, ...]]:
    """Compare the bottom cohort of each search with those of all others that named one.

    Parameters
    ----------
    titles
        Titles of the searches.
    bottoms
        Which sampling units stand in their bottom cohorts, each of shape (n_speakers,).

    Returns
    -------
    list of tuple of Overlap
        One tuple for each search, empty where it named nobody.

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
