"""Decide which words count as the same: named, versioned normalisers, and the removal of event tags.

The label of a normaliser is part of the signature of every number. A change that can alter any string needs a new
version.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

from fairaudit.core.errors import UsageError, unknown_name
from fairaudit.scoring.scripts import LATIN
from fairaudit.scoring.whisper import whisper_english

__all__ = [
    "EVENT_TAG",
    "NORMALIZERS",
    "Normalizer",
    "get_normalizer",
    "get_second_normalizer",
    "normalize_basic",
    "normalize_none",
    "normalizer_labelled",
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


@dataclass(frozen=True)
class Normalizer:
    """A named function from text to text, whose output is split at whitespace.

    Attributes
    ----------
    name
        Name by which users select it.
    version
        Changes whenever the output for any string may change.
    function
        The function that normalises a text.
    script
        Script that it is made for; None if it suits texts in any script.

    Examples
    --------
    >>> shout = Normalizer("shout", "1", str.upper)
    >>> shout("well, well"), shout.label
    ('WELL, WELL', 'shout-1')
    """

    name: str
    version: str
    function: Callable[[str], str]
    script: str | None = None

    def __call__(self, text: str) -> str:
        """Normalise one text."""
        return self.function(text)

    @property
    def label(self) -> str:
        """Name and version, as written in a signature."""
        return f"{self.name}-{self.version}"


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


#: The scripts that normalisers are made for, where they do not suit all.
_MADE_FOR: Final = {"whisper-en": LATIN}


@cache
def _whisper_en() -> Normalizer:
    function, version = whisper_english()
    return Normalizer("whisper-en", version, function, script=_MADE_FOR["whisper-en"])


#: Factories of the available normalisers, by name. A normaliser is created on request because it may need an extra.
NORMALIZERS: Final[dict[str, Callable[[], Normalizer]]] = {
    "none": lambda: Normalizer("none", "1", normalize_none),
    "basic": lambda: Normalizer("basic", "2", normalize_basic),
    "whisper-en": _whisper_en,
}


def get_normalizer(name: str) -> Normalizer:
    """Return the normaliser of a given name.

    Parameters
    ----------
    name
        ``"none"`` (words as written), ``"basic"`` (:func:`normalize_basic`) or ``"whisper-en"``
        (OpenAI's English normaliser, from the PyPI package ``whisper-normalizer``).

    Raises
    ------
    UsageError
        If the name is unknown, or the normaliser needs a package that is not installed.

    Examples
    --------
    >>> get_normalizer("basic").label
    'basic-2'
    """
    if name not in NORMALIZERS:
        raise UsageError(unknown_name("normalizer", name, NORMALIZERS))
    return NORMALIZERS[name]()


def get_second_normalizer(name: str, first: Normalizer) -> Normalizer | None:
    """Return a second normaliser, used to show how much the results depend on the first.

    Parameters
    ----------
    name
        One of :data:`NORMALIZERS`, ``"auto"`` or ``"off"``. ``"auto"`` is ``basic``, or ``none`` if ``basic`` is the
        first normaliser.
    first
        The normaliser of the audit.

    Raises
    ------
    UsageError
        If the name is unknown, or both normalisers are the same.

    Examples
    --------
    >>> get_second_normalizer("auto", get_normalizer("none")).label
    'basic-2'
    """
    if name == "off":
        return None
    if name == "auto":
        return get_normalizer("none" if first.name == "basic" else "basic")
    if name not in NORMALIZERS:
        raise UsageError(unknown_name("second normalizer", name, ["auto", "off", *NORMALIZERS]))
    if name == first.name:
        raise UsageError(f"the second normalizer must differ from the first; both are {name!r}")
    return get_normalizer(name)


def normalizer_labelled(label: str) -> Normalizer:
    """Return what is known of a normaliser that texts went through earlier; it needs no extra, and cannot normalise.

    Raises
    ------
    UsageError
        If there is no normaliser of that name.

    Examples
    --------
    >>> normalizer_labelled("whisper-en-5f86d1d8").script
    'Latin'
    """
    name, _, version = label.rpartition("-")
    if name not in NORMALIZERS:
        raise UsageError(unknown_name("normalizer", name, NORMALIZERS))
    return Normalizer(name, version, _no_longer, _MADE_FOR.get(name))


def _no_longer(text: str) -> str:
    raise NotImplementedError(f"{text!r}: the texts were normalised earlier")
