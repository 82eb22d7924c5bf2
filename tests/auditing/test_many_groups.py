"""The work of an audit and of a comparison grows with the number of groups, not with its square."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.report import render_markdown

#: Times as many groups. Linear work takes as many times as long; work that is a square of it, 64 times.
TIMES = 8


def log_of(groups: int, speakers: int, *, flat: bool) -> pd.DataFrame:
    rng, n = np.random.default_rng(3), groups * speakers
    return pd.DataFrame(
        {
            "utterance_id": [f"u{i}" for i in range(n)],
            "speaker_id": [f"s{i}" for i in range(n)],
            "accent": [f"accent {i // speakers}" for i in range(n)],
            "errors": 2 if flat else rng.integers(0, 7, n),
            "words": 20,
        }
    )


def seconds(frame: pd.DataFrame) -> float:
    """CPU time of one audit with its Markdown, and of a comparison on its cohorts."""
    other = frame.assign(errors=frame["errors"] + np.arange(len(frame)) % 2)
    logs = fairaudit.read_log(frame), fairaudit.read_log(other)
    start = time.process_time()
    audit = fairaudit.audit(logs[0], by="accent", permutations=19)
    render_markdown(audit.to_dict())
    fairaudit.compare(*logs, audit.models, permutations=19).to_dict()
    return time.process_time() - start


@pytest.mark.slow
@pytest.mark.parametrize(("speakers", "flat"), [(25, False), (6, False), (22, True)])
def test_time_grows_with_the_number_of_groups(speakers: int, flat: bool) -> None:
    few, many = (log_of(groups, speakers, flat=flat) for groups in (150, 150 * TIMES))
    seconds(few)  # imports
    assert seconds(many) < 2.5 * TIMES * min(seconds(few) for _ in range(2))
