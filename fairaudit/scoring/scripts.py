"""Scripts of texts: whether words are separated by spaces, and for which normalisers the texts are suited."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Final, Self

from fairaudit.scoring import compiled
from fairaudit.scoring.compiled import buffers

if TYPE_CHECKING:
    import pyarrow as pa

    from fairaudit.scoring.align import Token

__all__ = ["LATIN", "Scripts", "join_characters", "resolve_token", "script_of", "separate_characters"]

LATIN: Final = "Latin"
#: Chinese is written in one of the scripts of Japanese.
_EAST_ASIAN: Final = "Chinese or Japanese"
#: How names of Unicode characters begin, where that is not the name of the script.
_NAMES: Final = {
    **dict.fromkeys(("CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HALFWIDTH", "IDEOGRAPHIC"), _EAST_ASIAN),
    "HANGUL": "Korean",
    "FULLWIDTH": LATIN,
    "MATHEMATICAL": LATIN,
}
#: Blocks of scripts written without spaces between words (Korean and Vietnamese are spaced).
_UNSPACED: Final = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u0f00-\u0fff"  # Tibetan
    "\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f"  # Myanmar
    "\u1780-\u17ff"  # Khmer
    "\u1950-\u19df\u1a20-\u1aaf"  # Tai Le, New Tai Lue, Tai Tham
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # iteration marks, Hiragana, Katakana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
_BEYOND_ASCII: Final = "\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u1e00-\u1eff\uff21-\uff3a\uff41-\uff5a"
_UNSPACED_LETTER: Final = re.compile(f"[{_UNSPACED}]")
_BESIDE_UNSPACED: Final = re.compile(f"(?<=[{_UNSPACED}]) +| +(?=[{_UNSPACED}])")
_UNSPACED_LETTERS: Final = re.compile(f"[{_UNSPACED}]+")
_LATIN_LETTERS: Final = re.compile(f"[A-Za-z{_BEYOND_ASCII}]+")
_OTHER_LETTERS: Final = re.compile(rf"[^\W\d_A-Za-z{_BEYOND_ASCII}{_UNSPACED}]+")
#: Anything but Latin letters, combining marks, and general punctuation and symbols.
_BEYOND_LATIN: Final = re.compile("[\u0370-\u1dff\u1f00-\u1fff\u2c00-\U0010ffff]")
_ASCII_LETTER: Final = re.compile("[A-Za-z]")
_ACCENT: Final = re.compile(f"[{_BEYOND_ASCII}\u0300-\u036f]")


@dataclass
class Scripts:
    """How much of the references of a log is written in each script. The sums do not depend on the order of rows.

    Attributes
    ----------
    references
        Number of references by script, that of most of their letters. References without letters are left out.
    words
        Number of words of the references in scripts with spaces between words.
    characters
        Number of characters of the references in scripts without spaces.
    accented
        Number of references in Latin script with letters beyond A to Z.
    strange
        Number of utterances without a correct word whose hypothesis is in another script than the reference.
    switched
        Number of references with letters of a script with spaces between words, and of one without.
    part_latin
        Number of references in Latin script that also have letters of another script.

    Examples
    --------
    >>> scripts = Scripts()
    >>> scripts.add(["good morning", "今天", "2024"])
    >>> scripts.of_kind(spaced=False), scripts.words, scripts.characters, scripts.token
    ({'Chinese or Japanese': 1}, 2, 2, 'word')
    """

    references: Counter[str] = field(default_factory=Counter)
    unspaced: set[str] = field(default_factory=set)
    words: int = 0
    characters: int = 0
    accented: int = 0
    strange: int = 0
    switched: int = 0
    part_latin: int = 0

    def add(self, references: Sequence[str]) -> None:
        """Count references."""
        has_letter = _ASCII_LETTER.search
        plain = [reference for reference in references if reference.isascii() and has_letter(reference)]
        if plain:
            self.references[LATIN] += len(plain)
            self.words += len(plain) + "".join(plain).count(" ")
        for reference in references:
            if not reference.isascii():
                self._add_one(reference)

    def add_column(self, references: pa.Array) -> None:
        """Count references in a column of type string without missing values."""
        if compiled.KERNEL is None:
            return self.add(references.to_pylist())
        texts, spaces, beyond = compiled.KERNEL.plain(*buffers(references))
        if texts:
            self.references[LATIN] += texts
            self.words += texts + spaces
        if beyond:
            self.add(references.take(beyond).to_pylist())
        return None

    def _add_one(self, reference: str) -> None:
        script, is_spaced, kinds = _script(reference)
        if script is None:
            return
        self.references[script] += 1
        self.switched += kinds[0] and any(kinds[1:])
        self.part_latin += script == LATIN and (kinds[0] or kinds[2])
        if is_spaced:
            self.words += reference.count(" ") + 1
            self.accented += script == LATIN and _ACCENT.search(reference) is not None
        else:
            self.unspaced.add(script)
            self.characters += len(reference) - reference.count(" ")

    def compare(self, references: Sequence[str], hypotheses: Sequence[str]) -> None:
        """Count hypotheses in another script, given the utterances without a correct word."""
        for reference, hypothesis in zip(references, hypotheses, strict=True):
            if not (reference.isascii() and hypothesis.isascii()):
                scripts = {script_of(reference), script_of(hypothesis)} - {None}
                self.strange += len(scripts) > 1

    def __add__(self, other: Self) -> Scripts:
        """Return the scripts of two parts of a log."""
        return Scripts(
            self.references + other.references,
            self.unspaced | other.unspaced,
            self.words + other.words,
            self.characters + other.characters,
            self.accented + other.accented,
            self.strange + other.strange,
            self.switched + other.switched,
            self.part_latin + other.part_latin,
        )

    @property
    def token(self) -> Token:
        """Characters if most of the references, in words or characters, is in scripts without spaces; else words."""
        return "char" if self.characters > self.words else "word"

    @property
    def share_of_fewer(self) -> float:
        """Share of the scripts that :attr:`token` does not suit, in words or characters of their own."""
        total = self.words + self.characters
        return min(self.words, self.characters) / total if total else 0.0

    def of_kind(self, *, spaced: bool) -> dict[str, int]:
        """Return the number of references by script with or without spaces, most frequent first."""
        numbers = sorted(self.references.items(), key=lambda entry: (-entry[1], entry[0]))
        return {script: n for script, n in numbers if (script not in self.unspaced) == spaced}


def script_of(text: str) -> str | None:
    """Return the script of most letters of a text, or None if there are no letters.

    Examples
    --------
    >>> script_of("AI 模型训练完成了"), script_of("मैं घर जा रहा हूँ"), script_of("naïve"), script_of("12:30")
    ('Chinese or Japanese', 'Devanagari', 'Latin', None)
    """
    return _script(text)[0]


def _script(text: str) -> tuple[str | None, bool, tuple[bool, bool, bool]]:
    """Return the script of most letters, whether it is written with spaces between words, and which letters there are.

    These are letters of scripts without spaces, Latin letters, and others.
    """
    latin = _LATIN_LETTERS.search(text)
    if not _BEYOND_LATIN.search(text):
        return (LATIN if latin else None), True, (False, latin is not None, False)
    unspaced, other = _UNSPACED_LETTERS.search(text), _OTHER_LETTERS.search(text)
    numbers = [0, 0, 0]
    kinds = (unspaced, _UNSPACED_LETTERS), (latin, _LATIN_LETTERS), (other, _OTHER_LETTERS)
    present = [i for i, (match, _) in enumerate(kinds) if match]
    for i in present:
        numbers[i] = len(text) - len(kinds[i][1].sub("", text)) if len(present) > 1 else 1
    n_unspaced, n_latin, n_other = numbers
    there = (unspaced is not None, latin is not None, other is not None)
    if unspaced and n_unspaced > n_latin + n_other:
        return _name(unspaced[0][0]), False, there
    if other and n_other > n_latin:
        return _name(other[0][0]), True, there
    return (LATIN if latin else None), True, there


@cache
def _name(character: str) -> str:
    first = unicodedata.name(character, "an unknown script").partition(" ")[0]
    return _NAMES.get(first, first.capitalize())


def separate_characters(text: str) -> str:
    """Put spaces around each character of scripts without spaces between words, so that words are a mixture of both.

    Examples
    --------
    >>> separate_characters("我们用Python3写code吧").split()
    ['我', '们', '用', 'Python3', '写', 'code', '吧']
    """
    return text if text.isascii() else _UNSPACED_LETTER.sub(r" \g<0> ", text)


def join_characters(text: str) -> str:
    """Remove the spaces beside characters of scripts without spaces between words.

    Examples
    --------
    >>> join_characters("我 们 用 write code 吧")
    '我们用write code吧'
    """
    return text if text.isascii() else _BESIDE_UNSPACED.sub("", text)


def resolve_token(texts: Sequence[str]) -> Token:
    """Choose characters if most of the texts is in scripts without spaces between words, and words otherwise.

    Parameters
    ----------
    texts
        References.

    Returns
    -------
    str
        ``"char"`` or ``"word"``; ``"word"`` also if there are no letters at all.

    Examples
    --------
    >>> resolve_token(["ok", "今日はいい天気です"]), resolve_token(["오늘은 날씨가 좋다"])
    ('char', 'word')
    """
    scripts = Scripts()
    scripts.add(texts)
    return scripts.token
