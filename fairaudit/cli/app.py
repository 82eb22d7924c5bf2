"""The program: its commands by group, each built when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final

import typer

import fairaudit
from fairaudit.cli import audits, boards, counts, examples, export, lookup, review, targets, trials
from fairaudit.cli.formatting import GENERAL, Command, Commands
from fairaudit.cli.groups import flattened

__all__ = ["app"]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"fairaudit {fairaudit.__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version.", rich_help_panel=GENERAL),
    ] = False,
) -> None:
    """Find groups of speakers with higher error rates in speech recognition, and measure how sure we are."""


#: The commands by group, each with an example, in the order of the help.
_COMMANDS: Final[dict[str, dict[Callable[..., None], str]]] = {
    "Audit a log": {
        audits.demo: "fairaudit demo",
        audits.validate: "fairaudit validate log.csv --census census.csv",
        audits.audit: "fairaudit audit log.csv --census census.csv -o audit",
        audits.discover: "fairaudit discover log.csv --method named --by accent",
        review.report: "fairaudit report audit/audit.json -o audit.md",
    },
    "Compare systems": {
        boards.board: "fairaudit board log.csv --hypothesis-column whisper,parakeet --by accent -o board",
    },
    "Check a release": {
        review.compare: "fairaudit compare old.csv new.csv --cohorts cohorts.json -o comparison.json",
        review.gate: "fairaudit gate comparison.json --max-regression 1% --max-gap 20%,upper,warn",
        review.history: "fairaudit history history.json --markdown history.md",
    },
    "Keep counts instead of texts": {
        counts.score: "fairaudit score log.csv -o counts.parquet",
        counts.tally: "fairaudit tally log.csv --by accent -o speakers.parquet",
    },
    "Use the cohorts elsewhere": {
        export.assign: "fairaudit assign next.csv --cohorts cohorts.json -o speakers.csv",
        examples.examples: "fairaudit examples log.csv --cohorts cohorts.json --top 50 -o worst.csv",
        targets.targets: "fairaudit targets pool.csv --cohorts cohorts.json --share 0.3 -o weights.csv",
        export.export: "fairaudit export manifest.json --to nemo --cohorts cohorts.json -o new.json",
    },
    "Verify speakers": {
        trials.trials: "fairaudit trials scores.csv --labels speakers.csv --rejects rejects.csv",
    },
    "Look things up": {
        lookup.methods: "fairaudit methods",
        lookup.config: "fairaudit config --show",
        lookup.schema: "fairaudit schema comparison",
    },
}


class _Program(Commands):
    """The commands of the table, each built when it is asked for."""

    table = _COMMANDS

    def build(self, command: Callable[..., None], example: str) -> Any:
        """Turn a function into a command."""
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        alone.command(cls=Command, epilog=example)(flattened(command))
        return typer.main.get_command(alone)


app = typer.Typer(
    name="fairaudit",
    cls=_Program,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.callback(epilog="fairaudit audit log.csv --by accent -o audit")(_root)
