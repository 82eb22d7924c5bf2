"""Say which words go wrong most often in a log, whoever says them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from fairaudit.auditing.wrong_words import counts_words
from fairaudit.core.verdicts import too_many_unknown
from fairaudit.results.drivers import unknown_speakers
from fairaudit.results.overall_words import CommonInsertion, CommonWord, OverallWords
from fairaudit.scoring.align import written
from fairaudit.units.wrong_words import HasWords, ItemKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fairaudit.core.rate import Rate
    from fairaudit.units.build import SpeakerTable
    from fairaudit.units.tally import Log
    from fairaudit.units.wrong_words import WrongWords

__all__ = ["overall_words_of"]

#: Most words and inserted texts that are listed, and texts that a word becomes.
_MOST_WORDS: Final = 50
_MOST_INSERTED: Final = 20
_MOST_HEARD: Final = 3


def overall_words_of(log: Log, rate: Rate, sampling_unit: str, table: SpeakerTable) -> OverallWords | None:
    """List the words that most errors of a log are in, and the texts that are inserted most often.

    Words and texts are listed if at least 11 sampling units have them. Nothing is tested.

    Parameters
    ----------
    log
        The log.
    rate
        The rate of the audit.
    sampling_unit
        Column of the sampling unit.
    table
        The sampling units of the log.

    Returns
    -------
    OverallWords or None
        ``None`` if the log does not hold its words, if the rate does not count them, if there are no errors, or if the
        speakers of too many utterances are unknown to count who says a word.
    """
    unknown = too_many_unknown(unknown_speakers(table.totals), round(table.totals.get("utterances", 0.0)))
    if not isinstance(log, HasWords) or not log.has_words or not counts_words(rate) or unknown:
        return None
    rows = log.distinct([sampling_unit])
    everybody = np.zeros(rows.num_rows, dtype=np.int64)
    words = log.wrong_words(rows, everybody, np.arange(rows.num_rows))
    return None if words is None else _listed(words)


def _listed(words: WrongWords) -> OverallWords | None:
    """Return the words and texts with the most errors, of sums over one cell."""
    n_items = len(words.names)
    said, wrong = (_of_items(words.spoken.item, times, n_items) for times in words.spoken.times.T)
    is_word = words.kinds == ItemKind.WORD
    insertions = int(words.insertions.sum())
    errors = int(wrong[words.kinds != ItemKind.PHRASE].sum()) + insertions
    if not errors:
        return None
    all_said = int(said[words.kinds != ItemKind.PHRASE].sum())
    confused = _of_items(words.confused.item, words.confused.times, len(words.confusions))
    inserted = _of_items(words.inserted.item, words.inserted.times, len(words.phrases))
    worst = [i for i in np.argsort(-wrong, kind="stable").tolist() if is_word[i] and wrong[i]][:_MOST_WORDS]
    heard: dict[int, list[tuple[str, float]]] = {i: [] for i in worst}
    for code in np.argsort(-confused, kind="stable").tolist():
        i, text = words.confusions[code]
        if i in heard and len(heard[i]) < _MOST_HEARD:
            heard[i].append((text, float(confused[code] / wrong[i])))
    return OverallWords(
        examined=int(is_word.sum()),
        share_words=float(wrong[is_word].sum() / errors),
        share_insertions=insertions / errors,
        words=tuple(
            CommonWord(words.names[i], float(wrong[i] / said[i]), float(wrong[i] / errors), tuple(heard[i]))
            for i in worst
        ),
        inserted=tuple(
            CommonInsertion(written(words.phrases[i], words.token), float(inserted[i] / max(all_said, 1)))
            for i in np.argsort(-inserted, kind="stable").tolist()[:_MOST_INSERTED]
        ),
    )


def _of_items(item: NDArray[np.int64], times: NDArray[np.int64], n_items: int) -> NDArray[np.int64]:
    return np.bincount(item, times, minlength=n_items).astype(np.int64)
