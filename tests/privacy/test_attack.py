"""A few of the logs of ``python -m tests.privacy``, which attacks 200; see there."""

from __future__ import annotations

import pytest

from tests.privacy.attacking import attack_on


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_nothing_withheld_can_be_derived_or_bounded(seed: int) -> None:
    attacked = attack_on(seed, bounds=seed == 0)
    assert attacked.hidden > 0
    assert attacked.faults == ()
