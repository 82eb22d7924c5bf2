"""How far the bottom cohorts of several searches are the same speakers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairaudit.evidence.confirm import Finding
from fairaudit.results.disclosure import SUPPRESS_BELOW
from fairaudit.units.build import UnitTable

__all__ = ["Overlap", "bottom_speakers", "overlaps", "overlaps_to_dict"]


@dataclass(frozen=True)
class Overlap:
    """Speakers of two bottom cohorts.

    Attributes
    ----------
    title
        Title of the other search.
    both, here, there
        Sampling units in both bottom cohorts, in this search's only, and in the other's only.
    """

    title: str
    both: int
    here: int
    there: int


def bottom_speakers(units: UnitTable, finding: Finding, n_speakers: int) -> NDArray[np.bool_]:
    """Which sampling units stand in the bottom cohort of a search, found on and held out alike; shape (n_speakers,)."""
    inside = np.zeros(n_speakers, dtype=bool)
    if finding.rule is not None and finding.bottom is not None:
        counts = units.assigned().counts.regroup(finding.rule.assign(units.features))
        inside[counts.of_groups(finding.bottom.cohorts).speaker] = True
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


def overlaps_to_dict(found: Sequence[Overlap], *, unredacted: bool) -> list[dict[str, Any]]:
    """Shares of a bottom cohort's speakers: exact, or as wide as leaves 1 to 10 speakers untold on either side."""
    return [{"title": one.title, "share": _share(one, 0 if unredacted else SUPPRESS_BELOW)} for one in found]


def _share(overlap: Overlap, fewest: int) -> list[float]:
    """Lowest and highest share that can be concluded when parts of fewer speakers are told as "fewer" only.

    Examples
    --------
    >>> _share(Overlap("b", 60, 40, 20), 11), _share(Overlap("b", 97, 3, 20), 11), _share(Overlap("b", 4, 36, 20), 11)
    ([0.6, 0.6], [0.9, 1.0], [0.0, 0.25])
    """
    size, other = overlap.both + overlap.here, overlap.both + overlap.there
    low, high = overlap.both, overlap.both
    small = {part: 0 < part < fewest for part in (overlap.both, overlap.here, overlap.there)}
    if any(small.values()):
        low, high = 0, min(size, other)
        if small[overlap.both]:
            high = min(high, fewest - 1)
        if small[overlap.here]:
            low = max(low, size - fewest + 1)
        if small[overlap.there]:
            low = max(low, other - fewest + 1)
    return [math.floor(1000 * low / size) / 1000, math.ceil(1000 * high / size) / 1000]
