"""The commands that review a release."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

import fairaudit
from fairaudit.cli.config import find_config, gate_table
from fairaudit.cli.options import Boundaries, Output, Reading, Sources, Words, grouped
from fairaudit.cli.steps import exit_by, read, screen, write

if TYPE_CHECKING:
    from fairaudit.cohorts import CohortModel
    from fairaudit.inputs.log import UtteranceLog
    from fairaudit.results.history import History

__all__ = ["compare", "gate", "history", "remember", "report"]

#: END is point, lower or upper; TREATMENT of too little evidence is fail, warn or pass.
_RULE: Final = "LIMIT[,END][,TREATMENT]"
_GATE_FAILED: Final = 1


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
    from fairaudit.core.errors import UsageError
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
        typer.echo(comparison_terminal(content, **screen(no_color=show.no_color)))
    if output is not None:
        write(output, found.to_json(unredacted=show.unredacted), words)
        words.say(f"next: fairaudit gate {output} --max-regression 0")
    if markdown is not None:
        write(markdown, comparison_markdown(content), words)


@grouped
def gate(
    *,
    result: Annotated[Path, typer.Argument(metavar="RESULT.json", help="An audit.json or a comparison.json.")],
    max_gap: Annotated[str | None, typer.Option(metavar=_RULE, help="Highest gap of a bottom cohort.")] = None,
    max_rate: Annotated[str | None, typer.Option(metavar=_RULE, help="Highest rate of a cohort.")] = None,
    max_regression: Annotated[str | None, typer.Option(metavar=_RULE, help="Largest change of any cohort.")] = None,
    non_inferiority: Annotated[str | None, typer.Option(metavar=_RULE, help="Largest change overall.")] = None,
    min_tested: Annotated[str | None, typer.Option(metavar=_RULE, help="Least share of speakers tested.")] = None,
    min_paired: Annotated[str | None, typer.Option(metavar=_RULE, help="Least share of utterances compared.")] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="gate.json to write.")] = None,
    junit: Annotated[Path | None, typer.Option(help="JUnit XML to write.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Markdown to write, of at most 60 KB.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout, nothing else.")] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="Plain text.")] = False,
    words: Words,
) -> None:
    """Hold rules against an audit or a comparison: 0 passed, 1 failed, 4 too little evidence."""
    from fairaudit.core.verdicts import Outcome
    from fairaudit.report import gate_junit, gate_markdown, gate_terminal
    from fairaudit.results.gate_rules import RULES
    from fairaudit.results.reading import read_result

    settings = words.config or find_config()
    given = (max_gap, max_rate, max_regression, non_inferiority, min_tested, min_paired)
    flags = {name: rule for name, rule in zip(RULES, given, strict=True) if rule is not None}
    rules = {**({} if settings is None else gate_table(settings)), **flags}
    content = read_result(result)
    found = fairaudit.gate(content, rules)
    told = found.to_dict()
    typer.echo(found.to_json() if as_json else gate_terminal(told, **screen(no_color=no_color)), nl=False)
    if output is not None:
        write(output, found.to_json(), words)
        words.say(f"next: fairaudit report {result} --gate {output}")
    if junit is not None:
        write(junit, gate_junit(told), words)
    if markdown is not None:
        write(markdown, gate_markdown(told, content), words)
    if found.verdict == Outcome.FAIL:
        raise typer.Exit(_GATE_FAILED)
    exit_by(found.verdict)


@grouped
def history(
    *,
    path: Annotated[Path, typer.Argument(metavar="HISTORY.json", help="As audit --history writes it.")],
    markdown: Annotated[Path | None, typer.Option(help="Markdown to write.")] = None,
    svg: Annotated[Path | None, typer.Option(help="Lines of a search's cohorts to draw, as SVG.")] = None,
    search: Annotated[str | None, typer.Option(help="Title of the search to draw, where there are several.")] = None,
    no_color: Annotated[bool, typer.Option("--no-color", help="Plain text.")] = False,
    words: Words,
) -> None:
    """Show frozen cohorts over the releases of a history."""
    from fairaudit.cohorts import chosen
    from fairaudit.report import history_markdown, history_svg, history_terminal
    from fairaudit.results.history import History
    from fairaudit.results.reading import read_kind

    content = read_kind(path, "history")
    typer.echo(history_terminal(content, **screen(no_color=no_color)), nl=False)
    if markdown is not None:
        write(markdown, history_markdown(content), words)
    if svg is not None:
        write(svg, history_svg(content, chosen(History.from_dict(content).models, search).title), words)


@grouped
def report(
    *,
    result: Annotated[Path, typer.Argument(metavar="RESULT.json", help="An audit.json or a comparison.json.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Report to write: .html, .md or .txt; RESULT.html without it."),
    ] = None,
    boundaries: Boundaries = None,
    comparison: Annotated[
        Path | None, typer.Option(help="comparison.json to tell with an audit: what changed since the last release.")
    ] = None,
    gates: Annotated[
        list[Path] | None, typer.Option("--gate", metavar="GATE.json", help="Rules to tell with it; repeatable.")
    ] = None,
    history: Annotated[Path | None, typer.Option(help="history.json to tell with it.")] = None,
    words: Words,
) -> None:
    """Write the page of an audit or of a comparison, or the same as Markdown or plain text."""
    from fairaudit.report import Beside, render_for
    from fairaudit.results.reading import read_kind, read_result

    beside = Beside(
        comparison=None if comparison is None else read_kind(comparison, "comparison"),
        gates=[read_kind(path, "gate") for path in gates or ()],
        history=None if history is None else read_kind(history, "history"),
    )
    path = output or Path(result.name).with_suffix(".html")
    write(path, render_for(path, read_result(result), boundaries=boundaries, beside=beside), words)


def remember(
    path: Path,
    name: str | None,
    otherwise: str,
    log: UtteranceLog,
    models: list[CohortModel],
    rate: str | None,
    sources: Sources,
    words: Words,
) -> History:
    """Add a release to a history file and give it; a new one freezes the cohorts that are given.

    Without a name it is called otherwise, which must not be how a release of another log is called.
    """
    from fairaudit.core.errors import UsageError
    from fairaudit.results.history import History
    from fairaudit.results.reading import read_kind

    called = name or otherwise
    while True:
        before = _bytes(path)
        so_far = History.from_dict(read_kind(path, "history")) if before else None
        found = fairaudit.record(so_far or models, called, log, rate=rate, **asdict(sources))
        if _bytes(path) == before:
            break  # or another run has added a release in the meantime
    inputs = {release["name"]: release["inputs"] for release in found.releases}
    earlier = {release["name"]: release["inputs"] for release in so_far.releases} if so_far else {}
    if name is None and earlier.get(called, inputs[called]) != inputs[called]:
        raise UsageError(f"{path.name} holds a release {called!r} of another log; name this one (--release NAME)")
    write(path, found.to_json(), words)
    if called in earlier:
        words.say(f"it stands in the place of the release {called!r} that was there")
    return found


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""
