from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.core.errors import InputError, NothingToAuditError
from fairaudit.core.rate import RATES
from fairaudit.inputs.census import CensusTable
from fairaudit.inputs.named import NamedColumns
from fairaudit.inputs.places import Coordinates
from fairaudit.samples import simulate_log
from fairaudit.units.build import SpeakerTable, UnitFeatures, UnitTable, build_tables

WER = RATES["wer"]
ROWS = pd.DataFrame(
    {
        "speaker_id": ["a", "a", "a", "b", "b", "c", "d"],
        "house": ["x", "x", "x", "x", "x", "y", "y"],
        "zip_code": ["00101", "00101", "00102", "00102", None, "00103", None],
        "device": ["phone", "watch", "watch", "phone", "phone", "phone", None],
        "errors": [1, 2, 4, 8, 16, 32, 64],
        "words": [100, 101, 102, 103, 104, 105, 106],
    }
)
CENSUS = CensusTable(pd.DataFrame({"income": [1.0, 2.0]}, index=["00101", "00102"]), ("income",))


class FrameLog:
    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame.assign(utterances=1)

    def tally(self, by: Sequence[str]) -> pd.DataFrame:
        counted = [name for name in ("errors", "words", "utterances", "substitutions") if name in self.frame]
        return self.frame.groupby(list(by), dropna=False)[counted].sum()


def build(frame: pd.DataFrame, features: UnitFeatures, by: str = "speaker_id") -> tuple[SpeakerTable, UnitTable]:
    table, (units,) = build_tables(FrameLog(frame), [features], WER, by)
    return table, units


def cells(table: SpeakerTable, units: UnitTable, feature: str) -> dict[tuple[str, object], float]:
    """Errors by sampling unit and by a feature of the unit, None where unassigned."""
    values = [units.features[feature].iloc[g] if g >= 0 else None for g in units.counts.group]
    return dict(zip(zip(table.names[units.counts.speaker], values, strict=True), units.counts.errors, strict=True))


def test_a_home_takes_all_that_its_speaker_said() -> None:
    table, units = build(ROWS, CENSUS)
    # c's zip is not in the table and d has none; b's known zip comes before the row without one
    assert cells(table, units, "income") == {("a", 1.0): 7, ("b", 2.0): 24, ("c", None): 32, ("d", None): 64}
    assert units.notes == ("1 speakers had more than one zip_code; each is counted under the most frequent one",)
    assert len(units.assigned().counts) == 2


def test_groups_that_speakers_change_have_a_cell_each() -> None:
    table, units = build(ROWS, NamedColumns(("device",)))
    assert cells(table, units, "device") == {
        ("a", "phone"): 1, ("a", "watch"): 6, ("b", "phone"): 24, ("c", "phone"): 32, ("d", None): 64,
    }  # fmt: skip
    assert units.assigned().speakers_per_unit().tolist() == [0.5, 2.5]  # ordered by words, not by name


def test_coarser_sampling_units_join_their_speakers() -> None:
    table, units = build(ROWS, CENSUS, "house")
    assert dict(zip(table.names, table.errors, strict=True)) == {"x": 31, "y": 96}
    assert cells(table, units, "income") == {("x", 1.0): 7, ("x", 2.0): 24, ("y", None): 96}


@pytest.mark.parametrize("name", ["unit", "household", "rank", "_speaker"])
def test_columns_may_have_any_name(name: str) -> None:
    frame = ROWS.rename(columns={"house": name})
    expected = build(ROWS, CENSUS, "house")[1]
    for features in (CENSUS, NamedColumns((name,)), NamedColumns(("device", name))):
        table, units = build(frame, features, name)
        assert len(table) == 2
        assert units.counts.errors.sum() == expected.counts.errors.sum()


def test_counts_add_up_and_details_come_along() -> None:
    log = ROWS.assign(substitutions=1)
    table, (by_zip, by_device) = build_tables(FrameLog(log), [CENSUS, NamedColumns(("device",))], WER)
    assert table.totals == {"errors": 127, "words": 721, "utterances": 7, "substitutions": 7}
    for units in (by_zip, by_device):
        assert (units.counts.errors.sum(), units.counts.exposure.sum()) == (127, 721)
        assert {name: values.sum() for name, values in units.counts.detail.items()} == {
            "utterances": 7,
            "substitutions": 7,
        }
        errors, words = units.counts.per_speaker()
        np.testing.assert_array_equal(errors, table.errors)
        np.testing.assert_array_equal(words, table.exposure)


def test_weights_are_those_of_whole_speakers() -> None:
    log = simulate_log(speakers=200, seed=0)
    frame = pd.concat([log.to_frame().assign(device="a"), log.to_frame().assign(device="b")])
    table, units = build(frame, NamedColumns(("device",)))
    assert len(units.counts) == 400
    counts, fit = units.counts, table.dispersion
    weight = 1 / (fit.phi + fit.tau2 * fit.rate * table.exposure[counts.speaker])
    np.testing.assert_allclose(units.residual, weight * (counts.errors - fit.rate * counts.exposure))
    np.testing.assert_allclose(units.information, weight * fit.rate * counts.exposure)


def test_names_decide_nothing() -> None:
    frame = simulate_log(speakers=150, seed=1).to_frame(rows_per_speaker=2)
    speakers = frame["speaker_id"].unique()
    names = dict(zip(speakers, np.random.default_rng(0).permutation(speakers), strict=True))
    accents = {name: f"{i * 37 % 50:02d}" for i, name in enumerate(sorted(frame["accent"].unique()))}
    other = frame.assign(speaker_id=frame["speaker_id"].map(names), accent=frame["accent"].map(accents))
    for features in (Coordinates(), NamedColumns(("accent",)), NamedColumns(("accent", "gender"))):
        (table, units), (table_2, units_2) = (build(f, features) for f in (frame, other.sample(frac=1, random_state=1)))
        np.testing.assert_array_equal(table.errors, table_2.errors)
        for name in ("speaker", "group", "errors", "exposure"):
            np.testing.assert_array_equal(getattr(units.counts, name), getattr(units_2.counts, name))


def test_a_tie_between_homes_is_not_broken_by_their_names() -> None:
    """Two zips of equal utterances and words: the one that more of the log comes from, whatever it is called."""
    tied = pd.DataFrame(
        {"speaker_id": list("aabb"), "zip_code": ["00101", "00102", "00102", "00102"], "errors": 1, "words": 9}
    )
    swapped = tied.assign(zip_code=tied["zip_code"].map({"00101": "00102", "00102": "00101"}))
    renamed = CensusTable(CENSUS.frame.set_axis(["00102", "00101"]), ("income",))
    assert cells(*build(tied, CENSUS), "income") == {("a", 2.0): 2, ("b", 2.0): 2}
    assert cells(*build(swapped, renamed), "income") == {("a", 2.0): 2, ("b", 2.0): 2}


def test_sums_over_units_of_draws_and_of_the_data() -> None:
    _, units = build(ROWS, NamedColumns(("device",)))
    units = units.assigned()
    draws = np.arange(3 * len(units.counts), dtype=float).reshape(3, -1)
    expected = [[row[units.counts.group == g].sum() for g in range(len(units))] for row in draws]
    np.testing.assert_array_equal(units.per_unit(draws), expected)
    np.testing.assert_array_equal(units.per_unit(draws[1]), expected[1])


def test_leaving_cells_out_renumbers_the_units() -> None:
    _, units = build(ROWS, CENSUS)
    part = units.where(units.counts.errors == 24)
    assert part.features["income"].tolist() == [2.0]
    assert part.counts.group.tolist() == [0]
    assert part.residual.shape == part.information.shape == (1,)


def test_what_cannot_be_audited() -> None:
    with pytest.raises(NothingToAuditError, match="this log has no errors, so every rate is 0"):
        build(ROWS.assign(errors=0), CENSUS)
    with pytest.raises(NothingToAuditError, match="the references contain no words"):
        build(ROWS.assign(words=0), CENSUS)
    with pytest.raises(NothingToAuditError, match="the references contain no words_and_characters"):
        RATES["mer"].require_exposure(0)
    with pytest.raises(InputError, match="column 'house' is empty in 2 rows"):
        build(ROWS.assign(house=["x", None, None, "x", "x", "y", "y"]), CENSUS, "house")


def test_a_log_that_was_read_gives_the_same_tables_as_a_frame() -> None:
    frame = simulate_log(speakers=60, seed=2).to_frame(rows_per_speaker=3)
    features = [Coordinates(), NamedColumns(("device", "gender"))]
    table, units = build_tables(fairaudit.read_log(frame), features, WER)
    table_2, units_2 = build_tables(FrameLog(frame), features, WER)
    np.testing.assert_array_equal(table.errors, table_2.errors)
    for one, other in zip(units, units_2, strict=True):
        assert one.features.to_numpy().tolist() == other.features.to_numpy().tolist()
        np.testing.assert_array_equal(one.residual, other.residual)


def test_utterances_of_a_cluster_without_a_speaker_are_counted():
    """Their sums were missing from searches of places, because pandas drops missing keys."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"site": np.repeat(["a", "b", "c"], 20), "errors": rng.integers(0, 5, 60), "words": 9})
    frame["speaker_id"] = [None if i % 4 == 0 else f"s{i % 20}" for i in range(60)]
    frame["latitude"], frame["longitude"] = 40 + frame.index / 100, -90.0
    log = fairaudit.read_log(frame, cluster="site")
    _, (units,) = build_tables(log, [Coordinates()], WER, "site")
    assert units.counts.errors.sum() == frame["errors"].sum() == log.tally("site")["errors"].sum()
