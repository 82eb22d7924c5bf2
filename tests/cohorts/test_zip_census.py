from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fairaudit.cohorts import ZipCensus
from fairaudit.cohorts.search import observed_score
from fairaudit.core.errors import InputError, UsageError
from fairaudit.inputs.census import CensusTable
from fairaudit.stats.permutation import shuffles
from fairaudit.stats.shuffle import Observed

Tables = Callable[..., Any]


def zips(count: int) -> list[str]:
    return [f"{100 + i:05d}" for i in range(count)]


def log(zip_codes: list[str], worse: np.ndarray | bool = False, seed: int = 0) -> pd.DataFrame:
    """One row per speaker, who lives in the given zip."""
    rng = np.random.default_rng(seed)
    words = rng.integers(100, 500, len(zip_codes))
    errors = rng.poisson(0.1 * words * rng.gamma(10, 0.1, len(words)) * np.where(worse, 2.0, 1.0))
    speakers = [f"s{i}" for i in range(len(zip_codes))]
    return pd.DataFrame({"speaker_id": speakers, "errors": errors, "words": words, "zip_code": zip_codes})


def table_of(frame: pd.DataFrame) -> CensusTable:
    return CensusTable(frame, tuple(frame.columns))


@pytest.fixture
def census() -> pd.DataFrame:
    """60 zips, with gaps in every column."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "percent_rural": rng.uniform(0, 100, 60).round(1),
            "income": rng.integers(20, 90, 60).astype(float),
            "majority": rng.choice(["a", "b", "c"], 60),
        },
        index=zips(60),
    )
    frame.iloc[:5, 0], frame.iloc[3:9, 1], frame.iloc[8:12, 2] = np.nan, np.nan, None
    return frame


@pytest.fixture
def homes() -> list[str]:
    return list(np.random.default_rng(2).choice(zips(60), 900))


def answers(features: pd.DataFrame, column: str, threshold: float) -> pd.Series:
    """Yes, no or unknown for every zip, by pandas alone."""
    source, _, level = column.partition("=")
    value = (features[source] == level) if level else features[source] > threshold
    return value.astype(object).where(features[source].notna(), None)


def sides(features: pd.DataFrame, asks: list[tuple[str, float, bool]]) -> pd.Series:
    """1 inside, 0 outside, missing where an answer that is needed is unknown."""
    first = answers(features, *asks[0][:2]).map({asks[0][2]: 1, not asks[0][2]: 0})
    if len(asks) == 1:
        return first
    second = answers(features, *asks[1][:2]).map({asks[1][2]: 1, not asks[1][2]: 0})
    return first.where(first != 1, second)


def brute_score(side: pd.Series, units: Any) -> float:
    cells = pd.DataFrame({"u": units.residual, "i": units.information, "side": side.to_numpy()[units.counts.group]})
    sums = cells.dropna().astype(float).groupby("side")[["u", "i"]].sum()
    gap = sums["u"] / sums["i"]
    return float((gap[1] - gap[0]) / np.sqrt((1 / sums["i"]).sum()))


@pytest.mark.slow
def test_every_score_and_every_rule_equals_brute_force(census: pd.DataFrame, homes: list[str], tables: Tables) -> None:
    _, units = tables(log(homes), table_of(census))
    search = ZipCensus().search(units)
    scores = search.scores(Observed())[:, 0]
    assert len(scores) > 100
    for place, asked in enumerate(search.asked):
        asks = [(search.questions[q].column, search.questions[q].threshold, answer) for q, answer in asked]
        side = sides(units.features, asks)
        assert scores[place] == pytest.approx(brute_score(side, units), rel=1e-4, abs=1e-4)
        assigned = search.rule(place, worse_inside=True).assign(units.features)
        assert assigned.tolist() == side.map({1: 0, 0: 1}).fillna(-1).astype(int).tolist()
        other = search.rule(place, worse_inside=False).assign(units.features)
        np.testing.assert_array_equal(other, np.where(assigned < 0, -1, 1 - assigned))
    assert observed_score(search) == pytest.approx(np.abs(scores).max())


@pytest.mark.slow
def test_every_partition_of_two_large_sides_is_there_once(
    census: pd.DataFrame, homes: list[str], tables: Tables
) -> None:
    _, units = tables(log(homes), table_of(census.dropna()))
    search = ZipCensus(min_speakers=100).search(units)
    speakers = units.speakers_per_unit()
    expected = set()
    for first, second in itertools.product(search.questions, repeat=2):
        for one, other in itertools.product((True, False), repeat=2):
            asks = [(first.column, first.threshold, one), (second.column, second.threshold, other)]
            side = sides(units.features, asks).to_numpy(float)
            parts = frozenset(frozenset(np.flatnonzero(side == value).tolist()) for value in (0.0, 1.0))
            if min(speakers[[*part]].sum() for part in parts) >= 100:
                expected.add(parts)
    found = [frozenset(frozenset(np.flatnonzero(s).tolist()) for s in (inside, ~inside)) for inside in search.member]
    assert len(found) > 50
    assert len(found) == len(set(found))
    assert set(found) == expected


def test_shuffled_scores_equal_brute_force(census: pd.DataFrame, homes: list[str], tables: Tables) -> None:
    table, units = tables(log(homes), table_of(census))
    search = ZipCensus(pairs=False).search(units)
    chunk = next(shuffles(units.counts.speaker, len(table), 3, seed=4))
    scores = search.scores(chunk)
    for draw in range(3):
        moved = chunk.residual(units.residual, units.information)[draw], chunk.weight(units.information)[draw]
        for place, asked in enumerate(search.asked):
            question, answer = asked[0]
            cut = search.questions[question]
            side = sides(units.features, [(cut.column, cut.threshold, answer)])
            cells = type(units)(units.features, units.counts, *moved)
            assert scores[place, draw] == pytest.approx(brute_score(side, cells), rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("discoverer", [ZipCensus(), ZipCensus(pairs=False)])
def test_the_planted_attribute_wins(
    discoverer: ZipCensus, census: pd.DataFrame, homes: list[str], tables: Tables
) -> None:
    worse = (census["majority"].reindex(homes) == "b").to_numpy()
    _, units = tables(log(homes, worse), table_of(census))
    rule = discoverer.partition(units)
    assert rule.describe(0) == "majority is b"
    assert rule.assign(pd.DataFrame({"majority": ["b", "a", None]})).tolist() == [0, 1, -1]


def test_a_planted_conjunction_wins(census: pd.DataFrame, homes: list[str], tables: Tables) -> None:
    at = census.reindex(homes)
    _, units = tables(log(homes, ((at["majority"] == "b") & (at["percent_rural"] > 50)).to_numpy()), table_of(census))
    assert ZipCensus().partition(units).describe(0) in (
        "percent_rural > 50 and majority is b",
        "majority is b and percent_rural > 50",
    )


def test_a_side_with_fewer_errors_is_the_top(census: pd.DataFrame, homes: list[str], tables: Tables) -> None:
    worse = (census["majority"].reindex(homes) != "b").to_numpy()
    _, units = tables(log(homes, worse), table_of(census.dropna()))
    rule = ZipCensus(attributes=("majority",), pairs=False).partition(units)
    assert rule.describe(0) == "majority is not b"
    assert rule.describe(1) == "majority is b"


@pytest.mark.parametrize(
    ("name", "top", "majority"),
    [("percent_rural", 100.0, 50.0), ("pct_x", 100.0, 50.0), ("share_rural", 1.0, 0.5), ("rural_share", 1.0, 0.5)],
)
def test_shares_are_asked_for_the_majority(name: str, top: float, majority: float, tables: Tables) -> None:
    value = pd.DataFrame({name: np.linspace(0, 0.6 * top, 60)}, index=zips(60))
    _, units = tables(log(zips(60) * 2), table_of(value))
    assert majority in {question.threshold for question in ZipCensus().search(units).questions}


@pytest.mark.parametrize("name", ["income", "percentile_income", "shareholders"])
def test_other_numbers_are_only_asked_for_quantiles(name: str, tables: Tables) -> None:
    value = pd.DataFrame({name: np.arange(60.0)}, index=zips(60))
    _, units = tables(log(zips(60) * 2), table_of(value))
    assert [q.threshold for q in ZipCensus(quantiles=(0.5,)).search(units).questions] == [29.0]


def test_quantiles_are_over_speakers_not_over_zips(tables: Tables) -> None:
    value = pd.DataFrame({"income": np.arange(60.0)}, index=zips(60))
    _, units = tables(log([*zips(60), *(zips(60)[-2:] * 100)]), table_of(value))
    assert [q.threshold for q in ZipCensus(quantiles=(0.5,)).search(units).questions] == [58.0]


def test_both_sides_keep_the_floor(census: pd.DataFrame, homes: list[str], tables: Tables) -> None:
    _, units = tables(log(homes), table_of(census))
    search = ZipCensus(min_speakers=200).search(units)
    cohort = [search.rule(place, worse_inside=True).assign(units.features) for place in range(len(search.asked))]
    for sides_of in cohort:
        for side in (0, 1):
            assert units.counts.regroup(sides_of).of_groups([side]).n_speakers >= 200


def test_zips_that_the_table_does_not_know_are_left_out(census: pd.DataFrame, homes: list[str], tables: Tables) -> None:
    table, units = tables(log([*homes, "99999", None]), table_of(census))
    assert len(table) == 902
    assert units.counts.n_speakers == 900


def test_nothing_to_split_by_is_reported(tables: Tables) -> None:
    same = pd.DataFrame({"income": np.full(60, 7.0)}, index=zips(60))
    _, units = tables(log(zips(60)), table_of(same))
    with pytest.raises(InputError, match="no attribute splits the 60 zip codes into two sides with at least 40"):
        ZipCensus().partition(units)
    assert observed_score(ZipCensus().search(units)) == -np.inf


def test_attributes_that_are_not_there(census: pd.DataFrame, homes: list[str], tables: Tables) -> None:
    _, units = tables(log(homes), table_of(census))
    with pytest.raises(InputError, match=r"lacks \['rent'\]; it has \['percent_rural', 'income', 'majority'\]"):
        ZipCensus(attributes=("rent",)).search(units)
    with pytest.raises(UsageError, match="quantiles"):
        ZipCensus(quantiles=(0.0,))


def test_columns_that_read_like_a_level_are_refused(census: pd.DataFrame, homes: list[str], tables: Tables) -> None:
    _, units = tables(log(homes), table_of(census.rename(columns={"income": "income>=50k"})))
    with pytest.raises(InputError, match=r"so it cannot be in a name; rename \['income>=50k'\]"):
        ZipCensus().search(units)


def test_evidence_lists_the_best_of_all_examined(census: pd.DataFrame, homes: list[str], tables: Tables) -> None:
    table, units = tables(log(homes), table_of(census))
    discoverer = ZipCensus()
    search = discoverer.search(units)
    null = np.concatenate([search.best(chunk) for chunk in shuffles(units.counts.speaker, len(table), 19, 0)])
    told = discoverer.search(units).details(null, None)["examined"]
    assert len(told) == len(search.asked)
    scores = np.array([entry["score"] for entry in told])
    assert (np.diff(scores) <= 0).all()
    assert scores[0] == pytest.approx(observed_score(search))
    assert told[0]["description"] == discoverer.partition(units).describe(0)
    assert [entry["p_adjusted"] for entry in told] == [(1 + (null >= s - 1e-4).sum()) / 20 for s in scores]
    assert discoverer.search(units).details(None, None)["examined"][0]["p_adjusted"] is None


def test_the_list_names_the_worse_side_of_each(census: pd.DataFrame, homes: list[str], tables: Tables) -> None:
    frame = log(homes)
    _, units = tables(frame, table_of(census))
    for entry in ZipCensus(attributes=("majority",), pairs=False).search(units).details(None, None)["examined"]:
        level = entry["description"].split()[-1]
        at = census["majority"].reindex(homes).set_axis(frame.index)
        worse = frame[(at == level) if " is not " not in entry["description"] else (at.notna() & (at != level))]
        rest = frame[at.notna()].drop(worse.index)
        assert entry["speakers"] == len(worse)
        assert entry["rate"] == round(worse["errors"].sum() / worse["words"].sum(), 4)
        if entry["score"] > 1:
            assert entry["rate"] > rest["errors"].sum() / rest["words"].sum()


def test_a_side_that_said_nothing_is_not_listed(tables: Tables) -> None:
    value = pd.DataFrame({"income": np.arange(60.0)}, index=zips(60))
    frame = log(zips(60))
    frame.loc[:29, ["errors", "words"]] = 0
    _, units = tables(frame, table_of(value))
    told = ZipCensus(quantiles=(0.4, 0.5, 0.6)).search(units).details(None, None)["examined"]
    assert all(np.isfinite(entry["score"]) and entry["score"] < 5 for entry in told)


def test_renaming_zips_changes_nothing(census: pd.DataFrame, homes: list[str], tables: Tables) -> None:
    new = dict(zip(census.index, np.random.default_rng(3).permutation(zips(60)), strict=True))
    renamed = census.rename(index=new).sample(frac=1, random_state=0)
    frame = log(homes)
    (_, units), (_, units_2) = (
        tables(frame, table_of(census)),
        tables(frame.assign(zip_code=frame["zip_code"].map(new)), table_of(renamed)),
    )
    assert ZipCensus().partition(units) == ZipCensus().partition(units_2)
    np.testing.assert_array_equal(
        ZipCensus().search(units).scores(Observed()), ZipCensus().search(units_2).scores(Observed())
    )
