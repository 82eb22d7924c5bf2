"""Logs of several systems: only common utterances are compared, and what is missing is counted or refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fairaudit.core.columns import system_column
from fairaudit.core.errors import InputError, NothingToAuditError, UsageError
from fairaudit.inputs import read_log
from fairaudit.inputs.aligning import align

N = 300


def rows(system: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(system)
    return pd.DataFrame(
        {
            "utterance_id": [f"u{n}" for n in range(N)],
            "speaker_id": [f"s{n % 40}" for n in range(N)],
            "errors": rng.integers(0, 5, N),
            "words": 10,
        }
    )


def logs_of(*frames: pd.DataFrame) -> dict:
    return {f"system {k}": read_log(frame) for k, frame in enumerate(frames)}


def test_counts_of_every_system_are_beside_those_of_the_first() -> None:
    frames = [rows(k) for k in range(4)]
    log, alignment = align(logs_of(*(frame.sample(frac=1, random_state=k) for k, frame in enumerate(frames))))
    assert (alignment.utterances, alignment.aligned, {*alignment.missing.values()}) == (N, N, {0})
    sums = log.tally(["speaker_id"])
    for k, frame in enumerate(frames):
        expected = frame.groupby("speaker_id")["errors"].sum()
        assert sums[system_column("errors", k)].to_dict() == expected.to_dict()


def test_missing_utterances_are_counted_by_system_and_left_out_of_all() -> None:
    second, third = rows(1).iloc[1:], rows(2).iloc[:-2]
    log, alignment = align(logs_of(rows(), second, third))
    assert alignment.missing == {"system 0": 0, "system 1": 1, "system 2": 2}
    assert alignment.aligned == N - 3
    assert int(log.tally(["speaker_id"])["utterances"].sum()) == N - 3


def test_a_system_that_lacks_many_utterances_is_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"of 300 utterances, system 1 lacks 4; .* at most 1%"):
        align(logs_of(rows(), rows(1).iloc[4:], rows(2)))


def test_utterances_with_other_references_are_left_out_or_refused() -> None:
    def texts(system: int, other: int) -> pd.DataFrame:
        said = [f"number {n} was said" for n in range(N)]
        return pd.DataFrame(
            {
                "utterance_id": [f"u{n}" for n in range(N)],
                "speaker_id": [f"s{n % 40}" for n in range(N)],
                "reference": [f"number {n} was sung" if n < other else text for n, text in enumerate(said)],
                "hypothesis": [f"{text} {'uh ' * (n % (system + 2))}" for n, text in enumerate(said)],
            }
        )

    _, alignment = align(logs_of(texts(0, 0), texts(1, 0), texts(2, 3)))
    assert (alignment.other_reference, alignment.aligned) == (3, N - 3)
    with pytest.raises(InputError, match="4 of 300 utterances have different references"):
        align(logs_of(texts(0, 0), texts(1, 0), texts(2, 4)))


@pytest.mark.parametrize(
    ("frames", "error", "message"),
    [
        ([rows()], UsageError, "at least two systems"),
        ([], UsageError, "there is none"),
        ([rows(), rows(1), rows(1)], InputError, "system 1 and system 2 recognised every utterance alike"),
        ([rows(), rows(1).assign(utterance_id=[f"v{n}" for n in range(N)])], InputError, "lacks 300"),
        ([rows(), rows(1).assign(speaker_id=[f"s{n % 39}" for n in range(N)])], InputError, "different values of"),
        ([rows(), rows(1).drop(columns="utterance_id")], InputError, "system system 1: "),
    ],
)
def test_what_cannot_be_compared_is_refused(frames: list[pd.DataFrame], error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        align(logs_of(*frames))


def test_identical_systems_can_be_allowed() -> None:
    _, alignment = align(logs_of(rows(), rows(1), rows(1)), allow_identical=True)
    assert alignment.aligned == N


def test_logs_that_were_scored_differently_are_refused() -> None:
    texts = pd.DataFrame(
        {"utterance_id": ["a", "b"], "speaker_id": ["s", "t"], "reference": ["A b", "c d"], "hypothesis": ["a", "c"]}
    )
    logs = {"one": read_log(texts, normalizer="basic"), "two": read_log(texts, normalizer="none")}
    with pytest.raises(InputError, match=r"normalizer basic-2.*normalizer none-1"):
        align(logs)


def test_no_common_utterance_is_nothing_to_audit() -> None:
    few = pd.DataFrame({"utterance_id": ["a"], "speaker_id": ["s"], "errors": [1], "words": [3]})
    with pytest.raises((InputError, NothingToAuditError)):
        align(logs_of(few, few.assign(utterance_id="b")))
