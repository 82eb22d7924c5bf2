"""Numbers that can be had in another way: by hand, by enumeration, by another library, from a published log."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import fairaudit
from fairaudit.cohorts import GeoTree, Named
from fairaudit.cohorts.fixed import FixedGroups
from fairaudit.cohorts.grow import CRITERIA
from fairaudit.cohorts.rules import Group
from fairaudit.cohorts.search import Discoverer, observed_score
from fairaudit.core.counts import ErrorCounts
from fairaudit.core.rate import RATES
from fairaudit.evidence.confirm import confirm
from fairaudit.evidence.design import Design
from fairaudit.evidence.family import Family, adjusted
from fairaudit.evidence.gaps import measure_gap
from fairaudit.evidence.plan import Plan
from fairaudit.evidence.record import Evidence, PermutationTest
from fairaudit.inputs.named import NamedColumns
from fairaudit.inputs.places import Coordinates
from fairaudit.samples import simulate_log
from fairaudit.stats.dispersion import Dispersion, fit_dispersion
from fairaudit.stats.permutation import permutation_p, shuffles
from fairaudit.stats.rates import gap_between
from fairaudit.stats.score import robust_score, set_score
from fairaudit.units.build import UnitFeatures, UnitTable, build_tables


def one_cell_each(errors: np.ndarray, words: np.ndarray, group: np.ndarray) -> UnitTable:
    """Speakers of one cell each, in groups that stand for units."""
    weighed = fit_dispersion(errors, words).weigh(errors, words, words)
    return UnitTable(pd.DataFrame(), ErrorCounts(np.arange(len(group)), group, errors, words), *weighed)


def null_of(search: FixedGroups, draws: int) -> np.ndarray:
    size = len(search.cohort)
    return np.concatenate([search.best(chunk) for chunk in shuffles(np.arange(size), size, draws, 0)])


# ---- scores


def test_score_is_the_t_value_of_a_weighted_regression() -> None:
    """Relative excess on membership, weights 1/variance, known variances: coefficient over its standard error."""
    log = simulate_log(speakers=300, seed=0)
    errors, words = log.errors.astype(float), log.words.astype(float)
    fit = fit_dispersion(errors, words)
    inside = log.labels["device"] == "phone"
    expected = fit.rate * words
    excess, weight = errors / expected - 1, expected**2 / fit.variance(words)
    design = np.column_stack([np.ones(300), inside])
    covariance = np.linalg.inv(design.T @ (weight[:, None] * design))
    coefficient = covariance @ design.T @ (weight * excess)
    residual, information = fit.weigh(errors, words, words)
    score = set_score(residual[inside].sum(), information[inside].sum(), residual.sum(), information.sum())
    assert score == pytest.approx(coefficient[1] / np.sqrt(covariance[1, 1]))


def test_likelihood_criterion_is_a_poisson_likelihood_ratio() -> None:
    observed, words = np.array([30.0, 12.0]), np.array([200.0, 180.0])
    rate = observed.sum() / words.sum()
    apart = stats.poisson.logpmf(observed, observed).sum()
    together = stats.poisson.logpmf(observed, rate * words).sum()
    sides = np.stack([observed - rate * words, rate * words, observed, words, np.ones(2)])
    assert CRITERIA["likelihood"](sides[:, :1], sides[:, 1:])[0] == pytest.approx(apart - together)


# ---- p-values


def test_p_equals_that_of_all_orders() -> None:
    rng = np.random.default_rng(1)
    words = rng.integers(50, 300, 8).astype(float)
    errors = rng.poisson(0.2 * words).astype(float)
    units = one_cell_each(errors, words, np.repeat([0, 1], 4))
    search = FixedGroups.single(units, units.counts.group, (0, 1))
    u, i = units.residual, units.information
    moments = np.stack([u, i, u * u, u * i, i * i])
    scores = []
    for first in itertools.combinations(range(8), 4):
        inside = moments[:, np.isin(np.arange(8), first)].sum(axis=1)
        scores += [abs(float(robust_score(inside, moments.sum(axis=1))))]
    exact = np.mean(np.array(scores) >= observed_score(search) - 1e-9)
    assert permutation_p(observed_score(search), null_of(search, 5000)) == pytest.approx(exact, abs=0.02)


@pytest.mark.parametrize("seed", range(6))
def test_p_of_yes_and_no_is_that_of_fisher(seed: int) -> None:
    """Many shuffles reach the observed score exactly; they must count although their sums round differently."""
    failed = (np.random.default_rng(seed).random(60) < 0.3).astype(float)
    group = np.repeat([0, 1], 30)
    units = one_cell_each(failed, np.full(60, 7.0), group)
    search = FixedGroups.single(units, group, (0,))
    exact = stats.hypergeom.sf(failed[:30].sum() - 1, 60, failed.sum(), 30)
    assert permutation_p(observed_score(search), null_of(search, 2000)) == pytest.approx(exact, abs=0.04)


def evidence(observed: float, null: np.ndarray) -> Evidence:
    return Evidence("no evidence", "", test=PermutationTest.of(observed, null))


def family_wise(found: Sequence[Evidence]) -> list[float | None]:
    families = [one.test and Family.of_search(one.test.observed, one.test.null, 0.05) for one in found]
    return [None if p is None else float(p[0]) for p in adjusted(families)]


def test_one_search_alone_pays_for_no_other() -> None:
    rng = np.random.default_rng(0)
    for observed in (0.0, 1.0, 2.5, 9.0):
        alone = evidence(observed, rng.standard_normal(99))
        assert family_wise([alone]) == [alone.test.p_alone]


def test_a_search_made_twice_is_one_search() -> None:
    alone = evidence(1.7, np.random.default_rng(0).standard_normal(199))
    assert family_wise([alone, alone, Evidence("insufficient evidence", "")]) == [alone.test.p_alone] * 2 + [None]


def test_family_wise_is_the_highest_score_of_each_shuffle() -> None:
    """Single step for the best search: how often would the best score of a shuffled log have been as high?

    Scores of different searches are compared in units of the score that each exceeds in 5 % of its shuffles.
    """
    rng = np.random.default_rng(3)
    nulls = [rng.standard_normal(199), rng.gamma(3, 1, 199), rng.standard_normal(199) ** 2]
    evidences = [evidence(observed, null) for observed, null in zip((2.2, 4.0, 0.1), nulls, strict=True)]
    pools = np.array([np.append(null, found.test.observed) for null, found in zip(nulls, evidences, strict=True)])
    highest = (pools / np.sort(pools, axis=1)[:, [190]]).max(axis=0)
    assert min(family_wise(evidences)) == (highest >= highest[-1]).mean()


def test_twenty_searches_can_reach_the_smallest_p() -> None:
    """Each shuffle of 19 is the highest of some search; only the observed one stands out by far in all of them."""
    rng = np.random.default_rng(0)
    found = [evidence(9.0 + rng.random(), rng.standard_normal(19)) for _ in range(20)]
    assert min(family_wise(found)) == 1 / 20
    mixed = [evidence(0.0, rng.standard_normal(99)) for _ in range(19)] + [evidence(8.0, rng.standard_normal(99))]
    assert family_wise(mixed)[-1] == 1 / 100


def test_searches_whose_scores_tie_but_for_rounding() -> None:
    noise = 1e-13 * np.random.default_rng(0).standard_normal(99)
    tied = evidence(1.5, 1.5 + noise)
    assert tied.test.p_alone == 1.0
    assert family_wise([tied]) == [1.0]


@pytest.mark.parametrize(
    ("features", "discoverer"),
    [
        (NamedColumns(("gender",)), Named(by=("gender",))),
        (NamedColumns(("half",)), Named(by=("half",))),
    ],
)
def test_the_worst_cohort_and_the_search_for_it_have_one_p(features: UnitFeatures, discoverer: Discoverer) -> None:
    """Groups that are known beforehand, all large: the search is the maximum over them and nothing else."""
    log = simulate_log(speakers=240, seed=4)
    frame = log.to_frame(rows_per_speaker=2).assign(half=["a", "b"] * 240)
    table, (units,) = build_tables(fairaudit.read_log(frame), [features], RATES["wer"])
    found = confirm(units, discoverer, Design(table, np.arange(240) % 2 == 0, Plan(permutations=199)))
    assert all(cohort.tested for cohort in found.cohorts)
    assert found.cohorts[0].p_adjusted == found.test.p_alone


# ---- gaps


def test_gap_and_shares_by_pandas() -> None:
    log = simulate_log(speakers=400, seed=5)
    frame = pd.DataFrame({"errors": log.errors, "words": log.words, "utterances": log.utterances, **log.labels})
    worse = frame["device"] == "watch" if "watch" in set(frame["device"]) else frame["device"] == "phone"
    sums, rest = frame[worse][["errors", "words"]].sum(), frame[~worse][["errors", "words"]].sum()
    counts = ErrorCounts(
        np.arange(400), worse.to_numpy(np.int64), *frame[["errors", "words"]].to_numpy(float).T,
        detail={"utterances": frame["utterances"].to_numpy(float)},
    )  # fmt: skip
    side = measure_gap(counts, Group((1,), "worse"), floor=20, dispersion=Dispersion(0.1, 1.0, 0.4))
    one, other = sums["errors"] / sums["words"], rest["errors"] / rest["words"]
    assert side.gap.relative == pytest.approx((one - other) / other)
    assert side.gap.absolute == pytest.approx(one - other)
    assert side.excess_errors == pytest.approx(sums["errors"] - other * sums["words"])
    assert side.shares == pytest.approx(
        {
            "speakers": worse.mean(),
            "utterances": frame[worse]["utterances"].sum() / frame["utterances"].sum(),
            "errors": sums["errors"] / frame["errors"].sum(),
            "exposure": sums["words"] / frame["words"].sum(),
        }
    )
    assert (side.speakers, side.reference_speakers) == (worse.sum(), (~worse).sum())


def test_own_interval_is_that_of_the_jackknife() -> None:
    """Leave one speaker out; half of the speakers are in both sets, so their covariance counts."""
    rng = np.random.default_rng(0)
    words = rng.integers(100, 1000, 300).astype(float)
    effect = rng.lognormal(0, 0.8, 300)
    speaker = np.concatenate([np.arange(200), np.arange(100, 300)])
    group = np.repeat([0, 1], 200)
    errors = rng.poisson(0.1 * words[speaker] * effect[speaker]).astype(float)
    counts = ErrorCounts(speaker, group, errors, words[speaker])

    def log_ratio(part: ErrorCounts) -> float:
        return float(np.log(part.of_groups([0]).rate / part.of_groups([1]).rate))

    left_out = np.array([log_ratio(counts.where(speaker != code)) for code in range(300)])
    jackknife = 299 / 300 * ((left_out - left_out.mean()) ** 2).sum()
    low, high = gap_between(counts.of_groups([0]), counts.of_groups([1]), Dispersion(0.1, 1.0, 0.0)).ratio_interval
    assert np.log(high / low) / 2 / 1.975 == pytest.approx(np.sqrt(jackknife), rel=0.03)


# ---- published and shared logs


@pytest.fixture(scope="module")
def coser(shared_data: Path) -> pd.DataFrame:
    rows = pd.read_csv(shared_data / "coser" / "informants.csv.gz")
    errors = rows["substitutions"] + rows["deletions"] + rows["insertions"]
    return rows.assign(errors=errors).rename(columns={"ref_words": "words", "speaker": "speaker_id"})


def test_coser_is_split_at_the_known_latitude(coser: pd.DataFrame) -> None:
    log = fairaudit.read_log(coser, cluster="interview_id")
    table, (units,) = build_tables(log, [Coordinates()], RATES["wer"], "interview_id")
    assert table.errors.sum() / table.exposure.sum() == pytest.approx(0.30847, abs=1e-5)
    discoverer = GeoTree(criterion="gap", max_leaves=2, min_speakers=1, min_words=0.2 * float(coser["words"].sum()))
    everybody = units.assigned()
    rule = discoverer.partition(everybody)
    assert rule.features[rule.feature[0]] == "latitude"
    assert rule.threshold[0] == pytest.approx(38.0597, abs=0.02)
    south, north = (everybody.counts.regroup(rule.assign(everybody.features)).of_groups([c]).rate for c in (0, 1))
    assert (south, north) == pytest.approx((0.3583, 0.2943), abs=5e-5)
