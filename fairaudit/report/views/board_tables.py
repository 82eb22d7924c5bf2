"""Tables of a board: all pairs of systems, groups, and files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from fairaudit.core.text import search_name
from fairaudit.report.views.cohort_tables import cohort_name
from fairaudit.report.views.tables import Column, Field, Row, Table, compared_files, tabulate, withheld_text
from fairaudit.report.words.rates import RateWords
from fairaudit.report.words.wording import DASH, count, gap_span, plain, times
from fairaudit.results.documents import (
    BoardDoc,
    BoardGroupDoc,
    BoardSetDoc,
    GroupSystemDoc,
    Interval,
    PairDoc,
    RatioDoc,
)

__all__ = ["Measure", "board_files", "gap_or_why_not", "groups_table", "pairs_table", "ratio", "ratio_of", "ratio_span"]

#: What systems are compared by.
Measure = Literal["overall", "worst", "gap"]


def ratio(value: float | None) -> str:
    """Print a ratio.

    Examples
    --------
    >>> ratio(2.5), ratio(None)
    ('2.5 times', '–')
    """
    return DASH if value is None else times(value - 1)


def ratio_span(interval: Interval) -> str:
    """Print the interval of a ratio.

    Examples
    --------
    >>> ratio_span([1.04, 2.5])
    '1.04 to 2.5'
    """
    return gap_span(None if interval is None else [end - 1 for end in interval])


def gap_or_why_not(gap: float | None, interval: Interval) -> str:
    """Print the gap of a group, or "withheld" if only its interval is known.

    Examples
    --------
    >>> gap_or_why_not(2.5, [1.04, 3.5]), gap_or_why_not(None, [1.0, 3.5]), gap_or_why_not(None, None)
    ('2.5 times', 'withheld', '–')
    """
    return "withheld" if gap is None and interval is not None else ratio(gap)


def ratio_of(pair: PairDoc, measure: Measure) -> RatioDoc | None:
    """Return the ratio of a number of two systems."""
    return pair["overall"] if measure == "overall" else pair["worst"] if measure == "worst" else pair["gap"]


def pairs_table(pairs: Sequence[PairDoc], names: Mapping[Measure, str]) -> Table:
    """List all pairs of systems, with the ratio of each number."""

    def cells(pair: PairDoc) -> Iterator[str]:
        yield f"{plain(pair['system'])} / {plain(pair['other'])}"
        for measure in names:
            known = ratio_of(pair, measure)
            yield DASH if known is None else f"{ratio(known['ratio'])} ({ratio_span(known['interval'])})"
        sure = [name for measure, name in names.items() if ((r := ratio_of(pair, measure)) and r["higher"])]
        yield ", ".join(sure) or "none"

    columns = (
        Column("cohort", "Systems", numeric=False),
        *(Column(measure, f"Ratio of {name}") for measure, name in names.items()),
        Column("certain", "Certain order", numeric=False),
    )
    rows = [(pair, tuple(cells(pair))) for pair in pairs]
    tones = ("flagged" if cell[-1] != "none" else "" for _, cell in rows)
    return Table(
        "All pairs of systems: the first over the second, with intervals that hold at once",
        columns,
        tuple(Row(cell, tone) for (_, cell), tone in zip(rows, tones, strict=True)),
    )


#: A group under one system, or a group whose numbers are withheld.
GroupRow = tuple[BoardGroupDoc, GroupSystemDoc | None]


def groups_table(one: BoardSetDoc, rate: RateWords) -> Table:
    """List the groups of a set under every system, one row for each."""
    fields = (
        Field[GroupRow]("cohort", "Group", lambda row: cohort_name(row[0]), numeric=False),
        Field[GroupRow]("system", "System", lambda row: plain(row[1]["system"]) if row[1] else DASH, numeric=False),
        Field[GroupRow]("speakers", rate.people.capitalize(), lambda row: count(row[0]["speakers"])),
        Field[GroupRow]("rate", str(rate), lambda row: rate.unit.value(row[1] and row[1]["rate"])),
        Field[GroupRow]("interval", "Interval", lambda row: rate.unit.span(row[1] and row[1]["interval"])),
        Field[GroupRow]("gap", "To all others", lambda row: _gap(row[1])),
        Field[GroupRow]("ends", "Its interval", lambda row: ratio_span(row[1] and row[1]["gap_interval"])),
        Field[GroupRow]("result", "Result", lambda row: _result(row[0]), numeric=False),
    )
    rows: list[GroupRow] = []
    for group in one["groups"]:
        rows += [(group, system) for system in group["systems"]] or [(group, None)]
    caption = f"{rate} of the groups of {search_name(one['title'])} under every system"
    return tabulate(caption, fields, rows, lambda row: "" if row[0]["tested"] else "muted")


def _gap(of: GroupSystemDoc | None) -> str:
    return DASH if of is None else gap_or_why_not(of["gap"], of["gap_interval"])


def _result(group: BoardGroupDoc) -> str:
    if group["suppressed"]:
        return withheld_text(group["withheld_because"])
    return "tested" if group["tested"] else f"not tested: {plain(group['not_tested_because'])}"


def board_files(board: BoardDoc) -> Table:
    """List the files of all systems, then the side tables."""
    systems = [(system["name"], system["inputs"]) for system in board["systems"]]
    return compared_files("System", systems, "all", board["side_tables"])
