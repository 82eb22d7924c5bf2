"""The tables of one discovery: its numbers turned into printed cells, once, for page and terminal alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from fairaudit.core.text import search_name
from fairaudit.report.views.composition import KINDS
from fairaudit.report.views.tables import WITHHELD_TEXT, Column, Row, Table
from fairaudit.report.words.sentences import STABLE
from fairaudit.report.words.wording import (
    DASH,
    change,
    count,
    exposure_word,
    gap,
    gap_span,
    number,
    p_value,
    percent,
    plain,
    span,
)
from fairaudit.results.documents import CohortChangeDoc, CohortDoc, CohortNameDoc, SearchDoc, SideDoc

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


def cohort_table(discovery: SearchDoc, rate: str) -> Table:
    """Every cohort of a discovery, in the order in which the audit ranks them."""
    cohorts = discovery["cohorts"]
    kinds = any(cohort["substitutions"] is not None for cohort in cohorts)
    columns = (
        Column("rank", "#"),
        Column("cohort", "Cohort", numeric=False),
        Column("rate", rate),
        Column("shrunk", f"Shrunk {rate}"),
        Column("interval", "95 % interval"),
        Column("ranks", "Rank range"),
        Column("speakers", "Speakers"),
        Column("share", "Share of speakers"),
        Column("excess", "Excess errors"),
        *((Column("kinds", "S / D / I in %"),) if kinds else ()),
        Column("p", "p"),
        Column("result", "Result", numeric=False),
    )
    return Table(
        f"Cohorts of {search_name(discovery['title'])}, highest score first, measured on {discovery['measured_on']}",
        columns,
        tuple(_cohort_row(rank, cohort, discovery, kinds) for rank, cohort in enumerate(cohorts, start=1)),
    )


def _cohort_row(rank: int, cohort: CohortDoc, discovery: SearchDoc, kinds: bool) -> Row:
    if cohort["suppressed"]:
        blanks = (DASH,) * (8 + kinds)
        return Row((str(rank), cohort_name(cohort), *blanks, WITHHELD_TEXT), "muted")
    cells = (
        str(rank),
        cohort_name(cohort),
        percent(cohort["rate"]),
        percent(cohort["shrunk_rate"]),
        span(cohort["interval"], percent),
        interval_words(cohort["rank_interval"]),
        count(cohort["speakers"]),
        percent(cohort["share_speakers"]),
        count(cohort["excess_errors"], sign=True),
        *((_by_kind(cohort),) if kinds else ()),
        p_value(cohort["p_adjusted"], discovery["permutations"]),
        _result(cohort, discovery),
    )
    return Row(cells, "flagged" if cohort["flagged"] else "" if cohort["tested"] else "muted")


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


def flagged_table(discoveries: Sequence[SearchDoc], rate: str) -> Table | None:
    """Every flagged cohort of every search, smallest p first, then highest rate; nothing where none is flagged."""
    columns = (
        Column("cohort", "Cohort", numeric=False),
        Column("search", "Search", numeric=False),
        Column("rate", rate),
        Column("interval", "95 % interval"),
        Column("speakers", "Speakers"),
        Column("share", "Share of speakers"),
        Column("excess", "Excess errors"),
        Column("p", "p"),
    )
    flagged = [(cohort, search) for search in discoveries for cohort in search["cohorts"] if cohort["flagged"]]
    flagged.sort(key=lambda pair: (_or_one(pair[0]["p_adjusted"]), -(pair[0]["rate"] or 0.0)))
    rows = tuple(
        Row(
            (
                cohort_name(cohort),
                search_name(search["title"]),
                percent(cohort["rate"]),
                span(cohort["interval"], percent),
                count(cohort["speakers"]),
                percent(cohort["share_speakers"]),
                count(cohort["excess_errors"], sign=True),
                p_value(cohort["p_adjusted"], search["permutations"]),
            )
        )
        for cohort, search in flagged
    )
    caption = "Flagged cohorts of all searches; a speaker may be in several"
    return Table(caption, columns, rows) if rows else None


def _result(cohort: CohortDoc, discovery: SearchDoc) -> str:
    if cohort["flagged"]:
        result = "flagged"
    elif cohort["tested"]:
        result = "not flagged"
    else:
        result = f"not tested ({plain(cohort['not_tested_because'] or 'too little evidence')})"
    for name, group in (("bottom", discovery["bottom"]), ("top", discovery["top"])):
        if group is not None and cohort["id"] in group["cohort_ids"]:
            result += f" · {name} cohort"
    recurring = discovery["stability"].get("cohorts", []) if discovery["stability"] else []
    if any(c["cohort_id"] == cohort["id"] and c["jaccard"] < STABLE for c in recurring):
        result += " · not stable"
    return result


def measures_table(discovery: SearchDoc, rate: str) -> Table | None:
    """The gap and its parts, held-out beside search-inflated; nothing where nothing was held out.

    A search-inflated number is printed only next to its held-out counterpart.
    """
    honest, inflated = discovery["held_out"], discovery["search_inflated"]
    if honest is None:
        return None
    reference = plain(honest["reference"])
    lines: list[tuple[str, Callable[[SideDoc], str]]] = [
        ("Gap", lambda m: gap(m["gap_relative"])),
        ("95 % interval of the gap", lambda m: gap_span(m["gap_interval"])),
        (f"{rate} of the bottom cohort", lambda m: percent(m["bottom_rate"])),
        (f"{rate} of the {reference}", lambda m: percent(m["reference_rate"])),
        ("Difference of the two", lambda m: change(m["reference_rate"], m["bottom_rate"], None)[2]),
        ("Bottom cohort's share of speakers", lambda m: percent(m["bottom_share"]["speakers"])),
        ("Bottom cohort's share of utterances", lambda m: percent(m["bottom_share"]["utterances"])),
        (f"Bottom cohort's share of {exposure_word(rate)}", lambda m: percent(m["bottom_share"]["exposure"])),
        ("Bottom cohort's share of errors", lambda m: percent(m["bottom_share"]["errors"])),
        ("Speakers in the bottom cohort", lambda m: count(m["speakers"])),
        (f"Excess errors (gone if the cohort were recognised as well as the {reference})",
         lambda m: count(m["excess_errors"], sign=True)),
    ]  # fmt: skip
    rows = []
    for name, write in lines:
        held = write(honest)
        beside = write(inflated) if inflated is not None and held != DASH else DASH
        rows.append(Row((name, held, beside)))
    return Table(
        f"Gap = {gap_formula(rate, discovery)}, among held-out speakers and among those that were searched",
        (Column("measure", "Measure", numeric=False), Column("held_out", "Held-out"),
         Column("inflated", "Search-inflated (do not quote)")),
        tuple(rows),
    )  # fmt: skip


def gap_formula(rate: str, discovery: SearchDoc | None) -> str:
    """Give the formula of a relative gap.

    Examples
    --------
    >>> gap_formula("WER", None)
    '(WER of the bottom cohort − WER of the rest) ÷ WER of the rest'
    """
    held_out = discovery["held_out"] if discovery else None
    reference = plain(held_out["reference"]) if held_out else "rest"
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
    )
    return Table(
        "The highest score of the search, in this log and in shuffled ones",
        (Column("what", "Highest score", numeric=False), Column("value", "Value")),
        tuple(Row(line) for line in lines),
    )


def examined_table(discovery: SearchDoc, rate: str) -> Table | None:
    """The partitions with the highest scores of all that were tried, flagged or not."""
    examined = discovery["examined"]
    if examined is None or not examined["best"]:
        return None
    rows = tuple(
        Row(
            (
                plain(best["description"]),
                percent(best["rate"]),
                number(best["score"], 2),
                count(best["speakers"]),
                p_value(best["p_adjusted"], discovery["permutations"]),
            )
        )
        for best in examined["best"]
    )
    return Table(
        f"The {count(len(rows))} partitions with the highest scores, of {count(examined['count'])} examined",
        (Column("partition", "Partition", numeric=False), Column("rate", rate), Column("score", "Score"),
         Column("speakers", "Speakers"), Column("p", "p")),
        rows,
    )  # fmt: skip
