"""Make a log of the rows that were checked."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from fairaudit.core.columns import COORDINATES, COUNT_COLUMNS, SPEAKER, UTTERANCE, ZIP_CODE
from fairaudit.core.derived import DERIVED, millionths
from fairaudit.engines import EmbeddedEngine
from fairaudit.inputs.choices import settings_of
from fairaudit.inputs.log import UtteranceLog
from fairaudit.inputs.quality import DataQuality, Findings
from fairaudit.inputs.raw import RawLog, Reading
from fairaudit.inputs.rules import OF_TEXTS, Rules
from fairaudit.inputs.texts import Unit
from fairaudit.inputs.thresholds import with_thresholds
from fairaudit.scoring import normalized_pairs

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["checked_log", "in_order"]

_ORDER: Final = (UTTERANCE, SPEAKER, *COORDINATES, ZIP_CODE)


def checked_log(
    raw: RawLog,
    rules: Rules,
    reading: Reading,
    engine: EmbeddedEngine,
    counted: Unit,
    quality: DataQuality,
    findings: Findings,
    quarantine: pa.Table,
) -> UtteranceLog:
    """Describe the usable rows, which are in the engine, as a log.

    Parameters
    ----------
    raw, rules, reading, engine
        What was read, by which rules it was checked, the options, and where the rows are.
    counted
        Whether errors are counted in words or characters, or not at all.
    quality, findings, quarantine
        What the check gave; see :func:`fairaudit.inputs.checking.check`.
    """
    known = (*COUNT_COLUMNS, *reading.counts, *(reading.rescored if raw.token else ()))
    summed = [name for name in known if name in rules.values]
    ours = (*DERIVED, *map(millionths, reading.counts))
    derived = [name for name in ours if name in rules.values or name in rules.derived]
    other = [name for name in rules.values if name not in (*summed, *derived, *OF_TEXTS)]
    log = UtteranceLog(
        inputs=raw.inputs,
        quality=quality,
        unit=counted,
        normalizer=reading.normalizer.label if raw.token else None,
        second_normalizer=reading.second.label if reading.second and raw.token else None,
        settings=settings_of(reading, raw.token, counted, raw.joins or raw.joins_in_part),
        cluster=reading.cluster,
        zip_pad=reading.zip_pad,
        count_columns=tuple(summed),
        derived_columns=tuple(derived),
        columns=in_order(other),
        _quarantine=quarantine,
        _engine=engine,
        _findings=findings,
        _normalized=partial(
            normalized_pairs,
            normalizer=reading.normalizer,
            token=raw.token,
            tags=reading.strip_tags,
            alternatives=reading.alternatives == "sclite",
        )
        if reading.keep_texts and raw.token
        else None,
    )
    return with_thresholds(log, reading.thresholds)


def in_order(columns: list[str]) -> tuple[str, ...]:
    """Return columns with those first that every log may have.

    Examples
    --------
    >>> in_order(["accent", "zip_code", "speaker_id"])
    ('speaker_id', 'zip_code', 'accent')
    """
    return tuple(sorted(columns, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER)))
