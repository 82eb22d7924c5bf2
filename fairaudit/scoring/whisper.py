"""OpenAI's English normaliser, the usual choice in speech recognition, made faster without changing its output.

``whisper-en`` is the PyPI package ``whisper-normalizer`` (extra ``whisper``). The package passes every text through
some seventy regular expressions and a number parser, although most texts contain nothing that these could match.
Here a stage runs only if a cheap test, *necessary* for the stage to change anything, succeeds. The output is therefore
the same; ``tests/scoring/test_whisper.py`` compares the two.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from fairaudit.core.errors import UsageError

if TYPE_CHECKING:
    from whisper_normalizer.english import EnglishTextNormalizer

__all__ = ["whisper_english"]

#: Releases whose English normaliser was reviewed and is identical. Other releases run without gates.
_GATED_RELEASES: Final = frozenset({"0.1.10", "0.1.11", "0.1.12", "0.1.13", "0.1.14", "0.1.15"})


def whisper_english() -> tuple[Callable[[str], str], str]:
    """Load the installed English normaliser, with gates if they were written for the installed release.

    Returns
    -------
    tuple of callable and str
        The normaliser, and the version of its package.

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
    from importlib import metadata

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python warns about invalid escapes in the package when it compiles it
            from whisper_normalizer.english import EnglishTextNormalizer

            plain = EnglishTextNormalizer()
    except ImportError as error:
        raise UsageError(
            "normalizer 'whisper-en' needs a package that is not installed: pip install 'fairaudit-asr[whisper]'"
        ) from error
    version = metadata.version("whisper-normalizer")
    return (GatedEnglish(plain) if version in _GATED_RELEASES else plain), version


class GatedEnglish:
    """``EnglishTextNormalizer`` with its stages in the same order, each run only if it could change the text.

    Parameters
    ----------
    plain
        The normaliser to reproduce. Its tables and its number parser are used directly.
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
        # "and" joins numbers; a text with no other number word passes unchanged.
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
        """Parse each run of number words separately.

        The parser keeps no state after a word that is not part of a number. It treats such a word like the end of the
        text, so that separate runs cannot influence each other.
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
    """Replacement of each character of a decomposed (NFKD) text, taken from the package on first use."""

    def __missing__(self, code: int) -> str:
        from whisper_normalizer.basic import remove_symbols_and_diacritics

        self[code] = replacement = str(remove_symbols_and_diacritics(chr(code), keep=".%$¢€£"))
        return replacement


def _required_text(pattern: str) -> str:
    """Return a text that any match of the pattern contains, or an empty text if none is obvious."""
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
