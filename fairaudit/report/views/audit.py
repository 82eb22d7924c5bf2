"""From an audit to what is printed: every string of page, terminal, notebook and Markdown, in the order of the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fairaudit.core.rate import TEACHER
from fairaudit.report.views.audit_tables import (
    adjusted_table,
    inputs_table,
    joins_table,
    quality_table,
    settings_table,
    side_columns_table,
    skipped_table,
    software_line,
    summary_table,
    suppressed_table,
)
from fairaudit.report.views.cohort_tables import flagged_table, gap_formula
from fairaudit.report.views.drivers import drivers_table
from fairaudit.report.views.key_numbers import KeyNumber, audit_figures
from fairaudit.report.views.methods import MethodsView, methods_view
from fairaudit.report.views.overlap import OverlapView, overlap_view
from fairaudit.report.views.quantiles import QuantilesView, quantiles_views
from fairaudit.report.views.release import ALONE, Beside, ReleaseView, release_view
from fairaudit.report.views.search import MARKS, CohortMark, NullView, SearchView, search_view
from fairaudit.report.views.sensitivity import SensitivityView, sensitivity_view
from fairaudit.report.views.spread import SpreadView, spread_view
from fairaudit.report.views.subject import SubjectView, subject_view
from fairaudit.report.views.wrong_words import WrongWordsView, wrong_words_view
from fairaudit.report.words import sentences
from fairaudit.report.words.advice import glossary, limits, next_steps
from fairaudit.report.words.drivers import driven
from fairaudit.report.words.estimates import adjusted_gap
from fairaudit.report.words.people import all_small
from fairaudit.report.words.rates import RateWords, of_teacher, rate_words
from fairaudit.report.words.verdict import is_condition, verdict_sentence
from fairaudit.report.words.wording import plain

if TYPE_CHECKING:
    from fairaudit.core.verdicts import Verdict
    from fairaudit.report.views.tables import Table
    from fairaudit.results.documents import AuditDoc, SearchDoc

__all__ = ["AuditView", "CohortMark", "KeyNumber", "NullView", "SearchView", "view_of"]

_PEOPLE: Final = "Flagged groups of people, of all searches; a speaker may be in several"
_CONDITIONS: Final = (
    "Flagged recording conditions, such as devices or noise: groups of columns with 1.5 labels or more for each "
    "speaker on average"
)


@dataclass(frozen=True)
class AuditView:
    """Everything printed about an audit.

    Attributes
    ----------
    subject
        What the audit is about.
    caveats
        What a reader of the verdict must know: faults of the log and of its tables, and results that depend on
        settings.
    coverage
        What was examined and what was not.
    spread
        Kinds of errors, and how uneven the rates of speakers are.
    headline
        The search that the page opens with: strongest verdict, smallest p, largest gap.
    others
        All other searches, in the order of the audit.
    mapped
        The searches whose maps are not folded: the strongest over regions, the strongest over zip codes.
    flagged, conditions
        The flagged groups of people, and the flagged recording conditions.
    release
        What is shown beside the audit.
    """

    subject: SubjectView
    rate: RateWords
    verdict: Verdict
    verdict_title: str
    verdict_of: str
    mark: str
    sentence: str
    caveats: tuple[str, ...]
    coverage: tuple[str, ...]
    figures: tuple[KeyNumber, ...]
    spread: SpreadView | None
    gap_formula: str
    intervals: str
    headline: SearchView | None
    others: tuple[SearchView, ...]
    mapped: tuple[SearchView, ...]
    discoveries: tuple[SearchView, ...]
    tally: str
    flagged: Table | None
    conditions: Table | None
    wrong_words: WrongWordsView | None
    summary: Table
    overlap: OverlapView | None
    adjusted: Table | None
    adjustment: str
    adjusted_gap: str
    sensitivity: SensitivityView | None
    quantiles: tuple[QuantilesView, ...]
    quality: Table
    drivers: Table | None
    quality_notes: tuple[str, ...]
    suppressed: Table | None
    joins: Table | None
    side_columns: Table | None
    skipped: Table | None
    next_steps: tuple[str, ...]
    limits: tuple[str, ...]
    inputs: Table
    settings: Table
    software: str
    redacted: bool
    sampling_unit: str
    signature: str
    methods: MethodsView
    glossary: tuple[tuple[str, str], ...]
    release: ReleaseView


def view_of(audit: AuditDoc, beside: Beside = ALONE) -> AuditView:
    """Turn an audit (the contract of ``audit.json``, schema version 1) into what is printed of it.

    Parameters
    ----------
    audit
        What ``audit.json`` holds.
    beside
        Rules, comparison and history to show with it.

    Raises
    ------
    UsageError
        If what is shown beside the audit is of another log or rate.
    """
    rate = rate_words(audit)
    raw = audit["discoveries"]
    views = tuple(search_view(i, discovery, audit) for i, discovery in enumerate(raw, start=1))
    lead = sentences.headline(raw)
    verdict = sentences.overall_verdict(raw)
    adjusted = audit.get("adjusted")
    release = release_view(beside, audit)
    sensitivity = sensitivity_view(audit, rate)
    warnings = (sensitivity.warning,) if sensitivity and sensitivity.warning else ()
    return AuditView(
        subject=subject_view(audit),
        rate=rate,
        verdict=verdict,
        verdict_title=sentences.verdict_title(verdict) + (f", in {TEACHER}" if of_teacher(audit["signature"]) else ""),
        verdict_of=_verdict_of(release),
        mark=MARKS[verdict],
        sentence=verdict_sentence(audit),
        caveats=(
            *release.caveats,
            *sentences.caveats(audit["quality"]),
            *driven(audit["overall"].get("drivers"), audit["overall"]["rate"], rate),
            *sentences.unassigned(audit),
            *all_small(audit),
            *warnings,
        ),
        coverage=sentences.coverage(audit),
        figures=audit_figures(audit, lead, beside.comparison, release.audited),
        spread=spread_view(audit["overall"], rate),
        gap_formula=gap_formula(rate, lead),
        intervals=sentences.intervals(audit),
        headline=next((view for view, discovery in zip(views, raw, strict=True) if discovery is lead), None),
        others=tuple(view for view, discovery in zip(views, raw, strict=True) if discovery is not lead),
        mapped=_mapped(raw, views),
        discoveries=views,
        tally=sentences.cohort_tally(raw),
        flagged=flagged_table([one for one in raw if not is_condition(one)], rate, _PEOPLE),
        conditions=flagged_table([one for one in raw if is_condition(one)], rate, _CONDITIONS),
        wrong_words=wrong_words_view(audit, None if lead is None else lead["title"]),
        summary=summary_table(views),
        overlap=overlap_view(raw),
        adjusted=adjusted_table(adjusted, raw, views) if adjusted else None,
        adjustment=sentences.adjustment(adjusted) if adjusted else "",
        adjusted_gap=adjusted_gap(audit),
        sensitivity=sensitivity,
        quantiles=quantiles_views(audit),
        quality=quality_table(audit["quality"]),
        drivers=drivers_table(audit["overall"], rate),
        quality_notes=tuple(map(plain, audit["quality"]["notes"])),
        suppressed=suppressed_table(raw),
        joins=joins_table(audit["quality"]["join_rates"], [table["name"] for table in audit.get("side_tables", [])]),
        side_columns=side_columns_table(audit.get("side_tables", ())),
        skipped=skipped_table(audit["skipped"]),
        next_steps=(*release.next_steps, *next_steps(audit, sensitivity.advice if sensitivity else None)),
        limits=limits(audit),
        inputs=inputs_table(audit["inputs"], audit.get("side_tables", ())),
        settings=settings_table(audit["signature"]),
        software=software_line(audit),
        redacted=audit["redacted"] and release.redacted,
        sampling_unit=plain(audit["sampling_unit"]),
        signature=plain(audit["signature"]),
        methods=methods_view(audit),
        glossary=glossary(audit, rate),
        release=release,
    )


def _verdict_of(release: ReleaseView) -> str:
    """Name the recogniser that the verdict is about, if there are two."""
    comparison = release.comparison
    if comparison is None:
        return ""
    name = comparison.candidate if release.audited == "candidate" else comparison.baseline
    return f"Audit of the {release.audited}, {name}"


def _mapped(raw: Sequence[SearchDoc], views: Sequence[SearchView]) -> tuple[SearchView, ...]:
    pairs = list(zip(raw, views, strict=True))
    with_regions = [discovery for discovery, view in pairs if view.regions]
    with_areas = [discovery for discovery, view in pairs if view.areas]
    leads = (sentences.headline(with_regions), sentences.headline(with_areas))
    return tuple(view for lead in leads if lead is not None for discovery, view in pairs if discovery is lead)
