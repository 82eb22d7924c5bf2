r"""Make untrusted text safe for its destination: a line on a terminal, a cell of a spreadsheet, a string in JSON."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import unicodedata
from collections.abc import Iterable
from itertools import chain
from typing import Any, Final

__all__ = [
    "RepeatedNameError",
    "csv_text",
    "first_not_finite",
    "json_fault",
    "json_line",
    "json_text",
    "plain",
    "search_name",
    "unique_keys",
]

#: Invisible characters that change the direction of surrounding text (the Trojan Source set).
_DIRECTION: Final = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
#: Characters, besides control codes and surrogates, that XML does not allow; figures are XML (SVG).
_NO_CHARACTERS: Final = "\ufffe\uffff"
#: How the titles of searches by label begin in files of schema version 1.
_NAMED: Final = "named: "
#: Characters that a terminal interprets or UTF-8 cannot encode. JSON itself escapes only codes below the space.
_ESCAPED: Final = re.compile(f"[\x7f-\x9f\u2028\u2029\ud800-\udfff{_DIRECTION}]")
#: The same and all other control codes, but for the tab and the line break.
_CONTROL: Final = re.compile(f"[\x00-\x08\x0b-\x1f]|{_ESCAPED.pattern}")
#: All of them.
_CODES: Final = re.compile(f"[\t\n]|{_CONTROL.pattern}")
#: First characters of cells that spreadsheets treat as formulas, including East Asian variants.
_FIRST: Final = "=+@\t\r\n\uff1d\uff0b\uff0d\uff20-"
#: Cells that would be run, and cells that were given an apostrophe so that they are not.
FORMULA: Final = f"^[{_FIRST}]"
PROTECTED: Final = f"^'+[{_FIRST}]"
#: Cells that get an apostrophe: also those that would otherwise look like protected ones, so that there is a way back.
_TO_PROTECT: Final = re.compile(f"'*[{_FIRST}]")


def plain(text: object) -> str:
    r"""Make untrusted text safe to print: one line, without control codes or direction marks.

    HTML is not escaped here but in the templates.

    Examples
    --------
    >>> plain("a\x1b[31m\n b")
    'a�[31m b'
    """
    characters = (_printable(character) for character in str(text) if character not in _DIRECTION)
    return " ".join("".join(characters).split())


def search_name(title: object) -> str:
    """Name a search for people; the only place where a title becomes a displayed name.

    Parameters
    ----------
    title
        Title of the search in a file.

    Returns
    -------
    str
        The columns of a search by label, else the title; safe to print.

    Examples
    --------
    >>> search_name("named: accent"), search_name("geo-tree")
    ('accent', 'geo-tree')
    """
    return plain(title).removeprefix(_NAMED)


def _printable(character: str) -> str:
    if character.isspace():
        return " "
    unprintable = unicodedata.category(character) in {"Cc", "Cs"} or character in _NO_CHARACTERS
    return "\N{REPLACEMENT CHARACTER}" if unprintable else character


def json_text(content: Any) -> str:
    r"""Return canonical JSON that is safe to show on a terminal; equal content gives equal bytes.

    Parameters
    ----------
    content
        A value for :func:`json.dumps`, without NaN.

    Returns
    -------
    str
        Indented JSON that ends in a line break. Characters that a terminal interprets are escaped; others are not.

    Examples
    --------
    >>> print(json_text({"label": "caf\u00e9 \u202e\x9b"}), end="")
    {
     "label": "café \u202e\u009b"
    }
    """
    return _shown(json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)) + "\n"


def json_line(content: Any) -> str:
    """Return one line of JSON for a file of another tool: NaN is allowed, and characters are escaped as above."""
    return _shown(json.dumps(content, ensure_ascii=False)) + "\n"


def visible(text: str) -> str:
    r"""Show control characters and direction marks of a text as escapes; line breaks and tabs stay.

    Examples
    --------
    >>> print(visible("a\x1b[31m\u202eb"))
    a\u001b[31m\u202eb
    """
    return _CONTROL.sub(_escape, text)


def visible_line(text: str) -> str:
    r"""Show a text as one line: line breaks and tabs become escapes, too.

    Examples
    --------
    >>> print(visible_line("a\tb\nrows: 0"))
    a\u0009b\u000arows: 0
    """
    return _CODES.sub(_escape, text)


def _shown(text: str) -> str:
    return _ESCAPED.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def csv_text(header: Iterable[Any], rows: Iterable[Iterable[Any]]) -> str:
    r"""Return CSV in which no cell is run as a formula by a spreadsheet; None and NaN are empty.

    Parameters
    ----------
    header
        Names of the columns.
    rows
        Rows with one cell per column.

    Returns
    -------
    str
        Lines that end in ``\n``. A cell that would be run as a formula is prefixed with an apostrophe, and so is one
        that begins with apostrophes before a formula: removing one gives the cell back.

    Examples
    --------
    >>> csv_text(["label", "rate"], [["=cmd()", -0.5], [None, float("nan")]])
    "label,rate\n'=cmd(),-0.5\n,\n"
    """
    out = io.StringIO()
    frugal, careful = (csv.writer(out, lineterminator="\n", quoting=way) for way in (csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    for row in chain([header], rows):
        cells = [_cell(value) for value in row]
        # Before Python 3.13, csv does not quote a lone carriage return, which readers treat as a line break.
        alone = any(isinstance(cell, str) and "\r" in cell for cell in cells)
        (careful if alone else frugal).writerow(cells)
    return out.getvalue()


def _cell(value: Any) -> Any:
    if value is None or value != value:
        return ""
    return f"'{value}" if is_formula(value) else value


def is_formula(value: object) -> bool:
    """Whether a cell of CSV gets an apostrophe, so that no spreadsheet runs it.

    Examples
    --------
    >>> is_formula("=1+1"), is_formula("'=1+1"), is_formula("'tis"), is_formula(-1)
    (True, True, False, False)
    """
    return isinstance(value, str) and _TO_PROTECT.match(value) is not None


class RepeatedNameError(ValueError):
    """A name occurs twice in one object of JSON, which does not say which value counts."""


def json_fault(error: Exception) -> str:
    """Describe why a text is not JSON, in place of the words of the parser.

    Examples
    --------
    >>> try:
    ...     json.loads('{"rate": }')
    ... except ValueError as error:
    ...     json_fault(error)
    'line 1, column 10: Expecting value'
    """
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}, column {error.colno}: {error.msg}"
    if isinstance(error, RepeatedNameError):
        return str(error)
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} is not UTF-8"
    return "it is nested too deeply" if isinstance(error, RecursionError) else "a number has too many digits"


def first_not_finite(content: Any, where: str) -> str | None:
    """Return where the first number of parsed JSON is that is NaN or infinite, or ``None`` if all are finite.

    Examples
    --------
    >>> first_not_finite({"settings": [{"alpha": 0.05}, {"alpha": float("nan")}]}, "model")
    'model.settings[1].alpha'
    """
    if isinstance(content, float):
        return None if math.isfinite(content) else where
    inside: Iterable[tuple[str, Any]] = ()
    if isinstance(content, dict):
        inside = ((f"{where}.{name}", value) for name, value in content.items())
    elif isinstance(content, list):
        inside = ((f"{where}[{i}]", value) for i, value in enumerate(content))
    return next((found for path, value in inside if (found := first_not_finite(value, path))), None)


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object of some pairs, as an ``object_pairs_hook`` of JSON that refuses a name given twice.

    Raises
    ------
    RepeatedNameError
        If a name occurs twice; by default, the last value would win.

    Examples
    --------
    >>> json.loads('{"errors": 1, "errors": 5}', object_pairs_hook=unique_keys)
    Traceback (most recent call last):
    ...
    fairaudit.core.text.RepeatedNameError: the name 'errors' occurs twice in one object
    """
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise RepeatedNameError(f"the name {twice!r} occurs twice in one object")
    return content
