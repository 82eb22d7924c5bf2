"""Frozen cohorts: what a discovery leaves behind, and what the next release is judged by."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fairaudit.cohorts.rules import RULES, Group, Rule, rule_from_dict, rules
from fairaudit.cohorts.search import Discoverer
from fairaudit.core.counts import UNASSIGNED
from fairaudit.core.errors import InputError, UsageError, unknown_name
from fairaudit.core.text import json_text
from fairaudit.units.build import UnitFeatures

if TYPE_CHECKING:
    from fairaudit.results.documents import CohortsDoc, GroupDoc, ModelDoc

__all__ = ["CohortModel", "chosen", "models_from_json", "models_to_json"]

_VERSION: Final = 1


@dataclass(frozen=True)
class CohortModel:
    """A rule with what it takes to apply it again. Holds no member, no figure, no speaker.

    Attributes
    ----------
    method
        The discoverer.
    title
        What people call this discovery; unique within an audit.
    settings
        The discoverer's settings.
    keys
        Columns that name a unit.
    one_per_speaker
        Whether a speaker counts under its most frequent unit.
    rule
        How features lead to a cohort.
    bottom, top
        The groups named worst and best on the discovery speakers; ``None`` where none was large enough.
    source_sha256
        SHA-256 of the files of the log that they were found on; empty where that is not known.
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
    ) -> Self:
        """What a discoverer found, with its settings and keys.

        Warns
        -----
        UserWarning
            If the rule is of a kind that is not installed, so that ``cohorts.json`` could not be read again.
        """
        if rule.kind not in RULES and rule.kind not in rules():
            warnings.warn(
                f"{title}: no installed package announces rules of kind {rule.kind!r} under fairaudit.rules; "
                "a cohorts.json with this rule can be written but not read",
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
        )

    def assign(self, features: UnitFeatures, units: pd.Index) -> NDArray[np.int64]:
        """Cohort of each unit, -1 where its features are missing or nothing is known about it.

        Parameters
        ----------
        features
            Source of features with the same keys as at discovery.
        units
            Units, seen at discovery or not, shape (n_units,).

        Returns
        -------
        ndarray of int64
            Shape (n_units,).

        Raises
        ------
        InputError
            If the features are of other units or lack a column that the rule asks for.
        """
        if tuple(features.keys) != self.keys:
            raise InputError(
                f"{self.title}: cohorts are of {list(self.keys)}, the features are of {list(features.keys)}"
            )
        found = features.lookup(units)
        known = found.notna().any(axis=1).to_numpy()
        cohort = np.full(len(units), UNASSIGNED, dtype=np.int64)
        if known.any():
            cohort[known] = self.rule.assign(found[known])
        return cohort

    @property
    def fingerprint(self) -> str:
        """Hexadecimal digits that only equal models share, however they were written."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()

    def to_dict(self) -> ModelDoc:
        """JSON-ready form."""
        return {
            "method": self.method,
            "title": self.title,
            "settings": {name: list(v) if isinstance(v, tuple) else v for name, v in self.settings.items()},
            "keys": list(self.keys),
            "one_per_speaker": self.one_per_speaker,
            "rule": {"kind": self.rule.kind, **self.rule.to_dict()},
            "bottom": _group_to_dict(self.bottom),
            "top": _group_to_dict(self.top),
            "found_on": list(self.source_sha256),
        }

    @classmethod
    def from_dict(cls, data: ModelDoc) -> Self:
        """The inverse of :meth:`to_dict`.

        Raises
        ------
        InputError
            If something is missing or contradicts itself; the content is only ever data.
        """
        try:
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
            )
        except InputError:
            raise
        except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
            raise InputError(f"cohorts: a model is incomplete or misshapen ({error!r})") from None


def _keys(data: Any) -> tuple[str, ...]:
    if not isinstance(data, list) or not data or not all(isinstance(name, str) for name in data):
        raise InputError(f"cohorts: the keys of a model are a list of columns, not {data!r}")
    return tuple(data)


def settings_of(discoverer: Discoverer) -> dict[str, Any]:
    """The settings of a discoverer by name."""
    return asdict(discoverer)  # type: ignore[call-overload, no-any-return]


def _group_to_dict(group: Group | None) -> GroupDoc | None:
    return None if group is None else {"cohort_ids": list(group.cohorts), "description": group.description}


def _group_from_dict(data: GroupDoc | None, rule: Rule) -> Group | None:
    if data is None:
        return None
    cohorts = tuple(int(cohort) for cohort in data["cohort_ids"])
    if not all(0 <= cohort < rule.n_cohorts for cohort in cohorts):
        raise InputError(f"cohorts: {list(cohorts)} are not all below the {rule.n_cohorts} cohorts of the rule")
    return Group(cohorts, str(data["description"]))


def chosen(models: Sequence[CohortModel], title: str | None) -> CohortModel:
    """The model of that title, or the only one.

    Raises
    ------
    UsageError
        If there is none of that title, or several and no title.
    """
    titles = [model.title for model in models]
    if title is None and len(models) != 1:
        raise UsageError(f"one search is needed (--search): there are {titles}")
    if title is not None and title not in titles:
        raise UsageError(unknown_name("search", title, titles))
    return models[0] if title is None else models[titles.index(title)]


def models_to_json(models: Sequence[CohortModel], signature: str) -> str:
    """The text of ``cohorts.json``: canonical, so that equal models give equal bytes."""
    data: CohortsDoc = {"version": _VERSION, "signature": signature, "models": [model.to_dict() for model in models]}
    return json_text(data)


def models_from_json(text: str) -> list[CohortModel]:
    """Read ``cohorts.json``.

    Raises
    ------
    InputError
        If it is no JSON, of another version, or misshapen.

    Examples
    --------
    >>> models_from_json(models_to_json([], "seed:0"))
    []
    """
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"cohorts: not JSON (line {error.lineno}, column {error.colno}: {error.msg})") from None
    except (RecursionError, ValueError) as error:  # such as a number of more digits than Python reads
        raise InputError(f"cohorts: not JSON that fairaudit writes ({error})") from None
    if not isinstance(data, dict) or not {"version", "models"} <= data.keys():
        raise InputError("cohorts: this is no cohorts.json, which holds 'version' and 'models'")
    if data["version"] != _VERSION or isinstance(data["version"], bool):
        raise InputError(f"cohorts: version {data['version']!r}; this fairaudit reads version {_VERSION}")
    if not isinstance(data["models"], list):
        raise InputError("cohorts: a list 'models' is needed")
    models = [CohortModel.from_dict(model) for model in data["models"]]
    titles = [model.title for model in models]
    if twice := next((title for title in titles if titles.count(title) > 1), None):
        raise InputError(f"cohorts: two models have the title {twice!r}")
    return models
