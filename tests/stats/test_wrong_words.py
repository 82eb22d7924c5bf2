"""Words are listed by chance in one list of twenty at most, and the parts of a gap add up to it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from fairaudit.stats.wrong_words import compare_words, decompose

sys.path.insert(0, str(Path(__file__).parents[1] / "calibration"))

UNITS, WORDS = 60, 40


def counts(seed: int, *, uneven: bool) -> tuple[np.ndarray, ...]:
    """What speakers of whom the first 15 are a group say; nobody's words are worse, but the group may say others."""
    rng = np.random.default_rng(seed)
    often = np.exp(rng.normal(0, 1, (2, WORDS)) * (1.0 if uneven else 0.0))
    group = np.arange(UNITS) < 15
    said = rng.poisson(3 * often[(~group).astype(int)])
    odds = rng.normal(-2, 0.7, WORDS) + rng.normal(0, 0.6, (UNITS, 1))
    wrong = rng.binomial(said, 1 / (1 + np.exp(-odds)))
    item, unit = np.nonzero(said.T)
    return unit, item, said[unit, item], wrong[unit, item], group


@pytest.mark.parametrize("uneven", [False, True], ids=["the same words", "other words"])
def test_few_lists_have_words_by_chance(uneven: bool) -> None:
    runs, listed = 100, 0
    for seed in range(runs):
        unit, item, said, wrong, group = counts(seed, uneven=uneven)
        test = compare_words(unit, item, said, wrong, group, tested=np.ones(WORDS, bool), draws=99, seed=seed)
        listed += bool((test.p_values <= 0.05).any())
    assert listed <= binom.ppf(0.999, runs, 0.05)


def test_p_values_hold_for_all_words_and_do_not_depend_on_their_order() -> None:
    unit, item, said, wrong, group = counts(0, uneven=False)
    wrong = np.where((item < 3) & group[unit], said, wrong)
    tested = np.ones(WORDS, bool)
    one = compare_words(unit, item, said, wrong, group, tested=tested, draws=199, seed=1)
    assert (one.p_values[:3] == 1 / 200).all()
    order = np.lexsort([unit, WORDS - item])
    other = compare_words(
        unit[order], WORDS - 1 - item[order], said[order], wrong[order], group, tested=tested, draws=199, seed=1
    )
    assert other.scores[::-1].tolist() == one.scores.tolist()
    assert other.p_values[::-1].tolist() == one.p_values.tolist()
    fewer = compare_words(unit, item, said, wrong, group, tested=np.arange(WORDS) < 5, draws=199, seed=1)
    assert (fewer.p_values[:5] <= one.p_values[:5]).all()
    assert (fewer.p_values[5:] == 1).all()


def test_words_that_are_always_or_never_wrong_are_no_evidence() -> None:
    unit, item = np.tile(np.arange(UNITS), 2), np.repeat([0, 1], UNITS)
    said = np.ones(2 * UNITS, int)
    group = np.arange(UNITS) < 15
    test = compare_words(unit, item, said, item, group, tested=np.ones(2, bool), draws=19, seed=0)
    assert test.p_values.tolist() == [1, 1]


@pytest.mark.parametrize("seed", range(5))
def test_the_parts_of_a_gap_add_up_to_it(seed: int) -> None:
    unit, item, said, wrong, group = counts(seed, uneven=True)
    wrong = np.where(group[unit], said - wrong // 2, wrong)
    insertions = np.random.default_rng(seed).poisson(3, UNITS)
    parts = decompose(unit, item, said, wrong, insertions, group, seed=seed)
    assert parts is not None
    sides = [group[unit], ~group[unit]]
    errors = [wrong[s].sum() + insertions[g].sum() for s, g in zip(sides, (group, ~group), strict=True)]
    rates = [n / said[s].sum() for n, s in zip(errors, sides, strict=True)]
    assert parts.difference[0] == pytest.approx(rates[0] - rates[1])
    values = [part[0] for part in (parts.harder_words, parts.same_words, parts.insertions)]
    assert sum(values) == pytest.approx(parts.difference[0])
    assert all(part[1] > 0 for part in (parts.difference, parts.harder_words, parts.same_words, parts.insertions))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["much harder text", pytest.param("worse acoustics", marks=pytest.mark.exhaustive)])
def test_a_gap_is_attributed_to_what_made_it(name: str) -> None:
    from words import WORLDS, compared, simulate

    rows, _, (harder, same) = simulate(WORLDS[name], 500, speakers=600)
    parts = compared(rows, 500).parts
    assert parts is not None
    part = parts.harder_words[0] / (parts.harder_words[0] + parts.same_words[0])
    assert (harder > same) == (name == "much harder text")
    assert part == pytest.approx(harder / (harder + same), abs=0.05)


@pytest.mark.exhaustive
def test_planted_words_are_listed_and_no_others() -> None:
    from words import World, compared, simulate

    rows, planted, _ = simulate(World(planted=8), 501, speakers=600)
    listed = [one.text.split(" ") for one in compared(rows, 501).words]
    assert len(planted & {word for text in listed for word in text}) >= 0.9 * len(planted)
    assert not [text for text in listed if planted.isdisjoint(text)]
