"""What several commands do: read a log, write a file, fit the screen, leave."""

from __future__ import annotations

import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

import fairaudit
from fairaudit.cli.options import Reading, Words, pairs
from fairaudit.core.verdicts import ComparisonVerdict, Outcome, Verdict

if TYPE_CHECKING:
    from fairaudit.inputs.log import UtteranceLog

__all__ = ["INSUFFICIENT_EVIDENCE", "exit_by", "read", "screen", "write"]

INSUFFICIENT_EVIDENCE = 4


def read(logs: list[str], reading: Reading, words: Words) -> UtteranceLog:
    """Read the log as the options say; only what is audited is counted twice."""
    options = {"second_normalizer": "off"} | asdict(reading)
    columns = pairs("--column", options.pop("column"))
    log = fairaudit.read_log(logs, columns=columns, **options)
    quality = log.quality
    words.say(f"read {quality.rows_in:,} rows: {quality.rows_used:,} used, {quality.rows_quarantined:,} quarantined")
    for note in quality.notes:
        words.say(f"note: {note}")
    return log


def screen(*, no_color: bool) -> dict[str, Any]:
    """Width and colours of the terminal."""
    width = max(60, min(shutil.get_terminal_size((100, 24)).columns, 140))
    return {"width": width, "color": sys.stdout.isatty() and not no_color}


def write(path: Path, content: str | bytes, words: Words) -> None:
    """Write a file whole or not at all, and say so."""
    from fairaudit.core.files import write_atomically

    write_atomically(path, content)
    words.say(f"wrote {path}")


def exit_by(verdict: Verdict | ComparisonVerdict | Outcome) -> None:
    """Leave with 4 where there was too little evidence."""
    if verdict == Verdict.INSUFFICIENT:
        raise typer.Exit(INSUFFICIENT_EVIDENCE)
