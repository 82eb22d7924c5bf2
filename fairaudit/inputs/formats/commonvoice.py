"""Read the tables of Common Voice: tab-separated values without quoting, with columns of fixed names."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Final

from fairaudit.core.columns import REFERENCE, SPEAKER, UTTERANCE
from fairaudit.engines import EmbeddedEngine
from fairaudit.inputs.formats.base import Format
from fairaudit.inputs.formats.delimited import delimited_columns, delimited_rows
from fairaudit.inputs.formats.lines import first_lines
from fairaudit.inputs.opening import OpenedFile

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["COMMON_VOICE"]

_COLUMNS: Final = {"client_id", "path", "sentence"}


def _read(file: OpenedFile, engine: EmbeddedEngine, _wanted: Collection[str] = ()) -> Iterator[pa.RecordBatch]:
    yield from delimited_rows(file, engine, quotes=False)


def _recognises(head: bytes) -> bool:
    lines = first_lines(head, 1)
    return bool(lines) and {*lines[0].split("\t")} >= _COLUMNS


COMMON_VOICE: Final = Format(
    "common-voice",
    recognises=_recognises,
    read=_read,
    header=delimited_columns,
    distinguishes_empty=False,
    names={UTTERANCE: (UTTERANCE, "path"), SPEAKER: (SPEAKER, "client_id"), REFERENCE: (REFERENCE, "sentence")},
)
