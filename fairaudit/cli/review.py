"""The commands that review a release."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

import fairaudit
from fairaudit.cli.options import Output, Reading, Sources, Words, grouped
from fairaudit.cli.steps import exit_by, read, screen, write

__all__ = ["compare"]


@grouped
def compare(
    *,
    base: Annotated[str, typer.Argument(metavar="BASE", help="The baseline's log: file, glob or folder.")],
    candidate: Annotated[
        str | None, typer.Argument(metavar="CANDIDATE", help="The candidate's log of the same utterances.")
    ] = None,
    candidate_column: Annotated[
        str | None, typer.Option(help="Instead: the column of BASE that holds the candidate's hypotheses.")
    ] = None,
    cohorts: Annotated[
        Path | None, typer.Option(help="cohorts.json of an earlier audit; overall only without.")
    ] = None,
    reading: Reading,
    sources: Sources,
    rate: Annotated[str | None, typer.Option(help="wer, cer, insertion_rate ...")] = None,
    permutations: Annotated[int, typer.Option(help="How often speakers' differences are flipped.")] = 999,
    alpha: Annotated[float, typer.Option(help='Level of "got worse".')] = 0.05,
    seed: Annotated[int, typer.Option(help="Seed of the flips.")] = 0,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="comparison.json to write.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Markdown to write.")] = None,
    show: Output,
    words: Words,
) -> None:
    """Compare two recognisers on the same utterances and frozen cohorts: who got better, who got worse."""
    from fairaudit.errors import UsageError
    from fairaudit.report import comparison_markdown, comparison_terminal

    if (candidate is None) == (candidate_column is None):
        raise UsageError("compare takes a second log, or --candidate-column COLUMN of the first: one of the two")
    models = [] if cohorts is None else fairaudit.read_models(cohorts)
    before = read([base], reading, words)
    if candidate is not None:
        after = read([candidate], reading, words)
    else:
        after = read([base], replace(reading, column=[*reading.column, f"hypothesis={candidate_column}"]), words)
    found = fairaudit.compare(
        before, after, models, rate=rate, permutations=permutations, alpha=alpha, seed=seed, **asdict(sources)
    )
    content = found.to_dict(unredacted=show.unredacted)
    if show.json:
        typer.echo(found.to_json(unredacted=show.unredacted), nl=False)
    else:
        typer.echo(comparison_terminal(content, **screen(show)))
    if output is not None:
        write(output, found.to_json(unredacted=show.unredacted), words)
    if markdown is not None:
        write(markdown, comparison_markdown(content), words)
    exit_by(found.verdict)
