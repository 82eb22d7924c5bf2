from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairaudit.cohorts import models_from_json, models_to_json
from fairaudit.cohorts.model import CohortModel
from fairaudit.cohorts.rules import Centroids, Group, Lookup, Rule, Tree, rule_from_dict
from fairaudit.core.errors import InputError
from fairaudit.inputs.named import NamedColumns

CORNER = Tree(
    features=("latitude", "longitude"),
    feature=(0, -1, 1, -1, -1),
    threshold=(38.0, 0.0, 181.0, 0.0, 0.0),
    left=(1, -1, 3, -1, -1),
    right=(2, -1, 4, -1, -1),
    cohort=(-1, 1, -1, 0, 2),
    names=("R1", "R2", "R3"),
    wrap=("longitude", 0.0),
)
MAJORITY = Tree(
    features=("income", "group=b"),
    feature=(0, 1, -1, -1, -1),
    threshold=(50.0, 0.5, 0.0, 0.0, 0.0),
    left=(1, 2, -1, -1, -1),
    right=(4, 3, -1, -1, -1),
    cohort=(-1, -1, 1, 0, 1),
    names=("Z1", "Z2"),
)
CENTRES = Centroids(np.array([[0.1, -0.7, 1 / 3], [1e-20, 2.0, 0.0], [5.0, 5.0, 1e8]], dtype=np.float32))
LABELS = Lookup(("accent", "sex"), (("scots", "f"), ("scots", "m"), ('ŵelsh, "south"', "f")))


def model(rule: Rule, **given: Any) -> CohortModel:
    return CohortModel(
        **{
            "method": "named", "title": "a title", "settings": {"by": ("accent",), "min_speakers": 20},
            "keys": ("accent", "sex"), "one_per_speaker": False, "rule": rule,
            "bottom": Group((0,), "words"), "top": None,
        } | given
    )  # fmt: skip


def features_for(rule: Rule, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    if rule is CORNER:
        return pd.DataFrame({"longitude": rng.uniform(-180, 180, 500), "latitude": rng.uniform(30, 45, 500)})
    if rule is MAJORITY:
        return pd.DataFrame({"group": rng.choice(["a", "b"], 500), "income": rng.uniform(0, 100, 500)})
    if rule is CENTRES:
        return pd.DataFrame(rng.standard_normal((500, 3)).astype(np.float32))
    return pd.DataFrame({"sex": rng.choice(["f", "m"], 500), "accent": ["scots"] * 500})


@pytest.mark.parametrize("rule", [CORNER, MAJORITY, CENTRES, LABELS])
def test_partitions_are_disjoint_and_whole(rule: Rule) -> None:
    cohort = rule.assign(features_for(rule))
    assert cohort.shape == (500,)
    assert cohort.dtype == np.int64
    assert set(cohort) <= set(range(rule.n_cohorts))


def test_labels_match_whatever_their_spelling() -> None:
    features = pd.DataFrame({"accent": ["SCOTS", "scots ", "scot", None], "sex": ["f", "M", "f", "f"]})
    assert LABELS.assign(features).tolist() == [0, 1, -1, -1]
    numbers = Lookup(("age",), (("30",), ("True",)))
    assert numbers.assign(pd.DataFrame({"age": ["30.0", "true", "40"]})).tolist() == [0, 1, -1]


def test_cohorts_frozen_under_two_spellings_are_refused() -> None:
    rule = {"kind": "lookup", "columns": ["sex"], "labels": [["Female"], ["male"], ["female "]]}
    with pytest.raises(InputError, match=r"\['Female', 'female '\] are spellings of one label.*run the audit again"):
        rule_from_dict(rule)


@pytest.mark.parametrize("rule", [CORNER, MAJORITY, CENTRES, LABELS])
def test_missing_features_belong_nowhere(rule: Rule) -> None:
    features = features_for(rule)
    whole = rule.assign(features)
    features.iloc[::3] = None
    cohort = rule.assign(features)
    assert (cohort[::3] == -1).all()
    np.testing.assert_array_equal(np.delete(cohort, np.s_[::3]), np.delete(whole, np.s_[::3]))


def test_a_tree_only_misses_what_it_asks_for() -> None:
    rows = pd.DataFrame({"latitude": [37.0, 39.0, math.nan], "longitude": [math.nan, math.nan, 10.0]})
    assert CORNER.assign(rows).tolist() == [1, -1, -1]


def test_angles_are_opened_where_the_tree_says() -> None:
    rows = pd.DataFrame({"latitude": [40.0] * 4, "longitude": [179.0, -179.5, -178.0, 539.0]})
    assert CORNER.assign(rows).tolist() == [0, 0, 2, 0]


def test_what_was_never_seen_is_unassigned() -> None:
    rows = pd.DataFrame({"accent": ["scots", "welsh", None], "sex": ["x", "f", "f"]})
    assert LABELS.assign(rows).tolist() == [-1, -1, -1]
    assert MAJORITY.assign(pd.DataFrame({"income": [10.0], "group": ["new"]})).tolist() == [1]


def test_centroids_look_at_directions_only() -> None:
    rule = Centroids(np.eye(3, dtype=np.float32))
    rows = pd.DataFrame([[0.1, 9.0, 1.0], [0.001, 0.09, 0.01], [7.0, 0.0, 0.0]])
    assert rule.assign(rows).tolist() == [1, 1, 0]


@pytest.mark.parametrize(
    ("rule", "rows", "says"),
    [
        (CORNER, pd.DataFrame({"latitud": [1.0], "longitude": [1.0]}), "did you mean 'latitud'"),
        (LABELS, pd.DataFrame({"accents": ["x"]}), "unknown column 'accent'.*did you mean 'accents'"),
        (CENTRES, pd.DataFrame([[1.0, 2.0]]), "2 dimensions, but the cohorts have 3"),
    ],
)
def test_features_of_another_kind_are_refused(rule: Rule, rows: pd.DataFrame, says: str) -> None:
    with pytest.raises(InputError, match=says):
        rule.assign(rows)


def test_descriptions() -> None:
    assert CORNER.describe(1) == "latitude ≤ 38.0°"
    assert CORNER.describe(2) == "latitude > 38.0° and longitude > 181.0°"
    south = replace(CORNER, threshold=(-38.04, 0.0, -7.2, 0.0, 0.0), wrap=None)
    assert south.describe(2) == "latitude > −38.0° and longitude > −7.2°"
    assert MAJORITY.describe(0) == "income ≤ 50 and group is b"
    assert LABELS.describe(0) == "accent = scots, sex = f"
    assert CENTRES.describe(1) == "voice cluster 2 of 3"


def test_unions_that_may_be_named() -> None:
    assert {group.cohorts for group in CORNER.groups()} == {(0,), (1,), (2,), (0, 2)}
    assert {group.cohorts for group in MAJORITY.groups()} == {(0,), (1,)}
    assert [group.cohorts for group in LABELS.groups()] == [(0,), (1,), (2,)]


def test_boxes_tile_the_bounds() -> None:
    bounds = {"latitude": (36.0, 44.0), "longitude": (170.0, 190.0)}
    boxes = CORNER.boxes(bounds)
    areas = [np.prod([high - low for low, high in box.values()]) for _, box in boxes]
    assert sum(areas) == 8 * 20
    assert {cohort for cohort, _ in boxes} == {0, 1, 2}
    for cohort, box in boxes:
        centre = pd.DataFrame({name: [(low + high) / 2] for name, (low, high) in box.items()})
        assert CORNER.assign(centre).tolist() == [cohort]


@pytest.mark.parametrize("rule", [CORNER, MAJORITY, CENTRES, LABELS])
def test_a_round_trip_changes_nothing(rule: Rule) -> None:
    text = models_to_json([model(rule), model(rule, title="other", top=Group((1,), "top"), bottom=None)], "seed:0")
    one, other = models_from_json(text)
    assert one == model(rule)
    assert (other.top, other.bottom) == (Group((1,), "top"), None)
    assert models_to_json([one, other], "seed:0") == text
    np.testing.assert_array_equal(one.rule.assign(features_for(rule)), rule.assign(features_for(rule)))


@pytest.mark.slow
@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=2, max_size=2).map(np.float32), st.floats(-180, 180))
def test_numbers_survive_to_the_last_bit(centre: np.ndarray, threshold: float) -> None:
    rule = Centroids(np.array([centre, centre[::-1]]))
    tree = Tree(("x",), (0, -1, -1), (threshold, 0.0, 0.0), (1, -1, -1), (2, -1, -1), (-1, 0, 1), ("a", "b"))
    read, grown = (models_from_json(models_to_json([model(one)], ""))[0].rule for one in (rule, tree))
    assert read.centers.tobytes() == rule.centers.tobytes()
    assert grown == tree


def test_assigning_units_looks_up_their_features() -> None:
    units = pd.MultiIndex.from_tuples([("scots", "m"), ("scots", None), (None, None), ("new", "f")])
    assert model(LABELS).assign(NamedColumns(("accent", "sex")), units).tolist() == [1, -1, -1, -1]
    with pytest.raises(
        InputError, match=r"cohorts have the keys \['accent', 'sex'\], but the features have \['accent'\]"
    ):
        model(LABELS).assign(NamedColumns(("accent",)), units)


def broken(rule: Rule, **given: Any) -> str:
    """A file of one model whose rule was tampered with."""
    data = json.loads(models_to_json([model(rule)], ""))
    data["models"][0]["rule"] |= given
    return json.dumps(data)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"version": 2, "models": []}',
        '{"version": 1}',
        '{"version": 1, "models": 5}',
        '{"version": 1, "models": [5]}',
        '{"version": 1, "models": [{}]}',
        "[" * 100_000,
        broken(CORNER, kind="forest"),
        broken(CORNER, feature=[0, -1, 1, -1]),
        broken(CORNER, feature=[0, -1, 0.5, -1, -1]),
        broken(CORNER, feature=[0, -1, 2, -1, -1]),
        broken(CORNER, feature=[]),
        broken(CORNER, feature=[], threshold=[], left=[], right=[], cohort=[]),
        broken(CORNER, left=[1, -1, 9, -1, -1]),
        broken(CORNER, left=[1, -1, 0, -1, -1]),
        broken(CORNER, left=[1, -1, 3.0, -1, -1]),
        broken(CORNER, left=[1, -1, 4, -1, -1]),
        broken(CORNER, cohort=[-1, 3, -1, 0, 2]),
        broken(CORNER, threshold=["x", 0, 0, 0, 0]),
        broken(CORNER, threshold=[math.nan, 0, 0, 0, 0]),
        broken(CORNER, threshold=[10**400, 0, 0, 0, 0]),
        broken(CORNER, wrap=["longitude"]),
        broken(CORNER, wrap=["longitude", "east"]),
        broken(CORNER, wrap=["longitude", math.nan]),
        broken(CORNER, wrap=["longitude", math.inf]),
        broken(CORNER, **dict.fromkeys(("feature", "threshold", "left", "right", "cohort"), [-1] * 20_001)),
        broken(CENTRES, centers=[[1.0, 2.0], [3.0]]),
        broken(CENTRES, centers=[[1.0, "x"]]),
        broken(CENTRES, centers=[[1.0, math.inf]]),
        broken(CENTRES, centers=[[1e300, 1.0]]),
        broken(CENTRES, centers=[]),
        broken(CENTRES, centers=[[]]),
        broken(CENTRES, centers=None),
        broken(LABELS, labels=[["scots"]]),
        broken(LABELS, labels=[["scots", "f"], ["scots", "f"]]),
        broken(LABELS, labels=None),
        models_to_json([model(LABELS, bottom=Group((3,), "none such"))], ""),
        models_to_json([model(LABELS)], "").replace('"cohort_ids": [\n     0', '"cohort_ids": [\n     "x"'),
        models_to_json([model(LABELS)], "").replace('"cohort_ids": [\n     0', '"cohort_ids": [\n     1e400'),
        models_to_json([model(LABELS)], "").replace('"keys"', '"kees"'),
        models_to_json([model(LABELS)], "").replace('"keys": [', '"keys": [], "were": ['),
        models_to_json([model(LABELS)], "").replace('"version": 1', '"version": true'),
        models_to_json([model(LABELS)] * 2, ""),
        '{"version": 1, "models": ' + "9" * 5000 + "}",
        models_to_json([model(LABELS)], "").replace('"rule"', '"role"'),
    ],
)  # fmt: skip
def test_tampered_files_are_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(InputError, match=r"^cohorts: "):
        models_from_json(text)


def values(node: Any, path: tuple = ()) -> list[tuple]:
    """Paths of everything in a JSON value."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(found for key, value in inner for found in values(value, (*path, key)))]


JSON_VALUES = (
    st.none() | st.booleans() | st.integers(-2, 9) | st.floats() | st.text(max_size=3) | st.just([]) | st.just({})
)


@given(rule=st.sampled_from([CORNER, CENTRES, LABELS]), data=st.data())
def test_whatever_is_in_a_file_it_is_read_or_refused(rule: Rule, data: st.DataObject) -> None:
    content = json.loads(models_to_json([model(rule)], ""))
    *path, last = data.draw(st.sampled_from(values(content)[1:]))
    node = content
    for key in path:
        node = node[key]
    node[last] = data.draw(JSON_VALUES)
    try:
        found = [
            (one.rule.n_cohorts, one.rule.assign(features_for(rule))) for one in models_from_json(json.dumps(content))
        ]
    except InputError:
        return
    assert all(-1 <= cohort < n_cohorts for n_cohorts, cohorts in found for cohort in cohorts)


def test_unknown_kind_of_rule() -> None:
    with pytest.raises(InputError, match=r"unknown kind of rule 'trees'.*did you mean 'tree'"):
        rule_from_dict({"kind": "trees"})


def test_a_leaf_without_end_is_refused() -> None:
    tree = Tree(("x",), (0, -1, -1), (1.0, 0.0, 0.0), (1, -1, -1), (2, -1, -1), (-1, 0, 1), ("a", "b"))
    circle = {"kind": "tree", **tree.to_dict(), "left": [1, -1, 0]}
    with pytest.raises(InputError, match="leaf 2 of a tree has children"):
        rule_from_dict(circle)
