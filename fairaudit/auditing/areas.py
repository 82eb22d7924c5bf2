"""Show where the speakers of a search over zip codes live, in squares of a grid too coarse to identify a person."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.columns import LATITUDE, LONGITUDE
from fairaudit.core.counts import distinct_codes, numbered_codes, sum_over
from fairaudit.core.privacy import SUPPRESS_BELOW
from fairaudit.results.audit_parts import Area
from fairaudit.units.build import UnitTable

__all__ = ["areas_of"]

#: Side lengths of the squares in degrees, finest first.
_SIDES: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
#: Share of the speakers that must be in squares with enough speakers.
_SHOWN: Final = 0.8
#: The bottom cohort is marked in a square if its share there is at least this many times its overall share.
_HEAVY: Final = 2.0
#: With more squares, they could not be distinguished on a page.
_MOST: Final = 600


def areas_of(places: UnitTable, bottom: NDArray[np.bool_]) -> tuple[Area, ...]:
    """Build the finest grid over the places of a log in which four in five speakers share a square with ten others.

    Grid lines are multiples of the side length, so that maps of several releases have the same squares.

    Parameters
    ----------
    places
        Units with latitude and longitude.
    bottom
        Mask of the sampling units in the bottom cohort, shape (n_speakers,).

    Returns
    -------
    tuple of Area
        Squares from south to north and west to east; empty if no grid is coarse enough.
    """
    known = places.assigned()
    degrees = known.features[[LONGITUDE, LATITUDE]].to_numpy(float)[known.counts.group]
    if not len(degrees):
        return ()
    for side in _SIDES:
        # Rounded first, because 0.3 / 0.1 is slightly less than 3.
        lines = np.floor(np.round(degrees / side, 9)).astype(np.int64)
        first, size = lines.min(axis=0), np.ptp(lines, axis=0) + 1
        codes, square = numbered_codes((lines - first) @ (size[1], 1))
        corners = np.stack(np.divmod(codes, size[1]), axis=1) + first
        here, speaker = np.divmod(distinct_codes(square * len(bottom) + known.counts.speaker), len(bottom))
        speakers = np.bincount(here, minlength=len(corners))
        if speakers[speakers >= SUPPRESS_BELOW].sum() >= _SHOWN * speakers.sum() and len(corners) <= _MOST:
            break
    else:
        return ()
    in_bottom = np.bincount(here, bottom[speaker], minlength=len(corners))
    heavy = (in_bottom > 0) & (in_bottom / speakers >= _HEAVY * in_bottom.sum() / speakers.sum())
    errors, exposure = (sum_over(square, c, len(corners)) for c in (known.counts.errors, known.counts.exposure))
    areas = [
        Area(_bounds(x, y, side), int(speakers[i]), float(errors[i] / exposure[i]), bool(heavy[i]))
        for i, (x, y) in enumerate(corners)
        if exposure[i] > 0
    ]
    return tuple(sorted(areas, key=lambda area: (area.bounds[1], area.bounds[0])))


def _bounds(x: float, y: float, side: float) -> tuple[float, float, float, float]:
    west, south, east, north = (round(float(line) * side, 1) for line in (x, y, x + 1, y + 1))
    return west, south, east, north
