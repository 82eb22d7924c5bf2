"""Error rates of speaker verification by group, as a result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fairaudit.core.text import json_text
from fairaudit.stats.verification import Estimate

if TYPE_CHECKING:
    import pandas as pd

    from fairaudit.results.documents import GroupRatesDoc, TrialRateDoc, TrialsDoc

__all__ = ["GroupRates", "VerificationRates"]


@dataclass(frozen=True)
class GroupRates:
    """Error rates of one group at the threshold of all trials.

    Attributes
    ----------
    column, label
        The group; both are empty for all trials.
    speakers
        Number of enrolled speakers; ``None`` if the group is withheld.
    eer
        Equal error rate, at the group's own threshold.
    fnmr
        False non-match rate (false rejects): target trials below the threshold.
    fmr
        False match rate (false accepts): trials of two speakers at or above the threshold.
    """

    column: str
    label: str
    speakers: int | None
    eer: Estimate | None = None
    fnmr: Estimate | None = None
    fmr: Estimate | None = None

    def to_dict(self) -> GroupRatesDoc:
        """Return the rates as numbers, rounded to six digits."""
        return {
            "label": self.label,
            "speakers": self.speakers,
            "withheld": self.speakers is None,
            "eer": _rate(self.eer),
            "fnmr": _rate(self.fnmr),
            "fmr": _rate(self.fmr),
        }


def _rate(estimate: Estimate | None) -> TrialRateDoc | None:
    if estimate is None or estimate.trials == 0:
        return None
    ends = [round(end, 6) for end in (estimate.low, estimate.high)]
    return {"rate": round(estimate.value, 6), "interval": ends, "trials": estimate.trials}


@dataclass(frozen=True, eq=False)
class VerificationRates:
    """Error rates of speaker verification, of all trials and by group.

    Attributes
    ----------
    threshold
        Scores from which trials are accepted, for all groups.
    overall
        Rates of all trials.
    groups
        Rates by group, highest false non-match rate first within a column. Groups of fewer than 11 speakers are
        withheld.
    garbe
        Gini aggregation rate by column, of the groups that are shown: 0 if they have the same error rates, and ``None``
        if there are not two.
    rejects
        A log that every search can use: false rejects and target trials of each enrolled speaker, with their labels.
    notes
        Sentences about rows and speakers that were not used.
    signature
        All settings that can change a number.
    """

    threshold: float
    overall: GroupRates
    groups: tuple[GroupRates, ...]
    garbe: Mapping[str, float | None]
    rejects: pd.DataFrame
    notes: tuple[str, ...]
    signature: str

    def to_dict(self) -> TrialsDoc:
        """Return what can be written as JSON: no speaker, and no group that is withheld."""
        columns = dict.fromkeys(group.column for group in self.groups)
        return {
            "kind": "trials",
            "schema_version": 1,
            "signature": self.signature,
            "threshold": self.threshold,
            "overall": self.overall.to_dict(),
            "groups": {
                column: [group.to_dict() for group in self.groups if group.column == column] for column in columns
            },
            "garbe": {column: None if value is None else round(value, 6) for column, value in self.garbe.items()},
            "notes": list(self.notes),
        }

    def to_json(self) -> str:
        """Return :meth:`to_dict` as JSON."""
        return json_text(self.to_dict())

    def to_frame(self) -> pd.DataFrame:
        """Return a row for all trials and for each group, with rates and the ends of their intervals."""
        import pandas as pd

        rows = []
        for group in (self.overall, *self.groups):
            row: dict[str, Any] = {"column": group.column, "label": group.label, "speakers": group.speakers}
            for name, one in (("eer", group.eer), ("fnmr", group.fnmr), ("fmr", group.fmr)):
                row |= {name: one and one.value, f"{name}_low": one and one.low, f"{name}_high": one and one.high}
            rows.append(row)
        return pd.DataFrame(rows)
