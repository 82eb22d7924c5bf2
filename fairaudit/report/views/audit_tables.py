"""The tables of a whole audit: the searches side by side, data quality, what was not run, the input files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fairaudit.core.privacy import is_rounded
from fairaudit.core.text import search_name
from fairaudit.core.verdicts import MeasuredOn, Verdict
from fairaudit.report.views.search import SearchView
from fairaudit.report.views.tables import Column, Field, Row, Table, tabulate
from fairaudit.report.words.wording import DASH, count, gap, gap_span, p_value, percent, plain
from fairaudit.results.documents import (
    AdjustedDoc,
    AdjustedSearchDoc,
    BoardDoc,
    FileDoc,
    QualityDoc,
    ResultDoc,
    SearchDoc,
    SideDoc,
    SideTableDoc,
    SkippedDoc,
)
from fairaudit.results.gaps import deciding_gap

__all__ = [
    "adjusted_table",
    "inputs_table",
    "joins_table",
    "quality_table",
    "settings_table",
    "side_columns_table",
    "skipped_table",
    "software_line",
    "summary_table",
    "suppressed_table",
]

#: What reading a log changed or noticed, in words.
_COERCIONS: Final = {
    "census_cells_bottom_coded": "Census cells such as 2,500-, read as the bound",
    "census_cells_set_missing": "Census cells that mark a missing number",
    "census_cells_top_coded": "Census cells such as 250,000+, read as the bound",
    "census_cells_with_decimal_comma": "Census cells with a decimal comma",
    "census_labels_joined": "Census labels joined with another spelling",
    "census_rows_without_zip": "Rows of the census without a zip code, left out",
    "census_zips_decimals_cut": "Zip codes of the census such as 90210.0",
    "census_zips_names_cut": "Zip codes of the census written as names (ZCTA5 02139)",
    "census_zips_padded": "Zip codes of the census with leading zeros restored",
    "census_zips_plus4_cut": "Zip codes of the census cut to five digits",
    "census_zips_quotes_cut": "Zip codes of the census in quotes of a spreadsheet, which were removed",
    "coordinates_incomplete_set_missing": "Incomplete coordinates, treated as missing",
    "coordinates_zero_set_missing": "Coordinates of 0° and 0°, treated as missing",
    "crosswalk_rows_without_zcta": "Rows of the crosswalk without a ZCTA, left out",
    "decimals_rounded": "Rows with a number of more than six decimals, rounded to six",
    "empty_hypotheses": "Empty hypotheses (all of their words count as deleted)",
    "empty_references": "Empty references (their insertions count as errors)",
    "hypotheses_filled_empty": "Missing hypotheses, treated as empty",
    "speakers_spelled_missing": "Speaker ids such as NA or unknown, used as ids",
    "own_speakers": "Rows without a speaker, each treated as one speaker",
    "zip_decimals_cut": "Zip codes written as decimals (90210.0), cut to whole numbers",
    "zip_names_cut": "Zip codes written as Census names (ZCTA5 02139), cut to five digits",
    "zip_not_us_set_missing": "Zip codes that are not of the United States, treated as missing",
    "zip_padded": "Zip codes with leading zeros restored",
    "zip_plus4_cut": "Zip codes cut to five digits",
    "zip_quotes_cut": "Zip codes in quotes of a spreadsheet, which were removed",
}


def summary_table(discoveries: Sequence[SearchView]) -> Table:
    """Put every search on one row: verdict, p, the gap that decides and, beside it, the search-inflated one."""
    fields = (
        Field[SearchView]("search", "Search", lambda d: d.title, numeric=False),
        Field[SearchView]("verdict", "Verdict", lambda d: f"{d.mark} {d.verdict}", numeric=False),
        Field[SearchView]("p", "p", lambda d: d.p),
        Field[SearchView]("gap", "Gap", lambda d: d.gap),
        Field[SearchView]("interval", "95 % interval", lambda d: d.gap_interval),
        Field[SearchView]("inflated", "Search-inflated gap", lambda d: d.inflated_gap),
        Field[SearchView]("share", "Bottom share of speakers", lambda d: d.bottom_share),
        Field[SearchView]("bottom", "Bottom cohort", lambda d: d.bottom, numeric=False),
    )
    caption = "One row for each search; p accounts for all of them"
    if any(d.measured_on == MeasuredOn.ALL for d in discoveries):
        caption += "; gaps of groups that are known beforehand are of all speakers, other gaps of held-out ones"
    return tabulate(caption, fields, discoveries, lambda d: _tone(d.verdict))


def _tone(verdict: str) -> str:
    return "flagged" if verdict in (Verdict.DISPARITY, Verdict.UNEVEN) else ""


@dataclass(frozen=True)
class _AdjustedSearch:
    """A search before adjustment, as printed, with the number of its shuffles, and after it."""

    raw: SearchView
    permutations: int
    adjusted: AdjustedSearchDoc

    def same(self, write: Callable[[SideDoc], str]) -> str:
        """Print a figure of the same cohort, adjusted."""
        return write(self.adjusted["same_cohort"]) if self.adjusted["same_cohort"] else DASH


def adjusted_table(adjusted: AdjustedDoc, raw: Sequence[SearchDoc], discoveries: Sequence[SearchView]) -> Table:
    """Put the raw gap of every search beside its adjusted gap, and beside the result of the adjusted search."""
    searches = [
        _AdjustedSearch(view, before["permutations"], search)
        for before, view, search in zip(raw, discoveries, adjusted["searches"], strict=True)
    ]
    fields = (
        Field[_AdjustedSearch]("search", "Search", lambda s: s.raw.title, numeric=False),
        Field[_AdjustedSearch]("raw", "Gap, raw", lambda s: s.raw.gap),
        Field[_AdjustedSearch]("same", "Same cohort, adjusted", lambda s: s.same(lambda m: gap(m["gap_relative"]))),
        Field[_AdjustedSearch]("interval", "95 % interval", lambda s: s.same(lambda m: gap_span(m["gap_interval"]))),
        Field[_AdjustedSearch]("verdict", "Adjusted search", lambda s: s.adjusted["verdict"], numeric=False),
        Field[_AdjustedSearch]("p", "p", lambda s: p_value(s.adjusted["p_value"], s.permutations)),
        Field[_AdjustedSearch]("gap", "Its gap", lambda s: _gap(s.adjusted)),
        Field[_AdjustedSearch]("bottom", "Its bottom cohort", lambda s: _bottom(s.adjusted), numeric=False),
    )
    caption = "Raw and adjusted gaps, among the same speakers"
    return tabulate(caption, fields, searches, lambda s: _tone(s.adjusted["verdict"]))


def _gap(search: AdjustedSearchDoc) -> str:
    side = deciding_gap(search)
    return gap(side["gap_relative"]) if side else DASH


def _bottom(search: AdjustedSearchDoc) -> str:
    return plain(search["bottom"]["description"]) if search["bottom"] else DASH


def quality_table(quality: QualityDoc) -> Table:
    """Account for every row of the log: used, quarantined by reason, left out by conditions, changed while reading."""
    left_out = quality.get("rows_left_out")
    title = "Rows in = rows used + rows quarantined" + (" + rows left out" if left_out is not None else "")
    lines = (
        ("Rows in", quality["rows_in"]),
        ("Rows used", quality["rows_used"]),
        ("Rows quarantined", quality["rows_quarantined"]),
        *((f"Quarantined: {_in_words(code)}", n) for code, n in sorted(quality["by_code"].items())),
        *(() if left_out is None else (("Rows left out, which the chosen values exclude", left_out),)),
    )
    changed = [
        (_COERCIONS.get(code) or _in_words(code), f"{'up to ' * is_rounded(code)}{count(n)}")
        for code, n in sorted(quality["coercions"].items())
        if n
    ]
    columns = (Column("what", "What", numeric=False), Column("rows", "Rows"))
    return Table(title, columns, tuple(map(Row, [*((name, count(n)) for name, n in lines), *changed])))


def _in_words(code: str) -> str:
    """Write a code of the reader without its underscores."""
    return plain(code.replace("_", " "))


def suppressed_table(discoveries: Sequence[SearchDoc]) -> Table | None:
    """Count what is withheld in each search; nothing where nothing is.

    Figures of fewer than 11 speakers are withheld, and those of further cohorts from which they would follow.
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
        Column("withheld", "Cohorts without figures"),
        Column("counts", "Cohorts with a rate only"),
        Column("unassigned", "Speakers outside all cohorts", numeric=False),
    )
    caption = "Withheld, so that no figure is about fewer than 11 speakers"
    return Table(caption, columns, tuple(rows)) if rows else None


def joins_table(rates: Mapping[str, float | None], files: Collection[str]) -> Table | None:
    """Give the share of the speakers that the table of each search knows, and of the rows that a joined file knows."""
    caption, share = "Join rates: share of the speakers that each side table knows", "Speakers found in it"
    if any(name.startswith(f"{file} by ") for name in rates for file in files):
        caption, share = f"{caption}, and of the rows that each joined file knows", "Found in it"
    fields = (
        Field[tuple[str, float | None]]("table", "Side table", lambda join: plain(join[0]), numeric=False),
        Field[tuple[str, float | None]]("share", share, lambda join: percent(join[1])),
    )
    return tabulate(caption, fields, sorted(rates.items())) if rates else None


def skipped_table(skipped: Sequence[SkippedDoc]) -> Table | None:
    """Name the searches that were not run and what they would have needed."""
    fields = (
        Field[SkippedDoc]("method", "Search", lambda s: search_name(s["method"]), numeric=False),
        Field[SkippedDoc]("needs", "Needs", lambda s: plain(s["needs"]), numeric=False),
    )
    return tabulate("Searches that were not run", fields, skipped) if skipped else None


def inputs_table(inputs: Sequence[FileDoc], side_tables: Sequence[SideTableDoc]) -> Table:
    """List the files of the log with their rows and hashes, then the side tables with theirs."""
    columns = (Column("name", "File", numeric=False), Column("rows", "Rows"), Column("sha", "SHA-256", numeric=False))
    rows = [Row((plain(file["name"]), count(file["rows"]), plain(file["sha256"]))) for file in inputs]
    rows += [Row((plain(table["name"]), DASH, plain(table["sha256"]))) for table in side_tables]
    return Table("Input files", columns, tuple(rows))


def side_columns_table(side_tables: Sequence[SideTableDoc]) -> Table | None:
    """List the columns of the side tables: those that are used, and each that is not with the reason."""
    columns = (
        Column("table", "Side table", numeric=False),
        Column("column", "Columns", numeric=False),
        Column("use", "Use", numeric=False),
    )
    rows = [
        Row((plain(table["name"]), names, use))
        for table in side_tables
        for names, use in [
            (plain(", ".join(table.get("used", ()))) or DASH, "used"),
            *((plain(one["column"]), plain(f"not used: {one['reason']}")) for one in table.get("unused", ())),
        ]
        if "used" in table
    ]
    return Table("Columns of the side tables", columns, tuple(rows)) if rows else None


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


def software_line(result: ResultDoc | BoardDoc) -> str:
    """Name the software that computed an audit or a comparison; nothing where the file does not say.

    Examples
    --------
    >>> software_line({"software": {"python": "3.13.1", "numpy": "2.4.0"}})
    'Computed with python 3.13.1, numpy 2.4.0.'
    """
    names = ", ".join(f"{plain(name)} {plain(version)}" for name, version in result.get("software", {}).items())
    return f"Computed with {names}." if names else ""
