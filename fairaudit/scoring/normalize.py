"""Decide which words count as the same: the built-in normalisers, and the removal of event tags.

A change that can alter any string needs a new version in :data:`fairaudit.scoring.normalizers.NORMALIZERS`.
"""

from __future__ import annotations

import re
import string
import unicodedata
from typing import Final

__all__ = [
    "EVENT_TAG",
    "normalize_ascii_punct",
    "normalize_basic",
    "normalize_none",
    "remove_tags",
]

#: Event tags as corpora such as EdAcc write them in references: ``<LAUGH>``, ``<NO-SPEECH>``, ``<FOREIGN>``.
EVENT_TAG: Final = re.compile(r"<[A-Z_][A-Z_-]*>")


def remove_tags(text: str) -> str:
    """Remove event tags such as ``<LAUGH>`` from a reference, because a recogniser is not expected to write them.

    Examples
    --------
    >>> remove_tags("YEAH <LAUGH> I KNOW").split()
    ['YEAH', 'I', 'KNOW']
    """
    return EVENT_TAG.sub(" ", text) if "<" in text else text


def normalize_basic(text: str) -> str:
    """Fold case and remove punctuation, in every script, without splitting what readers see as one word.

    Compatibility forms are unified (NFKC) and case is folded; the Turkish capital ``İ`` becomes ``i``, but ``I`` never
    becomes a dotless ``ı``, which depends on the language. Punctuation and symbols separate words.
    Combining marks belong to their letters, so that Indic, Thai, Hebrew and vowelled Arabic words are not
    split. Apostrophes and the Hebrew geresh are kept inside a word (``don't``) and dropped at its ends.
    Points inside words (Catalan ``col·legi``, the Hebrew gershayim) and invisible format characters are removed.

    Examples
    --------
    >>> normalize_basic("“Don’t!” — said the DOGS’ owner.")
    "don't said the dogs owner"
    >>> normalize_basic("हिन्दी, में।"), normalize_basic("İstanbul")
    ('हिन्दी में', 'istanbul')
    """
    if text.isascii():  # only letters, digits and apostrophes are left of it
        text = text.lower().translate(_BASIC_CHARACTERS)
        return " ".join(filter(None, map(_bare, text.split())) if "'" in text else text.split())
    text = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES)).casefold()
    text = text.translate(_BASIC_CHARACTERS)
    if "\u0307" in text:
        text = _DOTTED_I.sub("i", text)
    words = map(_bare, unicodedata.normalize("NFKC", text).split())
    return " ".join(word for word in words if word.isalnum() or any(map(str.isalnum, word)))


def _bare(word: str) -> str:
    return word.strip("'")


class _BasicCharacters(dict[int, str]):
    """Replacement of each character in ``basic``, computed from its Unicode category on first use."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        if category[0] in "PSZ" or category == "Cc":
            replacement = " "
        elif category in ("Cf", "Me") or character in _VARIATION_SELECTORS:
            replacement = ""
        else:
            replacement = character
        self[code] = replacement
        return replacement


#: Unified before NFKC, which would decompose the acute accents, and again after it, because NFKC creates new ones (ŉ).
_APOSTROPHES: Final = dict.fromkeys(map(ord, "'’‘‛ʼʻ`´\u1ffd＇׳"), "'")
#: Case folding turns a dotted capital I into an i with another dot above.
_DOTTED_I: Final = re.compile("i\u0307+")
_VARIATION_SELECTORS: Final = frozenset(
    map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
)
_BASIC_CHARACTERS: Final = _BasicCharacters(
    {
        **_APOSTROPHES,
        ord("·"): "",  # between the letters of a Catalan word
        ord("״"): "",  # gershayim, inside Hebrew acronyms
        ord("\u200b"): " ",  # zero-width space: a format character that separates words
    }
)


def normalize_none(text: str) -> str:
    """Leave a text as it is.

    Examples
    --------
    >>> normalize_none("As written.")
    'As written.'
    """
    return text


def normalize_ascii_punct(text: str) -> str:
    """Lowercase a text and remove ASCII punctuation, as many papers do. Parts of words with a hyphen are joined.

    Examples
    --------
    >>> normalize_ascii_punct("“Don't!” – U-Bahn, S.B.B.")
    '“dont” – ubahn sbb'
    """
    return text.lower().translate(_NO_ASCII_PUNCTUATION)


_NO_ASCII_PUNCTUATION: Final = dict.fromkeys(map(ord, string.punctuation))
