"""Recognise folders in which other tools keep the files of one log: those of Kaldi, ESPnet and NIST."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

__all__ = ["ResultFolder", "files_of", "result_folder"]

#: Kaldi's maps that are read with a folder; others can be named one by one.
_MAPS: Final = ("utt2spk", "utt2lang", "spk2gender")


@dataclass(frozen=True)
class ResultFolder:
    """A folder whose files are one log.

    Attributes
    ----------
    what
        What the folder is.
    log
        File with the references or counts.
    hypotheses
        File with the hypotheses, if they are in the folder.
    metadata
        Files with further columns.
    """

    what: str
    log: Path
    hypotheses: Path | None
    metadata: tuple[Path, ...]

    @property
    def note(self) -> str:
        """Which files are read."""
        files = [self.log, *([self.hypotheses] if self.hypotheses else []), *self.metadata]
        folder = self.log.absolute().parent.name
        return f"{folder} is {self.what}; its files {', '.join(path.name for path in files)} are read"


def result_folder(source: Any) -> ResultFolder | None:
    """Return the files of a log in a folder, or None if it is no such folder, whose files are then parts of a log.

    Parameters
    ----------
    source
        What the user gave as the log.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("text", "utt2spk", "wav.scp"):
    ...         (Path(folder) / name).touch()
    ...     [path.name for path in result_folder(folder).metadata]
    ['utt2spk']
    """
    if isinstance(source, list | tuple) and len(source) == 1:
        (source,) = source
    if not isinstance(source, str | Path) or not source or not Path(source).is_dir():
        return None
    folder = Path(source)
    maps = tuple(folder / name for name in _MAPS if (folder / name).is_file())
    if (folder / "ref.trn").is_file() and (folder / "hyp.trn").is_file():
        return ResultFolder("a folder of results with transcripts", folder / "ref.trn", folder / "hyp.trn", maps)
    if (folder / "ref.stm").is_file() and (folder / "hyp.ctm").is_file():
        return ResultFolder("a folder of NIST's segments and words", folder / "ref.stm", folder / "hyp.ctm", maps)
    if (folder / "per_utt").is_file():
        return ResultFolder("Kaldi's folder of results by utterance", folder / "per_utt", None, maps)
    if (folder / "text").is_file() and (folder / "utt2spk").is_file():
        return ResultFolder("a data folder of Kaldi", folder / "text", None, maps)
    return None


def files_of(
    source: Any,
    hypotheses: str | os.PathLike[str] | None,
    metadata: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
) -> tuple[Any, str | os.PathLike[str] | None, list[str | os.PathLike[str]], list[str]]:
    """Return a log, its hypotheses and its metadata, with those that are in its folder, and notes.

    Parameters
    ----------
    source
        What the user gave as the log.
    hypotheses, metadata
        What the user gave to join with it. Hypotheses that are given take the place of those in a folder.

    Examples
    --------
    >>> files_of("log.csv", None, "utt2spk")
    ('log.csv', None, ['utt2spk'], [])
    """
    given = [metadata] if isinstance(metadata, str | os.PathLike) else [*metadata]
    folder = result_folder(source)
    if folder is None:
        return source, hypotheses, given, []
    return folder.log, hypotheses or folder.hypotheses, [*folder.metadata, *given], [folder.note]
