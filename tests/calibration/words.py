"""Words that go wrong, on invented logs: ``python tests/calibration/words.py [--runs N]``.

Speakers say words of a vocabulary whose frequencies follow Zipf's law, each with an error rate of its own, and speakers
differ. Words become other words, are left out, or have a word inserted after them. One speaker in five is in the group,
or three in ten utterances of each speaker if speakers are on both sides.

- noise: how many lists have any word in them (at most 5 of 100 may, and 11 of 100 by chance).
- 40 words are wrong more often for the group: the share of them that is listed, and the share of the list that is not
  among them. Phrases count by their words.
- harder text, worse acoustics, or both: the part of each in the gap, against the truth.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from multiprocessing import Pool

import numpy as np
import pandas as pd

import fairaudit
from fairaudit.auditing.word_comparison import WordComparison
from fairaudit.auditing.word_lists import INSIDE, OUTSIDE, WordLists
from fairaudit.cohorts.rules import Group
from fairaudit.core.verdicts import MeasuredOn
from fairaudit.evidence.plan import Plan
from fairaudit.results.wrong_words import GroupWords

SHUFFLES = 199
_VOCABULARY, _UTTERANCES, _LENGTH, _PLANTED = 300, 40, 8, 40


@dataclass(frozen=True)
class World:
    """How the group differs.

    Attributes
    ----------
    planted
        Odds of an error in planted words, as a multiple of those of the others.
    harder
        How much more often the group says words that are often wrong: the exponent of a word's error rate.
    acoustics
        Odds of an error in any word, as a multiple of those of the others.
    on_both_sides
        Whether utterances are in the group, not speakers.
    sessions
        Standard deviation of the log-odds of a speaker on one side, around those of the speaker.
    """

    planted: float = 1.0
    harder: float = 0.0
    acoustics: float = 1.0
    on_both_sides: bool = False
    sessions: float = 0.0


WORLDS: Mapping[str, World] = {
    "noise": World(),
    "40 words, odds × 4": World(planted=4),
    "40 words, odds × 6": World(planted=6),
    "harder text": World(harder=1.0),
    "much harder text": World(harder=2.0),
    "worse acoustics": World(acoustics=2.0),
    "both": World(harder=0.7, acoustics=1.6),
    "noise, speakers on both sides": World(on_both_sides=True),
    "noise, both sides, sessions": World(on_both_sides=True, sessions=0.5),
    "40 words, both sides, odds × 4": World(planted=4, on_both_sides=True, sessions=0.3),
}


def spell(number: int) -> str:
    """Return a word without digits."""
    return "".join(chr(97 + int(digit)) for digit in f"{number:03d}")


def simulate(world: World, seed: int, *, speakers: int = 300) -> tuple[pd.DataFrame, set[str], tuple[float, float]]:
    """Return a log, the planted words, and the parts of the gap that are due to the text and to the same words."""
    rng = np.random.default_rng([seed, 41])
    group = np.arange(speakers) < speakers // 5
    hardness = rng.normal(-2.2, 0.7, _VOCABULARY)
    planted = np.zeros(_VOCABULARY, dtype=bool)
    planted[rng.choice(150, _PLANTED, replace=False)] = True  # rarer words are not said by enough
    frequency = 1 / (np.arange(_VOCABULARY) + 10)
    shares = np.stack([frequency * np.exp(world.harder * (hardness + 2.2)), frequency])
    shares /= shares.sum(axis=1, keepdims=True)
    talker = rng.normal(0, 0.5, speakers)
    more = np.log(world.acoustics) + planted * np.log(world.planted)
    wrong = 1 / (1 + np.exp(-(hardness + talker[:, None] + group[:, None] * more)))
    said = np.stack([rng.choice(_VOCABULARY, (_UTTERANCES, _LENGTH), p=shares[0 if inside else 1]) for inside in group])
    drawn, labels = rng.random(said.shape), np.repeat(group[:, None], _UTTERANCES, axis=1)
    if world.on_both_sides:
        labels = rng.random(labels.shape) < 0.3
    session = rng.normal(0, world.sessions, (2, speakers))[labels.astype(int), np.arange(speakers)[:, None]]
    odds = hardness[said] + (talker[:, None] + session)[:, :, None] + labels[:, :, None] * more[said]
    chance = 1 / (1 + np.exp(-odds))
    becomes = (said + rng.integers(1, 4, said.shape)) % _VOCABULARY
    is_wrong = drawn < chance
    left_out, added = is_wrong & (drawn < 0.2 * chance), is_wrong & (drawn > 0.9 * chance)
    words = np.array([spell(i) for i in range(_VOCABULARY)])
    heard = np.where(is_wrong, words[becomes], words[said])
    heard = np.where(left_out, "", np.where(added, np.char.add(np.char.add(words[said], " "), words[becomes]), heard))
    rows = pd.DataFrame(
        {
            "speaker_id": np.repeat([f"s{i}" for i in range(speakers)], _UTTERANCES),
            "group": np.where(labels, "in", "out").ravel(),
            "reference": [" ".join(row) for row in words[said].reshape(-1, _LENGTH)],
            "hypothesis": [" ".join(filter(None, row)) for row in heard.reshape(-1, _LENGTH)],
        }
    )
    counts = np.stack([np.bincount(said[side].ravel(), minlength=_VOCABULARY) for side in (group, ~group)])
    spoken = counts / counts.sum(axis=1, keepdims=True)
    means = np.stack([wrong[side].mean(axis=0) for side in (group, ~group)])
    harder = ((spoken[0] - spoken[1]) * means.mean(axis=0)).sum()
    same = (spoken.mean(axis=0) * (means[0] - means[1])).sum()
    return rows, {*words[planted]}, (float(harder), float(same))


def compared(rows: pd.DataFrame, seed: int) -> GroupWords:
    """Compare the words of the group with those of the others."""
    log = fairaudit.read_log(rows, second_normalizer="off", wrong_words=True)
    cells = log.distinct(["speaker_id", "group"])
    speaker, inside = (cells.to_pandas()[name] for name in ("speaker_id", "group"))
    code, _ = pd.factorize(speaker)
    words = log.wrong_words(cells, np.arange(len(code)), code)
    assert words is not None
    about = GroupWords("", Group((0,), ""), MeasuredOn.ALL)
    is_in = (inside == "in").to_numpy()
    lists = WordLists(words, code, np.where(is_in, INSIDE, OUTSIDE)[None])
    lists.begin(0)
    return WordComparison.of(words, code, is_in).result(about, Plan(permutations=SHUFFLES, seed=seed), lists)


def measure(seed: int, *, world: World, speakers: int = 300) -> tuple[float, ...]:
    """Words and texts listed, recall, share of others in the list, part of the text (measured, true) and the gap."""
    rows, planted, (harder, same) = simulate(world, seed, speakers=speakers)
    found = compared(rows, seed)
    listed = [one.text for one in found.words]
    words = {word for text in listed for word in text.split(" ")}
    other = np.mean([planted.isdisjoint(text.split(" ")) for text in listed]) if listed else 0.0
    assert found.parts is not None
    insertions = found.parts.insertions[0]
    whole = found.parts.difference[0]
    text = found.parts.harder_words[0] / whole
    # An inserted word is no part of a word that is wrong, and so many of the errors are insertions.
    true = harder / (harder + same) * (1 - insertions / whole) if whole else 0.0
    return len(listed), len(found.inserted), len(words & planted) / len(planted), float(other), text, true, whole


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--speakers", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    seeds = range(options.first_seed, options.first_seed + options.runs)
    print(f"{options.speakers} speakers, {options.runs} logs a row, seeds from {options.first_seed}\n")
    print(
        "| world | lists with words, with texts | recall | others in the list | part of harder words, measured − true |"
    )
    print("|---|---|---|---|---|")
    with Pool(options.jobs) as pool:
        for name, world in WORLDS.items():
            runs = np.array(pool.map(partial(measure, world=world, speakers=options.speakers), seeds, chunksize=1))
            listed, inserted, recall, other, text, true, _ = runs.T
            error = text - true
            print(
                f"| {name} | {np.count_nonzero(listed)}, {np.count_nonzero(inserted)} of {len(runs)} | "
                f"{recall.mean():.2f} | {other.mean():.2f} | {np.median(error):+.3f} "
                f"(largest {np.abs(error).max():.3f}) |",
                flush=True,
            )


if __name__ == "__main__":
    main()
