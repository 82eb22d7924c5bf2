"""The speaker bootstrap as an option of an audit, and as a function of its own."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.core.errors import InputError, NothingToAuditError, UsageError
from fairaudit.report import render_terminal
from fairaudit.results.audit import Audit
from fairaudit.results.reading import audit_schema
from fairaudit.samples import simulate_log

LOG_SCALE, BOOTSTRAP = "on the log scale", "resamples of the group's speakers"


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """300 speakers, accent-00 served worse; the device varies within a speaker."""
    log = simulate_log(speakers=300, seed=3, gap=1.5, planted=lambda log: log.labels["accent"] == "accent-00")
    rows = log.to_frame(rows_per_speaker=2)
    return rows.assign(device=np.random.default_rng(0).choice(["phone", "watch"], len(rows)))


def searched(rows: pd.DataFrame, intervals: str = "bootstrap", **settings: Any) -> Audit:
    settings = {"methods": ["named", "geo-tree"], "by": ["gender", "device"], "permutations": 49} | settings
    return fairaudit.audit(fairaudit.read_log(rows), intervals=intervals, **settings)


def told(audit: Audit) -> dict[str, Any]:
    content = audit.to_dict(unredacted=True)
    for discovery in content["discoveries"]:
        discovery["cohorts"].sort(key=lambda cohort: cohort["id"])  # scores may be nearly equal
    return {name: content[name] for name in ("overall", "discoveries")}


INTERVALS = ("interval", "gap_interval", "bottom_interval")
#: The gap of weighted rates, to which intervals on the log scale belong.
WEIGHTED = "gap_weighted"


def intervals_of(node: Any, key: str = "") -> list[Any]:
    """Every interval of an audit, but those of ranks."""
    if key in INTERVALS:
        return [node]
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [found for name, child in children for found in intervals_of(child, str(name))]


def without_intervals(node: Any) -> Any:
    if isinstance(node, dict):
        return {k: without_intervals(v) for k, v in node.items() if k not in (*INTERVALS, WEIGHTED)}
    return [without_intervals(child) for child in node] if isinstance(node, list) else node


# ---- as an option of an audit


@pytest.mark.slow
def test_every_interval_changes_and_nothing_else(frame: pd.DataFrame):
    ours, others = told(searched(frame, "log-scale")), told(searched(frame))
    pairs = [pair for pair in zip(intervals_of(ours), intervals_of(others), strict=True) if None not in pair]
    assert len(pairs) > 10
    assert all(one != other for one, other in pairs)
    widths = [np.ptp(np.log(np.add(1, pair)), axis=1) for pair in pairs]
    assert np.mean([other < one for one, other in widths]) > 0.8
    # what a verdict's reason says of the interval is the one thing that rests on it
    for content in (ours, others):
        for discovery in content["discoveries"]:
            del discovery["reason"]
    assert without_intervals(ours) == without_intervals(others)


@pytest.mark.slow
def test_which_intervals_they_are_is_reported_everywhere(frame: pd.DataFrame):
    for kind, words, other in (("log-scale", LOG_SCALE, BOOTSTRAP), ("bootstrap", BOOTSTRAP, LOG_SCALE)):
        found = searched(frame, kind, methods=["named"], by=["gender"])
        content = found.to_dict()
        jsonschema.Draft202012Validator(audit_schema()).validate(content)
        assert content["intervals"] == kind
        assert f"|intervals:{kind}|" in found.signature
        for text in (fairaudit.render_html(found).replace("&#39;", "'"), " ".join(render_terminal(content).split())):
            assert words in text
            assert other not in text
        del content["intervals"]
        assert LOG_SCALE in " ".join(render_terminal(content).split())


@pytest.mark.slow
def test_order_names_and_repetition_change_no_interval(frame: pd.DataFrame):
    rows = frame.sample(frac=1, random_state=0)
    names = sorted(rows["speaker_id"].unique())
    rows["speaker_id"] = rows["speaker_id"].map(dict(zip(names, names[::-1], strict=True)))
    assert told(searched(rows)) == told(searched(frame))
    again = frame.assign(utterance_id=frame["utterance_id"] + "-again")
    twice = pd.concat([frame, again])
    documents = [told(searched(rows, methods=["named"])) for rows in (frame, twice)]
    for document in documents:
        for search in document["discoveries"]:  # its level depends on scores, and these on phi, which is at its floor
            search.pop("all_speakers")
    for once, twice in zip(*map(intervals_of, documents), strict=True):
        assert twice == (None if once is None else pytest.approx(once, rel=1e-9, abs=1e-9))


@pytest.mark.slow
def test_the_seed_is_that_of_the_audit(frame: pd.DataFrame):
    one, same, other = (searched(frame, methods=["named"], seed=seed).overall for seed in (0, 0, 1))
    assert one == same
    assert one["interval"] != other["interval"]


def test_an_unknown_kind_is_refused(frame: pd.DataFrame):
    with pytest.raises(UsageError, match=r"there are .*'bootstrap'.*did you mean 'bootstrap'"):
        searched(frame, "bootstraps")


@pytest.mark.slow
def test_the_command_line_has_it(cli: Callable[..., Any], frame: pd.DataFrame, tmp_path):
    frame.to_csv(tmp_path / "log.csv", index=False)
    ran = cli(
        *("audit", tmp_path / "log.csv", "--method", "named", "--by", "gender", "--permutations", 49),
        *("--intervals", "bootstrap", "--json", "-q", "-o", tmp_path / "out"),
    )
    assert json.loads(ran.out)["intervals"] == "bootstrap"
    ran = cli("audit", tmp_path / "log.csv", "--intervals", "bayesian", "-q")
    assert (ran.code, ran.out) == (2, "")
    assert "unknown value of --intervals 'bayesian'; there are ['log-scale', 'bootstrap']" in ran.err


# ---- as a function of its own


@pytest.fixture(scope="module")
def small() -> pd.DataFrame:
    """Six speakers in two accents and, half of their words each, on two devices."""
    return pd.DataFrame(
        {
            "utterance_id": [f"u{i}" for i in range(12)],
            "speaker_id": [*"fedcba"] * 2,
            "accent": ["x", "y"] * 5 + ["x", None],
            "device": ["phone"] * 6 + ["watch"] * 6,
            "errors": range(1, 13),
            "words": 20,
        }
    )


def test_rates_gap_and_worst(small: pd.DataFrame):
    found = fairaudit.bootstrap(fairaudit.read_log(small), "accent")
    rates = {"x": 36 / 120, "y": 30 / 100}
    assert found.groups["rate"].to_dict() == pytest.approx(rates)
    assert found.groups["speakers"].to_dict() == {"x": 3, "y": 3}
    assert ((found.groups["low"] < found.groups["rate"]) & (found.groups["rate"] < found.groups["high"])).all()
    assert found.draws.shape == (1000, 2)
    assert found.draws.columns.equals(found.groups.index)
    assert found.gap.value == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(
        [found.worst.low, found.worst.high], np.percentile(found.draws.max(axis=1), [2.5, 97.5]), rtol=1e-12
    )


def test_the_stream_is_dealt_in_the_order_given(small: pd.DataFrame):
    """As a loop over rounds and groups deals it, groups and speakers as they first come in the log."""
    log = fairaudit.read_log(small)
    found = fairaudit.bootstrap(log, "accent", order=log.speaker_of_utterances(), rounds=200, seed=3407)
    assert [*found.groups.index] == ["x", "y"]
    rng = np.random.default_rng(3407)
    counts = {"x": np.array([[8, 12, 16], [40, 40, 40]]), "y": np.array([[10, 14, 6], [40, 40, 20]])}
    for row in found.draws.itertuples(index=False):
        drawn = (own[:, rng.integers(0, 3, 3)].sum(axis=1) for own in counts.values())
        assert tuple(row) == tuple(errors / words for errors, words in drawn)


def test_by_default_neither_rows_nor_names_matter(small: pd.DataFrame):
    plain = fairaudit.bootstrap(fairaudit.read_log(small), "accent")
    shuffled = small.sample(frac=1, random_state=1)
    shuffled["speaker_id"] = shuffled["speaker_id"].map(dict(zip("abcdef", "ufoqrs", strict=True)))
    again = fairaudit.bootstrap(fairaudit.read_log(shuffled), "accent")
    pd.testing.assert_frame_equal(plain.draws, again.draws)


def test_intersections_and_a_choice_of_groups(small: pd.DataFrame):
    log = fairaudit.read_log(small)
    found = fairaudit.bootstrap(log, ["accent", "device"], groups=[("y", "phone"), ("x", "watch")], order=[*"fedcba"])
    assert [*found.groups.index] == [("x", "watch"), ("y", "phone")]
    assert found.groups["errors"].tolist() == [27, 12]
    assert found.gap.value == pytest.approx(27 / 60 - 12 / 60)


def test_the_sampling_unit_is_the_logs(small: pd.DataFrame):
    rows = small.assign(house=small["speaker_id"].map(dict(zip("abcdef", "112233", strict=True))))
    found = fairaudit.bootstrap(fairaudit.read_log(rows, cluster="house"), "accent", order=["3", "2", "1"])
    assert found.groups["speakers"].tolist() == [3, 3]
    with pytest.raises(UsageError, match="lacks 2 sampling units"):
        fairaudit.bootstrap(fairaudit.read_log(rows, cluster="house"), "accent", order=["3"])


def test_what_cannot_be_resampled_is_refused(small: pd.DataFrame):
    log = fairaudit.read_log(small)
    with pytest.raises(UsageError, match=r"unknown group 'z'; there are \['x', 'y'\]|\['y', 'x'\]"):
        fairaudit.bootstrap(log, "accent", groups=["z"])
    with pytest.raises(UsageError, match="unknown group 'x × tv'"):
        fairaudit.bootstrap(log, ["accent", "device"], groups=[("x", "tv")])
    with pytest.raises(InputError, match="did you mean 'accent'"):
        fairaudit.bootstrap(log, "acent")
    with pytest.raises(NothingToAuditError, match="no group was asked for"):
        fairaudit.bootstrap(log, "accent", groups=[])


def test_a_group_of_which_nothing_is_known_is_reported_as_that(small: pd.DataFrame):
    silent = small.assign(words=[0 if accent == "y" else 20 for accent in small["accent"]])
    found = fairaudit.bootstrap(fairaudit.read_log(silent), "accent")
    assert math.isnan(found.groups.loc["y", "rate"])
    assert math.isnan(found.groups.loc["y", "high"])
    assert found.worst.value == pytest.approx(0.3)
