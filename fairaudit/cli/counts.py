"""The commands that keep counts instead of texts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

import fairaudit
from fairaudit.cli.entries import columns_of
from fairaudit.cli.formatting import EVIDENCE, LOG, OUTPUT, SEARCHES
from fairaudit.cli.groups import grouped
from fairaudit.cli.options import Logs, Rate, Sources, Words
from fairaudit.cli.places import check_places, log_files
from fairaudit.cli.reading import AuditedReading, SummedReading
from fairaudit.cli.steps import read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fairaudit.inputs.log import UtteranceLog

__all__ = ["score", "tally"]

_PRIVATE: Final = "only you can read the file, because it holds ids of speakers"

Parquet = Annotated[Path, typer.Option("--output", "-o", help="Parquet file to write.", rich_help_panel=OUTPUT)]


@grouped
def score(*, logs: Logs, reading: AuditedReading, rate: Rate = None, output: Parquet, words: Words) -> None:
    """Count the errors of a log, one row per utterance, without texts.

    Every command takes the file in place of the log. How the log was read and scored is part of it.
    """
    log = _read(logs, reading, rate, output, words)
    fairaudit.score(log, output)
    words.say(f"wrote {output}: {len(log):,} utterances; {_PRIVATE}")


@grouped
def tally(
    *,
    logs: Logs,
    reading: SummedReading,
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN[,COLUMN]",
            help="Label columns to keep, such as accent, or bands of numbers such as age[20,40,60]. Can be repeated.",
            show_default="those that an audit may search unasked",
            rich_help_panel=SEARCHES,
        ),
    ] = None,
    quantiles: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="Column of numbers, such as latency_ms, whose quantiles an audit can then give. Can be repeated.",
            rich_help_panel=EVIDENCE,
        ),
    ] = None,
    rate: Rate = None,
    jobs: Annotated[
        int, typer.Option(help="Workers of Dask that are started on this machine.", rich_help_panel=LOG)
    ] = 1,
    output: Parquet,
    words: Words,
) -> None:
    """Sum a log over speakers, places and labels; add up such tallies.

    Every command takes the file in place of the log, except those that need utterances.
    """
    columns = [column for entry in by or () for column in columns_of("--by", entry)]
    asked = quantiles or []
    log = _read(logs, reading, rate, output, words, jobs, by=columns, quantiles=asked)
    fairaudit.tally(log, output, by=columns, quantiles=asked)
    words.say(f"wrote {output}: sums of {len(log):,} utterances; {_PRIVATE}")


def _read(
    logs: list[str],
    reading: AuditedReading,
    rate: str | None,
    output: Path,
    words: Words,
    jobs: int = 1,
    **needed: Sequence[str],
) -> UtteranceLog:
    """Read a log, after a look at the place of the output and at the rate."""
    from fairaudit.core.lazy import spare_pandas
    from fairaudit.core.rate import rate_named

    spare_pandas()
    check_places({"--output": output}, [*log_files(*logs), *reading.files])
    if rate is not None:
        rate_named(rate)
    return read(logs, reading, Sources(), words, rate, jobs, **needed)
