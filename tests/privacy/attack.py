"""Attack the documents of one run: derive what they withhold, exactly and by bounds.

The attacker knows more than any reader: which speakers are in which cohorts of all searches, and which are held out.
Unknown are the sums of the cells in which the same cohorts meet. Every published number is an equation in them, and
every rounded one is a pair of inequalities. Nothing of ``fairaudit.results`` is used to read the documents.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import linprog

FEWEST = 11
#: An attacker must be unsure about a withheld sum by at least this share of it.
LEAST_WIDTH = 0.2
#: Not the prime of the code under attack.
PRIME = 2**61 - 1
LOOPS = ("loop_utterances", "loop_errors", "loop_exposure")
ADDITIVE = ("errors", "exposure", "utterances", "substitutions", "deletions", "insertions", *LOOPS)
Atoms = frozenset[int]


@dataclass
class Known:
    """What is known about sums of one column: sets of atoms with exact sums."""

    rows: list[Atoms] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def __iter__(self) -> Iterator[tuple[Atoms, float]]:
        return zip(self.rows, self.values, strict=True)

    def add(self, atoms: Atoms, value: float) -> None:
        self.rows.append(atoms)
        self.values.append(value)

    def derive(self, targets: Sequence[Atoms], n_atoms: int) -> list[int | None]:
        """The value of each target that is a linear combination of known sums, else None."""
        basis: list[tuple[int, list[int], int]] = []

        def reduced(atoms: Atoms, value: int) -> tuple[list[int], int]:
            row = [1 if i in atoms else 0 for i in range(n_atoms)]
            for pivot, other, known in basis:
                if factor := row[pivot]:
                    row = [(a - factor * b) % PRIME for a, b in zip(row, other, strict=True)]
                    value = (value - factor * known) % PRIME
            return row, value

        for atoms, value in self:
            row, left = reduced(atoms, round(value))
            pivot = next((i for i, a in enumerate(row) if a), None)
            if pivot is None:
                assert left == 0, "the document contradicts itself"
                continue
            inverse = pow(row[pivot], -1, PRIME)
            basis.append((pivot, [a * inverse % PRIME for a in row], left * inverse % PRIME))
        derived: list[int | None] = []
        for atoms in targets:
            row, left = reduced(atoms, 0)
            value = -left % PRIME
            derived.append(None if any(row) else value - PRIME if value > PRIME // 2 else value)
        return derived


@dataclass
class Ranges:
    """Linear inequalities of rounded numbers: sum of coefficients times (column, atom) is at most zero."""

    rows: list[dict[tuple[str, int], float]] = field(default_factory=list)

    def ratio(self, top: tuple[str, Atoms], below: tuple[str, Atoms], value: float, half: float) -> None:
        """A ratio of two sums is within half a unit of the last digit of a value."""
        for sign, bound in ((1, value + half), (-1, value - half)):
            row: dict[tuple[str, int], float] = {}
            for (column, atoms), factor in ((top, sign), (below, -sign * bound)):
                for atom in atoms:
                    row[column, atom] = row.get((column, atom), 0.0) + factor
            self.rows.append(row)


def decimals_of(rate: float) -> int | None:
    """Decimals to which a rate was rounded, to two significant digits or to those that a page prints, else None."""
    return next((d for d in ((1, 2, 3) if rate >= 1 else (2, 3)) if rate == round(rate, d)), None)


def ends(
    goal: np.ndarray, upper: np.ndarray, limits: np.ndarray, left: np.ndarray, right: np.ndarray, most: object = None
) -> tuple[float, float]:
    """Lowest and highest value of a sum of unknown numbers, given inequalities, equations and their highest values."""
    found = []
    for sign in (1, -1):
        solved = linprog(sign * goal, upper, limits, left, right, bounds=np.column_stack(np.broadcast_arrays(0, most)))
        assert solved.status in (0, 3), solved.message  # what was read must be true of the log
        found.append(sign * solved.fun if solved.status == 0 else sign * -np.inf)
    return found[0], found[1]


class Attack:
    """Collect what the documents of one run say about the cells of a log.

    Parameters
    ----------
    members
        One row per cell of speaker and cohorts: a column ``speaker``, ``held_out``, and one per search with the id of
        the cohort, -1 for unassigned speakers.
    errors
        Names of the errors of every system; the first is that of audits.
    """

    def __init__(self, members: pd.DataFrame, searches: Sequence[str], errors: Sequence[str] = ("errors",)) -> None:
        self.errors = list(errors)
        self.searches = list(searches)
        keys = [*self.searches, "held_out"]
        self.atom = members.groupby(keys, sort=True).ngroup().to_numpy()
        self.speaker = members["speaker"].to_numpy()
        self.single = not members["speaker"].duplicated().any()
        firsts = members.assign(atom=self.atom).drop_duplicates("atom").set_index("atom").sort_index()
        self.columns = {name: firsts[name].to_numpy() for name in keys}
        self.n_atoms = len(firsts)
        self.everyone = frozenset(range(self.n_atoms))
        self.known = {name: Known() for name in (*ADDITIVE, *errors[1:], "speakers")}
        self.exact_rates: list[tuple[str, Atoms]] = []
        self.ranges = Ranges()
        self.hidden: dict[tuple[str, object], Atoms] = {}

    def where(self, mask: np.ndarray) -> Atoms:
        return frozenset(np.flatnonzero(mask).tolist())

    def n_speakers(self, atoms: Iterable[int]) -> int:
        return len(set(self.speaker[np.isin(self.atom, list(atoms))].tolist()))

    def add(self, column: str, atoms: Atoms, value: float | None) -> None:
        if value is not None and (column != "speakers" or self.single):
            self.known[column].add(atoms, value)

    def add_rate(self, atoms: Atoms, rate: float | None, *, up: bool = False, errors: str = "errors") -> None:
        """An exact rate reveals both of its sums; a rounded one bounds their ratio, from above if it is rounded up."""
        if rate is None:
            return
        digits = decimals_of(rate)
        if digits is not None:
            half = 0.5 * 10.0**-digits
            self.ranges.ratio((errors, atoms), ("exposure", atoms), rate - half if up else rate, half)
        else:
            self.exact_rates.append((errors, atoms))

    # ---- audit.json

    def read_audit(self, audit: Mapping[str, Any]) -> None:
        overall = audit["overall"]
        for name in ("errors", "exposure", "utterances", "speakers"):
            self.add(name, self.everyone, overall[name])
        self._read_loops(overall["drivers"])
        for search in audit["discoveries"]:
            if search["title"] in self.columns:
                self._read_search(search, overall, audit["quality"]["join_rates"][search["title"]])

    def _read_loops(self, drivers: Mapping[str, Any]) -> None:
        for name in LOOPS:
            self.add(name, self.everyone, drivers["loops"][name.removeprefix("loop_")])

    def _read_search(self, search: Mapping[str, Any], overall: Mapping[str, Any], join: float | None) -> None:
        title = search["title"]
        cohort, held = self.columns[title], self.columns["held_out"].astype(bool)
        measured = (cohort >= 0) & (held | (search["measured_on"] == "all speakers"))
        cells = {int(c): self.where(measured & (cohort == c)) for c in np.unique(cohort[measured])}
        outside = self.where(cohort < 0)
        for row in search["cohorts"]:
            atoms = cells[row["id"]]
            self._read_cohort(row, atoms, self.where(measured), overall)
            self.if_small((title, row["id"]), atoms)
        for name in ("errors", "exposure", "utterances", "speakers"):
            self.add(name, outside, search["unassigned"][name])
        self.if_small((title, "unassigned"), outside)
        n = overall["speakers"]
        if join is not None and not (search["unassigned"]["speakers"] is None and join == (n - 10) / n):
            self.add("speakers", outside, n * (1 - join))
        bottom = np.isin(cohort, search["bottom"]["cohort_ids"]) if search["bottom"] else np.zeros(len(cohort), bool)
        everybody = np.ones(len(cohort), dtype=bool)
        for name, mask in (("held_out", held), ("search_inflated", ~held), ("all_speakers", everybody)):
            sides = self.where((cohort >= 0) & mask & bottom), self.where((cohort >= 0) & mask & ~bottom)
            if search[name] is not None:
                self._read_side(search[name], *sides, self.where(mask))
        if reason := re.search(r"its gap cannot be tested: (\d+) speakers?", search["reason"]):
            self.add("speakers", self.where((cohort >= 0) & held & bottom), int(reason[1]))

    def _read_cohort(self, row: Mapping[str, Any], atoms: Atoms, whole: Atoms, overall: Mapping[str, Any]) -> None:
        for name in (*ADDITIVE, "speakers"):
            self.add(name, atoms, row[name])
        if row["rate"] and row["withheld_because"]:
            self._add_two_digits(atoms, row["rate"])
        else:
            self.add_rate(atoms, row["rate"])
        if reason := re.match(r"(\d+) speakers?, fewer", row["not_tested_because"] or ""):
            self.add("speakers", atoms, int(reason[1]))
        if row["share_speakers"] and row["speakers"] and row["share_speakers"] != row["speakers"] / overall["speakers"]:
            self.add("speakers", whole, row["speakers"] / row["share_speakers"])
        e, w, excess = row["errors"], row["exposure"], row["excess_errors"]
        if None not in (e, w, excess) and w < overall["exposure"]:
            of_log = e - (overall["errors"] - e) / (overall["exposure"] - w) * w
            rest = Fraction((e - excess) / w).limit_denominator(10**6)
            if abs(excess - of_log) > 1e-6 and abs(float(rest) - (e - excess) / w) < 1e-12:
                self.exact_rates.append(("errors", whole - atoms))

    def _add_two_digits(self, atoms: Atoms, rate: float) -> None:
        """A rate was rounded up to two digits."""
        half = 0.5 * 10.0 ** (math.floor(math.log10(rate)) - 1)
        self.ranges.ratio(("errors", atoms), ("exposure", atoms), rate - half, half)

    def _read_side(self, side: Mapping[str, Any], bottom: Atoms, rest: Atoms, whole: Atoms) -> None:
        self.add("speakers", bottom, side["speakers"])
        rates = [(bottom, side["bottom_rate"]), (rest, side["reference_rate"])]
        gap = side["gap_relative"] or 0.0
        rough = gap == round(gap, 2) and all(rate and float(f"{rate:.1e}") == rate for _, rate in rates)
        for atoms, rate in rates:
            if rough and side["speakers"] is None:
                self._add_two_digits(atoms, rate)
            else:
                self.add_rate(atoms, rate)
        for name in ("speakers", "utterances", "exposure", "errors"):
            share = side["bottom_share"][name]
            if share is None or (name == "speakers" and not self.single):
                continue
            digits = 1 if name == "speakers" and side["speakers"] is None else 2
            digits = digits if share == round(share, digits) else 3 if share == round(share, 3) else 6
            if name != "utterances":
                self.ranges.ratio((name, bottom), (name, whole), share, 0.5 * 10.0**-digits)
            if name == "speakers" and side["speakers"]:
                sizes = [m for m in range(side["speakers"], 5000) if round(side["speakers"] / m, digits) == share]
                if len(sizes) == 1:
                    self.add("speakers", whole, sizes[0])

    # ---- comparison.json and history.json, of the same log

    def read_comparison(self, comparison: Mapping[str, Any]) -> None:
        """Add the numbers of speakers, and the candidate's rates, of frozen cohorts."""
        self.add("speakers", self.everyone, comparison["overall"]["speakers"])
        self._read_loops(comparison["overall"]["after_drivers"])
        for review in comparison["reviews"]:
            cells = self._frozen_cells(review)
            whole = frozenset().union(*(atoms for cohort, atoms in cells.items() if cohort >= 0))
            self._read_frozen(review["cohorts"], cells, review["title"])
            for row in review["cohorts"]:
                self.add_rate(cells[row["id"]], row["after"], up=True)
                if row["share_speakers"] and row["speakers"]:
                    size = round(row["speakers"] / row["share_speakers"])
                    if size != comparison["overall"]["speakers"]:
                        self.add("speakers", whole, size)
            self.add("speakers", self.everyone - whole, review["unassigned"]["speakers"])
            self.if_small((f"comparison: {review['title']}", "unassigned"), self.everyone - whole)
            if review["gap"]:
                bottom = frozenset().union(*(cells.get(c, frozenset()) for c in review["bottom"]["cohort_ids"]))
                self.add("speakers", bottom, review["gap"]["speakers"])

    def read_release(self, release: Mapping[str, Any]) -> None:
        self.add("speakers", self.everyone, release["overall"]["speakers"])
        self._read_loops(release["overall"]["drivers"])
        for review in release["reviews"]:
            cells = self._frozen_cells(review)
            self._read_frozen(review["cohorts"], cells, review["title"])
            for row in review["cohorts"]:
                self.add_rate(cells[row["id"]], row["rate"], up=True)

    def _frozen_cells(self, review: Mapping[str, Any]) -> dict[int, Atoms]:
        """Atoms of each frozen cohort; speakers of those that were withheld at discovery are unassigned."""
        column, frozen = self.columns[review["title"]], [row["id"] for row in review["cohorts"]]
        return {c: self.where(column == c) for c in frozen} | {-1: self.where(~np.isin(column, frozen))}

    def _read_frozen(self, rows: Iterable[Mapping[str, Any]], cells: Mapping[int, Atoms], title: str) -> None:
        for row in rows:
            self.add("speakers", cells[row["id"]], row["speakers"])
            self.if_small((f"frozen: {title}", row["id"]), cells[row["id"]])

    def if_small(self, name: tuple[str, object], atoms: Atoms) -> None:
        if 0 < self.n_speakers(atoms) < FEWEST:
            self.hidden[name] = atoms

    # ---- results

    def exact(self, column: str) -> Iterator[tuple[tuple[str, object], int]]:
        """The hidden cells whose sum of a column follows exactly, with that sum."""
        known = Known([*self.known[column].rows], [*self.known[column].values])
        targets = list(self.hidden.items())
        for (name, _), value in zip(targets, known.derive([atoms for _, atoms in targets], self.n_atoms), strict=True):
            if value is not None:
                yield name, value

    def resolve_rates(self, truth: Mapping[str, np.ndarray]) -> None:
        """Replace exact rates by their sums, which are known up to a common factor; the attacker guesses the factor."""
        for errors, atoms in self.exact_rates:
            for name in (errors, "exposure"):
                self.add(name, atoms, float(truth[name][list(atoms)].sum()))

    def differences(self) -> dict[str, Atoms]:
        """Intersections and differences of cohorts of two searches that have 1 to 10 speakers."""
        groups = [
            (title, int(c), self.where(self.columns[title] == c))
            for title in self.searches
            for c in np.unique(self.columns[title])
        ]
        found = {}
        for title, c, atoms in groups:
            for other, d, others in groups:
                if title != other:
                    for word, part in (("and", atoms & others), ("without", atoms - others)):
                        if part and self.n_speakers(part) < FEWEST:
                            found[f"{title} {c} {word} {other} {d}"] = part
        return found

    def bounds(self, column: str, atoms: Atoms) -> tuple[float, float]:
        """Lowest and highest sum of a column over a hidden cell that all documents allow."""
        names = ["speakers"] if column == "speakers" else [*self.errors, "exposure"]
        place = {(name, a): k * self.n_atoms + a for k, name in enumerate(names) for a in range(self.n_atoms)}
        size = len(place)
        equal = [
            (name, atoms, value)
            for name in names
            for atoms, value in zip(self.known[name].rows, self.known[name].values, strict=True)
        ]
        left, right = np.zeros((len(equal), size)), np.zeros(len(equal))
        for i, (name, some, value) in enumerate(equal):
            left[i, [place[name, a] for a in some]] = 1
            right[i] = value
        rows = [row for row in self.ranges.rows if all(key in place for key in row)]
        upper = np.zeros((len(rows), size))
        for i, row in enumerate(rows):
            for key, factor in row.items():
                upper[i, place[key]] = factor
        goal = np.zeros(size)
        goal[[place[column, a] for a in atoms]] = 1
        return ends(goal, upper, np.full(len(rows), 1e-9), left, right)
