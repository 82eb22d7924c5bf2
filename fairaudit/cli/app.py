"""The commands."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

import fairaudit
from fairaudit.cli import boards, counts, export, review
from fairaudit.cli.choices import ROWS, SCHEMAS, Choices
from fairaudit.cli.config import gate_table, rates_of, settings_from
from fairaudit.cli.entries import alternatives, columns_of
from fairaudit.cli.flags import flag
from fairaudit.cli.formatting import GENERAL, OUTPUT, Command, Commands
from fairaudit.cli.groups import flattened, grouped, setting_kinds
from fairaudit.cli.options import Boundaries, Cohorts, Evidence, Logs, Output, Searching, Sources, Words
from fairaudit.cli.places import check_folder, check_places, files_of_others, log_files
from fairaudit.cli.reading import Reading, SummedReading
from fairaudit.cli.steps import exit_by, look_for, note_unused, read, read_tables, screen, warn_of_unused_tables, write
from fairaudit.cli.streams import show as show_text

if TYPE_CHECKING:
    from fairaudit.inputs.log import UtteranceLog
    from fairaudit.results.audit import Audit

__all__ = ["app"]

#: Half of the 180 voices measure the gap of the worst 32 on only 14 of them; folds measure it on all.
_DEMO_FOLDS: Final = 5


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


@grouped
def audit(
    *,
    logs: Logs,
    reading: SummedReading,
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
    release: Annotated[
        str | None,
        typer.Option(
            help="Name of this release in the history.", show_default="name of the first log", rich_help_panel=OUTPUT
        ),
    ] = None,
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
        review.releases_of(history)  # that it is a history is seen before the work
    log, result = _search(logs, reading, searching, sources, evidence, words)
    note_unused(words, "no history is kept (--history FILE)", release=release if history is None else None)
    releases = None
    if history is not None:
        called = Path(logs[0]).name
        output.mkdir(parents=True, exist_ok=True)  # it may be the folder of the history
        releases = review.remember(history, release, called, log, result.models, evidence.rate, sources, words)
    files = fairaudit.save(result, output, boundaries=boundaries, history=releases, unredacted=show.unredacted)
    _show(result, show)
    words.say("")
    words.say(f"wrote {', '.join(file.name for file in files)} to {output}/")
    if others := files_of_others(output):
        was, is_ = ("was", "is") if len(others) == 1 else ("were", "are")
        words.say(f"note: {', '.join(others)} in {output}/ {was} there before and {is_} not of this run")
    words.say(
        f"next: open {output / 'audit.html'}; to check the next release, run fairaudit compare with "
        f"--cohorts {output / 'cohorts.json'}"
    )
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


@grouped
def assign(
    *,
    logs: Logs,
    cohorts: Cohorts,
    per: Annotated[str, Choices(ROWS), typer.Option(help="What a row of the result is.")] = "speaker",
    reading: Reading,
    sources: Sources,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="File to write, Parquet if its name ends in .parquet, else CSV.",
            show_default="CSV to stdout",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print how many were assigned as JSON, instead of CSV.", rich_help_panel=OUTPUT),
    ] = False,
    words: Words,
) -> None:
    """List the speakers or utterances of a log with their cohorts."""
    from fairaudit.cohorts.coverage import Coverage
    from fairaudit.core.errors import UsageError
    from fairaudit.core.text import json_text, search_name
    from fairaudit.exports.outputs import memberships_csv, memberships_parquet, protected_note

    check_places({"--output": output}, [*log_files(*logs), *sources.files, *reading.files, cohorts])
    models = fairaudit.read_models(cohorts)
    warn_of_unused_tables(sources, models)
    log = read(logs, reading, sources, words)
    tables = read_tables(sources, log, words)
    frames = []
    covered = {}
    row: Literal["speaker", "utterance"] = "utterance" if per == "utterance" else "speaker"
    for model in models:
        try:
            frames.append(fairaudit.assign(log, model, per=row, **tables))
        except UsageError as error:
            if len(models) == 1:
                raise
            words.say(f"skipped {model.title}: {error.spelled(flag)}")
        else:
            covered[model.title] = frames[-1].attrs["coverage"]
            words.say(f"{search_name(model.title)}: {Coverage(**covered[model.title]).sentence}")
    if as_json:
        typer.echo(json_text(covered), nl=False)
    if output is None and as_json:
        return
    parquet = output is not None and output.suffix == ".parquet"
    if not parquet and (note := protected_note(frames)):
        words.say(f"note: {note}")
    if output is None:
        typer.echo(memberships_csv(frames), nl=False, color=True)  # or it strips escape codes out of ids
    else:
        write(output, memberships_parquet(frames) if parquet else memberships_csv(frames), words)


@grouped
def validate(
    *,
    logs: Logs,
    reading: Reading,
    sources: Sources,
    quarantine: Annotated[
        Path | None, typer.Option(help="CSV to write unusable rows to.", rich_help_panel=OUTPUT)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.", rich_help_panel=OUTPUT)] = False,
    words: Words,
) -> None:
    """Check a log and its side tables, without an audit."""
    from fairaudit.api.checks import check_tables
    from fairaudit.core.lazy import spare_pandas
    from fairaudit.core.text import json_text

    spare_pandas()
    check_places({"--quarantine": quarantine}, [*log_files(*logs), *sources.files, *reading.files])
    log = read(logs, reading, sources, words)
    quality = asdict(log.quality)
    joins = quality.pop("joins")
    content = {**quality, "columns": [*log.columns, *log.count_columns], "label_columns": [*log.label_columns]}
    content |= check_tables(log, **asdict(sources))
    content["joins"] = joins if as_json else {join.name: join.examples for join in log.quality.joins}
    if quarantine is not None:
        log.write_quarantine(quarantine)
        words.say(f"wrote {quarantine}")
    typer.echo(json_text(content) if as_json else _indented(_by_name(content)), nl=not as_json)


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
    reading = SummedReading(cluster="voice")
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
        reading=reading,
        searching=searching,
        sources=sources,
        evidence=evidence,
        output=folder,
        boundaries=files["boundaries"],
        show=show,
        words=words,
    )


def _search(
    logs: list[str],
    reading: SummedReading,
    searching: Searching,
    sources: Sources,
    evidence: Evidence,
    words: Words,
) -> tuple[UtteranceLog, Audit]:
    """Read and audit a log as the options say; options that no log could have are refused before it is read."""
    from fairaudit.api.audit import check_options

    by = [columns_of("--by", entry) for entry in searching.by]
    adjust = [column for entry in evidence.adjust for column in columns_of("--adjust", entry)]
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
    }
    check_options(**options)
    labels = [column for entry in by for column in entry]
    log = read(logs, reading, sources, words, evidence.rate, evidence.jobs, by=labels, adjust=adjust)
    return log, fairaudit.audit(log, **options, **asdict(sources))


def _show(result: Audit, show: Output) -> None:
    """Print the result."""
    from fairaudit.report import render_terminal

    if show.json:
        typer.echo(result.to_json(unredacted=show.unredacted), nl=False)
    else:
        show_text(render_terminal(result.to_dict(unredacted=show.unredacted), **screen(no_color=show.no_color)))


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


#: The commands by group, each with an example, in the order of the help.
_COMMANDS: Final[dict[str, dict[Callable[..., None], str]]] = {
    "Audit a log": {
        demo: "fairaudit demo",
        validate: "fairaudit validate log.csv --census census.csv",
        audit: "fairaudit audit log.csv --census census.csv -o audit",
        discover: "fairaudit discover log.csv --method named --by accent",
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
        assign: "fairaudit assign next.csv --cohorts cohorts.json -o speakers.csv",
        export.targets: "fairaudit targets pool.csv --cohorts cohorts.json --share 0.3 -o weights.csv",
        export.export: "fairaudit export manifest.json --to nemo --cohorts cohorts.json -o new.json",
    },
    "Look things up": {
        methods: "fairaudit methods",
        config: "fairaudit config --show",
        schema: "fairaudit schema comparison",
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
