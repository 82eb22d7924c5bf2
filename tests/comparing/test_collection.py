"""Plans of what to record next: what they agree with, what they withhold, and what they refuse."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.cohorts import CohortModel
from fairaudit.core.errors import InputError, NothingToAuditError, UsageError
from fairaudit.core.privacy import BECAUSE_SMALL, BECAUSE_SUBTRACTED
from fairaudit.report import collection_terminal
from fairaudit.samples import make_sample

SIZES = {"east": 30, "north": 60, "south": 90, "west": 150}


def log_of(sizes: dict[str, int], seed: int = 0, rows: int = 4) -> pd.DataFrame:
    """Speakers with several rows each; those of the east have twice as many errors."""
    rng = np.random.default_rng(seed)
    accent = np.repeat([*sizes], [rows * size for size in sizes.values()])
    speaker = np.repeat(np.arange(sum(sizes.values())), rows)
    effect = rng.gamma(4, 1 / 4, speaker.max() + 1)[speaker] * np.where(accent == "east", 2, 1)
    words = rng.integers(20, 60, len(speaker))
    errors = rng.poisson(0.1 * effect * words)
    ids = {"utterance_id": [f"u{i}" for i in range(len(speaker))], "speaker_id": [f"s{i:04d}" for i in speaker]}
    return pd.DataFrame({**ids, "accent": accent, "errors": errors, "words": words})


def model_of(rows: pd.DataFrame) -> CohortModel:
    return fairaudit.discover(rows, fairaudit.NamedColumns("accent"), fairaudit.Named("accent"))


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return log_of(SIZES)


@pytest.fixture(scope="module")
def model(rows: pd.DataFrame) -> CohortModel:
    return model_of(rows)


def test_cohorts_are_those_of_the_log(rows: pd.DataFrame, model: CohortModel) -> None:
    frame = fairaudit.collection_plan(rows, model, budget=100).to_frame().set_index("cohort")
    assert frame["speakers"].to_dict() == SIZES
    sums = rows.groupby("accent")[["errors", "words"]].sum()
    rest = sums.sum() - sums
    assert frame["ratio"].to_dict() == pytest.approx(
        ((sums["errors"] / sums["words"]) / (rest["errors"] / rest["words"])).to_dict()
    )
    assert frame["exposure_per_speaker"].to_dict() == pytest.approx((sums["words"] / pd.Series(SIZES)).to_dict())
    assert np.allclose(frame["half_width"], (frame["high"] - frame["low"]) / 2 / frame["ratio"])
    assert frame["new_speakers"].sum() == 100
    assert (frame["new_utterances"] == 4).all()


def test_the_interval_of_the_bottom_is_that_of_a_comparison(rows: pd.DataFrame, model: CohortModel) -> None:
    plan = fairaudit.collection_plan(rows, model, budget=10)
    candidate = rows.assign(errors=rows["errors"] + (np.arange(len(rows)) % 7 == 0))
    gap = fairaudit.compare(rows, candidate, model, permutations=19).cohort_comparisons[0].gap
    east = next(cohort for cohort in plan.cohorts if cohort.label == "east")
    assert gap is not None
    assert east.ratio_interval == pytest.approx(gap.baseline.ratio_interval)


@pytest.mark.slow
def test_the_widest_interval_shrinks_and_more_so_with_more(rows: pd.DataFrame, model: CohortModel) -> None:
    plans = [fairaudit.collection_plan(rows, model, budget=budget) for budget in (1, 100, 1000)]
    expected = [plan.expected_widest for plan in plans]
    assert all(more < less for less, more in pairwise([plans[0].widest, *expected]))
    assert [plan.new_speakers for plan in plans] == [1, 100, 1000]
    wide = [cohort.expected_half_width for cohort in plans[1].cohorts if cohort.new_speakers]
    assert max(wide) - min(wide) < 0.01  # those that get speakers end alike


def test_focus_on_the_bottom_serves_its_gap(rows: pd.DataFrame, model: CohortModel) -> None:
    every, bottom = (fairaudit.collection_plan(rows, model, budget=200, focus=focus) for focus in ("all", "bottom"))
    east = [{cohort.label: cohort for cohort in plan.cohorts}["east"] for plan in (every, bottom)]
    assert bottom.bottom == "accent = east"
    assert bottom.expected_widest == east[1].expected_half_width < east[0].expected_half_width


def test_cohorts_that_are_better_off_get_no_speakers() -> None:
    rows = log_of({"east": 60, "north": 60, "south": 60, "west": 30})
    rows["errors"] = np.where(rows["accent"] == "west", rows["errors"] // 4, rows["errors"])
    frame = fairaudit.collection_plan(rows, model_of(rows), budget=100).to_frame().set_index("cohort")
    assert frame.loc["west", "high"] < 1
    assert frame.loc["west", "half_width"] == frame["half_width"].max()
    assert (frame["new_speakers"] > 0).to_dict() == {cohort: frame.loc[cohort, "high"] >= 1 for cohort in frame.index}


@pytest.mark.slow
def test_costs_choose_the_number_of_utterances(rows: pd.DataFrame, model: CohortModel) -> None:
    dear, cheap = (
        fairaudit.collection_plan(rows, model, budget=1000, cost_speaker=speaker, cost_utterance=1.0)
        for speaker in (50.0, 0.0)
    )
    assert {cohort.new_utterances for cohort in cheap.cohorts} == {1.0}
    assert all(cohort.new_utterances > 2 for cohort in dear.cohorts)
    for plan, of_speaker in ((dear, 50.0), (cheap, 0.0)):
        cost = sum(cohort.new_speakers * (of_speaker + cohort.new_utterances) for cohort in plan.cohorts)
        assert plan.spent == pytest.approx(cost)
        assert cost <= 1000


def test_the_order_of_rows_and_the_names_of_speakers_change_nothing(rows: pd.DataFrame, model: CohortModel) -> None:
    other = rows.sample(frac=1, random_state=0).assign(speaker_id=lambda frame: frame["speaker_id"].str[::-1])
    first, second = (fairaudit.collection_plan(one, model, budget=77).to_frame() for one in (rows, other))
    pd.testing.assert_frame_equal(first, second, rtol=1e-12)


@pytest.mark.slow
def test_the_guide_shows_what_is_printed(repository: Path) -> None:
    log = make_sample(speakers=400).log
    printed = collection_terminal(fairaudit.collection_plan(log, model_of(log), budget=200).to_dict()).splitlines()
    guide = (repository / "docs" / "exports.md").read_text("utf-8")
    block = guide.split("## What to record next")[1].split("```text\n")[1].split("```")[0]
    assert {*block.splitlines()} <= {*printed}


# ---- what is withheld


@pytest.fixture(scope="module")
def of_five() -> CohortModel:
    """The cohorts of a log in which the fifth was not small."""
    return model_of(log_of({**SIZES, "tiny": 30}))


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 10])
def test_no_number_depends_on_a_small_cohort(size: int, of_five: CohortModel) -> None:
    """The errors of its speakers, and of the cohort that is withheld with it, can be anything."""
    frames, texts = [], []
    for seed in range(2):
        rows = log_of({**SIZES, "tiny": size})
        rng, inside = np.random.default_rng(seed), rows["accent"].isin(["tiny", "north"]).to_numpy()
        rows.loc[inside, "errors"] = rng.poisson(rng.uniform(1, 20), inside.sum())
        plan = fairaudit.collection_plan(rows, of_five, budget=100)
        frames.append(plan.to_frame())
        texts.append(collection_terminal(plan.to_dict()))
    why = frames[0].set_index("cohort")["no_plan_because"]
    assert why.dropna().to_dict() == {"tiny": BECAUSE_SMALL, "north": BECAUSE_SUBTRACTED}
    withheld = frames[0][why.notna().to_numpy()]
    numbers = withheld.columns.difference(["cohort", "new_speakers", "no_plan_because", "signature"])
    assert withheld[numbers].isna().all(axis=None)
    assert (withheld["new_speakers"] == 0).all()
    pd.testing.assert_frame_equal(*frames)
    assert texts[0] == texts[1]
    assert "A test of a cohort needs at least 20" in " ".join(texts[0].split())


def test_a_cohort_that_nobody_is_in_reads_like_a_small_one(rows: pd.DataFrame, of_five: CohortModel) -> None:
    row = fairaudit.collection_plan(rows, of_five, budget=100).to_frame().set_index("cohort").loc["tiny"]
    assert row["no_plan_because"] == BECAUSE_SMALL
    assert pd.isna(row["speakers"])
    assert row["new_speakers"] == 0


def test_unredacted_plans_for_small_cohorts() -> None:
    rows = log_of({**SIZES, "tiny": 8})
    frame = fairaudit.collection_plan(rows, model_of(rows), budget=100, unredacted=True).to_frame().set_index("cohort")
    assert frame["speakers"].to_dict() == {**SIZES, "tiny": 8}
    assert frame.loc["tiny", "new_speakers"] > 20


def test_a_cohort_without_an_interval_says_why() -> None:
    rows = log_of({**SIZES, "tiny": 2})
    model = model_of(log_of({**SIZES, "tiny": 30}))
    tiny = (
        fairaudit.collection_plan(rows, model, budget=100, unredacted=True).to_frame().set_index("cohort").loc["tiny"]
    )
    assert tiny["no_plan_because"] == "no interval: too few effective speakers, or no errors"
    assert (tiny["speakers"], tiny["new_speakers"]) == (2, 0)
    assert pd.isna(tiny["expected_half_width"])


# ---- what is refused


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"budget": 0}, "budget must be a number above 0"),
        ({"budget": float("nan")}, "budget must be a number above 0"),
        ({"budget": 5, "cost_speaker": -1}, "cost_speaker must be a number from 0"),
        ({"budget": 5, "cost_utterance": float("inf")}, "cost_utterance must be a number from 0"),
        ({"budget": 5, "cost_speaker": 0}, "cost_speaker or cost_utterance must be above 0"),
        ({"budget": 5, "cost_speaker": 10}, "budget 5 is less than one speaker costs: 10"),
        ({"budget": 5, "focus": "botom"}, "did you mean 'bottom'"),
    ],
)
def test_settings_that_make_no_plan(
    options: dict[str, float], words: str, rows: pd.DataFrame, model: CohortModel
) -> None:
    with pytest.raises(UsageError, match=words):
        fairaudit.collection_plan(rows, model, **options)


def test_speakers_in_several_cohorts_are_no_cohorts_to_record(rows: pd.DataFrame) -> None:
    devices = rows.assign(accent=np.arange(len(rows)) % 2).astype({"accent": str})
    with pytest.raises(NothingToAuditError, match="many speakers are in several cohorts"):
        fairaudit.collection_plan(devices, model_of(devices), budget=10)


@pytest.mark.parametrize(("accents", "most"), [(["west"], 150), (["east", "west"], 8)], ids=["one", "small ones"])
def test_cohorts_without_a_gap(accents: list[str], most: int, rows: pd.DataFrame, model: CohortModel) -> None:
    few = rows[rows["accent"].isin(accents) & (rows.groupby("accent").cumcount() < 4 * most)]
    with pytest.raises(NothingToAuditError, match="no two cohorts have enough speakers and errors"):
        fairaudit.collection_plan(few, model, budget=10)


@pytest.mark.parametrize("cost", [0.0, 1.0])
def test_a_cohort_without_errors_gets_no_speakers(cost: float, rows: pd.DataFrame, model: CohortModel) -> None:
    perfect = rows.assign(errors=rows["errors"].where(rows["accent"] != "south", 0))
    options = {"budget": 50, "cost_speaker": 1 - cost, "cost_utterance": cost}
    frame = fairaudit.collection_plan(perfect, model, **options).to_frame().set_index("cohort")
    assert frame.loc["south", ["rate", "new_speakers"]].tolist() == [0, 0]
    assert pd.isna(frame.loc["south", "half_width"])
    assert frame["new_speakers"].sum() == 50


@pytest.mark.exhaustive
def test_a_rate_of_decimals_has_the_same_plan(rows: pd.DataFrame) -> None:
    """Half a second for a word, or a quarter."""
    frames = []
    for unit in (0.5, 0.25):
        log = fairaudit.read_log(rows.assign(seconds=unit * rows["words"]), counts=["seconds"])
        audit = fairaudit.audit(log, by="accent", rate="slow=errors/seconds", permutations=19)
        frames.append(fairaudit.collection_plan(log, audit.models[0], budget=50).to_frame())
    columns = ["cohort", "speakers", "ratio", "half_width", "new_speakers", "expected_half_width"]
    pd.testing.assert_frame_equal(*(frame[columns] for frame in frames), rtol=1e-6)


def test_a_bottom_cohort_that_is_small_in_this_log_is_no_focus(rows: pd.DataFrame, model: CohortModel) -> None:
    small = rows[(rows["accent"] != "east") | rows["speaker_id"].isin(["s0000", "s0001"])]
    with pytest.raises(NothingToAuditError, match="the bottom cohort has too few speakers in this log"):
        fairaudit.collection_plan(small, model, budget=10, focus="bottom")


def test_a_log_that_was_scored_otherwise_is_refused(rows: pd.DataFrame, model: CohortModel) -> None:
    characters = fairaudit.read_log(rows.rename(columns={"words": "characters"}))
    with pytest.raises((InputError, UsageError)):
        fairaudit.collection_plan(characters, model, budget=10)
