"""What is printed of quantiles: those of all speakers in a sentence, and those of the cohorts in a table per search."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from fairaudit.core.privacy import WITHHELD
from fairaudit.core.text import search_name
from fairaudit.report.views.cohort_tables import cohort_name
from fairaudit.report.views.tables import Field, Table, tabulate
from fairaudit.report.words.wording import DASH, count, percent, plain, significant
from fairaudit.results.documents import (
    AuditDoc,
    CohortDoc,
    CohortQuantilesDoc,
    QuantileDoc,
    QuantilesDoc,
    SearchQuantilesDoc,
)

__all__ = ["QuantilesView", "quantiles_views"]

#: Printed for a quantile that too few speakers are beyond.
_TOO_FEW: Final = "too few"
_DIGITS: Final = 3


@dataclass(frozen=True)
class QuantilesView:
    """The quantiles of a column.

    Attributes
    ----------
    title
        Heading.
    overall
        The quantiles of all speakers, in a sentence.
    notes
        What the numbers mean.
    tables
        The cohorts of each search, one a row.
    """

    title: str
    overall: str
    notes: str
    tables: tuple[Table, ...]


def quantiles_views(audit: AuditDoc) -> tuple[QuantilesView, ...]:
    """Turn ``quantiles`` into what is printed of them; nothing where none were asked for."""
    cohorts = {search["title"]: {one["id"]: one for one in search["cohorts"]} for search in audit["discoveries"]}
    return tuple(_view(one, cohorts, audit["redacted"]) for one in audit.get("quantiles", ()))


def _view(quantiles: QuantilesDoc, cohorts: Mapping[str, Mapping[int, CohortDoc]], redacted: bool) -> QuantilesView:
    column, left_out = plain(quantiles["column"]), quantiles["without_number"]
    listed = ", ".join(f"{_name(one)} {_value(one)}" for one in quantiles["overall"])
    up_to = "at most " if redacted else ""
    absent = f" Left out because they have no number: {up_to}{count(left_out)} utterances." if left_out else ""
    within = percent(quantiles["relative_error"], 0)
    return QuantilesView(
        title=f"Quantiles of {column}",
        overall=f"Quantiles of {column}, all speakers: {listed}.{absent}",
        notes=(
            f"p90 is the number that nine in ten utterances do not exceed, within {within}. Brackets are 95 % "
            "intervals by speaker, each for itself: of many, some do not hold. An end is open, and a quantile “too "
            "few”, if fewer than 11 speakers are beyond it. Ratios are to the other speakers of the search. No verdict "
            "depends on quantiles."
        ),
        tables=tuple(
            _table(column, search, cohorts.get(search["title"], {}))
            for search in quantiles["searches"]
            if search["cohorts"]
        ),
    )


def _table(column: str, search: SearchQuantilesDoc, cohorts: Mapping[int, CohortDoc]) -> Table:
    def name(row: CohortQuantilesDoc) -> str:
        cohort = cohorts.get(row["cohort_id"])
        return DASH if cohort is None else cohort_name(cohort)

    fields = [Field[CohortQuantilesDoc]("cohort", "Cohort", name, numeric=False)]
    for i, one in enumerate(search["cohorts"][0]["quantiles"]):
        fields += [
            Field(f"value{i}", _name(one), _cell(i, _value)),
            Field(f"ratio{i}", f"Ratio of {_name(one)}", _cell(i, _ratio)),
        ]
    caption = f"Quantiles of {column} by cohort of {search_name(search['title'])}, among {search['measured_on']}"
    return tabulate(caption, fields, search["cohorts"])


def _cell(i: int, write: Callable[[QuantileDoc], str]) -> Callable[[CohortQuantilesDoc], str]:
    """Return how a cell about one of the quantiles of a row is written."""
    return lambda row: WITHHELD if row["withheld"] else write(row["quantiles"][i])


def _name(quantile: QuantileDoc) -> str:
    """Name a quantile by its percentile.

    Examples
    --------
    >>> _name({"share": 0.999})
    'p99.9'
    """
    return f"p{100 * quantile['share']:.10g}"


def _value(quantile: QuantileDoc) -> str:
    return _with_ends(quantile["value"], quantile["low"], quantile["high"], _number)


def _ratio(quantile: QuantileDoc) -> str:
    if quantile["ratio"] is None:
        return DASH
    return _with_ends(quantile["ratio"], quantile["ratio_low"], quantile["ratio_high"], _two_digits)


def _with_ends(value: float | None, low: float | None, high: float | None, write: Callable[[float | None], str]) -> str:
    return _TOO_FEW if value is None else f"{write(value)} [{write(low)}, {write(high)}]"


def _number(value: float | None) -> str:
    """Print a number with three significant digits, as many as bins allow."""
    if value is None or value == 0:
        return DASH if value is None else "0"
    return ("−" if value < 0 else "") + significant(abs(value), _DIGITS)


def _two_digits(value: float | None) -> str:
    return DASH if value is None else significant(value, 2)
