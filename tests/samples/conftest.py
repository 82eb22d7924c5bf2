from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

import fairaudit
from fairaudit.inputs.log import UtteranceLog
from fairaudit.samples import packaged_sample


@pytest.fixture(scope="session")
def rows() -> pd.DataFrame:
    """The packaged log with words and errors of both releases, counted by somebody else."""
    import jiwer

    log = pd.read_parquet(packaged_sample()["log"])
    for release, column in (("errors", "hypothesis"), ("candidate", "hypothesis_candidate")):
        pairs = zip(log["reference"], log[column], strict=True)
        counted = [jiwer.process_words(said, heard) for said, heard in pairs]
        log[release] = [c.substitutions + c.deletions + c.insertions for c in counted]
    return log.assign(words=log["reference"].str.split().str.len())


@pytest.fixture(scope="session")
def wer() -> Callable[..., float]:
    """The word error rate of some rows."""

    def rate(rows: pd.DataFrame, errors: str = "errors") -> float:
        return float(rows[errors].sum() / rows["words"].sum())

    return rate


@pytest.fixture(scope="session")
def log() -> UtteranceLog:
    """The packaged log, its voices the sampling unit."""
    return fairaudit.read_log(packaged_sample()["log"], cluster="voice")
