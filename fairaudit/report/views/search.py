"""From one search of an audit to what is printed and drawn of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from fairaudit.core.privacy import WITHHELD
from fairaudit.core.text import search_name
from fairaudit.core.verdicts import MeasuredOn, Verdict
from fairaudit.report.views.cohort_tables import cohort_name, cohort_table, examined_table, measures_table, null_table
from fairaudit.report.views.composition import Composition, composition_table, compositions
from fairaudit.report.views.drivers import loops_table
from fairaudit.report.views.geography import (
    AreaView,
    ErrorShare,
    RegionView,
    area_views,
    areas_table,
    error_shares,
    region_table,
    region_views,
)
from fairaudit.report.views.voices import VoiceMap, voice_map, voices_table
from fairaudit.report.words import estimates, sentences
from fairaudit.report.words.rates import RateWords, rate_words
from fairaudit.report.words.verdict import shares_speakers, why_no_gap
from fairaudit.report.words.wording import DASH, count, gap, gap_span, p_equation, p_value, percent, plain
from fairaudit.results.gaps import deciding_gap, is_known

if TYPE_CHECKING:
    from fairaudit.report.views.tables import Table
    from fairaudit.results.documents import AuditDoc, CohortDoc, SearchDoc

__all__ = ["MARKS", "CohortMark", "NullView", "SearchView", "search_view"]

#: A shape for each verdict, so that colour is not its only sign.
MARKS: Final = {Verdict.DISPARITY: "▲", Verdict.UNEVEN: "◆", Verdict.NO_EVIDENCE: "○", Verdict.INSUFFICIENT: "?"}


@dataclass(frozen=True)
class CohortMark:
    """What the caterpillar plot draws of a cohort; rates are fractions."""

    label: str
    rate: float | None
    shrunk: float | None
    interval: tuple[float, float] | None
    flagged: bool
    tested: bool
    withheld: bool


@dataclass(frozen=True)
class NullView:
    """The histogram of the highest score per shuffle, and the highest score observed."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    observed: float
    p: str


@dataclass(frozen=True)
class SearchView:
    """Everything printed about one search."""

    anchor: str
    title: str
    method: str
    verdict: Verdict
    verdict_title: str
    mark: str
    reason: str
    p: str
    gap: str
    gap_interval: str
    measured_on: str
    inflated_gap: str
    gap_line: str
    bottom: str
    bottom_share: str
    detectable: str
    smallest: str
    selection: str
    tally: str
    basis: str
    cohorts: Table
    measures: Table | None
    null_table: Table | None
    regions_table: Table | None
    examined: Table | None
    stability: str
    weighted: str
    cross_fitted: str
    second_opinion: str
    facts: tuple[str, ...]
    settings: str
    rate: RateWords
    overall: float | None
    marks: tuple[CohortMark, ...]
    null: NullView | None
    composition: tuple[Composition, ...]
    composition_table: Table | None
    loops: Table | None
    regions: tuple[RegionView, ...]
    error_shares: tuple[ErrorShare, ...]
    areas: tuple[AreaView, ...]
    areas_table: Table | None
    voices: VoiceMap | None
    voices_table: Table | None

    @property
    def estimates(self) -> tuple[str, ...]:
        """Other estimates of the gap, each with what it is for."""
        return tuple(filter(None, (self.weighted, self.cross_fitted, self.second_opinion)))


def search_view(number: int, discovery: SearchDoc, audit: AuditDoc) -> SearchView:
    """Turn one search of an audit into what is printed of it.

    Parameters
    ----------
    place
        Its position in the audit, from 1.
    discovery
        An entry of ``discoveries`` in ``audit.json``.
    audit
        The audit that it is part of.
    """
    rate = rate_words(audit)
    overall = audit["overall"]["rate"]
    measures = measures_table(discovery, rate)
    side = deciding_gap(discovery)
    bottom = discovery["bottom"]
    shown = gap_span(side["gap_interval"]) if side else DASH
    searched = None if is_known(discovery) else discovery["search_inflated"]
    relative = gap(side["gap_relative"]) if side else DASH
    inflated = gap(searched["gap_relative"]) if searched and relative != DASH else DASH
    return SearchView(
        anchor=f"search-{number}",
        title=search_name(discovery["title"]),
        method=discovery["method"],
        verdict=discovery["verdict"],
        verdict_title=sentences.verdict_title(discovery["verdict"]),
        mark=MARKS[discovery["verdict"]],
        reason=plain(discovery["reason"]),
        p=p_value(discovery["p_value"], discovery["permutations"]),
        gap=relative,
        gap_interval=shown,
        measured_on=DASH if side is None else MeasuredOn.ALL if is_known(discovery) else MeasuredOn.HELD_OUT,
        inflated_gap=inflated,
        gap_line=_gap_line(discovery, relative, shown, inflated, rate),
        bottom=plain(bottom["description"]) if bottom else DASH,
        bottom_share=percent(side["bottom_share"]["speakers"], 0) if side else DASH,
        detectable=sentences.detectable(discovery),
        smallest=sentences.smallest(discovery),
        selection=sentences.selection(discovery),
        tally=sentences.cohort_tally([discovery]),
        basis=sentences.basis(discovery),
        cohorts=cohort_table(discovery, rate),
        measures=measures,
        null_table=null_table(discovery),
        regions_table=region_table(discovery, overall, rate),
        examined=examined_table(discovery, rate),
        stability=sentences.stability(discovery),
        weighted=estimates.weighted(discovery),
        cross_fitted=estimates.cross_fitted(discovery, rate.unit),
        second_opinion=estimates.second_opinion(discovery),
        facts=_facts(discovery, rate),
        settings="; ".join(f"{plain(name)}: {_setting(value)}" for name, value in discovery["settings"].items())
        or "none",
        rate=rate,
        overall=overall,
        marks=tuple(_marks(discovery["cohorts"])),
        null=_null(discovery),
        composition=compositions(discovery),
        composition_table=composition_table(discovery, rate),
        loops=loops_table(discovery, audit["overall"], rate),
        regions=region_views(discovery, overall),
        error_shares=error_shares(discovery),
        areas=area_views(discovery, overall),
        areas_table=areas_table(discovery, overall, rate),
        voices=voice_map(discovery, overall),
        voices_table=voices_table(discovery, overall, rate),
    )


def _gap_line(discovery: SearchDoc, relative: str, shown: str, inflated: str, rate: RateWords) -> str:
    side = deciding_gap(discovery)
    if side is None:
        return f"There is no held-out gap ({why_no_gap(discovery)}), so the search-inflated one is not shown either."
    share = percent(side["bottom_share"]["speakers"], 0)
    interval = "" if shown == DASH else f", 95 % interval {shown}"
    share = f"bottom cohort {share} of {rate.people}"
    if is_known(discovery):
        held_out = gap(discovery["held_out"]["gap_relative"]) if discovery["held_out"] else DASH
        return f"Gap {relative}{interval} | among held-out {rate.people} {held_out} | {share}"
    return f"Held-out gap {relative}{interval} | search-inflated {inflated} | {share}"


def _marks(cohorts: Iterable[CohortDoc]) -> Iterator[CohortMark]:
    """Give the marks of cohorts; neighbours that are withheld share one."""
    for withheld, alike in groupby(map(_mark, cohorts), key=lambda mark: mark.withheld and mark.label == WITHHELD):
        run = tuple(alike)
        yield from (replace(run[0], label=f"{count(len(run))} cohorts"),) if withheld and len(run) > 1 else run


def _mark(cohort: CohortDoc) -> CohortMark:
    interval = cohort["interval"]
    label = plain(cohort["label"])
    return CohortMark(
        label=label or cohort_name(cohort),
        rate=cohort["rate"],
        shrunk=cohort["shrunk_rate"],
        interval=None if interval is None else (interval[0], interval[1]),
        flagged=bool(cohort["flagged"]),
        tested=bool(cohort["tested"]),
        withheld=cohort["suppressed"],
    )


def _null(discovery: SearchDoc) -> NullView | None:
    null = discovery["null"]
    if null is None:
        return None
    histogram = null["histogram"]
    p = p_value(discovery["p_value_alone"], discovery["permutations"])
    return NullView(tuple(histogram["edges"]), tuple(histogram["counts"]), null["observed"], p)


def _setting(value: Any) -> str:
    """Write the value of a setting as people do.

    Examples
    --------
    >>> _setting(["accent", "sex"]), _setting(False), _setting([0.25, 0.5]), _setting([]), _setting(20.0)
    ('accent, sex', 'no', '0.25, 0.5', 'none', '20')
    """
    if isinstance(value, list | tuple):
        return ", ".join(map(_setting, value)) or "none"
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    return plain(f"{value:g}" if isinstance(value, float) else value)


def _facts(discovery: SearchDoc, rate: RateWords) -> tuple[str, ...]:
    unassigned = discovery["unassigned"]
    figures = (
        f"{count(unassigned['speakers'])} {rate.people}, {count(unassigned['utterances'])} utterances, "
        f"{count(unassigned['errors'])} {rate.errors} in {count(unassigned['exposure'])} {rate.exposure}"
    )
    facts = []
    if unassigned["speakers"] != 0 or unassigned["utterances"]:
        numbers = "withheld" if unassigned["speakers"] is None else figures
        facts.append(f"Unassigned, because what this search needs is missing: {numbers}.")
    if discovery["top"] is not None:
        facts.append(f"Top cohort (lowest score): {plain(discovery['top']['description'])}.")
    if shares_speakers(discovery):
        facts.append("A speaker may be in several of these cohorts, so their shares add up to more than 100 %.")
    facts += [
        f"Also tested: {plain(union['description'])}, {p_equation(union['p_adjusted'], discovery['permutations'])}"
        f"{', flagged' if union['flagged'] else ''}."
        for union in discovery.get("unions", ())
    ]
    return (*facts, *(plain(note) for note in discovery["notes"]))
