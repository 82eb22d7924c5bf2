"""The words that most errors of a log are in, and how a document holds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairaudit.results.documents import OverallWordsDoc

__all__ = ["CommonInsertion", "CommonWord", "OverallWords", "overall_words_to_dict"]


@dataclass(frozen=True)
class CommonWord:
    """A word of the references that is often wrong.

    Attributes
    ----------
    text
        The word.
    rate
        Share of the times it is said that it is substituted or deleted.
    share
        Its errors, as a share of all errors of the log.
    heard
        What it becomes, the most frequent first, with its share of these errors; an empty text if it is deleted.
    """

    text: str
    rate: float
    share: float
    heard: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class CommonInsertion:
    """A text that is often inserted, as a number per word of the references."""

    text: str
    rate: float


@dataclass(frozen=True)
class OverallWords:
    """The words that most errors of a log are in.

    Attributes
    ----------
    examined
        Number of words that at least 11 speakers say.
    share_words, share_insertions
        Shares of all errors that are in these words, and that are insertions. The rest is in words of fewer speakers
        and in words with digits.
    words, inserted
        Those with the most errors, most first.
    """

    examined: int
    share_words: float
    share_insertions: float
    words: tuple[CommonWord, ...]
    inserted: tuple[CommonInsertion, ...]


def overall_words_to_dict(words: OverallWords) -> OverallWordsDoc:
    """Return ``wrong_words.overall`` in ``audit.json``. Shares are rounded, as those of the words of groups are.

    Examples
    --------
    >>> document = overall_words_to_dict(OverallWords(1, 0.7654, 0.1, (CommonWord("to", 0.1234, 0.0567, ()),), ()))
    >>> document["share_words"], document["words"][0]["rate"], document["words"][0]["share_of_errors"]
    (0.77, 0.12, 0.057)
    """
    return {
        "examined": words.examined,
        "share_words": round(words.share_words, 2),
        "share_insertions": round(words.share_insertions, 2),
        "words": [
            {
                "text": one.text,
                "rate": round(one.rate, 2),
                "share_of_errors": round(one.share, 3),
                "becomes": [{"text": text, "share": round(share, 2)} for text, share in one.heard],
            }
            for one in words.words
        ],
        "inserted": [{"text": one.text, "per_1000": round(1000 * one.rate, 1)} for one in words.inserted],
    }
