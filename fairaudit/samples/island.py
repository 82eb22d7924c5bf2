"""The imaginary island of the sample: its coast, provinces, zip codes and census.

The island is at 38 S, 115 W, in an empty part of the South Pacific, and measures about 6 by 4 degrees.
Distances are computed in degrees, as if a degree had the same length in every direction.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fairaudit.core.columns import LATITUDE, LONGITUDE, ZIP_CODE
from fairaudit.core.errors import UsageError

__all__ = ["REGION", "draw_census", "draw_zips", "in_region", "provinces", "zip_codes"]

CENTRE: Final = (-38.0, -115.0)
HALF_AXES: Final = (2.0, 3.0)

#: The part of the west coast with higher error rates; its edges lie between the two-decimal coordinates of speakers.
REGION: Final = {LATITUDE: (-38.705, -37.295), LONGITUDE: (-118.505, -116.605)}
REGION_SHARE: Final = 0.12

#: Two cities and a harbour town inside the region: latitude, longitude, radius (degrees), zips, people per zip.
CITIES: Final = ((-37.4, -113.9, 0.5, 52, 3.0), (-38.9, -115.3, 0.5, 40, 2.5), (-38.0, -117.2, 0.35, 16, 2.0))
COUNTRYSIDE_ZIPS: Final = 52

#: Group b lives along parallel valleys that cross the island diagonally, this far apart (degrees). The pattern is
#: smooth, but no box of latitudes and longitudes contains much of it.
VALLEY_SPACING: Final = 0.7
GROUP_C_PATCHES: Final = ((-38.6, -115.0, 0.5), (-37.7, -116.2, 0.6))

PROVINCES: Final = ("Amberholt", "Brindlecoast", "Cindermoor", "Dunlight", "Eskermere", "Fallowreach")
COAST_POINTS: Final = 60
#: Coast points at which the borders of the outer provinces reach the sea.
BORDERS: Final = (0, 11, 25, 36, 49)


def zip_codes(count: int) -> list[str]:
    """Return zip codes that do not exist.

    The United States Postal Service never assigned the prefixes 001 to 004; the lowest assigned prefix is 005
    (Holtsville, New York). The leading zeros also reveal code that reads zip codes as numbers.

    Parameters
    ----------
    count
        Number of zip codes, at most 399.

    Returns
    -------
    list of str
        Zip codes, starting at ``"00101"``.

    Raises
    ------
    UsageError
        If more than 399 are requested.

    Examples
    --------
    >>> zip_codes(2)
    ['00101', '00102']
    """
    if count > 399:
        raise UsageError(f"only 399 zip codes start with 001 to 004, not {count}")
    return [f"{101 + i:05d}" for i in range(count)]


def in_region(latitude: NDArray[np.float64], longitude: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether points (degrees, any shape) lie in :data:`REGION`, where error rates are higher; NaN gives false.

    Examples
    --------
    >>> in_region(np.array([-38.0, -38.0]), np.array([-117.0, -115.0])).tolist()
    [True, False]
    """
    (south, north), (west, east) = REGION[LATITUDE], REGION[LONGITUDE]
    inside: NDArray[np.bool_] = (south < latitude) & (latitude < north) & (west < longitude) & (longitude < east)
    return inside


def draw_zips(rng: np.random.Generator) -> pd.DataFrame:
    """Scatter zip codes over the island, densely in the cities.

    Returns
    -------
    pandas.DataFrame
        ``zip_code``, ``latitude`` and ``longitude`` of the centre (degrees), and ``people``, the share of all
        speakers who live there. The zip codes of the region add up to 12 %.

    Examples
    --------
    >>> zips = draw_zips(np.random.default_rng(0))
    >>> len(zips), float(zips["people"].sum().round(6))
    (160, 1.0)
    """
    angle = 2 * np.pi * rng.random(COUNTRYSIDE_ZIPS)
    latitude, longitude = _at(angle, 0.9 * np.sqrt(rng.random(COUNTRYSIDE_ZIPS)))
    parts = [np.column_stack([latitude, longitude, np.ones(COUNTRYSIDE_ZIPS)])]
    for city_latitude, city_longitude, radius, count, people in CITIES:
        angle, distance = 2 * np.pi * rng.random(count), radius * rng.random(count)
        latitude, longitude = city_latitude + distance * np.sin(angle), city_longitude + distance * np.cos(angle)
        parts.append(np.column_stack([latitude, longitude, np.full(count, people)]))

    zips = pd.DataFrame(np.vstack(parts), columns=[LATITUDE, LONGITUDE, "people"])
    zips.insert(0, ZIP_CODE, zip_codes(len(zips)))
    inside = in_region(zips[LATITUDE].to_numpy(), zips[LONGITUDE].to_numpy())
    for side, share in ((inside, REGION_SHARE), (~inside, 1 - REGION_SHARE)):
        zips.loc[side, "people"] *= share / zips.loc[side, "people"].sum()
    return zips


def draw_census(zips: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Invent a census of the zip codes that is smooth over the island.

    Parameters
    ----------
    zips
        Zip codes returned by :func:`draw_zips`.
    rng
        Source of the noise that is added to every attribute.

    Returns
    -------
    pandas.DataFrame
        ``zip_code``, ``percent_group_a|b|c`` (adding up to 100), ``median_income``, ``median_age`` (years),
        ``percent_rural`` and ``majority_group``: the group above 50 %, or ``"none"``.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> census = draw_census(draw_zips(rng), rng)
    >>> sorted(census["majority_group"].unique())
    ['group_a', 'group_b', 'group_c', 'none']
    """
    latitude, longitude = zips[LATITUDE].to_numpy(), zips[LONGITUDE].to_numpy()

    def noise(sd: float) -> NDArray[np.float64]:
        return sd * rng.standard_normal(len(zips))

    valleys = -np.cos(2 * np.pi * (latitude - longitude) / np.sqrt(2) / VALLEY_SPACING)
    odds_b = np.exp(-2.4 + 3.2 * valleys + noise(0.25))
    odds_c = np.exp(-1.4 + 1.1 * _patches(latitude, longitude, GROUP_C_PATCHES) + noise(0.25))
    percent_b = np.round(100 * odds_b / (1 + odds_b + odds_c), 1)
    percent_c = np.round(100 * odds_c / (1 + odds_b + odds_c), 1)
    urban = np.clip(_patches(latitude, longitude, [city[:3] for city in CITIES]), 0, 1)
    census = pd.DataFrame(
        {
            ZIP_CODE: zips[ZIP_CODE],
            "percent_group_a": np.round(100 - percent_b - percent_c, 1),
            "percent_group_b": percent_b,
            "percent_group_c": percent_c,
            "median_income": np.round(48_000 + 9_000 * urban - 60 * percent_b + noise(5_000)).astype(np.int64),
            "median_age": np.round(44 - 6 * urban + noise(2.5), 1),
            "percent_rural": np.round(np.clip(90 - 85 * urban + noise(8), 0, 100), 1),
        }
    )
    groups = ("group_a", "group_b", "group_c")
    above_half = [census[f"percent_{group}"] > 50 for group in groups]
    census["majority_group"] = np.select(above_half, groups, default="none")
    return census


def provinces() -> dict[str, Any]:
    """Return six provinces that tile the island: one inland and five along the coast.

    Returns
    -------
    dict
        A GeoJSON FeatureCollection (RFC 7946: WGS 84, longitude first, outer rings counter-clockwise) whose
        features have the property ``name``.

    Examples
    --------
    >>> [feature["properties"]["name"] for feature in provinces()["features"]][:2]
    ['Amberholt', 'Brindlecoast']
    """
    angle = 2 * np.pi * np.arange(COAST_POINTS) / COAST_POINTS
    coast = _corners(angle, np.ones(COAST_POINTS))
    inland = _corners(angle, 0.42 + 0.08 * np.sin(2 * angle + 0.5))
    rings = [inland]
    for start, stop in zip(BORDERS, (*BORDERS[1:], COAST_POINTS), strict=True):
        along = [i % COAST_POINTS for i in range(start, stop + 1)]
        rings.append([coast[i] for i in along] + [inland[i] for i in reversed(along)])
    features = [
        {
            "type": "Feature",
            "properties": {"name": name},
            "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
        }
        for name, ring in zip(PROVINCES, rings, strict=True)
    ]
    return {"type": "FeatureCollection", "features": features}


def _at(angle: NDArray[np.float64], reach: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the point in a direction (radians) from the centre, a share ``reach`` of the way to the coast."""
    reach = reach * (1 + 0.10 * np.sin(3 * angle + 1) + 0.05 * np.sin(5 * angle + 2) + 0.03 * np.sin(11 * angle))
    return CENTRE[0] + HALF_AXES[0] * reach * np.sin(angle), CENTRE[1] + HALF_AXES[1] * reach * np.cos(angle)


def _corners(angle: NDArray[np.float64], reach: NDArray[np.float64]) -> list[list[float]]:
    latitude, longitude = _at(angle, reach)
    corners: list[list[float]] = np.round(np.column_stack([longitude, latitude]), 3).tolist()
    return corners


def _patches(
    latitude: NDArray[np.float64], longitude: NDArray[np.float64], patches: Iterable[tuple[float, float, float]]
) -> NDArray[np.float64]:
    """Sum Gaussian bumps of height 1, given by centre and radius in degrees."""
    height = np.zeros(len(latitude))
    for patch_latitude, patch_longitude, radius in patches:
        squared = (latitude - patch_latitude) ** 2 + (longitude - patch_longitude) ** 2
        height += np.exp(-squared / (2 * radius**2))
    return height
