"""The groups of a search as a table for papers: rates and the gap with their intervals, with digits that are chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fairaudit.core.errors import UsageError, unknown_name
from fairaudit.core.privacy import BECAUSE_SMALL
from fairaudit.core.text import search_name
from fairaudit.core.verdicts import MeasuredOn
from fairaudit.report.views.cohort_tables import cohort_name
from fairaudit.report.views.tables import Field, Table, tabulate
from fairaudit.report.words.rates import RateWords, rate_words
from fairaudit.report.words.sentences import intervals
from fairaudit.report.words.units import Unit
from fairaudit.report.words.wording import (
    DASH,
    count,
    number,
    p_equation,
    p_value,
    plain,
    signed_digits,
    significant,
)
from fairaudit.results.gaps import deciding_gap

if TYPE_CHECKING:
    from fairaudit.results.documents import AuditDoc, CohortDoc, Interval, SearchDoc, SideDoc

__all__ = ["MOST_DIGITS", "PaperRow", "paper_note", "paper_rows", "paper_table", "searches_of"]

#: Digits after the point that a table of a paper can have: gaps, which have one more, are rounded to four.
MOST_DIGITS: Final = 3
_WITHHELD: Final = "withheld"
#: Digits of percentages after the point by default, and significant digits of rates whose counts are withheld.
_DIGITS: Final = 1
_ROUGH: Final = 2
_INTERVAL: Final = "95 % interval"


@dataclass(frozen=True)
class PaperRow:
    """One group as it is printed.

    Attributes
    ----------
    group
        Its name.
    speakers, rate, gap
        Its number of speakers, its rate, and its rate divided by that of the rest. A dash if there is none, and
        "withheld" where the first two are withheld. Only the bottom cohort has a gap.
    rate_ends, gap_ends
        Ends of the 95 % intervals of rate and gap; none if there is no interval.
    p
        Its p-value, adjusted for all groups.
    because
        Why numbers are withheld, if they are.
    """

    group: str
    speakers: str
    rate: str = DASH
    rate_ends: tuple[str, ...] = ()
    gap: str = DASH
    gap_ends: tuple[str, ...] = ()
    p: float | None = None
    because: str = ""


def searches_of(audit: AuditDoc, title: str | None) -> list[SearchDoc]:
    """Return the search with a title, or all searches of an audit.

    Raises
    ------
    UsageError
        If no search has the title.
    """
    searches = audit["discoveries"]
    if title is None:
        return searches
    found = [search for search in searches if title in (search["title"], search_name(search["title"]))]
    if not found:
        raise UsageError(unknown_name("search", title, [search_name(search["title"]) for search in searches]))
    return found


def paper_rows(audit: AuditDoc, search: SearchDoc, digits: int | None = None) -> list[PaperRow]:
    """Return the groups of a search in the order of the audit, the bottom cohort if it is several groups, and all.

    Parameters
    ----------
    audit, search
        The audit and one of its searches.
    digits
        Digits after the point of rates, from 0 to 3; gaps have one more. By default, percentages have one, and rates in
        other units three significant ones. Numbers that are rounded because counts are withheld keep their digits.

    Raises
    ------
    UsageError
        If a number of digits is not allowed.
    """
    if digits is not None and not 0 <= digits <= MOST_DIGITS:
        raise UsageError(f"digits must be from 0 to {MOST_DIGITS}, not {digits}")
    rate = rate_words(audit)
    return [*_rows(audit, search, rate, digits)]


def _rows(audit: AuditDoc, search: SearchDoc, rate: RateWords, digits: int | None) -> Iterator[PaperRow]:
    gap, bottom = deciding_gap(search), search["bottom"]
    ids = [] if bottom is None else bottom["cohort_ids"]
    for cohort in search["cohorts"]:
        if cohort["suppressed"]:
            yield PaperRow(cohort_name(cohort), _WITHHELD, _WITHHELD, because=_because(cohort))
            continue
        write = _writer(rate.unit, digits, rough=bool(cohort.get("withheld_because")))
        shown = (_speakers(cohort["speakers"]), write(cohort["rate"]), _ends(cohort["interval"], write))
        of_gap = _gap(gap, digits) if [cohort["id"]] == ids else (DASH, ())
        yield PaperRow(cohort_name(cohort), *shown, *of_gap, cohort["p_adjusted"], _because(cohort))
    if bottom is not None and gap is not None and len(ids) > 1:
        write = _writer(rate.unit, digits, rough=gap["speakers"] is None)
        shown = (_speakers(gap["speakers"]), write(gap["bottom_rate"]), _ends(gap.get("bottom_interval"), write))
        name = f"bottom cohort: {plain(bottom['description'] or '')}"
        yield PaperRow(name, *shown, *_gap(gap, digits), search["p_value"])
    overall, write = audit["overall"], _writer(rate.unit, digits, rough=False)
    ends = _ends(overall["interval"], write)
    yield PaperRow(f"all {rate.people}", count(overall["speakers"]), write(overall["rate"]), ends)


def _because(cohort: CohortDoc) -> str:
    return cohort.get("withheld_because") or (BECAUSE_SMALL if cohort["suppressed"] else "")


def _speakers(n: int | None) -> str:
    return _WITHHELD if n is None else count(n)


def _writer(unit: Unit, digits: int | None, *, rough: bool) -> Callable[[float | None], str]:
    """Return what writes a rate without its unit: with chosen digits, or with the two that a rounded one has."""

    def write(rate: float | None) -> str:
        if rate is None:
            return DASH
        if rough:
            return significant(unit.factor * rate, _ROUGH)
        return number(unit.factor * rate, unit.digits(rate) if digits is None else digits)

    return write


def _ends(interval: Interval | None, write: Callable[[float | None], str]) -> tuple[str, ...]:
    return () if interval is None else tuple(map(write, interval))


def _gap(gap: SideDoc | None, digits: int | None) -> tuple[str, tuple[str, ...]]:
    """Write a gap and the ends of its interval as ratios; with more digits where 1 would hide on which side it is."""
    relative = None if gap is None else gap["gap_relative"]
    if gap is None or relative is None:
        return DASH, ()
    least = 1 + (_DIGITS if digits is None else digits)
    least = min(least, _ROUGH) if gap["speakers"] is None else least  # it is rounded to whole percent

    def write(value: float) -> str:
        return number(1 + value, signed_digits([value], least))

    return write(relative), tuple(map(write, gap["gap_interval"] or ()))


def paper_table(audit: AuditDoc, search: SearchDoc, digits: int | None = None) -> Table:
    """Return the groups of a search as a table: speakers, rate, gap, the intervals of both, and p.

    Parameters
    ----------
    audit, search, digits
        As in :func:`paper_rows`.
    """
    rate = rate_words(audit)
    fields = (
        Field[PaperRow]("group", "Group", lambda r: r.group, numeric=False),
        Field[PaperRow]("speakers", rate.people.capitalize(), lambda r: r.speakers),
        Field[PaperRow]("rate", f"{rate} in {plain(rate.unit.name)}", lambda r: r.rate),
        Field[PaperRow]("interval", _INTERVAL, lambda r: _span(r.rate_ends)),
        Field[PaperRow]("gap", "Gap", lambda r: r.gap),
        Field[PaperRow]("gap_interval", _INTERVAL, lambda r: _span(r.gap_ends)),
        Field[PaperRow]("p", "p", lambda r: p_value(r.p, search["permutations"])),
    )
    name = rate.spelled[:1].upper() + rate.spelled[1:]
    caption = f"{name} by {search_name(search['title'])}, measured on {search['measured_on']}"
    return tabulate(caption, fields, paper_rows(audit, search, digits))


def _span(ends: tuple[str, ...]) -> str:
    return f"[{', '.join(ends)}]" if ends else DASH


def paper_note(audit: AuditDoc, search: SearchDoc) -> str:
    """Say what the numbers of :func:`paper_table` are; a signature is not part of it."""
    gap, rate, permutations = deciding_gap(search), rate_words(audit), search["permutations"]
    sentences = [
        f"Verdict of the search: {search['verdict']}, {p_equation(search['p_value'], permutations)}, allowing for all "
        "searches of the audit.",
        f"p of a group allows for all groups of the search, by {count(permutations)} shuffles of the speakers.",
        intervals(audit),
    ]
    if gap is not None:
        reference = plain(gap["reference"])
        sentences.append(f"The gap is the {rate.spelled} of the bottom cohort divided by that of the {reference}.")
    if any(row.because for row in paper_rows(audit, search)):
        sentences.append(f"Numbers are withheld if they are of, or would reveal, fewer than 11 {rate.people}.")
    if search["measured_on"] != MeasuredOn.ALL:
        sentences.append(f"The last row is of all {rate.people} of the log.")
    return " ".join(sentences)
