from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from fairaudit.core.errors import InputError, NothingToAuditError, UsageError
from fairaudit.exports.targets import targets

ROWS = pd.DataFrame(
    {
        "utterance_id": [f"u{n}" for n in range(10)],
        "speaker_id": list("aaaabccccd"),
        "search": "named: accent",
        "cohort_id": [0] * 5 + [1] * 4 + [-1],
        "cohort": ["north"] * 5 + ["south"] * 4 + [""],
        "in_bottom": [True] * 5 + [False] * 5,
    }
)


def test_targets_are_the_utterances_of_the_bottom() -> None:
    found = targets(ROWS)
    assert found["utterance_id"].tolist() == ["u0", "u1", "u2", "u3", "u4"]
    assert found.columns.tolist() == ["utterance_id", "speaker_id", "cohort", "in_bottom"]


def test_weights_raise_the_share_of_the_bottom_and_treat_speakers_alike() -> None:
    weights = targets(ROWS, 0.4)
    assert weights["weight"].sum() == pytest.approx(1)
    assert weights[weights["in_bottom"]]["weight"].sum() == pytest.approx(0.4)
    by_speaker = weights.groupby("speaker_id")["weight"].sum()
    assert by_speaker.to_dict() == pytest.approx({"a": 0.2, "b": 0.2, "c": 0.3, "d": 0.3})
    assert weights[weights["speaker_id"] == "a"]["weight"].nunique() == 1


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_draws_by_weight_have_the_share_and_no_favourites(share: float) -> None:
    rng, draws = np.random.default_rng(0), 100_000
    size = rng.integers(1, 60, 40)  # utterances of each speaker, six of them in the bottom
    speaker = np.repeat(np.arange(40), size)
    rows = pd.DataFrame(
        {
            "utterance_id": [f"u{n}" for n in range(len(speaker))],
            "speaker_id": [f"s{n}" for n in speaker],
            "cohort": np.where(speaker < 6, "north", "south"),
            "in_bottom": speaker < 6,
        }
    )
    found = targets(rows, share)
    drawn = found.iloc[rng.choice(len(found), draws, p=found["weight"])]
    assert drawn["in_bottom"].mean() == pytest.approx(share, abs=0.006)
    for inside, alike in ((True, share / 6), (False, (1 - share) / 34)):
        shares = drawn.loc[drawn["in_bottom"] == inside, "speaker_id"].value_counts() / draws
        assert np.abs(shares - alike).max() < 5 * np.sqrt(alike / draws)


def test_a_speaker_on_both_sides_counts_on_both() -> None:
    rows = ROWS.assign(in_bottom=[n % 2 == 0 for n in range(10)])
    weights = targets(rows, 0.5)
    assert weights.groupby("in_bottom")["weight"].sum().to_dict() == pytest.approx({False: 0.5, True: 0.5})


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(UsageError, match="between 0 and 1"):
        targets(ROWS, 1.5)
    with pytest.raises(NothingToAuditError, match="no speaker of this log is in the bottom cohort"):
        targets(ROWS.assign(in_bottom=False))
    with pytest.raises(NothingToAuditError, match="every speaker of this log is in the bottom cohort"):
        targets(ROWS.assign(in_bottom=True), 0.5)
    with pytest.raises(InputError, match="utterance_id"):
        targets(ROWS.assign(utterance_id=None))
