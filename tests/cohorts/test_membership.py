from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from fairaudit.cohorts.membership import memberships
from fairaudit.cohorts.model import CohortModel
from fairaudit.cohorts.rules import Group, Lookup, Tree
from fairaudit.core.errors import UsageError
from fairaudit.inputs.named import NamedColumns
from fairaudit.inputs.places import Coordinates

SOUTH = Tree(("latitude",), (0, -1, -1), (38.0, 0.0, 0.0), (1, -1, -1), (2, -1, -1), (-1, 0, 1), ("R1", "R2"))
HERE = CohortModel("geo-tree", "geo-tree", {}, ("latitude", "longitude"), True, SOUTH, Group((0,), ""), None)
LABELS = Lookup(("device",), (("phone",), ("watch",)))
DEVICES = CohortModel("named", "named: device", {}, ("device",), False, LABELS, Group((1,), ""), None)

ROWS = pd.DataFrame(
    {
        "utterance_id": ["u3", "u1", "u2", "u4", "u5"],
        "speaker_id": ["b", "a", "a", "a", "c"],
        "latitude": [40.0, 37.0, 37.0, 41.0, None],
        "longitude": [1.0, 1.0, 1.0, 1.0, None],
        "device": ["phone", "phone", "watch", "watch", "radio"],
        "errors": 1,
        "words": 10,
    }
)


def test_speakers_stand_where_most_of_their_utterances_come_from(as_log: Any) -> None:
    found = memberships(as_log(ROWS), Coordinates(), HERE)
    assert found.to_dict("list") == {
        "speaker_id": ["a", "b", "c"],
        "search": ["geo-tree"] * 3,
        "cohort_id": [0, 1, -1],
        "cohort": ["R1", "R2", ""],
        "in_bottom": [True, False, False],
    }


def test_utterances_follow_their_speaker(as_log: Any) -> None:
    found = memberships(as_log(ROWS), Coordinates(), HERE, per="utterance_id")
    assert dict(zip(found["utterance_id"], found["cohort_id"], strict=True)) == {
        "u1": 0, "u2": 0, "u4": 0, "u3": 1, "u5": -1,
    }  # fmt: skip


def test_labels_that_vary_within_a_speaker(as_log: Any) -> None:
    speakers = memberships(as_log(ROWS), NamedColumns(("device",)), DEVICES)
    assert list(zip(speakers["speaker_id"], speakers["cohort"], strict=True)) == [
        ("a", "phone"), ("a", "watch"), ("b", "phone"), ("c", ""),
    ]  # fmt: skip
    utterances = memberships(as_log(ROWS), NamedColumns(("device",)), DEVICES, per="utterance_id")
    assert utterances.set_index("utterance_id")["in_bottom"].to_dict() == {
        "u1": False, "u2": True, "u3": False, "u4": True, "u5": False,
    }  # fmt: skip


def test_memberships_are_of_speakers_or_utterances(as_log: Any) -> None:
    with pytest.raises(UsageError, match="unknown value of per 'device'"):
        memberships(as_log(ROWS), Coordinates(), HERE, per="device")
