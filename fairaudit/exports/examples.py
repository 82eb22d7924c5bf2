"""Write utterances to listen to: a listing, CSV, JSON lines, or a playlist. All hold words and ids of people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fairaudit.core.columns import (
    DELETIONS,
    ERRORS,
    EXPOSURES,
    HYPOTHESIS,
    INSERTIONS,
    REFERENCE,
    SPEAKER,
    SUBSTITUTIONS,
    UTTERANCE,
)
from fairaudit.core.errors import InputError, UsageError, setting, unknown_name
from fairaudit.core.text import json_line, plain, search_name, visible
from fairaudit.exports.outputs import frame_csv
from fairaudit.report.words.wording import count, percent
from fairaudit.scoring.alignments import alignment_view

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SUFFIXES", "audio_paths", "check_suffix", "examples_for", "listing", "playlist"]

#: Endings of the names of files, for :func:`examples_for`.
SUFFIXES: Final = (".csv", ".jsonl", ".m3u", ".m3u8", ".txt")
_INDENT: Final = "   "
#: Characters that a line of an alignment has at least.
_NARROWEST: Final = 20
#: Recordings that are not files.
_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
#: A playlist begins with this line.
_PLAYLIST: Final = "#EXTM3U"


def check_suffix(path: Path) -> None:
    """Raise if examples cannot be written to a file of that name.

    Raises
    ------
    UsageError
        If its name ends in none of :data:`SUFFIXES`.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(unknown_name("ending of the name of a file of examples", path.suffix, SUFFIXES))


def examples_for(path: Path, examples: pd.DataFrame, folder: Path) -> str:
    """Return the content of a file of examples, in the format that its name ends in.

    Parameters
    ----------
    path
        The file to be written; only its name is looked at.
    examples
        As returned by :func:`fairaudit.examples`.
    folder
        Folder that the paths of recordings are relative to, for a playlist.

    Raises
    ------
    UsageError
        If the name ends in none of :data:`SUFFIXES`.
    InputError
        If a playlist is wanted and the recordings are not known.
    """
    check_suffix(path)
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return frame_csv(examples)
    if suffix == ".jsonl":
        return "".join(map(json_line, _records(examples)))
    return listing(examples) if suffix == ".txt" else playlist(examples, folder)


def _records(examples: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Return rows as objects of JSON, in which missing values are null."""
    for row in examples.to_dict("records"):
        yield {str(name): None if value != value else value for name, value in row.items()}


def listing(examples: pd.DataFrame, width: int | None = None) -> str:
    """Return the examples as text, each with its numbers and its alignment.

    Parameters
    ----------
    examples
        As returned by :func:`fairaudit.examples`.
    width
        Characters of a line, where an alignment goes on below; by default, lines are as long as the texts.
    """
    order, token = examples.attrs["order"], examples.attrs["token"]
    sorting = f"{'highest' if order == 'rate' else 'most'} {order} first"
    first = f"{search_name(examples.attrs['found_by'])}: {_some(len(examples), 'utterances')}, {sorting}"
    texts = [first, f"scored with {plain(examples['signature'].iloc[0])}"]
    inside = None if width is None else max(width - len(_INDENT), _NARROWEST)
    rows = zip(examples.to_dict("records"), examples["rate"], strict=True)
    for number, (row, share) in enumerate(rows, start=1):
        utterance, speaker, cohort = (plain(row[name]) for name in (UTTERANCE, SPEAKER, "cohort"))
        kinds = f"{count(row[SUBSTITUTIONS])} S, {count(row[DELETIONS])} D, {count(row[INSERTIONS])} I"
        rate = "" if share != share else f" ({percent(share, 0)})"
        exposure = EXPOSURES[token]
        counts = f"{_some(row[ERRORS], ERRORS)} in {_some(row[exposure], exposure)}{rate}: {kinds}"
        view = alignment_view(row[REFERENCE], row[HYPOTHESIS], token=token, width=inside)
        lines = [counts, *([plain(row["audio"])] if "audio" in row else []), *visible(view).split("\n")]
        below = "\n".join(f"{_INDENT}{line}".rstrip() for line in lines)
        texts.append(f"{number}. {utterance}, speaker {speaker}, cohort {cohort}\n{below}")
    return "\n\n".join(texts) + "\n"


def _some(n: int, what: str) -> str:
    return f"{count(n)} {(what if n != 1 else what.removesuffix('s')).replace('_', ' ')}"


def playlist(examples: pd.DataFrame, folder: Path) -> str:
    """Return the recordings as a playlist (extended M3U in UTF-8), in the order of the examples.

    Parameters
    ----------
    examples, folder
        As in :func:`examples_for`.

    Raises
    ------
    InputError
        If the recordings are not known, or if a name has a line break.
    """
    if "audio" not in examples:
        raise InputError(
            "a playlist needs the recordings, but the log has no column of audio files, and its ids are no names of "
            f"them; name the column ({setting('audio_column')})"
        )
    lines = [_PLAYLIST]
    paths = audio_paths(examples, folder)
    for path, (_, row) in zip(paths, examples.iterrows(), strict=True):
        if not path or len(path.splitlines()) > 1:
            raise InputError(f"the recording of utterance {row['utterance_id']!r} has no name that a playlist can hold")
        seconds = row.get("duration", float("nan"))
        lines.append(
            f"#EXTINF:{-1 if seconds != seconds else round(seconds)},{plain(row['utterance_id'])} "
            f"({plain(row['cohort'])}, {_some(row['errors'], 'errors')})"
        )
        start = row.get("offset", float("nan"))
        if start == start:  # VLC plays only the segment
            lines.append(f"#EXTVLCOPT:start-time={start}")
            lines += [f"#EXTVLCOPT:stop-time={start + seconds}"] if seconds == seconds else []
        lines.append(path)
    return "\n".join(lines) + "\n"


def audio_paths(examples: pd.DataFrame, folder: Path) -> list[str]:
    """Return the recordings of examples as absolute paths, and addresses as they are; empty where one is missing."""
    return [
        "" if not isinstance(name, str) else name if _ADDRESS.match(name) else str((folder / name).absolute())
        for name in examples["audio"]
    ]
