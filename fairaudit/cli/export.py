"""The commands that give cohorts to other tools."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

import fairaudit
from fairaudit.cli.choices import EXPORTS, OF_AUDITS, ROWS, Choices
from fairaudit.cli.entries import pairs
from fairaudit.cli.flags import flag
from fairaudit.cli.formatting import OUTPUT
from fairaudit.cli.groups import grouped
from fairaudit.cli.options import Cohorts, Logs, Sources, Words
from fairaudit.cli.places import check_places, log_files
from fairaudit.cli.reading import Reading
from fairaudit.cli.steps import note_unused, read, read_tables, warn_of_unused_tables, write

if TYPE_CHECKING:
    from fairaudit.cohorts import CohortModel
    from fairaudit.exports.cohort_of import Labelled
    from fairaudit.inputs.log import UtteranceLog

__all__ = ["Search", "assign", "export", "hand", "labels_of"]

_MODEL: Final = "model"
Search = Annotated[str | None, typer.Option(help="Title of the search, if there are several.")]


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
    from fairaudit.api.frozen import frozen_scoring
    from fairaudit.cohorts.coverage import Coverage
    from fairaudit.core.errors import UsageError
    from fairaudit.core.settings import rate_to_read
    from fairaudit.core.text import json_text, search_name
    from fairaudit.exports.outputs import memberships_csv, memberships_parquet, protected_note

    check_places({"--output": output}, [*log_files(*logs), *sources.files, *reading.files, cohorts])
    models = fairaudit.read_models(cohorts)
    warn_of_unused_tables(sources, models)
    log = read(logs, reading, sources, words, rate_to_read(frozen_scoring(models)))
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
def export(
    *,
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="A log, or an audit.json.")],
    to: Annotated[
        str,
        Choices(EXPORTS),
        typer.Option(
            help=f"What to write: {', '.join(EXPORTS)}. The first four are made from a log and its cohorts, the others "
            "from an audit.json."
        ),
    ],
    cohorts: Annotated[Path | None, typer.Option(help="cohorts.json of an earlier audit, needed with a log.")] = None,
    search: Search = None,
    manifest: Annotated[
        Path | None,
        typer.Option(help="JSON lines that the cohorts are added to (nemo and lhotse).", show_default="the log itself"),
    ] = None,
    model: Annotated[str | None, typer.Option(help="Name of the model (model-index).", show_default=_MODEL)] = None,
    digits: Annotated[
        int | None,
        typer.Option(help="Digits after the point of rates, 0 to 3 (latex and csv-table).", show_default="1"),
    ] = None,
    reading: Reading,
    sources: Sources,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File to write.", show_default="stdout", rich_help_panel=OUTPUT),
    ] = None,
    words: Words,
) -> None:
    """Export cohorts to NeMo, Lhotse, Kaldi, sclite and other tools."""
    beside = output.with_suffix(".ctm") if output is not None and to == "stm" else None
    inputs = [Path(source)] if to in OF_AUDITS else log_files(source)
    check_places({"--output": output, "the CTM": beside}, [*inputs, *sources.files, *reading.files, cohorts, manifest])
    is_table = to in ("latex", "csv-table")
    note_unused(words, f"it is for --to model-index, not {to}", model=model if to != "model-index" else None)
    note_unused(words, f"it is for --to latex and csv-table, not {to}", digits=not is_table and digits is not None)
    if to in OF_AUDITS:
        changed = {name: value for name, value in asdict(reading).items() if value != asdict(Reading())[name]}
        unused = None if is_table else search
        given = {"cohorts": cohorts, "search": unused, "manifest": manifest, **changed, **asdict(sources)}
        note_unused(words, f"--to {to} is made from an audit.json", **given)
        hand(_of_audit(Path(source), to, model or _MODEL, search, digits), output, words)
        return
    from fairaudit.cohorts import chosen
    from fairaudit.core.columns import CHARACTERS
    from fairaudit.core.errors import UsageError
    from fairaudit.exports.jsonlines import with_cohorts
    from fairaudit.exports.kaldi import utt2cohort

    if cohorts is None:
        raise UsageError(f"--to {to} needs a log and its cohorts; add --cohorts cohorts.json")
    if to == "stm" and output is None:
        raise UsageError("--to stm writes two files, references and hypotheses; add --output FILE.stm")
    if to not in ("nemo", "lhotse"):
        note_unused(words, f"--to {to} writes no manifest", manifest=manifest)
    models = fairaudit.read_models(cohorts)
    if search is not None or to not in ("nemo", "lhotse"):
        models = [chosen(models, search)]
    warn_of_unused_tables(sources, models)
    log = read([source], reading, sources, words)
    labels = labels_of(log, models, sources, words)
    if output is not None and to == "stm":
        _stm(source, labels[0], output, reading, words, characters=log.exposure == CHARACTERS)
    else:
        columns = pairs("--column", reading.column)
        manifest = manifest or Path(source)
        text = utt2cohort(labels[0]) if to == "kaldi" else with_cohorts(manifest, labels, to, columns)
        hand(text, output, words)


def hand(text: str, output: Path | None, words: Words) -> None:
    """Print a text, or write it to a file, compressed if its name ends in .gz."""
    if output is None:
        typer.echo(text, nl=False, color=True)  # or it strips escape codes out of ids
    elif output.suffix == ".gz":
        from fairaudit.exports.jsonlines import zipped

        write(output, zipped(text), words)
    else:
        write(output, text, words)


def _of_audit(path: Path, to: str, model: str, search: str | None, digits: int | None) -> str:
    from fairaudit.results.reading import read_audit

    audit = read_audit(path)
    if to == "csv":
        from fairaudit.exports.outputs import cohorts_csv

        return cohorts_csv(audit)
    if to == "junit":
        from fairaudit.report import audit_junit

        return audit_junit(audit)
    if to == "latex":
        from fairaudit.report import audit_latex

        return audit_latex(audit, search, digits)
    if to == "csv-table":
        from fairaudit.exports.outputs import paper_csv

        return paper_csv(audit, search, digits)
    from fairaudit.exports.model_card import cohorts_markdown, model_index

    return model_index(audit, model) if to == "model-index" else cohorts_markdown(audit)


def labels_of(log: UtteranceLog, models: list[CohortModel], sources: Sources, words: Words) -> list[Labelled]:
    """Memberships per utterance, of every model whose inputs the log has."""
    from fairaudit.core.errors import UsageError
    from fairaudit.exports.cohort_of import labelled

    tables = read_tables(sources, log, words)
    labels = []
    for model in models:
        try:
            rows = fairaudit.assign(log, model, per="utterance", **tables)
        except UsageError as error:
            if len(models) == 1:
                raise
            words.say(f"skipped {model.title}: {error.spelled(flag)}")
        else:
            labels.append(labelled(model, rows))
    if not labels:
        raise UsageError("no cohorts could be assigned: the log lacks the columns or side tables that they need")
    return labels


def _stm(source: str, labels: Labelled, output: Path, reading: Reading, words: Words, *, characters: bool) -> None:
    """Write an STM file, and a CTM file beside it."""
    from fairaudit.core.errors import UsageError
    from fairaudit.exports.stm import MOST_LABELS, sclite_command, stm_and_ctm
    from fairaudit.inputs.transcripts import read_transcripts

    if reading.alternatives == "sclite":
        raise UsageError("--to stm writes one text for each reference; references with alternatives cannot be exported")
    texts = read_transcripts(
        source,
        columns=pairs("--column", reading.column),
        format=reading.format,
        normalizer=reading.normalizer,
        strip_tags=reading.strip_tags,
        hypotheses=reading.hypotheses,
        metadata=reading.metadata,
        utterances=labels.speaker.keys(),
    )
    stm, ctm = stm_and_ctm(texts, labels)
    write(output, stm, words)
    write(output.with_suffix(".ctm"), ctm, words)
    words.say(f"next: {sclite_command(output, characters=characters)}")
    if labels.model.rule.n_cohorts > MOST_LABELS:
        words.say(f"note: sclite's report by label (lur) overflows if there are more than {MOST_LABELS} cohorts")
