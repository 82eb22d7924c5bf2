"""Turn places on the globe into two columns that can be split."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fairaudit.cohorts.rules import unwrap
from fairaudit.core.columns import COORDINATES

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["on_globe", "open_places", "widest_gap"]


def on_globe(features: pd.DataFrame) -> NDArray[np.float64]:
    """Return latitude and longitude as points on the unit sphere, shape (n_units, 3).

    Examples
    --------
    >>> import pandas as pd
    >>> on_globe(pd.DataFrame({"latitude": [0.0, 90.0], "longitude": [0.0, 0.0]})).round(9)
    array([[1., 0., 0.],
           [0., 0., 1.]])
    """
    latitude, longitude = np.radians(features[list(COORDINATES)].to_numpy(float)).T
    level = np.cos(latitude)
    return np.stack([level * np.cos(longitude), level * np.sin(longitude), np.sin(latitude)], axis=1)


def open_places(features: pd.DataFrame) -> tuple[NDArray[np.float64], float]:
    """Return latitude and longitude, shape (n_units, 2), with the circle of longitudes cut, and the cut in degrees.

    Examples
    --------
    >>> import pandas as pd
    >>> open_places(pd.DataFrame({"latitude": [1.0, 2.0], "longitude": [178.0, -178.0]}))
    (array([[  1., 178.],
           [  2., 182.]]), 0.0)
    """
    columns = features[list(COORDINATES)].to_numpy(float)
    cut = widest_gap(columns[:, 1])
    return np.column_stack([columns[:, 0], unwrap(columns[:, 1], cut)]), cut


def widest_gap(longitude: NDArray[np.float64]) -> float:
    """Return the longitude at which to cut the circle of longitudes, in degrees from -180 to 180.

    This is the antimeridian, unless places lie on both sides of it. Then it is the middle of the widest empty arc.

    Examples
    --------
    >>> widest_gap(np.array([-120.0, -70.0]))
    -180.0
    >>> widest_gap(np.array([178.0, -178.0]))
    0.0
    """
    east = np.unique(np.mod(longitude + 180.0, 360.0) - 180.0)
    if not len(east):
        return -180.0
    arcs = np.diff(np.append(east, east[0] + 360.0))
    widest = int(arcs.argmax())
    if widest == len(east) - 1:
        return -180.0
    return float(east[widest] + arcs[widest] / 2)
