"""The tables of a comparison: the cohorts under baseline and candidate, and the files that were compared."""

from __future__ import annotations

from fairaudit.core.text import search_name
from fairaudit.report.views.cohort_tables import cohort_name
from fairaudit.report.views.tables import WITHHELD_TEXT, Column, Row, Table
from fairaudit.report.words.wording import DASH, change, count, p_value, plain, points_span
from fairaudit.results.documents import ChangeDoc, CohortChangeDoc, CohortComparisonDoc, ComparisonDoc

__all__ = ["changes_table", "files_table", "improved", "result_of"]


def files_table(comparison: ComparisonDoc) -> Table:
    """List the files of both logs, then the side tables."""
    columns = (Column("of", "Of", False), Column("name", "File", False), Column("rows", "Rows"),
               Column("sha", "SHA-256", False))  # fmt: skip
    logs = (("baseline", comparison["inputs"]["before"]), ("candidate", comparison["inputs"]["after"]))
    rows = [
        Row((of, plain(file["name"]), count(file["rows"]), plain(file["sha256"])))
        for of, files in logs
        for file in files
    ]
    rows += [Row(("both", plain(table["name"]), DASH, plain(table["sha256"]))) for table in comparison["side_tables"]]
    return Table("Files that were compared", columns, tuple(rows))


def changes_table(review: CohortComparisonDoc, permutations: int, rate: str) -> Table:
    """List the frozen cohorts of one search, in the order of the file."""
    columns = (
        Column("cohort", "Cohort", numeric=False),
        Column("before", f"Baseline {rate}"),
        Column("after", f"Candidate {rate}"),
        Column("change", "Change, points"),
        Column("speakers", "Speakers"),
        Column("p", "p"),
        Column("result", "Result", numeric=False),
    )
    rows = tuple(_row(cohort, review, permutations) for cohort in review["cohorts"])
    caption = f"Frozen cohorts of {search_name(review['title'])}, strongest evidence of a change for the worse first"
    return Table(caption, columns, rows)


def _row(cohort: CohortChangeDoc, review: CohortComparisonDoc, permutations: int) -> Row:
    name = cohort_name(cohort)
    if cohort["suppressed"]:
        return Row((name, *(DASH,) * 5, WITHHELD_TEXT), "muted")
    result = result_of(cohort)
    if not cohort["tested"]:
        result = f"{result} ({plain(cohort['not_tested_because'])})"
    if review["bottom"] is not None and cohort["id"] in review["bottom"]["cohort_ids"]:
        result = f"{result} · bottom"
    before, after, difference = change(cohort["before"], cohort["after"], cohort["interval"])
    cells = (
        name,
        before,
        after,
        f"{difference.removesuffix(' points')} {points_span(cohort['interval'])}",
        count(cohort["speakers"]),
        p_value(cohort["p_adjusted"], permutations),
        result,
    )
    return Row(cells, "flagged" if cohort["worse"] else "" if cohort["tested"] else "muted")


def result_of(cohort: CohortChangeDoc) -> str:
    """Say what became of a cohort: ``worse``, ``better``, ``not worse`` or ``not tested``."""
    if not cohort["tested"]:
        return "not tested"
    return "worse" if cohort["worse"] else "better" if improved(cohort) else "not worse"


def improved(measured: ChangeDoc) -> bool:
    """Whether the interval of a change lies below zero."""
    interval = measured["interval"]
    return interval is not None and interval[1] < 0
