"""A history of releases on the terminal and as Markdown: one table of rates for each set of frozen cohorts."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from fairaudit.report.cohort_tables import cohort_name
from fairaudit.report.markdown import capped, escaped, markdown_table
from fairaudit.report.sentences import rate_name
from fairaudit.report.tables import Column, Row, Table
from fairaudit.report.text import painter, text_table
from fairaudit.report.wording import DASH, percent, plain

__all__ = ["cohort_names", "history_markdown", "history_tables", "history_terminal"]

_OVERALL: Final = "everybody"
_WITHHELD: Final = "withheld"
_NOTE: Final = (
    "Rates, with a * where too few speakers stand behind one to test it. Logs of other speakers differ by their "
    "speakers too: whether a change is more than chance, compare says of the same utterances."
)


def history_terminal(history: Mapping[str, Any], *, color: bool = False, width: int = 100) -> str:
    """Render a history for a terminal; ``history`` is what ``history.json`` holds (schema version 1)."""
    paint = painter(color)
    lines: list[str] = []
    for table in history_tables(history):
        lines += [paint(table.caption, "bold"), *text_table(table, paint, width), ""]
    return "\n".join([*lines, *textwrap.wrap(_NOTE, width)]) + "\n"


def history_markdown(history: Mapping[str, Any]) -> str:
    """Render a history as Markdown of at most 60 KB."""
    parts = [f"### {escaped(table.caption)}\n\n{markdown_table(table)}" for table in history_tables(history)]
    return capped("\n\n".join([*parts, escaped(_NOTE)]) + "\n")


def history_tables(history: Mapping[str, Any]) -> Iterator[Table]:
    """One table for everybody, one for each set of cohorts; a column for each release."""
    releases = history["releases"]
    rate = rate_name(history["rate"])
    columns = (
        Column("cohort", "Cohort", numeric=False),
        *(Column(f"release-{place}", plain(release["name"])) for place, release in enumerate(releases)),
    )
    overall = Row((_OVERALL, *(percent(release["overall"]["rate"]) for release in releases)))
    yield Table(f"{rate} overall", columns, (overall,))
    for model in history["models"]:
        rows = tuple(_rows(model["title"], cohort_names(model), releases))
        yield Table(f"{rate} by {plain(model['title'])}", columns, rows)


def cohort_names(model: Mapping[str, Any]) -> dict[int, str]:
    """Names of the frozen cohorts, by the rule itself."""
    from fairaudit.cohorts.model import CohortModel

    rule = CohortModel.from_dict(model).rule
    return {c: cohort_name({"label": rule.label(c), "description": rule.describe(c)}) for c in range(rule.n_cohorts)}


def _rows(title: str, names: Mapping[int, str], releases: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    told = [
        {
            cohort["id"]: cohort
            for review in release["reviews"]
            if review["title"] == title
            for cohort in review["cohorts"]
        }
        for release in releases
    ]
    for cohort, name in names.items():
        yield Row((name, *(_cell(cohorts.get(cohort)) for cohorts in told)))


def _cell(cohort: Mapping[str, Any] | None) -> str:
    if cohort is None:
        return DASH
    if cohort["suppressed"]:
        return _WITHHELD
    return percent(cohort["rate"]) + ("" if cohort["tested"] else " *")
