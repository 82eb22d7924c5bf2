"""What must not change a number of an audit: the order of rows, names, and saying everything twice."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.inputs.census import CensusTable
from fairaudit.inputs.embeddings import EmbeddingTable
from fairaudit.inputs.log import UtteranceLog
from fairaudit.samples import simulate_log

pytestmark = pytest.mark.slow

#: Names and texts made of them; the order in which equals are numbered.
_NAMES = {"id", "cohort_id", "label", "description", "cohort_ids", "title", "sha256", "fingerprint", "join_rates"}
#: What saying everything twice doubles.
_COUNTS = {"errors", "exposure", "utterances", "excess_errors"}


@dataclass(frozen=True)
class World:
    """Three counts an error (so that phi is 3), accent-00 served worse, a few speakers without place or zip."""

    frame: pd.DataFrame
    census: pd.DataFrame
    ids: np.ndarray
    vectors: np.ndarray

    def audit(self) -> dict[str, Any]:
        found = fairaudit.audit(
            self.log("errors"), by=["accent", "device", ["gender", "device"]], permutations=199, **self.tables()
        )
        content = found.to_dict(unredacted=True)
        return {name: content[name] for name in ("overall", "discoveries")}

    def everything(self) -> dict[str, Any]:
        """All that is optional in an audit, and a comparison on what it found."""
        log = self.log("errors")
        found = fairaudit.audit(
            log,
            by=["accent", "device", ["gender", "device"]],
            adjust=["device"],
            params={"nb2": True},
            cross_fit=5,
            permutations=49,
            **self.tables(),
        )
        drawn = fairaudit.audit(log, methods=["named"], by=["accent"], intervals="bootstrap", permutations=19)
        compared = fairaudit.compare(log, self.log("later"), found.models, permutations=199, **self.tables())
        audit, comparison = found.to_dict(unredacted=True), compared.to_dict(unredacted=True)
        return {
            **{name: audit[name] for name in ("overall", "discoveries", "adjusted")},
            "bootstrap": drawn.to_dict(unredacted=True)["discoveries"],
            "comparison": {name: comparison[name] for name in ("pairing", "overall", "reviews")},
        }

    def log(self, errors: str) -> UtteranceLog:
        """The log of one of two recognisers."""
        return fairaudit.read_log(self.frame.assign(errors=self.frame[errors]).drop(columns="later"))

    def tables(self) -> dict[str, Any]:
        return {
            "census": CensusTable(self.census, tuple(self.census.columns)),
            "embeddings": EmbeddingTable.of(self.ids, self.vectors),
        }


@pytest.fixture(scope="module")
def world() -> World:
    log = simulate_log(
        speakers=400, seed=3, rate=0.03, gap=1.5, planted=lambda log: log.labels["accent"] == "accent-00"
    )
    frame = replace(log, errors=3 * log.errors).to_frame(rows_per_speaker=3)
    # the device varies within a speaker
    frame["device"] = np.random.default_rng(0).choice(["phone", "watch"], len(frame))
    frame["later"] = frame["errors"] + np.random.default_rng(1).integers(0, 4, len(frame))
    frame.loc[:8, ["latitude", "longitude", "zip_code"]] = None
    census = log.to_census().set_index("zip_code").iloc[:290, :6]
    census["setting"] = np.where(np.arange(len(census)) % 3, "town", "country")
    return World(frame, census, *log.to_embeddings())


@pytest.fixture(scope="module")
def expected(world: World) -> dict[str, Any]:
    return world.audit()


@pytest.fixture(scope="module")
def everything(world: World) -> dict[str, Any]:
    return world.everything()


def numbers(node: Any, path: tuple[object, ...] = ()) -> Iterator[tuple[tuple[object, ...], Any]]:
    """Every value of an audit that is no name, with where it stands."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key not in _NAMES:
                yield from numbers(value, (*path, key))
    elif isinstance(node, list):
        for place, value in enumerate(node):
            yield from numbers(value, (*path, place))
    else:
        yield path, node


def test_the_world_has_something_to_change(expected: dict[str, Any]) -> None:
    verdicts = {discovery["title"]: discovery["verdict"] for discovery in expected["discoveries"]}
    assert len(verdicts) == 7
    assert verdicts["named: accent"] == "disparity"
    assert sum(isinstance(value, float) for _, value in numbers(expected)) > 500
    json.dumps(expected, allow_nan=False)


def renamed(names: pd.Series | pd.Index | np.ndarray, prefix: str) -> dict[str, str]:
    known = sorted(set(pd.Series(names).dropna()))
    order = np.random.default_rng(1).permutation(len(known))
    return {name: f"{prefix}{place:05d}" for name, place in zip(known, order, strict=True)}


def rows_shuffled(world: World) -> World:
    order = np.random.default_rng(2).permutation(len(world.ids))
    return World(
        world.frame.sample(frac=1, random_state=0),
        world.census.sample(frac=1, random_state=0),
        world.ids[order],
        world.vectors[order],
    )


def speakers_renamed(world: World) -> World:
    names = renamed(world.ids, "someone-")
    frame = world.frame.assign(speaker_id=world.frame["speaker_id"].map(names))
    return replace(world, frame=frame, ids=np.array([names[one] for one in world.ids]))


def zips_renamed(world: World) -> World:
    names = renamed(np.append(world.frame["zip_code"].dropna(), world.census.index), "")
    frame = world.frame.assign(zip_code=world.frame["zip_code"].map(names))
    return replace(world, frame=frame, census=world.census.rename(index=names))


def labels_renamed(world: World) -> World:
    frame = world.frame.copy()
    for column in ("accent", "device", "gender"):
        frame[column] = frame[column].map(renamed(frame[column], "L"))
    setting = world.census["setting"].map({"town": "a", "country": "b"})
    return replace(world, frame=frame, census=world.census.assign(setting=setting))


@pytest.mark.parametrize(
    "changed",
    [
        rows_shuffled,
        speakers_renamed,
        pytest.param(zips_renamed, marks=pytest.mark.exhaustive),
        pytest.param(labels_renamed, marks=pytest.mark.exhaustive),
    ],
)
def test_order_and_names_change_no_number(
    changed: Callable[[World], World], world: World, everything: dict[str, Any]
) -> None:
    assert dict(numbers(changed(world).everything())) == dict(numbers(everything))


def test_saying_everything_twice_changes_only_counts(world: World, expected: dict[str, Any]) -> None:
    again = world.frame.assign(utterance_id=world.frame["utterance_id"] + "-again")
    found = dict(numbers(replace(world, frame=pd.concat([world.frame, again])).audit()))
    before = dict(numbers(expected))
    assert found.keys() == before.keys()
    for path, value in before.items():
        doubled = path[-1] in _COUNTS and "bottom_share" not in path
        if isinstance(value, float) or doubled:
            value = math.nan if value is None else value * (2 if doubled else 1)
            exact = math.nan if found[path] is None else found[path]
            assert exact == pytest.approx(value, rel=1e-9, abs=1e-9, nan_ok=True), path
        else:
            assert found[path] == value, path


def test_another_seed_changes_what_is_drawn(world: World, expected: dict[str, Any]) -> None:
    log = fairaudit.read_log(world.frame)
    one, same, other = (
        fairaudit.audit(log, methods=["named"], by=["accent"], permutations=49, seed=seed).to_dict()["discoveries"][0]
        for seed in (0, 0, 1)
    )
    assert one == same
    assert one["held_out"] != other["held_out"]
    for decided in ("verdict", "p_value", "null", "bottom", "all_speakers", "cohorts"):
        assert one[decided] == other[decided]
    assert one["search_inflated"] is None  # nothing was searched
