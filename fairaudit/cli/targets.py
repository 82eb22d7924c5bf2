"""The command that says what to collect or to train on."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Final

import typer

import fairaudit
from fairaudit.cli.choices import FOCUSES, MIXTURES, Choices
from fairaudit.cli.entries import pairs
from fairaudit.cli.export import Search, hand, labels_of
from fairaudit.cli.formatting import OUTPUT, PLAN
from fairaudit.cli.groups import grouped
from fairaudit.cli.options import Cohorts, Logs, Sources, Words
from fairaudit.cli.places import check_places, log_files
from fairaudit.cli.reading import Reading
from fairaudit.cli.steps import note_unused, read, read_tables, screen, warn_of_unused_tables, write
from fairaudit.cli.streams import show as show_text

if TYPE_CHECKING:
    from fairaudit.cohorts import CohortModel
    from fairaudit.exports.cohort_of import Labelled

__all__ = ["targets"]

_COST: Final = "COST"


@dataclass(frozen=True)
class Spending:
    """What can be spent on new speakers."""

    panel: ClassVar[str] = PLAN

    budget: Annotated[
        float | None,
        typer.Option(
            metavar=_COST,
            help="Plan how many new speakers of each cohort to record with this budget.",
            show_default="no plan",
        ),
    ] = None
    cost_speaker: Annotated[float, typer.Option(metavar=_COST, help="Cost of each new speaker.")] = 1.0
    cost_utterance: Annotated[
        float,
        typer.Option(
            metavar=_COST,
            help="Cost of each utterance of a new speaker. If it is 0, each has as much speech as those of the log.",
        ),
    ] = 0.0
    focus: Annotated[
        str,
        Choices(FOCUSES),
        typer.Option(help="Gaps to measure better: of all cohorts that may be worse off, or of the bottom cohort."),
    ] = "all"
    unredacted: Annotated[
        bool, typer.Option("--unredacted", help="Keep figures of cohorts with fewer than 11 speakers.")
    ] = False


@grouped
def targets(
    *,
    logs: Logs,
    cohorts: Cohorts,
    search: Search = None,
    share: Annotated[
        float | None,
        typer.Option(
            help="List all utterances, with sampling weights that give the bottom cohort this share.",
            show_default="list the bottom cohort only",
        ),
    ] = None,
    to: Annotated[
        str,
        Choices(MIXTURES),
        typer.Option(
            help="What to write: csv, or for nemo, lhotse and espnet a folder with the bottom cohort, the rest, and "
            "their weights; needs --share."
        ),
    ] = "csv",
    manifest: Annotated[
        Path | None,
        typer.Option(help="JSON lines that are divided (nemo and lhotse).", show_default="the log itself"),
    ] = None,
    spending: Spending,
    reading: Reading,
    sources: Sources,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="CSV or folder to write.", show_default="stdout", rich_help_panel=OUTPUT),
    ] = None,
    words: Words,
) -> None:
    """List or weigh the bottom cohort, or plan what to record.

    Without other options, the utterances of the bottom cohort are listed. With --share, all utterances get sampling
    weights. With --budget, the result is how many new speakers of each cohort would narrow the intervals of gaps most.
    """
    from fairaudit.cohorts import chosen
    from fairaudit.core.errors import NothingToAuditError, UsageError
    from fairaudit.core.settings import rate_to_read
    from fairaudit.exports.outputs import frame_csv, protected_note
    from fairaudit.exports.targets import targets as listed

    if spending.budget is not None:
        note_unused(words, "a plan (--budget) lists no utterances", share=share, to=to, manifest=manifest)
        check_places({"--output": output}, [*log_files(*logs), *sources.files, *reading.files, cohorts])
        _plan(logs, chosen(fairaudit.read_models(cohorts), search), spending, reading, sources, output, words)
        return
    why = "it is for a plan (--budget)"
    note_unused(words, why, **{name: value for name, value in asdict(spending).items() if name != "budget"})
    if share is not None and not 0 < share < 1:
        raise UsageError(f"--share must be between 0 and 1, not {share}")
    is_list = to == "csv"
    if not is_list and (share is None or output is None):
        raise UsageError(f"--to {to} writes a folder of files with weights; add --share and --output")
    if to in ("csv", "espnet"):
        note_unused(words, "it is for --to nemo and lhotse", manifest=manifest)
    where = {"--output": output if is_list else None}
    check_places(where, [*log_files(*logs), *sources.files, *reading.files, cohorts, manifest])
    model = chosen(fairaudit.read_models(cohorts), search)
    if model.bottom is None:
        raise NothingToAuditError(f"{model.title} has no bottom cohort: no cohort was large enough")
    warn_of_unused_tables(sources, [model])
    log = read(logs, reading, sources, words, rate_to_read(model.scoring))
    if not is_list and share is not None and output is not None:
        _mixture(
            labels_of(log, [model], sources, words)[0], share, to, manifest or Path(logs[0]), output, reading, words
        )
        return
    rows = listed(fairaudit.assign(log, model, per="utterance", **read_tables(sources, log, words)), share)
    present = float(rows["in_bottom"].mean())
    if share is not None and share < present:
        words.say(f"note: without weights, the bottom cohort already makes up {present:.1%} of the utterances")
    if note := protected_note([rows]):
        words.say(f"note: {note}")
    hand(frame_csv(rows), output, words)


def _mixture(
    labels: Labelled, share: float, to: str, manifest: Path, output: Path, reading: Reading, words: Words
) -> None:
    """Write the files of two parts and their weights to a folder."""
    from fairaudit.core.errors import UsageError
    from fairaudit.exports.mixtures import mixture

    files = mixture(labels, share, to, manifest, pairs("--column", reading.column))
    if there := [name for name in files if (output / name).exists()]:
        raise UsageError(f"{output} has {there[0]} already; give another folder")
    output.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        write(output / name, text, words)


def _plan(
    logs: list[str],
    model: CohortModel,
    spending: Spending,
    reading: Reading,
    sources: Sources,
    output: Path | None,
    words: Words,
) -> None:
    """Plan what to record next, and print the plan or write it."""
    from fairaudit.exports.outputs import frame_csv, protected_note
    from fairaudit.report import collection_terminal
    from fairaudit.results.collection import Budget

    asked = asdict(spending)
    Budget(asked["budget"], spending.cost_speaker, spending.cost_utterance, spending.focus)
    warn_of_unused_tables(sources, [model])
    log = read(logs, reading, sources, words, model.scoring.get("rate"))
    plan = fairaudit.collection_plan(log, model, **asked, **read_tables(sources, log, words))
    show_text(collection_terminal(plan.to_dict(), **screen(no_color=False)), nl=False)
    if output is not None:
        rows = plan.to_frame()
        write(output, frame_csv(rows), words)
        if note := protected_note([rows]):
            words.say(f"note: {note}")
