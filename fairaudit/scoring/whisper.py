"""The field's default English normaliser, with its stages run only on texts that they could change.

``whisper-en`` is PyPI's ``whisper-normalizer`` (extra ``whisper``). It passes every text through some
seventy regular expressions and a number parser, although most texts hold none of what these look for.
Here each stage stands behind a test that is cheap and *necessary* for the stage to change anything, so no
string comes out different; ``tests/scoring/test_whisper.py`` holds the two side by side.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
import warnings
from collections.abc import Callable
from importlib import metadata
from typing import TYPE_CHECKING, Final

from fairaudit.core.errors import UsageError

if TYPE_CHECKING:
    from whisper_normalizer.english import EnglishTextNormalizer

__all__ = ["whisper_english"]

#: Releases whose English normaliser has been read and is one and the same. Others run without gates.
_GATED_RELEASES: Final = frozenset({"0.1.10", "0.1.11", "0.1.12", "0.1.13", "0.1.14", "0.1.15"})


def whisper_english() -> tuple[Callable[[str], str], str]:
    """Load the installed English normaliser, gated if its release is one that the gates were written for.

    Returns
    -------
    tuple of callable and str
        The normaliser, and the version of the package that it comes from.

    Raises
    ------
    UsageError
        If ``whisper-normalizer`` is not installed.

    Examples
    --------
    >>> normalize, version = whisper_english()
    >>> normalize("Mr. Brown's colour-blind; he can't see <cough> twenty one of 'em, um, [laughs] 5%")
    'mister brown is color blind he can not see 21 of em 5%'
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the package's source holds invalid escapes, reported when first compiled
            from whisper_normalizer.english import EnglishTextNormalizer

            plain = EnglishTextNormalizer()
    except ImportError as error:
        raise UsageError(
            "normalizer 'whisper-en' needs a package that is not installed; pip install 'fairaudit-asr[whisper]'"
        ) from error
    version = metadata.version("whisper-normalizer")
    return (GatedEnglish(plain) if version in _GATED_RELEASES else plain), version


class GatedEnglish:
    """``EnglishTextNormalizer``, stage by stage in its own order, each stage behind a necessary condition.

    Parameters
    ----------
    plain
        The normaliser to be equal to; its tables and its number parser are used, not copied.
    """

    def __init__(self, plain: EnglishTextNormalizer) -> None:
        self._fillers = re.compile(plain.ignore_patterns)
        self._replacers = [
            (_required_text(pattern), re.compile(pattern), replacement)
            for pattern, replacement in plain.replacers.items()
        ]
        self._replacers_without_apostrophe = [entry for entry in self._replacers if "'" not in entry[0]]
        self._characters = _CharacterTable()
        self._numbers = plain.standardize_numbers
        self._number_words = frozenset(self._numbers.words)
        # "and" joins numbers, and passes unchanged where there are no others.
        self._number_signs = self._number_words - {"and"}
        self._spelling = plain.standardize_spellings.mapping

    def __call__(self, text: str) -> str:
        text = self._expand(text.lower())
        if "," in text:
            text = _COMMA_IN_NUMBER.sub(r"\1\2", text)
        if "." in text:
            text = _FULL_STOP.sub(r" \1", text)
        text = unicodedata.normalize("NFKD", text).translate(self._characters)
        words = text.split()
        if not self._number_signs.isdisjoint(words) or "half" in text or _DIGIT.search(text):
            words = self._write_numbers(text).split()
        text = " ".join(map(self._spelling.get, words, words))
        if _NUMBER_SYMBOL.search(text):
            text = _SYMBOL_BEFORE_NO_DIGIT.sub(r" \1", text)
            text = _PERCENT_AFTER_NO_DIGIT.sub(r"\1 ", text)
            text = _SPACES.sub(" ", text)
        return text

    def _write_numbers(self, text: str) -> str:
        """Parse each run of number words on its own.

        The parser holds no state after a word that is no part of a number, and treats such a word and the
        end of the text as the same neighbour, so that runs between them cannot see each other.
        """
        words: list[str] = []
        for is_number, run in itertools.groupby(self._numbers.preprocess(text).split(), self._is_number):
            run_words = list(run)
            words.extend(self._numbers.process_words(run_words) if is_number else run_words)
        return str(self._numbers.postprocess(" ".join(words)))

    def _is_number(self, word: str) -> bool:
        return word in self._number_words or _DIGIT.search(word) is not None

    def _expand(self, text: str) -> str:
        """Remove brackets and fillers, and write contractions and titles in full."""
        if "<" in text or "[" in text:
            text = _BRACKETS.sub("", text)
        if "(" in text:
            text = _PARENTHESES.sub("", text)
        if "mm" in text or "uh" in text or "um" in text or "mhm" in text:
            text = self._fillers.sub("", text)
        if "'" in text:
            text = _SPACE_BEFORE_APOSTROPHE.sub("'", text)
            replacers = self._replacers
        else:
            replacers = self._replacers_without_apostrophe
        for required, pattern, replacement in replacers:
            if required in text:
                text = pattern.sub(replacement, text)
        return text


class _CharacterTable(dict[int, str]):
    """What the package turns each character of a decomposed (NFKD) text into, asked once per character."""

    def __missing__(self, code: int) -> str:
        from whisper_normalizer.basic import remove_symbols_and_diacritics

        self[code] = replacement = str(remove_symbols_and_diacritics(chr(code), keep=".%$¢€£"))
        return replacement


def _required_text(pattern: str) -> str:
    """Text that must occur for the pattern to match; the empty text, which always does, if that is not plain."""
    literal = pattern.replace(r"\b", "")
    return literal if re.fullmatch(r"[a-z' ]+", literal) else ""


_BRACKETS: Final = re.compile(r"[<\[][^>\]]*[>\]]")
_PARENTHESES: Final = re.compile(r"\(([^)]+?)\)")
_SPACE_BEFORE_APOSTROPHE: Final = re.compile(r"\s+'")
_COMMA_IN_NUMBER: Final = re.compile(r"(\d),(\d)")
_FULL_STOP: Final = re.compile(r"\.([^0-9]|$)")
_DIGIT: Final = re.compile(r"\d")
_NUMBER_SYMBOL: Final = re.compile(r"[.$¢€£%]")
_SYMBOL_BEFORE_NO_DIGIT: Final = re.compile(r"[.$¢€£]([^0-9])")
_PERCENT_AFTER_NO_DIGIT: Final = re.compile(r"([^0-9])%")
_SPACES: Final = re.compile(r"\s+")
