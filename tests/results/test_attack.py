"""The attack of :mod:`attack` recovers nothing that the documents of random logs withhold.

The fast test attacks a few logs. ``pytest -m slow tests/results/test_attack.py`` attacks 200 logs, with more than 1,000
hidden cells, exactly and by bounds; it takes several minutes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from attack import Attack
from attacked_logs import audited, random_log

#: An attacker must be unsure about a withheld sum by at least this share of it.
LEAST_WIDTH = 0.2


def attack_on(seed: int, *, bounds: bool = False) -> int:
    """Attack the audit of one random log and return how many cells it hides."""
    log = random_log(seed)
    audit, members = audited(log, seed)
    attack = Attack(members, [model.title for model in audit.models])
    attack.read_audit(audit.to_dict())
    size = attack.n_atoms
    truth = {name: np.bincount(attack.atom, log[name], size) for name in ("errors", "words")}
    truth = {
        "errors": truth["errors"],
        "exposure": truth["words"],
        "speakers": np.bincount(attack.atom, minlength=size),
    }
    attack.resolve_rates(truth)
    small = attack.differences()
    for column in ("errors", "exposure", "speakers"):
        assert [*attack.exact(column)] == [], (seed, column)
        derived = attack.known[column].derive([*small.values()], size)
        assert [name for name, value in zip(small, derived, strict=True) if value is not None] == [], (seed, column)
        for name, atoms in attack.hidden.items() if bounds else ():
            low, high = attack.bounds(column, atoms)
            value = truth[column][list(atoms)].sum()
            assert low - 1e-6 <= value <= high + 1e-6
            assert high - low >= LEAST_WIDTH * value, (seed, column, name, low, high)
    return len(attack.hidden)


@pytest.mark.parametrize("seed", [0, 1])
def test_nothing_withheld_can_be_derived(seed: int) -> None:
    assert attack_on(seed) > 0


@pytest.mark.slow
def test_nothing_withheld_can_be_derived_from_200_logs_nor_bounded_closely() -> None:
    assert sum(attack_on(seed, bounds=seed % 4 == 0) for seed in range(200)) >= 1000
