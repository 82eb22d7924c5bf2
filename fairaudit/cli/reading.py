"""The options of reading a log, which almost all commands share."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, ClassVar

import typer

from fairaudit.cli import choices
from fairaudit.cli.choices import Choices
from fairaudit.cli.entries import pairs
from fairaudit.cli.formatting import LOG
from fairaudit.core.columns import HYPOTHESIS
from fairaudit.core.memory import DEFAULT_MEMORY

__all__ = ["AuditedReading", "BoardReading", "ExplainedReading", "Reading", "SummedReading"]


@dataclass(frozen=True)
class BoardReading:
    """How a log is read, wherever its hypotheses are."""

    panel: ClassVar[str] = LOG

    column: Annotated[
        list[str],
        typer.Option(
            metavar="NAME=THEIRS",
            help="Read the column THEIRS as NAME: speaker_id=client_id. Can be repeated.",
        ),
    ] = field(default_factory=list)
    where: Annotated[
        list[str],
        typer.Option(
            metavar="COLUMN=VALUE",
            help="Read only the rows with this value, such as model=whisper; values are compared as labels are. Can be "
            "repeated.",
        ),
    ] = field(default_factory=list)
    metadata: Annotated[
        list[Path],
        typer.Option(
            help="File with further columns by utterance or speaker id, such as utt2spk. Can be repeated.",
        ),
    ] = field(default_factory=list)
    format: Annotated[
        str,
        Choices(choices.FORMATS),
        typer.Option(
            help=f"File format; auto recognises it by the content. Others are {', '.join(choices.FORMATS[1:])}."
        ),
    ] = "auto"
    unit: Annotated[
        str,
        Choices(choices.UNITS),
        typer.Option(help="Count words or characters, or mixed: each by its script; auto looks at the references."),
    ] = "auto"
    normalizer: Annotated[
        str,
        Choices(choices.NORMALIZERS, choices.RULES),
        typer.Option(help="How texts are normalised before they are scored; FILE has rules (.toml, .json)."),
    ] = "basic"
    strip_tags: Annotated[
        bool, typer.Option("--strip-tags", help="Remove event tags such as <LAUGH> from references.")
    ] = False
    alternatives: Annotated[
        str,
        Choices(choices.ALTERNATIVES),
        typer.Option(
            help="Whether references list alternatives, { um / uh / @ } and optional (words), as in sclite. none "
            "scores all of it as text; auto as well, but stops at a slash between braces."
        ),
    ] = "auto"
    missing_hypothesis: Annotated[
        str,
        Choices(choices.MISSING_HYPOTHESIS),
        typer.Option(help="If a row has no hypothesis: stop, use an empty hypothesis, or leave the row out."),
    ] = "error"
    missing_speaker: Annotated[
        str,
        Choices(choices.MISSING_SPEAKER),
        typer.Option(
            help="If a row has no speaker: set it aside (quarantine), or count each such row as a speaker of its own. "
            "auto sets it aside, and stops if several rows have an id such as NA; keep uses such ids as they are."
        ),
    ] = "auto"
    reference_kind: Annotated[
        str,
        Choices(choices.REFERENCE_KINDS),
        typer.Option(
            help="Who wrote the references: people, or a teacher model (pseudo). auto is what a column reference_kind "
            "says, else human; rows of the other kind are left out."
        ),
    ] = "auto"
    zip_pad: Annotated[bool, typer.Option("--zip-pad", help="Restore lost leading zeros of zip codes.")] = False
    cluster: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Sampling unit that is coarser than the speaker, such as household or interview."
        ),
    ] = None
    max_quarantine: Annotated[float, typer.Option(help="Largest share of rows that may be unusable.")] = 0.01
    memory: Annotated[
        str,
        typer.Option(metavar="SIZE", help="Memory for reading and summing the log; the rest goes to temporary files."),
    ] = DEFAULT_MEMORY

    @property
    def files(self) -> tuple[Path | None, ...]:
        """Files that are joined with the log."""
        return tuple(self.metadata)


@dataclass(frozen=True)
class Reading(BoardReading):
    """How a log is read."""

    hypotheses: Annotated[
        Path | None,
        typer.Option(help="File with the hypotheses by utterance id, in any format, for a log that has none."),
    ] = None

    @property
    def files(self) -> tuple[Path | None, ...]:
        """Files that are joined with the log."""
        return self.hypotheses, *self.metadata

    def with_hypotheses(self, column: str) -> Reading:
        """Return the options that read the hypotheses from another column."""
        columns = pairs("--column", self.column) | {HYPOTHESIS: column}
        return replace(self, column=[f"{ours}={theirs}" for ours, theirs in columns.items()])


@dataclass(frozen=True)
class AuditedReading(Reading):
    """How a log is read whose gaps are measured under two normalisers."""

    second_normalizer: Annotated[
        str,
        Choices(choices.SECOND_NORMALIZERS, choices.RULES),
        typer.Option(
            help="Score again, to see whether gaps depend on the normaliser; auto is basic, or none after basic."
        ),
    ] = "auto"


@dataclass(frozen=True)
class SummedReading(AuditedReading):
    """How a log is read if only its sums are needed."""

    engine: Annotated[
        str,
        Choices(choices.ENGINES),
        typer.Option(help="Read all files in this process, or each by a worker of Dask, with the same results."),
    ] = "embedded"
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Dask scheduler, such as tcp://10.0.0.5:8786.",
            show_default="--jobs workers are started on this machine",
        ),
    ] = None


@dataclass(frozen=True)
class ExplainedReading(SummedReading):
    """How a log is read whose words are compared."""

    no_wrong_words: Annotated[
        bool,
        typer.Option(
            "--no-wrong-words", help="Do not say which words go wrong; texts that are read here are compared otherwise."
        ),
    ] = False
