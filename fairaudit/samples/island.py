"""The island that the sample is set on: its coast, provinces, zip codes and census.

It lies at 38 S, 115 W, in the emptiest part of the South Pacific, and is about 6 degrees wide and 4 high.
Distances are taken in degrees as if they were square: nobody lives there to mind.
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

#: The served-worse stretch of the west coast; its edges lie between the two-decimal coordinates of speakers.
REGION: Final = {LATITUDE: (-38.705, -37.295), LONGITUDE: (-118.505, -116.605)}
REGION_SHARE: Final = 0.12

#: Two cities and a harbour town inside the region: latitude, longitude, radius (degrees), zips, people per zip.
CITIES: Final = ((-37.4, -113.9, 0.5, 52, 3.0), (-38.9, -115.3, 0.5, 40, 2.5), (-38.0, -117.2, 0.35, 16, 2.0))
COUNTRYSIDE_ZIPS: Final = 52

#: Group b lives along parallel valleys that cross the island diagonally, this far apart (degrees): a pattern as
#: smooth as any, of which no box of latitudes and longitudes holds much.
VALLEY_SPACING: Final = 0.7
GROUP_C_PATCHES: Final = ((-38.6, -115.0, 0.5), (-37.7, -116.2, 0.6))

PROVINCES: Final = ("Amberholt", "Brindlecoast", "Cindermoor", "Dunlight", "Eskermere", "Fallowreach")
COAST_POINTS: Final = 60
#: Coast points at which the borders of the outer provinces reach the sea.
BORDERS: Final = (0, 11, 25, 36, 49)


def zip_codes(count: int) -> list[str]:
    """Zip codes that name no real place.

    The prefixes 001 to 004 were never assigned by the United States Postal Service: the lowest assigned one
    is 005 (Holtsville, New York). The leading zeros also show who reads zip codes as numbers.

    Parameters
    ----------
    count
        How many, at most 399.

    Returns
    -------
    list of str
        ``"00101"`` and upwards.

    Raises
    ------
    UsageError
        If the unassigned prefixes do not hold so many.

    Examples
    --------
    >>> zip_codes(2)
    ['00101', '00102']
    """
    if count > 399:
        raise UsageError(f"only 399 zip codes start with 001 to 004, not {count}")
    return [f"{101 + i:05d}" for i in range(count)]


def in_region(latitude: NDArray[np.float64], longitude: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which points (degrees, any shape; NaN is nowhere) lie in the served-worse :data:`REGION`.

    Examples
    --------
    >>> in_region(np.array([-38.0, -38.0]), np.array([-117.0, -115.0])).tolist()
    [True, False]
    """
    (south, north), (west, east) = REGION[LATITUDE], REGION[LONGITUDE]
    inside: NDArray[np.bool_] = (south < latitude) & (latitude < north) & (west < longitude) & (longitude < east)
    return inside


def draw_zips(rng: np.random.Generator) -> pd.DataFrame:
    """Scatter zip codes over the island, densely in its cities.

    Returns
    -------
    pandas.DataFrame
        ``zip_code``, ``latitude``, ``longitude`` of the centre (degrees) and ``people``, the share of all
        speakers that live there; the region's zips add up to 12 %.

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
    """Invent a census of the zips that is smooth over the island.

    Parameters
    ----------
    zips
        As :func:`draw_zips` returns them.
    rng
        Adds noise to every attribute.

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
    """Draw six provinces that tile the island: one inland, five around it that reach the sea.

    Returns
    -------
    dict
        A GeoJSON FeatureCollection (RFC 7946: WGS 84, longitude first, outer rings counter-clockwise) whose
        features carry the property ``name``.

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
    """Latitude and longitude in a direction (radians) from the centre, ``reach`` of the way to the coast."""
    reach = reach * (1 + 0.10 * np.sin(3 * angle + 1) + 0.05 * np.sin(5 * angle + 2) + 0.03 * np.sin(11 * angle))
    return CENTRE[0] + HALF_AXES[0] * reach * np.sin(angle), CENTRE[1] + HALF_AXES[1] * reach * np.cos(angle)


def _corners(angle: NDArray[np.float64], reach: NDArray[np.float64]) -> list[list[float]]:
    latitude, longitude = _at(angle, reach)
    corners: list[list[float]] = np.round(np.column_stack([longitude, latitude]), 3).tolist()
    return corners


def _patches(
    latitude: NDArray[np.float64], longitude: NDArray[np.float64], patches: Iterable[tuple[float, float, float]]
) -> NDArray[np.float64]:
    """Sum of Gaussian bumps of height 1, given by centre and radius in degrees."""
    height = np.zeros(len(latitude))
    for patch_latitude, patch_longitude, radius in patches:
        squared = (latitude - patch_latitude) ** 2 + (longitude - patch_longitude) ** 2
        height += np.exp(-squared / (2 * radius**2))
    return height
