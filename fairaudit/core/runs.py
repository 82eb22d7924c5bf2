"""Write the files of a run together, and check on reading that a file is the one of its run.

A folder has a manifest with the hash of every file. A run writes its files into a hidden folder, which is then renamed
once: from that moment the run counts, and what is left to do, moving each file to its place and the manifest last, is
done by whoever comes next if the run is killed. Nothing is lost before that moment, and nothing is mixed after it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from errno import EISDIR
from os import strerror
from pathlib import Path
from typing import Any, Final

from fairaudit.core.errors import InputError
from fairaudit.core.files import STAGED, require_folder_place, sync, write_new
from fairaudit.core.scratch import PrivateFolder, locked
from fairaudit.core.text import json_text

__all__ = ["MANIFEST", "complete", "read_checked", "refresh", "run_of", "write_run"]

#: Name of the file with the hashes. It cannot be that of somebody's list of recordings.
MANIFEST: Final = "fairaudit-manifest.json"
_SWITCH: Final = ".fairaudit-switch"
_LOCK: Final = ".fairaudit.lock"

#: Hash by file name, by kind of result.
_Runs = dict[str, dict[str, str]]


def write_run(folder: Path, kind: str, contents: Mapping[str, str | bytes]) -> list[str]:
    """Write the files of one run to a folder, all or none, and remove those that the manifest lists for an earlier run.

    Parameters
    ----------
    folder
        The folder, created if missing. Other files in it are not touched.
    kind
        Kind of the result, such as ``"audit"``.
    contents
        Text or bytes by file name.

    Returns
    -------
    list of str
        The removed files.

    Raises
    ------
    OSError
        If the folder is not writable or the disk is full. All files then stay as they were.
    """
    require_folder_place(folder)
    is_new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return _stage_and_switch(folder, kind, contents, keep=False)
    except OSError as error:
        if is_new:
            with suppress(OSError):
                folder.rmdir()
        raise OSError(error.errno, error.strerror, _place(error.filename, folder)) from error


def refresh(path: Path, content: str | bytes) -> None:
    """Replace one file of a run by another version that was made from the files of the same run.

    Raises
    ------
    OSError
        If the folder is not writable or the disk is full. The file then stays as it was.
    """
    kind = run_of(path)
    assert kind is not None, path
    try:
        _stage_and_switch(path.parent, kind, {path.name: content}, keep=True)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def _stage_and_switch(folder: Path, kind: str, contents: Mapping[str, str | bytes], *, keep: bool) -> list[str]:
    """Write files to a hidden folder, and put them in their places; keep other files of the earlier run, or not."""
    hashes = {name: _sha256(content) for name, content in contents.items()}
    with PrivateFolder(folder, STAGED) as private:
        stage = private.path / "files"
        stage.mkdir()
        for name, content in contents.items():
            write_new(stage / name, content)
        with locked(folder / _LOCK, str(folder)):
            _finish(folder)
            runs = _runs(folder)
            old = runs.get(kind, {})
            if keep:
                return _switch(folder, stage, runs | {kind: old | hashes}, set())
            return _switch(folder, stage, runs | {kind: hashes}, old.keys() - hashes.keys())


def _switch(folder: Path, stage: Path, runs: _Runs, old: set[str]) -> list[str]:
    for path in (*stage.iterdir(), stage / MANIFEST):
        if (folder / path.name).is_dir():
            raise OSError(EISDIR, strerror(EISDIR), str(folder / path.name))
    removed = sorted(name for name in old if (folder / name).is_file())
    write_new(stage / MANIFEST, _manifest(runs, removed))
    sync(stage)
    stage.rename(folder / _SWITCH)  # from here on, the new run counts
    sync(folder)
    _finish(folder)
    return removed


def _finish(folder: Path) -> None:
    """Move the files of a run that counts to their places. May be interrupted, and then be repeated."""
    stage = folder / _SWITCH
    if not (stage / MANIFEST).exists():
        shutil.rmtree(stage, ignore_errors=True)
        return
    for name in _document(stage)["removes"]:
        (folder / name).unlink(missing_ok=True)
    for path in sorted(stage.iterdir()):
        if path.name != MANIFEST:
            path.replace(folder / path.name)
    (stage / MANIFEST).replace(folder / MANIFEST)
    stage.rmdir()
    sync(folder)


def read_checked(path: Path) -> bytes:
    """Read a file, and make sure that it is the one of the run whose manifest is beside it, if there is one.

    Raises
    ------
    InputError
        If the manifest has another hash.
    """
    folder = path.parent
    complete(folder)
    content = path.read_bytes()
    if _agrees(path, content):
        return content
    with suppress(OSError), locked(folder / _LOCK, str(folder)):  # perhaps it was being replaced
        content = path.read_bytes()
    if not _agrees(path, content):
        raise InputError(
            f"{path}: this file is not the one that its run wrote: {MANIFEST} beside it has another hash. It is of "
            "another run, or was edited. Run the command again; or, if it was edited on purpose, read a copy of it in "
            "another folder"
        )
    return content


def complete(folder: Path) -> None:
    """Move the files of a run to their places that was interrupted while it did so.

    Raises
    ------
    InputError
        If the folder is not writable.
    """
    if not (folder / _SWITCH).exists():
        return
    try:
        with locked(folder / _LOCK, str(folder)):
            _finish(folder)
    except OSError as error:
        raise InputError(
            f"{folder}: a run was interrupted while it replaced the files of this folder, and they cannot be completed "
            f"({error.strerror}); whoever may write to the folder can run the command again"
        ) from error


def run_of(path: Path) -> str | None:
    """Return the kind of result that a file belongs to by the manifest beside it, or None."""
    return next((kind for kind, files in _runs(path.parent).items() if path.name in files), None)


def _agrees(path: Path, content: bytes) -> bool:
    hashes = {files[path.name] for files in _runs(path.parent).values() if path.name in files}
    return not hashes or _sha256(content) in hashes


def _runs(folder: Path) -> _Runs:
    runs: _Runs = _document(folder)["runs"] if (folder / MANIFEST).exists() else {}
    return runs


def _document(folder: Path) -> dict[str, Any]:
    """Read a manifest, and check that it names only files beside it."""
    path = folder / MANIFEST
    try:
        document: dict[str, Any] = json.loads(path.read_text("utf-8"))
        names = [*document["removes"], *(name for files in document["runs"].values() for name in files)]
        sound = document["schema_version"] == 1 and all(name and name == Path(name).name != ".." for name in names)
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        sound = False
    if not sound:
        raise InputError(f"{path}: fairaudit did not write this manifest; remove it if the files beside it are right")
    return document


def _manifest(runs: _Runs, removes: Iterable[str]) -> str:
    return json_text({"kind": "manifest", "schema_version": 1, "runs": runs, "removes": list(removes)})


def _sha256(content: str | bytes) -> str:
    import hashlib

    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def _place(filename: Any, folder: Path) -> str:
    """Name the folder instead of a hidden one in it."""
    hidden = filename is None or any(part.startswith((STAGED, _SWITCH)) for part in Path(str(filename)).parts)
    return str(folder if hidden else filename)
