"""Attack the audit or the boards of one random log, and count what was withheld and what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
import pandas as pd

import fairaudit
from fairaudit.results.documents import QuantilesDoc
from tests.privacy.attack import FEWEST, LEAST_WIDTH, Attack
from tests.privacy.boards import read_board
from tests.privacy.logs import audited, before, boarded, labelled, random_log, systems_of
from tests.privacy.quantiles import QuantileAttack, random_delays
from tests.privacy.speech import random_speech
from tests.privacy.words import ListAttack, Side, sides_of

__all__ = [
    "Attacked",
    "attack_on",
    "attack_on_boards",
    "attack_on_quantiles",
    "attack_on_words",
    "attacked_lists",
    "attacked_quantiles",
]

_COLUMNS: Final = ("exposure", "speakers", "loop_errors")


@dataclass(frozen=True)
class Attacked:
    """What came of attacks.

    Attributes
    ----------
    hidden
        Number of withheld cells.
    differences
        Number of intersections and differences of cohorts that have 1 to 10 speakers.
    bounded
        Number of withheld sums whose bounds were computed.
    narrowest
        Smallest width of bounds, as a share of the true sum.
    faults
        What was derived exactly, or bounded too closely.
    """

    hidden: int = 0
    differences: int = 0
    bounded: int = 0
    narrowest: float = np.inf
    faults: tuple[str, ...] = ()

    def __add__(self, other: Self) -> Attacked:
        return Attacked(
            self.hidden + other.hidden,
            self.differences + other.differences,
            self.bounded + other.bounded,
            min(self.narrowest, other.narrowest),
            self.faults + other.faults,
        )


def attack_on(seed: int, *, bounds: bool = False) -> Attacked:
    """Attack the audit of a random log exactly and, if asked, by bounds."""
    log = random_log(seed)
    audit, members = audited(log, seed)
    attack = Attack(members, [model.title for model in audit.models])
    attack.read_audit(audit.to_dict())
    attack.read_comparison(fairaudit.compare(before(log, seed), log, audit.models).to_dict())
    history = fairaudit.record(audit.models, "1.0", log)
    attack.read_release(history.to_dict()["releases"][0])
    return _attacked(attack, [log], seed, bounds=bounds)


def attack_on_boards(seed: int, *, bounds: bool = False) -> Attacked:
    """Attack the boards of a random log: alone, by the cohorts of an audit beside it, and by its columns beside it."""
    log = random_log(seed)
    systems = [*systems_of(log, seed).values()]
    errors = ["errors", *(f"errors of system {k}" for k in range(1, len(systems)))]
    boards, members = boarded(log, seed)
    alone = Attack(members, [*members.columns[2:]], errors)
    for one in boards:
        read_board(alone, one.to_dict())
    audit, members = audited(log, seed)
    attacked = _attacked(alone, systems, seed, bounds=bounds)
    for board in (boarded(log, seed, audit.models)[0][0], labelled(log, seed)):
        beside = Attack(members, [model.title for model in audit.models], errors)
        beside.read_audit(audit.to_dict())
        read_board(beside, board.to_dict())
        attacked += _attacked(beside, systems, seed, bounds=bounds)
    return attacked


def attack_on_words(seed: int) -> Attacked:
    """Attack the words that an audit of a random log lists for several groups, by bounds."""
    speech = random_speech(seed)
    audit, members = audited(speech.log, seed, methods=["named"], permutations=99)
    document = audit.to_dict()
    attack = ListAttack(speech)
    attack.read(document, sides_of(document, members))
    groups = [Side(members["speaker"][members[title] == c]) for title in members.columns[2:] for c in members[title]]
    parts = {part for one in {*groups} for other in {*groups} for part in (one & other, one - other)}
    hidden = [part for part in parts if 0 < len(part) < FEWEST]
    attacked = attacked_lists(attack)
    return replace(attacked, hidden=len(hidden), faults=(*attack.saying(hidden), *attacked.faults))


def attacked_lists(attack: ListAttack) -> Attacked:
    """Bound what few speakers say, given the lists that were read."""
    widths: list[float] = []
    n_few, faults = 0, []
    for item, target in attack.few():
        n_few += 1
        for kind, low, high, value in attack.bounds(item, target):
            widths.append((high - low) / value if value else np.inf)
            if widths[-1] < LEAST_WIDTH:
                faults.append(f"{kind} of {item!r} by {len(target)} speakers is between {low:.3g} and {high:.3g}")
    return Attacked(0, n_few, len(widths), min(widths, default=np.inf), tuple(faults))


def attack_on_quantiles(seed: int) -> Attacked:
    """Attack the deciles of the cohorts of a random log."""
    log = random_delays(seed)
    audit, members = audited(log, seed, quantiles={"delay_ms": tuple(k / 10 for k in range(1, 10))})
    return attacked_quantiles(log, audit, members, audit.to_dict()["quantiles"][0])


def attacked_quantiles(
    log: pd.DataFrame, audit: fairaudit.Audit, members: pd.DataFrame, quantiles: QuantilesDoc, numbers: int = 12
) -> Attacked:
    """Attack quantiles of a log, as an audit publishes them, at so many numbers."""
    cells = Attack(members, [model.title for model in audit.models])
    cells.read_audit(audit.to_dict())
    atom = log["speaker_id"].map(dict(zip(members["speaker"], cells.atom, strict=True))).to_numpy()
    attack = QuantileAttack(cells, np.bincount(atom, minlength=cells.n_atoms))
    attack.read(quantiles)
    n_bounds, faults = 0, []
    for number in attack.numbers(numbers):
        below = np.bincount(atom[log["delay_ms"].to_numpy() <= number], minlength=cells.n_atoms)
        n_bounds += len(cells.hidden)
        faults += attack.close(below, number, cells.hidden, LEAST_WIDTH)
    return Attacked(len(cells.hidden), 0, n_bounds, np.inf, tuple(faults))


def _attacked(attack: Attack, systems: Sequence[pd.DataFrame], seed: int, *, bounds: bool) -> Attacked:
    """Derive and bound what the documents that were read withhold."""
    truth = {
        "exposure": np.bincount(attack.atom, systems[0]["words"], attack.n_atoms),
        "speakers": np.bincount(attack.atom, minlength=attack.n_atoms),
    }
    truth |= {
        name: np.bincount(attack.atom, one["errors"], attack.n_atoms)
        for name, one in zip(attack.errors, systems, strict=True)
    }
    attack.resolve_rates(truth)
    small, faults = attack.differences(), []
    for column in (*attack.errors, *_COLUMNS):
        faults += [f"{column} of {name} is {value}" for name, value in attack.exact(column)]
        derived = attack.known[column].derive([*small.values()], attack.n_atoms)
        faults += [f"{column} of {name} is {n}" for name, n in zip(small, derived, strict=True) if n is not None]
    widths: list[float] = []
    bounded = (*attack.errors, "exposure", "speakers")
    for column, name, atoms in ((c, *cell) for c in bounded for cell in attack.hidden.items() if bounds):
        (low, high), value = attack.bounds(column, atoms), truth[column][list(atoms)].sum()
        assert low - 1e-6 <= value <= high + 1e-6, (seed, column, name, low, high, value)
        widths.append((high - low) / value if value else np.inf)
        if widths[-1] < LEAST_WIDTH:
            faults.append(f"{column} of {name} is between {low:.6g} and {high:.6g}")
    return Attacked(len(attack.hidden), len(small), len(widths), min(widths, default=np.inf), tuple(faults))
