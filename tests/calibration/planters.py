"""Who is served worse in a simulated log: cohorts of many outlines, for the calibration and for the peers' bench."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import Delaunay

from fairaudit.samples import SimulatedLog, simulate_log

#: Tells from a log without errors who is to be served worse, shape (n,); may replace the log's features in place.
Plant = Callable[[SimulatedLog, np.random.Generator], NDArray[np.bool_]]


def simulate_planted(
    plant: Plant, rng: np.random.Generator, *, speakers: int, seed: int, gap: float, dispersion: float = 0.6
) -> tuple[SimulatedLog, NDArray[np.bool_]]:
    """A log with a planted cohort, and who belongs to it."""
    mask = np.zeros(speakers, dtype=bool)

    def planted(log: SimulatedLog) -> NDArray[np.bool_]:
        mask[:] = plant(log, rng)
        return mask

    return simulate_log(speakers=speakers, seed=seed, planted=planted, gap=gap, dispersion=dispersion), mask


def box(log: SimulatedLog, rng: np.random.Generator) -> NDArray[np.bool_]:
    """A tenth of the speakers, if places were even."""
    place, side = pd.DataFrame(log.coordinates).rank(pct=True).to_numpy(), np.sqrt(0.1)
    corner = rng.uniform(0, 1 - side, 2)
    return ((place >= corner) & (place <= corner + side)).all(axis=1)


def circle(log: SimulatedLog, rng: np.random.Generator) -> NDArray[np.bool_]:
    """The tenth of the speakers nearest to a point."""
    distance = _from_a_point(log, rng)
    return distance <= np.quantile(distance, 0.1)


def thirty(log: SimulatedLog, rng: np.random.Generator) -> NDArray[np.bool_]:
    """The 30 speakers nearest to a point."""
    return np.isin(np.arange(len(log.words)), np.argsort(_from_a_point(log, rng), kind="stable")[:30])


def _from_a_point(log: SimulatedLog, rng: np.random.Generator) -> NDArray[np.float64]:
    """Squared distance of every speaker from a random point, shape (n,)."""
    low, high = log.coordinates.min(axis=0), log.coordinates.max(axis=0)
    level = np.cos(np.radians(log.coordinates[:, :1].mean()))
    away = (log.coordinates - (low + (high - low) * rng.uniform(0.15, 0.85, 2))) * [1, level]
    return (away**2).sum(axis=1)


def angle(log: SimulatedLog, rng: np.random.Generator) -> NDArray[np.bool_]:
    """An L of two strips, a third as wide as long; about a tenth of the speakers."""
    place = pd.DataFrame(log.coordinates).rank(pct=True).to_numpy() - rng.uniform(0, 0.55, 2)
    return ((place >= 0) & (place <= 0.42)).all(axis=1) & (place <= 0.14).any(axis=1)


def patch(log: SimulatedLog, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Zips grown from one of them, a random neighbour at a time, until they hold a tenth of the speakers."""
    zips = np.unique(log.zip_index)
    middle = np.array([log.coordinates[log.zip_index == one].mean(axis=0) for one in zips])
    near = Delaunay(middle).vertex_neighbor_vertices
    chosen = {int(rng.integers(len(zips)))}
    while np.isin(log.zip_index, zips[[*chosen]]).mean() < 0.1:
        border = {int(n) for one in chosen for n in near[1][near[0][one] : near[0][one + 1]]} - chosen
        chosen.add(sorted(border)[rng.integers(len(border))])
    return np.isin(log.zip_index, zips[[*chosen]])


def kind_of_voice(log: SimulatedLog, rng: np.random.Generator) -> NDArray[np.bool_]:
    """One planted kind of voice, that of a tenth of the speakers."""
    return log.voice_types == 0


def family_of_voices(log: SimulatedLog, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Six neighbouring kinds of voice of 48, about an eighth of the speakers; replaces the vectors of the log."""
    families = rng.standard_normal((8, 1, log.vectors.shape[1]))
    kinds = (families + 0.5 * rng.standard_normal((8, 6, log.vectors.shape[1]))).reshape(48, -1)
    kind = rng.integers(48, size=len(log.words))
    log.vectors[:] = kinds[kind] + 0.3 * rng.standard_normal(log.vectors.shape)
    return kind < 6


def tail_of_voices(log: SimulatedLog, rng: np.random.Generator) -> NDArray[np.bool_]:
    """The tenth that lies farthest along the widest direction of one cloud of voices without clusters."""
    log.vectors[:] = rng.standard_normal(log.vectors.shape) / np.sqrt(np.arange(1, log.vectors.shape[1] + 1))
    return log.vectors[:, 0] >= np.quantile(log.vectors[:, 0], 0.9)
