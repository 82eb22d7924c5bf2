from __future__ import annotations

from dataclasses import asdict

import pandas as pd
import pytest

from fairaudit.core.errors import InputError, NothingToAuditError
from fairaudit.inputs import UtteranceLog, pair, read_log

ROWS = pd.DataFrame(
    {
        "utterance_id": [f"u{n}" for n in range(300)],
        "speaker_id": [f"s{n % 7}" for n in range(300)],
        "errors": [n % 3 for n in range(300)],
        "words": 10,
    }
)


def log(frame: pd.DataFrame = ROWS, **options: str) -> UtteranceLog:
    return read_log(frame, **options)  # type: ignore[arg-type]


def test_every_utterance_is_accounted_for() -> None:
    other = ROWS.iloc[5:].assign(errors=4)
    other.loc[10, "words"] = 11
    other.loc[20, "speaker_id"] = "somebody else"
    other = pd.concat([other, other.tail(3).assign(utterance_id=["x", "y", "z"])])
    found, pairing = pair(log(), log(other))
    assert asdict(pairing) == {
        "paired": 293, "only_before": 5, "only_after": 3, "other_reference": 1, "other_speaker": 1,
    }  # fmt: skip
    sums = found.tally(["speaker_id"]).sum()
    assert sums["utterances"] == 293
    assert sums["errors candidate"] == 4 * 293
    kept = ROWS[~ROWS["utterance_id"].isin(["u0", "u1", "u2", "u3", "u4", "u10", "u20"])]
    assert sums["errors"] == kept["errors"].sum()


def test_order_does_not_matter_and_a_log_can_be_paired_again() -> None:
    before = log()
    shuffled, _ = pair(before, log(ROWS.sample(frac=1, random_state=1).assign(errors=2)))
    again, _ = pair(before, log(ROWS.assign(errors=1)))
    assert shuffled.tally(["speaker_id"])["errors candidate"].sum() == 600
    assert again.tally(["speaker_id"])["errors candidate"].sum() == 300
    assert "errors candidate" not in before.tally(["speaker_id"]).columns


def test_another_test_set_is_refused() -> None:
    with pytest.raises(InputError, match=r"300 of 300 shared utterances have different references"):
        pair(log(), log(ROWS.assign(words=11)))
    with pytest.raises(InputError, match=r"different values of 'speaker_id'.*same test set"):
        pair(log(), log(ROWS.assign(speaker_id="s")))
    with pytest.raises(NothingToAuditError, match="share no utterance_id"):
        pair(log(), log(ROWS.assign(utterance_id=ROWS["utterance_id"] + "x")))


def test_logs_are_counted_alike() -> None:
    with pytest.raises(InputError, match=r"the candidate: log lacks \['utterance_id'\]"):
        pair(log(), log(ROWS.drop(columns="utterance_id")))
    with pytest.raises(InputError, match="counts words, the candidate characters"):
        pair(log(), log(ROWS.rename(columns={"words": "characters"})))
    texts = ROWS[["utterance_id", "speaker_id"]].assign(reference="Yes, no.", hypothesis="yes no")
    with pytest.raises(InputError, match=r"different normalizers, \['basic-2', 'none-1'\]"):
        pair(log(texts), log(texts, normalizer="none"))


def test_a_cluster_is_the_baselines() -> None:
    rows = ROWS.assign(voice=ROWS["speaker_id"].str[1:].astype(int) // 2)
    found, pairing = pair(log(rows, cluster="voice"), log(ROWS))
    assert pairing.paired == 300
    assert len(found.tally(["voice"])) == 4
