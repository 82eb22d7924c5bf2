"""The command that lists utterances to listen to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

import fairaudit
from fairaudit.cli.choices import ORDERS, Choices
from fairaudit.cli.export import Search
from fairaudit.cli.formatting import OUTPUT
from fairaudit.cli.groups import grouped
from fairaudit.cli.options import Cohorts, Logs, Sources, Words
from fairaudit.cli.places import check_places, log_files
from fairaudit.cli.reading import Reading
from fairaudit.cli.steps import (
    note_unused,
    read_tables,
    reading_options,
    say_what_was_read,
    screen,
    warn_of_unused_tables,
    write,
)

__all__ = ["examples"]


@grouped
def examples(
    *,
    logs: Logs,
    cohorts: Cohorts,
    search: Search = None,
    cohort: Annotated[
        str | None,
        typer.Option(
            metavar="LABEL", help="Cohort whose utterances are listed, or its id.", show_default="the bottom cohort"
        ),
    ] = None,
    top: Annotated[int, typer.Option(help="Utterances that are listed at most.")] = 20,
    order: Annotated[
        str,
        Choices(ORDERS),
        typer.Option(help="What the first utterances have most of; rate is errors per word. Loops have insertions."),
    ] = "errors",
    per_speaker: Annotated[
        int | None, typer.Option(help="Utterances of one speaker at most.", show_default="no limit")
    ] = None,
    audio_column: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Column that names the recordings.",
            show_default="audio_filepath, path or the like; else ids that end like audio files",
        ),
    ] = None,
    audio_folder: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Folder that names of recordings are relative to, for a playlist.",
            show_default="that of the log",
        ),
    ] = None,
    reading: Reading,
    sources: Sources,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="File to write: .csv, .jsonl (JSON lines), .m3u (a playlist) or .txt. Only you can read it.",
            show_default="a listing on stdout",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    words: Words,
) -> None:
    """List the worst utterances of a cohort, aligned, to listen to.

    The result holds words and ids of people. No page and no other result has them.
    """
    from fairaudit.api.examples import check_examples
    from fairaudit.cohorts import chosen
    from fairaudit.core.errors import UsageError
    from fairaudit.core.runs import run_of
    from fairaudit.exports.examples import audio_paths, check_suffix, examples_for, listing
    from fairaudit.exports.outputs import protected_note

    is_playlist = output is not None and output.suffix.lower().startswith(".m3u")
    files = log_files(*logs)
    if output is not None:
        check_suffix(output)
        check_places({"--output": output}, [*files, *sources.files, *reading.files, cohorts])
        if run_of(output):
            raise UsageError(f"--output {output} would replace a file of the run in that folder; give another name")
    if not is_playlist:
        note_unused(words, "it is for a playlist (.m3u)", audio_folder=audio_folder)
    model = chosen(fairaudit.read_models(cohorts), search)
    warn_of_unused_tables(sources, [model])
    asked: dict[str, Any] = {"cohort": cohort, "top": top, "order": order, "per_speaker": per_speaker}
    check_examples(model, **asked)
    needed = {"audio_column": [audio_column]} if audio_column else {}
    options = reading_options(reading, sources, None, **needed)
    log = fairaudit.read_log(logs, keep_texts=True, **options)
    say_what_was_read({"": log}, options, words)
    tables = read_tables(sources, log, words)
    worst = fairaudit.examples(log, model, **asked, audio_column=audio_column, **tables)
    if output is None:
        words.say("note: this listing holds words and ids of people; treat it like the log")
        typer.echo(listing(worst, screen(no_color=True)["width"]), nl=False)
        return
    folder = audio_folder or (files[0].parent if files else Path())
    write(output, examples_for(output, worst, folder), words, private=True)
    words.say(f"note: {output.name} holds words and ids of people, and only you can read it; treat it like the log")
    if output.suffix.lower() == ".csv" and (note := protected_note([worst])):
        words.say(f"note: {note}")
    if is_playlist:
        local = [path for path in audio_paths(worst, folder) if "://" not in path]
        if lacking := sum(not Path(path).is_file() for path in local):
            where = f"{folder.absolute()}; --audio-folder names another folder"
            words.say(f"note: {lacking} of {len(local)} recordings are not in {where}")
