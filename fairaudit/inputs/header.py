"""Check the columns that options name against the header of a log, before a large log is read."""

from __future__ import annotations

import codecs
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from fairaudit.core.binary import PARQUET as PARQUET_FILE
from fairaudit.core.binary import compression_of
from fairaudit.core.columns import COUNT_COLUMNS, ERRORS, HITS, INSERTIONS, RESCORED, TEXT_COLUMNS, UTTERANCES
from fairaudit.core.derived import HALLUCINATED
from fairaudit.core.errors import InputError
from fairaudit.core.recognise import what_is
from fairaudit.inputs.composite import with_composites
from fairaudit.inputs.formats import PARQUET, choose_format
from fairaudit.inputs.formats.base import ROW
from fairaudit.inputs.formats.parquet import flat_columns, nested_columns
from fairaudit.inputs.naming import arrange, content_of, refuse_nested, require, require_needed, set_aside
from fairaudit.inputs.opening import OpenedFile
from fairaudit.inputs.raw import Reading
from fairaudit.inputs.restoring import is_artefact
from fairaudit.inputs.rules import FILE, FLAGS
from fairaudit.inputs.suggesting import lacking

__all__ = ["beginning", "check_columns", "check_header", "labels_among"]

_HEAD: Final = 1 << 16
#: What may be a log; reading says what is wrong with other files.
_TABLES: Final = ("a table, such as a log", PARQUET_FILE.what)
_NO_LABELS: Final = frozenset((*TEXT_COLUMNS, *COUNT_COLUMNS, *RESCORED, FILE, ROW, *FLAGS))
#: Counts that are computed from others, or that are one for each row.
_DERIVED: Final = (ERRORS, HITS, UTTERANCES)


def check_header(path: Path, reading: Reading, scratch: Path) -> None:
    """Check the columns of the first file of a log, as far as its first 64 KiB show them.

    Parameters
    ----------
    path
        The file. If it cannot be read, nothing is checked, because reading will say why.
    reading
        Options of :func:`fairaudit.inputs.read_log`.
    scratch
        Folder for a copy of the first bytes.

    Raises
    ------
    InputError
        If a column is missing.
    """
    try:
        file = beginning(path, scratch)
        if what_is(file.head) not in _TABLES:
            return
        form = choose_format(file, reading.format)
        if form is PARQUET:
            whole = OpenedFile(path.name, path, "", file.head, ends_in_newline=True)
            if is_artefact(whole):
                return
            names, nested = flat_columns(whole), nested_columns(whole)
        elif form.header is not None:
            names, nested = form.header(file), {}
        else:
            return
    except (ValueError, OSError):
        return
    names = with_composites(names, reading.columns)
    refuse_nested(path.name, names, nested, reading.columns, form.names, reading.further)
    check_columns(path.name, names, arrange(names, reading.columns, form.names), reading)


def check_columns(where: str, names: Sequence[str], layout: Collection[str], reading: Reading) -> None:
    """Check that a log has the columns that its reading needs.

    Parameters
    ----------
    where
        Name of the file.
    names, layout
        Columns of the file, and the same under fairaudit's names.
    reading
        Options of :func:`fairaudit.inputs.read_log`.
    """
    require(where, names, reading.columns)
    content = content_of(where, layout, reading.required, reading.own)
    if content == "counts":
        counts = [name for name in reading.rate_columns if name in COUNT_COLUMNS and name not in _DERIVED]
        counts += [INSERTIONS] if HALLUCINATED in reading.derived else []
        if missing := [name for name in counts if name not in layout]:
            raise InputError(f"{where}: {lacking('log', missing, layout)}")
    require_needed(where, [*layout], {"where": [*reading.where]})
    unused = set_aside(layout, content)
    require_needed(where, labels_among([name for name in layout if name not in unused]), reading.needed)


def labels_among(names: Collection[str]) -> list[str]:
    """Return the columns of a file or of the raw relation that are neither texts nor counts."""
    return [name for name in names if name not in _NO_LABELS]


def beginning(path: Path, scratch: Path, size: int = _HEAD) -> OpenedFile:
    """Copy the first bytes of a file, uncompressed, to the scratch folder.

    Parameters
    ----------
    path, scratch
        The file, and the folder.
    size
        Number of bytes.
    """
    import pyarrow as pa

    if not path.is_file():
        raise InputError(f"{path.name}: not a file")
    with path.open("rb") as file:
        head = file.read(size)
    method = compression_of(head)
    if method is not None:
        with pa.input_stream(str(path), compression=method) as stream:
            head = stream.read(size)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        head = head.decode("utf-16", errors="ignore").encode()
    target = scratch / "header"
    target.write_bytes(head)
    return OpenedFile(path.name, target, "", head, ends_in_newline=True)
