"""The minimum detectable gap of a region, which comes from regions planted in shuffled logs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.evidence.record import Evidence
from fairaudit.samples import SimulatedLog, simulate_log


def evidence(log: SimulatedLog | pd.DataFrame, method: str = "geo-tree", permutations: int = 99) -> Evidence:
    frame = log.to_frame() if isinstance(log, SimulatedLog) else log
    (search,) = fairaudit.audit(frame, methods=[method], permutations=permutations).searches
    return search.evidence


def south(log: SimulatedLog) -> np.ndarray:
    """The tenth of the speakers who live farthest south."""
    return log.coordinates[:, 0] < np.quantile(log.coordinates[:, 0], 0.1)


def noticed(gap: float, *, logs: int = 12) -> int:
    found = (evidence(simulate_log(speakers=300, seed=seed, planted=south, gap=gap)) for seed in range(logs))
    return sum(one.test.p_alone <= 0.05 for one in found)


@pytest.mark.exhaustive
def test_a_region_with_that_gap_is_noticed_four_times_in_five():
    printed = float(
        np.median([evidence(simulate_log(speakers=300, seed=i), permutations=999).detectable.gap for i in range(3)])
    )
    assert noticed(printed / 4) < 5
    assert noticed(printed) >= 7


@pytest.mark.exhaustive
@pytest.mark.parametrize("method", ["geo-tree", "geo-scan"])
def test_more_speakers_notice_smaller_gaps(method):
    small, large = (evidence(simulate_log(speakers=n, seed=0), method, 999).detectable for n in (300, 2000))
    assert 0.1 < large.gap < 0.6 * small.gap
    assert large.share == pytest.approx(0.1, abs=0.01)
    assert small.share == pytest.approx(0.1, abs=0.01)


def test_it_depends_neither_on_names_nor_on_the_order_of_rows():
    frame = simulate_log(speakers=200, seed=1).to_frame()
    other = frame.assign(speaker_id="x" + frame["speaker_id"].astype(str).str[::-1]).sample(frac=1, random_state=0)
    assert evidence(other, permutations=199).detectable == evidence(frame, permutations=199).detectable


def test_without_a_gap_that_would_do_there_is_none():
    """Eighty speakers say three words each, and five of them make an error."""
    frame = simulate_log(speakers=80, seed=0).to_frame().drop_duplicates("speaker_id")
    errors = (np.arange(len(frame)) % 16 == 0).astype(int)
    assert evidence(frame.assign(words=3, errors=errors), permutations=299).detectable.gap is None
