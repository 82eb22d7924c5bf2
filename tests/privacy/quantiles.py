"""Attack quantiles of cohorts: how many utterances of a hidden group are below a number, by linear bounds.

A quantile says which share of the utterances of a group is below a number, that of all and the ratio to the rest do
so for others. At any number, the utterances below it are a sum over cells that is between 0 and that of all utterances.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd

from tests.privacy.attack import Atoms, Attack, ends
from tests.privacy.logs import random_log

__all__ = ["QuantileAttack", "random_delays"]

#: Relative error of a quantile, and of a quotient of two.
OF_ONE: Final = 0.0101
OF_TWO: Final = 0.0205


def random_delays(seed: int) -> pd.DataFrame:
    """The speakers of a random log with several utterances each, some with many; a few wait far longer than others."""
    rng = np.random.default_rng((seed, 5))
    people = random_log(seed).drop(columns=["words", "errors", "utterance_id"])
    often = np.where(rng.random(len(people)) < 0.1, 150, rng.integers(8, 25, len(people)))
    own = np.exp(rng.normal(0, 0.3, len(people))) * np.where(rng.random(len(people)) < 0.1, 4, 1)
    rows = people.loc[np.repeat(people.index, often)].reset_index(drop=True)
    rows["utterance_id"] = [f"u{i}" for i in range(len(rows))]
    rows["words"] = rng.integers(4, 12, len(rows))
    hard = np.where(rows["accent"] == people["accent"].mode()[0], 0.3, 0.1)
    rows["errors"] = rng.binomial(rows["words"], hard)
    rows["delay_ms"] = np.round(np.repeat(own, often) * rng.gamma(4, 50, len(rows)), 1)
    return rows


@dataclass
class QuantileAttack:
    """What quantiles say, given the cells of an attack that has read the same audit.

    Attributes
    ----------
    shares
        Cells, the lowest and the highest number that the quantile can be, and the share of the utterances up to it.
    utterances
        Utterances of each cell, shape (n_atoms,). The attacker knows them, and only asks which are below a number.
    """

    attack: Attack
    utterances: np.ndarray
    shares: list[tuple[Atoms, float, float, float]] = field(default_factory=list)

    def read(self, quantiles: Mapping[str, Any]) -> None:
        """Add an entry of ``quantiles`` in ``audit.json``."""
        for one in quantiles["overall"]:
            self._add(self.attack.everyone, one["value"], one["share"], OF_ONE)
        held = self.attack.columns["held_out"].astype(bool)
        for search in quantiles["searches"]:
            cohort = self.attack.columns[search["title"]]
            measured = (cohort >= 0) & (held | (search["measured_on"] == "all speakers"))
            for row in search["cohorts"]:
                inside = self.attack.where(measured & (cohort == row["cohort_id"]))
                rest = self.attack.where(measured & (cohort != row["cohort_id"]))
                for one in row["quantiles"]:
                    self._add(inside, one["value"], one["share"], OF_ONE)
                    if one["ratio"] is not None:
                        self._add(rest, one["value"] / one["ratio"], one["share"], OF_TWO)

    def _add(self, atoms: Atoms, value: float | None, share: float, error: float) -> None:
        if value is not None:
            self.shares.append((atoms, value * (1 - error), value * (1 + error), share))

    def numbers(self, most: int) -> list[float]:
        """Numbers just beyond quantiles, evenly chosen: nothing is said at others that is not said at these."""
        found = np.unique([end for _, low, high, _ in self.shares for end in (low, high)])
        return found[np.unique(np.linspace(0, len(found) - 1, most).round().astype(int))].tolist() if len(found) else []

    def bounds(self, number: float, atoms: Atoms) -> tuple[float, float]:
        """Fewest and most utterances of some cells up to a number."""
        rows, limits = [], []
        for some, low, high, share in self.shares:
            if sign := 1 if number <= low else -1 if number >= high else 0:
                rows.append(sign * self._indicator(some))
                limits.append(sign * share * self.utterances[list(some)].sum() + 1e-9)
        return ends(self._indicator(atoms), np.array(rows), np.array(limits), None, None, self.utterances)

    def _indicator(self, atoms: Atoms) -> np.ndarray:
        indicator = np.zeros(self.attack.n_atoms)
        indicator[list(atoms)] = 1
        return indicator

    def close(self, truth: np.ndarray, number: float, hidden: Mapping[Any, Atoms], width: float) -> Iterator[str]:
        """What is known too closely of both the utterances up to a number and those above, given the former."""
        for name, atoms in hidden.items():
            low, high = self.bounds(number, atoms)
            value = truth[list(atoms)].sum()
            assert low - 1e-6 <= value <= high + 1e-6, (name, number, low, value, high)
            smaller = min(value, self.utterances[list(atoms)].sum() - value)
            if smaller and high - low < width * smaller:
                yield f"utterances of {name} up to {number:.3g} are {low:.3g} to {high:.3g}"
