"""The tables of one discovery: its numbers turned into printed cells, once, for page and terminal alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from fairaudit.core.privacy import WITHHELD
from fairaudit.core.text import search_name
from fairaudit.core.verdicts import MeasuredOn
from fairaudit.report.views.composition import KINDS
from fairaudit.report.views.tables import Column, Field, Row, Table, tabulate, withheld_text
from fairaudit.report.words.rates import RateWords, cohort_interval, cohort_rate, side_rate
from fairaudit.report.words.sentences import STABLE
from fairaudit.report.words.wording import (
    DASH,
    count,
    gap_percent,
    gap_span,
    number,
    p_value,
    percent,
    plain,
    times,
)
from fairaudit.results.documents import (
    CohortChangeDoc,
    CohortDoc,
    CohortNameDoc,
    PartitionDoc,
    RecurrenceDoc,
    SearchDoc,
    SideDoc,
)
from fairaudit.results.gaps import deciding_gap, is_known

__all__ = [
    "cohort_name",
    "cohort_table",
    "examined_table",
    "flagged_table",
    "gap_formula",
    "interval_words",
    "measures_table",
    "null_table",
]


def cohort_name(cohort: CohortDoc | CohortChangeDoc | CohortNameDoc) -> str:
    """Name a cohort by its label and, where that says more, its description.

    Examples
    --------
    >>> cohort_name({"label": "R3", "description": "latitude < 38.1"})
    'R3: latitude < 38.1'
    """
    label, description = plain(cohort["label"]), plain(cohort.get("description") or "")
    if not description or description == label:
        return label or DASH
    return description if not label or label in description else f"{label}: {description}"


def interval_words(interval: Sequence[float] | None) -> str:
    """Print an interval of ranks.

    Examples
    --------
    >>> interval_words([1, 4])
    '1–4'
    """
    return DASH if interval is None else f"{count(interval[0])}–{count(interval[1])}"


#: Id and name of the row of speakers who are in no cohort, whose numbers are of all speakers of the log.
_NO_ID: Final = -1
_NO_COHORT: Final = "(in no cohort)"
_ALL_IN_NO_COHORT: Final = "(all in no cohort)"
#: A cohort with its rank, and a flagged cohort with its search.
Ranked = tuple[int, CohortDoc]
Flagged = tuple[CohortDoc, SearchDoc]


def cohort_table(discovery: SearchDoc, rate: RateWords) -> Table:
    """Every cohort of a discovery, in the order in which the audit ranks them, and the speakers who are in none."""
    cohorts, permutations = discovery["cohorts"], discovery["permutations"]
    kinds = any(map(_is_of_kinds, cohorts))
    fields = (
        Field[Ranked]("rank", "#", lambda r: DASH if _in_none(r[1]) else str(r[0])),
        Field[Ranked]("cohort", "Cohort", lambda r: cohort_name(r[1]), numeric=False),
        _shown("rate", rate, lambda c: cohort_rate(c, rate.unit)),
        _shown("shrunk", f"Shrunk {rate}", lambda c: rate.unit.value(c["shrunk_rate"])),
        _shown("interval", "95 % interval", lambda c: cohort_interval(c, rate.unit)),
        _shown("ranks", "Rank range", lambda c: interval_words(c["rank_interval"])),
        _shown("speakers", rate.people.capitalize(), lambda c: count(c["speakers"])),
        _shown("share", f"Share of {rate.people}", lambda c: percent(c["share_speakers"])),
        _shown("excess", f"Excess {rate.errors}", lambda c: count(c["excess_errors"], sign=True)),
        *((_shown("kinds", "S / D / I in %", _by_kind),) if kinds else ()),
        _shown("p", "p", lambda c: p_value(c["p_adjusted"], permutations)),
        Field[Ranked]("result", "Result", lambda r: _result(r[1], discovery), numeric=False),
    )
    caption = (
        f"Cohorts of {search_name(discovery['title'])}, highest score first, measured on {discovery['measured_on']}"
    )
    outside = _outside(discovery)
    if outside and discovery["measured_on"] == MeasuredOn.HELD_OUT:
        caption += "; the last row is of all speakers in no cohort"
    table = tabulate(
        caption, fields, enumerate([*cohorts, *outside], start=1), lambda r: _tone(r[1]), lambda r: _in_none(r[1])
    )
    return replace(table, rows=tuple(_joined(table.rows)))


def _joined(rows: Iterable[Row]) -> Iterator[Row]:
    """Join neighbours that show nothing but their ranks."""
    for (name, *_), alike in groupby(rows, key=lambda row: row.cells[1:]):
        run = tuple(alike)
        first, last = run[0], run[-1]
        if name == WITHHELD and len(run) > 1:
            cells = (interval_words([int(row.cells[0]) for row in (first, last)]), f"{count(len(run))} cohorts")
            yield replace(first, cells=(*cells, *first.cells[2:]), kept=True)
        else:
            yield from run


def _in_none(row: CohortDoc) -> bool:
    return row["id"] == _NO_ID


def _outside(discovery: SearchDoc) -> tuple[CohortDoc, ...]:
    """Give the speakers who are in no cohort as one more row; nothing if there are none."""
    sums = discovery["unassigned"]
    speakers, errors, exposure = sums["speakers"], sums["errors"], sums["exposure"]
    if speakers == 0 and not sums["utterances"]:
        return ()
    return (
        {
            "id": _NO_ID,
            "label": _NO_COHORT if discovery["measured_on"] == MeasuredOn.ALL else _ALL_IN_NO_COHORT,
            "description": "",
            "errors": errors,
            "exposure": exposure,
            "rate": errors / exposure if errors is not None and exposure else None,
            "shrunk_rate": None,
            "interval": None,
            "rank_interval": None,
            "speakers": speakers,
            "utterances": sums["utterances"],
            "share_speakers": sums.get("share_speakers"),
            "excess_errors": None,
            "substitutions": None,
            "deletions": None,
            "insertions": None,
            "score": None,
            "p_adjusted": None,
            "flagged": False,
            "effective_speakers": None,
            "largest_speaker_share": None,
            "tested": False,
            "not_tested_because": "what this search needs is missing",
            "suppressed": speakers is None,
        },
    )


def _shown(key: str, title: str, write: Callable[[CohortDoc], str]) -> Field[Ranked]:
    """Make a column of numbers that suppressed cohorts leave blank."""
    return Field[Ranked](key, title, lambda ranked: DASH if ranked[1]["suppressed"] else write(ranked[1]))


def _tone(cohort: CohortDoc) -> str:
    if cohort["flagged"]:
        return "flagged"
    return "" if cohort["tested"] else "muted"


def _is_of_kinds(cohort: CohortDoc) -> bool:
    """Whether the rate counts the errors of all three kinds, and nothing else."""
    kinds = [errors for kind in KINDS if (errors := cohort[kind]) is not None]
    return len(kinds) == len(KINDS) and sum(kinds) == cohort["errors"]


def _by_kind(cohort: CohortDoc) -> str:
    """Shares of substitutions, deletions and insertions in a cohort's errors, in whole percent.

    Examples
    --------
    >>> _by_kind({"substitutions": 68, "deletions": 15, "insertions": 16})
    '69 / 15 / 16'
    """
    kinds = [errors for kind in KINDS if (errors := cohort[kind]) is not None]
    if len(kinds) < len(KINDS) or not sum(kinds):
        return DASH
    return " / ".join(percent(kind / sum(kinds), 0).removesuffix(" %") for kind in kinds)


def _or_one(p: float | None) -> float:
    return 1.0 if p is None else p


def flagged_table(discoveries: Sequence[SearchDoc], rate: RateWords, caption: str) -> Table | None:
    """Every flagged cohort of the searches, smallest p first, then highest rate; nothing where none is flagged."""
    flagged = [(cohort, search) for search in discoveries for cohort in search["cohorts"] if cohort["flagged"]]
    flagged.sort(key=lambda pair: (_or_one(pair[0]["p_adjusted"]), -(pair[0]["rate"] or 0.0)))
    fields = (
        Field[Flagged]("cohort", "Cohort", lambda f: cohort_name(f[0]), numeric=False),
        Field[Flagged]("search", "Search", lambda f: search_name(f[1]["title"]), numeric=False),
        Field[Flagged]("rate", rate, lambda f: cohort_rate(f[0], rate.unit)),
        Field[Flagged]("interval", "95 % interval", lambda f: cohort_interval(f[0], rate.unit)),
        Field[Flagged]("speakers", rate.people.capitalize(), lambda f: count(f[0]["speakers"])),
        Field[Flagged]("share", f"Share of {rate.people}", lambda f: percent(f[0]["share_speakers"])),
        Field[Flagged]("excess", f"Excess {rate.errors}", lambda f: count(f[0]["excess_errors"], sign=True)),
        Field[Flagged]("p", "p", lambda f: p_value(f[0]["p_adjusted"], f[1]["permutations"])),
    )
    return tabulate(caption, fields, flagged) if flagged else None


def _result(cohort: CohortDoc, discovery: SearchDoc) -> str:
    if cohort["suppressed"]:
        return withheld_text(cohort.get("withheld_because"))
    if cohort["flagged"]:
        result = "flagged"
    elif cohort["tested"]:
        result = "not flagged"
    else:
        result = f"not tested ({plain(cohort['not_tested_because'] or 'too little evidence')})"
    for name, group in (("bottom", discovery["bottom"]), ("top", discovery["top"])):
        if group is not None and cohort["id"] in group["cohort_ids"]:
            result += f" · {name} cohort"
    recurring: list[RecurrenceDoc] = discovery["stability"].get("cohorts", []) if discovery["stability"] else []
    if any(c["cohort_id"] == cohort["id"] and c["jaccard"] < STABLE for c in recurring):
        result += " · not stable"
    because = cohort.get("withheld_because")
    return f"{result} · counts withheld, because {plain(because)}; rate rounded up" if because else result


def measures_table(discovery: SearchDoc, rate: RateWords) -> Table | None:
    """The gap and its parts: held-out beside search-inflated, or of all speakers beside held-out if groups are known.

    There is nothing without a gap. A search-inflated number is printed only next to its held-out counterpart.
    """
    decides = deciding_gap(discovery)
    beside = discovery["held_out"] if is_known(discovery) else discovery["search_inflated"]
    if decides is None:
        return None
    reference = plain(decides["reference"])
    lines: list[tuple[str, Callable[[SideDoc], str]]] = [
        ("Gap", lambda m: DASH if m["gap_relative"] is None else times(m["gap_relative"])),
        ("Gap in percent", lambda m: gap_percent(m["gap_relative"], 0)),
        ("95 % interval of the gap", lambda m: gap_span(m["gap_interval"])),
        *(
            (("Gap with talkative speakers weighted down, as in the test", _weighted),)
            if decides.get("gap_weighted") is not None
            else ()
        ),
        (f"{rate} of the bottom cohort", lambda m: side_rate(m, "bottom_rate", rate.unit)),
        (f"{rate} of the {reference}", lambda m: side_rate(m, "reference_rate", rate.unit)),
        ("Difference of the two", lambda m: rate.unit.change(m["reference_rate"], m["bottom_rate"], None)[2]),
        (f"Bottom cohort's share of {rate.people}", lambda m: percent(m["bottom_share"]["speakers"], 0)),
        ("Bottom cohort's share of utterances", lambda m: percent(m["bottom_share"]["utterances"], 0)),
        (f"Bottom cohort's share of {rate.exposure}", lambda m: percent(m["bottom_share"]["exposure"], 0)),
        (f"Bottom cohort's share of {rate.errors}", lambda m: percent(m["bottom_share"]["errors"], 0)),
        (f"{rate.people.capitalize()} in the bottom cohort", lambda m: count(m["speakers"])),
        (f"Excess {rate.errors} (gone if the cohort were recognised as well as the {reference})",
         lambda m: count(m["excess_errors"], sign=True)),
    ]  # fmt: skip
    rows = []
    for name, write in lines:
        cell = write(decides)
        rows.append(Row((name, cell, write(beside) if beside is not None and cell != DASH else DASH)))
    among, titles = (
        ("all speakers and among held-out ones", ("All speakers", "Held-out"))
        if is_known(discovery)
        else ("held-out speakers and among those that were searched", ("Held-out", "Search-inflated (do not quote)"))
    )
    return Table(
        f"Gap = {gap_formula(rate, discovery)}, among {among}",
        (Column("measure", "Measure", numeric=False), Column("decides", titles[0]), Column("beside", titles[1])),
        tuple(rows),
    )


def _weighted(side: SideDoc) -> str:
    weighted = side.get("gap_weighted")
    return DASH if weighted is None else times(weighted)


def gap_formula(rate: str, discovery: SearchDoc | None) -> str:
    """Give the formula of a relative gap.

    Examples
    --------
    >>> gap_formula("WER", None)
    '(WER of the bottom cohort − WER of the rest) ÷ WER of the rest'
    """
    side = deciding_gap(discovery) if discovery else None
    reference = plain(side["reference"]) if side else "rest"
    return f"({rate} of the bottom cohort − {rate} of the {reference}) ÷ {rate} of the {reference}"


def null_table(discovery: SearchDoc) -> Table | None:
    """The observed highest score beside those of shuffled speakers."""
    null = discovery["null"]
    if null is None:
        return None
    quantiles = sorted(null["quantiles"].items(), key=lambda item: float(item[0]))
    lines: Iterable[tuple[str, str]] = (
        ("Observed in this log", number(null["observed"], 2)),
        *((f"{percent(float(q), 0)} of shuffles are below", number(value, 2)) for q, value in quantiles),
        ("Shuffles", count(discovery["permutations"])),
        ("p of this search alone", p_value(discovery["p_value_alone"], discovery["permutations"])),
        ("p, allowing for all searches of this audit", p_value(discovery["p_value"], discovery["permutations"])),
        *(
            (("p that the groups do not differ at all", p_value(omnibus, discovery["permutations"])),)
            if (omnibus := discovery.get("omnibus_p")) is not None
            else ()
        ),
    )
    return Table(
        "The highest score of the search, in this log and in shuffled ones",
        (Column("what", "Highest score", numeric=False), Column("value", "Value")),
        tuple(Row(line) for line in lines),
    )


def examined_table(discovery: SearchDoc, rate: RateWords) -> Table | None:
    """The partitions with the highest scores of all that were tried, flagged or not."""
    examined, permutations = discovery["examined"], discovery["permutations"]
    if examined is None or not examined["best"]:
        return None
    fields = (
        Field[PartitionDoc]("partition", "Partition", lambda p: plain(p["description"]), numeric=False),
        Field[PartitionDoc]("rate", rate, lambda p: rate.unit.value(p["rate"])),
        Field[PartitionDoc]("score", "Score", lambda p: number(p["score"], 2)),
        Field[PartitionDoc]("speakers", rate.people.capitalize(), lambda p: count(p["speakers"])),
        Field[PartitionDoc]("p", "p", lambda p: p_value(p["p_adjusted"], permutations)),
    )
    best = examined["best"]
    caption = f"The {count(len(best))} partitions with the highest scores, of {count(examined['count'])} examined"
    return tabulate(caption, fields, best)
