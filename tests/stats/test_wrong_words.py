"""Words are listed by chance in one list of twenty at most, and the parts of a gap add up to it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from fairaudit.stats.decomposition import decompose
from fairaudit.stats.wrong_words import Entries, compare_words

sys.path.insert(0, str(Path(__file__).parents[1] / "calibration"))

UNITS, WORDS = 60, 40
ONE_CELL = np.arange(UNITS)


def counts(seed: int, *, uneven: bool) -> tuple[Entries, np.ndarray]:
    """What speakers of whom the first 15 are a group say; nobody's words are worse, but the group may say others."""
    rng = np.random.default_rng(seed)
    often = np.exp(rng.normal(0, 1, (2, WORDS)) * (1.0 if uneven else 0.0))
    group = np.arange(UNITS) < 15
    said = rng.poisson(3 * often[(~group).astype(int)])
    odds = rng.normal(-2, 0.7, WORDS) + rng.normal(0, 0.6, (UNITS, 1))
    wrong = rng.binomial(said, 1 / (1 + np.exp(-odds)))
    item, unit = np.nonzero(said.T)
    return Entries(unit, item, said[unit, item], wrong[unit, item]), group


@pytest.mark.parametrize("uneven", [False, True], ids=["the same words", "other words"])
def test_few_lists_have_words_by_chance(uneven: bool) -> None:
    runs, listed = 100, 0
    for seed in range(runs):
        entries, group = counts(seed, uneven=uneven)
        test = compare_words(entries, ONE_CELL, group, tested=np.ones(WORDS, bool), draws=99, seed=seed)
        listed += bool((test.p_values <= 0.05).any())
    assert listed <= binom.ppf(0.999, runs, 0.05)


def on_both_sides(
    seed: int, *, inside: float, often: float = 3.0, session: float = 0.0, alone: float = 0.0, worse: float = 0.0
) -> tuple[Entries, np.ndarray, np.ndarray, np.ndarray]:
    """What speakers say on both sides, a share of it inside; errors of a speaker on one side may have a session's odds.

    A share of the speakers are on one side only. The three most frequent words are worse inside.
    """
    rng = np.random.default_rng([seed, 1])
    said = rng.poisson(
        often * np.exp(np.sort(rng.normal(0, 1, WORDS))[::-1]) * np.array([[[inside]], [[1 - inside]]]),
        (2, UNITS, WORDS),
    )
    odds = rng.normal(-2, 0.7, WORDS) + rng.normal(0, 0.6, (UNITS, 1)) + rng.normal(0, session, (2, UNITS, 1))
    odds[0, :, :3] += worse
    wrong = rng.binomial(said, 1 / (1 + np.exp(-odds)))
    kept = np.ones((2, UNITS), bool)
    lacking = np.arange(round(alone * UNITS))
    kept[rng.integers(0, 2, len(lacking)), lacking] = False
    side, speaker = np.nonzero(kept)
    said, wrong, group = said[kept], wrong[kept], side == 0
    item, cell = np.nonzero(said.T)
    tested = np.minimum(*((said[one] > 0).sum(axis=0) for one in (group, ~group))) >= 11
    return Entries(cell, item, said[cell, item], wrong[cell, item]), speaker, group, tested


@pytest.mark.slow
@pytest.mark.parametrize(
    "world",
    [
        {"inside": 0.1, "often": 1.5},
        {"inside": 0.9, "often": 1.5},
        {"inside": 0.7, "often": 10, "session": 0.7},
        {"inside": 0.3, "session": 0.5, "alone": 0.5},
    ],
    ids=["rarely inside", "rarely outside", "sessions", "half on one side"],
)
def test_few_lists_have_words_by_chance_if_speakers_are_on_both_sides(world: dict[str, float]) -> None:
    runs, listed = 60, 0
    for seed in range(runs):
        entries, speaker, group, tested = on_both_sides(seed, **world)
        test = compare_words(entries, speaker, group, tested=tested, draws=59, seed=seed)
        listed += bool((test.p_values <= 0.05).any())
    assert listed <= binom.ppf(0.999, runs, 0.05)


@pytest.mark.parametrize("alone", [0.0, 0.5])
def test_words_that_are_worse_on_one_side_of_the_same_speakers_are_listed(alone: float) -> None:
    entries, speaker, group, tested = on_both_sides(0, inside=0.4, often=6, worse=2.0, alone=alone, session=0.3)
    test = compare_words(entries, speaker, group, tested=tested, draws=199, seed=0)
    assert np.flatnonzero(test.p_values <= 0.05).tolist() == [0, 1, 2]


def test_errors_that_could_not_be_on_the_other_side_are_no_evidence() -> None:
    cells = np.arange(2 * UNITS)
    always = Entries(cells, 0 * cells, 1 + 0 * cells, 1 + 0 * cells)
    test = compare_words(always, cells // 2, cells % 2 == 0, tested=np.ones(1, bool), draws=19, seed=0)
    assert test.p_values.tolist() == [1]


def test_a_text_can_be_inserted_more_often_than_words_are_said() -> None:
    cells = np.arange(2 * UNITS)
    inside = cells % 2 == 0
    loops = Entries(cells, 0 * cells, 2 + 0 * cells, np.where(inside, 7, 1))
    test = compare_words(loops, cells // 2, inside, tested=np.ones(1, bool), draws=99, seed=0)
    assert test.p_values.tolist() == [0.01]


def test_p_values_hold_for_all_words_and_do_not_depend_on_their_order() -> None:
    (unit, item, said, wrong), group = counts(0, uneven=False)
    wrong = np.where((item < 3) & group[unit], said, wrong)
    tested = np.ones(WORDS, bool)
    one = compare_words(Entries(unit, item, said, wrong), ONE_CELL, group, tested=tested, draws=199, seed=1)
    assert (one.p_values[:3] == 1 / 200).all()
    order = np.lexsort([unit, WORDS - item])
    backwards = Entries(unit[order], WORDS - 1 - item[order], said[order], wrong[order])
    other = compare_words(backwards, ONE_CELL, group, tested=tested, draws=199, seed=1)
    assert other.scores[::-1].tolist() == one.scores.tolist()
    assert other.p_values[::-1].tolist() == one.p_values.tolist()
    some = np.arange(WORDS) < 5
    fewer = compare_words(Entries(unit, item, said, wrong), ONE_CELL, group, tested=some, draws=199, seed=1)
    assert (fewer.p_values[:5] <= one.p_values[:5]).all()
    assert (fewer.p_values[5:] == 1).all()


def test_words_that_are_always_or_never_wrong_are_no_evidence() -> None:
    unit, item = np.tile(np.arange(UNITS), 2), np.repeat([0, 1], UNITS)
    said = np.ones(2 * UNITS, int)
    group = np.arange(UNITS) < 15
    test = compare_words(Entries(unit, item, said, item), ONE_CELL, group, tested=np.ones(2, bool), draws=19, seed=0)
    assert test.p_values.tolist() == [1, 1]


@pytest.mark.parametrize("seed", range(5))
def test_the_parts_of_a_gap_add_up_to_it(seed: int) -> None:
    (unit, item, said, wrong), group = counts(seed, uneven=True)
    wrong = np.where(group[unit], said - wrong // 2, wrong)
    insertions = np.random.default_rng(seed).poisson(3, UNITS)
    parts = decompose(Entries(unit, item, said, wrong), insertions, ONE_CELL, group, seed=seed)
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
