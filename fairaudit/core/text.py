r"""Other people's text made safe for where it goes: a line of print, a cell of a spreadsheet, a string of JSON."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterable
from typing import Any, Final

__all__ = ["csv_text", "json_line", "json_text", "plain"]

#: Invisible characters that turn the direction of the text around them: the Trojan Source set.
_DIRECTION: Final = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
#: What XML cannot hold, in which figures are drawn, beside control codes and surrogates.
_NO_CHARACTERS: Final = "\ufffe\uffff"
#: What a terminal obeys, and what UTF-8 cannot hold; JSON itself escapes only the codes below the space.
_ESCAPED: Final = re.compile(f"[\x7f-\x9f\u2028\u2029\ud800-\udfff{_DIRECTION}]")
#: How a cell begins that a spreadsheet takes for a formula, East Asian ones included.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def plain(text: object) -> str:
    r"""Make somebody else's text safe to print anywhere: one line, no control codes, nothing that turns directions.

    Escaping for HTML is the template's work, not done here.

    Examples
    --------
    >>> plain("a\x1b[31m\n b")
    'a�[31m b'
    """
    characters = (_printable(character) for character in str(text) if character not in _DIRECTION)
    return " ".join("".join(characters).split())


def _printable(character: str) -> str:
    if character.isspace():
        return " "
    unprintable = unicodedata.category(character) in {"Cc", "Cs"} or character in _NO_CHARACTERS
    return "\N{REPLACEMENT CHARACTER}" if unprintable else character


def json_text(content: Any) -> str:
    r"""Write canonical JSON that can be shown on a terminal: equal content gives equal bytes.

    Parameters
    ----------
    content
        What :func:`json.dumps` takes, without NaN.

    Returns
    -------
    str
        Indented, UTF-8 but for what a terminal obeys, which is escaped; ends in a line break.

    Examples
    --------
    >>> print(json_text({"label": "caf\u00e9 \u202e\x9b"}), end="")
    {
     "label": "café \u202e\u009b"
    }
    """
    return _shown(json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)) + "\n"


def json_line(content: Any) -> str:
    """Write JSON as one line of other people's JSON lines: what they hold, NaN included, escaped as above."""
    return _shown(json.dumps(content, ensure_ascii=False)) + "\n"


def _shown(text: str) -> str:
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def csv_text(header: Iterable[Any], rows: Iterable[Iterable[Any]]) -> str:
    r"""Write CSV of which a spreadsheet runs no cell; None and NaN are empty.

    Parameters
    ----------
    header
        Names of the columns.
    rows
        As many cells each.

    Returns
    -------
    str
        Lines that end in ``\n``. A cell that would be run has an apostrophe before it.

    Examples
    --------
    >>> csv_text(["label", "rate"], [["=cmd()", -0.5], [None, float("nan")]])
    "label,rate\n'=cmd(),-0.5\n,\n"
    """
    out = io.StringIO()
    frugal, careful = (csv.writer(out, lineterminator="\n", quoting=way) for way in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    for row in (header, *rows):
        cells = [_cell(value) for value in row]
        # until Python 3.13 csv sees no reason to quote a lone carriage return, at which readers break the line
        alone = any(isinstance(cell, str) and "\r" in cell for cell in cells)
        (careful if alone else frugal).writerow(cells)
    return out.getvalue()


def _cell(value: Any) -> Any:
    if value is None or value != value:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
