"""The result of an audit, without utterances, speakers or places."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import fairaudit
from fairaudit.core.about import AboutDoc
from fairaudit.core.errors import UsageError, unknown_name
from fairaudit.core.privacy import BECAUSE_SMALL, SUPPRESS_BELOW, at_most
from fairaudit.core.signature import signature, software
from fairaudit.core.text import json_text
from fairaudit.core.verdicts import Intervals, MeasuredOn, Verdict
from fairaudit.results.audit_document import SCHEMA_VERSION, adjustment_to_dict
from fairaudit.results.display import Displayed, rendered
from fairaudit.results.provenance import Provenance
from fairaudit.results.quantiles import quantiles_to_dict
from fairaudit.results.rates import rate_to_dict
from fairaudit.results.search import SearchResult
from fairaudit.results.side_document import sensitivity_to_dict
from fairaudit.results.words_frame import words_frame
from fairaudit.results.wrong_words import GroupWords, wrong_words_to_dict

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from fairaudit.cohorts.model import CohortModel
    from fairaudit.core.rate import Rate
    from fairaudit.evidence.plan import Plan
    from fairaudit.results.audit_parts import Adjustment, Sensitivity
    from fairaudit.results.documents import (
        AuditDoc,
        AuditOverallDoc,
    )
    from fairaudit.results.overall_words import OverallWords
    from fairaudit.results.quantiles import Quantiles
    from fairaudit.stats.rates import Gap

__all__ = ["Audit"]


@dataclass(frozen=True)
class Audit:
    """The result of an audit: which groups have higher error rates. It has no utterances, speakers or places.

    ``audit["geo-tree"]`` is the search with that title or method. Iteration yields all searches.

    Examples
    --------
    >>> from fairaudit.samples import make_sample
    >>> log = fairaudit.read_log(make_sample(speakers=200).log)
    >>> audit = fairaudit.audit(log, methods="named", by=["accent", "device"], permutations=19)
    >>> len(audit), "device" in audit, [search.title for search in audit] == [*audit.to_frame().index]
    (2, True, True)
    >>> audit["device"].verdict
    'no evidence'
    """

    rate: Rate
    sampling_unit: str
    overall: AuditOverallDoc
    searches: tuple[SearchResult, ...]
    plan: Plan
    provenance: Provenance
    adjusted: Adjustment | None = None
    sensitivity: Sensitivity | None = None
    quantiles: tuple[Quantiles, ...] = ()
    wrong_words: tuple[GroupWords, ...] | None = None
    overall_words: OverallWords | None = None
    about: AboutDoc = field(default_factory=AboutDoc)

    def __getitem__(self, name: str) -> SearchResult:
        """Return the search with a given title, method or column names.

        Raises
        ------
        UsageError
            If there is no such search, or more than one.
        """
        matches = [search for search in self.searches if name == search.title] or [
            search for search in self.searches if name in _names(search)
        ]
        titles = [search.title for search in self.searches]
        if not matches:
            raise UsageError(unknown_name("search", name, list(dict.fromkeys(_every_name(self.searches)))))
        if len(matches) > 1:
            raise UsageError(f"{name!r} is the method of several searches; choose one of {titles}")
        return matches[0]

    def __iter__(self) -> Iterator[SearchResult]:
        return iter(self.searches)

    def __len__(self) -> int:
        return len(self.searches)

    def __contains__(self, name: object) -> bool:
        return any(name == search or name in (search.title, *_names(search)) for search in self.searches)

    @property
    def headline(self) -> SearchResult | None:
        """The search that the page opens with: strongest verdict, then smallest p-value, then strongest score.

        It is ``None`` if the log has nothing that groups could be searched by.
        """
        return min(self.searches, key=lambda search: search.evidence.strength, default=None)

    @property
    def gap(self) -> Gap | None:
        """Gap of the :attr:`headline` search, or ``None`` if it cannot be measured; see :attr:`SearchResult.gap`."""
        return None if self.headline is None else self.headline.gap

    @property
    def models(self) -> list[CohortModel]:
        """Frozen cohorts of every search that has cohorts."""
        return [discovery.model for discovery in self.searches if discovery.model is not None]

    @property
    def verdict(self) -> Verdict:
        """Strongest verdict of all searches; evidence is insufficient without any."""
        verdicts = [discovery.verdict for discovery in self.searches]
        return next((v for v in Verdict if v in verdicts), Verdict.INSUFFICIENT)

    @property
    def signature(self) -> str:
        """One line of every setting that can change a number."""
        searches = [_search_signature(discovery) for discovery in self.searches]
        return signature(
            {
                "rate": self.rate.signature,
                **self.provenance.settings,
                "second_normalizer": self.sensitivity.normalizer if self.sensitivity else None,
                "sampling": self.sampling_unit,
                "adjusted_for": self.adjusted.covariates if self.adjusted else None,
                "searches": searches,
                "holdout": self.plan.holdout,
                "permutations": self.plan.permutations,
                "alpha": self.plan.alpha,
                "seed": self.plan.seed,
                "intervals": self.plan.intervals,
                "cross_fit": self.plan.cross_fit,
                "quantiles": [_asked(one) for one in self.quantiles] or None,
                "version": fairaudit.__version__,
            }
        )

    def to_frame(self) -> pd.DataFrame:
        """Return the searches as a table, one row each. Nothing is suppressed, so do not publish it.

        Returns
        -------
        DataFrame
            Indexed by the titles of the searches: ``verdict``, ``p_value``, ``bottom`` (in words), ``measured_on``
            (all speakers, or held-out ones if the groups were found), ``speakers`` (of these, in the bottom), its
            relative ``gap`` with the 95 % interval from ``low`` to ``high``, the gaps ``held_out`` and
            ``search_inflated`` on held-out and on searched speakers, and ``join_rate``. Undefined values are missing.
        """
        import pandas as pd

        return pd.DataFrame([_row(search) for search in self.searches], index=[s.title for s in self.searches])

    def words(self, search: str | None = None) -> pd.DataFrame:
        """Return the words that go wrong for the groups of a search, the most excess errors first.

        Parameters
        ----------
        search
            Title or method of a search, as in ``audit[search]``. An audit without groups needs none: its words are
            those of all speakers, the most errors first.

        Returns
        -------
        DataFrame
            One row per group and word: ``group``, ``word``, the share of the times it is said that it is wrong
            (``rate``) and that of the others (``rest_rate``), ``p_adjusted``, how many speakers say it at least, and
            what it ``becomes``. It is empty if nothing was found, or if the log was read without its words. Without
            groups, it is ``word``, ``rate``, ``share_of_errors`` and ``becomes``.

        Raises
        ------
        UsageError
            If no search is named and there are some, or none of that name.

        Examples
        --------
        >>> import fairaudit
        >>> from fairaudit.samples import make_sample
        >>> audit = fairaudit.audit(make_sample(speakers=200).log, methods="named", by="accent", permutations=99)
        >>> [*audit.words("accent").columns[:4]]
        ['group', 'word', 'rate', 'rest_rate']
        """
        if search is None and self.searches:
            raise UsageError(f"name the search whose words you want, one of {[one.title for one in self.searches]}")
        title = None if search is None else self[search].title
        return words_frame(self.to_dict().get("wrong_words"), title)

    def to_dict(self, *, unredacted: bool = False) -> AuditDoc:
        """Return the content of ``audit.json``, as described by the shipped schema.

        Parameters
        ----------
        unredacted
            Whether to keep numbers of fewer than 11 speakers.
        """
        ran = [discovery for discovery in self.searches if discovery.evidence.test is not None]
        return {
            "schema_version": SCHEMA_VERSION,
            "signature": self.signature,
            "software": dict(software()),
            "about": self.about.copy(),
            "rate": self.rate.name,
            "rate_definition": rate_to_dict(self.rate),
            "redacted": not unredacted,
            "sampling_unit": self.sampling_unit,
            "scoring": {"rate": self.rate.signature, **self.provenance.scoring},
            "intervals": Intervals(self.plan.intervals),
            "inputs": [file.copy() for file in self.provenance.inputs],
            "side_tables": [table.copy() for table in self.provenance.side_tables],
            "quality": {
                **self.provenance.quality,
                "join_rates": {
                    **self._rates_of_joined_files(unredacted),
                    **{search.title: self._join_rate(search, unredacted) for search in self.searches},
                },
            },
            "overall": self.overall.copy(),
            "searches": len(ran),
            "skipped": [entry.copy() for entry in self.provenance.skipped],
            "searched_unasked": [*self.provenance.unasked],
            "adjusted": None if self.adjusted is None else adjustment_to_dict(self.adjusted, unredacted=unredacted),
            "normalizer_sensitivity": None
            if self.sensitivity is None
            else sensitivity_to_dict(
                self.sensitivity, [search.disclosure for search in self.searches], unredacted=unredacted
            ),
            "quantiles": [
                quantiles_to_dict(one, {s.title: s.disclosure for s in self.searches}, unredacted=unredacted)
                for one in self.quantiles
            ],
            "wrong_words": None
            if self.wrong_words is None
            else wrong_words_to_dict(
                self.wrong_words,
                self.plan.alpha,
                {} if unredacted else {s.title: s.disclosure for s in self.searches if s.disclosure},
                self.overall_words,
            ),
            "discoveries": [d.to_dict(unredacted=unredacted, overall=self.overall) for d in self.searches],
        }

    def _rates_of_joined_files(self, unredacted: bool) -> dict[str, float | None]:
        """Return the shares of the rows that joined files know; lower bounds, or they reveal rows of few speakers."""
        rates, rows = self.provenance.join_rates, self.provenance.quality["rows_in"]
        if unredacted or not rows:
            return dict(rates)
        without = {name: 0 if rate is None else at_most(round((1 - rate) * rows)) for name, rate in rates.items()}
        return {name: None if rate is None else max(rows - without[name], 0) / rows for name, rate in rates.items()}

    def _join_rate(self, search: SearchResult, unredacted: bool) -> float | None:
        """Return the share of assigned speakers; its lower bound if 1 to 10 are missing, None if it reveals others."""
        shown = search.disclosure
        because = None if shown is None else shown.outside_withheld_because(search.evidence.unassigned)
        if unredacted or because is None or search.join_rate == 1:
            return search.join_rate
        speakers = self.overall["speakers"]
        return max(speakers - SUPPRESS_BELOW + 1, 0) / speakers if because == BECAUSE_SMALL else None

    def to_json(self, *, unredacted: bool = False) -> str:
        """Return the text of ``audit.json``; equal audits give equal bytes."""
        return json_text(self.to_dict(unredacted=unredacted))

    def plot(
        self,
        kind: str = "caterpillar",
        *,
        ax: Axes | None = None,
        search: str | None = None,
        boundaries: Any = None,
        unredacted: bool = False,
    ) -> Axes:
        """Draw one of the figures of the page onto matplotlib axes.

        Parameters
        ----------
        kind
            ``"caterpillar"`` (cohorts with intervals), ``"null"`` (the permutation test), ``"composition"`` (kinds of
            errors), ``"regions"`` and ``"areas"`` (maps), ``"error_shares"``, ``"voices"`` (clusters of embeddings) or
            ``"overlap"`` (of the bottom cohorts of all searches).
        ax
            Axes to draw on; new ones by default.
        search
            Title or method of a search, as in ``audit[search]``. By default the first search on the page that has such
            a figure.
        boundaries
            Outlines for maps: a GeoDataFrame, or a file as :func:`fairaudit.render_html` takes it.
        unredacted
            Whether to draw cohorts of fewer than 11 speakers too.

        Returns
        -------
        Axes
            The axes.

        Raises
        ------
        UsageError
            If the audit has no such figure; the message lists those that it has.

        Examples
        --------
        >>> from matplotlib.figure import Figure
        >>> from fairaudit.samples import make_sample
        >>> audit = fairaudit.audit(make_sample(speakers=200).log, methods="named", by="device", permutations=19)
        >>> audit.plot("caterpillar", ax=Figure().add_subplot()).get_xlabel()
        'WER in %'
        """
        document, title = self.to_dict(unredacted=unredacted), None if search is None else self[search].title
        axes: Axes = rendered("plot_audit", document, kind, ax=ax, search=title, boundaries=boundaries)
        return axes

    def show(self, *, boundaries: Any = None) -> Displayed:
        """Show the whole page in a notebook cell, offline and without scripts or numbers of fewer than 11 speakers.

        Parameters
        ----------
        boundaries
            Outlines to draw on maps: a GeoDataFrame, or a file as :func:`fairaudit.render_html` takes it.
        """
        page: Displayed = rendered("PageInNotebook", rendered("render_html", self.to_dict(), boundaries=boundaries))
        return page

    def __repr__(self) -> str:
        n = len(self.searches)
        searches = f"{n} {'search' if n == 1 else 'searches'}"
        return f"<Audit of {self.rate.name} by {self.sampling_unit}: {self.verdict} in {searches}>"

    def _repr_html_(self) -> str:
        return str(rendered("render_notebook", self.to_dict()))


def _row(discovery: SearchResult) -> dict[str, Any]:
    """Return a search as a row of :meth:`Audit.to_frame`."""
    evidence = discovery.evidence
    held_out, inflated, side = evidence.gaps.held_out, evidence.gaps.search_inflated, evidence.gaps.deciding
    low, high = side.gap.interval if side and side.gap.interval else (math.nan, math.nan)
    return {
        "verdict": evidence.verdict,
        "p_value": discovery.p_value,
        "bottom": evidence.bottom.description if evidence.bottom else None,
        "measured_on": MeasuredOn.ALL if evidence.gaps.all_speakers else MeasuredOn.HELD_OUT,
        "speakers": side.speakers if side else None,
        "gap": side.gap.relative if side else None,
        "low": low,
        "high": high,
        "held_out": held_out.gap.relative if held_out else None,
        "search_inflated": inflated.gap.relative if inflated else None,
        "join_rate": discovery.join_rate,
    }


def _names(search: SearchResult) -> tuple[str, ...]:
    """Return the names of a search besides its title: its method, and the title without the method."""
    return search.method, search.title.removeprefix(f"{search.method}: ")


def _every_name(searches: Sequence[SearchResult]) -> Iterator[str]:
    for search in searches:
        yield from (search.title.removeprefix(f"{search.method}: "), search.title)


def _search_signature(discovery: SearchResult) -> str:
    settings = ",".join(f"{name}={_short(value)}" for name, value in discovery.settings.items() if value is not None)
    return f"{discovery.method}({settings})"


def _asked(quantiles: Quantiles) -> str:
    return f"{quantiles.column}={','.join(f'{100 * share:.10g}' for share in quantiles.shares)}"


def _short(value: object) -> str:
    return "+".join(map(str, value)) if isinstance(value, tuple) else str(value)
