"""The planted and the null logs that every tool is given, and the truth that only the driver keeps."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.append(str(Path(__file__).resolve().parents[2] / "calibration"))

from planters import Plant, box, circle, family_of_voices, kind_of_voice, patch, simulate_planted

from fairaudit.samples import SimulatedLog

#: Speakers whose errors a tool sees; as many again, of the same world, are kept to measure its cohort on.
SEARCHED = 2000
CENSUS = 6


@dataclass(frozen=True)
class World:
    """A kind of features, and who is served worse by how much."""

    name: str
    kind: str
    gap: float
    plant: Plant


@dataclass(frozen=True)
class Case:
    """A log as written for the tools (``path``), and the truth about its 4,000 speakers."""

    path: Path
    null: bool
    planted: np.ndarray
    errors: np.ndarray
    words: np.ndarray

    def jaccard(self, members: np.ndarray) -> float:
        found, planted = members[:SEARCHED], self.planted[:SEARCHED]
        return float((found & planted).sum() / (found | planted).sum())

    def gap(self, members: np.ndarray, who: slice) -> float:
        """Plain error rate of the members over that of the rest, less one; nan where nobody is on one side."""
        inside, errors, words = members[who], self.errors[who], self.words[who]
        if inside.all() or not inside.any() or not errors[~inside].sum():
            return float("nan")
        return float(errors[inside].sum() / words[inside].sum() / (errors[~inside].sum() / words[~inside].sum()) - 1)


WORLDS = (
    World("accent, +40 %", "attributes", 0.40, lambda log, rng: log.labels["accent"] == "accent-00"),
    World("box, +40 %", "places", 0.40, box),
    World("box, +65 %", "places", 0.65, box),
    World("circle, +40 %", "places", 0.40, circle),
    World("patch, +40 %", "places", 0.40, patch),
    World("voice, +40 %", "voices", 0.40, kind_of_voice),
    World("family of voices, +40 %", "voices", 0.40, family_of_voices),
)


def features(log: SimulatedLog, kind: str) -> dict[str, np.ndarray]:
    """What a tool is told about all speakers."""
    if kind == "places":
        return {"places": log.coordinates, "zips": log.zip_index}
    if kind == "voices":
        return {"vectors": log.vectors}
    census = log.census[log.zip_index, :CENSUS]
    thirds = [pd.qcut(column, 3, labels=["low", "middle", "high"]).astype(str) for column in census.T]
    return {
        "names": np.array([*log.labels, *(f"census_{i}" for i in range(CENSUS))]),
        "attributes": np.column_stack([*log.labels.values(), *thirds]).astype(str),
    }


def write(world: World, seeds: int, folder: Path) -> Iterator[Case]:
    """Write each log as planted, and with its (errors, words) shuffled over the speakers."""
    for seed in range(seeds):
        rng = np.random.default_rng([seed, 7])
        log, planted = simulate_planted(world.plant, rng, speakers=2 * SEARCHED, seed=seed, gap=world.gap)
        for null in (False, True):
            order = rng.permutation(2 * SEARCHED) if null else np.arange(2 * SEARCHED)
            errors, words = log.errors[order], log.words[order]
            path = folder / f"{world.name} {'null' if null else 'planted'} {seed}.npz"
            np.savez(path, errors=errors[:SEARCHED], words=words[:SEARCHED], **features(log, world.kind))
            yield Case(path, null, planted, errors, words)
