"""What ``board.json`` says about the cells of a log; see :mod:`tests.privacy.attack`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from tests.privacy.attack import Atoms, Attack, decimals_of

#: Lowest and highest value of a number.
Ends = tuple[float, float]


def read_board(attack: Attack, board: Mapping[str, Any]) -> None:
    """Add the numbers of a board, whose systems have the errors ``attack.errors``, in this order."""
    attack.add("speakers", attack.everyone, board["overall"]["speakers"])
    attack.add("utterances", attack.everyone, board["overall"]["utterances"])
    for errors, system in zip(attack.errors, board["systems"], strict=True):
        attack.add_rate(attack.everyone, system["rate"], errors=errors)
    rates: dict[tuple[str, int, int], tuple[Atoms, Ends]] = {}
    wholes = {one["title"]: _read_set(attack, one, rates) for one in board["sets"]}
    _read_pairs(attack, board, rates)
    for k, system in enumerate(board["systems"]):
        one = system["gap"]
        if one and one["value"] is not None and (one["title"], one["group_id"], k) in rates:
            atoms, ends = rates[one["title"], one["group_id"], k]
            whole = wholes[one["title"]]
            _read_gap(attack, attack.errors[k], ends, whole - atoms, one["value"])


def _read_set(attack: Attack, one: Mapping[str, Any], rates: dict[tuple[str, int, int], tuple[Atoms, Ends]]) -> Atoms:
    """Read the groups of a set, and return those who are in any."""
    title = one["title"]
    cohort, held = attack.columns[title], attack.columns["held_out"].astype(bool)
    measured = held | (one["measured_on"] == "all speakers")
    attack.add("speakers", attack.where(measured), one["speakers"])
    # speakers of cohorts whose definitions are withheld are in no group
    assigned = np.isin(cohort, [group["id"] for group in one["groups"]])
    whole = attack.where(measured & assigned)
    for group in one["groups"]:
        atoms = attack.where(measured & (cohort == group["id"]))
        attack.if_small((f"board: {title}", group["id"]), atoms)
        attack.add("speakers", atoms, group["speakers"])
        if reason := re.match(r"(\d+) speakers?, fewer", group["not_tested_because"] or ""):
            attack.add("speakers", atoms, int(reason[1]))
        for k, under in enumerate(group["systems"]):
            errors, rate, gap = attack.errors[k], under["rate"], under["gap"]
            attack.add_rate(atoms, rate, up=group["withheld_because"] is not None, errors=errors)
            if not rate:
                continue
            rates[title, group["id"], k] = atoms, _ends(rate, up=group["withheld_because"] is not None)
            if gap is not None:
                _read_gap(attack, errors, rates[title, group["id"], k][1], whole - atoms, gap)
    attack.if_small((f"board: {title}", "unassigned"), attack.where(measured & ~assigned))
    tested = [group for group in one["groups"] if group["tested"]]
    if tested and all(group["speakers"] for group in tested) and one["share_tested"]:
        # a share that counts each speaker once, and is not rounded to steps of 11
        size = one["share_tested"] * one["speakers"]
        of_groups = sum(group["speakers"] for group in tested)
        if abs(size - of_groups) < 1e-6:
            atoms = attack.where(measured & np.isin(cohort, [group["id"] for group in tested]))
            attack.add("speakers", atoms, of_groups)
    return whole


def _read_gap(attack: Attack, errors: str, rate: Ends, rest: Atoms, gap: float) -> None:
    """A gap is the rate of a group over that of the rest."""
    digits = _decimals(gap)
    if digits is None:
        attack.exact_rates.append((errors, rest))
        return
    half = 0.5 * 10.0**-digits
    _between(attack, (errors, rest), ("exposure", rest), (rate[0] / (gap + half), rate[1] / (gap - half)))


def _read_pairs(
    attack: Attack, board: Mapping[str, Any], rates: Mapping[tuple[str, int, int], tuple[Atoms, Ends]]
) -> None:
    """The worst groups of two systems: their errors if it is the same group, else the rate of one by the other's."""
    names = [system["name"] for system in board["systems"]]
    for pair in board["pairs"]:
        i, j = names.index(pair["system"]), names.index(pair["other"])
        worst = [board["systems"][k]["worst"] for k in (i, j)]
        if pair["worst"] is None or None in worst:
            continue
        value, digits = pair["worst"]["ratio"], _decimals(pair["worst"]["ratio"])
        keys = [(one["title"], one["group_id"], k) for one, k in zip(worst, (i, j), strict=True)]
        if digits is None or any(key not in rates for key in keys):
            continue
        half = 0.5 * 10.0**-digits
        (ours, own), (theirs, others) = (rates[key] for key in keys)
        one, other = (attack.errors[k] for k in (i, j))
        low, high = value - half, value + half
        if ours == theirs:
            _between(attack, (one, ours), (other, ours), (low, high))
        _between(attack, (one, ours), ("exposure", ours), (low * others[0], high * others[1]))
        _between(attack, (other, theirs), ("exposure", theirs), (own[0] / high, own[1] / low))


def _between(attack: Attack, top: tuple[str, Atoms], below: tuple[str, Atoms], ends: Ends) -> None:
    attack.ranges.ratio(top, below, (ends[0] + ends[1]) / 2, (ends[1] - ends[0]) / 2)


def _decimals(value: float) -> int | None:
    """Decimals to which a number was rounded, or None if it was not."""
    return next((digits for digits in (1, 2, 3) if value == round(value, digits)), None)


def _ends(rate: float, *, up: bool) -> Ends:
    digits = decimals_of(rate)
    if digits is None:
        return rate, rate
    return (rate - 10.0**-digits, rate) if up else (rate - 0.5 * 10.0**-digits, rate + 0.5 * 10.0**-digits)
