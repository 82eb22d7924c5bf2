"""Turn a log and its side tables into a list of searches."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import product
from typing import TYPE_CHECKING, Any, Final

from fairaudit.api.label_columns import (
    MOST_LABELS,
    TO_BE_ASKED_FOR,
    bands_instead,
    label_columns,
    require_few_numbers,
    require_groups,
)
from fairaudit.api.methods import NEEDS, needs_of
from fairaudit.cohorts import CohortModel, Discoverer, Named, broken_discoverers, checked, discoverer, discoverers
from fairaudit.cohorts.limits import require_few_searches, require_small_numbers
from fairaudit.cohorts.model import settings_of
from fairaudit.core.columns import COORDINATES, ZIP_CODE, names
from fairaudit.core.errors import InputError, UsageError, unknown_name
from fairaudit.evidence.plan import Search
from fairaudit.inputs.bands import band_columns, with_bands
from fairaudit.inputs.census import CensusTable
from fairaudit.inputs.named import NamedColumns

if TYPE_CHECKING:
    from fairaudit.api.side_tables import Features
    from fairaudit.inputs.log import UtteranceLog
    from fairaudit.results.documents import SkippedDoc
    from fairaudit.units.build import UnitFeatures

__all__ = [
    "ALL",
    "MOST_LABELS",
    "SearchRequest",
    "Selection",
    "features_for",
    "places_of",
    "source_for",
    "with_exact_bands",
    "with_frozen_bands",
]

#: Every discoverer that has its inputs.
ALL: Final = "all"
_BEYOND: Final = f"{TO_BE_ASKED_FOR}: only the first {MOST_LABELS} label columns are searched without being asked for"
#: What discoverers call their most cohorts.
_MOST_COHORTS: Final = ("max_cohorts", "max_leaves", "max_clusters")


@dataclass(frozen=True)
class Selection:
    """The searches of an audit.

    Attributes
    ----------
    searches
        Those that are run.
    skipped
        Those that are not, and what they would need.
    unasked
        Label columns that are searched although nobody asked for them.
    log
        The log, with those bands of its columns that are searched.
    """

    log: UtteranceLog
    searches: Sequence[Search]
    skipped: Sequence[SkippedDoc]
    unasked: Sequence[str] = ()


@dataclass(frozen=True)
class SearchRequest:
    """What a user asks to be searched.

    Attributes
    ----------
    methods
        Discoverers, or their names; a name means a discoverer with the settings below.
    by
        Label columns, or several for their intersections, of discoverers that are keyed by the setting ``by``. Bands of
        numbers, such as ``age[20,40,60]`` and ``snr[3]``, are columns as well.
    min_speakers, max_cohorts
        Settings of every named discoverer that has them.
    params
        Further settings of named discoverers; a list of values means a search for each.
    identifying
        Whether columns that identify persons may be searched.
    """

    methods: str | Discoverer | Sequence[str | Discoverer] = ALL
    by: str | Sequence[str | Sequence[str]] = ()
    min_speakers: int | None = None
    max_cohorts: int | None = None
    params: Mapping[str, Any] | None = None
    identifying: bool = False

    def settings(self) -> dict[str, dict[str, Any]]:
        """Give the settings of every known discoverer, by method.

        Raises
        ------
        UsageError
            If a parameter fits no discoverer that was asked for.
        """
        params = self.params or {}
        known = {name: {f.name for f in fields(kind)} - {"by"} for name, kind in discoverers().items()}
        asked = {*known} if ALL in names(self.methods) else {name for name in known if name in names(self.methods)}
        settings: dict[str, dict[str, Any]] = {name: {} for name in known}
        general = {"min_speakers": self.min_speakers, **dict.fromkeys(_MOST_COHORTS, self.max_cohorts)}
        for name, accepted in known.items():
            settings[name] |= {key: value for key, value in general.items() if value is not None and key in accepted}
            settings[name] |= {key: value for key, value in params.items() if key in accepted}
        fitting = set().union(*(known[name] for name in asked))
        for key in params:
            if key not in fitting:
                raise UsageError(unknown_name("parameter", key, sorted(fitting)))
        return settings

    @property
    def columns(self) -> list[str]:
        """Label columns that are asked for."""
        return [*dict.fromkeys(column for entry in names(self.by) for column in names(entry))]

    def warn_of_unused(self) -> None:
        """Warn of settings that no discoverer takes."""
        known = discoverers()
        asked = [*known] if ALL in names(self.methods) else [one for one in names(self.methods) if isinstance(one, str)]
        accepted = {f.name for name in asked if name in known for f in fields(known[name])}
        keyed = [name for name in asked if name in known and not known[name].keys]
        given = {
            "by": bool(self.by) and not keyed,
            "min_speakers": self.min_speakers is not None and "min_speakers" not in accepted,
            "max_cohorts": self.max_cohorts is not None and accepted.isdisjoint(_MOST_COHORTS),
        }
        for name in (name for name, unused in given.items() if unused):
            warnings.warn(f"{name} has no effect on the discoverers that were asked for", stacklevel=3)

    def check(self) -> None:
        """Check that the methods exist and accept their settings, whatever the log is.

        Raises
        ------
        UsageError
            If a name is unknown, an object is no discoverer, or a setting has a wrong value.
        """
        settings, known, groupings = self.settings(), discoverers(), [*map(names, names(self.by))] or [(ALL,)]
        for method in names(self.methods):
            for one in known if method == ALL else [method]:
                if isinstance(one, str):
                    _made(one, known, groupings, settings)
                else:
                    checked(one)

    def select(self, log: UtteranceLog, features: Features) -> Selection:
        """Select the searches that a log allows, and say what those that are skipped would need.

        Parameters
        ----------
        log
            The log.
        features
            The sources of features by keys.

        Raises
        ------
        UsageError
            If a name is unknown, an object is no discoverer, one that was asked for lacks its inputs, or a column that
            was asked for identifies persons.
        """
        settings, known, methods = self.settings(), discoverers(), names(self.methods)
        wanted = [one for method in methods for one in ([*known] if method == ALL else [method])]
        given = [checked(one) for one in wanted if not isinstance(one, str)]
        groupings = list(dict.fromkeys(map(names, names(self.by))))
        skipped: list[SkippedDoc] = []
        unasked: list[str] = []
        if not groupings and any(isinstance(one, str) and one in known and not known[one].keys for one in wanted):
            unasked, reasons = label_columns(log)
            groupings = [(column,) for column in unasked]
            skipped += [
                {"method": f"named: {column}", "needs": f"{TO_BE_ASKED_FOR}: {reason}"}
                for column, reason in reasons.items()
            ]
            if further := len(log.label_columns) - len(unasked) - len(reasons):
                columns = "1 more label column" if further == 1 else f"{further:,} more label columns"
                skipped.append({"method": f"named: {columns}", "needs": _BEYOND})
        if not self.identifying:
            require_few_numbers(log, self.columns)
        skipped += bands_instead(log, self.columns, self.min_speakers or Named.min_speakers)
        log, exact = with_bands(log, [*self.columns, *(column for one in given for column in _columns(one))])
        groupings = [tuple(exact.get(column, column) for column in grouping) for grouping in groupings]
        wanted = [one if isinstance(one, str) else _with_columns(one, exact) for one in wanted]
        pairs: list[tuple[UnitFeatures, Discoverer]] = []
        for i, one in enumerate(wanted):
            if one in wanted[:i]:
                continue
            made = _made(one, known, groupings, settings) if isinstance(one, str) else [one]
            sources = [(source, each) for each in made if (source := _source_of(each, log, features)) is not None]
            pairs += sources
            if sources:
                continue
            name, needs = (one, needs_of(known[one].keys)) if isinstance(one, str) else (one.method, needs_of(one.keys))
            if ALL not in methods or not isinstance(one, str):
                raise UsageError(f"{name} needs {needs}; the log has {[*log.columns]}")
            skipped.append({"method": name, "needs": needs})
        if ALL in methods:
            skipped += [{"method": name, "needs": wrong} for name, wrong in broken_discoverers().items()]
        if not self.identifying:
            asked = [key for source, _ in pairs if isinstance(source, NamedColumns) for key in source.keys]
            require_groups(log, dict.fromkeys(asked))
        titles = _titles([each for _, each in pairs])
        searches = [Search(title, *pair) for title, pair in zip(titles, pairs, strict=True)]
        return Selection(log, searches, skipped, unasked)


def places_of(features: Features) -> UnitFeatures | None:
    """Where speakers live, for maps: by the log's own coordinates, or by the middles of zips in a census table."""
    census = features.get((ZIP_CODE,))
    return features.get(COORDINATES) or (census.places() if isinstance(census, CensusTable) else None)


def source_for(keys: tuple[str, ...], log: UtteranceLog, features: Features) -> UnitFeatures | None:
    """The source of features of units with these keys; ``None`` where the log or a side table lacks."""
    if keys in NEEDS:
        return features.get(keys)
    return NamedColumns(keys) if keys and {*keys} <= {*log.columns} else None


def features_for(model: CohortModel, log: UtteranceLog, features: Features) -> UnitFeatures:
    """The source of features that frozen cohorts are assigned by.

    Parameters
    ----------
    model
        Frozen cohorts.
    log
        Any log.
    features
        The sources that are there, by keys.

    Raises
    ------
    UsageError
        If the log lacks a column, or its side table is not there.
    InputError
        If the census table lacks a column that the cohorts need.
    """
    lacking = [key for key in model.keys if key not in log.columns]
    if lacking:
        raise UsageError(f"cohorts of {model.title!r} need {lacking}; the log has {[*log.columns]}")
    # a speaker counts in every label that occurs, and under one home, zip code or vector
    source = source_for(model.keys, log, features) if model.one_per_speaker else NamedColumns(model.keys)
    if source is None:
        raise UsageError(f"cohorts of {model.title!r} need {needs_of(model.keys)}")
    if isinstance(source, CensusTable):
        _refuse_lacking_columns(model, source)
    return source


def with_frozen_bands(log: UtteranceLog, models: Iterable[CohortModel]) -> UtteranceLog:
    """Add to a log the bands that frozen cohorts are keyed by, which have the edges of the log used for discovery."""
    keys = [key for model in models for key in model.keys]
    return with_bands(log, band_columns(log.columns, {"": keys}), may_lack=True)[0]


def with_exact_bands(
    log: UtteranceLog, features: UnitFeatures, discoverer: Discoverer
) -> tuple[UtteranceLog, UnitFeatures, Discoverer]:
    """Add to a log the bands that a discoverer is keyed by, and give all of them their exact names."""
    if not isinstance(features, NamedColumns):
        return log, features, discoverer
    log, exact = with_bands(log, features.keys)
    return log, NamedColumns(tuple(exact.get(key, key) for key in features.keys)), _with_columns(discoverer, exact)


def _refuse_lacking_columns(model: CohortModel, census: CensusTable) -> None:
    """Raise if a census table lacks a column that frozen cohorts need, and say which columns are left out and why."""
    try:
        model.assign(census, census.frame.index)
    except InputError as error:
        raise InputError("; ".join((f"cohorts of {model.title!r}: {error}", *census.caveats))) from error


def _made(
    method: str,
    known: Mapping[str, type[Any]],
    groupings: Sequence[tuple[str, ...]],
    settings: Mapping[str, Mapping[str, Any]],
) -> list[Discoverer]:
    """The discoverers that a name means: one for each grouping, and for each value of a setting with several."""
    if method not in known:
        raise UsageError(broken_discoverers().get(method) or unknown_name("method", method, [*known, ALL]))
    values: dict[str, Sequence[Any]] = {} if known[method].keys else {"by": groupings}
    values |= {name: value if isinstance(value, list) else [value] for name, value in settings[method].items()}
    require_few_searches(method, values)
    made = [discoverer(method, dict(zip(values, chosen, strict=True)), known) for chosen in product(*values.values())]
    require_small_numbers(method, made)
    return made


def _source_of(each: Discoverer, log: UtteranceLog, features: Features) -> UnitFeatures | None:
    """Its source by keys; columns that the user named are looked for when the log is summed, which names near ones."""
    return source_for(each.keys, log, features) if each.keys else NamedColumns(_columns(each))


def _columns(each: Any) -> tuple[str, ...]:
    """The columns that a user keyed a discoverer by; none if it has keys of its own."""
    return () if each.keys else names(each.by)


def _with_columns(each: Any, exact: Mapping[str, str]) -> Any:
    """Return a discoverer whose columns have exact names; see :func:`fairaudit.inputs.bands.with_bands`."""
    columns = _columns(each)
    return replace(each, by=tuple(exact.get(one, one) for one in columns)) if exact.keys() & columns else each


def _titles(made: Sequence[Discoverer]) -> list[str]:
    """Name each search by its method and columns, and those that would share a name by the settings that differ."""
    plain = [each.method if each.keys else f"{each.method}: {' × '.join(_columns(each))}" for each in made]
    settings = [settings_of(each) for each in made]
    titles = []
    for name, own in zip(plain, settings, strict=True):
        alike = [others for other, others in zip(plain, settings, strict=True) if other == name]
        differing = [key for key in own if any(others.get(key) != own[key] for others in alike)]
        suffix = ", ".join(f"{key}={_written(own[key])}" for key in differing)
        titles.append(f"{name} ({suffix})" if suffix else name)
    return titles


def _written(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
