"""Convert overlaps, areas and voices of a search to JSON documents, without numbers of fewer than 11 speakers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fairaudit.core.privacy import SUPPRESS_BELOW
from fairaudit.evidence.measure import MIN_SPEAKERS

if TYPE_CHECKING:
    from fairaudit.results.audit_parts import Area, Overlap, Voices
    from fairaudit.results.documents import AreaDoc, OverlapDoc, VoicesDoc

__all__ = ["areas_to_dict", "overlaps_to_dict", "voices_to_dict"]


def overlaps_to_dict(overlaps: Sequence[Overlap], *, unredacted: bool) -> list[OverlapDoc]:
    """Return shares of the bottom cohort: exact, or as ranges that are at least 10 speakers wide."""
    return [{"title": one.title, "share": _share(one, 0 if unredacted else SUPPRESS_BELOW)} for one in overlaps]


def _share(overlap: Overlap, fewest: int) -> list[float]:
    """Return the lowest and highest share if shared speakers are counted in steps, and small parts only known as small.

    Examples
    --------
    >>> from fairaudit.results.audit_parts import Overlap
    >>> _share(Overlap("b", 60, 40, 20), 11), _share(Overlap("b", 97, 3, 20), 11), _share(Overlap("b", 4, 36, 20), 11)
    ([0.55, 0.65], [0.9, 1.0], [0.0, 0.25])
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
    elif fewest and 0 < overlap.both < min(size, other):
        low = overlap.both // fewest * fewest
        high = min(low + fewest - 1, size, other)
    return [math.floor(1000 * low / size) / 1000, math.ceil(1000 * high / size) / 1000]


def areas_to_dict(areas: Sequence[Area], *, unredacted: bool) -> list[AreaDoc]:
    """Return squares with at least 11 speakers: rounded rates without counts, so that nothing can be subtracted."""
    return [
        {
            "bounds": list(area.bounds),
            "rate": round(area.rate, 3),
            "thin": area.speakers < MIN_SPEAKERS,
            "bottom_heavy": area.bottom_heavy,
        }
        for area in areas
        if unredacted or area.speakers >= SUPPRESS_BELOW
    ]


def voices_to_dict(voices: Voices | None, withheld: Sequence[int], *, unredacted: bool) -> VoicesDoc | None:
    """Return the cohorts of at least 11 speakers, rounded to three decimals.

    Parameters
    ----------
    voices
        Projected cohorts.
    withheld
        Cohorts that are withheld.
    unredacted
        Whether to keep cohorts of fewer than 11 speakers.
    """
    if voices is None:
        return None
    shown = [v for v in voices.cohorts if unredacted or (v.speakers >= SUPPRESS_BELOW and v.cohort_id not in withheld)]
    return {
        "explained": [round(share, 3) for share in voices.explained],
        "cohorts": [
            {
                "cohort_id": voice.cohort_id,
                "mean": [round(float(x), 3) for x in voice.mean],
                "covariance": [[float(f"{x:.3g}") for x in row] for row in voice.covariance],
            }
            for voice in shown
        ],
    }
