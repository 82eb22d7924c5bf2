"""Compare the words of a group with those of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from fairaudit.auditing.word_lists import WordLists
from fairaudit.core.privacy import SUPPRESS_BELOW
from fairaudit.evidence.plan import Plan
from fairaudit.results.wrong_words import GroupWords, Heard, Inserted, WrongWord
from fairaudit.scoring.align import written
from fairaudit.stats.decomposition import Decomposition, decompose
from fairaudit.stats.wrong_words import Entries, WordTest, compare_words
from fairaudit.units.wrong_words import ItemKind, WrongWords

__all__ = ["WordComparison"]

#: Most words that are listed, inserted texts that are tested, and texts that a word becomes.
_MOST_WORDS: Final = 50
_MOST_INSERTED: Final = 50
_MOST_HEARD: Final = 3


@dataclass(frozen=True, eq=False)
class WordComparison:
    """The words of a group beside those of the others; a cell of them is what one speaker says on one side.

    The first items are those of ``words``. The others are the inserted texts that are tested: "said" are then all words
    of a cell, and "wrong" is how often the text is inserted beside them.
    """

    words: WrongWords
    speaker: NDArray[np.int64]
    inside: NDArray[np.bool_]
    texts: tuple[int, ...]
    entries: Entries

    @classmethod
    def of(cls, words: WrongWords, speaker: NDArray[np.int64], inside: NDArray[np.bool_]) -> Self:
        """Compare the cells of a mask with the others, given the code of the speaker of each, shape (n_cells,)."""
        spoken = words.spoken
        texts = _often_inserted(words.inserted.sayers(speaker, len(words.phrases)))
        beside = _beside_all_words(words, texts)
        columns = zip((spoken.cell, spoken.item, *spoken.times.T), beside, strict=True)
        return cls(words, speaker, inside, texts, Entries(*map(np.concatenate, columns)))

    @cached_property
    def n_words(self) -> int:
        """Number of items that are not inserted texts."""
        return len(self.words.names)

    @cached_property
    def most(self) -> NDArray[np.int64]:
        """All but 11 speakers in the group, and elsewhere, shape (2, 1).

        Larger numbers are not reported: they would show that nearly all of them say a word, whoever they are.
        """
        return np.array([[self.inside.sum()], [(~self.inside).sum()]]) - SUPPRESS_BELOW

    @cached_property
    def speakers(self) -> NDArray[np.int64]:
        """Number of speakers with the item in the group, and elsewhere, at most ``most``, shape (2, n_items)."""
        words = self.words
        inserted = words.inserted.cells(self.inside, len(words.phrases))
        occurs = np.hstack([words.spoken.cells(self.inside, self.n_words), inserted[:, self.texts]])
        return np.minimum(occurs, self.most)

    @cached_property
    def sums(self) -> NDArray[np.float64]:
        """How often items are said and wrong, in the group and by the others, shape (2 counts, 2 sides, n_items)."""
        cell, item, *counts = self.entries
        n, side = self.n_words + len(self.texts), 1 - self.inside[cell]
        sums = [np.bincount(side * n + item, weights=column, minlength=2 * n) for column in counts]
        return np.stack(sums).reshape(2, 2, n).astype(float)

    @cached_property
    def rates(self) -> NDArray[np.float64]:
        """Share of the times that an item is wrong, in the group and by the others, shape (2 sides, n_items)."""
        said, wrong = self.sums
        rates: NDArray[np.float64] = wrong / np.maximum(said, 1)
        return rates

    @cached_property
    def excess(self) -> NDArray[np.float64]:
        """Errors of the group beyond those at the rate of the others, shape (n_items,)."""
        (said, _), (wrong, _) = self.sums
        excess: NDArray[np.float64] = wrong - self.rates[1] * said
        return excess

    @cached_property
    def tested(self) -> NDArray[np.bool_]:
        """Which items are tested, shape (n_items,): enough speakers say them, whichever side they are on.

        A choice that depends on the sides would be another one in each shuffle. Where speakers are on both sides, 11
        can be enough.
        """
        is_named = self.words.kinds != ItemKind.RARE
        both = len(np.unique(self.speaker)) < len(self.speaker)
        enough = self.words.spoken.sayers(self.speaker, self.n_words) >= SUPPRESS_BELOW * (1 if both else 2)
        return np.append(is_named & enough, np.ones(len(self.texts), dtype=bool))

    @cached_property
    def can_be_shown(self) -> NDArray[np.bool_]:
        """Which items can be shown, shape (n_items,): at least 11 speakers of the group, and 11 others, say them.

        A text may also be inserted for none of the others.
        """
        here, there = self.speakers
        is_text = np.arange(len(here)) >= self.n_words
        shown: NDArray[np.bool_] = (here >= SUPPRESS_BELOW) & ((there >= SUPPRESS_BELOW) | (is_text & (there == 0)))
        return shown

    def result(self, about: GroupWords, plan: Plan, lists: WordLists) -> GroupWords:
        """Return what is found, given the group that it is about, as far as the lists of other groups allow."""
        test = compare_words(
            self.entries,
            self.speaker,
            self.inside,
            tested=self.tested,
            draws=plan.permutations,
            seed=plan.seed,
        )
        is_worse = (test.p_values <= plan.alpha) & (test.scores > 0) & (self.excess > 0)
        flagged = np.flatnonzero(is_worse & self.can_be_shown)
        worst = [i for i in sorted(flagged.tolist(), key=lambda i: (-self.excess[i], i)) if not self._is_pale(i, test)]
        parts = self._parts(plan.seed)
        listed = [i for i in worst if self._is_added(i, lists)]
        words = [i for i in listed if i < self.n_words][:_MOST_WORDS]
        becomes = self._becomes(words, lists)
        return replace(
            about,
            permutations=plan.permutations,
            examined=int(self.tested.sum()),
            flagged=len(worst),
            withheld=len(worst) - len(listed),
            parts=parts,
            words=tuple(self._word(i, test, parts, becomes[i]) for i in words),
            inserted=tuple(self._text(i, test) for i in listed if i >= self.n_words),
        )

    def _is_added(self, i: int, lists: WordLists) -> bool:
        if i >= self.n_words:
            return lists.add_inserted(self.texts[i - self.n_words])
        return not any(self._leaves_few(word, i) for word in self._words_of(i)) and lists.add_word(i)

    def _leaves_few(self, word: int, phrase: int) -> bool:
        """Whether 1 to 10 speakers of a side say a word elsewhere than in a phrase, which subtraction reveals."""
        elsewhere = self._times_said(word) > self._times_said(phrase)
        return any(0 < (elsewhere & side).sum() < SUPPRESS_BELOW for side in (self.inside, ~self.inside))

    def _times_said(self, i: int) -> NDArray[np.int64]:
        spoken, times = self.words.spoken, np.zeros(len(self.inside), dtype=np.int64)
        rows = slice(*np.searchsorted(spoken.item, [i, i + 1]))
        times[spoken.cell[rows]] = spoken.times[rows, 0]
        return times

    def _word(self, i: int, test: WordTest, parts: Decomposition | None, heard: tuple[Heard, ...]) -> WrongWord:
        is_word = self.words.kinds != ItemKind.PHRASE
        of = parts.difference[0] * self.sums[0, 0, : self.n_words][is_word].sum() if parts is not None else 0.0
        return WrongWord(
            text=written(self.words.names[i], self.words.token),
            is_phrase=self.words.kinds[i] == ItemKind.PHRASE,
            rate=float(self.rates[0, i]),
            rest_rate=float(self.rates[1, i]),
            excess=float(self.excess[i] / of) if of > 0 else None,
            p_value=float(test.p_values[i]),
            speakers=int(self.speakers[0, i]),
            rest_speakers=int(self.speakers[1, i]),
            heard=heard,
        )

    def _text(self, i: int, test: WordTest) -> Inserted:
        return Inserted(
            text=written(self.words.phrases[self.texts[i - self.n_words]], self.words.token),
            rate=float(self.rates[0, i]),
            rest_rate=float(self.rates[1, i]),
            p_value=float(test.p_values[i]),
            speakers=int(self.speakers[0, i]),
        )

    def _parts(self, seed: int) -> Decomposition | None:
        kinds = np.append(self.words.kinds, np.full(len(self.texts), ItemKind.PHRASE))
        entries = self.entries.where(kinds[self.entries.item] != ItemKind.PHRASE)
        return decompose(entries, self.words.insertions, self.speaker, self.inside, seed=seed)

    def _is_pale(self, i: int, test: WordTest) -> bool:
        """Whether an item is a phrase that says no more than one of its words does."""
        return any(test.scores[word] >= test.scores[i] for word in self._words_of(i))

    def _words_of(self, i: int) -> list[int]:
        """Return the items of the words of a phrase, as far as they are named; nothing of other items."""
        if i >= self.n_words or self.words.kinds[i] != ItemKind.PHRASE:
            return []
        return [self._places[word] for word in self.words.names[i].split(" ") if word in self._places]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {self.words.names[i]: int(i) for i in np.flatnonzero(self.words.kinds == ItemKind.WORD)}

    def _becomes(self, words: Sequence[int], lists: WordLists) -> dict[int, tuple[Heard, ...]]:
        """Return what words become for at least 11 speakers of the group, the most frequent first."""
        confused, n = self.words.confused, len(self.words.confusions)
        speakers, _ = confused.cells(self.inside, n)
        here = self.inside[confused.cell]
        times = np.bincount(confused.item[here], weights=confused.times[here], minlength=n)
        found: dict[int, list[Heard]] = {i: [] for i in words}
        for code in np.argsort(-times, kind="stable").tolist():
            i, text = self.words.confusions[code]
            is_wanted = i in found and speakers[code] >= SUPPRESS_BELOW and len(found[i]) < _MOST_HEARD
            if is_wanted and lists.add_heard(code):
                share = float(times[code] / self.sums[1, 0, i])
                found[i].append(Heard(text, share, int(min(speakers[code], self.most[0, 0]))))
        return {i: tuple(heard) for i, heard in found.items()}


def _often_inserted(speakers: NDArray[np.int64]) -> tuple[int, ...]:
    """Return the texts that are inserted for the most speakers, at least for 11, given their number for each text."""
    enough = np.flatnonzero(speakers >= SUPPRESS_BELOW)
    return tuple(sorted(enough[np.argsort(-speakers[enough], kind="stable")][:_MOST_INSERTED].tolist()))


def _beside_all_words(words: WrongWords, texts: Sequence[int]) -> tuple[NDArray[np.int64], ...]:
    """Return how often texts are inserted beside all words of each cell: cell, item, said and wrong."""
    spoken, inserted, n_cells = words.spoken, words.inserted, len(words.insertions)
    is_word = words.kinds[spoken.item] != ItemKind.PHRASE
    all_words = np.bincount(spoken.cell[is_word], weights=spoken.times[is_word, 0], minlength=n_cells).astype(np.int64)
    place = np.full(len(words.phrases), -1)
    place[[*texts]] = np.arange(len(texts))
    rows = place[inserted.item] >= 0
    times = np.zeros((len(texts), n_cells), dtype=np.int64)
    times[place[inserted.item[rows]], inserted.cell[rows]] = inserted.times[rows]
    items, cells = np.indices(times.shape).reshape(2, -1)
    return cells, len(words.names) + items, np.tile(all_words, len(texts)), times.ravel()
