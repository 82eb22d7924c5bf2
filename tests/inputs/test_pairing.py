from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

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
    with pytest.raises(InputError, match=r"baseline \(<DataFrame>\) was scored with unit word, but .* with unit char"):
        pair(log(), log(ROWS.rename(columns={"words": "characters"})))
    texts = ROWS[["utterance_id", "speaker_id"]].assign(reference="Yes, no.", hypothesis="yes no")
    with pytest.raises(InputError, match=r"scored with normalizer basic-2, but .* with normalizer none-1"):
        pair(log(texts), log(texts, normalizer="none"))
    with pytest.raises(InputError, match=r"with normalizer basic-2, .* with counts, whose normalizer is unknown"):
        pair(log(texts), log(texts[["utterance_id", "speaker_id"]].assign(errors=0, words=2)))


def test_a_cluster_is_the_baselines() -> None:
    rows = ROWS.assign(voice=ROWS["speaker_id"].str[1:].astype(int) // 2)
    found, pairing = pair(log(rows, cluster="voice"), log(ROWS.assign(errors=1)))
    assert pairing.paired == 300
    assert len(found.tally(["voice"])) == 4


TEXTS = ROWS[["utterance_id", "speaker_id"]].assign(
    reference=[f"It is {n}, sir." for n in range(300)], hypothesis=[f"it is {n} sir" for n in range(300)]
)
BETTER = TEXTS.assign(hypothesis="it")


def test_references_of_the_same_length_are_told_apart_by_their_words() -> None:
    shifted = BETTER.assign(reference=BETTER["reference"].shift(-1, fill_value="It is 0, sir."))
    with pytest.raises(InputError, match="300 of 300 shared utterances have different references"):
        pair(log(TEXTS), log(shifted))
    few = BETTER.copy()
    few.loc[:1, "reference"] = "It was 7, sir."
    assert asdict(pair(log(TEXTS), log(few))[1])["other_reference"] == 2


def test_references_that_are_normalised_alike_are_the_same() -> None:
    spelled = BETTER.assign(reference=BETTER["reference"].str.upper().str.replace(" ", "  "))
    assert pair(log(TEXTS), log(spelled))[1].paired == 300
    with pytest.raises(InputError, match="different references"):
        pair(log(TEXTS, normalizer="none"), log(spelled, normalizer="none"))
    blanks = BETTER.assign(reference=BETTER["reference"] + " ")
    assert pair(log(TEXTS, normalizer="none"), log(blanks, normalizer="none"))[1].paired == 300


@pytest.mark.parametrize("rows", [ROWS, TEXTS, ROWS.assign(errors=0)])
def test_a_candidate_that_is_the_baseline_is_an_error(rows: pd.DataFrame, tmp_path: Path) -> None:
    rows.to_parquet(tmp_path / "last.parquet")
    rows.sample(frac=1, random_state=1).to_csv(tmp_path / "next.csv", index=False)
    last, other = (read_log(tmp_path / name) for name in ("last.parquet", "next.csv"))
    for candidate in (last, other, log(rows.head(200)), log(rows)):
        with pytest.raises(InputError, match=r"candidate \(.*\) has the same (content|results) as the baseline"):
            pair(last, candidate)
        assert pair(last, candidate, allow_identical=True)[1].paired == len(candidate)


def test_other_words_with_the_same_counts_are_another_candidate() -> None:
    wrong = TEXTS.assign(hypothesis="it is nothing sir")
    others = wrong.assign(hypothesis=["it is nought sir", *wrong["hypothesis"][1:]])
    assert pair(log(wrong), log(others))[1].paired == 300


def test_hashes_stay_inside() -> None:
    read = log(TEXTS)
    names = {*read.columns, *read.count_columns, *read.to_frame().columns, *read.tally("speaker_id").columns}
    assert not any("hash" in name for name in names)
