"""Read manifests of Lhotse: supervisions, and cuts, whose supervisions are the rows. Lhotse itself is not needed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from fairaudit.core.columns import REFERENCE, SPEAKER, UTTERANCE
from fairaudit.core.errors import InputError
from fairaudit.engines import EmbeddedEngine
from fairaudit.inputs.formats.base import Format
from fairaudit.inputs.formats.jsonlines import batches_of_objects, first_object, objects_in
from fairaudit.inputs.opening import OpenedFile

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["LHOTSE"]

_SUPERVISIONS: Final = "supervisions"
#: Fields of every supervision, and of every cut.
_OF_SUPERVISIONS: Final = {"id", "recording_id", "start", "duration"}
_OF_CUTS: Final = {"id", _SUPERVISIONS}


def _read(file: OpenedFile, _engine: EmbeddedEngine, wanted: Collection[str] = ()) -> Iterator[pa.RecordBatch]:
    yield from batches_of_objects(file, _rows(file), wanted)


def _rows(file: OpenedFile) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield supervisions. One of a cut has the cut in its field ``cut``; a cut without any is a row with its id."""
    for number, record in objects_in(file):
        if _SUPERVISIONS not in record:
            yield number, record
            continue
        cut = {name: value for name, value in record.items() if name != _SUPERVISIONS}
        supervisions = record[_SUPERVISIONS] or [{"id": record.get("id")}]
        if not isinstance(supervisions, list) or not all(isinstance(one, Mapping) for one in supervisions):
            raise InputError(f"{file.name}: row {number}: {_SUPERVISIONS!r} of a cut must be a list of objects")
        for one in supervisions:
            yield number, {**one, "cut": cut}


def _recognises(head: bytes) -> bool:
    fields = first_object(head).keys()
    return fields >= _OF_SUPERVISIONS or (fields >= _OF_CUTS and bool({"start", "duration", "tracks"} & fields))


LHOTSE: Final = Format(
    "lhotse",
    recognises=_recognises,
    read=_read,
    distinguishes_empty=True,
    free_fields=True,
    names={UTTERANCE: (UTTERANCE, "id"), SPEAKER: (SPEAKER, "speaker"), REFERENCE: (REFERENCE, "text")},
)
