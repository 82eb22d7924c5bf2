r"""Tables for papers: LaTeX with the package booktabs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from fairaudit.report.views.board import board_view
from fairaudit.report.views.paper import paper_note, paper_table, searches_of
from fairaudit.report.words.wording import plain

if TYPE_CHECKING:
    from fairaudit.report.views.tables import Table
    from fairaudit.results.documents import AuditDoc, BoardDoc

__all__ = ["audit_latex", "board_latex", "latex_escaped", "latex_table"]

#: What LaTeX needs for characters that mean something to it, or that its fonts may lack.
_SPELLED: Final = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "[": "{[}",  # at the beginning of a row, it would be an option of the end of the last one
    "–": "--",
    "−": "$-$",
    "×": r"$\times$",
    "÷": r"$\div$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "°": r"$^\circ$",
    "…": r"\dots{}",
    "“": "``",
    "”": "''",
    **{character: f"\\{character}" for character in "&%$#_{}"},
}
#: A signature has no blanks; its lines can end after the bars between its settings.
_BAR: Final = _SPELLED["|"]
_BREAKABLE: Final = rf"{_BAR}\allowbreak{{}}"
_SPECIAL: Final = re.compile("|".join(map(re.escape, _SPELLED)))


def latex_escaped(text: str) -> str:
    r"""Keep a text from being read as commands.

    Examples
    --------
    >>> print(latex_escaped(r"10 % of \input{a_b}"))
    10 \% of \textbackslash{}input\{a\_b\}
    """
    return _SPECIAL.sub(lambda match: _SPELLED[match[0]], plain(text))


def latex_table(table: Table, note: str) -> str:
    r"""Lay a table out with booktabs, with its caption and a note below.

    Examples
    --------
    >>> from fairaudit.report.views.tables import Column, Row, Table
    >>> table = Table("Sizes", (Column("a", "A", numeric=False), Column("n", "n")), (Row(("x", "1")),))
    >>> print(latex_table(table, "all").splitlines()[4])
    \begin{tabular}{lr}
    """
    kinds = "".join("r" if column.numeric else "l" for column in table.columns)
    titles = " & ".join(latex_escaped(column.title) for column in table.columns)
    rows = [" & ".join(latex_escaped(cell) for cell in row.cells) for row in table.rows]
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{latex_escaped(table.caption)}}}",
            r"\small",
            rf"\begin{{tabular}}{{{kinds}}}",
            r"\toprule",
            rf"{titles} \\",
            r"\midrule",
            *(rf"{row} \\" for row in rows),
            r"\bottomrule",
            r"\end{tabular}",
            rf"\par\smallskip\footnotesize {latex_escaped(note).replace(_BAR, _BREAKABLE)}",
            r"\end{table}",
        ]
    )


def board_latex(board: BoardDoc) -> str:
    """Render a board as LaTeX: a table for each number of the systems, each with the signature.

    Parameters
    ----------
    board
        What ``board.json`` holds (schema version 1).
    """
    view = board_view(board)
    caveats = " ".join((view.sentence, view.alignment, *view.caveats))
    tables = [
        latex_table(measure.systems, f"{measure.note} {view.notes[0]} {caveats} Signature: {view.signature}")
        for measure in view.measures
    ]
    return _file(tables)


def audit_latex(audit: AuditDoc, search: str | None = None, digits: int | None = None) -> str:
    """Render the groups of an audit as LaTeX: a table for each search, with the signature.

    Parameters
    ----------
    audit
        What ``audit.json`` holds (schema version 1 or 2).
    search
        Title of a search; by default, all searches.
    digits
        Digits after the point of rates, from 0 to 3; gaps have one more. By default, percentages have one.

    Raises
    ------
    UsageError
        If no search has the title, or a number of digits is not allowed.
    """
    signature = f"Signature: {audit['signature']}"
    return _file(
        [
            latex_table(paper_table(audit, one, digits), f"{paper_note(audit, one)} {signature}")
            for one in searches_of(audit, search)
        ]
    )


def _file(tables: Sequence[str]) -> str:
    return "% Needs \\usepackage{booktabs}.\n" + "\n\n".join(tables) + "\n"
