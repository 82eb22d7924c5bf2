"""A history of releases: frozen cohorts measured on the logs of several releases."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

from fairaudit.cohorts.model import CohortModel
from fairaudit.core.settings import ScoringDoc, common, require_alike
from fairaudit.core.text import json_text
from fairaudit.results.display import rendered
from fairaudit.results.origin import release_scoring
from fairaudit.results.rates import rate_of_document, rate_to_dict

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from fairaudit.core.rate import Rate
    from fairaudit.results.documents import HistoryDoc, ReleaseDoc

__all__ = ["History"]

_VERSION: Final = 1


@dataclass(frozen=True)
class History:
    """Frozen cohorts and their rates at every release.

    Attributes
    ----------
    rate
        The rate.
    models
        The frozen cohorts, those of the first release.
    releases
        Results of :func:`measure_release`, in the order in which they were added, with distinct names.
    """

    rate: Rate
    models: tuple[CohortModel, ...]
    releases: tuple[ReleaseDoc, ...] = ()

    @property
    def scoring(self) -> ScoringDoc:
        """How all releases are scored, and the log that the cohorts come from.

        Raises
        ------
        InputError
            If they are scored differently.
        """
        releases = [(_named(release), release_scoring(release)) for release in self.releases]
        return common([*((model.source, model.scoring) for model in self.models), *releases])

    def add(self, release: ReleaseDoc) -> Self:
        """Append a release, or replace the release with the same name.

        Raises
        ------
        InputError
            If the release was scored in a different way; the message names both settings.
        """
        for other in self.releases:
            require_alike(release_scoring(other), release_scoring(release), (_named(other), _named(release)))
        names = [other["name"] for other in self.releases]
        if release["name"] not in names:
            return replace(self, releases=(*self.releases, release))
        i = names.index(release["name"])
        return replace(self, releases=(*self.releases[:i], release, *self.releases[i + 1 :]))

    def to_frame(self) -> pd.DataFrame:
        """Return rates by search and cohort, with a column per release; withheld and absent rates are missing."""
        import pandas as pd

        rules = {model.title: model.rule for model in self.models}
        rates = {
            release["name"]: {("all speakers", ""): release["overall"]["rate"]}
            | {
                (review["title"], rules[review["title"]].describe(cohort["id"])): cohort["rate"]
                for review in release["reviews"]
                for cohort in review["cohorts"]
            }
            for release in self.releases
        }
        return pd.DataFrame(rates).rename_axis(["search", "cohort"])

    def plot(self, kind: str = "history", *, ax: Axes | None = None, search: str | None = None) -> Axes:
        """Draw one of the figures of the page onto matplotlib axes.

        Parameters
        ----------
        kind
            ``"history"``: a line for each frozen cohort over all releases.
        ax
            Axes to draw on; new ones by default.
        search
            Title of the search whose cohorts are drawn; by default, the first.

        Returns
        -------
        Axes
            The axes.

        Raises
        ------
        UsageError
            If the history has no such figure; the message lists those that it has.

        Examples
        --------
        >>> import fairaudit
        >>> from matplotlib.figure import Figure
        >>> from fairaudit.samples import make_sample
        >>> rows = make_sample(speakers=200).log
        >>> models = fairaudit.audit(rows, methods="named", by="device", permutations=19).models
        >>> history = fairaudit.record(fairaudit.record(models, "1.0", rows), "1.1", rows)
        >>> [label.get_text() for label in history.plot(ax=Figure().add_subplot()).get_xticklabels()]
        ['1.0', '1.1']
        """
        axes: Axes = rendered("plot_history", self.to_dict(), kind, ax=ax, search=search)
        return axes

    def __repr__(self) -> str:
        releases = ", ".join(str(release["name"]) for release in self.releases)
        return f"<History of {self.rate.name}: {releases or 'no release'}>"

    def to_dict(self) -> HistoryDoc:
        """Return the content of ``history.json``, as described by the shipped schema."""
        return {
            "kind": "history",
            "schema_version": _VERSION,
            "rate": self.rate.name,
            "rate_definition": rate_to_dict(self.rate),
            "models": [model.to_dict() for model in self.models],
            "releases": [release.copy() for release in self.releases],
        }

    def to_json(self) -> str:
        """Return the text of ``history.json``; equal histories give equal bytes."""
        return json_text(self.to_dict())

    @classmethod
    def from_dict(cls, data: HistoryDoc) -> Self:
        """Create a history from content that fits the schema. Models are treated as data and never run."""
        return cls(rate_of_document(data), tuple(map(CohortModel.from_dict, data["models"])), tuple(data["releases"]))


def _named(release: ReleaseDoc) -> str:
    """Name a release and its files, for messages."""
    return f"{', '.join(file['name'] for file in release['inputs'])} as release {release['name']!r}"
