"""Markdown as GitHub shows it: somebody else's text stays text."""

from __future__ import annotations

import re
from typing import Final

from fairaudit.report.views.tables import Table
from fairaudit.report.words.wording import plain

__all__ = ["capped", "escaped", "markdown_table"]

#: Characters that could begin markup: of Markdown, of HTML, of an address that becomes a link.
_MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>#|~$&!]|(?<=http):|(?<=https):|(?<=www)\.)")


def escaped(text: str) -> str:
    r"""Keep a text from being read as markup.

    Examples
    --------
    >>> print(escaped("<b> a|b *c* www.d.e"))
    \<b\> a\|b \*c\* www\.d.e
    """
    return _MARKUP.sub(r"\\\1", plain(text))


def markdown_table(table: Table) -> str:
    """Lay a table out; columns of numbers are set to the right.

    Examples
    --------
    >>> from fairaudit.report.views.tables import Column, Row
    >>> print(markdown_table(Table("", (Column("a", "A", numeric=False), Column("n", "n")), (Row(("x", "1")),))))
    | A | n |
    |:--|--:|
    | x | 1 |
    """
    lines = [
        "| " + " | ".join(escaped(column.title) for column in table.columns) + " |",
        "|" + "|".join("--:" if column.numeric else ":--" for column in table.columns) + "|",
        *("| " + " | ".join(map(escaped, row.cells)) + " |" for row in table.rows),
    ]
    return "\n".join(lines)


def capped(text: str, most: int = 60_000) -> str:
    r"""Cut a text at the end of a line so that it has at most so many bytes, and say so.

    Examples
    --------
    >>> capped("first\nsecond\nthird\n", most=60)
    'first\nsecond\nthird\n'
    """
    if len(text.encode()) <= most:
        return text
    note = "\n*Cut here: the whole is in the JSON file.*\n"
    kept = text.encode()[: most - len(note.encode())].decode(errors="ignore")
    return kept[: kept.rfind("\n") + 1] + note
