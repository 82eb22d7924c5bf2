"""The commands that look things up."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from fairaudit.cli.choices import SCHEMAS
from fairaudit.cli.config import gate_table, rates_of, settings_from
from fairaudit.cli.groups import grouped, setting_kinds
from fairaudit.cli.options import Words

__all__ = ["config", "methods", "schema"]


def methods() -> None:
    """List the discoverers, the inputs they need and their settings."""
    from fairaudit.api.methods import methods as listed

    for name, needs, settings in listed():
        typer.echo(f"{name}\n  needs     {needs}")
        typer.echo(
            "  settings  " + ", ".join(f"{key}={'auto' if value is None else value}" for key, value in settings.items())
        )


@grouped
def config(
    *,
    show: Annotated[bool, typer.Option("--show", help="Show the settings, as without this option.")] = True,  # noqa: ARG001
    words: Words,
) -> None:
    """Show which settings file is read, and its settings by command."""
    from fairaudit.core.text import plain

    if words.config is None:
        typer.echo("no settings file here or above, up to the root of the repository or the home folder")
        return
    kinds = setting_kinds()
    typer.echo(f"settings file: {plain(words.config.absolute())}")
    for command in sorted(kinds):
        settings = settings_from(words.config, kinds, command)
        rules = gate_table(words.config, kinds[command]) if command == "gate" else {}
        for key, value in (settings | rules).items():
            typer.echo(f"  {command:10}{plain(key)} = {plain(value)}")
    for rate in rates_of(words.config).values():
        typer.echo(f"  {'rates':10}{plain(rate.formula)} in {plain(rate.unit)}")


def schema(
    of: Annotated[str, typer.Argument(metavar="NAME", help=f"{', '.join(SCHEMAS[:-1])} or {SCHEMAS[-1]}.")] = "audit",
) -> None:
    """Print the JSON Schema of a kind of result."""
    from fairaudit.results.schema import shipped_schema

    typer.echo(json.dumps(shipped_schema(of), indent=1))
