"""The commands that hand cohorts to other tools."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

import fairaudit
from fairaudit.cli.flags import flag
from fairaudit.cli.options import Reading, Sources, Words, grouped, pairs
from fairaudit.cli.steps import read, write

if TYPE_CHECKING:
    from fairaudit.cohorts import CohortModel
    from fairaudit.exports.cohort_of import Labelled
    from fairaudit.inputs.log import UtteranceLog

__all__ = ["export", "targets"]

#: What an export is made from.
_OF_AUDITS: Final = ("csv", "markdown", "model-index", "junit")
_OF_LOGS: Final = ("nemo", "lhotse", "kaldi", "stm")

Search = Annotated[str | None, typer.Option(help="Title of the search, where cohorts.json holds several.")]


@grouped
def export(
    *,
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="A log, or an AUDIT.json.")],
    to: Annotated[
        str, typer.Option(help="nemo, lhotse, kaldi, stm of a log; csv, markdown, model-index, junit of an audit.")
    ],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write instead of stdout.")] = None,
    cohorts: Annotated[Path | None, typer.Option(help="cohorts.json of an earlier audit.")] = None,
    search: Search = None,
    manifest: Annotated[
        Path | None, typer.Option(help="JSON lines to add cohorts to (nemo, lhotse); the log itself without it.")
    ] = None,
    model: Annotated[str, typer.Option(help="Name of the model in model-index.")] = "model",
    reading: Reading,
    sources: Sources,
    words: Words,
) -> None:
    """Hand cohorts to other tools: manifests with cohorts, utt2cohort, STM and CTM for sclite, model cards."""
    from fairaudit.cohorts import chosen
    from fairaudit.core.columns import CHARACTERS
    from fairaudit.core.errors import UsageError, unknown_name
    from fairaudit.exports.jsonlines import with_cohorts
    from fairaudit.exports.kaldi import utt2cohort

    if to not in (*_OF_AUDITS, *_OF_LOGS):
        raise UsageError(unknown_name("format", to, [*_OF_LOGS, *_OF_AUDITS]))
    if to in _OF_AUDITS:
        _hand(_of_audit(Path(source), to, model), output, words)
        return
    if cohorts is None:
        raise UsageError(f"{to} is made of a log and its cohorts: give --cohorts cohorts.json")
    if to == "stm" and output is None:
        raise UsageError("stm is written as two files, references and hypotheses: give --output FILE.stm")
    models = fairaudit.read_models(cohorts)
    if search is not None or to not in ("nemo", "lhotse"):
        models = [chosen(models, search)]
    log = read([source], reading, words)
    found = _labels(log, models, sources, words)
    if output is not None and to == "stm":
        _stm(source, found[0], output, reading, words, characters=log.exposure == CHARACTERS)
    else:
        text = utt2cohort(found[0]) if to == "kaldi" else with_cohorts(manifest or Path(source), found, to)
        _hand(text, output, words)


@grouped
def targets(
    *,
    logs: Annotated[list[str], typer.Argument(metavar="LOG...", help="Files, globs or folders of shards.")],
    cohorts: Annotated[Path, typer.Option(help="cohorts.json of an earlier audit.")],
    search: Search = None,
    share: Annotated[
        float | None, typer.Option(help="Share of the bottom cohort to sample: all utterances, with weights.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="CSV to write instead of stdout.")] = None,
    reading: Reading,
    sources: Sources,
    words: Words,
) -> None:
    """List the utterances of the bottom cohort, to collect or to train on, or weigh all of them."""
    from fairaudit.cohorts import chosen
    from fairaudit.core.errors import NothingToAuditError
    from fairaudit.exports.outputs import frame_csv
    from fairaudit.exports.targets import targets as listed

    model = chosen(fairaudit.read_models(cohorts), search)
    if model.bottom is None:
        raise NothingToAuditError(f"{model.title} named no bottom cohort: none was large enough")
    log = read(logs, reading, words)
    found = listed(fairaudit.assign(log, model, per="utterance", **asdict(sources)), share)
    present = float(found["in_bottom"].mean())
    if share is not None and share < present:
        words.say(f"note: without weights the bottom cohort makes up {present:.1%} of the utterances, more than that")
    _hand(frame_csv(found), output, words)


def _hand(text: str, output: Path | None, words: Words) -> None:
    """Print a text, or write it, gzipped if the file's name says so."""
    from fairaudit.exports.jsonlines import zipped

    if output is None:
        typer.echo(text, nl=False, color=True)  # or it strips escape codes out of ids
    else:
        write(output, zipped(text) if output.suffix == ".gz" else text, words)


def _of_audit(path: Path, to: str, model: str) -> str:
    from fairaudit.exports.model_card import cohorts_markdown, model_index
    from fairaudit.exports.outputs import cohorts_csv
    from fairaudit.report import audit_junit
    from fairaudit.results.reading import read_audit

    audit = read_audit(path)
    if to == "model-index":
        return model_index(audit, model)
    return {"csv": cohorts_csv, "markdown": cohorts_markdown, "junit": audit_junit}[to](audit)


def _labels(log: UtteranceLog, models: list[CohortModel], sources: Sources, words: Words) -> list[Labelled]:
    """Memberships per utterance in every model that the log has the inputs of."""
    from fairaudit.core.errors import UsageError
    from fairaudit.exports.cohort_of import labelled

    found = []
    for model in models:
        try:
            rows = fairaudit.assign(log, model, per="utterance", **asdict(sources))
        except UsageError as error:
            if len(models) == 1:
                raise
            words.say(f"skipped {model.title}: {error.spelled(flag)}")
        else:
            found.append(labelled(model, rows))
    if not found:
        raise UsageError("none of the frozen cohorts could be assigned: the log lacks what they need")
    return found


def _stm(source: str, labels: Labelled, output: Path, reading: Reading, words: Words, *, characters: bool) -> None:
    """Write STM and, beside it, CTM."""
    from fairaudit.exports.stm import MOST_LABELS, sclite_command, stm_and_ctm
    from fairaudit.inputs.transcripts import read_transcripts

    texts = read_transcripts(
        source,
        columns=pairs("--column", reading.column),
        format=reading.format,
        normalizer=reading.normalizer,
        strip_tags=reading.strip_tags,
    )
    stm, ctm = stm_and_ctm(texts, labels)
    write(output, stm, words)
    write(output.with_suffix(".ctm"), ctm, words)
    words.say(f"score: {sclite_command(output, characters=characters)}")
    if labels.model.rule.n_cohorts > MOST_LABELS:
        words.say(f"note: sclite's report by label (lur) overflows with more than {MOST_LABELS} cohorts")
