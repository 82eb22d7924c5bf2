"""Read files of counts: check them against their metadata, and make them a relation of the engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from fairaudit.core.binary import PARQUET as PARQUET_FILE
from fairaudit.core.binary import binary_kind
from fairaudit.core.columns import (
    COORDINATES,
    DELETIONS,
    ERRORS,
    INSERTIONS,
    LATITUDE,
    LONGITUDE,
    SUBSTITUTIONS,
    UTTERANCE,
)
from fairaudit.core.errors import InputError, setting
from fairaudit.engines import EmbeddedEngine
from fairaudit.engines.embedded import identifier, parquet_scan
from fairaudit.inputs.adding import together
from fairaudit.inputs.artefact import KEY, SCORED, Artefact
from fairaudit.inputs.checking import USED, check_ids
from fairaudit.inputs.formats.base import ROW
from fairaudit.inputs.formats.parquet import metadata_entry, row_count, types_of, verify_checksums
from fairaudit.inputs.opening import OpenedFile
from fairaudit.inputs.raw import RAW, InputFile
from fairaudit.inputs.rules import A_FEW, FILE, OWN_SPEAKERS, SPELLED_MISSING

__all__ = ["is_artefact", "is_artefact_at", "restore"]

_HEAD: Final = 1 << 12
_CHANGED: Final = "it was changed after fairaudit wrote it, or is damaged"


def is_artefact(file: OpenedFile) -> bool:
    """Whether a file is a scored log or a tally, by its metadata."""
    return binary_kind(file.head) is PARQUET_FILE and metadata_entry(file, KEY) is not None


def is_artefact_at(path: Path) -> bool:
    """Whether a file that was not opened yet is a scored log or a tally; False if it cannot be read."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    return is_artefact(OpenedFile(path.name, path, "", head, ends_in_newline=True))


def restore(files: Sequence[OpenedFile], engine: EmbeddedEngine) -> Artefact:
    """Check files of counts, and make them the relation :data:`~fairaudit.inputs.checking.USED`.

    Returns
    -------
    Artefact
        The description of all files together. The first notes of its quality name them.

    Raises
    ------
    InputError
        If a file is no file of counts, was changed or is damaged, or if the files were not made alike.
    """
    names = [file.name for file in files]
    parts = []
    for file in files:
        raw = metadata_entry(file, KEY) if is_artefact(file) else None
        if raw is None:
            what = "files that fairaudit score or fairaudit tally wrote and other logs cannot be read together"
            raise InputError(f"{file.name}: {what}; give either")
        parts.append(Artefact.parse(file.name, raw))
    whole = together(names, parts)
    selects = []
    for number, (file, part) in enumerate(zip(files, parts, strict=True)):
        _check_types(file, part)
        verify_checksums(file)
        engine.watch(file.require_unchanged)
        columns = [*whole.columns, *whole.sums]
        where = f"{number} AS {identifier(FILE)}, file_row_number + 1 AS {identifier(ROW)}"
        select = f"SELECT {', '.join(map(identifier, columns))}, {where} FROM {parquet_scan(file.path)}"
        engine.view(RAW, select)
        _check_content(file, part, engine)
        selects.append(select)
    engine.view(RAW, " UNION ALL ".join(selects))
    engine.view(USED, f"SELECT * EXCLUDE ({identifier(FILE)}, {identifier(ROW)}) FROM {RAW}")
    findings = whole.findings
    if whole.kind == SCORED and len(files) > 1:
        _require_own_names(names, whole)
        of_files = [InputFile(file.name, file.sha256, row_count(file)) for file in files]
        findings = replace(findings, alike_ids=check_ids(engine, of_files, sum(one.rows for one in of_files))[0])
    _require_known_speakers(names, whole)
    notes = [_note(file, part) for file, part in zip(files, parts, strict=True)]
    notes += [note for file in files for note in file.notes]
    quality = replace(whole.quality, notes=tuple(dict.fromkeys([*notes, *findings.notes])))
    return replace(whole, quality=quality, findings=findings)


def _note(file: OpenedFile, part: Artefact) -> str:
    """Name a file of counts, and say what a tally cannot show."""
    left_out = (
        f" The columns {list(part.left_out)} were left out: nothing can be searched or adjusted by them, and "
        "households were looked for in them only when the tally was made."
    )
    return (
        f"The counts come from {file.name} (SHA-256 {file.sha256}), a {part.kind} by fairaudit {part.fairaudit}."
        f"{left_out if part.left_out else ''}"
    )


def _check_types(file: OpenedFile, part: Artefact) -> None:
    """Raise if a file does not have the columns of its description."""
    types = types_of(file)
    wanted = {name: "double" if name in COORDINATES else "string" for name in part.columns}
    wanted |= dict.fromkeys(part.sums, "int64")
    if types != wanted:
        wrong = sorted(name for name in {*types, *wanted} if types.get(name) != wanted.get(name))
        raise InputError(f"{file.name}: its columns {wrong} are not those that its metadata list; {_CHANGED}")


def _check_content(file: OpenedFile, part: Artefact, engine: EmbeddedEngine) -> None:
    """Raise if the counts of the file that is :data:`RAW` are impossible, or do not add up to those of its metadata."""
    sums = [*map(identifier, part.sums)]
    wrong = [f"{name} IS NULL OR {name} < 0" for name in sums]
    wrong += [f"{identifier(part.sampling_unit)} IS NULL"]
    if UTTERANCE in part.columns:
        wrong += [f"{identifier(UTTERANCE)} IS NULL"]
    if {SUBSTITUTIONS, DELETIONS, INSERTIONS} <= {*part.count_columns}:
        wrong += [f"CAST({SUBSTITUTIONS} AS HUGEINT) + {DELETIONS} + {INSERTIONS} <> {ERRORS}"]
    if {*COORDINATES} <= {*part.columns}:
        wrong += [f"NOT coalesce(abs({LATITUDE}) <= 90 AND abs({LONGITUDE}) <= 180, {LATITUDE} IS NULL)"]
        wrong += [f"({LATITUDE} IS NULL) <> ({LONGITUDE} IS NULL)"]
    rows, impossible, *totals = engine.rows(
        f"SELECT count(*), count(*) FILTER (WHERE {' OR '.join(map('({})'.format, wrong))}), "
        f"{', '.join(f'CAST(sum({name}) AS HUGEINT)' for name in sums)} FROM {RAW}"
    )[0]
    if impossible:
        raise InputError(f"{file.name}: {impossible:,} of its rows have impossible or missing values; {_CHANGED}")
    expected = part.quality.rows_used if part.kind == SCORED else rows
    if rows != expected or dict(zip(part.sums, totals, strict=True)) != part.totals:
        raise InputError(f"{file.name}: its rows do not add up to the sums in its metadata; {_CHANGED}")


def _require_own_names(names: Sequence[str], whole: Artefact) -> None:
    """Refuse several scored logs whose unknown speakers are named by their rows, because these names are the same."""
    if whole.findings.changes.get(OWN_SPEAKERS) and UTTERANCE not in whole.columns:
        own = setting("missing_speaker", "own")
        raise InputError(
            f"{' and '.join(names)}: rows without a speaker ({own}) are named by their numbers, which are the same in "
            f"all files; read the logs together, or give every row its {UTTERANCE!r}"
        )


def _require_known_speakers(names: Sequence[str], whole: Artefact) -> None:
    """Refuse files that together have more ids such as "NA" than a log may have."""
    n = whole.findings.changes.get(SPELLED_MISSING, 0)
    if n > A_FEW and whole.settings.get("missing_speaker") is None:
        keep, quarantine = (setting("missing_speaker", choice) for choice in ("keep", "quarantine"))
        raise InputError(
            f"{', '.join(names)}: {n} rows have a speaker such as 'nan', 'NA' or 'unknown', who may be one or many; "
            f"make the files again with {quarantine} or {keep}"
        )
