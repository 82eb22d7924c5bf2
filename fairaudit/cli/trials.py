"""The command for speaker verification."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import fairaudit
from fairaudit.cli.entries import columns_of, pairs
from fairaudit.cli.formatting import OUTPUT
from fairaudit.cli.groups import grouped
from fairaudit.cli.options import Words
from fairaudit.cli.places import check_places
from fairaudit.cli.steps import look_for, screen, write
from fairaudit.cli.streams import show as show_text

__all__ = ["trials"]


@grouped
def trials(
    *,
    scores: Annotated[Path, typer.Argument(metavar="SCORES", help="A row for each trial: two voices and a score.")],
    labels: Annotated[
        Path | None, typer.Option(help="Table with labels of speakers, such as gender or nationality.")
    ] = None,
    by: Annotated[
        list[str],
        typer.Option(
            metavar="COLUMN[,COLUMN]",
            help="Columns of the labels to compare. Can be repeated.",
            show_default="all with 2 to 60 labels",
        ),
    ] = [],  # noqa: B006 (typer copies it)
    column: Annotated[
        list[str],
        typer.Option(
            metavar="NAME=THEIRS",
            help="Read the column THEIRS as first (who is enrolled), second, score or same: first=ref_file. Can be "
            "repeated.",
        ),
    ] = [],  # noqa: B006 (typer copies it)
    speaker_pattern: Annotated[
        str | None,
        typer.Option(
            metavar="REGEX",
            help="Part of first and second that names the speaker, such as [^/]+ in id10001/a/1.wav.",
            show_default="all of it",
        ),
    ] = None,
    distance: Annotated[bool, typer.Option("--distance", help="A low score means that the voices are alike.")] = False,
    threshold: Annotated[
        float | None,
        typer.Option(help="Score from which a trial is accepted.", show_default="that of the equal error rate"),
    ] = None,
    false_match_rate: Annotated[
        float | None,
        typer.Option(help="Choose the threshold so that at most this share of two speakers' trials is accepted."),
    ] = None,
    rejects: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write false rejects and target trials of each speaker as a CSV that audit can search. It holds ids.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="JSON file to write.", rich_help_panel=OUTPUT)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the JSON.", rich_help_panel=OUTPUT)] = False,
    words: Words,
) -> None:
    """Measure errors of speaker verification by group.

    One threshold holds for all groups. Intervals allow for both speakers of a trial, because each is in many trials.
    """
    from fairaudit.exports.outputs import frame_csv, protected_note
    from fairaudit.report import trials_terminal

    look_for(scores, labels)
    check_places({"--output": output, "--rejects": rejects}, [scores, labels])
    groupings = [name for entry in by for name in columns_of("--by", entry)]
    measured = fairaudit.trials(
        scores,
        labels=labels,
        by=groupings or None,
        columns=pairs("--column", column),
        speaker_pattern=speaker_pattern,
        distance=distance,
        threshold=threshold,
        false_match_rate=false_match_rate,
    )
    if as_json:
        typer.echo(measured.to_json(), nl=False)
    else:
        show_text(trials_terminal(measured.to_dict(), **screen(no_color=False)), nl=False)
    if output is not None:
        write(output, measured.to_json(), words)
    if rejects is not None:
        write(rejects, frame_csv(measured.rejects), words, private=True)
        words.say(f"note: only you can read {rejects.name}, because it holds ids of speakers")
        if note := protected_note([measured.rejects]):
            words.say(f"note: {note}")
        words.say(f"next: fairaudit audit {rejects} --rate fnmr=false_rejects/trials")
