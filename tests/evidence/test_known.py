"""Groups that are known beforehand: decided on all speakers, whatever the seed, and flagged for the whole audit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.results.audit import Audit

OPTIONS: dict[str, Any] = {"methods": ["named"], "permutations": 199}


def log_of(rates: dict[str, float], sizes: dict[str, int], *, seed: int = 0, spread: float = 0.3) -> pd.DataFrame:
    """One row per speaker, with log-normal speaker effects; a group called "" has no label."""
    rng = np.random.default_rng(seed)
    groups = np.repeat([*sizes], [*sizes.values()])
    words = rng.integers(200, 900, len(groups))
    effect = np.exp(spread * rng.standard_normal(len(groups)) - spread**2 / 2)
    errors = rng.poisson(words * effect * pd.Series(groups).map(rates).to_numpy())
    accents = pd.Series(groups, dtype=object).where(groups != "")
    return pd.DataFrame(
        {"speaker_id": [f"s{i:04}" for i in range(len(groups))], "errors": errors, "words": words, "accent": accents}
    )


def audited(log: pd.DataFrame, **options: Any) -> Audit:
    return fairaudit.audit(log, **{**OPTIONS, "by": ["accent"], **options})


@pytest.fixture(scope="module")
def planted() -> pd.DataFrame:
    sizes = {"north": 25, "south": 90, "east": 95, "west": 90}
    return log_of({"north": 0.15, "south": 0.1, "east": 0.1, "west": 0.1}, sizes)


def test_no_seed_changes_the_verdict_or_who_is_named(planted: pd.DataFrame) -> None:
    documents = [audited(planted, seed=seed).to_dict()["discoveries"][0] for seed in range(6)]
    for name in ("verdict", "reason", "p_value", "omnibus_p", "bottom", "top", "all_speakers", "cohorts", "unions"):
        assert all(document[name] == documents[0][name] for document in documents), name
    assert documents[0]["verdict"] == "disparity"
    assert documents[0]["bottom"]["description"] == "accent = north"
    assert len({document["held_out"]["gap_relative"] for document in documents}) > 1


def test_a_group_is_flagged_where_the_interval_of_its_gap_excludes_no_gap(planted: pd.DataFrame) -> None:
    """The interval inverts the same test, at the level that pays for all groups."""
    noise = np.random.default_rng(1)
    for gap in (1.0, 1.1, 1.2, 1.3, 1.5):
        errors = noise.binomial(planted["errors"], np.where(planted["accent"] == "north", gap / 1.5, 1.0))
        (search,) = audited(planted.assign(errors=errors)).searches
        evidence = search.evidence
        low, high = evidence.gaps.all_speakers.gap.interval
        assert (low > 0) == (evidence.p_value <= 0.05) or evidence.omnibus_p <= 0.05
        assert low < evidence.gaps.all_speakers.weighted_ratio - 1 < high


def test_a_majority_that_is_served_well_leaves_everyone_except_it() -> None:
    """45 speakers at 10 %, four groups of twelve at 20 %: none of these can be tested alone."""
    sizes = {"east": 45, **dict.fromkeys("abcd", 12)}
    (search,) = audited(log_of({"east": 0.1, **dict.fromkeys("abcd", 0.2)}, sizes)).searches
    assert search.verdict == "disparity"
    assert search.evidence.bottom.description == "everyone except accent = east"
    assert search.gap.relative > 0.5
    assert search.model.bottom.cohorts == (0, 1, 2, 3)
    frozen = search.model.redacted()
    assert (frozen.bottom, frozen.unnamed) == (search.model.bottom, frozenset())


def test_small_groups_are_tested_as_one() -> None:
    """The other groups are no majority, so that there is no complement of one."""
    sizes = {"north": 40, "south": 40, "east": 40, **dict.fromkeys("abcdef", 8)}
    rates = {"north": 0.1, "south": 0.1, "east": 0.1, **dict.fromkeys("abcdef", 0.2)}
    found = audited(log_of(rates, sizes))
    assert found.verdict == "disparity"
    document = found.to_dict()["discoveries"][0]
    assert document["bottom"]["description"] == "all smaller groups"
    (union,) = document["unions"]
    assert (union["flagged"], union["description"]) == (True, "all smaller groups")


def test_a_group_that_is_recognised_better_leaves_errors_uneven() -> None:
    """Five groups of 80: nobody is worse than the others by much, but the groups differ."""
    rates = {"swahili": 0.062, **dict.fromkeys("abcd", 0.1)}
    found = audited(log_of(rates, dict.fromkeys(rates, 80), spread=0.6, seed=3))
    assert found.verdict == "uneven"
    best = "The group that most clearly has a lower rate than the others is “accent = swahili”."
    assert found.headline.reason.endswith(best)
    assert found.headline.evidence.omnibus_p <= 0.05
    assert not any(cohort["flagged"] for cohort in found.to_dict()["discoveries"][0]["cohorts"])
    assert fairaudit.gate(found, {"max-gap": 0.5}).verdict == "insufficient evidence"


@pytest.mark.parametrize("min_speakers", [3, 20])
def test_twelve_groups_of_four_are_no_evidence_of_nothing(min_speakers: int) -> None:
    sizes = {f"g{i:02}": 4 for i in range(12)}
    (search,) = audited(log_of(dict.fromkeys(sizes, 0.1), sizes), min_speakers=min_speakers).searches
    assert search.verdict == "insufficient evidence"
    assert {cohort.not_tested_because for cohort in search.evidence.cohorts} == {"4 speakers, fewer than 20"}


def test_groups_are_tested_where_both_sides_have_enough_effective_speakers() -> None:
    """Twenty logs in which a few speakers utter most words: the tested groups are those that pandas counts."""
    counted = set()
    for seed in range(20):
        rng = np.random.default_rng(seed)
        log = log_of(dict.fromkeys("abcd", 0.1), {"a": 30, "b": 25, "c": 15, "d": 60}, seed=seed)
        words = (200 * rng.pareto(1.3, len(log)) + 20).astype(int)
        log = log.assign(words=words, errors=rng.binomial(words, 0.1))
        expected = set()
        for label, inside in log.groupby("accent"):
            sides = [inside["words"], log.loc[log["accent"] != label, "words"]]
            if all(len(side) >= 20 and side.sum() ** 2 / (side**2).sum() >= 10 for side in sides):
                expected.add(f"accent = {label}")
        (search,) = audited(log, permutations=19).searches
        tested = {test.group.description for test in search.evidence.tests if not test.group.complement}
        assert tested == expected
        counted |= {frozenset(expected)}
    assert len(counted) > 3  # both answers occur


def test_most_speakers_without_a_label_are_too_little_evidence() -> None:
    log = log_of({"north": 0.1, "south": 0.1, "": 0.3}, {"north": 40, "south": 40, "": 120})
    (search,) = audited(log).searches
    assert search.verdict == "insufficient evidence"
    assert search.reason.startswith("Most speakers have no label")
    labelled = audited(log.dropna()).searches[0]
    assert labelled.verdict == "no evidence"


def test_flags_pay_for_all_columns_of_an_audit() -> None:
    """What is just significant by itself is not beside eleven columns of noise."""
    log = log_of({"north": 0.118, "south": 0.1, "east": 0.1}, {"north": 30, "south": 90, "east": 90}, seed=5)
    alone = audited(log).searches[0].evidence
    rng = np.random.default_rng(2)
    noise = {f"c{i:02}": rng.choice(list("uvwxyz"), len(log)) for i in range(11)}
    among = audited(log.assign(**noise), by=["accent", *noise])
    lowest = min(test.p_value for test in alone.tests)
    with_others = min(test.p_value for test in among["accent"].evidence.tests)
    assert lowest <= 0.05 < with_others
    flags = [c["flagged"] for d in among.to_dict()["discoveries"] for c in d["cohorts"]]
    assert not any(flags)


def test_a_found_cohort_has_no_smaller_p_than_its_search() -> None:
    from fairaudit.samples import simulate_log

    log = simulate_log(speakers=400, seed=1, planted=lambda log: log.coordinates[:, 0] > -37.0, gap=1.0)
    found = fairaudit.audit(log.to_frame(), methods=["geo-tree", "named"], by=["gender", "device"], permutations=99)
    evidence = found["geo-tree"].evidence
    assert all(c.p_adjusted >= evidence.p_value for c in evidence.cohorts if c.p_adjusted is not None)


def test_equal_groups_are_no_disparity_and_no_error() -> None:
    log = pd.DataFrame(
        {"speaker_id": [f"s{i}" for i in range(80)], "errors": 5, "words": 50, "accent": ["a", "b"] * 40}
    )
    (search,) = audited(log).searches
    assert search.evidence.p_value == 1.0
    assert search.evidence.gaps.all_speakers.gap.relative == 0.0
    assert search.verdict in ("no evidence", "insufficient evidence")
