"""Which searches a log is taken to allow."""

from __future__ import annotations

import pandas as pd
import pytest

import fairaudit
from fairaudit.core.errors import UsageError


def test_a_column_that_names_persons_is_searched_only_when_asked_for() -> None:
    people = [f"s{i}" for i in range(50)]
    frame = pd.DataFrame({"speaker_id": people, "full_name": [f"Name {p}" for p in people], "errors": 1, "words": 9})
    frame["accent"] = ["hill", "coast"] * 25
    log = fairaudit.read_log(pd.concat([frame, frame]))
    found = fairaudit.audit(log, permutations=19)
    assert [discovery.title for discovery in found.searches] == ["named: accent"]
    assert "named: full_name" in [entry["method"] for entry in found.provenance.skipped]
    assert "Name s" not in found.to_json()
    with pytest.raises(UsageError, match="'full_name' would identify persons, because most of them belong to a single"):
        fairaudit.audit(log, by=["full_name"], permutations=19)
    asked = fairaudit.audit(log, by=["full_name"], permutations=19, identifying=True)
    assert [discovery.title for discovery in asked.searches] == ["named: full_name"]
