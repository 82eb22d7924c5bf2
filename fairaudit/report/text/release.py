"""What stands beside an audit, and a comparison by itself, on the terminal and as Markdown, in the same strings."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from fairaudit.report.text.comparison import comparison_blocks, comparison_lines, comparison_markdown
from fairaudit.report.text.gate import gate_blocks, gate_lines
from fairaudit.report.text.history import history_blocks, history_lines
from fairaudit.report.text.lines import Paint, painter
from fairaudit.report.text.markdown import capped, escaped
from fairaudit.report.views.release import ALONE, Beside, ReleaseView, release_view

__all__ = ["gates_blocks", "gates_lines", "release_blocks", "release_lines", "release_markdown", "release_terminal"]

#: Cohorts that a table on the terminal shows.
_LIMIT = 12


def release_terminal(comparison: Mapping[str, Any], beside: Beside = ALONE, *, width: int = 100) -> str:
    """Render a comparison with its rules and its history as plain text."""
    release, paint = release_view(replace(beside, comparison=comparison)), painter(False)
    lines = [*gates_lines(release, paint, width), *release_lines(release, paint, width, _LIMIT)]
    return "\n".join([*lines, str(comparison["signature"])]) + "\n"


def release_markdown(comparison: Mapping[str, Any], beside: Beside = ALONE) -> str:
    """Render a comparison with its rules and its history as Markdown of at most 60 KB."""
    release = release_view(replace(beside, comparison=comparison))
    history = history_blocks(release.history) if release.history else ()
    return capped("\n\n".join([*gates_blocks(release), comparison_markdown(comparison).rstrip("\n"), *history]) + "\n")


def gates_lines(release: ReleaseView, paint: Paint, width: int) -> Iterator[str]:
    """Lines for a terminal: rules and what came of them."""
    for gate in release.gates:
        yield from gate_lines(gate, paint, width)
        yield ""


def gates_blocks(release: ReleaseView) -> Iterator[str]:
    """Blocks of Markdown: rules and what came of them."""
    for gate in release.gates:
        yield f"# {escaped(gate.title)}"
        yield from gate_blocks(gate)


def release_lines(release: ReleaseView, paint: Paint, width: int, limit: int) -> Iterator[str]:
    """Lines for a terminal: the last release and all releases."""
    if release.comparison:
        yield from comparison_lines(release.comparison, paint, width, limit)
        yield from textwrap.wrap(release.side, width)
    if release.history:
        yield from ("", *history_lines(release.history, paint, width))


def release_blocks(release: ReleaseView) -> Iterator[str]:
    """Blocks of Markdown: the last release and all releases."""
    comparison = release.comparison
    if comparison:
        yield f"{escaped(f'{comparison.mark} {comparison.title}')}. {escaped(release.side)}"
        yield from comparison_blocks(comparison)
    if release.history:
        yield from history_blocks(release.history)
