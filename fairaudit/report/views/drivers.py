"""The tables of what drives a rate: loops and empty references in the whole log, and loops by cohort."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fairaudit.core.text import search_name
from fairaudit.report.views.cohort_tables import cohort_name
from fairaudit.report.views.tables import Column, Field, Row, Table, tabulate
from fairaudit.report.words.drivers import LOOP, without_loops
from fairaudit.report.words.wording import DASH, count, percent
from fairaudit.results.documents import CohortDoc, OverallDoc, SearchDoc

if TYPE_CHECKING:
    from fairaudit.report.words.rates import RateWords
    from fairaudit.report.words.units import Unit

__all__ = ["drivers_table", "loops_table"]

#: Share of all errors in loops from which a table shows the loops of each cohort.
_SOME: Final = 0.01


def drivers_table(overall: OverallDoc, rate: RateWords) -> Table | None:
    """List loops and empty references with their share of all errors, and the rate without each and without both."""
    drivers = overall.get("drivers")
    if not drivers:
        return None
    loops, empty = drivers["loops"], drivers["empty_references"]
    rows = [
        _driver("Repetition loops", overall, rate.unit, loops["utterances"], loops["errors"], loops["exposure"]),
        _driver("Empty references", overall, rate.unit, empty["utterances"], empty["errors"], 0),
        _driver(
            "Both", overall, rate.unit, loops["utterances"] + empty["utterances"], loops["errors"] + empty["errors"],
            loops["exposure"],
        ),
    ]  # fmt: skip
    undecided = loops["undecided_utterances"]
    several = f"; {count(undecided)} utterances are in rows that sum up several and cannot be called loops"
    return Table(
        f"Few utterances can make much of the {rate}; a loop has {LOOP.format(rate.exposure)}"
        f"{several if undecided else ''}",
        (
            Column("what", "What", numeric=False),
            Column("utterances", "Utterances"),
            Column("share", f"Share of {rate.errors}"),
            Column("without", f"{rate} without them"),
        ),
        tuple(rows),
    )


def _driver(name: str, overall: OverallDoc, unit: Unit, utterances: int, errors: int, exposure: int) -> Row:
    share = percent(errors / overall["errors"]) if overall["errors"] else DASH
    rate = without_loops(overall["errors"], overall["exposure"], errors, exposure)
    return Row((name, count(utterances), share, unit.value(rate)))


def loops_table(discovery: SearchDoc, overall: OverallDoc, rate: RateWords) -> Table | None:
    """List the loops of every cohort whose sums are shown; nothing where loops hold less than 1 % of all errors."""
    drivers, errors = overall.get("drivers"), overall["errors"]
    shown = [cohort for cohort in discovery["cohorts"] if cohort.get("loop_errors") is not None]
    if not drivers or not shown or drivers["loops"]["errors"] < _SOME * errors:
        return None
    fields = (
        Field[CohortDoc]("cohort", "Cohort", cohort_name, numeric=False),
        Field[CohortDoc]("utterances", "Share of utterances in loops", _share_of_utterances),
        Field[CohortDoc]("share", f"Share of {rate.errors} in loops", _share_of_errors),
        Field[CohortDoc]("rate", rate, lambda cohort: rate.unit.value(cohort["rate"])),
        Field[CohortDoc]("without", f"{rate} without loops", lambda cohort: rate.unit.value(_without(cohort))),
    )
    hidden = len(discovery["cohorts"]) - len(shown)
    withheld = f"; {count(hidden)} withheld" if hidden else ""
    caption = f"Repetition loops by cohort of {search_name(discovery['title'])}, {discovery['measured_on']}{withheld}"
    return tabulate(caption, fields, shown)


def _share_of_utterances(cohort: CohortDoc) -> str:
    loops, utterances = cohort.get("loop_utterances"), cohort["utterances"]
    return DASH if loops is None or not utterances else percent(loops / utterances, 2)


def _share_of_errors(cohort: CohortDoc) -> str:
    loops, errors = cohort.get("loop_errors"), cohort["errors"]
    return DASH if loops is None or not errors else percent(loops / errors)


def _without(cohort: CohortDoc) -> float | None:
    sums = (cohort["errors"], cohort["exposure"], cohort.get("loop_errors"), cohort.get("loop_exposure"))
    known = [n for n in sums if n is not None]
    return without_loops(*known) if len(known) == len(sums) else None
