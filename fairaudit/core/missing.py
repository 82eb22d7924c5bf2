"""The spellings of a missing value, which are the same in every file format."""

from __future__ import annotations

from typing import Final

__all__ = ["BLANKS", "MISSING_SPELLINGS", "spells_missing"]

#: Characters without content that may be around a value.
BLANKS: Final = " \t\r\n\v\f\N{NO-BREAK SPACE}\N{IDEOGRAPHIC SPACE}\N{ZERO WIDTH SPACE}\N{ZERO WIDTH NO-BREAK SPACE}"

#: What programs and people write where a value is missing, in lower case: pandas, R, SQL, Excel, SAS and forms. In
#: places, zip codes and numbers they always mean a missing value. In ids and texts they may be real.
MISSING_SPELLINGS: Final = frozenset(
    (
        *("", "na", "n/a", "#n/a", "#na", "<na>", "na()", "nan", "-nan", "nat", "null", "<null>", "(null)", "none"),
        *("nil", "\\n", "undefined", "missing", "unknown", "-", "--", "\N{EN DASH}", "\N{EM DASH}", ".", "?"),
    )
)


def spells_missing(text: str) -> bool:
    """Whether a text is one of :data:`MISSING_SPELLINGS`, in any case and with blanks around it.

    Examples
    --------
    >>> spells_missing("NA"), spells_missing(" NaN "), spells_missing("-"), spells_missing("0"), spells_missing("Nan1")
    (True, True, True, False, False)
    """
    return text.strip(BLANKS).lower() in MISSING_SPELLINGS
