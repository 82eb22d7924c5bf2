"""Ids that may not be people are reported, whatever the order of the rows."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fairaudit
from fairaudit.api.checks import check_tables
from fairaudit.core.labels import id_key
from fairaudit.inputs import read_log
from fairaudit.units.identity import alike_ids, far_apart, several_labels


@pytest.mark.parametrize(
    ("ids", "alike", "people"),
    [
        (["S01", "s01 ", "x"], 2, "1 person"),
        (["7", "007", "7.0", "8"], 3, "1 person"),
        (["a b", "a  b", "\uff21", "A"], 4, "2 people"),
        (["spk1", "spk01", "spk10"], 2, "1 person"),
    ],
)
def test_ids_that_look_alike(ids, alike, people):
    (caveat,) = alike_ids("client", ids)
    assert caveat.startswith(f"client: {alike} ids differ")
    assert people in caveat
    assert not any(one in caveat for one in ("spk", "007", "S01"))
    assert alike_ids("client", ids[::-1]) == (caveat,)


characters = st.sampled_from("aA0015.,+- \t\n\x0b\x1c\x1f\x00\u00e9\u0130\u00a0\uff11") | st.characters(codec="utf-8")


@given(st.lists(st.text(characters, max_size=6), max_size=30, unique=True))
def test_keys_of_many_ids_are_those_of_each(ids: list[str]) -> None:
    several = [n for n in Counter(map(id_key, ids)).values() if n > 1]
    caveats = alike_ids("id", ids)
    assert bool(caveats) == bool(several)
    assert not several or caveats[0].startswith(f"id: {sum(several)} ids differ")


@pytest.mark.parametrize("ids", [["s1", "s10", "s100"], ["1.1", "1.10"], ["a-b", "ab"], ["x", "y"], []])
def test_ids_that_differ(ids):
    assert alike_ids("speaker_id", ids) == ()


@pytest.mark.parametrize(
    "column", ["sex", "Gender", "speaker_gender", "native-language", "birth_year", "L1", "isNative", "SEX"]
)
def test_columns_that_a_person_has_one_label_of(column):
    cells = pd.DataFrame({"id": [1, 1, 2], column: ["a", "b", "a"]})
    assert several_labels(cells, "id", [column]) == (
        f"1 of 2 ids in id occur with more than one {column}, so such an id may be several people",
    )


@pytest.mark.parametrize("column", ["device", "trace", "essex", "domain"])
def test_columns_that_may_change(column):
    assert several_labels(pd.DataFrame({"id": [1, 1], column: ["a", "b"]}), "id", [column]) == ()


def test_missing_labels_and_rare_exceptions_are_no_sign():
    cells = pd.DataFrame({"id": [1, 1, 2], "sex": ["f", None, "m"]})
    assert several_labels(cells, "id", ["sex"]) == ()
    many = pd.DataFrame({"id": [*range(200), 7], "sex": [*"f" * 200, "m"]})
    assert several_labels(many, "id", ["sex"]) == ()


def test_distances_cross_the_antimeridian():
    homes = pd.DataFrame({"id": ["a", "b"], "latitude": [0.0, 60.0], "longitude": [179.9, 0.0]})
    near = homes.assign(longitude=[-179.9, 1.7])
    far = homes.assign(longitude=[-179.0, 1.7])
    assert far_apart(near, homes, ["id"]) == ()
    assert far_apart(far, homes, ["id"])[0].startswith("1 of 2 ids in id occur at places more than 100 km apart")


def frame_of(n: int = 240) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    speaker = np.arange(n) % 60
    return pd.DataFrame(
        {
            "utterance_id": [f"u{i}" for i in range(n)],
            "speaker_id": [f"p{s:02}" for s in speaker],
            "sex": np.where(speaker % 2, "f", "m"),
            "latitude": 40.0 + speaker % 7,
            "longitude": -70.0,
            "errors": rng.integers(0, 5, n),
            "words": 20,
        }
    )


def caveats_of(frame: pd.DataFrame, **options) -> list[str]:
    return fairaudit.audit(read_log(frame, **options), by="sex", permutations=19).to_dict()["quality"]["caveats"]


def test_a_clean_log_has_no_caveats():
    assert caveats_of(frame_of()) == []


def test_recycled_ids_are_named_beside_the_verdict():
    frame = frame_of()
    recycled = frame.assign(speaker_id=[f"{i % 20}" for i in range(len(frame))])
    recycled["sex"] = np.where(np.arange(len(frame)) < 120, "f", "m")
    recycled["latitude"] = np.where(np.arange(len(frame)) < 90, 40.0, 43.0)
    caveats = caveats_of(recycled)
    assert "20 of 20 ids in speaker_id occur with more than one sex, so such an id may be several people" in caveats
    assert any("20 of 20 ids in speaker_id occur at places more than 100 km apart" in caveat for caveat in caveats)
    household = recycled.assign(home=recycled["speaker_id"], speaker_id=frame["speaker_id"])
    assert not any("more than one sex" in caveat for caveat in caveats_of(household, cluster="home"))


def test_alike_ids_are_named_in_audits_comparisons_and_tables():
    frame = frame_of()
    frame.loc[:20, "speaker_id"] = frame["speaker_id"].str.upper()
    (caveat,) = [c for c in caveats_of(frame) if "ids differ" in c]
    assert caveat in check_tables(frame)["caveats"]
    comparison = fairaudit.compare(frame, frame.assign(errors=frame["errors"] + 1), (), permutations=19).to_dict()
    assert caveat in comparison["caveats"]


def test_plural_names_of_columns_are_those_of_a_person() -> None:
    cells = pd.DataFrame({"speaker_id": ["1", "1", "2"], "accents": ["a", "b", "a"]})
    assert "more than one accents" in several_labels(cells, "speaker_id", ["accents"])[0]


def test_a_decimal_is_no_leading_zero() -> None:
    assert alike_ids("speaker_id", ["1.05", "1.5"]) == ()
