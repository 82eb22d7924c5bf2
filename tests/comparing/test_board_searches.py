"""Boards with groups that are found on the errors of all systems together, and measured on other speakers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.cohorts import GeoScan
from fairaudit.comparing.searching import FoundGroups, find_groups
from fairaudit.core.columns import system_column
from fairaudit.core.errors import UsageError
from fairaudit.core.rate import RATES
from fairaudit.evidence.plan import Plan, Search
from fairaudit.inputs.aligning import align
from fairaudit.inputs.places import Coordinates
from fairaudit.report.views.board import board_view
from fairaudit.results.board import Board

pytestmark = pytest.mark.slow  # several logs are read in every test

SPEAKERS = 300
#: Errors of each system, in relation to each other.
SCALES = (1.0, 0.3, 2.0)


def rows(worse: float = 1.0) -> dict[str, pd.DataFrame]:
    """Counts of three systems that differ in their rates, the last with more errors in the south-west."""
    rng = np.random.default_rng(3)
    latitude, longitude = rng.uniform(40, 50, SPEAKERS).round(2), rng.uniform(0, 10, SPEAKERS).round(2)
    frame = pd.DataFrame({"speaker_id": [f"s{n}" for n in range(SPEAKERS)], "latitude": latitude})
    frame = frame.assign(longitude=longitude, words=400, utterance_id=frame["speaker_id"])
    effect = rng.lognormal(0, 0.3, SPEAKERS)
    raised = np.where((latitude < 45) & (longitude < 6), worse, 1.0)
    factors = [scale * (raised if k == 2 else 1.0) for k, scale in enumerate(SCALES)]
    return {f"system-{k}": frame.assign(errors=rng.poisson(30 * effect * f)) for k, f in enumerate(factors)}


def board_of(logs: dict[str, pd.DataFrame], **options: Any) -> Board:
    return fairaudit.board(logs, **{"methods": "geo-scan", "permutations": 199, **options})


@pytest.fixture(scope="module")
def planted() -> Board:
    return board_of(rows(2.5), methods=["geo-scan", "geo-tree"])


def test_a_planted_region_under_one_system_is_found_and_its_order_is_certain(planted: Board) -> None:
    document = planted.to_dict()
    assert document["verdict"] == "different"
    higher = {(p["system"], p["other"]): (p["worst"] or {}).get("higher") for p in document["pairs"]}
    gaps = {(p["system"], p["other"]): (p["gap"] or {}).get("higher") for p in document["pairs"]}
    assert (higher["system-0", "system-2"], higher["system-1", "system-2"]) == ("system-2", "system-2")
    assert (gaps["system-0", "system-2"], gaps["system-1", "system-2"]) == ("system-2", "system-2")
    assert gaps["system-0", "system-1"] is None


def test_without_an_effect_no_gap_differs() -> None:
    board = board_of(rows())
    assert not (board.compared.gap_ratio.low > 1).any()


def test_groups_are_measured_on_the_speakers_kept_aside() -> None:
    """Computed by hand from the rows of those speakers."""
    frames = rows(2.5)
    board = board_of(frames)
    log, _ = align({name: fairaudit.read_log(frame) for name, frame in frames.items()})
    found = find_groups(
        log,
        [Search("geo-scan", Coordinates(), GeoScan())],
        RATES["wer"],
        [system_column("errors", k) for k in range(3)],
        Plan(permutations=199),
        source_sha256=(),
        scoring={},
    )
    (model, _), (groups,) = found.sets[0], board.sets
    assert found.held_out.size == groups.coverage.speakers == SPEAKERS / 2
    assert model.rule == board.models[0].rule
    cohort = fairaudit.assign(frames["system-0"], board.models[0]).set_index("speaker_id")["cohort_id"]
    for group in groups.groups:
        members = cohort.index[(cohort == group.id) & cohort.index.isin(found.held_out)]
        assert group.speakers == len(members) < (cohort == group.id).sum()
        for k, frame in enumerate(frames.values()):
            own = frame[frame["speaker_id"].isin(members)]
            assert group.rates[k] == pytest.approx(own["errors"].sum() / own["words"].sum())
    assert board.to_dict()["overall"]["speakers"] == SPEAKERS
    assert board.compared.overall.value[0] == pytest.approx(frames["system-0"]["errors"].sum() / (400 * SPEAKERS))


def test_it_is_said_on_whom_groups_are_measured(planted: Board) -> None:
    document = planted.to_dict()
    assert [(one["measured_on"], one["speakers"], one["found_on"]) for one in document["sets"]] == [
        ("held-out speakers", 150, [])
    ] * 2
    view = board_view(document)
    assert "measured on 150 other speakers kept aside" in view.lines[0]
    assert view.measures[1].note.endswith("Groups are measured on 150 speakers kept aside.")
    assert "kept aside" not in view.measures[0].note
    assert "|holdout:0.5|" in planted.signature


def test_names_and_the_order_of_rows_change_nothing(planted: Board) -> None:
    changed = {
        name: frame.assign(speaker_id="x" + frame["speaker_id"].str[::-1]).sample(frac=1, random_state=1)
        for name, frame in rows(2.5).items()
    }
    other = board_of(changed, methods=["geo-scan", "geo-tree"])
    pd.testing.assert_frame_equal(other.to_frame(), planted.to_frame(), check_exact=True)


def test_every_system_has_the_same_say(planted: Board) -> None:
    """A system with many errors everywhere does not decide where others have theirs."""
    frames = rows(2.5)
    louder = frames | {"system-0": frames["system-0"].assign(errors=10 * frames["system-0"]["errors"])}
    assert board_of(louder).models[0].rule == planted.models[0].rule


def test_numbers_with_decimals_are_pooled_like_whole_ones() -> None:
    """Seconds with three decimals are as many milliseconds, in any order of rows and with any names."""
    columns = {"wait_ms": lambda f: 7 * f["errors"] + 1, "wait_s": lambda f: ((7 * f["errors"] + 1) / 1000).round(3)}
    audio = np.random.default_rng(0).integers(50, 200, SPEAKERS)
    logs = {name: frame.assign(**columns, errors=0, audio=audio) for name, frame in rows(2.5).items()}
    moved = {
        name: frame.assign(speaker_id="x" + frame["speaker_id"].str[::-1]).sample(frac=1, random_state=1)
        for name, frame in logs.items()
    }
    millis, seconds, again = (
        board_of(of, rate=fairaudit.Rate("wait", f"wait_{unit}", "audio", unit=unit), permutations=99)
        for of, unit in ((logs, "ms"), (logs, "s"), (moved, "s"))
    )
    assert millis.sets[0].groups
    assert seconds.models[0].rule == millis.models[0].rule == again.models[0].rule
    pd.testing.assert_frame_equal(again.to_frame(), seconds.to_frame(), check_exact=True)
    for name in ("gap", "gap_low", "gap_high", "range", "range_by_chance"):
        assert seconds.to_frame()[name].tolist() == pytest.approx(millis.to_frame()[name].tolist(), rel=1e-9), name
    worst = [board.to_frame()["worst_rate"].to_numpy() for board in (seconds, millis)]
    assert 1000 * worst[0] == pytest.approx(worst[1], rel=1e-9)


def test_groups_that_do_not_depend_on_errors_are_measured_on_all_speakers(tmp_path) -> None:
    frames = rows()
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(SPEAKERS, 4)) + np.repeat([[0.0], [9.0], [-9.0]], SPEAKERS // 3, axis=0)
    np.savez(tmp_path / "voices.npz", ids=[f"s{n}" for n in range(SPEAKERS)], vectors=vectors)
    board = board_of(frames, methods="embedding", embeddings=tmp_path / "voices.npz")
    one = board.to_dict()["sets"][0]
    assert (one["measured_on"], one["speakers"], one["found_on"]) == ("all speakers", SPEAKERS, [])


def test_found_groups_are_groups_of_the_next_board(planted: Board, tmp_path) -> None:
    files = [path.name for path in fairaudit.save(planted, tmp_path)]
    assert "cohorts.json" in files
    models = fairaudit.read_models(tmp_path / "cohorts.json")
    assert [model.method for model in models] == ["geo-scan", "geo-tree"]
    again = fairaudit.board(rows(2.5), models=models, permutations=99).to_dict()
    assert [one["measured_on"] for one in again["sets"]] == ["all speakers"] * 2
    assert [one["fingerprint"] for one in again["sets"]] == [one.fingerprint for one in planted.sets]


def test_what_cannot_be_searched_is_said() -> None:
    frames = rows()
    with pytest.raises(UsageError, match="zip-census needs"):
        board_of(frames, methods="zip-census")
    with pytest.raises(UsageError, match="name their columns"):
        board_of(frames, methods="named")
    with pytest.raises(UsageError, match="geo-tree"):
        board_of(frames, methods="geo-tee")
    board = board_of(
        {name: frame.drop(columns=["latitude", "longitude"]) for name, frame in frames.items()}, methods="all"
    )
    assert any("geo-tree was not searched" in caveat for caveat in board.caveats)
    assert board.models == FoundGroups().sets == ()
