"""The command that compares several systems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import fairaudit
from fairaudit.cli import choices
from fairaudit.cli.entries import columns_of, pairs
from fairaudit.cli.formatting import EVIDENCE, OUTPUT, SEARCHES, SYSTEM_FILE
from fairaudit.cli.groups import grouped
from fairaudit.cli.options import Identifying, Logs, Output, Rate, Sources, Words
from fairaudit.cli.places import check_folder, log_files
from fairaudit.cli.reading import BoardReading
from fairaudit.cli.steps import exit_by, look_for, reading_options, say_what_was_read, screen
from fairaudit.cli.streams import show as show_text

if TYPE_CHECKING:
    from fairaudit.inputs.log import UtteranceLog

__all__ = ["board"]


@grouped
def board(
    *,
    logs: Logs,
    hypothesis_column: Annotated[
        list[str],
        typer.Option(
            metavar="COLUMN[,COLUMN]",
            help="Columns of LOG with the hypotheses of the systems, which are their names. Without, each LOG is the "
            "log of a system. Can be repeated.",
        ),
    ] = [],  # noqa: B006 (typer copies it)
    system_column: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Column of LOG with the name of the system, if it has a row for each system."
        ),
    ] = None,
    hypotheses: Annotated[
        list[str],
        typer.Option(
            metavar=SYSTEM_FILE,
            help="File with the hypotheses of the system NAME by utterance id, in any format, for a LOG that has none. "
            "Can be repeated.",
        ),
    ] = [],  # noqa: B006 (typer copies it)
    by: Annotated[
        list[str],
        typer.Option(
            metavar="COLUMN[,COLUMN]",
            help="Label column whose labels are groups, such as accent; A,B makes intersections. Can be repeated.",
            rich_help_panel=SEARCHES,
        ),
    ] = [],  # noqa: B006 (typer copies it)
    identifying: Identifying = False,
    method: Annotated[
        list[str],
        typer.Option(
            help=f"Discoverer that finds groups on the errors of all systems: {', '.join(choices.METHODS[1:-1])}, or "
            "the name of a plug-in. Can be repeated.",
            rich_help_panel=SEARCHES,
        ),
    ] = [],  # noqa: B006 (typer copies it)
    cohorts: Annotated[
        Path | None,
        typer.Option(help="cohorts.json of an earlier audit, whose cohorts are groups.", rich_help_panel=SEARCHES),
    ] = None,
    reading: BoardReading,
    sources: Sources,
    rate: Rate = None,
    permutations: Annotated[
        int, typer.Option(help="Random draws for intervals that hold at once.", rich_help_panel=EVIDENCE)
    ] = 999,
    seed: Annotated[int, typer.Option(help="Seed of the draws and of the split.", rich_help_panel=EVIDENCE)] = 0,
    allow_identical: Annotated[
        bool,
        typer.Option(
            "--allow-identical",
            help="Allow two systems with the same results, which is an error otherwise.",
            rich_help_panel=EVIDENCE,
        ),
    ] = False,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FOLDER", help="Folder to write to.", rich_help_panel=OUTPUT),
    ] = Path("fairaudit-board"),
    show: Output,
    words: Words,
) -> None:
    """Compare several systems on the same utterances and groups.

    The report is board.html; board.md and board.tex hold its tables for wikis and papers, and board.json the same
    results for programs. If groups were found, cohorts.json holds them.

    Exit code 4 means too little evidence.
    """
    from fairaudit.api.audit import check_options
    from fairaudit.api.boards import require_number
    from fairaudit.report import board_terminal

    groupings = [columns_of("--by", entry) for entry in by]
    of_systems = _files_of_systems(hypotheses)
    inputs = [*log_files(*logs), *sources.files, *reading.files, *of_systems.values(), cohorts]
    check_folder(output, logs, inputs)
    check_options(methods=method, rate=rate, permutations=permutations, seed=seed)
    require_number(rate)
    models = [] if cohorts is None else fairaudit.read_models(cohorts)
    labels = [column for entry in groupings for column in entry]
    columns = [column for entry in hypothesis_column for column in columns_of("--hypothesis-column", entry)]
    ways = {"hypothesis_columns": columns, "system_column": system_column, "hypotheses": of_systems}
    compared = fairaudit.board(
        _systems(logs, ways, reading, sources, rate, labels, words),
        by=groupings,
        methods=method,
        models=models,
        rate=rate,
        permutations=permutations,
        seed=seed,
        identifying=identifying,
        allow_identical=allow_identical,
        **asdict(sources),
    )
    files = fairaudit.save(compared, output, unredacted=show.unredacted)
    if show.json:
        typer.echo(compared.to_json(unredacted=show.unredacted), nl=False)
    else:
        content = compared.to_dict(unredacted=show.unredacted)
        show_text(board_terminal(content, **screen(no_color=show.no_color)), nl=False)
    words.say("")
    words.say(f"wrote {', '.join(file.name for file in files)} to {output}/")
    words.say(f"next: open {output / 'board.html'}")
    exit_by(compared.verdict)


def _files_of_systems(entries: list[str]) -> dict[str, Path]:
    """Split the ``NAME=FILE`` of ``--hypotheses``."""
    from fairaudit.core.errors import UsageError

    if wrong := next((entry for entry in entries if not all(entry.partition("="))), None):
        raise UsageError(
            f"--hypotheses takes NAME=FILE, not {wrong!r}: a board compares systems, each with hypotheses of its own"
        )
    return {name: Path(file) for name, file in pairs("--hypotheses", entries).items()}


def _systems(
    logs: list[str],
    ways: Mapping[str, Any],
    reading: BoardReading,
    sources: Sources,
    rate: str | None,
    labels: list[str],
    words: Words,
) -> dict[str, UtteranceLog]:
    """Read the log of every system: from one log in one of several ways, or one for each argument."""
    from fairaudit.core.errors import UsageError
    from fairaudit.inputs.systems import read_systems

    options = reading_options(reading, sources, rate, by=labels)
    if any(ways.values()):
        look_for(*ways["hypotheses"].values())
        systems = read_systems(logs, **ways, **options)
    else:
        names = [Path(log).name for log in logs]
        stems = [Path(log).name.partition(".")[0] for log in logs]
        called = next((each for each in (stems, names, logs) if len({*each}) == len(logs)), None)
        if called is None:
            same = next(log for log in logs if logs.count(log) > 1)
            raise UsageError(f"{same} is given twice; each LOG is the log of a system")
        systems = {name: fairaudit.read_log(log, **options) for name, log in zip(called, logs, strict=True)}
    say_what_was_read(systems, options, words)
    return systems
