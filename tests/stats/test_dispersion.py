from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fairaudit.stats.dispersion import Dispersion, fit_dispersion
from fairaudit.stats.score import departure, ratio_interval, robust_score, set_score

Array = NDArray[np.float64]


def speakers(count: int, seed: int, *, tau2: float = 0.4, clumps: int = 1) -> tuple[Array, Array]:
    """Errors that come ``clumps`` at a time (phi) from gamma speakers (tau2) of very different length."""
    rng = np.random.default_rng(seed)
    exposure = 7.0 * np.floor(5 * 40.0 ** rng.random(count))
    effect = rng.gamma(1 / tau2, tau2, count) if tau2 else np.ones(count)
    return clumps * rng.poisson(0.1 * exposure * effect / clumps).astype(float), exposure


@pytest.mark.parametrize(("tau2", "clumps"), [(0.1, 1), (0.4, 1), (0.4, 3), (1.0, 4), (0.0, 2)])
def test_recovers_what_was_simulated(tau2: float, clumps: int) -> None:
    fits = [fit_dispersion(*speakers(40_000, seed, tau2=tau2, clumps=clumps)) for seed in range(5)]
    assert np.median([fit.rate for fit in fits]) == pytest.approx(0.1, rel=0.01)
    assert np.median([fit.tau2 for fit in fits]) == pytest.approx(tau2, rel=0.05, abs=0.005)
    assert np.median([fit.phi for fit in fits]) == pytest.approx(clumps, rel=0.1)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 300)), min_size=1, max_size=40))
def test_stays_within_its_constraints(rows: list[tuple[int, int]]) -> None:
    errors, exposure = np.array(rows, dtype=float).T
    fit = fit_dispersion(errors, exposure)
    assert fit.phi >= 1
    assert fit.tau2 >= 0
    assert np.isfinite([fit.rate, fit.phi, fit.tau2]).all()


def test_less_than_poisson_is_reported_as_poisson() -> None:
    exposure = np.arange(100.0, 1100.0, 10.0)
    fit = fit_dispersion(0.1 * exposure, exposure)
    assert (fit.phi, fit.tau2) == (1.0, 0.0)


def test_no_errors_and_no_exposure() -> None:
    assert fit_dispersion(np.zeros(3), np.ones(3)) == Dispersion(0.0, 1.0, 0.0)
    assert fit_dispersion(np.array([2.0]), np.zeros(1)) == Dispersion(0.0, 1.0, 0.0)


def test_speakers_without_exposure_do_not_change_the_spread() -> None:
    errors, exposure = speakers(500, 0)
    assert fit_dispersion(np.append(errors, 0.0), np.append(exposure, 0.0)) == fit_dispersion(errors, exposure)


@pytest.mark.parametrize("seed", range(5))
def test_writing_everything_twice_changes_nothing_but_phi(seed: int) -> None:
    errors, exposure = speakers(600, seed, clumps=3)
    once, twice = fit_dispersion(errors, exposure), fit_dispersion(2 * errors, 2 * exposure)
    assert once.phi > 1.5
    assert twice.rate == once.rate
    assert twice.phi == pytest.approx(2 * once.phi, rel=1e-9)
    assert twice.tau2 == pytest.approx(once.tau2, rel=1e-9)
    weighed = once.weigh(errors, exposure, exposure)
    np.testing.assert_allclose(twice.weigh(2 * errors, 2 * exposure, 2 * exposure), weighed, rtol=1e-9)


def test_weights_worked_by_hand() -> None:
    # r = 0.1, phi = 2, tau2 = 0.5: a speaker of 100 words weighs 1 / (2 + 0.5 * 10) = 1/7, of 20 words 1/3.
    spread = Dispersion(rate=0.1, phi=2.0, tau2=0.5)
    errors, exposure = np.array([17.0, 5.0, 3.0]), np.array([100.0, 20.0, 0.0])
    residual, information = spread.weigh(errors, exposure, exposure)
    np.testing.assert_allclose(residual, [1.0, 1.0, 0.0])
    np.testing.assert_allclose(information, [10 / 7, 2 / 3, 0.0])
    np.testing.assert_allclose(spread.variance(exposure), [2 * 10 + 0.5 * 100, 2 * 2 + 0.5 * 4, 0.0])


def test_two_cells_of_a_speaker_weigh_what_the_speaker_weighs() -> None:
    spread = Dispersion(rate=0.1, phi=1.5, tau2=0.3)
    parts = spread.weigh(np.array([4.0, 9.0]), np.array([30.0, 70.0]), np.array([100.0, 100.0]))
    whole = spread.weigh(np.array([13.0]), np.array([100.0]), np.array([100.0]))
    np.testing.assert_allclose([part.sum() for part in parts], np.ravel(whole))


def test_score_worked_by_hand() -> None:
    # excess +4/10 = 0.4 inside against -1/30 outside: (0.4 + 1/30) / sqrt(1/10 + 1/30) = 0.43333 / 0.36515
    assert set_score(4.0, 10.0, 3.0, 40.0) == pytest.approx(0.433333 / 0.365148, rel=1e-5)


totals = st.lists(st.tuples(st.floats(-20, 20), st.floats(0.1, 30)), min_size=2, max_size=12)


@given(totals, st.data())
def test_a_set_scores_the_opposite_of_its_rest(cells: list[tuple[float, float]], data: st.DataObject) -> None:
    residual, information = np.array(cells).T
    inside = np.zeros(len(cells), dtype=bool)
    inside[: data.draw(st.integers(1, len(cells) - 1))] = True
    total = residual.sum(), information.sum()
    score = set_score(residual[inside].sum(), information[inside].sum(), *total)
    rest = set_score(residual[~inside].sum(), information[~inside].sum(), *total)
    assert score == pytest.approx(-rest, abs=1e-9)


def test_everyone_and_nobody_have_no_score() -> None:
    assert set_score(np.array([0.0, 5.0]), np.array([0.0, 9.0]), 5.0, 9.0).tolist() == [-np.inf, -np.inf]


def test_score_of_a_random_set_is_standard_normal() -> None:
    errors, exposure = speakers(4000, 1, clumps=2)
    residual, information = fit_dispersion(errors, exposure).weigh(errors, exposure, exposure)
    inside = np.random.default_rng(0).random((500, 4000)) < 0.2
    scores = set_score(inside @ residual, inside @ information, residual.sum(), information.sum())
    assert abs(scores.mean()) < 0.15
    assert 0.9 < scores.std() < 1.1


def moments(errors: Array, exposure: Array, spread: Dispersion) -> Array:
    u, i = spread.weigh(errors, exposure, exposure)
    return np.array([u.sum(), i.sum(), (u * u).sum(), (u * i).sum(), (i * i).sum()])


@pytest.mark.parametrize("critical", [0.5, 1.96, 3.0])
@pytest.mark.parametrize("rate", [0.0, 0.02, 0.06, 0.1, 0.15, 0.4])
@pytest.mark.parametrize("there", [0.0, 0.1])
def test_the_interval_of_a_ratio_is_where_its_score_is_not_critical(rate: float, there: float, critical: float) -> None:
    if rate == there == 0:
        return
    rng = np.random.default_rng(7)
    exposure = 7.0 * np.floor(5 * 40.0 ** rng.random(240))
    effect = rng.gamma(3, 1 / 3, 240)
    errors = rng.poisson(effect * exposure * np.repeat([rate, there], [40, 200])).astype(float)
    spread = fit_dispersion(errors, exposure)
    inside, total = moments(errors[:40], exposure[:40], spread), moments(errors, exposure, spread)
    ratio, (low, high) = ratio_interval(inside, total, critical)

    (here, _), (rest, _) = departure(inside), departure(total - inside)
    variances = []
    for part, d, other in ((inside, here, rest), (total - inside, rest, here)):
        own = (part[2] - 2 * d * part[3] + d * d * part[4]) / part[1] ** 2
        above = max(1.0, (1 + d) / (1 + other) if 1 + other > 1e-12 else np.inf)
        variances.append(max(1 / part[1] / above, own / above**2))

    def score(at: float) -> float:
        return abs(1 + here - at * (1 + rest)) / np.sqrt(variances[0] * max(1.0, at) ** 2 + at**2 * variances[1])

    assert score(1.0) == pytest.approx(abs(robust_score(inside, total)))
    assert low <= ratio <= high
    assert ratio == pytest.approx((1 + here) / (1 + rest) if there else np.inf)
    for end in (low, high):
        assert end in (0.0, np.inf) or score(end) == pytest.approx(critical)
    assert (low <= 1 <= high) == (score(1.0) <= critical)
    if low == 0.0:
        assert score(0.0) <= critical
    if high == np.inf:
        assert score(1e9) <= critical * (1 + 1e-6)


def test_the_variance_of_a_set_with_many_errors_is_taken_at_the_overall_rate() -> None:
    """If the errors of all its speakers are multiplied, its own variance at the overall rate stays the same."""
    spread = Dispersion(0.1, 1.0, 0.3)
    exposure = np.full(400, 500.0)
    errors = 50 * np.random.default_rng(1).gamma(1.5, 1 / 1.5, 400)
    scores = []
    for times in (2.0, 3.0, 4.0):
        raised = np.where(np.arange(400) < 40, times, 1.0) * errors
        scores.append(
            float(robust_score(moments(raised[:40], exposure[:40], spread), moments(raised, exposure, spread)))
        )
    steps = np.diff(scores)
    assert steps[1] == pytest.approx(steps[0], rel=1e-6)


def test_a_ratio_without_any_variation_has_an_interval() -> None:
    """All speakers of a group are alike, and nobody else makes an error, so that no shuffle gives a critical value."""
    same = np.ones(20)
    spread = fit_dispersion(np.repeat([1.0, 0.0], 10), same)
    inside, total = moments(same[:10], same[:10], spread), moments(np.repeat([1.0, 0.0], 10), same, spread)
    assert ratio_interval(inside, total, 0.0) == (np.inf, (np.inf, np.inf))
