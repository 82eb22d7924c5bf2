"""Changes to values that leave rows outside all groups: their numbers must not give away sums that are withheld."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.core.privacy import is_rounded
from fairaudit.inputs.place_rules import place_rules, zip_rules
from fairaudit.report.views.audit_tables import quality_table
from fairaudit.results.audit import Audit

BY = "age[20,40,60]"
#: What two speakers, with four utterances each, have instead of a value, and what becomes of their rows.
STRANGE = {
    f"no_number_for {BY}": {"age": "x"},
    "zip_not_us_set_missing": {"zip_code": "SW1A 1AA"},
    "coordinates_zero_set_missing": {"latitude": 0.0, "longitude": 0.0},
    "coordinates_incomplete_set_missing": {"latitude": np.nan},
}


def rows(**strange: object) -> pd.DataFrame:
    speaker = np.arange(480) // 4
    frame = pd.DataFrame({"speaker_id": speaker.astype(str), "errors": np.arange(480) % 3, "words": 9})
    frame["age"], frame["zip_code"] = (20 + speaker % 50).astype(str), (10_000 + speaker % 5).astype(str)
    frame["latitude"], frame["longitude"] = 40 + speaker % 9 / 10, -100 + speaker % 7 / 10
    for column, value in strange.items():
        frame.loc[speaker < 2, column] = value
    return frame


def audit_of(frame: pd.DataFrame) -> Audit:
    return fairaudit.audit(frame, by=BY, methods=["named"], permutations=19)


@pytest.mark.parametrize("change", STRANGE)
def test_results_round_up_how_many_rows_are_in_no_group(change: str) -> None:
    log = fairaudit.read_log(rows(**STRANGE[change])).cut("age", [20, 40, 60])
    assert log.quality.coercions == {change: 8}  # exact for those who have the log
    document = audit_of(rows(**STRANGE[change])).to_dict()
    assert document["quality"]["coercions"] == {change: 9}
    assert [row.cells[1] for row in quality_table(document["quality"]).rows][-1] == "up to 9"
    assert not [caveat for caveat in document["quality"]["caveats"] if " 8 " in f" {caveat}"]


def test_otherwise_they_would_give_away_a_withheld_sum() -> None:
    (search,) = audit_of(rows(age="x")).to_dict()["discoveries"]
    assert search["unassigned"]["utterances"] is None
    assert search["unassigned"]["withheld_because"] == "fewer than 11 speakers"


def test_every_change_of_a_row_to_a_missing_value_is_rounded() -> None:
    rules = place_rules({"latitude": "VARCHAR", "longitude": "VARCHAR"}) + zip_rules("VARCHAR", pad=True)
    changes = [kind for kind in rules.coercions if kind.endswith("_set_missing")]
    assert len(changes) == 3
    assert all(map(is_rounded, changes))


def test_other_changes_are_exact() -> None:
    frame = rows()
    frame.loc[:7, "zip_code"] = "10000-1234"
    assert audit_of(frame).to_dict()["quality"]["coercions"] == {"zip_plus4_cut": 8}


def test_no_more_rows_than_the_log_has() -> None:
    frame = rows()[:44].assign(zip_code="SW1A 1AA")
    assert fairaudit.audit(frame, by="age[20,25]", permutations=19).to_dict()["quality"]["coercions"] == {
        "zip_not_us_set_missing": 44
    }
