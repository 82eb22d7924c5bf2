"""The result of one search of an audit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fairaudit.core.verdicts import Verdict, too_many_unassigned
from fairaudit.results.audit_document import evidence_to_dict
from fairaudit.results.cohort_document import cohort_to_dict
from fairaudit.results.frames import with_ends
from fairaudit.results.parts_document import areas_to_dict, overlaps_to_dict, voices_to_dict

if TYPE_CHECKING:
    import pandas as pd

    from fairaudit.cohorts.model import CohortModel
    from fairaudit.evidence.record import Evidence
    from fairaudit.results.audit_parts import Area, Overlap, Voices
    from fairaudit.results.disclosure import Disclosure
    from fairaudit.results.documents import OverallDoc, RegionDoc, SearchDoc
    from fairaudit.stats.rates import Gap

__all__ = ["SearchResult"]


@dataclass(frozen=True)
class SearchResult:
    """The result of one search of an audit: its frozen cohorts and its evidence.

    Attributes
    ----------
    regions
        ``{"cohort_id", "bounds"}`` of each box of a search over places, rounded to 0.1 degrees.
    disclosure
        What can be published beside the other searches of the audit.
    overlap
        Overlap of the bottom cohort with that of each other search.
    areas
        Squares in which the speakers of a search over zip codes live.
    voices
        Positions of the cohorts of a search over vectors.
    smallest_cohort
        Fewest speakers of a cohort that the search looks for; ``None`` if its groups were known beforehand.
    """

    title: str
    method: str
    settings: Mapping[str, Any]
    model: CohortModel | None
    evidence: Evidence
    regions: tuple[RegionDoc, ...] | None
    join_rate: float
    permutations: int
    alpha: float
    disclosure: Disclosure | None = None
    overlap: tuple[Overlap, ...] = ()
    areas: tuple[Area, ...] = ()
    voices: Voices | None = None
    smallest_cohort: int | None = None

    @property
    def verdict(self) -> Verdict:
        """``disparity``, ``uneven``, ``no evidence`` or ``insufficient evidence``."""
        return self.evidence.verdict

    @property
    def reason(self) -> str:
        """Why the verdict is what it is, in a sentence."""
        return self.evidence.reason

    @property
    def p_value(self) -> float | None:
        """p-value that accounts for all searches of the audit, or ``None`` if no cohort could be scored."""
        return self.evidence.p_value

    @property
    def gap(self) -> Gap | None:
        """Gap between the bottom cohort and the rest that the verdict is about, or ``None`` if it cannot be measured.

        It is measured on all speakers if the groups are known beforehand, and on held-out speakers if they were found.

        Examples
        --------
        >>> import fairaudit
        >>> from fairaudit.samples import make_sample
        >>> audit = fairaudit.audit(make_sample(speakers=200).log, methods="named", by="accent", permutations=19)
        >>> gap = audit["accent"].gap
        >>> low, high = gap.interval  # of gap.relative; gap.ratio has gap.ratio_interval
        >>> low < gap.relative < high
        True
        """
        side = self.evidence.gaps.deciding
        return None if side is None else side.gap

    def to_frame(self) -> pd.DataFrame:
        """Return the cohorts as a table, worst first. Nothing is suppressed, so do not publish it.

        Returns
        -------
        DataFrame
            One row per cohort: ``label``, ``description``, counts, ``rate`` with its 95 % interval from ``rate_low`` to
            ``rate_high``, ``shrunk_rate``, the interval of its rank from ``rank_low`` to ``rank_high``, ``p_adjusted``,
            and others. Undefined values are missing.

        Examples
        --------
        >>> import fairaudit
        >>> from fairaudit.samples import make_sample
        >>> audit = fairaudit.audit(make_sample(speakers=200).log, methods="named", by="device", permutations=19)
        >>> audit["device"].to_frame()[["label", "rate", "rate_low", "rate_high"]].shape
        (3, 4)
        """
        import pandas as pd

        rows = (cohort_to_dict(cohort, self.alpha) for cohort in self.evidence.cohorts)
        return pd.DataFrame([with_ends(row, {"interval": "rate", "rank_interval": "rank"}) for row in rows])

    def __repr__(self) -> str:
        p, bottom = self.evidence.p_value, self.evidence.bottom
        parts = [self.verdict, None if p is None else f"p = {p:.3g}", None if bottom is None else bottom.description]
        return f"<SearchResult {self.title}: {', '.join(filter(None, parts))}>"

    def to_dict(self, *, unredacted: bool, overall: OverallDoc | None = None) -> SearchDoc:
        """Return the entry of ``discoveries`` in ``audit.json``, given the sums of the whole log."""
        evidence = evidence_to_dict(
            self.evidence, alpha=self.alpha, unredacted=unredacted, disclosure=self.disclosure, overall=overall
        )
        withheld = [cohort["id"] for cohort in evidence["cohorts"] if cohort["suppressed"]]
        return {
            "method": self.method,
            "title": self.title,
            "settings": {k: list(v) if isinstance(v, tuple) else v for k, v in self.settings.items()},
            "permutations": self.permutations,
            "smallest_cohort": self.smallest_cohort,
            "regions": list(self.regions) if self.regions is not None else None,
            "overlap": overlaps_to_dict(self.overlap, unredacted=unredacted),
            "areas": areas_to_dict(self.areas, unredacted=unredacted),
            "voices": voices_to_dict(self.voices, withheld, unredacted=unredacted),
            **evidence,
            "incomplete_because": self._incomplete_because,
        }

    @property
    def _incomplete_because(self) -> str | None:
        """Why the cohorts say too little about the log, without numbers of speakers; ``None`` if they say enough."""
        return too_many_unassigned(self.evidence.unassigned.get("share_speakers", 0.0), 1)
