"""The result of a comparison of two recognisers, without utterances, speakers or places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import fairaudit
from fairaudit.core.signature import signature, software
from fairaudit.core.text import json_text
from fairaudit.core.verdicts import ComparisonVerdict
from fairaudit.results.comparison_document import KIND, SCHEMA_VERSION, cohort_to_dict, measured_to_dict, review_to_dict
from fairaudit.results.comparison_parts import CohortComparison, Measured, got_worse
from fairaudit.results.display import rendered
from fairaudit.results.frames import with_ends
from fairaudit.results.rates import rate_to_dict

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from fairaudit.core.rate import Rate
    from fairaudit.evidence.plan import Plan
    from fairaudit.results.documents import ComparisonDoc, DriversDoc, PairingDoc
    from fairaudit.results.provenance import Provenance

__all__ = ["Comparison"]

#: Intervals of a cohort, with the numbers to which they belong.
_ENDS: Final = {
    "interval": "difference",
    "before_interval": "before",
    "after_interval": "after",
    "simultaneous_interval": "difference_simultaneous",
    "after_simultaneous_interval": "after_simultaneous",
}


@dataclass(frozen=True)
class Comparison:
    """The changes between two recognisers on the same utterances.

    Examples
    --------
    >>> from fairaudit.samples import make_sample
    >>> rows = make_sample(speakers=200).log
    >>> base = fairaudit.read_log(rows)
    >>> models = fairaudit.audit(base, methods=["named"], by=["accent"], permutations=99).models
    >>> fairaudit.compare(base, base, models, allow_identical=True).verdict
    'no evidence'
    """

    rate: Rate
    sampling_unit: str
    pairing: PairingDoc
    overall: Measured
    p_overall: float | None
    cohort_comparisons: tuple[CohortComparison, ...]
    plan: Plan
    provenance: tuple[Provenance, Provenance]
    caveats: tuple[str, ...] = ()
    drivers: tuple[DriversDoc | None, DriversDoc | None] = (None, None)
    unknown_speakers: int = 0

    @property
    def verdict(self) -> ComparisonVerdict:
        """``regression`` if any set of speakers got worse beyond chance, else ``no evidence`` if any was tested.

        It is ``insufficient evidence`` if none was tested, if nobody is in one of the frozen cohorts, if more than 20 %
        of the speakers are in none, or if the logs lack what frozen cohorts are assigned by.
        """
        cohorts = [
            (cohort.measured, cohort.p_adjusted) for review in self.cohort_comparisons for cohort in review.cohorts
        ]
        overall = (self.overall, self.p_overall)
        if any(got_worse(measured, p, self.plan.alpha) for measured, p in [overall, *cohorts]):
            return ComparisonVerdict.REGRESSION
        tested = any(p is not None for _, p in (cohorts if self.cohort_comparisons else [overall]))
        incomplete = any(review.coverage.incomplete_because for review in self.cohort_comparisons)
        complete = not incomplete and not self.provenance[0].skipped
        return ComparisonVerdict.NO_EVIDENCE if tested and complete else ComparisonVerdict.INSUFFICIENT

    @property
    def signature(self) -> str:
        """One line of every setting that can change a number."""
        baseline, candidate = (provenance.settings for provenance in self.provenance)
        return signature(
            {
                "rate": self.rate.signature,
                **baseline,
                **{f"candidate_{name}": value for name, value in candidate.items() if value != baseline.get(name)},
                "sampling": self.sampling_unit,
                "cohorts": [f"{review.title}@{review.fingerprint[:8]}" for review in self.cohort_comparisons],
                "permutations": self.plan.permutations,
                "alpha": self.plan.alpha,
                "seed": self.plan.seed,
                "version": fairaudit.__version__,
            }
        )

    def to_frame(self) -> pd.DataFrame:
        """Return all cohorts as a table. Nothing is suppressed, so do not publish it.

        Returns
        -------
        DataFrame
            One row per cohort: ``search``, ``label``, the rates ``before`` and ``after`` and their ``difference``, each
            with its 95 % interval (``before_low`` to ``before_high``, ``after_low`` to ``after_high``,
            ``difference_low`` to ``difference_high``), intervals that hold for all cohorts at once
            (``difference_simultaneous_low`` and so on), ``p_adjusted``, ``worse``, and others.

        Examples
        --------
        >>> from fairaudit.samples import make_sample
        >>> rows = make_sample(speakers=200).log
        >>> models = fairaudit.audit(rows, methods="named", by="accent", permutations=19).models
        >>> fairaudit.compare(rows, rows, models, allow_identical=True).to_frame()["difference_high"].max().item()
        0.0
        """
        import pandas as pd

        rows = [
            {"search": review.title, **with_ends(cohort_to_dict(cohort, self.plan.alpha), _ENDS)}
            for review in self.cohort_comparisons
            for cohort in review.cohorts
        ]
        return pd.DataFrame(rows)

    def plot(
        self,
        kind: str = "changes",
        *,
        ax: Axes | None = None,
        search: str | None = None,
        unredacted: bool = False,
    ) -> Axes:
        """Draw one of the figures of the page onto matplotlib axes.

        Parameters
        ----------
        kind
            ``"changes"``: the change of each frozen cohort with its interval.
        ax
            Axes to draw on; new ones by default.
        search
            Title of the search whose cohorts are drawn; by default, the first on the page.
        unredacted
            Whether to draw cohorts of fewer than 11 speakers too.

        Returns
        -------
        Axes
            The axes.

        Raises
        ------
        UsageError
            If the comparison has no such figure; the message lists those that it has.

        Examples
        --------
        >>> from matplotlib.figure import Figure
        >>> from fairaudit.samples import make_sample
        >>> rows = make_sample(speakers=200).log
        >>> models = fairaudit.audit(rows, methods="named", by="device", permutations=19).models
        >>> ax = fairaudit.compare(rows, rows, models, allow_identical=True).plot("changes", ax=Figure().add_subplot())
        >>> ax.has_data()
        True
        """
        document = self.to_dict(unredacted=unredacted)
        axes: Axes = rendered("plot_comparison", document, kind, ax=ax, search=search)
        return axes

    def to_dict(self, *, unredacted: bool = False) -> ComparisonDoc:
        """Return the content of ``comparison.json``, as described by the shipped schema.

        Parameters
        ----------
        unredacted
            Whether to keep numbers of fewer than 11 speakers.
        """
        plan, overall = self.plan, self.overall
        baseline, candidate = self.provenance
        return {
            "kind": KIND,
            "schema_version": SCHEMA_VERSION,
            "signature": self.signature,
            "software": dict(software()),
            "rate": self.rate.name,
            "rate_definition": rate_to_dict(self.rate),
            "redacted": not unredacted,
            "sampling_unit": self.sampling_unit,
            "scoring": {"rate": self.rate.signature, **baseline.scoring},
            "permutations": plan.permutations,
            "alpha": plan.alpha,
            "verdict": self.verdict,
            "caveats": list(self.caveats),
            "inputs": {
                "before": [file.copy() for file in baseline.inputs],
                "after": [file.copy() for file in candidate.inputs],
            },
            "side_tables": [table.copy() for table in baseline.side_tables],
            "quality": {"before": baseline.quality.copy(), "after": candidate.quality.copy()},
            "pairing": self.pairing.copy(),
            "overall": {
                **measured_to_dict(overall, self.p_overall, plan.alpha),
                "utterances": overall.utterances,
                "unknown_speakers": self.unknown_speakers,
                "before_drivers": self.drivers[0],
                "after_drivers": self.drivers[1],
            },
            "skipped": [entry.copy() for entry in baseline.skipped],
            "reviews": [
                review_to_dict(review, plan.alpha, unredacted=unredacted) for review in self.cohort_comparisons
            ],
        }

    def to_json(self, *, unredacted: bool = False) -> str:
        """Return the text of ``comparison.json``; equal comparisons give equal bytes."""
        content = self.to_dict(unredacted=unredacted)
        return json_text(content)

    def __repr__(self) -> str:
        n, change = sum(len(review.cohorts) for review in self.cohort_comparisons), self.overall.change
        summary = f"{change.baseline:.4g} to {change.candidate:.4g} overall, {n} {'cohort' if n == 1 else 'cohorts'}"
        return f"<Comparison of {self.rate.name} by {self.sampling_unit}: {self.verdict}, {summary}>"

    def _repr_markdown_(self) -> str:
        return str(rendered("comparison_markdown", self.to_dict()))
