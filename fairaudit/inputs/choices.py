"""Options of :func:`fairaudit.inputs.read_log`: which values they have, and what they mean for the numbers of a log."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, get_args

from fairaudit.core.columns import COUNT_COLUMNS, EXPOSURES, RESERVED, SPEAKER, UTTERANCE, names
from fairaudit.core.derived import ON_DEMAND
from fairaudit.core.errors import InputError, UsageError, setting, unknown_name
from fairaudit.core.memory import DEFAULT_MEMORY, bytes_of
from fairaudit.core.settings import HUMAN, PSEUDO
from fairaudit.core.threshold import Threshold
from fairaudit.inputs.artefact import Artefact
from fairaudit.inputs.formats.base import FILE, ROW
from fairaudit.inputs.quality import Join, PartJoin
from fairaudit.inputs.raw import Reading
from fairaudit.inputs.suggesting import check_mapping, lacking
from fairaudit.inputs.texts import Unit
from fairaudit.inputs.where import check_where, spelled
from fairaudit.scoring import Normalizer, Token, get_normalizer, get_second_normalizer, is_own, scoring_settings

__all__ = ["conflict", "reading_of", "require_as_scored", "require_one_of", "settings_of", "unit_of_counts"]

_NONE: Final[Mapping[str, Any]] = MappingProxyType({})


def reading_of(
    *,
    columns: Mapping[str, str] = _NONE,
    format: str = "auto",  # noqa: A002 (the command line's word)
    unit: Literal["word", "char", "mixed", "auto"] = "auto",
    normalizer: str | Path | Normalizer = "basic",
    second_normalizer: str | Path | Normalizer = "auto",
    strip_tags: bool = False,
    alternatives: Literal["auto", "none", "sclite"] = "auto",
    missing_hypothesis: Literal["error", "empty", "drop"] = "error",
    missing_speaker: Literal["auto", "quarantine", "own", "keep"] = "auto",
    reference_kind: Literal["auto", "human", "pseudo"] = "auto",
    wrong_words: bool = False,
    keep_texts: bool = False,
    zip_pad: bool = False,
    cluster: str | None = None,
    max_quarantine: float = 0.01,
    counts: str | Sequence[str] = (),
    needed: Mapping[str, Sequence[str]] = _NONE,
    memory: str = DEFAULT_MEMORY,
    hypotheses: str | os.PathLike[str] | None = None,
    metadata: Sequence[str | os.PathLike[str]] = (),
    where: Mapping[str, str] = _NONE,
) -> Reading:
    """Check the options of :func:`fairaudit.inputs.read_log`, which documents them.

    Raises
    ------
    UsageError
        If an option has an invalid value.
    """
    require_one_of("missing_hypothesis", missing_hypothesis, ("error", "empty", "drop"))
    require_one_of("missing_speaker", missing_speaker, ("auto", "quarantine", "own", "keep"))
    require_one_of("reference_kind", reference_kind, ("auto", HUMAN, PSEUDO))
    require_one_of("alternatives", alternatives, ("auto", "none", "sclite"))
    require_one_of("unit", unit, ("auto", *get_args(Token)))
    if not 0 <= max_quarantine <= 1:
        raise UsageError(f"{setting('max_quarantine')} must be a share between 0 and 1, not {max_quarantine}")
    if cluster in RESERVED and cluster not in (SPEAKER, UTTERANCE):
        raise UsageError(f"cluster must be a column of sampling units; {cluster!r} cannot be one")
    check_mapping(columns)
    scorer = get_normalizer(normalizer)
    second = get_second_normalizer(second_normalizer, scorer)
    thresholds = {name: one for name in names(counts) if (one := Threshold.parse(name)) is not None}
    for one in thresholds.values():
        one.require_valid()
    known = (*COUNT_COLUMNS, *ON_DEMAND, *thresholds)
    further = tuple(dict.fromkeys(name for name in names(counts) if name not in known))
    if wrong := [name for name in further if name in (*RESERVED, cluster)]:
        raise UsageError(f"counts must be columns of additive numbers; {wrong} cannot be")
    compared = tuple(dict.fromkeys(one.column for one in thresholds.values()))
    if wrong := [name for name in compared if name in (*RESERVED, cluster) and name not in COUNT_COLUMNS]:
        raise UsageError(f"only columns of numbers can be compared with a threshold; {wrong} cannot be")
    return Reading(
        normalizer=scorer,
        second=second,
        columns=columns,
        format=format,
        token=unit,
        strip_tags=strip_tags,
        alternatives=alternatives,
        missing_hypothesis=missing_hypothesis,
        missing_speaker=missing_speaker,
        reference_kind=reference_kind,
        wrong_words=wrong_words,
        keep_texts=keep_texts,
        zip_pad=zip_pad,
        cluster=cluster,
        max_quarantine=max_quarantine,
        counts=further,
        rate_columns=(*names(counts), *compared),
        thresholds=tuple(dict.fromkeys(thresholds.values())),
        derived=tuple(name for name in ON_DEMAND if name in names(counts)),
        needed={**needed, "": (*needed.get("", ()), *further, *(one for one in compared if one not in COUNT_COLUMNS))},
        memory=bytes_of(memory),
        hypotheses=None if hypotheses is None else Path(hypotheses),
        metadata=tuple(map(Path, metadata)),
        where=check_where(where),
    )


def settings_of(
    reading: Reading, scored: Token | None, counted: Unit, joins: Sequence[Join | PartJoin] = ()
) -> dict[str, str | None]:
    """Return the settings that can change a number. A log of counts has no normaliser."""
    with_alternatives = reading.alternatives == "sclite"
    scoring = (
        {"unit": counted}
        if scored is None
        else scoring_settings(reading.normalizer, scored, tags=reading.strip_tags, alternatives=with_alternatives)
    )
    usual = {"missing_hypothesis": "error", "missing_speaker": "auto", "reference_kind": HUMAN}
    chosen = {name: getattr(reading, name) for name in usual}
    return {
        **scoring,
        **{name: None if value == usual[name] else value for name, value in chosen.items()},
        "columns": _mapped(reading),
        "joined": _joined(reading, joins),
        "where": spelled(reading.where),
    }


def _joined(reading: Reading, joins: Sequence[Join | PartJoin]) -> str | None:
    """Write what was joined, and by which column. The files are named by their hashes elsewhere."""
    options = [*(["hypotheses"] if reading.hypotheses is not None else []), *("metadata" for _ in reading.metadata)]
    return "+".join(f"{option} by {join.key}" for option, join in zip(options, joins, strict=True)) or None


def _mapped(reading: Reading) -> str | None:
    """Write the mapping of columns, if there is one."""
    return "+".join(f"{ours}={theirs}" for ours, theirs in sorted(reading.columns.items())) or None


def require_as_scored(where: str, whole: Artefact, reading: Reading, second_normalizer: Any) -> None:
    """Refuse options of reading that are not those with which a file of counts was made; defaults are none.

    Parameters
    ----------
    where
        Names of the files.
    whole
        Their description.
    reading
        The options.
    second_normalizer
        The second normaliser as it was asked for; it can be left out of an audit (``"off"``).

    Raises
    ------
    UsageError
        If an option has another value.
    """
    settings = whole.settings
    if given := [name for name in ("hypotheses", "metadata") if getattr(reading, name)]:
        raise UsageError(
            f"{where} holds counts that were scored already, with which no files are joined "
            f"({', '.join(map(setting, given))}); give the files when the log is scored"
        )
    asked: dict[str, tuple[Any, Any, Any]] = {
        "unit": (reading.token, "auto", whole.unit),
        "cluster": (reading.sampling_unit, SPEAKER, whole.sampling_unit),
        "missing_speaker": (reading.missing_speaker, "auto", settings.get("missing_speaker") or "auto"),
        "reference_kind": (reading.reference_kind, "auto", settings.get("reference_kind") or HUMAN),
        "zip_pad": (reading.zip_pad, False, whole.zip_pad),
        "columns": (_mapped(reading), None, settings.get("columns")),
        "where": (spelled(reading.where), None, settings.get("where")),
    }
    if whole.normalizer is not None:
        first, *others = map(_selected, whole.normalizers)
        is_chosen = reading.second is not None and second_normalizer != "auto"
        second = _selected(reading.second) if reading.second is not None and is_chosen else "auto"
        asked |= {
            "normalizer": (_selected(reading.normalizer), "basic", first),
            "second_normalizer": (second, "auto", others[0] if others else "off"),
            "strip_tags": (reading.strip_tags, False, settings.get("removed") is not None),
            "alternatives": (reading.alternatives, "auto", settings.get("alternatives") or "none"),
            "missing_hypothesis": (
                reading.missing_hypothesis,
                "error",
                settings.get("missing_hypothesis") or "error",
            ),
        }
    for name, (given, default, made) in asked.items():
        if given not in (default, made):
            raise UsageError(conflict(where, name, given, made))


def _selected(normalizer: Normalizer) -> str:
    """Return how a normaliser is selected: by its name if it is built in, and else it must be exactly the same."""
    return normalizer.label if is_own(normalizer.name) else normalizer.name


def conflict(where: str, name: str, given: Any, made: Any) -> str:
    """Say that an option is not that with which a file of counts was made.

    Examples
    --------
    >>> print(UsageError(conflict("counts.parquet", "unit", "char", "word")))
    counts.parquet was scored with unit='word', so unit='char' is not possible; leave it out, or score the log again
    """
    with_it = f"with {setting(name, made)}" if made not in (None, False) else f"without {setting(name)}"
    return (
        f"{where} was scored {with_it}, so {setting(name, given)} is not possible; leave it out, or score the log again"
    )


def require_one_of(option: str, value: str, values: Sequence[str]) -> None:
    """Raise if the value of an option is none of its values."""
    if value not in values:
        raise UsageError(unknown_name(f"value of {setting(option)}", value, values))


def unit_of_counts(types: Mapping[str, str], token: Literal["word", "char", "mixed", "auto"]) -> Unit:
    """Return whether a log of counts counts errors in words or characters, or no errors."""
    if token == "auto":
        return next((unit for unit in get_args(Token) if EXPOSURES[unit] in types), "none")
    if EXPOSURES[token] not in types:
        raise InputError(lacking("log", [EXPOSURES[token]], [name for name in types if name not in (FILE, ROW)]))
    return token
