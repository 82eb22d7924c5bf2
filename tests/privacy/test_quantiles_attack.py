"""Quantiles of cohorts, attacked by bounds; ``python -m tests.privacy`` attacks those of 50 logs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.privacy.attacking import attack_on_quantiles, attacked_quantiles
from tests.privacy.logs import audited

SHARES = tuple(k / 50 for k in range(1, 50))


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("seed", [1, 5])
def test_deciles_do_not_show_those_of_a_withheld_cohort(seed: int) -> None:
    attacked = attack_on_quantiles(seed)
    assert attacked.bounded > 100
    assert attacked.faults == ()


@pytest.mark.slow
def test_ratios_do_not_show_quantiles_of_few_without_a_label() -> None:
    """Five speakers without a label have nearly half of the utterances; with all figures, their quantiles follow."""
    rng = np.random.default_rng(0)
    speaker = np.repeat(np.arange(125), np.where(np.arange(125) < 5, 400, 20))
    label = np.where(np.arange(125) % 3 == 0, "a", "b").astype(object)
    label[:5], label[5:20] = None, "d"
    log = pd.DataFrame({"speaker_id": [f"s{i}" for i in speaker], "accent": label[speaker], "words": 10})
    log["errors"] = rng.binomial(10, np.where(log["accent"] == "a", 0.3, 0.1))
    own = np.exp(rng.normal(0, 0.3, 125)) * np.where(np.arange(125) < 5, 1.2, 1)
    log["delay_ms"] = np.round(own[speaker] * rng.gamma(4, 50, len(speaker)), 1)
    audit, members = audited(log, 0, methods=["named"], by=["accent"], quantiles={"delay_ms": SHARES})
    shown, whole = (audit.to_dict(unredacted=unredacted)["quantiles"][0] for unredacted in (False, True))
    assert attacked_quantiles(log, audit, members, shown, 60).faults == ()
    assert attacked_quantiles(log, audit, members, whole, 60).faults != ()
    (search,) = shown["searches"]
    values = [one["value"] for cohort in search["cohorts"] for one in cohort["quantiles"]]
    assert any(values)
    assert not any(one["ratio"] for cohort in search["cohorts"] for one in cohort["quantiles"])
