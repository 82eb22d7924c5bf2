"""A few of the logs of ``python -m tests.privacy``, which attacks 200; see there."""

from __future__ import annotations

import pytest

from fairaudit.results.numbers import to_digits, to_page
from tests.privacy.attacking import attack_on, attack_on_boards
from tests.privacy.logs import audited, random_log


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.exhaustive) for seed in (1, 2, 3))])
def test_nothing_withheld_can_be_derived_or_bounded(seed: int) -> None:
    attacked = attack_on(seed, bounds=seed == 0)
    assert attacked.hidden > 0
    assert attacked.faults == ()


@pytest.mark.slow
def test_nothing_that_boards_withhold_can_be_derived() -> None:
    """By columns, and by the cohorts of an audit beside it; bounds and groups that are found take longer."""
    attacked = attack_on_boards(1)
    assert attacked.hidden > 0
    assert attacked.faults == ()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [pytest.param(seed, marks=pytest.mark.exhaustive) for seed in (32052, 34096)])
def test_what_bounds_once_gave_away(seed: int) -> None:
    """A rate of three digits near one, and sums of crossed labels, bounded withheld sums to within 18 and 10 %."""
    attacked = attack_on(seed, bounds=True)
    assert attacked.bounded > 20
    assert attacked.faults == ()


@pytest.mark.slow
@pytest.mark.exhaustive
def test_rates_of_sides_are_rounded_once() -> None:
    """From the exact rate to two digits, always up, or to the digits of a page; known groups have two."""
    seen = {"rough": 0, "coarse": 0}
    for seed in range(4):
        audit, _ = audited(random_log(seed), seed)
        exact, shown = (audit.to_dict(unredacted=unredacted)["discoveries"] for unredacted in (True, False))
        for whole, part in zip(exact, shown, strict=True):
            for name in ("held_out", "search_inflated", "all_speakers"):
                side, rounded = whole[name], part[name]
                if not side or not rounded:
                    continue
                rates = [(side[rate], rounded[rate]) for rate in ("bottom_rate", "reference_rate")]
                rough, coarse = (all(f(rate) == told for rate, told in rates) for f in (to_digits, to_page))
                assert rough or coarse
                assert rough or name != "held_out" or whole["method"] != "named"
                assert rough <= (rounded["speakers"] is None)
                seen["rough" if rough else "coarse"] += 1
    assert min(seen.values()) > 5
