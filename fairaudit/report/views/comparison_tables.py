"""Tables of a comparison: its files, and the changes of frozen cohorts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fairaudit.core.text import search_name
from fairaudit.report.views.cohort_tables import cohort_name
from fairaudit.report.views.tables import Field, Table, compared_files, tabulate, withheld_text
from fairaudit.report.words.rates import RateWords, rate_change
from fairaudit.report.words.units import Unit
from fairaudit.report.words.wording import DASH, count, p_value, plain
from fairaudit.results.documents import ChangeDoc, CohortChangeDoc, CohortComparisonDoc, ComparisonDoc

__all__ = ["changes_table", "files_table", "improved", "result_of"]

#: Result of a frozen cohort without speakers.
_NOBODY: Final = "nobody is in it"


def files_table(comparison: ComparisonDoc) -> Table:
    """List the files of both logs, then the side tables."""
    logs = (("baseline", comparison["inputs"]["before"]), ("candidate", comparison["inputs"]["after"]))
    return compared_files("Of", logs, "both", comparison["side_tables"])


def changes_table(review: CohortComparisonDoc, permutations: int, rate: RateWords) -> Table:
    """List the frozen cohorts of one search, in the order of the file."""
    unit = rate.unit
    fields = (
        Field[CohortChangeDoc]("cohort", "Cohort", cohort_name, numeric=False),
        _shown("before", f"Baseline {rate}", lambda c: rate_change(c, unit)[0]),
        _shown("after", f"Candidate {rate}", lambda c: rate_change(c, unit)[1]),
        _shown(
            "change",
            f"Change, {unit.of_changes}",
            lambda c: f"{_difference(c, unit)} {unit.difference_span(c['interval'])}",
        ),
        _shown("speakers", rate.people.capitalize(), lambda c: count(c["speakers"])),
        _shown("p", "p", lambda c: p_value(c["p_adjusted"], permutations)),
        Field[CohortChangeDoc]("result", "Result", lambda c: _result(c, review), numeric=False),
    )
    caption = f"Frozen cohorts of {search_name(review['title'])}, strongest evidence of a change for the worse first"
    return tabulate(caption, fields, review["cohorts"], _tone)


def _blank(cohort: CohortChangeDoc) -> bool:
    """Whether a cohort has no numbers, because they are withheld or nobody is in it."""
    return cohort["suppressed"] or cohort["speakers"] == 0


def _shown(key: str, title: str, write: Callable[[CohortChangeDoc], str]) -> Field[CohortChangeDoc]:
    """Make a column of numbers that suppressed cohorts leave blank."""
    return Field[CohortChangeDoc](key, title, lambda cohort: DASH if _blank(cohort) else write(cohort))


def _difference(cohort: CohortChangeDoc, unit: Unit) -> str:
    return rate_change(cohort, unit)[2].removesuffix(f" {unit.of_changes}")


def _result(cohort: CohortChangeDoc, review: CohortComparisonDoc) -> str:
    if cohort["suppressed"]:
        return withheld_text(cohort.get("withheld_because"))
    if cohort["speakers"] == 0:
        return _NOBODY
    result = result_of(cohort)
    if not cohort["tested"]:
        result = f"{result} ({plain(cohort['not_tested_because'])})"
    if review["bottom"] is not None and cohort["id"] in review["bottom"]["cohort_ids"]:
        result += " · bottom"
    because = cohort.get("withheld_because")
    return f"{result} · counts withheld, because {plain(because)}" if because else result


def _tone(cohort: CohortChangeDoc) -> str:
    if cohort["worse"]:
        return "flagged"
    return "" if cohort["tested"] else "muted"


def result_of(cohort: CohortChangeDoc) -> str:
    """Say what became of a cohort: ``worse``, ``better``, ``not worse`` or ``not tested``."""
    if not cohort["tested"]:
        return "not tested"
    return "worse" if cohort["worse"] else "better" if improved(cohort) else "not worse"


def improved(measured: ChangeDoc) -> bool:
    """Whether the interval of a change lies below zero."""
    interval = measured["interval"]
    return interval is not None and interval[1] < 0
