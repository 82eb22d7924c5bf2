"""Decide whether the texts of a log are counted in words or in characters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from fairaudit.scoring.align import Token

__all__ = ["resolve_token"]

_SAMPLE: Final = 1_000

#: Scripts written without spaces between words (Unicode blocks; Korean and Vietnamese are spaced).
_UNSPACED: Final = re.compile(
    "["
    "\u0e00-\u0eff"  # Thai, Lao
    "\u0f00-\u0fff"  # Tibetan
    "\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f"  # Myanmar
    "\u1780-\u17ff"  # Khmer
    "\u1950-\u19df\u1a20-\u1aaf"  # Tai Le, New Tai Lue, Tai Tham
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"  # iteration marks, Hiragana, Katakana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
    "]"
)


def resolve_token(texts: Sequence[str]) -> Token:
    """Choose characters if most letters belong to scripts without spaces between words, and words otherwise.

    Parameters
    ----------
    texts
        References; about a thousand, evenly spaced, are examined.

    Returns
    -------
    str
        ``"char"`` or ``"word"``; ``"word"`` also if there are no letters at all.

    Examples
    --------
    >>> resolve_token(["ok", "今日はいい天気です"]), resolve_token(["오늘은 날씨가 좋다"])
    ('char', 'word')
    """
    step = max(1, len(texts) // _SAMPLE)
    letters = [character for text in texts[::step] for character in text if character.isalpha()]
    unspaced = sum(1 for letter in letters if _UNSPACED.match(letter))
    return "char" if 2 * unspaced > len(letters) else "word"
