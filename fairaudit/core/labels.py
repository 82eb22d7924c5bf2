"""Compare labels by meaning: spellings that differ only in case, blanks, Unicode form or number format are one."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from fairaudit.core.missing import MISSING_SPELLINGS

__all__ = ["LEADING_ZEROS", "WHOLE", "displayed", "id_key", "label_key", "may_mean_missing"]

#: A whole number that a program wrote as a decimal, such as pandas for a column with missing cells.
WHOLE: Final = r"([+-]?[0-9]+)\.0+"
_WHOLE: Final = re.compile(WHOLE)
#: Zeros before other digits; both groups are kept.
LEADING_ZEROS: Final = "(^|[^0-9.,])0+([0-9])"
_LEADING_ZEROS: Final = re.compile(LEADING_ZEROS)
#: What forms offer instead of a label, beside the spellings of a missing value.
_NO_ANSWER: Final = frozenset(
    {
        "decline to answer", "decline to state", "declined", "n.a.", "no answer", "not available", "not given",
        "not known", "not provided", "not reported", "not specified", "not stated", "prefer not to answer",
        "prefer not to say", "refused", "unavailable", "undisclosed", "unk", "unreported", "unspecified",
    }
)  # fmt: skip
#: Casefolded Turkish letters: an i with a dot more, and one without any.
_TURKISH: Final = re.compile("i\N{COMBINING DOT ABOVE}|\N{LATIN SMALL LETTER DOTLESS I}")


def label_key(label: object) -> str:
    r"""Return a text that is equal for spellings of the same label, and empty for a label without any content.

    Spellings are equal if they differ only in case (also Turkish İ, I, ı, i), in blanks around and between words
    (also non-breaking and full-width ones), in Unicode form (composed or decomposed, full-width or not), in invisible
    characters, or if one is a whole number written as a decimal (``30`` and ``30.0``). Accents and punctuation matter.
    Synonyms, such as ``f`` and ``female``, stay different labels.

    Parameters
    ----------
    label
        The label; other values than texts are compared as text, so ``True`` equals ``"true"``.

    Examples
    --------
    >>> label_key("Female "), label_key("\uff26emale\u00a0"), label_key(30.0), label_key(True), label_key(" ")
    ('female', 'female', '30', 'true', '')
    >>> label_key("Que\u0301bec") == label_key("QU\u00c9BEC"), label_key("Quebec") == label_key("Qu\u00e9bec")
    (True, False)
    """
    text = str(label)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = "".join(c for c in text if unicodedata.category(c) != "Cf")
        text = unicodedata.normalize("NFKC", _TURKISH.sub("i", text.casefold()))
    text = " ".join(text.casefold().split())
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else text


def id_key(one: object) -> str:
    """Return a text that is equal for ids that may be spellings of one: as :func:`label_key`, without leading zeros.

    Examples
    --------
    >>> {id_key(one) for one in ("S01", "s1 ", "s001")}, {id_key(one) for one in ("7", "007", "7.0")}
    ({'s1'}, {'7'})
    """
    return _LEADING_ZEROS.sub(r"\1\2", label_key(one))


#: The same labels as spellings of a missing value. Each may also be a label.
_MISSING_KEYS: Final = frozenset(map(label_key, MISSING_SPELLINGS)) - {""}


def may_mean_missing(label: object) -> bool:
    """Whether a label may mean that no label was given, such as ``unknown``, ``N/A`` or ``nan``.

    It may also be a label, such as ``NA`` for Namibia or ``none`` for no hearing aid. It is therefore never dropped.

    Examples
    --------
    >>> may_mean_missing("Prefer not to say"), may_mean_missing("other")
    (True, False)
    """
    key = label_key(label)
    return key in _NO_ANSWER or key in _MISSING_KEYS


def displayed(spellings: Mapping[str, int]) -> dict[str, str]:
    """Choose the spelling under which each label is shown: the most frequent one, without surplus blanks.

    Parameters
    ----------
    spellings
        Number of utterances of each spelling.

    Returns
    -------
    dict of str to str
        The displayed spelling of every spelling whose label has several. Ties are broken by code points.

    Examples
    --------
    >>> displayed({"female": 5, "Female": 3, "female ": 2, "male": 9, "MALE": 1})["MALE"]
    'male'
    >>> displayed({"female": 5, "male": 9})
    {}
    """
    labels: dict[str, list[str]] = {}
    for spelling in spellings:
        labels.setdefault(label_key(spelling), []).append(spelling)
    return {
        spelling: _most_frequent(alike, spellings) for alike in labels.values() if len(alike) > 1 for spelling in alike
    }


def _most_frequent(alike: Sequence[str], spellings: Mapping[str, int]) -> str:
    """Return the most frequent of some spellings, which are counted after surplus blanks are removed."""
    totals: Counter[str] = Counter()
    for spelling in alike:
        totals[" ".join(unicodedata.normalize("NFC", spelling).split())] += spellings[spelling]
    return min(totals, key=lambda tidy: (-totals[tidy], tidy))
