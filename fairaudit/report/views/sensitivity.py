"""What is printed of the gaps under a second normaliser: whether they depend on what counts as an error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from fairaudit.core.text import search_name
from fairaudit.report.views.tables import Field, Table, tabulate
from fairaudit.report.words.rates import RateWords
from fairaudit.report.words.wording import DASH, gap, gap_span, plain
from fairaudit.results.documents import AuditDoc, Interval, RescoredDoc, RescoredSideDoc, SearchDoc, SideDoc
from fairaudit.results.gaps import deciding_gap

__all__ = ["SensitivityView", "sensitivity_view"]

#: What the built-in normalisers do, whatever their version.
_MEANINGS: Final = {
    "none": "words as they are written",
    "basic": "ignores case and punctuation",
    "ascii-punct": "ignores case and ASCII punctuation",
    "whisper-en": "also unifies English spellings, contractions and numbers",
}
_CHANGED: Final = "changed"
#: Overall rates under the first and the second normaliser.
Rates = tuple[float | None, float | None]
#: A discovery, and what ``normalizer_sensitivity`` says of it.
Pair = tuple[SearchDoc, RescoredDoc]


@dataclass(frozen=True)
class SensitivityView:
    """The gaps under a second normaliser.

    Attributes
    ----------
    sentences
        What was done, and what came of it.
    warning
        One line where what was found depends on the normaliser; else nothing.
    advice
        What is left to do before a gap is quoted; else nothing.
    table
        The searches, one a row; nothing where none has a gap, or both count the same.
    """

    sentences: str
    warning: str
    advice: str
    table: Table | None


def sensitivity_view(audit: AuditDoc, rate: RateWords) -> SensitivityView | None:
    """Turn ``normalizer_sensitivity`` into what is printed of it; nothing where a log was scored once or never."""
    rescored = audit.get("normalizer_sensitivity")
    if rescored is None:
        return None
    name, rates = plain(rescored["normalizer"]), (audit["overall"]["rate"], rescored["overall_rate"])
    pairs = list(zip(audit["discoveries"], rescored["searches"], strict=False))
    measured = [pair for pair in pairs if deciding_gap(pair[0]) and _conclusion(pair[1])]
    outcome, warning, advice = _judged(name, rates, measured)
    return SensitivityView(
        sentences=f"{_done(name, rate, rates)} {outcome}",
        warning=warning,
        advice=advice,
        table=_table(name, rate, pairs) if measured and not _alike(rates, measured) else None,
    )


def _done(name: str, rate: RateWords, rates: Rates) -> str:
    return (
        f"All texts were also scored with the normaliser {_named(name)}. The overall {rate} is then "
        f"{rate.unit.value(rates[1])}, against {rate.unit.value(rates[0])} in this audit. The cohorts and the "
        "speakers are the same; the searches were not repeated."
    )


def _named(name: str) -> str:
    meaning = _MEANINGS.get(name.rpartition("-")[0])
    return f"{name} ({meaning})" if meaning else name


def _judged(name: str, rates: Rates, measured: Sequence[Pair]) -> tuple[str, str, str]:
    """What came of it, the warning, and the advice."""
    changed = [search_name(search["title"]) for _, search in measured if _changed(search)]
    dependence = _dependence(len(measured), changed)
    if _mostly_more(*rates):
        warning = f"More than half of the errors counted here are differences in writing that {name} does not count."
        return f"{dependence} {warning}", warning, "Audit again with another --normalizer before quoting anything."
    if not measured:
        return dependence, "", ""
    if _alike(rates, measured):
        return "The two normalisers give the same counts on these texts, so this does not test any gap.", "", ""
    if _mostly_more(*reversed(rates)):
        little = (
            "Its gaps mean little, because most of the errors that it counts are differences in writing that the "
            "audit does not count."
        )
        return little, "", "Before quoting a small gap, check it with another --second-normalizer."
    if not changed:
        return dependence, "", ""
    searches = ", ".join(changed)
    advice = f"Before quoting a gap of {searches}, decide what counts as an error: {name} leads to another conclusion."
    return dependence, f"Scored with {_named(name)}, the conclusion changes for {searches}.", advice


def _dependence(measured: int, changed: Sequence[str]) -> str:
    """Say for which searches it matters how words are compared."""
    if not measured:
        return "No search has a gap that could be measured again."
    unchanged = measured - len(changed)
    if not changed:
        every = "the one search" if unchanged == 1 else f"all {unchanged} searches"
        return f"The conclusion is the same for {every}: it does not depend on which of the two normalisers is used."
    others = "the other search" if unchanged == 1 else f"the other {unchanged} searches"
    stays = f" For {others} the conclusion stays the same." if unchanged else ""
    return (
        f"For {', '.join(changed)} the conclusion changes: whether the bottom cohort has a higher rate depends on what "
        f"counts as an error.{stays}"
    )


def _mostly_more(rate: float | None, other: float | None) -> bool:
    """Whether more than half of what one rate counts is not counted by the other."""
    return rate is not None and other is not None and rate > 2 * other


def _conclusion(search: RescoredDoc) -> str:
    """Print what the gap says under both; nothing where it was not measured."""
    first, second = search["conclusion"]["first"], search["conclusion"]["second"]
    if not (deciding_gap(search) and first and second):
        return ""
    return f"{_CHANGED}: {first}, then {second}" if first != second else f"same: {first}"


def _changed(search: RescoredDoc) -> bool:
    return _conclusion(search).startswith(_CHANGED)


def _alike(rates: Rates, measured: Sequence[Pair]) -> bool:
    """Whether every figure is the same under both."""
    return rates[0] == rates[1] and all(
        _figures(deciding_gap(before)) == _figures(deciding_gap(search)) for before, search in measured
    )


def _figures(side: SideDoc | RescoredSideDoc | None) -> tuple[float | None, Interval]:
    return (side["gap_relative"], side["gap_interval"]) if side else (None, None)


def _table(name: str, rate: RateWords, pairs: Sequence[Pair]) -> Table:
    fields = (
        Field[Pair]("search", "Search", lambda pair: search_name(pair[1]["title"]), numeric=False),
        Field[Pair]("first", "Gap", lambda pair: _gap(deciding_gap(pair[0]))),
        Field[Pair]("interval", "95 % interval", lambda pair: _span(deciding_gap(pair[0]))),
        Field[Pair]("second", "Rescored gap", lambda pair: _gap(deciding_gap(pair[1]))),
        Field[Pair]("interval_second", "Its 95 % interval", lambda pair: _span(deciding_gap(pair[1]))),
        Field[Pair]("bottom", f"Bottom {rate}, rescored", lambda pair: _rate(pair[1], "bottom_rate", rate)),
        Field[Pair]("rest", f"Rest {rate}, rescored", lambda pair: _rate(pair[1], "reference_rate", rate)),
        Field[Pair]("conclusion", "Conclusion", lambda pair: _conclusion(pair[1]) or DASH, numeric=False),
    )
    caption = f"Gaps as audited and rescored with {name}, among the same speakers"
    return tabulate(caption, fields, pairs, lambda pair: "flagged" if _changed(pair[1]) else "")


def _rate(search: RescoredDoc, side: Literal["bottom_rate", "reference_rate"], rate: RateWords) -> str:
    rates = deciding_gap(search)
    return rate.unit.value(rates[side]) if rates else DASH


def _gap(side: SideDoc | RescoredSideDoc | None) -> str:
    return gap(side["gap_relative"]) if side else DASH


def _span(side: SideDoc | RescoredSideDoc | None) -> str:
    return gap_span(side["gap_interval"]) if side else DASH
