"""Steps of several commands: read a log, write a file, fit the terminal, exit."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

import fairaudit
from fairaudit.cli.choices import NORMALIZERS
from fairaudit.cli.entries import pairs
from fairaudit.cli.groups import asked_for, is_set
from fairaudit.cli.options import Sources, Words
from fairaudit.cli.reading import BoardReading, Reading
from fairaudit.core.verdicts import BoardVerdict, ComparisonVerdict, Outcome, Verdict

if TYPE_CHECKING:
    from fairaudit.cohorts import CohortModel
    from fairaudit.core.rate import Rate
    from fairaudit.inputs.log import UtteranceLog

__all__ = [
    "INSUFFICIENT_EVIDENCE",
    "exit_by",
    "look_for",
    "note_unused",
    "read",
    "read_tables",
    "reading_options",
    "say_what_was_read",
    "screen",
    "warn_of_unused_tables",
    "write",
]

INSUFFICIENT_EVIDENCE = 4
_UNEVEN_ERRORS = 6


def look_for(*paths: Path | None) -> None:
    """Fail if one of the files does not exist."""
    for path in paths:
        if path is not None:
            path.stat()


def read(
    logs: list[str],
    reading: Reading,
    sources: Sources,
    words: Words,
    rate: str | Rate | None = None,
    jobs: int = 1,
    **needed: Sequence[str],
) -> UtteranceLog:
    """Read the log as the options say, with the columns of the rate. Only a log to audit is scored twice.

    Side tables, and the columns that options name (``needed``), are looked for first, so that a wrong name shows before
    a long log is read.
    """
    options = reading_options(reading, sources, rate, **needed)
    if options.get("engine") == "embedded":
        note_unused(words, "the log is read in this process (--engine dask)", scheduler=options["scheduler"])
    log = fairaudit.read_log(logs, jobs=jobs, **options)
    say_what_was_read({"": log}, options, words)
    return log


def reading_options(
    reading: BoardReading, sources: Sources, rate: str | Rate | None, **needed: Sequence[str]
) -> dict[str, Any]:
    """Return the options of :func:`fairaudit.read_log`, after a look for side tables."""
    from fairaudit.api.side_tables import SideTables
    from fairaudit.core.rate import columns_of

    look_for(*sources.files)
    options = {"second_normalizer": "off"} | asdict(reading)
    if not options.pop("no_wrong_words", True):
        options["wrong_words"] = options["engine"] == "embedded"  # workers sum the log, and keep no words
    return options | {
        "columns": pairs("--column", options.pop("column")),
        "where": pairs("--where", options["where"]),
        "counts": columns_of(rate),
        "needed": needed | {"": SideTables(**asdict(sources)).columns},
    }


def say_what_was_read(logs: Mapping[str, UtteranceLog], options: Mapping[str, Any], words: Words) -> None:
    """Print what became of the rows of logs, which have names if they are several, and refuse other settings."""
    from fairaudit.core.text import plain

    for name, log in logs.items():
        _refuse_other_settings(log, options)
        quality = log.quality
        left_out = f", {quality.rows_left_out:,} left out" if quality.rows_left_out else ""
        words.say(
            f"{plain(name)}: " * bool(name) + f"read {quality.rows_in:,} rows: {quality.rows_used:,} used, "
            f"{quality.rows_quarantined:,} quarantined{left_out}"
        )
    qualities = [log.quality for log in logs.values()]
    exact = {join.note: join.sentence for quality in qualities for join in quality.joins}  # results round these numbers
    notes = [exact.get(note, note) for quality in qualities for note in quality.notes]
    notes += [join.examples for quality in qualities for join in quality.joins if join.examples]
    for note in dict.fromkeys(notes):
        words.say(f"note: {note}")
    for caveat in dict.fromkeys(caveat for quality in qualities for caveat in quality.caveats):
        words.say(f"caution: {caveat}")


def _refuse_other_settings(log: UtteranceLog, options: Mapping[str, Any]) -> None:
    """Refuse options with which the log was not scored. They may be defaults, which only a command knows were given."""
    from fairaudit.core.errors import UsageError
    from fairaudit.core.settings import options_of
    from fairaudit.inputs.choices import conflict

    if "/" in (log.normalizer or "") and is_set("normalizer") and options["normalizer"] in NORMALIZERS:
        raise UsageError(conflict(log.name, "normalizer", options["normalizer"], log.normalizer))
    for name, made in options_of(log.scoring).items():
        if is_set(name) and options[name] not in ("auto", made):
            raise UsageError(conflict(log.name, name, options[name], made))


def warn_of_unused_tables(sources: Sources, models: Sequence[CohortModel]) -> None:
    """Warn of side tables that no frozen cohorts are assigned by."""
    from fairaudit.api.side_tables import SideTables

    SideTables(**asdict(sources)).warn_of_unused(model.keys for model in models)


def read_tables(sources: Sources, log: UtteranceLog, words: Words) -> dict[str, Any]:
    """Read the side tables once, for several calls of :func:`fairaudit.assign`, and print what is doubtful in them."""
    from fairaudit.api.side_tables import SideTables

    tables = SideTables(**asdict(sources)).read(log)
    for table in (tables.census, tables.embeddings):
        for caveat in getattr(table, "caveats", ()):
            words.say(f"caution: {caveat}")
    return {"census": tables.census, "embeddings": tables.embeddings}


def note_unused(words: Words, why: str, **given: object) -> None:
    """Say which options have no effect, of those that were given; settings of a file are for other commands as well."""
    if names := [f"--{name.replace('_', '-')}" for name, value in given.items() if value and asked_for(name)]:
        words.say(f"note: {', '.join(names)} {'has' if len(names) == 1 else 'have'} no effect: {why}")


def screen(*, no_color: bool) -> dict[str, Any]:
    """Width of the terminal, and whether to print colours (see https://no-color.org); a dumb terminal has none."""
    width = max(60, min(shutil.get_terminal_size((100, 24)).columns, 140))
    refused = no_color or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return {"width": width, "color": sys.stdout is not None and sys.stdout.isatty() and not refused}


def write(path: Path, content: str | bytes, words: Words, *, private: bool = False) -> None:
    """Write a file, completely or not at all, and say so. A file of a run remains one; see :func:`check_places`."""
    from fairaudit.core.files import write_atomically
    from fairaudit.core.progress import report
    from fairaudit.core.runs import refresh, run_of

    report("writing files")
    if run_of(path):
        refresh(path, content)
    else:
        write_atomically(path, content, private=private)
    words.say(f"wrote {path}")


def exit_by(verdict: Verdict | BoardVerdict | ComparisonVerdict | Outcome) -> None:
    """Exit with 4 if there was too little evidence, and with 6 if errors are uneven, but it is unclear for whom."""
    if verdict == Verdict.INSUFFICIENT:
        raise typer.Exit(INSUFFICIENT_EVIDENCE)
    if verdict == Verdict.UNEVEN:
        raise typer.Exit(_UNEVEN_ERRORS)
