"""The commands."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

import fairaudit
from fairaudit.cli import handing, review
from fairaudit.cli.flags import flag
from fairaudit.cli.options import (
    AuditedReading,
    Boundaries,
    Evidence,
    Logs,
    Output,
    Reading,
    Searching,
    Sources,
    Words,
    alternatives,
    columns_of,
    grouped,
)
from fairaudit.cli.steps import exit_by, read, screen, write

if TYPE_CHECKING:
    from fairaudit.inputs.log import UtteranceLog
    from fairaudit.results.audit import Audit

__all__ = ["app"]

#: One half of 180 voices measures a cohort of 32 by 14: a gap over all of them stands beside it.
_DEMO_FOLDS: Final = 5

app = typer.Typer(
    name="fairaudit",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"fairaudit {fairaudit.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show it.")] = False,
) -> None:
    """Who is served worse by a speech recogniser, by how much, and how sure we are."""


@app.command()
@grouped
def audit(
    *,
    logs: Logs,
    reading: AuditedReading,
    searching: Searching,
    sources: Sources,
    evidence: Evidence,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write to.")] = Path("fairaudit-audit"),
    boundaries: Boundaries = None,
    history: Annotated[
        Path | None, typer.Option(help="history.json to add this log to, by the cohorts of its first release.")
    ] = None,
    release: Annotated[str | None, typer.Option(help="Name in the history; else that of the first log.")] = None,
    show: Output,
    words: Words,
) -> None:
    """The main job: run every discoverer that has its inputs, hold out, test, write the audit and its page."""
    log = read(logs, reading, words)
    found = _search(log, searching, sources, evidence)
    releases = None
    if history is not None:
        called = Path(logs[0]).name
        releases = review.remember(history, release, called, log, found.models, evidence.rate, sources, words)
    files = fairaudit.save(found, output, boundaries=boundaries, history=releases, unredacted=show.unredacted)
    _show(found, show)
    words.say("")
    words.say(f"wrote {', '.join(file.name for file in files)} to {output}/")
    words.say(f"next: open {output / 'audit.html'}; judge the next release by {output / 'cohorts.json'}")
    exit_by(found.verdict)


@app.command()
@grouped
def discover(
    *,
    logs: Logs,
    reading: AuditedReading,
    searching: Searching,
    sources: Sources,
    evidence: Evidence,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="cohorts.json to write.")] = None,
    show: Output,
    words: Words,
) -> None:
    """Search only: the ranked cohorts, the held-out gap beside the search-inflated one."""
    found = _search(read(logs, reading, words), searching, sources, evidence)
    if output is not None:
        from fairaudit.cohorts import models_to_json

        write(output, models_to_json(found.models, found.signature), words)
    _show(found, show)
    exit_by(found.verdict)


@app.command()
@grouped
def assign(
    *,
    logs: Logs,
    reading: Reading,
    sources: Sources,
    cohorts: Annotated[Path, typer.Option(help="cohorts.json of an earlier audit.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write: Parquet by its name, else CSV.")
    ] = None,
    per: Annotated[str, typer.Option(help="speaker or utterance.")] = "speaker",
    words: Words,
) -> None:
    """Sort a log into frozen cohorts: its speakers or utterances and where they stand."""
    from fairaudit.core.errors import UsageError, unknown_name
    from fairaudit.exports.outputs import memberships_csv, memberships_parquet

    if per not in (known := ["speaker", "utterance"]):
        raise UsageError(unknown_name("value of --per", per, known))
    models = fairaudit.read_models(cohorts)
    log = read(logs, reading, words)
    frames = []
    row: Literal["speaker", "utterance"] = "utterance" if per == "utterance" else "speaker"
    for model in models:
        try:
            frames.append(fairaudit.assign(log, model, per=row, **asdict(sources)))
        except UsageError as error:
            if len(models) == 1:
                raise
            words.say(f"skipped {model.title}: {error.spelled(flag)}")
    if output is None:
        typer.echo(memberships_csv(frames), nl=False, color=True)  # or it strips escape codes out of ids
    else:
        parquet = output.suffix == ".parquet"
        write(output, memberships_parquet(frames) if parquet else memberships_csv(frames), words)


app.command()(review.compare)
app.command()(review.gate)
app.command()(review.history)
app.command()(review.report)
app.command()(handing.export)
app.command()(handing.targets)


@app.command()
@grouped
def validate(
    *,
    logs: Logs,
    reading: Reading,
    sources: Sources,
    quarantine: Annotated[Path | None, typer.Option(help="CSV to write unusable rows to.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout, nothing else.")] = False,
    words: Words,
) -> None:
    """Read a log and say what became of its rows and how much of it joins, without any analysis."""
    from fairaudit.api.audit import join_rates
    from fairaudit.core.text import json_text

    log = read(logs, reading, words)
    quality = asdict(log.quality)
    content = {**quality, "columns": [*log.columns, *log.count_columns], "label_columns": [*log.label_columns]}
    content["join_rates"] = join_rates(log, **asdict(sources))
    if quarantine is not None:
        log.write_quarantine(quarantine)
        words.say(f"wrote {quarantine}")
    typer.echo(json_text(content) if as_json else _told(content), nl=not as_json)


@app.command()
def methods() -> None:
    """List the discoverers, what they need and their settings."""
    from fairaudit.api import audit as api

    for name, needs, settings in api.methods():
        typer.echo(f"{name}\n  needs     {needs}")
        typer.echo(
            "  settings  " + ", ".join(f"{key}={'auto' if value is None else value}" for key, value in settings.items())
        )


@app.command()
def schema(
    of: Annotated[str, typer.Argument(metavar="[NAME]", help="audit, cohorts, comparison, gate or history.")] = "audit",
) -> None:
    """Print the JSON Schema of audit.json, or of another kind of result."""
    from fairaudit.results.schema import shipped_schema

    typer.echo(json.dumps(shipped_schema(of), indent=1))


@app.command()
@grouped
def demo(
    *,
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Folder to write to.")] = Path("fairaudit-demo"),
    evidence: Evidence,
    show: Output,
    words: Words,
) -> None:
    """The main job on the packaged sample, synthetic voices heard by a real recogniser; cross-fitted in 5 folds."""
    from fairaudit.samples import packaged_sample

    (folder / "sample").mkdir(parents=True, exist_ok=True)
    files = {what: shutil.copyfile(path, folder / "sample" / path.name) for what, path in packaged_sample().items()}
    reading = AuditedReading(cluster="voice")
    searching = Searching(by=["accent", "sex", "device", "app"])
    sources = Sources(census=files["census"], embeddings=files["embeddings"])
    evidence = replace(evidence, cross_fit=evidence.cross_fit or _DEMO_FOLDS)
    words.say(
        f"$ fairaudit audit {files['log']} --cluster {reading.cluster} --by {' --by '.join(searching.by)} "
        f"--census {sources.census} --embeddings {sources.embeddings} --boundaries {files['boundaries']} "
        f"--cross-fit {evidence.cross_fit} -o {folder}"
    )
    audit(
        logs=[str(files["log"])],
        **asdict(reading),
        **asdict(searching),
        **asdict(sources),
        **asdict(evidence),
        **asdict(show),
        **asdict(words),
        output=folder,
        boundaries=files["boundaries"],
    )


def _search(log: UtteranceLog, searching: Searching, sources: Sources, evidence: Evidence) -> Audit:
    """Audit a log as the options say."""
    return fairaudit.audit(
        log,
        methods=searching.method,
        by=[columns_of("--by", entry) for entry in searching.by],
        min_speakers=searching.min_speakers,
        max_cohorts=searching.max_cohorts,
        params=alternatives("--param", searching.param),
        **asdict(sources),
        **asdict(evidence)
        | {
            "adjust": [column for entry in evidence.adjust for column in columns_of("--adjust", entry)],
            "holdout": evidence.holdout or None,
            "cross_fit": evidence.cross_fit or None,
        },
    )


def _show(found: Audit, show: Output) -> None:
    """Print the result."""
    from fairaudit.report import render_terminal

    if show.json:
        typer.echo(found.to_json(unredacted=show.unredacted), nl=False)
    else:
        typer.echo(render_terminal(found.to_dict(unredacted=show.unredacted), **screen(no_color=show.no_color)))


def _told(content: dict[str, Any], indent: str = "") -> str:
    """A nested mapping as indented lines."""
    lines = []
    for key, value in content.items():
        inner = isinstance(value, dict) and value
        lines.append(f"{indent}{key}:" + ("" if inner else f" {value or 'none' if value != 0 else 0}"))
        if inner:
            lines.append(_told(value, indent + "  "))
    return "\n".join(lines)
