"""Blocks of text: what a report says, in order, before it becomes Markdown or lines on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairaudit.report.views.tables import Table

__all__ = ["Block", "Grid", "Heading", "Items", "Paragraph", "Signature", "Space", "grids", "paragraphs"]


@dataclass(frozen=True)
class Heading:
    """A heading; ``tone`` is ``"bold"`` or the verdict that colours it on a terminal."""

    text: str
    level: int = 2
    tone: str = "bold"


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; ``strong`` opens it in bold, ``indent`` sets it in on a terminal."""

    text: str
    strong: str = ""
    indent: bool = False


@dataclass(frozen=True)
class Items:
    """A list below an optional line of text."""

    items: tuple[str, ...]
    lead: str = ""
    numbered: bool = False


@dataclass(frozen=True)
class Grid:
    """A table, with its caption above it where ``captioned``."""

    table: Table
    captioned: bool = False


@dataclass(frozen=True)
class Signature:
    """The signature of a result."""

    text: str


@dataclass(frozen=True)
class Space:
    """An empty line on a terminal; Markdown has one between any two blocks."""


Block = Heading | Paragraph | Items | Grid | Signature | Space


def paragraphs(texts: Iterable[str], *, indent: bool = False) -> Iterator[Paragraph]:
    """Make a paragraph of every text that says something."""
    return (Paragraph(text, indent=indent) for text in texts if text)


def grids(*tables: Table | None) -> Iterator[Grid]:
    """Make a captioned grid of every table that is there."""
    return (Grid(table, captioned=True) for table in tables if table is not None)
