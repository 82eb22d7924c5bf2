"""Read the normalised texts of a log, for programs that score them independently."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from fairaudit.core.columns import HYPOTHESIS, REFERENCE, TEXT_COLUMNS, UTTERANCE
from fairaudit.core.errors import InputError
from fairaudit.engines import EmbeddedEngine
from fairaudit.inputs.files import expand
from fairaudit.inputs.formats import choose_format
from fairaudit.inputs.formats.base import ROW
from fairaudit.inputs.formats.jsonlines import segment_id
from fairaudit.inputs.naming import arrange, require
from fairaudit.inputs.opening import open_file
from fairaudit.inputs.suggesting import lacking
from fairaudit.inputs.texts import plain_values, texts_of
from fairaudit.scoring import get_normalizer, remove_tags

__all__ = ["Transcript", "read_transcripts"]

_NO_COLUMNS: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True)
class Transcript:
    """One utterance with its normalised reference and hypothesis."""

    utterance: str
    reference: str
    hypothesis: str


def read_transcripts(
    source: str | Path | Sequence[str | Path],
    *,
    columns: Mapping[str, str] = _NO_COLUMNS,
    format: str = "auto",  # noqa: A002 (the command line's word)
    normalizer: str = "basic",
    strip_tags: bool = False,
    utterances: Collection[str] = (),
) -> Iterator[Transcript]:
    """Stream the utterances of a log of texts, normalised as :func:`fairaudit.read_log` normalises them.

    Parameters
    ----------
    source, columns, format, normalizer, strip_tags
        See :func:`fairaudit.read_log`. A missing text is treated as empty.
    utterances
        Ids of the utterances as the log was read. A recording that is none of them is named as a segment, by its offset
        and duration.

    Raises
    ------
    InputError
        If the log cannot be read, or lacks ids or texts.
    """
    scorer, engine = get_normalizer(normalizer), EmbeddedEngine()
    for path in expand(source):
        file = open_file(path, engine.scratch)
        form = choose_format(file, format)
        for batch in form.read(file, engine):
            names = [name for name in batch.schema.names if name != ROW]
            require(file.name, names, columns)
            layout = arrange(names, columns, form.names)
            if missing := [name for name in (UTTERANCE, *TEXT_COLUMNS) if name not in layout]:
                raise InputError(f"{file.name}: {lacking('log', missing, layout)}")
            nothing: list[str | None] = [None] * len(batch)
            fields = (layout[UTTERANCE], layout[REFERENCE], layout[HYPOTHESIS], "offset", "duration")
            texts = [
                texts_of(plain_values(batch.column(name), f"{file.name}: column {name!r}"))
                if name in names
                else nothing
                for name in fields
            ]
            for utterance, reference, hypothesis, offset, duration in zip(*texts, strict=True):
                wanted = remove_tags(reference or "") if strip_tags else reference or ""
                name = utterance or ""
                if utterances and name not in utterances:
                    name = segment_id(name, offset, duration)
                yield Transcript(name, scorer(wanted), scorer(hypothesis or ""))
