"""The command that compares several systems."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import fairaudit
from fairaudit.cli import choices
from fairaudit.cli.entries import columns_of
from fairaudit.cli.formatting import EVIDENCE, OUTPUT, SEARCHES
from fairaudit.cli.groups import grouped
from fairaudit.cli.options import Identifying, Logs, Output, Rate, Sources, Words
from fairaudit.cli.places import check_folder, log_files
from fairaudit.cli.reading import Reading
from fairaudit.cli.steps import exit_by, read, screen
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
    reading: Reading,
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
    from fairaudit.core.errors import UsageError
    from fairaudit.report import board_terminal

    groupings = [columns_of("--by", entry) for entry in by]
    if reading.hypotheses is not None:
        raise UsageError(
            "--hypotheses would give the same hypotheses to every system; score the log with those of each "
            "(fairaudit score LOG --hypotheses FILE -o SYSTEM.parquet), and compare the files of counts"
        )
    inputs = [*log_files(*logs), *sources.files, *reading.files, cohorts]
    check_folder(output, logs, inputs)
    check_options(methods=method, rate=rate, permutations=permutations, seed=seed)
    require_number(rate)
    models = [] if cohorts is None else fairaudit.read_models(cohorts)
    labels = [column for entry in groupings for column in entry]
    hypotheses = [column for entry in hypothesis_column for column in columns_of("--hypothesis-column", entry)]
    compared = fairaudit.board(
        _systems(logs, hypotheses, reading, sources, rate, labels, words),
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


def _systems(
    logs: list[str],
    hypotheses: list[str],
    reading: Reading,
    sources: Sources,
    rate: str | None,
    labels: list[str],
    words: Words,
) -> dict[str, UtteranceLog]:
    """Read the log of every system: one for each column of hypotheses, or one for each argument."""
    from fairaudit.core.errors import UsageError

    if not hypotheses:
        names = [Path(log).name for log in logs]
        stems = [Path(log).name.partition(".")[0] for log in logs]
        called = next((each for each in (stems, names, logs) if len({*each}) == len(logs)), None)
        if called is None:
            same = next(log for log in logs if logs.count(log) > 1)
            raise UsageError(f"{same} is given twice; each LOG is the log of a system")
        return {
            name: read([log], reading, sources, words, rate, by=labels) for name, log in zip(called, logs, strict=True)
        }
    if twice := next((column for column in hypotheses if hypotheses.count(column) > 1), None):
        raise UsageError(f"--hypothesis-column {twice} is given twice")
    return {
        column: read(logs, reading.with_hypotheses(column), sources, words, rate, by=labels) for column in hypotheses
    }
