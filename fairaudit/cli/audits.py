"""The commands that check, search and audit a log."""

from __future__ import annotations

import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

import fairaudit
from fairaudit.cli.entries import alternatives, columns_of
from fairaudit.cli.formatting import OUTPUT
from fairaudit.cli.groups import grouped
from fairaudit.cli.options import About, Boundaries, Evidence, Json, Logs, Output, Rate, Searching, Sources, Words
from fairaudit.cli.places import check_folder, check_places, files_of_others, log_files
from fairaudit.cli.reading import ExplainedReading, Reading, SummedReading
from fairaudit.cli.review import releases_of, remember
from fairaudit.cli.steps import exit_by, look_for, read, screen
from fairaudit.cli.streams import show as show_text

if TYPE_CHECKING:
    from fairaudit.inputs.log import UtteranceLog
    from fairaudit.results.audit import Audit

__all__ = ["audit", "demo", "discover", "validate"]

#: Half of the 180 voices measure the gap of the worst 32 on only 14 of them; folds measure it on all.
_DEMO_FOLDS: Final = 5


@grouped
def demo(
    *,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder to write to.")] = Path("fairaudit-demo"),
    evidence: Evidence,
    show: Output,
    words: Words,
) -> None:
    """Audit the packaged sample of synthetic voices.

    The recogniser is real. The audit command is printed. The gap is cross-fitted in 5 folds, or in --cross-fit FOLDS.
    """
    from fairaudit.core.files import require_folder_place
    from fairaudit.samples import packaged_sample

    require_folder_place(folder / "sample")
    (folder / "sample").mkdir(parents=True, exist_ok=True)
    files = {what: shutil.copyfile(path, folder / "sample" / path.name) for what, path in packaged_sample().items()}
    reading = ExplainedReading(cluster="voice")
    searching = Searching(by=["accent", "sex", "device", "app"])
    sources = Sources(census=files["census"], embeddings=files["embeddings"])
    about = About(model="PocketSphinx", data="synthetic voices")
    evidence = replace(evidence, cross_fit=evidence.cross_fit or _DEMO_FOLDS)
    words.say(
        f"$ fairaudit audit {files['log']} --cluster {reading.cluster} --by {' --by '.join(searching.by)} "
        f"--census {sources.census} --embeddings {sources.embeddings} --boundaries {files['boundaries']} "
        f"--cross-fit {evidence.cross_fit} --model {about.model} --data '{about.data}' -o {folder}"
    )
    audit(
        logs=[str(files["log"])],
        reading=reading,
        searching=searching,
        sources=sources,
        evidence=evidence,
        output=folder,
        boundaries=files["boundaries"],
        about=about,
        show=show,
        words=words,
    )


@grouped
def validate(
    *,
    logs: Logs,
    reading: Reading,
    sources: Sources,
    rate: Rate = None,
    quarantine: Annotated[
        Path | None, typer.Option(help="CSV to write unusable rows to.", rich_help_panel=OUTPUT)
    ] = None,
    as_json: Json = False,
    words: Words,
) -> None:
    """Check a log and its side tables, without an audit."""
    from fairaudit.api.checks import check_tables
    from fairaudit.core.lazy import spare_pandas
    from fairaudit.core.text import json_text

    spare_pandas()
    check_places({"--quarantine": quarantine}, [*log_files(*logs), *sources.files, *reading.files])
    log = read(logs, reading, sources, words, rate)
    quality = asdict(log.quality)
    joins = quality.pop("joins")
    content = {**quality, "columns": [*log.columns, *log.count_columns], "label_columns": [*log.label_columns]}
    content |= check_tables(log, rate=rate, **asdict(sources))
    content["joins"] = joins if as_json else {join.name: join.examples for join in log.quality.joins}
    if quarantine is not None:
        log.write_quarantine(quarantine)
        words.say(f"wrote {quarantine}")
    typer.echo(json_text(content) if as_json else _indented(_by_name(content)), nl=not as_json)


@grouped
def audit(
    *,
    logs: Logs,
    reading: ExplainedReading,
    searching: Searching,
    sources: Sources,
    evidence: Evidence,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FOLDER", help="Folder to write to.", rich_help_panel=OUTPUT),
    ] = Path("fairaudit-audit"),
    boundaries: Boundaries = None,
    history: Annotated[
        Path | None,
        typer.Option(
            help="history.json that this log is added to, with the cohorts of its first release.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    about: About,
    show: Output,
    words: Words,
) -> None:
    """Search a log for groups with higher error rates; write a report.

    The report is audit.html; audit.json, cohorts.json and cohorts.csv hold the same results for programs.
    """
    look_for(boundaries)
    inputs = [*log_files(*logs), *sources.files, *reading.files, boundaries]
    check_folder(output, logs, inputs)
    if history is not None and (output.exists() or history.parent.resolve() != output.resolve()):
        check_places({"--history": history}, inputs)
        releases_of(history)  # that it is a history is seen before the work
    log, result = _search(logs, reading, searching, sources, evidence, words, about)
    releases = None
    if history is not None:
        called = Path(logs[0]).name
        output.mkdir(parents=True, exist_ok=True)  # it may be the folder of the history
        releases = remember(history, about.release, called, log, result.models, evidence.rate, sources, words)
    files = fairaudit.save(result, output, boundaries=boundaries, history=releases, unredacted=show.unredacted)
    _show(result, show)
    words.say("")
    words.say(f"wrote {', '.join(file.name for file in files)} to {output}/")
    if others := files_of_others(output):
        was, is_ = ("was", "is") if len(others) == 1 else ("were", "are")
        words.say(f"note: {', '.join(others)} in {output}/ {was} there before and {is_} not of this run")
    then = f"; to check the next release, run fairaudit compare with --cohorts {output / 'cohorts.json'}"
    words.say(f"next: open {output / 'audit.html'}{then if result.models else ''}")
    exit_by(result.verdict)


@grouped
def discover(
    *,
    logs: Logs,
    reading: SummedReading,
    searching: Searching,
    sources: Sources,
    evidence: Evidence,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="cohorts.json to write.", rich_help_panel=OUTPUT),
    ] = None,
    show: Output,
    words: Words,
) -> None:
    """Search a log as audit does, but only print the result."""
    check_places({"--output": output}, [*log_files(*logs), *sources.files, *reading.files])
    _, result = _search(logs, reading, searching, sources, evidence, words)
    if output is not None:
        fairaudit.write_models(result.models, output, signature=result.signature)
        words.say(f"wrote {output}")
    _show(result, show)
    exit_by(result.verdict)


def _search(
    logs: list[str],
    reading: SummedReading,
    searching: Searching,
    sources: Sources,
    evidence: Evidence,
    words: Words,
    about: About | None = None,
) -> tuple[UtteranceLog, Audit]:
    """Read and audit a log as the options say; options that no log could have are refused before it is read."""
    from fairaudit.api.audit import check_options
    from fairaudit.core.quantiles import parse_quantiles

    by = [columns_of("--by", entry) for entry in searching.by]
    adjust = [column for entry in evidence.adjust for column in columns_of("--adjust", entry)]
    quantiles = parse_quantiles(evidence.quantiles)
    options = {
        "methods": searching.method,
        "by": by,
        "min_speakers": searching.min_speakers,
        "max_cohorts": searching.max_cohorts,
        "identifying": searching.identifying,
        "params": alternatives("--param", searching.param),
        **asdict(evidence),
        "rate": evidence.rate,
        "adjust": adjust,
        "quantiles": quantiles,
        "about": asdict(about) if about else None,
    }
    check_options(**options)
    labels = [column for entry in by for column in entry]
    wanted = {"by": labels, "adjust": adjust, "quantiles": [*quantiles]}
    log = read(logs, reading, sources, words, evidence.rate, evidence.jobs, **wanted)
    return log, fairaudit.audit(log, **options, **asdict(sources))


def _show(result: Audit, show: Output) -> None:
    """Print the result."""
    from fairaudit.report import render_terminal

    if show.json:
        typer.echo(result.to_json(unredacted=show.unredacted), nl=False)
    else:
        show_text(render_terminal(result.to_dict(unredacted=show.unredacted), **screen(no_color=show.no_color)))


def _by_name(content: dict[str, Any]) -> dict[str, Any]:
    """Name side tables and their unused columns as keys, for people."""
    tables = {
        table["name"]: {
            "used": ", ".join(table.get("used", ())),
            "not used": {unused["column"]: unused["reason"] for unused in table.get("unused", ())},
        }
        for table in content["side_tables"]
    }
    return content | {"side_tables": tables}


def _indented(content: dict[str, Any], indent: str = "") -> str:
    """A nested mapping as indented lines: a name in a log neither begins a line nor moves the cursor."""
    from fairaudit.core.text import visible_line

    lines = []
    for key, value in content.items():
        inner = isinstance(value, dict) and value
        text = "" if inner else f" {value or 'none' if value != 0 else 0}"
        lines.append(visible_line(f"{indent}{key}:{text}"))
        if inner:
            lines.append(_indented(value, indent + "  "))
    return "\n".join(lines)
