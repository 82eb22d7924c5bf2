"""From a plan of what to record next to what is printed of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast

from fairaudit.core.privacy import BECAUSE_SMALL, BECAUSE_SUBTRACTED
from fairaudit.report.views.tables import Field, Table, tabulate, withheld_text
from fairaudit.report.words.people import who_counts
from fairaudit.report.words.units import Unit
from fairaudit.report.words.wording import DASH, count, number, percent, plain, times
from fairaudit.results.collection import CollectionDoc, PlannedCohortDoc

if TYPE_CHECKING:
    from fairaudit.results.documents import ResultDoc

__all__ = ["CollectionView", "collection_view"]

_Field: TypeAlias = Field[PlannedCohortDoc]


@dataclass(frozen=True)
class CollectionView:
    """Everything printed of a plan.

    Attributes
    ----------
    table
        The cohorts.
    sentence
        What the plan is expected to do.
    notes
        What the table means, and who is not in the plan.
    """

    table: Table
    sentence: str
    notes: tuple[str, ...]
    signature: str


def collection_view(doc: CollectionDoc) -> CollectionView:
    """Turn what ``CollectionPlan.to_dict`` gives into what is printed of it."""
    unit, words = Unit(doc["unit"]), doc["exposure"]
    fields = (
        _Field("cohort", "Cohort", lambda c: plain(c["cohort"]), numeric=False),
        _Field("speakers", "Speakers", lambda c: count(c["speakers"])),
        _Field("exposure", f"{_title(words)} each", lambda c: count(c["exposure_per_speaker"])),
        _Field("rate", plain(doc["rate"]), lambda c: unit.value(c["rate"])),
        _Field("ratio", "To the rest", _ratio),
        _Field("now", "Interval now", lambda c: _half(c["half_width"])),
        _Field("new", "New speakers", _new),
        _Field("utterances", "Utterances each", _utterances),
        _Field("expected", "Interval expected", lambda c: _half(c["expected_half_width"])),
        _Field("result", "", _why, numeric=False),
    )
    table = tabulate("What to record next", fields, doc["cohorts"], lambda c: "muted" if c["no_plan_because"] else "")
    new = sum(cohort["new_speakers"] for cohort in doc["cohorts"])
    costs = "" if doc["counts_speakers"] else f", which cost {number(doc['spent'], 0)} of {number(doc['budget'], 0)},"
    better = not doc["bottom"] and any(cohort["high"] is not None and cohort["high"] < 1 for cohort in doc["cohorts"])
    if doc["bottom"]:
        which = f"the interval of the gap of “{plain(doc['bottom'])}”"
    else:
        which = f"the widest interval of a {'cohort that may be worse off' if better else 'gap'}"
    return CollectionView(
        table,
        f"With {count(new)} more speakers{costs} {which} should shrink from {_half(doc['widest'])} to "
        f"{_half(doc['expected_widest'])} of the ratio.",
        (*_notes(doc, better=better), *who_counts(cast("ResultDoc", doc))),
        plain(doc["signature"]),
    )


def _notes(doc: CollectionDoc, *, better: bool) -> Iterator[str]:
    yield (
        "± is half of the length of the 95 % interval of the ratio, in percent of the ratio. The rest are all other "
        "cohorts with numbers. New speakers are assumed to be like those that their cohort has."
    )
    if better:
        yield "Cohorts whose whole interval is below 1 are better off, and get no speakers."
    small = sum(cohort["no_plan_because"] == BECAUSE_SMALL for cohort in doc["cohorts"])
    if small:
        are = "1 cohort has" if small == 1 else f"{count(small)} cohorts have"
        yield f"{are} fewer than 11 speakers or none, and none of the budget. A test of a cohort needs at least 20."


def _title(word: str) -> str:
    return plain(word[:1].upper() + word[1:])


def _ratio(cohort: PlannedCohortDoc) -> str:
    return DASH if cohort["ratio"] is None else times(cohort["ratio"] - 1)


def _half(width: float | None) -> str:
    return DASH if width is None else f"±{percent(width, 0)}"


def _new(cohort: PlannedCohortDoc) -> str:
    return DASH if cohort["speakers"] is None else count(cohort["new_speakers"])


def _utterances(cohort: PlannedCohortDoc) -> str:
    return count(cohort["new_utterances"]) if cohort["new_speakers"] else DASH


def _why(cohort: PlannedCohortDoc) -> str:
    because = cohort["no_plan_because"]
    return withheld_text(because) if because in (BECAUSE_SMALL, BECAUSE_SUBTRACTED) else because or ""
