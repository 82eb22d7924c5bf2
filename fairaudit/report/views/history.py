"""From a history to what is printed and drawn of it: for each set of frozen cohorts a table and lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fairaudit.core.errors import InputError
from fairaudit.core.text import search_name
from fairaudit.report.views.cohort_tables import cohort_name
from fairaudit.report.views.tables import Column, Row, Table
from fairaudit.report.words.drivers import driven
from fairaudit.report.words.rates import RateWords, rate_words
from fairaudit.report.words.sentences import unlisted
from fairaudit.report.words.units import Unit
from fairaudit.report.words.wording import DASH, count, plain, shorten
from fairaudit.results.documents import HistoryDoc, ModelDoc, ReleaseCohortDoc, ReleaseDoc
from fairaudit.results.reading import cohort_names

__all__ = ["HistoryLine", "HistoryView", "SearchHistory", "history_view"]

_NOTE: Final = (
    "A * marks rates from too few speakers to be tested. Logs of different speakers also differ by their speakers; "
    "fairaudit compare shows whether a change on the same utterances is more than chance."
)
#: Most releases in a table, and most cells of their names; charts show all.
_COLUMNS: Final = 10
_NAME_CELLS: Final = 20
_OVERALL: Final = "all speakers"
_WITHHELD: Final = "withheld"
_NOBODY: Final = "nobody"

Cohorts = Mapping[int, ReleaseCohortDoc]


@dataclass(frozen=True)
class HistoryLine:
    """A cohort's rates as fractions, ``None`` at releases that did not test it."""

    label: str
    rates: tuple[float | None, ...]
    bottom: bool = False
    overall: bool = False


@dataclass(frozen=True)
class SearchHistory:
    """The frozen cohorts of one search at every release; ``lines`` are overall and of what was tested at least once."""

    title: str
    table: Table
    lines: tuple[HistoryLine, ...]


@dataclass(frozen=True)
class HistoryView:
    """Everything printed about a history."""

    rate: str
    releases: tuple[str, ...]
    overall: Table
    searches: tuple[SearchHistory, ...]
    note: str
    caveats: tuple[str, ...]


def history_view(history: HistoryDoc) -> HistoryView:
    """Turn a history (the contract of ``history.json``, schema version 1) into what is printed of it.

    Raises
    ------
    InputError
        If it has no release.
    """
    if not history["releases"]:
        raise InputError("the history has no release yet")
    releases, rate = history["releases"], rate_words(history)
    names = tuple(plain(release["name"]) for release in releases)
    columns = (
        Column("cohort", "Cohort", numeric=False),
        *(Column(f"release-{i}", shorten(name, _NAME_CELLS)) for i, name in enumerate(names[-_COLUMNS:])),
    )
    which = f", the last {_COLUMNS} of {len(names)} releases" if len(names) > _COLUMNS else ""
    overall = Row((_OVERALL, *(rate.unit.value(release["overall"]["rate"]) for release in releases[-_COLUMNS:])))
    return HistoryView(
        rate=rate,
        releases=names,
        overall=Table(f"{rate} overall{which}", columns, (overall,)),
        searches=tuple(_search(model, releases, columns, rate) for model in history["models"]),
        note=_NOTE,
        caveats=tuple(caveat for release in releases[-_COLUMNS:] for caveat in _caveats(release, rate)),
    )


def _caveats(release: ReleaseDoc, rate: RateWords) -> Iterator[str]:
    """Say what is wrong with the log of a release, and what frozen cohorts do not cover of it."""
    lead = f"Caution (release {plain(release['name'])}):"
    for caveat in release.get("caveats", ()):
        yield f"{lead} {plain(caveat)}"
    overall = release["overall"]
    yield from driven(overall.get("drivers"), overall["rate"], rate, of=f"release {plain(release['name'])}")
    for review in release["reviews"]:
        title = search_name(review["title"])
        if reason := review.get("incomplete_because"):
            yield f"{lead} the cohorts of {title} do not cover the log, because {plain(reason)}.{unlisted(review)}"
        if respelled := review.get("respelled"):
            spelled = f"labels of {title} spelled otherwise than when frozen: {count(respelled)}."
            yield f"Release {plain(release['name'])}: {spelled}"


def _search(
    model: ModelDoc, releases: Sequence[ReleaseDoc], columns: tuple[Column, ...], rate: RateWords
) -> SearchHistory:
    title, names = search_name(model["title"]), {c: cohort_name(name) for c, name in cohort_names(model).items()}
    by_release = [_cohorts_at(release, model["title"]) for release in releases]
    rows = tuple(
        Row((name, *(_cell(cohorts.get(c), rate.unit) for cohorts in by_release[-_COLUMNS:])))
        for c, name in names.items()
    )
    return SearchHistory(
        title=title,
        table=Table(f"{rate} by {title}", columns, rows),
        lines=tuple(_lines(model, names, by_release, releases)),
    )


def _cohorts_at(release: ReleaseDoc, title: str) -> Cohorts:
    reviews = (review for review in release["reviews"] if review["title"] == title)
    return {cohort["id"]: cohort for review in reviews for cohort in review["cohorts"]}


def _cell(cohort: ReleaseCohortDoc | None, unit: Unit) -> str:
    if cohort is None:
        return DASH
    if cohort["suppressed"]:
        return _WITHHELD
    if cohort["speakers"] == 0:
        return _NOBODY
    return unit.value(cohort["rate"]) + ("" if cohort["tested"] else " *")


def _lines(
    model: ModelDoc, names: Mapping[int, str], by_release: Sequence[Cohorts], releases: Sequence[ReleaseDoc]
) -> Iterator[HistoryLine]:
    yield HistoryLine(_OVERALL, tuple(release["overall"]["rate"] for release in releases), overall=True)
    bottom = model["bottom"]["cohort_ids"] if model["bottom"] else []
    for c, name in names.items():
        rates = tuple(cohorts[c]["rate"] if c in cohorts and cohorts[c]["tested"] else None for cohorts in by_release)
        if any(rate is not None for rate in rates):
            yield HistoryLine(name, rates, bottom=c in bottom)
