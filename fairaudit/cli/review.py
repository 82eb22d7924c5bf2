"""The commands that review a release."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

import fairaudit
from fairaudit.cli.config import gate_table, shown
from fairaudit.cli.entries import pairs
from fairaudit.cli.formatting import EVIDENCE, OUTPUT, RULE, RULES
from fairaudit.cli.groups import grouped, setting_kinds
from fairaudit.cli.options import About, Boundaries, Json, NoColor, Output, Rate, Sources, Words
from fairaudit.cli.places import check_places, log_files
from fairaudit.cli.reading import Reading
from fairaudit.cli.steps import exit_by, note_unused, read, screen, write
from fairaudit.cli.streams import show as show_text

if TYPE_CHECKING:
    from fairaudit.cohorts import CohortModel
    from fairaudit.inputs.log import UtteranceLog
    from fairaudit.results.history import History

__all__ = ["compare", "gate", "history", "releases_of", "remember", "report"]

_GATE_FAILED: Final = 1

Markdown = Annotated[Path | None, typer.Option(help="Markdown file to write.", rich_help_panel=OUTPUT)]


def _rule(words: str) -> Any:
    return typer.Option(metavar=RULE, help=words, rich_help_panel=RULES)


@grouped
def compare(
    *,
    base: Annotated[str, typer.Argument(metavar="BASELINE", help="Log of the baseline: a file, a glob or a folder.")],
    candidate: Annotated[
        str | None, typer.Argument(metavar="CANDIDATE", help="Log of the candidate, on the same utterances.")
    ] = None,
    candidate_column: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Column of BASELINE with the candidate's hypotheses, instead of a second log."
        ),
    ] = None,
    candidate_where: Annotated[
        list[str],
        typer.Option(
            metavar="COLUMN=VALUE",
            help="Rows of BASELINE that are the candidate's, such as model=new, instead of a second log. Conditions of "
            "--where on other columns hold for both. Can be repeated.",
        ),
    ] = [],  # noqa: B006 (typer copies it)
    cohorts: Annotated[
        Path | None,
        typer.Option(help="cohorts.json of an earlier audit.", show_default="compare the overall rate only"),
    ] = None,
    reading: Reading,
    sources: Sources,
    rate: Rate = None,
    permutations: Annotated[
        int, typer.Option(help="Random sign flips of the speakers' differences.", rich_help_panel=EVIDENCE)
    ] = 999,
    alpha: Annotated[
        float,
        typer.Option(metavar="LEVEL", help="Significance level of a regression.", rich_help_panel=EVIDENCE),
    ] = 0.05,
    seed: Annotated[int, typer.Option(help="Seed of the sign flips.", rich_help_panel=EVIDENCE)] = 0,
    allow_identical: Annotated[
        bool,
        typer.Option(
            "--allow-identical",
            help="Compare a recogniser with itself, which is an error otherwise.",
            rich_help_panel=EVIDENCE,
        ),
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="comparison.json to write.", rich_help_panel=OUTPUT),
    ] = None,
    markdown: Markdown = None,
    show: Output,
    words: Words,
) -> None:
    """Compare two recognisers on the same utterances and cohorts."""
    from fairaudit.api.audit import check_options
    from fairaudit.core.columns import HYPOTHESIS, RESERVED
    from fairaudit.core.errors import UsageError, setting
    from fairaudit.core.rate import rate_named
    from fairaudit.report import comparison_markdown, comparison_terminal

    if (candidate is None) + (candidate_column is None) + (not candidate_where) != 2:
        raise UsageError("compare needs a second log, --candidate-column COLUMN or --candidate-where COLUMN=VALUE")
    if reading.hypotheses is not None:
        raise UsageError(
            "--hypotheses would give the same hypotheses to both logs; score each log with its own "
            "(fairaudit score LOG --hypotheses FILE -o COUNTS.parquet), and compare the files of counts"
        )
    inputs = [*log_files(base, candidate), *sources.files, *reading.files, cohorts]
    check_places({"--output": output, "--markdown": markdown}, inputs)
    check_options(rate=rate, permutations=permutations, alpha=alpha, seed=seed)
    models = [] if cohorts is None else fairaudit.read_models(cohorts)
    if candidate_column is None:
        before = read([base], reading, sources, words, rate)
        conditions = pairs("--where", reading.where) | pairs("--candidate-where", candidate_where)
        other = replace(reading, where=[f"{column}={value}" for column, value in conditions.items()])
    else:
        columns = pairs("--column", reading.column)
        theirs = columns.get(HYPOTHESIS, HYPOTHESIS)
        if candidate_column == theirs and not allow_identical:
            raise UsageError(
                f"{setting('candidate_column', theirs)} is the column of the baseline's hypotheses; name the other one "
                f"(or {setting('allow_identical', True)})"
            )
        # columns with a role are checked under the names of the file, when the candidate is read
        named = [candidate_column] if candidate_column not in (*RESERVED, *columns.values()) else []
        before = read([base], reading, sources, words, rate, candidate_column=named)
        other = reading.with_hypotheses(candidate_column)
    chosen = None if rate is None else rate_named(rate).at_numbers(before.thresholds)
    after = read([candidate or base], other, sources, words, chosen)
    comparison = fairaudit.compare(
        before,
        after,
        models,
        rate=chosen,
        permutations=permutations,
        alpha=alpha,
        seed=seed,
        allow_identical=allow_identical,
        **asdict(sources),
    )
    content = comparison.to_dict(unredacted=show.unredacted)
    if output is not None:
        write(output, comparison.to_json(unredacted=show.unredacted), words)
    if markdown is not None:
        write(markdown, comparison_markdown(content), words)
    if show.json:
        typer.echo(comparison.to_json(unredacted=show.unredacted), nl=False)
    else:
        show_text(comparison_terminal(content, **screen(no_color=show.no_color)))
    if output is not None:
        words.say(f"next: fairaudit gate {output} --max-regression 0")


@grouped
def gate(
    *,
    result: Annotated[
        Path, typer.Argument(metavar="RESULT.json", help="An audit.json, a comparison.json or a history.json.")
    ],
    max_gap: Annotated[str | None, _rule("Largest gap of a bottom cohort to the rest.")] = None,
    max_rate: Annotated[str | None, _rule("Largest error rate of a tested cohort.")] = None,
    max_regression: Annotated[str | None, _rule("Largest increase overall and of a tested cohort.")] = None,
    non_inferiority: Annotated[str | None, _rule("Largest increase of the overall rate.")] = None,
    min_tested: Annotated[str | None, _rule("Smallest share of speakers in tested cohorts.")] = None,
    min_paired: Annotated[str | None, _rule("Smallest share of utterances that were compared.")] = None,
    allow_pseudo: Annotated[
        bool,
        typer.Option(
            "--allow-pseudo",
            help="Let a result pass whose references are those of a teacher model.",
            rich_help_panel=RULES,
        ),
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="gate.json to write.", rich_help_panel=OUTPUT)
    ] = None,
    junit: Annotated[Path | None, typer.Option(help="JUnit XML file to write.", rich_help_panel=OUTPUT)] = None,
    markdown: Annotated[
        Path | None, typer.Option(help="Markdown file to write, of at most 60 KB.", rich_help_panel=OUTPUT)
    ] = None,
    as_json: Json = False,
    no_color: NoColor = False,
    words: Words,
) -> None:
    """Check rules against an audit, a comparison or the newest release.

    The newest release is the last of a history.json; changes are those since the release before.

    LIMIT is 20% or 0.2. END is the end of the 95 % interval that is compared with LIMIT: lower, upper or point. By
    default it is upper for --non-inferiority and lower for the others; rules that begin with min have none. Lower ends
    are of intervals that hold for all numbers of a rule at once. TREATMENT is what a rule does if there is too little
    evidence: fail, warn or pass. Rules can also be kept in the table [gate] of the settings file.

    Exit code 0 means passed, 1 failed, 4 too little evidence.
    """
    from fairaudit.core.verdicts import Outcome
    from fairaudit.report import gate_terminal
    from fairaudit.results.gate_rules import ALLOW_PSEUDO, RULES
    from fairaudit.results.reading import REVIEWABLE, is_history, read_result, reviewable

    check_places({"--output": output, "--junit": junit, "--markdown": markdown}, [result])
    given = (max_gap, max_rate, max_regression, non_inferiority, min_tested, min_paired)
    flags = {name: rule for name, rule in zip(RULES, given, strict=True) if rule is not None}
    kept = {} if words.config is None else gate_table(words.config, setting_kinds()["gate"])
    if words.config is not None and kept:
        words.say(f"using rules of {shown(words.config)}: {', '.join(kept)}")
    rules = {**kept, **flags, **({ALLOW_PSEUDO: True} if allow_pseudo else {})}
    content = reviewable(read_result(result, REVIEWABLE))
    checked = fairaudit.gate(content, rules)
    document = checked.to_dict()
    if output is not None:
        write(output, checked.to_json(), words)
    if junit is not None:
        from fairaudit.report import gate_junit

        write(junit, gate_junit(document), words)
    if markdown is not None:
        from fairaudit.report import gate_markdown

        write(markdown, gate_markdown(document, content), words)
    show_text(checked.to_json() if as_json else gate_terminal(document, **screen(no_color=no_color)), nl=False)
    if output is not None and not is_history(content):
        words.say(f"next: fairaudit report {result} --gate {output}")
    if checked.verdict == Outcome.FAIL:
        raise typer.Exit(_GATE_FAILED)
    exit_by(checked.verdict)


@grouped
def history(
    *,
    path: Annotated[Path, typer.Argument(metavar="HISTORY.json", help="File that audit --history writes.")],
    search: Annotated[str | None, typer.Option(help="Title of the search to draw, if there are several.")] = None,
    markdown: Markdown = None,
    svg: Annotated[Path | None, typer.Option(help="SVG figure to write.", rich_help_panel=OUTPUT)] = None,
    no_color: NoColor = False,
    words: Words,
) -> None:
    """Show the error rates of frozen cohorts over releases."""
    from fairaudit.cohorts import chosen
    from fairaudit.report import history_markdown, history_svg, history_terminal
    from fairaudit.results.history import History
    from fairaudit.results.reading import read_kind

    check_places({"--markdown": markdown, "--svg": svg}, [path])
    note_unused(words, "only a figure (--svg) shows one search", search=search if svg is None else None)
    content = read_kind(path, "history")
    if markdown is not None:
        write(markdown, history_markdown(content), words)
    if svg is not None:
        write(svg, history_svg(content, chosen(History.from_dict(content).models, search).title), words)
    show_text(history_terminal(content, **screen(no_color=no_color)), nl=False)


@grouped
def report(
    *,
    result: Annotated[
        Path,
        typer.Argument(
            metavar="RESULT.json", help="An audit.json, board.json, comparison.json, gate.json or history.json."
        ),
    ],
    comparison: Annotated[
        Path | None, typer.Option(help="comparison.json to include in the report of an audit: changes since a release.")
    ] = None,
    gates: Annotated[
        list[Path] | None,
        typer.Option("--gate", metavar="GATE.json", help="Checked rules to include. Can be repeated."),
    ] = None,
    history: Annotated[Path | None, typer.Option(help="history.json to include.")] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Report to write; its name ends in .html, .md or .txt, or in .tex for a board.",
            show_default="name of RESULT.json, with .html",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    boundaries: Boundaries = None,
    about: About,
    words: Words,
) -> None:
    """Write the report of a result as HTML, Markdown or text."""
    from fairaudit.report import Beside, render_for
    from fairaudit.results.about import with_about
    from fairaudit.results.reading import read_kind, read_result

    path = output or Path(result.name).with_suffix(".html")
    check_places({"--output": path}, [result, comparison, *(gates or ()), history, boundaries])
    beside = Beside(
        comparison=None if comparison is None else read_kind(comparison, "comparison"),
        gates=[read_kind(path, "gate") for path in gates or ()],
        history=None if history is None else read_kind(history, "history"),
    )
    document = with_about(read_result(result), asdict(about))
    write(path, render_for(path, document, boundaries=boundaries, beside=beside), words)


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
    """Add a release to a history file, and return the history. A new one freezes the cohorts that are given.

    Without a name, the release takes the name ``otherwise``, unless a release of another log has it already.
    """
    from fairaudit.core.errors import UsageError
    from fairaudit.core.scratch import locked
    from fairaudit.results.origin import same_log

    called, so_far = name or otherwise, releases_of(path)
    while True:
        measured = fairaudit.record(so_far or models, called, log, rate=rate, **asdict(sources))
        release = next(one for one in measured.releases if one["name"] == called)
        with locked(path.with_name(f".{path.name}.lock"), str(path)):
            so_far = releases_of(path)
            if so_far is None or (so_far.models, so_far.rate) == (measured.models, measured.rate):
                releases = measured if so_far is None else so_far.add(release)
                earlier = {one["name"]: one["inputs"] for one in so_far.releases} if so_far else {}
                if name is None and not same_log(earlier.get(called, release["inputs"]), release["inputs"]):
                    raise UsageError(
                        f"{path.name} has a release {called!r} of another log; name this one (--release NAME)"
                    )
                write(path, releases.to_json(), words)
                break  # or another run has begun a history of other cohorts in the meantime
    if called in earlier:
        words.say(f"replaced the release {called!r} in {path}")
    for one, inputs in earlier.items():
        if one != called and same_log(inputs, release["inputs"]):
            words.say(f"caution: the releases {one!r} and {called!r} are of the same log")
    return releases


def releases_of(path: Path) -> History | None:
    """Read a history file, if it exists."""
    from fairaudit.results.history import History
    from fairaudit.results.reading import read_kind

    return History.from_dict(read_kind(path, "history")) if path.exists() else None
