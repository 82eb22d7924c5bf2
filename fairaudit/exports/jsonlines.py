"""Add cohorts to JSON lines that describe the utterances: NeMo manifests and lhotse supervisions."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from fairaudit.core.columns import UTTERANCE
from fairaudit.core.errors import InputError, UsageError, setting
from fairaudit.core.progress import counted
from fairaudit.core.text import json_line, unique_keys
from fairaudit.engines import EmbeddedEngine
from fairaudit.exports.cohort_of import Labelled, field_name
from fairaudit.inputs.formats.jsonlines import AUDIO, segment_id
from fairaudit.inputs.opening import open_file

__all__ = ["LHOTSE", "NEMO", "with_cohorts", "zipped"]

NEMO, LHOTSE = "nemo", "lhotse"
#: Fields that may contain the utterance id, in order of preference, as when a log is read.
_IDS: Final[Mapping[str, tuple[str, ...]]] = {
    NEMO: ("utterance_id", "utt_id", "id", AUDIO),
    LHOTSE: ("id",),
}


def with_cohorts(
    path: Path, labels: Sequence[Labelled], form: str, columns: Mapping[str, str] = MappingProxyType({})
) -> str:
    """Return the lines with a field ``cohort_<search>`` for each search, ``null`` where there is no cohort.

    Parameters
    ----------
    path
        JSON lines, plain, gzip or zstd.
    labels
        Cohort labels, one entry per search.
    form
        :data:`NEMO` adds fields to the record; :data:`LHOTSE` adds custom fields to the supervision.
    columns
        Column name of fairaudit -> field, as the log was read. If every record has the field of the utterance id, it is
        used, else the first of the usual fields that every record has.

    Raises
    ------
    InputError
        If the file is not JSON lines, a record has no id, or no record is an utterance of the log.
    UsageError
        If two searches would use the same field.
    """
    fields = [one.field for one in labels]
    if shared := [one.model.title for one in labels if fields.count(one.field) > 1]:
        raise UsageError(
            f"the searches {shared} would all be written to field {field_name(shared[0])!r}; "
            f"choose one of them ({setting('search')})"
        )
    engine = EmbeddedEngine()
    file = open_file(path, engine.scratch)
    try:
        with file.path.open(encoding="utf-8-sig", newline="\n") as lines:
            records = list(_records(file.name, lines))
    except UnicodeDecodeError as error:
        raise InputError(
            f"{file.name}: not JSON lines; cohorts are added to a {form} manifest in JSON lines "
            f"({setting('manifest', 'FILE')})"
        ) from error
    fields_of_ids = [*([columns[UTTERANCE]] if UTTERANCE in columns else []), *_IDS[form]]
    field = next((name for name in fields_of_ids if all(name in record for record in records)), None)
    if field is None:
        raise InputError(f"{file.name}: every record needs the same id field, one of {fields_of_ids}")
    ids = [str(record[field]) for record in records]
    if field == AUDIO and labels[0].speaker.keys().isdisjoint(ids):
        ids = [segment_id(str(one[AUDIO]), one.get("offset"), one.get("duration")) for one in records]
    if labels[0].speaker.keys().isdisjoint(ids):
        raise InputError(f"{file.name}: no value of {field!r} is an utterance of the log; the first is {ids[0]!r}")
    for record, name in counted(zip(records, ids, strict=True), "lines labelled"):
        cohorts = {key: one.label(name) for key, one in zip(fields, labels, strict=True)}
        if form == LHOTSE:
            record["custom"] = {**(record.get("custom") or {}), **cohorts}
        else:
            record |= cohorts
    return "".join(map(json_line, counted(records, "lines written")))


def zipped(text: str) -> bytes:
    """Compress a text with gzip, without a date, so that equal texts give equal bytes."""
    return gzip.compress(text.encode(), mtime=0)


def _records(name: str, lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(counted(lines, "lines read"), start=1):
        if line.isspace():
            continue
        try:
            record = json.loads(line, object_pairs_hook=unique_keys)
        except ValueError as error:
            raise InputError(f"{name}: row {number} is not JSON ({error})") from error
        if not isinstance(record, dict):
            raise InputError(f"{name}: row {number} is not a JSON object; one object per line is needed")
        yield record
