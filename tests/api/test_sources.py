"""Which searches a log is taken to allow."""

from __future__ import annotations

import pandas as pd
import pytest

import fairaudit
from fairaudit.api.label_columns import require_groups
from fairaudit.core.errors import UsageError
from fairaudit.report import render_terminal


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


def test_a_column_that_restates_another_is_searched_only_when_asked_for() -> None:
    """Codes of accents in another order and spelling; a coarser column and a permuted one are no restatement."""
    accents = ["hill", "coast", "town", None]
    frame = pd.DataFrame({"speaker_id": [f"s{i}" for i in range(200)], "errors": 1, "words": 9})
    frame["accent"] = [accents[i % 4] for i in range(200)]
    frame["accent_code"] = [[" X1", "A2", "b3", " "][i % 4] if i % 8 else "x1" for i in range(200)]
    frame["shore"] = [["inland", "coast", "inland", None][i % 4] for i in range(200)]
    frame["device"] = [accents[(i // 4) % 4] for i in range(200)]
    log = fairaudit.read_log(frame)
    found = fairaudit.audit(log, permutations=19)
    assert [search.title for search in found.searches] == ["named: accent", "named: shore", "named: device"]
    needs = "to be asked for: its labels divide the log as those of “accent” do"
    assert {"method": "named: accent_code", "needs": needs} in found.provenance.skipped
    document = found.to_dict()
    assert document["searched_unasked"] == ["accent", "shore", "device"]
    text = render_terminal(document, width=1_000)
    assert "Every p-value accounts for all 3 searches." in text
    assert "Label columns that were searched without being asked for: accent, shore, device." in text

    asked = fairaudit.audit(log, by=["accent_code"], permutations=19)
    assert [search.title for search in asked.searches] == ["named: accent_code"]
    assert asked.to_dict()["searched_unasked"] == []
    assert "without being asked for" not in render_terminal(asked.to_dict(), width=1_000)
