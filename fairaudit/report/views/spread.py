"""How uneven the error rates of speakers are, as printed: a table and the sentences around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fairaudit.report.views.tables import Column, Row, Table
from fairaudit.report.words.wording import DASH, percent

if TYPE_CHECKING:
    from fairaudit.report.words.rates import RateWords
    from fairaudit.results.documents import AuditOverallDoc, SpeakerRatesDoc, SpeakersSpreadDoc

__all__ = ["SpreadView", "spread_view"]


@dataclass(frozen=True)
class SpreadView:
    """How uneven rates are.

    Attributes
    ----------
    kinds
        The rates of substitutions, deletions and insertions; empty if they are not counted.
    sentences
        How uneven speakers are, and how much of this is chance; empty for files of earlier versions.
    table
        The same numbers; nothing if they are withheld.
    """

    kinds: str
    sentences: str
    table: Table | None


def spread_view(overall: AuditOverallDoc, rate: RateWords) -> SpreadView | None:
    """Turn ``overall.kinds`` and ``overall.speakers_spread`` into what is printed of them; nothing if both lack."""
    spread, kinds = overall.get("speakers_spread"), overall.get("kinds")
    if spread is None and kinds is None:
        return None
    listed = ""
    if kinds is not None:
        listed = (
            f"By kind of error: {rate.unit.value(kinds['substitutions'])} substitutions, "
            f"{rate.unit.value(kinds['deletions'])} deletions, {rate.unit.value(kinds['insertions'])} insertions."
        )
    if spread is None:
        return SpreadView(listed, "", None)
    return SpreadView(listed, " ".join(_sentences(spread, rate)), _table(spread, rate))


def _sentences(spread: SpeakersSpreadDoc, rate: RateWords) -> list[str]:
    observed, equal, value, people = spread["observed"], spread["equal"], rate.unit.value, rate.people
    texts = []
    if observed is not None:
        texts.append(
            f"The {rate} of one in ten {people} is at most {value(observed['percentile_10'])}, and that of one in ten "
            f"is at least {value(observed['percentile_90'])}. The tenth with the highest rates has "
            f"{_whole(observed['worst_tenth_errors'])} of the {rate.errors} and "
            f"{_whole(observed['worst_tenth_exposure'])} of the {rate.exposure}."
        )
    else:
        texts.append(f"Percentiles of the rates of {people} are withheld: {spread['withheld_because']}.")
    if equal is not None:
        texts.append(
            f"If all {people} had the same true rate, chance would give {value(equal['percentile_10'])}, "
            f"{value(equal['percentile_90'])} and {_whole(equal['worst_tenth_errors'])} of the {rate.errors}."
        )
    low, high = spread["true_percentile_10"], spread["true_percentile_90"]
    if low is None or high is None:
        texts.append(f"How much of the differences is chance cannot be said: {spread['not_separated_because']}.")
    elif low == high:
        texts.append(f"The rates of {people} differ no more than chance would make them differ.")
    else:
        texts.append(
            f"Apart from chance, the true rates of 8 in 10 {people} are between {value(low)} and {value(high)}."
        )
    return texts


def _table(spread: SpeakersSpreadDoc, rate: RateWords) -> Table | None:
    observed = spread["observed"]
    if observed is None:
        return None
    people = rate.people
    rows = [_row(f"{people.capitalize()} of this log", observed, rate)]
    if spread["equal"] is not None:
        rows.append(_row(f"If all {people} had the same true rate", spread["equal"], rate))
    if spread["true_percentile_10"] is not None:
        ends = (rate.unit.value(spread["true_percentile_10"]), rate.unit.value(spread["true_percentile_90"]))
        rows.append(Row(("True rates, apart from chance", *ends, DASH, DASH)))
    columns = (
        Column("of", "Rates", numeric=False),
        Column("low", "10th percentile"),
        Column("high", "90th percentile"),
        Column("errors", f"Worst tenth's share of {rate.errors}"),
        Column("exposure", f"Its share of {rate.exposure}"),
    )
    return Table(f"{rate} of {people}", columns, tuple(rows))


def _row(of: str, rates: SpeakerRatesDoc, rate: RateWords) -> Row:
    ends = (rate.unit.value(rates["percentile_10"]), rate.unit.value(rates["percentile_90"]))
    return Row((of, *ends, _whole(rates["worst_tenth_errors"]), _whole(rates["worst_tenth_exposure"])))


def _whole(share: float) -> str:
    return percent(share, 0)
