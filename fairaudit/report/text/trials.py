"""Error rates of speaker verification as blocks of text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fairaudit.report.text.blocks import Block, Grid, Heading, Paragraph, Signature, Space, paragraphs

if TYPE_CHECKING:
    from fairaudit.report.views.trials import TrialsView

__all__ = ["trials_blocks"]


def trials_blocks(view: TrialsView) -> Iterator[Block]:
    """Give the rates of all trials, and a table for each column of labels."""
    yield Heading("Speaker verification", level=1)
    yield Paragraph(view.sentence)
    for table in view.tables:
        yield from (Space(), Heading(table.caption, 3), Grid(table))
    yield Space()
    yield from paragraphs(view.notes)
    yield Signature(view.signature)
