from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fairaudit.cohorts import Named
from fairaudit.cohorts.fixed import FixedGroups
from fairaudit.cohorts.rules import Group
from fairaudit.cohorts.search import extreme_groups, group_scores, observed_score
from fairaudit.core.errors import UsageError
from fairaudit.inputs.named import NamedColumns
from fairaudit.stats.permutation import permutation_p, shuffles
from fairaudit.stats.shuffle import Observed

Tables = Callable[..., Any]


@pytest.fixture
def people() -> pd.DataFrame:
    """300 speakers; accent c is served worse, and so are, more so, its men."""
    rng = np.random.default_rng(0)
    accent, sex = rng.choice(["a", "b", "c"], 300), rng.choice(["f", "m"], 300)
    words = rng.integers(100, 500, 300)
    effect = rng.gamma(10, 0.1, 300) * np.where(accent == "c", np.where(sex == "m", 2.5, 1.5), 1.0)
    frame = pd.DataFrame({"errors": rng.poisson(0.1 * words * effect), "words": words, "accent": accent, "sex": sex})
    return frame.assign(speaker_id=[f"s{i:03d}" for i in range(300)])


def named(people: pd.DataFrame, tables: Tables, *by: str) -> tuple[Any, Any, Named, Any]:
    table, units = tables(people, NamedColumns(by))
    discoverer = Named(by=by)
    return table, units, discoverer, discoverer.partition(units)


def test_groups_are_counted_as_pandas_counts_them(people: pd.DataFrame, tables: Tables) -> None:
    _, units, _, rule = named(people, tables, "accent", "sex")
    assert rule.labels == tuple(sorted(rule.labels))
    counts = units.counts.regroup(rule.assign(units.features))
    expected = people.groupby(["accent", "sex"])[["errors", "words"]].sum()
    for cohort, labels in enumerate(rule.labels):
        part = counts.of_groups([cohort])
        assert [part.errors.sum(), part.exposure.sum()] == expected.loc[labels].tolist()
        assert part.n_speakers == ((people["accent"] == labels[0]) & (people["sex"] == labels[1])).sum()


def test_the_planted_group_has_the_highest_score(people: pd.DataFrame, tables: Tables) -> None:
    for by, worst in ((("accent",), ("c",)), (("accent", "sex"), ("c", "m"))):
        _, units, discoverer, rule = named(people, tables, *by)
        cohort = rule.assign(units.features)[units.counts.group]
        bottom, top = extreme_groups(units, rule, np.ones(len(cohort), dtype=bool), rule.groups(), 20)
        assert rule.labels[bottom.cohorts[0]] == worst
        assert rule.labels[top.cohorts[0]] != worst
        large = np.isfinite(group_scores(units, cohort, rule.groups(), 20))
        single = FixedGroups.single(units, cohort, np.flatnonzero(large)).scores(Observed())
        assert observed_score(discoverer.search(units)) == single.max()


def test_a_missing_label_is_unassigned(people: pd.DataFrame, tables: Tables) -> None:
    people.loc[:9, "accent"] = None
    people.loc[5:14, "sex"] = None
    table, units, _, rule = named(people, tables, "accent", "sex")
    cohort = rule.assign(units.features)[units.counts.group]
    assert len(table) == 300
    # the speaker without either label has no unit at all, the others have one that is in no cohort
    assert units.counts.n_speakers == 295
    assert units.counts.where(cohort >= 0).n_speakers == 285


def test_speakers_in_several_groups_are_shuffled_as_a_whole(people: pd.DataFrame, tables: Tables) -> None:
    both = pd.concat([people.assign(device="phone"), people.assign(device="watch", errors=people["errors"] + 4)])
    for frame, by in ((people, "accent"), (both, "accent"), (both, "device")):
        table, units, discoverer, _ = named(frame, tables, by)
        chunk = next(shuffles(units.counts.speaker, len(table), 9, 0))
        words = chunk.weight(units.counts.exposure)
        of_speaker = np.array([np.bincount(units.counts.speaker, row) for row in words])
        np.testing.assert_array_equal(np.sort(of_speaker), np.tile(np.sort(table.exposure), (9, 1)))
        assert discoverer.search(units).best(chunk).shape == (9,)


def test_what_differs_within_every_speaker_is_found(people: pd.DataFrame, tables: Tables) -> None:
    watch = people.assign(device="watch", errors=people["errors"] + 6)
    table, units, discoverer, _ = named(pd.concat([people.assign(device="phone"), watch]), tables, "device")
    search = discoverer.search(units)
    null = np.concatenate([search.best(chunk) for chunk in shuffles(units.counts.speaker, len(table), 99, 0)])
    assert permutation_p(observed_score(search), null) == 0.01


def test_a_speaker_counts_in_every_group_that_the_speaker_speaks_in(people: pd.DataFrame, tables: Tables) -> None:
    both = pd.concat([people.assign(device="phone"), people.iloc[:40].assign(device="watch")])
    _, units, discoverer, rule = named(both, tables, "device")
    counts = units.counts.regroup(rule.assign(units.features))
    assert {rule.label(c): counts.of_groups([c]).n_speakers for c in (0, 1)} == {"phone": 300, "watch": 40}
    assert [group.cohorts for group in discoverer.search(units).groups] == [(0,), (1,)]


def test_small_groups_are_not_searched(people: pd.DataFrame, tables: Tables) -> None:
    people.loc[:11, "accent"] = "rare"
    _, units, _, rule = named(people, tables, "accent")
    groups = Named(by=("accent",)).search(units).groups
    assert [rule.labels[c] for group in groups for c in group.cohorts if len(group.cohorts) == 1] == [
        ("a",), ("b",), ("c",)
    ]  # fmt: skip
    assert len({c for group in Named(by=("accent",), min_speakers=12).search(units).groups for c in group.cohorts}) == 4
    nobody = Named(by=("accent",), min_speakers=301).search(units)
    assert nobody.groups == ()
    assert observed_score(nobody) == -np.inf


def test_scores_of_fixed_groups_equal_brute_force(people: pd.DataFrame, tables: Tables) -> None:
    people.loc[:19, "accent"] = None
    table, units, _, _ = named(people, tables, "accent", "sex")
    cohort = Named(by=("accent", "sex")).partition(units).assign(units.features)[units.counts.group]
    search = FixedGroups.single(units, cohort, (4, 0, 3))
    chunk = next(shuffles(units.counts.speaker, len(table), 5, seed=1))
    for shuffle in (Observed(), chunk):
        residual, information = shuffle.residual(units.residual, units.information), shuffle.weight(units.information)
        scores = search.scores(shuffle)
        assert scores.shape == (3, shuffle.draws)
        for place, group in enumerate((4, 0, 3)):
            inside, rest = cohort == group, (cohort >= 0) & (cohort != group)
            for draw in range(shuffle.draws):
                sides = [(residual[draw, who], information[draw, who]) for who in (inside, rest)]
                departures = [u.sum() / i.sum() for u, i in sides]
                variances = []
                for (u, i), d, other in zip(sides, departures, departures[::-1], strict=True):
                    above = max(1, (1 + d) / (1 + other))
                    own = ((u - d * i) ** 2).sum() / i.sum() ** 2
                    variances.append(max(1 / i.sum() / above, own / above**2))
                expected = (departures[0] - departures[1]) / np.sqrt(sum(variances))
                assert scores[place, draw] == pytest.approx(expected)
        np.testing.assert_array_equal(search.best(shuffle), scores.max(axis=0))


def test_groups_without_enough_inside_or_outside_have_no_score(people: pd.DataFrame, tables: Tables) -> None:
    _, units, _, rule = named(people, tables, "accent")
    cohort = rule.assign(units.features)[units.counts.group]
    groups = [Group((0,), ""), Group((0, 1), ""), Group((0, 1, 2), "")]
    assert np.isfinite(group_scores(units, cohort, groups, 20)).tolist() == [True, True, False]
    assert extreme_groups(units, rule, np.ones(len(cohort), dtype=bool), groups, 1000) == (None, None)
    one, two = group_scores(units, cohort, [Group((2,), ""), Group((0, 1), "")], 20)
    assert one == pytest.approx(-two)


def test_renaming_labels_changes_no_score(people: pd.DataFrame, tables: Tables) -> None:
    renamed = people.assign(accent=people["accent"].map({"a": "z", "b": "y", "c": "x"}))
    found = []
    for frame in (people, renamed):
        table, units, discoverer, _ = named(frame, tables, "accent")
        search = discoverer.search(units)
        null = [search.best(chunk) for chunk in shuffles(units.counts.speaker, len(table), 50, 0)]
        found.append((observed_score(search), np.concatenate(null).tolist()))
    assert found[0] == found[1]


def test_groups_are_compared_by_regression_where_that_was_asked_for(people: pd.DataFrame, tables: Tables) -> None:
    people.loc[:11, "accent"] = "rare"
    people.loc[12:31, "accent"] = None
    _, units, discoverer, rule = named(people, tables, "accent")
    assert discoverer.search(units).details(None, None) == {}
    search = Named(by=("accent",), nb2=True).search(units)
    assert observed_score(search) == observed_score(discoverer.search(units))
    found = search.details(None, None)["nb2"]
    assert [rule.labels[test["cohort_id"]] for test in found] == [("a",), ("b",), ("c",)]
    for test in found:
        accents = people.dropna(subset="accent")
        inside = accents["accent"] == rule.labels[test["cohort_id"]][0]
        sums = accents.groupby(inside)[["errors", "words"]].sum()
        ratio = sums["errors"] / sums["words"]
        assert test["ratio"] == pytest.approx(ratio[True] / ratio[False], rel=0.1)
        low, high = test["interval"]
        assert low < test["ratio"] < high
        assert test["p_value"] <= test["p_adjusted"]
    assert found[2]["p_adjusted"] < 1e-6


def test_one_speaker_on_two_devices_is_one_in_the_regression(people: pd.DataFrame, tables: Tables) -> None:
    """Everybody errs on the watch as on the phone: far less doubt about that than if they were others."""
    both = pd.concat([people.assign(device="phone"), people.assign(device="watch")])
    same = both.assign(errors=both["errors"] + (both["device"] == "watch") * (np.arange(600) % 2))
    others = same.assign(speaker_id=same["speaker_id"] + same["device"])
    widths = []
    for log in (same, others):
        _, units, _, _ = named(log, tables, "device")
        phone, _ = Named(by=("device",), nb2=True).search(units).details(None, None)["nb2"]
        widths.append(np.diff(np.log(phone["interval"]))[0])
    assert widths[0] < widths[1] / 3


def test_needs_a_column() -> None:
    with pytest.raises(UsageError, match="by='COLUMN'"):
        Named()
