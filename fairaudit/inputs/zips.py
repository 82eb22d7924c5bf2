"""The spellings of a zip code of the United States, which are the same in a log, a census table and a crosswalk."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

__all__ = ["FIVE_DIGITS", "LENGTH", "SPELLINGS", "read_zip"]

LENGTH: Final = 5
FIVE_DIGITS: Final = f"[0-9]{{{LENGTH}}}"
#: Other spellings, and what is cut from each. The only group of a pattern holds up to five digits; fewer have lost
#: their leading zeros. The patterns mean the same in Python and in the engine. Seven or eight digits are no zip code,
#: because other countries write theirs so, and neither are three digits before a hyphen and four.
SPELLINGS: Final[Mapping[str, str | None]] = {
    "([0-9]{1,4})": None,
    r"([0-9]{1,5})\.0+": "decimals_cut",
    "([0-9]{4,5})-[0-9]{4}": "plus4_cut",
    "([0-9]{5})[0-9]{4}": "plus4_cut",
    "(?i:860[0-9a-z]*us|zcta5 )([0-9]{5})": "names_cut",
    "'([0-9]{5})": "quotes_cut",
    '="([0-9]{5})"': "quotes_cut",
}
_PATTERNS: Final = [(re.compile(pattern), change) for pattern, change in SPELLINGS.items()]


def read_zip(text: str) -> tuple[str, str | None] | None:
    """Return the digits of a zip code and what is cut from its text, or None if it is none.

    Fewer than five digits have lost their leading zeros.

    Examples
    --------
    >>> read_zip("02139-1234"), read_zip("ZCTA5 02139"), read_zip("2139"), read_zip("21391234")
    (('02139', 'plus4_cut'), ('02139', 'names_cut'), ('2139', None), None)
    """
    if re.fullmatch(FIVE_DIGITS, text):
        return text, None
    matches = ((pattern.fullmatch(text), change) for pattern, change in _PATTERNS)
    return next(((match[1], change) for match, change in matches if match is not None), None)
