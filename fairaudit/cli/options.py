"""The options that commands share: each written once, as a field of a group."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar

import typer

from fairaudit.cli import choices
from fairaudit.cli.choices import Choices
from fairaudit.cli.formatting import EVIDENCE, GENERAL, OUTPUT, SEARCHES, TABLES
from fairaudit.cli.groups import read_settings
from fairaudit.core.text import plain

__all__ = [
    "About",
    "Boundaries",
    "Cohorts",
    "Evidence",
    "Identifying",
    "Json",
    "Logs",
    "NoColor",
    "Output",
    "Rate",
    "Searching",
    "Sources",
    "Words",
]

Logs = Annotated[
    list[str],
    typer.Argument(metavar="LOG...", help="One or more files, globs or folders of files.", show_default=False),
]
Cohorts = Annotated[Path, typer.Option(help="cohorts.json of an earlier audit.")]
Boundaries = Annotated[
    Path | None,
    typer.Option(help="Map outlines (GeoJSON, shapefile, and others). US states are built in.", rich_help_panel=OUTPUT),
]
Identifying = Annotated[
    bool,
    typer.Option(
        "--identifying",
        help="Allow --by columns that identify persons, such as e-mail addresses.",
        rich_help_panel=SEARCHES,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.", rich_help_panel=OUTPUT)]
NoColor = Annotated[
    bool, typer.Option("--no-color", help="Print without colours, as with NO_COLOR=1.", rich_help_panel=OUTPUT)
]
Rate = Annotated[
    str | None,
    typer.Option(
        metavar="NAME[=COLUMN/COLUMN]",
        help=f"Rate to audit: {', '.join(choices.RATES[:-1])} or {choices.RATES[-1]}, one of [rates] in the settings "
        "file, or the ratio of two columns of numbers, such as delay=delay_ms/audio_ms or "
        "'slow=latency_ms>800/utterances'.",
        show_default="wer, cer or mer, by what the log counts",
        rich_help_panel=EVIDENCE,
    ),
]


@dataclass(frozen=True)
class Sources:
    """Tables beside the log."""

    panel: ClassVar[str] = TABLES

    census: Annotated[Path | None, typer.Option(help="Table of attributes by zip code (CSV or Parquet).")] = None
    crosswalk: Annotated[Path | None, typer.Option(help="Table that maps zip codes to ZCTAs.")] = None
    embeddings: Annotated[
        Path | None,
        typer.Option(help="Vectors of speakers or utterances (.npz, .npy, a folder, Parquet, CSV, JSON, Kaldi)."),
    ] = None

    @property
    def files(self) -> tuple[Path | None, ...]:
        """All of the tables."""
        return self.census, self.crosswalk, self.embeddings


@dataclass(frozen=True)
class Searching:
    """Which discoverers run, and how."""

    panel: ClassVar[str] = SEARCHES

    method: Annotated[
        list[str],
        typer.Option(
            help=f"Discoverer to run: {', '.join(choices.METHODS[1:])}, or the name of a plug-in; "
            "all runs those that have their inputs. Can be repeated."
        ),
    ] = field(default_factory=lambda: ["all"])
    by: Annotated[
        list[str],
        typer.Option(
            metavar="COLUMN[,COLUMN]",
            help="Label column to search, such as accent; A,B searches intersections; age[20,40,60] cuts numbers into "
            "bands at these edges, and snr[3] into 3 bands of about equal size. Can be repeated.",
            show_default="the first 12 label columns, without those of persons and recordings",
        ),
    ] = field(default_factory=list)
    identifying: Identifying = False
    min_speakers: Annotated[
        int | None, typer.Option(help="Fewest speakers of a cohort.", show_default="see fairaudit methods")
    ] = None
    max_cohorts: Annotated[
        int | None, typer.Option(help="Most cohorts of a search.", show_default="see fairaudit methods")
    ] = None
    param: Annotated[
        list[str],
        typer.Option(
            metavar="NAME=VALUE",
            help="Setting of a discoverer, as listed by fairaudit methods. Given twice, each value is searched.",
        ),
    ] = field(default_factory=list)


@dataclass(frozen=True)
class Evidence:
    """What it takes to believe a search."""

    panel: ClassVar[str] = EVIDENCE

    rate: Rate = None
    adjust: Annotated[
        list[str],
        typer.Option(
            metavar="COLUMN[,COLUMN]",
            help="Columns of material to adjust for, such as domain,device,snr[3] (snr in 3 bands).",
        ),
    ] = field(default_factory=list)
    quantiles: Annotated[
        list[str],
        typer.Option(
            metavar="COLUMN=PERCENTILE[,PERCENTILE]",
            help="Quantiles of a column of numbers for each cohort, such as latency_ms=50,90,99. Can be repeated.",
        ),
    ] = field(default_factory=list)
    holdout: Annotated[
        float | None,
        typer.Option(
            help="Share of speakers kept aside to measure gaps on, from 0.1 to 0.999.",
            show_default="a half; a third from 1,000 speakers, and more from 150,000",
        ),
    ] = None
    permutations: Annotated[int, typer.Option(help="Permutations of the whole search, at least 19.")] = 999
    alpha: Annotated[float, typer.Option(metavar="LEVEL", help="Significance level of the verdict.")] = 0.05
    seed: Annotated[int, typer.Option(help="Seed of the split, the folds and the bootstrap.")] = 0
    intervals: Annotated[
        str,
        Choices(choices.INTERVALS),
        typer.Option(help="Kind of interval; bootstrap resamples speakers, and is too narrow if they are few."),
    ] = "log-scale"
    cross_fit: Annotated[
        int | None,
        typer.Option(
            metavar="FOLDS",
            help="Also report a cross-fitted gap, in which every speaker is measured: 2 to 20 folds.",
        ),
    ] = None
    jobs: Annotated[
        int,
        typer.Option(help="Processes in which searches, or workers of Dask, run side by side, with the same results."),
    ] = 1


@dataclass(frozen=True)
class About:
    """What the head of a report says that it is about."""

    panel: ClassVar[str] = OUTPUT

    title: Annotated[str | None, typer.Option(metavar="TEXT", help="Title of the report.")] = None
    model: Annotated[str | None, typer.Option(help="Model that recognised the speech, for the report.")] = None
    release: Annotated[
        str | None,
        typer.Option(
            help="Release of the model, for the report and the history.",
            show_default="name of the first log, in the history",
        ),
    ] = None
    data: Annotated[str | None, typer.Option(help="Data set, for the report.", show_default="names of the files")] = (
        None
    )
    date: Annotated[str | None, typer.Option(metavar="DATE", help="Date of the audit, for the report.")] = None


@dataclass(frozen=True)
class Output:
    """What results look like."""

    panel: ClassVar[str] = OUTPUT

    unredacted: Annotated[
        bool, typer.Option("--unredacted", help="Keep figures of cohorts with fewer than 11 speakers.")
    ] = False
    json: Json = False
    no_color: NoColor = False


@dataclass(frozen=True)
class Words:
    """What is printed besides results."""

    panel: ClassVar[str] = GENERAL

    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no messages.")] = False
    debug: Annotated[bool, typer.Option("--debug", help="Print a traceback if there is an error.")] = False
    config: Annotated[
        Path | None,
        typer.Option(
            callback=read_settings,
            is_eager=True,
            help="Settings file.",
            show_default="fairaudit.toml, else [tool.fairaudit] of pyproject.toml, here or above",
        ),
    ] = None

    def say(self, sentence: str) -> None:
        """Print a message, which is not part of the result, to stderr."""
        if not self.quiet:
            typer.echo(plain(sentence), err=True)
