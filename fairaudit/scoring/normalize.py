"""What counts as the same word: named, versioned normalisers, and the removal of event tags.

A normaliser's label is part of every number's signature. A change that can alter one string is a new version.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

from fairaudit.core.errors import UsageError, unknown_name
from fairaudit.scoring.whisper import whisper_english

__all__ = [
    "EVENT_TAG",
    "NORMALIZERS",
    "Normalizer",
    "get_normalizer",
    "get_second_normalizer",
    "normalize_basic",
    "remove_tags",
]

#: Event tags as corpora such as EdAcc write them in references: ``<LAUGH>``, ``<NO-SPEECH>``, ``<FOREIGN>``.
EVENT_TAG: Final = re.compile(r"<[A-Z_][A-Z_-]*>")


def remove_tags(text: str) -> str:
    """Take event tags such as ``<LAUGH>`` out of a reference; the recogniser was not asked to write them.

    Examples
    --------
    >>> remove_tags("YEAH <LAUGH> I KNOW").split()
    ['YEAH', 'I', 'KNOW']
    """
    return EVENT_TAG.sub(" ", text) if "<" in text else text


@dataclass(frozen=True)
class Normalizer:
    """A function from text to text whose output is split at whitespace, with the name it is known by.

    Attributes
    ----------
    name
        What the user asks for.
    version
        Changes whenever any string may come out different.
    function
        The normalisation itself.

    Examples
    --------
    >>> shout = Normalizer("shout", "1", str.upper)
    >>> shout("well, well"), shout.label
    ('WELL, WELL', 'shout-1')
    """

    name: str
    version: str
    function: Callable[[str], str]

    def __call__(self, text: str) -> str:
        """Normalise one text."""
        return self.function(text)

    @property
    def label(self) -> str:
        """Name and version, as they stand in a signature."""
        return f"{self.name}-{self.version}"


def normalize_basic(text: str) -> str:
    """Lower case without punctuation, for every script: words stay whole wherever people see one word.

    Compatibility forms are unified (NFKC), case is folded, punctuation and symbols separate words.
    Combining marks belong to their letters, so that Indic, Thai, Hebrew and vowelled Arabic words are not
    split. Apostrophes and the Hebrew geresh are kept inside a word (``don't``) and dropped at its ends;
    points inside words (Catalan ``col·legi``, the Hebrew gershayim) and invisible format characters vanish.

    Examples
    --------
    >>> normalize_basic("“Don’t!” — said the DOGS’ owner.")
    "don't said the dogs owner"
    >>> normalize_basic("हिन्दी, में।")
    'हिन्दी में'
    """
    if text.isascii():
        text = text.lower().translate(_BASIC_CHARACTERS)
    else:
        text = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES)).casefold()
        text = unicodedata.normalize("NFKC", text.translate(_BASIC_CHARACTERS))
    words = [word.strip("'") for word in text.split()]
    return " ".join(word for word in words if word.isalnum() or any(map(str.isalnum, word)))


class _BasicCharacters(dict[int, str]):
    """What ``basic`` turns a character into, worked out from its Unicode category when first met."""

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


#: Unified before NFKC, which would take the acute accent apart, and after it, since it brings new ones (ŉ).
_APOSTROPHES: Final = dict.fromkeys(map(ord, "'’‘‛ʼʻ`´＇׳"), "'")
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


def _same(text: str) -> str:
    return text


@cache
def _whisper_en() -> Normalizer:
    function, version = whisper_english()
    return Normalizer("whisper-en", version, function)


#: What there is, by name; a normaliser is made when it is asked for, since it may need an extra.
NORMALIZERS: Final[dict[str, Callable[[], Normalizer]]] = {
    "none": lambda: Normalizer("none", "1", _same),
    "basic": lambda: Normalizer("basic", "1", normalize_basic),
    "whisper-en": _whisper_en,
}


def get_normalizer(name: str) -> Normalizer:
    """Look a normaliser up by its name.

    Parameters
    ----------
    name
        ``"none"`` (words as they are written), ``"basic"`` (:func:`normalize_basic`) or ``"whisper-en"``
        (OpenAI's English normaliser as PyPI's ``whisper-normalizer`` packages it).

    Raises
    ------
    UsageError
        If the name is unknown, or what it names needs a package that is not installed.

    Examples
    --------
    >>> get_normalizer("basic").label
    'basic-1'
    """
    if name not in NORMALIZERS:
        raise UsageError(unknown_name("normalizer", name, NORMALIZERS))
    return NORMALIZERS[name]()


def get_second_normalizer(name: str, first: Normalizer) -> Normalizer | None:
    """Look up the normaliser that tells how much depends on the first.

    Parameters
    ----------
    name
        One of :data:`NORMALIZERS`; ``"auto"`` for ``basic``, or ``none`` where ``basic`` is the first; ``"off"``.
    first
        The one that the audit counts with.

    Raises
    ------
    UsageError
        If the name is unknown, or that of the first.

    Examples
    --------
    >>> get_second_normalizer("auto", get_normalizer("none")).label
    'basic-1'
    """
    if name == "off":
        return None
    if name == "auto":
        return get_normalizer("none" if first.name == "basic" else "basic")
    if name not in NORMALIZERS:
        raise UsageError(unknown_name("second normalizer", name, ["auto", "off", *NORMALIZERS]))
    if name == first.name:
        raise UsageError(f"the second normalizer is to be another than the first; both are {name!r}")
    return get_normalizer(name)
