"""Check the places of outputs before any work: writable, different from each other, and none of the inputs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import combinations
from pathlib import Path
from typing import Final

from fairaudit.core.errors import InputError, UsageError
from fairaudit.core.files import require_file_place, require_folder_place
from fairaudit.core.runs import run_of

__all__ = ["check_folder", "check_places", "files_of_others", "log_files"]

#: Files of an audit, beside those whose names depend on the discoverers.
_OF_AUDITS: Final = ("audit.html", "audit.json", "cohorts.csv", "cohorts.json")
#: Files that are drawn from an audit, or come from a version without a manifest.
_RESULT: Final = re.compile(
    r"(audit|board|cohorts|comparison|gate)\.(html?|json|csv|md|tex|txt|xml)|[\w-]+\.partitions\.csv"
)


def log_files(*logs: str | None) -> list[Path]:
    """List the files of logs; those that cannot be found are left to those who read them."""
    from fairaudit.inputs.files import expand

    files: list[Path] = []
    for log in logs:
        with suppress(InputError, OSError):
            files += [] if log is None else expand(log)
    return files


def check_places(outputs: Mapping[str, Path | None], inputs: Iterable[Path | None]) -> None:
    """Check the places of files before the work whose results they are to hold.

    Parameters
    ----------
    outputs
        Files to write, by option.
    inputs
        Files to read.

    Raises
    ------
    OSError
        If a file cannot be written.
    UsageError
        If it would replace an input or another output, also by another name of the same file, or a file of a run that
        the command does not read from.
    """
    written = {option: path for option, path in outputs.items() if path is not None}
    read = [path for path in inputs if path is not None]
    for option, path in written.items():
        require_file_place(path)
        if source := next((one for one in read if _same(one, path)), None):
            raise UsageError(f"{option} {path} would replace {source}, which is read; give another name")
        of = None if run_of(path) == "history" else run_of(path)  # a history grows
        if of and not any(_same(one.parent, path.parent) and run_of(one) for one in read):
            raise UsageError(f"{option} {path} would replace a file of the run in that folder; give another name")
    for (option, path), (other, second) in combinations(written.items(), 2):
        if path.resolve() == second.resolve() or _same(path, second):
            raise UsageError(f"{option} and {other} would both be written to {path}; give another name")


def check_folder(folder: Path, logs: Iterable[str], inputs: Iterable[Path | None]) -> None:
    """Check the folder of an audit, whose files must not be those that are read, or be read with them the next time.

    Raises
    ------
    OSError
        If files cannot be written to it.
    UsageError
        If the folder is, or lies in, a folder of the log, or a file of the audit would replace an input.
    """
    require_folder_place(folder)
    for log in map(Path, logs):
        if log.is_dir() and (log.resolve() in (folder.resolve(), *folder.resolve().parents)):
            raise UsageError(f"--output {folder} lies in the folder of the log, {log}; its files would be read as logs")
    for path in inputs:
        if path is not None and any(_same(path, folder / name) for name in _OF_AUDITS):
            raise UsageError(f"--output {folder} would replace {path}, which is read; give another folder")


def files_of_others(folder: Path) -> list[str]:
    """List files in the folder of an audit that look like results but are not of a run in its manifest."""
    return sorted(path.name for path in folder.iterdir() if _RESULT.fullmatch(path.name) and run_of(path) is None)


def _same(path: Path, other: Path) -> bool:
    """Whether two paths are one file, also by a link of either kind."""
    return path.exists() and other.exists() and path.samefile(other)
