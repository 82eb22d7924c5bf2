"""From error rates of speaker verification to what is printed of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from fairaudit.core.privacy import WITHHELD
from fairaudit.report.views.tables import Field, Row, Table, tabulate, withheld_text
from fairaudit.report.words.wording import DASH, count, number, percent, plain, span
from fairaudit.results.documents import GroupRatesDoc, TrialRateDoc, TrialsDoc

__all__ = ["TrialsView", "trials_view"]

_Rate = Literal["fnmr", "fmr", "eer"]
_RATES: Final[tuple[_Rate, ...]] = ("fnmr", "fmr", "eer")


@dataclass(frozen=True)
class TrialsView:
    """Everything printed of the error rates of trials.

    Attributes
    ----------
    sentence
        Rates of all trials, and the threshold.
    tables
        A table for each column of labels.
    notes
        Sentences about them, and about rows that were not used.
    """

    sentence: str
    tables: tuple[Table, ...]
    notes: tuple[str, ...]
    signature: str


def trials_view(doc: TrialsDoc) -> TrialsView:
    """Turn what ``VerificationRates.to_dict`` gives into what is printed of it."""
    whole = doc["overall"]
    sentence = (
        f"Equal error rate {_shown(whole['eer'])}, of {count(whole['speakers'])} speakers. At the threshold "
        f"{number(doc['threshold'], 4)}, {_shown(whole['fnmr'])} of {_trials(whole['fnmr'])} target trials are "
        f"rejected, and {_shown(whole['fmr'])} of {_trials(whole['fmr'])} others are accepted."
    )
    return TrialsView(
        sentence=sentence,
        tables=tuple(_table(column, groups, doc["garbe"][column]) for column, groups in doc["groups"].items()),
        notes=(
            "FNMR: share of the target trials below the threshold (false rejects). FMR: share of the other trials at "
            "or above it (false accepts). EER: both rates at the group's own threshold at which they are equal. GARBE: "
            "how unequal FNMR and FMR are among the groups that are shown, from 0 (equal) to 1. 95 % intervals allow "
            "for both speakers of a trial.",
            *map(plain, doc["notes"]),
        ),
        signature=plain(doc["signature"]),
    )


def _table(column: str, groups: list[GroupRatesDoc], garbe: float | None) -> Table:
    fields = (
        Field[GroupRatesDoc]("cohort", plain(column), lambda g: plain(g["label"]), numeric=False),
        Field[GroupRatesDoc]("speakers", "Speakers", lambda g: count(g["speakers"])),
        *(Field[GroupRatesDoc](name, name.upper(), _cell(name)) for name in _RATES),
        Field[GroupRatesDoc]("result", "", lambda g: withheld_text(None) if g["withheld"] else "", numeric=False),
    )
    shown = [group for group in groups if not group["withheld"]]
    table = tabulate(f"{plain(column)}, highest FNMR first; GARBE {number(garbe, 2)}", fields, shown)
    hidden = len(groups) - len(shown)
    if not hidden:
        return table
    name = WITHHELD if hidden == 1 else f"{count(hidden)} groups"
    row = Row((name, *[DASH] * (len(fields) - 2), withheld_text(None)), "muted")
    return Table(table.caption, table.columns, (*table.rows, row))


def _cell(name: _Rate) -> Callable[[GroupRatesDoc], str]:
    return lambda group: _shown(group[name])


def _trials(estimate: TrialRateDoc | None) -> str:
    return DASH if estimate is None else count(estimate["trials"])


def _shown(estimate: TrialRateDoc | None) -> str:
    if estimate is None:
        return DASH
    digits = 2 if estimate["rate"] < 0.1 else 1
    return f"{percent(estimate['rate'], digits)} {span(estimate['interval'], lambda end: percent(end, digits))}"
