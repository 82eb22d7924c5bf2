"""Which searches a log is taken to allow."""

from __future__ import annotations

import pandas as pd
import pytest

import fairaudit
from fairaudit.api.identifying import require_groups
from fairaudit.core.errors import UsageError


def test_a_column_that_names_persons_is_searched_only_when_asked_for() -> None:
    people = [f"s{i}" for i in range(50)]
    frame = pd.DataFrame({"speaker_id": people, "full_name": [f"Name {p}" for p in people], "errors": 1, "words": 9})
    frame["accent"] = ["hill", "coast"] * 25
    log = fairaudit.read_log(pd.concat([frame, frame]))
    found = fairaudit.audit(log, permutations=19)
    assert [discovery.title for discovery in found.searches] == ["named: accent"]
    assert "named: full_name" in [entry["method"] for entry in found.provenance.skipped]
    needs = "to be asked for: its labels would identify persons, because most of them belong to a single speaker"
    assert {"method": "named: full_name", "needs": needs} in found.provenance.skipped
    assert "Name s" not in found.to_json()
    with pytest.raises(UsageError, match="'full_name' would identify persons, because most of them belong to a single"):
        fairaudit.audit(log, by=["full_name"], permutations=19)
    asked = fairaudit.audit(log, by=["full_name"], permutations=19, identifying=True)
    assert [discovery.title for discovery in asked.searches] == ["named: full_name"]


def test_a_column_of_addresses_is_not_searched_without_being_asked_for() -> None:
    """The rule is the one for columns that are asked for: 25 speakers of each address are no group either."""
    frame = pd.DataFrame({"speaker_id": [f"s{i}" for i in range(100)], "errors": 1, "words": 9})
    frame["team"] = [f"team{i % 4}@example.org" for i in range(100)]
    frame["accent"] = ["hill", "coast"] * 50
    log = fairaudit.read_log(frame)
    found = fairaudit.audit(log, permutations=19)
    assert [discovery.title for discovery in found.searches] == ["named: accent"]
    needs = "to be asked for: its labels would identify persons, because they look like e-mail addresses"
    assert {"method": "named: team", "needs": needs} in found.provenance.skipped
    assert "example.org" not in found.to_json()
    with pytest.raises(UsageError, match="'team' would identify persons, because they look like e-mail addresses"):
        fairaudit.audit(log, by=["team"], permutations=19)


def test_labels_that_many_speakers_share_are_groups() -> None:
    """30 rooms of 50 speakers, each of whom was in ten: a room is of 16 speakers."""
    rows = [(f"s{s}", f"room {(s + 3 * r) % 30}", 1, 9) for s in range(50) for r in range(10)]
    log = fairaudit.read_log(pd.DataFrame(rows, columns=["speaker_id", "room", "errors", "words"]))
    assert [found.title for found in fairaudit.audit(log, permutations=19).searches] == ["named: room"]


def test_labels_of_many_columns_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tally for each column made an audit by 89 columns take a minute."""
    frame = pd.DataFrame({"speaker_id": [f"s{i}" for i in range(200)], "errors": 1, "words": 9})
    frame = frame.assign(**{f"column{i}": ["a", "b", None, "c"] * 50 for i in range(40)})
    log, tallied = fairaudit.read_log(frame), []
    tally = type(log).tally
    monkeypatch.setattr(type(log), "tally", lambda self, by: tallied.append(by) or tally(self, by))
    require_groups(log, [f"column{i}" for i in range(40)])
    assert tallied == [["speaker_id"]]
