"""A board as blocks of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fairaudit.report.text.blocks import Block, Grid, Heading, Signature, Space, paragraphs

if TYPE_CHECKING:
    from fairaudit.report.views.board import BoardView

__all__ = ["board_blocks"]


def board_blocks(view: BoardView, *, pairs: bool = True) -> Iterator[Block]:
    """Give a board: the verdict, a table for each number, certain orders, and groups.

    Parameters
    ----------
    view
        What is printed of the board.
    pairs
        Whether all pairs of systems and all groups are listed, too.
    """
    yield Heading(f"{view.mark} {view.title}", tone=view.verdict)
    yield from paragraphs((view.sentence, view.alignment, *view.caveats))
    for measure in view.measures:
        yield from (Space(), Heading(measure.title, 3))
        yield from paragraphs((measure.note,))
        yield Grid(measure.systems)
    yield Space()
    yield from paragraphs(view.certain)
    if pairs:
        yield from (Space(), Heading("All pairs of systems", 3), Grid(view.pairs))
        for table in view.groups:
            yield from (Space(), Heading(table.caption, 3), Grid(table))
    yield Space()
    yield from paragraphs((*view.lines, *view.notes))
    yield Signature(view.signature)
