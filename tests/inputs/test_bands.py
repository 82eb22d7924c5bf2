"""Numeric columns as groups: bands with given edges, and bands of about equal size whose edges are frozen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fairaudit
from fairaudit.cohorts import Named
from fairaudit.core.bands import Bands, split_columns
from fairaudit.core.errors import FairauditError, InputError, UsageError
from fairaudit.inputs import read_log
from fairaudit.inputs.bands import quantile_bands, round_number
from fairaudit.inputs.named import NamedColumns
from fairaudit.inputs.parts import make_plan, read_parts

AGES = ("under 20", "20 to 39", "40 to 59", "60 and over")


def people(seed: int = 0, speakers: int = 120) -> pd.DataFrame:
    """A log whose speakers from 60 on have twice as many errors; ten give no age, and two give a word."""
    rng = np.random.default_rng(seed)
    age = rng.integers(15, 90, speakers).astype(str)
    rate = np.where(age.astype(int) >= 60, 0.4, 0.2)
    age[:10], age[10:12], age[12:24] = "", "forties", "17"
    rate[:24] = 0.2
    of = np.repeat(np.arange(speakers), 4)
    return pd.DataFrame(
        {
            "utterance_id": [f"u{i}" for i in range(len(of))],
            "speaker_id": [f"s{i}" for i in of],
            "age": age[of],
            "accent": np.where(of % 2, "x", "y"),
            "snr": rng.normal(15, 5, len(of)).round(3).astype(str),
            "errors": rng.binomial(20, rate[of]),
            "words": 20,
        }
    )


def sizes(log: Any, column: str) -> dict[str, int]:
    """Utterances by label, in the order of the bands; those without a label are left out."""
    found = log.tally([column])["utterances"].to_dict()
    return {label: found[label] for label in Bands.parse(column).labels if label in found}


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("age[20,40,60]", AGES),
        ("age[ 20 , 40,60 ]", AGES),
        ("age[65,]", ("under 65", "65 and over")),
        ("age[20,21]", ("under 20", "20", "21 and over")),
        ("snr[-5,0.5]", ("under -5", "-5 to under 0.5", "0.5 and over")),
        ("snr[10.0,20.0]", ("under 10", "10 to under 20", "20 and over")),
        ("t[-10,-5]", ("under -10", "-10 to -6", "-5 and over")),
        ("n[1000,200000]", ("under 1000", "1000 to 199999", "200000 and over")),
    ],
)
def test_bands_are_shown_in_words(name: str, labels: tuple[str, ...]) -> None:
    assert Bands.parse(name).labels == labels
    assert Bands.parse(str(Bands.parse(name))) == Bands.parse(name)


@pytest.mark.parametrize("name", ["accent", "x[]", "x[a,b]", "x[1;2]", "[3]", "x[1e3,2e3]", "x[3]y", "x[,]"])
def test_other_names_are_columns(name: str) -> None:
    assert Bands.parse(name) is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("age[60,40]", "must ascend"),
        ("age[2,2]", "must ascend"),
        ("age[1]", "at least 2 bands"),
        ("age[0]", "2 band"),
    ],
)
def test_bands_that_cannot_be(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Bands.parse(name)


def test_commas_between_edges_do_not_separate_columns() -> None:
    assert split_columns("accent, age[20,40],snr[3] ,x") == ["accent", "age[20,40]", "snr[3]", "x"]


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=2, unique=True).map(sorted), st.floats(0, 1))
def test_a_round_number_is_above_the_lower_end_and_up_to_the_upper_one(ends: list[float], share: float) -> None:
    low, high = ends
    assert low < float(round_number(low, high, low + share * (high - low))) <= high


@given(
    st.lists(st.one_of(st.integers(-3, 3), st.floats(-50, 50)), min_size=2, max_size=40).filter(
        lambda one: len({*map(float, one)}) > 1
    ),
    st.integers(2, 6),
)
@pytest.mark.slow
@settings(max_examples=15)
@pytest.mark.exhaustive
def test_every_band_of_equal_size_has_members_and_every_number_a_band(numbers: list[float], number: int) -> None:
    frame = pd.DataFrame({"speaker_id": "s", "errors": 0, "words": 1, "snr": [*map(repr, numbers)]})
    log = read_log(frame)
    bands = quantile_bands(log, "snr", number)
    found = sizes(log.cut("snr", bands.edges), str(bands))
    assert [*found] == [*bands.labels]
    assert sum(found.values()) == len(numbers)
    edges = [*map(float, bands.edges)]
    assert [*found.values()] == [*np.histogram(numbers, [-np.inf, *edges, np.inf])[0]]


def test_a_thousand_numbers_are_cut_into_nearly_equal_bands_with_short_edges() -> None:
    snr = np.random.default_rng(1).normal(15, 5, 1000).round(4)
    log = read_log(pd.DataFrame({"speaker_id": "s", "errors": 0, "words": 1, "snr": snr.astype(str)}))
    bands = quantile_bands(log, "snr", 3)
    assert all(300 <= n <= 370 for n in sizes(log.cut("snr", bands.edges), str(bands)).values())
    assert all(len(edge) <= 4 for edge in bands.edges)


@pytest.mark.slow
def test_given_edges_in_an_audit() -> None:
    audit = fairaudit.audit(people(), by=["age[20, 40,60]", ["accent", "age[20,40,60]"]], permutations=19)
    ages, both = audit.to_dict()["discoveries"]
    assert ages["title"] == "named: age[20,40,60]"
    assert ages["bottom"]["description"] == "age 60 and over"
    assert {cohort["description"] for cohort in ages["cohorts"]} == {f"age {label}" for label in AGES}
    assert ages["unassigned"]["speakers"] == 12
    assert {cohort["description"] for cohort in both["cohorts"]} >= {"accent = x, age 20 to 39"}
    assert [*fairaudit.bootstrap(people(), "age[20,40,60]", rounds=100).groups.index.sort_values()] == sorted(AGES)
    caveats = audit.to_dict()["quality"]["caveats"]
    assert "age: up to 9 rows are in none of the bands, because the value is no number" in caveats


def test_numbers_with_decimals_in_bands_of_whole_numbers_are_named() -> None:
    log = read_log(people().assign(age="39.5")).cut("age", [20, 40])
    assert sizes(log, "age[20,40]") == {"20 to 39": 480}
    assert "age: 480 rows have a number with decimals" in log.quality.caveats[0]


@pytest.mark.slow
def test_edges_of_equal_bands_are_frozen_and_never_chosen_again(tmp_path: Path) -> None:
    rows = people()
    audit = fairaudit.audit(rows, by="snr[3]", permutations=19)
    (model,) = audit.models
    (key,) = model.keys
    assert Bands.parse(key).edges
    path = tmp_path / "cohorts.json"
    fairaudit.write_models(audit.models, path)
    (model,) = fairaudit.read_models(path)
    later = rows.assign(snr=(rows["snr"].astype(float) + 40).astype(str))
    assert {*fairaudit.assign(later, model)["cohort"]} == {Bands.parse(key).labels[-1]}
    discovered = fairaudit.discover(rows, NamedColumns("snr[3]"), Named(by="snr[3]"))
    assert discovered.keys == model.keys == discovered.settings["by"]
    comparison = fairaudit.compare(later, later.assign(errors=1 + later["errors"] // 2), model).to_dict()
    empty = {cohort["label"]: cohort["speakers"] for cohort in comparison["reviews"][0]["cohorts"]}
    assert [empty[label] for label in Bands.parse(key).labels] == [0, 0, 120]
    assert {*fairaudit.assign(rows.assign(snr=""), model)["cohort_id"]} == {-1}
    with pytest.raises(UsageError, match="the log has"):
        fairaudit.assign(rows.drop(columns="snr"), model)
    result = fairaudit.gate(comparison, {"max-rate": 0.9})
    assert result.verdict == "insufficient evidence"  # nobody is in two of the bands


@pytest.mark.slow
def test_bands_on_a_board_of_systems() -> None:
    rows = people()
    systems = {"old": rows, "new": rows.assign(errors=rows["errors"] // 2)}
    result = fairaudit.board(systems, by=["age[20,40,60]", "snr[3]"], permutations=19).to_json()
    assert "named: age[20,40,60]" in result
    assert "age 60 and over" in result
    with pytest.raises(UsageError, match=r"by='snr\[3\]'"):
        fairaudit.board(systems, by="snr", permutations=19)


@pytest.mark.slow
def test_the_same_audit_from_a_tally_and_from_parts(tmp_path: Path) -> None:
    rows = people()
    halves = [tmp_path / "a.csv", tmp_path / "b.csv"]
    for half, path in zip((rows[::2], rows[1::2]), halves, strict=True):
        half.to_csv(path, index=False)
    whole = read_log(halves)
    by = "age[20,40,60]"
    expected = whole.cut("age", [20, 40, 60]).tally(["speaker_id", by])

    def gather(plan: Any) -> dict[int, Any]:
        tables = [plan.partial(part) for part in plan.parts]
        return {i: plan.merge(i, [table[i] for table in tables]) for i in range(plan.buckets)}

    in_parts = read_parts(halves, {"needed": {"by": [by]}}, gather)
    tallied = read_log(fairaudit.tally(halves, tmp_path / "t.parquet", by=by))
    ages = read_log(fairaudit.tally(halves, tmp_path / "ages.parquet", by="age")).cut("age", [20, 40, 60])
    for log in (in_parts, tallied, read_log(fairaudit.tally(in_parts, tmp_path / "p.parquet", by=by)), ages):
        pd.testing.assert_frame_equal(log.tally(["speaker_id", by]), expected)
        assert log.quality.caveats == ("age: up to 9 rows are in none of the bands, because the value is no number",)
    with pytest.raises(InputError, match=r"such as snr\[3\], cannot be cut in a tally"):
        make_plan(halves, {"needed": {"by": ["snr[3]"]}})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("column", "message"),
    [
        (
            "snr",
            r"'snr' holds \d+ different numbers.*\(by='snr\[13,17\]'\).*of about equal size \(by='snr\[3\]'\)",
        ),
        ("house", r"'house' holds 120 different numbers.*if they are ids, such groups would identify persons"),
    ],
)
def test_a_column_of_many_numbers_is_answered_with_bands_to_type(column: str, message: str) -> None:
    rows = people()
    rows["house"] = rows["speaker_id"].str[1:].astype(int) + 1000
    with pytest.raises(UsageError, match=message) as raised:
        fairaudit.audit(rows, by=column, permutations=19)
    for advice in str(raised.value).split("by='")[1:]:
        made = fairaudit.audit(rows, by=advice.partition("'")[0], permutations=19)
        assert made.searches


NUMBERS = {
    "ages of few speakers": (np.arange(300) % 64 + 18, "age[40,60]"),
    "fewer ages": (np.arange(300) % 40 + 18, "age[31,44]"),
    "codes of many speakers": (np.arange(300) % 15 + 1, None),
    "a large group beside small ones": (np.maximum(np.arange(300) - 250, 0) // 2, None),
    "scores of three grades": (np.arange(300) // 140 + 1, None),
    "texts": (np.array([f"x{i % 64}" for i in range(300)]), None),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_whose_groups_are_too_small_suggest_bands(name: str) -> None:
    values, bands = NUMBERS[name]
    rows = pd.DataFrame({"speaker_id": [f"s{i}" for i in range(300)], "age": values, "words": 20, "errors": 3})
    audit = fairaudit.audit(rows, by="age", methods="named", permutations=19)
    needs = {entry["method"]: entry["needs"] for entry in audit.to_dict()["skipped"]}
    assert [*needs] == ([] if bands is None else [f"named: {bands}"])
    if bands is not None:
        numbers = len({*values})
        assert needs[f"named: {bands}"] == (
            f"to be asked for: most speakers are in groups of fewer than 20, because “age” holds {numbers} different "
            "numbers"
        )
        again = fairaudit.audit(rows, by=bands, methods="named", permutations=19)
        assert again.searches[0].model.keys == (bands,)
        assert not again.to_dict()["skipped"]


def test_a_number_of_bands_that_must_be_an_edge() -> None:
    with pytest.raises(UsageError, match=r"18 bands of equal size, but at most 10.*\(by='age\[18,\]'\)"):
        fairaudit.audit(people(), by="age[18]", permutations=19)


def test_columns_of_a_log_may_be_named_like_bands() -> None:
    """Also like a number of bands, and like bands that cannot be."""
    columns = ["score[5]", "x[1]", "age[40,20]", "age[20,40]"]
    n = np.arange(600)
    rows = pd.DataFrame({"speaker_id": [f"s{i % 60}" for i in n], "words": 20, "errors": n % 7})
    for column in columns:
        rows[column] = np.array(["good", "bad"])[n % 2]
    audit = fairaudit.audit(rows, by=columns, methods="named", permutations=19)
    for column in columns:
        labels = [cohort.description for cohort in audit[column].evidence.cohorts]
        assert sorted(labels) == [f"{column} = bad", f"{column} = good"]


@pytest.mark.slow
def test_codes_that_many_speakers_share_are_groups() -> None:
    rows = people()
    rows["district"] = [str(100 + int(one[1:]) % 61) for one in rows["speaker_id"]]
    others = rows.assign(speaker_id="x" + rows["speaker_id"], utterance_id="x" + rows["utterance_id"])
    assert fairaudit.audit(pd.concat([rows, others]), by="district", permutations=19).searches


@pytest.mark.parametrize("column", ["accent[3]", "accent[20,40]", "acent[3]"])
def test_bands_of_no_numbers(column: str) -> None:
    with pytest.raises(FairauditError, match=r"holds no numbers|did you mean 'accent'"):
        fairaudit.audit(people(), by=column, permutations=19)
