"""The tables of a whole audit: the searches side by side, data quality, what was not run, the input files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from fairaudit.core.text import search_name
from fairaudit.core.verdicts import Verdict
from fairaudit.report.views.tables import Column, Row, Table
from fairaudit.report.words.wording import DASH, count, gap, gap_span, p_value, percent, plain
from fairaudit.results.documents import AdjustedDoc, FileDoc, QualityDoc, ResultDoc, SearchDoc, SideTableDoc, SkippedDoc

if TYPE_CHECKING:
    from fairaudit.report.views.discovery import DiscoveryView

__all__ = [
    "adjusted_table",
    "inputs_table",
    "joins_table",
    "quality_table",
    "settings_table",
    "skipped_table",
    "software_line",
    "summary_table",
    "suppressed_table",
]

#: What reading a log changed or noticed, in words.
_COERCIONS: Final = {
    "coordinates_incomplete_set_missing": "Incomplete coordinates, treated as missing",
    "coordinates_zero_set_missing": "Coordinates of 0° and 0°, treated as missing",
    "empty_references": "Empty references (their insertions count as errors)",
    "hypotheses_filled_empty": "Missing hypotheses, treated as empty",
    "own_speakers": "Rows without a speaker, each treated as one speaker",
    "zip_padded": "Zip codes with leading zeros restored",
    "zip_plus4_cut": "Zip codes cut to five digits",
}


def summary_table(discoveries: Sequence[DiscoveryView]) -> Table:
    """Put every search on one row: verdict, p, the held-out gap and, beside it, the search-inflated one."""
    columns = (
        Column("search", "Search", numeric=False),
        Column("verdict", "Verdict", numeric=False),
        Column("p", "p"),
        Column("gap", "Held-out gap"),
        Column("interval", "95 % interval"),
        Column("inflated", "Search-inflated gap"),
        Column("share", "Bottom share of speakers"),
        Column("bottom", "Bottom cohort", numeric=False),
    )
    rows = (
        Row(
            (d.title, f"{d.mark} {d.verdict}", d.p, d.gap, d.gap_interval, d.inflated_gap, d.bottom_share, d.bottom),
            "flagged" if d.verdict == Verdict.DISPARITY else "",
        )
        for d in discoveries
    )
    return Table("One row for each search; p counts all searches of this audit", columns, tuple(rows))


def adjusted_table(adjusted: AdjustedDoc, raw: Sequence[SearchDoc], discoveries: Sequence[DiscoveryView]) -> Table:
    """Put the raw gap of every search beside its adjusted gap, and beside the result of the adjusted search."""
    columns = (
        Column("search", "Search", numeric=False),
        Column("raw", "Held-out gap, raw"),
        Column("same", "Same cohort, adjusted"),
        Column("interval", "95 % interval"),
        Column("verdict", "Adjusted search", numeric=False),
        Column("p", "p"),
        Column("gap", "Its held-out gap"),
        Column("bottom", "Its bottom cohort", numeric=False),
    )
    rows = []
    for before, view, search in zip(raw, discoveries, adjusted["searches"], strict=True):
        same, found = search["same_cohort"], search["held_out"]
        rows.append(
            Row(
                (
                    view.title,
                    view.gap,
                    gap(same["gap_relative"]) if same else DASH,
                    gap_span(same["gap_interval"]) if same else DASH,
                    search["verdict"],
                    p_value(search["p_value"], before["permutations"]),
                    gap(found["gap_relative"]) if found else DASH,
                    plain(search["bottom"]["description"]) if search["bottom"] else DASH,
                ),
                "flagged" if search["verdict"] == Verdict.DISPARITY else "",
            )
        )
    return Table("Raw and adjusted gaps, among the same held-out speakers", columns, tuple(rows))


def quality_table(quality: QualityDoc) -> Table:
    """Account for every row of the log: used, quarantined by reason, changed while reading."""
    lines = (
        ("Rows in", quality["rows_in"]),
        ("Rows used", quality["rows_used"]),
        ("Rows quarantined", quality["rows_quarantined"]),
        *((f"Quarantined: {_in_words(code)}", n) for code, n in sorted(quality["by_code"].items())),
        *((_COERCIONS.get(code) or _in_words(code), n) for code, n in sorted(quality["coercions"].items())),
    )
    columns = (Column("what", "What", numeric=False), Column("rows", "Rows"))
    return Table("Rows in = rows used + rows quarantined", columns, tuple(Row((name, count(n))) for name, n in lines))


def _in_words(code: str) -> str:
    """Write a code of the reader without its underscores."""
    return plain(code.replace("_", " "))


def suppressed_table(discoveries: Sequence[SearchDoc]) -> Table | None:
    """Count what is withheld in each search; nothing where nothing is.

    Figures of fewer than 11 speakers are withheld, and the counts of further cohorts from which they would follow.
    """
    rows = []
    for discovery in discoveries:
        cohorts = discovery["cohorts"]
        withheld = sum(cohort["suppressed"] for cohort in cohorts)
        counts = sum(not cohort["suppressed"] and cohort["errors"] is None for cohort in cohorts)
        unassigned = "shown" if discovery["unassigned"]["speakers"] is not None else "withheld"
        if withheld or counts or unassigned == "withheld":
            rows.append(Row((search_name(discovery["title"]), count(withheld), count(counts), unassigned)))
    columns = (
        Column("search", "Search", numeric=False),
        Column("withheld", "Cohorts of fewer than 11 speakers"),
        Column("counts", "Cohorts whose counts would reveal those"),
        Column("unassigned", "Speakers outside all cohorts", numeric=False),
    )
    caption = "Withheld, so that no figure is about fewer than 11 speakers"
    return Table(caption, columns, tuple(rows)) if rows else None


def joins_table(rates: Mapping[str, float | None]) -> Table | None:
    """Give the share of the speakers that each side table knows; nothing where there was none."""
    rows = tuple(Row((plain(name), percent(share))) for name, share in sorted(rates.items()))
    columns = (Column("table", "Side table", numeric=False), Column("share", "Speakers found in it"))
    return Table("Join rates: share of the speakers that each side table knows", columns, rows) if rows else None


def skipped_table(skipped: Sequence[SkippedDoc]) -> Table | None:
    """Name the searches that were not run and what they would have needed."""
    rows = tuple(Row((search_name(s["method"]), plain(s["needs"]))) for s in skipped)
    columns = (Column("method", "Search", numeric=False), Column("needs", "Needs", numeric=False))
    return Table("Searches that were not run", columns, rows) if rows else None


def inputs_table(inputs: Sequence[FileDoc], side_tables: Sequence[SideTableDoc]) -> Table:
    """List the files of the log with their rows and hashes, then the side tables with theirs."""
    columns = (Column("name", "File", numeric=False), Column("rows", "Rows"), Column("sha", "SHA-256", numeric=False))
    rows = [Row((plain(file["name"]), count(file["rows"]), plain(file["sha256"]))) for file in inputs]
    rows += [Row((plain(table["name"]), DASH, plain(table["sha256"]))) for table in side_tables]
    return Table("Input files", columns, tuple(rows))


def settings_table(signature: str) -> Table:
    """The signature's settings, one a row.

    Examples
    --------
    >>> [row.cells for row in settings_table("rate:wer|seed:0").rows]
    [('rate', 'wer'), ('seed', '0')]
    """
    pairs = (plain(setting).partition(":") for setting in signature.split("|"))
    columns = (Column("setting", "Setting", numeric=False), Column("value", "Value", numeric=False))
    return Table("The signature, setting by setting", columns, tuple(Row((key, value)) for key, _, value in pairs))


def software_line(result: ResultDoc) -> str:
    """Name the software that computed an audit or a comparison; nothing where the file does not say.

    Examples
    --------
    >>> software_line({"software": {"python": "3.13.1", "numpy": "2.4.0"}})
    'Computed with python 3.13.1, numpy 2.4.0.'
    """
    names = ", ".join(f"{plain(name)} {plain(version)}" for name, version in result.get("software", {}).items())
    return f"Computed with {names}." if names else ""
