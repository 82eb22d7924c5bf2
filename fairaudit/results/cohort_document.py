"""Convert the cohorts of a search to JSON documents, without numbers of fewer than 11 speakers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fairaudit.core.privacy import WITHHELD
from fairaudit.core.verdicts import MeasuredOn
from fairaudit.results.disclosure import Disclosure, without_numbers
from fairaudit.results.drivers import loops_of
from fairaudit.results.numbers import finite, integer, summed, to_digits, to_page

if TYPE_CHECKING:
    from fairaudit.evidence.measure import Cohort
    from fairaudit.evidence.record import Evidence
    from fairaudit.results.documents import CohortDoc, OverallDoc

__all__ = ["cohort_to_dict", "redacted_cohorts", "unredacted_cohorts"]


def cohort_to_dict(cohort: Cohort, alpha: float) -> CohortDoc:
    """Return one row of ``cohorts`` with nothing withheld, flagged if its family-wise p-value is at most ``alpha``."""
    loops = loops_of(cohort.detail)
    return {
        "id": cohort.id,
        "label": cohort.label,
        "description": cohort.description,
        "errors": summed(cohort.errors),
        "exposure": summed(cohort.exposure),
        "rate": finite(cohort.rate),
        "shrunk_rate": cohort.shrunk_rate,
        "interval": list(cohort.interval) if cohort.interval else None,
        "rank_interval": list(cohort.rank_interval) if cohort.rank_interval else None,
        "speakers": cohort.speakers,
        "utterances": integer(cohort.detail.get("utterances")),
        "share_speakers": cohort.share_speakers,
        "excess_errors": cohort.excess_errors,
        "substitutions": integer(cohort.detail.get("substitutions")),
        "deletions": integer(cohort.detail.get("deletions")),
        "insertions": integer(cohort.detail.get("insertions")),
        "loop_utterances": loops[0],
        "loop_errors": loops[1],
        "loop_exposure": loops[2],
        "score": cohort.score,
        "p_adjusted": cohort.p_adjusted,
        "flagged": cohort.p_adjusted is not None and cohort.p_adjusted <= alpha,
        "effective_speakers": cohort.effective_speakers,
        "largest_speaker_share": cohort.largest_speaker_share,
        "tested": cohort.tested,
        "not_tested_because": cohort.not_tested_because,
        "suppressed": False,
    }


def unredacted_cohorts(evidence: Evidence, alpha: float) -> list[CohortDoc]:
    """Return the rows of ``cohorts`` with nothing withheld."""
    return [cohort_to_dict(cohort, alpha) for cohort in evidence.cohorts]


def redacted_cohorts(
    evidence: Evidence, alpha: float, shown: Disclosure, overall: OverallDoc | None
) -> list[CohortDoc]:
    """Return the rows of ``cohorts``, without values that must be withheld."""
    rows: list[CohortDoc] = []
    for cohort in evidence.cohorts:
        because = shown.cohorts.why_withheld(cohort.id)
        if cohort.id in shown.cohorts.hidden:
            row = _hidden(cohort, named=cohort.id not in shown.unnamed)
        elif because:
            row = _blurred(cohort, alpha)
        else:
            row = _open(cohort_to_dict(cohort, alpha), evidence, whole=shown.cohorts.whole, overall=overall)
        row["withheld_because"] = because
        rows.append(row)
    return rows


def _open(row: CohortDoc, evidence: Evidence, *, whole: bool, overall: OverallDoc | None) -> CohortDoc:
    """Round what depends on single speakers or other cohorts; count others from the whole log if need be."""
    shrunk, largest = row["shrunk_rate"], row["largest_speaker_share"]
    row = {
        **row,
        "shrunk_rate": to_page(shrunk),
        "effective_speakers": None if row["effective_speakers"] is None else round(row["effective_speakers"], 1),
        "largest_speaker_share": None if largest is None else math.ceil(10 * largest) / 10,
    }
    if whole:
        return row
    share, excess = _of_log(row, evidence, overall)
    return {**row, "share_speakers": share, "excess_errors": excess}


def _of_log(row: CohortDoc, evidence: Evidence, overall: OverallDoc | None) -> tuple[float | None, float | None]:
    """Return share and excess errors of a cohort with the rest of the whole log as reference."""
    errors, exposure, speakers = row["errors"], row["exposure"], row["speakers"]
    if overall is None or evidence.measured_on != MeasuredOn.ALL or errors is None or not exposure or not speakers:
        return None, None
    outside = overall["exposure"] - exposure
    excess = errors - (overall["errors"] - errors) / outside * exposure if outside > 0 else None
    return speakers / overall["speakers"], excess


def _hidden(cohort: Cohort, *, named: bool) -> CohortDoc:
    """Return a cohort whose numbers are withheld, and whose name is unless it describes more speakers than measured."""
    return {
        "id": cohort.id,
        "label": cohort.label if named else WITHHELD,
        "description": cohort.description if named else None,
        "errors": None,
        "exposure": None,
        "rate": None,
        "shrunk_rate": None,
        "interval": None,
        "rank_interval": None,
        "speakers": None,
        "utterances": None,
        "share_speakers": None,
        "excess_errors": None,
        "substitutions": None,
        "deletions": None,
        "insertions": None,
        "loop_utterances": None,
        "loop_errors": None,
        "loop_exposure": None,
        "score": None,
        "p_adjusted": None,
        "flagged": False,
        "effective_speakers": None,
        "largest_speaker_share": None,
        "tested": False,
        "not_tested_because": None,
        "suppressed": True,
    }


def _blurred(cohort: Cohort, alpha: float) -> CohortDoc:
    """Return a cohort without sums that could be used for subtraction, and with two digits of its rate, rounded up.

    The rates of two parts of a known whole bound the sums of both, the closer the more digits they have.
    """
    row = cohort_to_dict(cohort, alpha)
    reason = row["not_tested_because"]
    return {
        **_hidden(cohort, named=True),
        "rate": to_digits(row["rate"]),
        "interval": [to_digits(end) for end in row["interval"]] if row["interval"] else None,
        "rank_interval": row["rank_interval"],
        "p_adjusted": row["p_adjusted"],
        "flagged": row["flagged"],
        "tested": row["tested"],
        "not_tested_because": None if reason is None else without_numbers(reason),
        "suppressed": False,
    }
