"""Frozen cohorts: the reusable result of a search, with which later releases are compared."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from fairaudit.cohorts.rules import RULES, Group, Lookup, Rule, rule_from_dict, rules
from fairaudit.core.counts import UNASSIGNED
from fairaudit.core.errors import InputError, UsageError, setting, unknown_name
from fairaudit.core.privacy import WITHHELD, Reportable
from fairaudit.core.settings import ScoringDoc, scoring_from, scoring_of_signature
from fairaudit.core.text import first_not_finite, json_fault, json_text, search_name, unique_keys

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from fairaudit.cohorts.search import Discoverer
    from fairaudit.results.documents import CohortsDoc, GroupDoc, ModelDoc
    from fairaudit.units.build import UnitFeatures

__all__ = ["CohortModel", "chosen", "models_from_json", "models_of", "models_to_json"]

_VERSION: Final = 1


@dataclass(frozen=True)
class CohortModel:
    """A rule with everything needed to apply it again. It contains no members, numbers or speakers.

    Attributes
    ----------
    method
        Method of the discoverer.
    title
        Title of the search, unique within an audit.
    settings
        Settings of the discoverer.
    keys
        Columns that identify a unit.
    one_per_speaker
        Whether a speaker is counted under the most frequent unit only.
    rule
        Rule that assigns features to cohorts.
    bottom, top
        The worst and the best group of the discovery speakers, or ``None`` if no group was large enough.
    source_sha256
        SHA-256 of the files of the log used for discovery; empty if unknown.
    scoring
        How the log used for discovery was scored; empty if unknown. Other logs are read in the same way.
    file
        Name of the ``cohorts.json`` that the model was read from, if any.
    unnamed
        Cohorts of fewer than 11 speakers in the log used for discovery, which are left out where models are written.
    reportable
        What comparisons and histories can report beside the audit that found the cohorts; ``None`` if there is none.
    """

    method: str
    title: str
    settings: Mapping[str, Any]
    keys: tuple[str, ...]
    one_per_speaker: bool
    rule: Rule
    bottom: Group | None
    top: Group | None
    source_sha256: tuple[str, ...] = ()
    scoring: ScoringDoc = field(default_factory=ScoringDoc)
    file: str = field(default="", compare=False)
    unnamed: frozenset[int] = frozenset()
    reportable: Reportable | None = None

    @classmethod
    def frozen(
        cls,
        discoverer: Discoverer,
        title: str,
        features: UnitFeatures,
        rule: Rule,
        bottom: Group | None,
        top: Group | None,
        source_sha256: tuple[str, ...] = (),
        scoring: ScoringDoc | None = None,
    ) -> Self:
        """Freeze the rule and groups of a discoverer, with its settings and keys, and the scoring of the log.

        Warns
        -----
        UserWarning
            If the kind of the rule is not registered, so that ``cohorts.json`` could not be read again.
        """
        if rule.kind not in RULES and rule.kind not in rules():
            warnings.warn(
                f"{title}: no installed package registers rules of kind {rule.kind!r} in the entry-point group "
                "fairaudit.rules; a cohorts.json with this rule can be written but not read",
                stacklevel=2,
            )
        return cls(
            method=discoverer.method,
            title=title,
            settings=settings_of(discoverer),
            keys=tuple(features.keys),
            one_per_speaker=features.one_per_speaker,
            rule=rule,
            bottom=bottom,
            top=top,
            source_sha256=source_sha256,
            scoring=ScoringDoc() if scoring is None else scoring,
        )

    @property
    def source(self) -> str:
        """The log that it was frozen on, for messages, with the file if the model was read from one."""
        return f"the log of the cohorts {search_name(self.title)!r}" + (f" ({self.file})" if self.file else "")

    def assign(self, features: UnitFeatures, units: pd.Index) -> NDArray[np.int64]:
        """Return the cohort of each unit, which is -1 if the unit is unknown or its features are missing.

        Parameters
        ----------
        features
            Source of features with the same keys as at discovery.
        units
            Units, whether known at discovery or not, shape (n_units,).

        Returns
        -------
        ndarray of int64
            Shape (n_units,).

        Raises
        ------
        InputError
            If the features have other keys or lack a column that the rule needs.
        """
        if tuple(features.keys) != self.keys:
            raise InputError(
                f"{self.title}: cohorts have the keys {list(self.keys)}, but the features have {list(features.keys)}"
            )
        values = features.lookup(units)
        known = values.notna().any(axis=1).to_numpy()
        cohort = np.full(len(units), UNASSIGNED, dtype=np.int64)
        if known.any():
            cohort[known] = self.rule.assign(values[known])
        return cohort

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the content, except what can be reported; it is the same for equal models only."""
        content = {name: value for name, value in self.to_dict().items() if name != "reportable"}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    @property
    def cohorts(self) -> tuple[int, ...]:
        """Ids of the cohorts whose definitions are not withheld."""
        return tuple(c for c in range(self.rule.n_cohorts) if self.rule.describe(c) != WITHHELD)

    def redacted(self) -> Self:
        """Leave out the definitions of cohorts of fewer than 11 speakers, so that their speakers are unassigned.

        A rule without a method ``without`` is replaced by one that assigns nobody, if it has such cohorts.
        """
        if not self.unnamed:
            return self
        without = getattr(self.rule, "without", Lookup(self.keys, (None,) * self.rule.n_cohorts).without)
        bottom, top = (group and group.without(self.unnamed) for group in (self.bottom, self.top))
        return replace(self, rule=without(self.unnamed), bottom=bottom, top=top, unnamed=frozenset())

    def to_dict(self, *, unredacted: bool = False) -> ModelDoc:
        """Return the model as a JSON-compatible dictionary, redacted by default."""
        if self.unnamed and not unredacted:
            return self.redacted().to_dict()
        content: ModelDoc = {
            "method": self.method,
            "title": self.title,
            "settings": {name: list(v) if isinstance(v, tuple) else v for name, v in self.settings.items()},
            "keys": list(self.keys),
            "one_per_speaker": self.one_per_speaker,
            "rule": {"kind": self.rule.kind, **self.rule.to_dict()},
            "bottom": _group_to_dict(self.bottom),
            "top": _group_to_dict(self.top),
            "found_on": list(self.source_sha256),
            "scoring": self.scoring.copy(),
        }
        if self.reportable is not None:
            content["reportable"] = self.reportable.to_dict()
        return content

    @classmethod
    def from_dict(cls, data: ModelDoc) -> Self:
        """Create a model from the result of :meth:`to_dict`.

        Raises
        ------
        InputError
            If the content is incomplete or inconsistent. It is treated as data and never run.
        """
        try:
            if where := first_not_finite(data, "model"):
                raise InputError(f"cohorts: {where} is not a finite number")
            rule = rule_from_dict(data["rule"])
            return cls(
                method=str(data["method"]),
                title=str(data["title"]),
                settings={k: tuple(v) if isinstance(v, list) else v for k, v in data["settings"].items()},
                keys=_keys(data["keys"]),
                one_per_speaker=bool(data["one_per_speaker"]),
                rule=rule,
                bottom=_group_from_dict(data["bottom"], rule),
                top=_group_from_dict(data["top"], rule),
                source_sha256=tuple(map(str, data.get("found_on", ()))),
                scoring=scoring_from(data.get("scoring", {})),
                reportable=Reportable.from_dict(data["reportable"]) if "reportable" in data else None,
            )
        except InputError:
            raise
        except (KeyError, TypeError, AttributeError, ValueError, OverflowError, RecursionError) as error:
            raise InputError(f"cohorts: a model is incomplete or malformed ({error!r})") from None


def _keys(data: Any) -> tuple[str, ...]:
    if not isinstance(data, list) or not data or not all(isinstance(name, str) for name in data):
        raise InputError(f"cohorts: the keys of a model must be a list of columns, not {data!r}")
    return tuple(data)


def settings_of(discoverer: Discoverer) -> dict[str, Any]:
    """Return the settings of a discoverer by name."""
    return asdict(discoverer)  # type: ignore[call-overload, no-any-return]


def _group_to_dict(group: Group | None) -> GroupDoc | None:
    return None if group is None else {"cohort_ids": list(group.cohorts), "description": group.description}


def _group_from_dict(data: GroupDoc | None, rule: Rule) -> Group | None:
    if data is None:
        return None
    cohorts = tuple(int(cohort) for cohort in data["cohort_ids"])
    if not all(0 <= cohort < rule.n_cohorts for cohort in cohorts):
        raise InputError(f"cohorts: the rule has {rule.n_cohorts} cohorts, but a group has the ids {list(cohorts)}")
    return Group(cohorts, str(data["description"]))


def chosen(models: Sequence[CohortModel], title: str | None) -> CohortModel:
    """Return the model with a given title or displayed name, or the only model.

    Raises
    ------
    UsageError
        If no model has the title, or if there are several models and no title is given.
    """
    titles = [model.title for model in models]
    if title is None and len(models) != 1:
        raise UsageError(f"choose one {setting('search')} of {titles}")
    if title is None:
        return models[0]
    found = next((model for model in models if title in (model.title, search_name(model.title))), None)
    if found is None:
        raise UsageError(unknown_name("search", title, titles))
    return found


def models_to_json(models: Sequence[CohortModel], signature: str, *, unredacted: bool = False) -> str:
    """Return the text of ``cohorts.json``, redacted by default; equal models give equal bytes."""
    content = [model.to_dict(unredacted=unredacted) for model in models]
    data: CohortsDoc = {"version": _VERSION, "signature": signature, "models": content}
    return json_text(data)


def models_from_json(text: str) -> list[CohortModel]:
    """Read ``cohorts.json``.

    Raises
    ------
    InputError
        If the text is not JSON, has another version, or is malformed.

    Examples
    --------
    >>> models_from_json(models_to_json([], "seed:0"))
    []
    """
    try:
        data = json.loads(text, object_pairs_hook=unique_keys)
    except (RecursionError, ValueError) as error:
        raise InputError(f"cohorts: not JSON ({json_fault(error)})") from None
    return models_of(data)


def models_of(data: Any) -> list[CohortModel]:
    """Create the models of the parsed content of a ``cohorts.json``.

    Raises
    ------
    InputError
        If the content has another version, or is malformed.
    """
    if not isinstance(data, dict) or not {"version", "models"} <= data.keys():
        raise InputError("cohorts: this is not a cohorts.json, which has 'version' and 'models'")
    if data["version"] != _VERSION or isinstance(data["version"], bool):
        raise InputError(f"cohorts: version {data['version']!r}; this fairaudit reads version {_VERSION}")
    if not isinstance(data["models"], list):
        raise InputError("cohorts: 'models' must be a list")
    earlier = scoring_of_signature(str(data.get("signature", "")))  # of versions that recorded it nowhere else
    models = [CohortModel.from_dict(model) for model in data["models"]]
    models = [model if model.scoring else replace(model, scoring=earlier) for model in models]
    titles = [model.title for model in models]
    if twice := next((title for title in titles if titles.count(title) > 1), None):
        raise InputError(f"cohorts: two models have the title {twice!r}")
    return models
