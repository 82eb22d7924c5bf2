"""What a log and its side tables allow to be searched, and where everything came from."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from itertools import product
from pathlib import Path
from typing import Any, Final

from fairaudit.cohorts import CohortModel, discoverer, discoverers
from fairaudit.core.columns import CHARACTERS, COORDINATES, SPEAKER, ZIP_CODE, names
from fairaudit.core.counts import RATES, Rate, rate_named
from fairaudit.core.errors import InputError, UsageError, unknown_name
from fairaudit.core.files import sha256_of
from fairaudit.evidence.plan import Search
from fairaudit.inputs.census import CensusTable, read_census
from fairaudit.inputs.embeddings import EmbeddingTable, read_embeddings
from fairaudit.inputs.log import UtteranceLog
from fairaudit.inputs.named import NamedColumns
from fairaudit.inputs.places import Coordinates
from fairaudit.results.audit import Provenance
from fairaudit.units.build import UnitFeatures

__all__ = [
    "ALL",
    "NEEDS",
    "features_for",
    "features_of",
    "places_of",
    "provenance_of",
    "rate_of",
    "settings_for",
    "tasks_for",
    "with_covariates",
]

#: Every discoverer that has its inputs.
ALL: Final = "all"
#: What a discoverer needs, in words.
NEEDS: Final = {
    "geo-tree": "columns latitude and longitude",
    "geo-scan": "columns latitude and longitude",
    "zip-census": "a column zip_code and a census table (--census FILE)",
    "embedding": "speaker embeddings (--embeddings FILE)",
    "named": "label columns (--by COLUMN)",
}
_BANDS: Final = re.compile(r"(?P<column>.+)\[(?P<bins>[0-9]+)\]")
_TO_BE_ASKED_FOR: Final = "to be asked for (--by): it has more labels than half the speakers"
#: Label columns that are audited without being asked for.
_MOST_LABELS: Final = 12


def rate_of(log: UtteranceLog, name: str | None) -> Rate:
    """The rate of that name; without one ``wer``, or ``cer`` where the log counts characters.

    Raises
    ------
    UsageError
        If the log does not count what the rate needs.
    """
    rate = rate_named(name or ("cer" if log.exposure == CHARACTERS else "wer"))
    lacking = [column for column in (rate.numerator, rate.denominator) if column not in log.count_columns]
    if lacking:
        possible = [r.name for r in RATES.values() if {r.numerator, r.denominator} <= {*log.count_columns}]
        raise UsageError(f"rate {rate.name!r} needs {lacking}, which this log does not count; it can give {possible}")
    return rate


def features_of(
    log: UtteranceLog,
    census: CensusTable | str | os.PathLike[str] | None,
    crosswalk: str | os.PathLike[str] | None,
    embeddings: EmbeddingTable | str | os.PathLike[str] | None,
) -> dict[str, UnitFeatures]:
    """The sources of features that are there, by the method that uses them."""
    found: dict[str, UnitFeatures] = {}
    if {*COORDINATES} <= {*log.columns}:
        found["geo-tree"] = found["geo-scan"] = Coordinates()
    if census is not None and ZIP_CODE in log.columns:
        table = census if isinstance(census, CensusTable) else read_census(Path(census), crosswalk=crosswalk)
        found["zip-census"] = table
    if embeddings is not None:
        vectors = embeddings if isinstance(embeddings, EmbeddingTable) else read_embeddings(Path(embeddings))
        found["embedding"] = vectors.for_log(log)
    return found


def places_of(features: Mapping[str, UnitFeatures]) -> UnitFeatures | None:
    """Where speakers live, for maps: by the log's own coordinates, or by the middles of zips in a census table."""
    census = features.get("zip-census")
    return features.get("geo-tree") or (census.places() if isinstance(census, CensusTable) else None)


def features_for(model: CohortModel, log: UtteranceLog, features: Mapping[str, UnitFeatures]) -> UnitFeatures:
    """The source of features that frozen cohorts are assigned by.

    Parameters
    ----------
    model
        Frozen cohorts.
    log
        Any log.
    features
        The sources that are there, by method.

    Raises
    ------
    UsageError
        If the log lacks a column, or its side table is not there.
    """
    lacking = [key for key in model.keys if key not in log.columns]
    if lacking:
        raise UsageError(f"cohorts of {model.title!r} need {lacking}; the log has {[*log.columns]}")
    source = NamedColumns(model.keys) if model.method == "named" else features.get(model.method)
    if source is None:
        raise UsageError(f"cohorts of {model.title!r} need {NEEDS.get(model.method, 'inputs of its own')}")
    return source


def tasks_for(
    log: UtteranceLog,
    methods: str | Sequence[str],
    by: str | Sequence[str | Sequence[str]],
    features: Mapping[str, UnitFeatures],
    settings: Mapping[str, Mapping[str, Any]],
) -> tuple[list[Search], list[dict[str, str]]]:
    """The searches that were asked for, and what was skipped and would have needed."""
    known, methods = discoverers(), names(methods)
    for method in methods:
        if method != ALL and method not in known:
            raise UsageError(unknown_name("method", method, [*known, ALL]))
    groupings = list(dict.fromkeys(map(names, names(by))))
    tasks: list[Search] = []
    skipped: list[dict[str, str]] = []
    if not groupings and {"named", ALL} & {*methods}:
        labels, persons = _label_columns(log)
        groupings = [(column,) for column in labels]
        skipped += [{"method": f"named: {column}", "needs": _TO_BE_ASKED_FOR} for column in persons]
    for method in known if ALL in methods else dict.fromkeys(methods):
        if method == "named" and groupings:
            for columns in groupings:
                title, source = f"named: {' × '.join(columns)}", NamedColumns(columns)
                tasks += _searches(title, source, method, {**settings[method], "by": columns})
        elif method in features:
            tasks += _searches(method, features[method], method, settings[method])
        elif ALL in methods:
            skipped.append({"method": method, "needs": NEEDS.get(method, "inputs of its own")})
        else:
            raise UsageError(f"{method} needs {NEEDS.get(method, 'inputs of its own')}; the log has {[*log.columns]}")
    return tasks, skipped


def _searches(title: str, source: UnitFeatures, method: str, settings: Mapping[str, Any]) -> list[Search]:
    """One search for every combination of the settings of which several values are asked for, in a list."""
    several = [name for name, value in settings.items() if isinstance(value, list)]
    found = []
    for chosen in product(*(settings[name] for name in several)):
        values = dict(zip(several, chosen, strict=True))
        told = ", ".join(f"{name}={value}" for name, value in values.items())
        title_of_this = f"{title} ({told})" if told else title
        found.append(Search(title_of_this, source, discoverer(method, {**settings, **values})))
    return found


def _label_columns(log: UtteranceLog) -> tuple[list[str], list[str]]:
    """Label columns that are searched without being asked for, and those that name persons rather than groups."""
    groups: list[str] = []
    persons: list[str] = []
    unit = log.cluster or SPEAKER
    for column in log.label_columns[:_MOST_LABELS]:
        pairs = log.tally([unit, column]).index.dropna()
        labels, speakers = (pairs.get_level_values(level).nunique() for level in (column, unit))
        (persons if labels > speakers / 2 else groups).append(column)
    return groups, persons


def settings_for(
    methods: str | Sequence[str], params: Mapping[str, Any], min_speakers: int | None, max_cohorts: int | None
) -> dict[str, dict[str, Any]]:
    """Settings by method: what is general goes to every discoverer that has it, a parameter must fit one."""
    known = {name: {f.name for f in fields(kind)} - {"by"} for name, kind in discoverers().items()}
    asked = {*known} if ALL in names(methods) else {*names(methods)} & {*known}
    settings: dict[str, dict[str, Any]] = {name: {} for name in known}
    general = {"min_speakers": min_speakers, "max_leaves": max_cohorts, "max_clusters": max_cohorts}
    for name, accepted in known.items():
        settings[name] |= {key: value for key, value in general.items() if value is not None and key in accepted}
        settings[name] |= {key: value for key, value in params.items() if key in accepted}
    fitting = set().union(*(known[name] for name in asked))
    for key in params:
        if key not in fitting:
            raise UsageError(unknown_name("parameter", key, sorted(fitting)))
    return settings


def _left_out(features: Mapping[str, UnitFeatures]) -> dict[str, int]:
    """What the side tables held that could not be used, counted."""
    counts: dict[str, int] = {}
    for source in features.values():
        if isinstance(source, EmbeddingTable):
            counts |= {f"embeddings_{reason}": len(ids) for reason, ids in source.dropped.items()}
            counts["embeddings_of_nobody"] = source.unmatched
        if isinstance(source, CensusTable):
            counts["census_cells_set_missing"] = source.sentinels
    return {name: count for name, count in counts.items() if count}


def with_covariates(log: UtteranceLog, adjust: str | Sequence[str]) -> tuple[UtteranceLog, tuple[str, ...]]:
    """The log with every covariate as a column, and their names; ``snr[3]`` cuts a column into three bands.

    Raises
    ------
    InputError
        If the log lacks a column, or one that is to be cut holds no numbers.
    """
    covariates = dict.fromkeys(names(adjust))
    for covariate in covariates:
        cut = _BANDS.fullmatch(covariate)
        if cut and covariate not in log.columns:
            log = log.cut(cut["column"], int(cut["bins"]))
        elif covariate not in log.columns:
            raise InputError(unknown_name("column", covariate, log.columns))
    return log, tuple(covariates)


def provenance_of(
    log: UtteranceLog,
    features: Mapping[str, UnitFeatures],
    skipped: Sequence[Mapping[str, str]],
    side_files: Sequence[object],
) -> Provenance:
    """What is known of where the numbers come from; of the side tables, those that were files."""
    quality = log.quality
    sides = [Path(file) for file in side_files if isinstance(file, str | os.PathLike)]
    return Provenance(
        settings=log.settings,
        inputs=[{"name": file.name, "sha256": file.sha256, "rows": file.rows} for file in log.inputs],
        side_tables=[{"name": path.name, "sha256": sha256_of(path)} for path in sides],
        quality={
            "rows_in": quality.rows_in,
            "rows_used": quality.rows_used,
            "rows_quarantined": quality.rows_quarantined,
            "by_code": dict(quality.by_code),
            "coercions": {**quality.coercions, **_left_out(features)},
            "notes": list(quality.notes),
        },
        skipped=skipped,
    )
