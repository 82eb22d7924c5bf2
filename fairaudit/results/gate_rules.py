"""The rules of a gate: a number, an end of its interval, a limit, and what to do if there is too little evidence."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from fairaudit.core.errors import UsageError, unknown_name
from fairaudit.core.rate import PERCENT
from fairaudit.core.recognise import documents
from fairaudit.core.text import plain
from fairaudit.core.verdicts import End, Treatment

__all__ = ["ALLOW_PSEUDO", "RULES", "GateRule", "allows_pseudo", "rules_from"]

#: Beside the rules: whether a result may pass whose references are those of a teacher model.
ALLOW_PSEUDO: Final = "allow-pseudo"

_PARTS: Final = ("limit", "end", "insufficient")
#: Rules whose limits are in the unit of the rate.
_OF_RATES: Final = ("max-rate", "max-regression", "non-inferiority")
_WITH_UNIT: Final = re.compile(r"((?>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?))\s*([^\s0-9.,%][^,]*)")


@dataclass(frozen=True)
class RuleKind:
    """A type of rule: description, end that it compares by default (None for a plain number) and its inputs."""

    words: str
    end: End | None
    of: tuple[str, ...]


#: The rules by name.
RULES: Final[Mapping[str, RuleKind]] = {
    "max-gap": RuleKind("relative gap of the bottom cohort to the rest", End.LOWER, ("audit", "comparison")),
    "max-rate": RuleKind("error rate of any tested cohort", End.LOWER, ("audit", "comparison", "history")),
    "max-regression": RuleKind(
        "change for the worse, overall and of any tested cohort", End.LOWER, ("comparison", "history")
    ),
    "non-inferiority": RuleKind("change of the overall rate", End.UPPER, ("comparison", "history")),
    "min-tested": RuleKind(
        "share of speakers in cohorts that could be tested", None, ("audit", "comparison", "history")
    ),
    "min-paired": RuleKind(
        "share of the baseline's utterances that the candidate was compared on", None, ("comparison",)
    ),
}


@dataclass(frozen=True)
class GateRule:
    """One rule of a gate.

    Attributes
    ----------
    name
        Name of the rule, one of :data:`RULES`.
    limit
        A fraction: 0.2 means 20 % for a gap or a share, and 20 points for a rate or a change.
    end
        End of the 95 % interval that is compared with the limit, or ``point``; ``None`` for a plain number.
    insufficient
        Whether the gate fails (with its own exit code), warns or passes if there is too little evidence.
    unit
        Unit of the limit; ``"%"`` if it is a fraction. Only rates and changes have other units.

    Examples
    --------
    >>> GateRule.parse("max-gap", "20%,upper,warn")
    GateRule(name='max-gap', limit=0.2, end='upper', insufficient='warn', unit='%')
    >>> GateRule.parse("max-rate", "400 ms").unit
    'ms'
    """

    name: str
    limit: float
    end: End | None
    insufficient: Treatment = Treatment.FAIL
    unit: str = PERCENT

    def __post_init__(self) -> None:
        if self.name not in RULES:
            raise UsageError(unknown_name("rule", self.name, RULES))
        if (self.end is None) != (RULES[self.name].end is None) or self.end not in (*End, None):
            raise UsageError(f"{self.name} compares {RULES[self.name].words}: it has no end {self.end!r}")
        if self.insufficient not in (*Treatment,):
            raise UsageError(unknown_name("treatment of too little evidence", self.insufficient, Treatment))
        if not math.isfinite(self.limit):
            raise UsageError(f"{self.name}: the limit must be a number, not {self.limit}")
        if self.end is None and not 0 <= self.limit <= 1:
            raise UsageError(f"{self.name}: the limit must be between 0 and 100 %, not {100 * self.limit:g} %")

    @classmethod
    def parse(cls, name: str, text: str) -> GateRule:
        """Parse ``LIMIT[,END][,fail|warn|pass]``. A limit may be written as ``20%``, and must be if it exceeds 1.

        The limit of a rate that is no percentage, or of its change, has the unit of the rate: ``400 ms``.

        Raises
        ------
        UsageError
            If there is no such rule, or a part is invalid.
        """
        if name not in RULES:
            raise UsageError(unknown_name("rule", name, RULES))
        first, *words = (part.strip() for part in text.split(","))
        chosen: dict[str, str] = {}
        for word in words:
            part = "end" if word in (*End,) else "insufficient"
            if word not in (*End, *Treatment) or part in chosen:
                raise UsageError(f"{name} takes LIMIT[,{'|'.join(End)}][,{'|'.join(Treatment)}], not {text!r}")
            chosen[part] = word
        end = End(chosen["end"]) if "end" in chosen else RULES[name].end
        number, unit = _in_unit(first) if name in _OF_RATES else (first, PERCENT)
        limit = _limit(name, number) if unit == PERCENT else float(number)
        return cls(name, limit, end, Treatment(chosen.get("insufficient", Treatment.FAIL)), unit)

    def require_unit(self, unit: str) -> None:
        """Raise if the limit is of a rate, or of a change, but not in the unit of the rate.

        Raises
        ------
        UsageError
            The message names both units. A limit of 0 is the same in all units.
        """
        if self.name in _OF_RATES and self.unit != unit and self.limit:
            raise UsageError(
                f"{self.name}: the limit is in {plain(self.unit)}, but the rate of the result in {plain(unit)}"
            )

    def require_of(self, kind: str) -> None:
        """Raise if a kind of result does not hold what the rule is about.

        Raises
        ------
        UsageError
            The message lists the kinds of results that do.
        """
        if kind not in RULES[self.name].of:
            raise UsageError(f"{self.name} needs {documents(RULES[self.name].of)}, but this is {documents([kind])}")


def rules_from(table: Mapping[str, Any], where: str) -> list[GateRule]:
    """Read the rules of a settings file, each given as a number, a text for :meth:`GateRule.parse`, or a table.

    Parameters
    ----------
    table
        Rules by name, such as ``{"max-gap": 0.2, "max-regression": {"limit": 0.01, "insufficient": "warn"}}``.
    where
        Name of the file, for error messages.

    Raises
    ------
    UsageError
        If a rule or a part of one is unknown.

    Examples
    --------
    >>> rules_from({"max-rate": {"limit": 0.3, "end": "point"}}, "fairaudit.toml")
    [GateRule(name='max-rate', limit=0.3, end='point', insufficient='fail', unit='%')]
    """
    rules = []
    for key, value in table.items():
        name = key.replace("_", "-")
        if name == ALLOW_PSEUDO:
            continue
        parts = value if isinstance(value, Mapping) else {"limit": value}
        if unknown := [part for part in parts if part not in _PARTS]:
            raise UsageError(f"{where}: {unknown_name(f'part of {name}', unknown[0], _PARTS)}")
        if "limit" not in parts:
            raise UsageError(f"{where}: {name} needs a limit")
        rules.append(GateRule.parse(name, ",".join(str(parts[p]) for p in _PARTS if p in parts)))
    return rules


def allows_pseudo(table: Mapping[str, Any]) -> bool:
    """Return whether rules allow a result whose references are those of a teacher model.

    Raises
    ------
    UsageError
        If the value is neither true nor false.

    Examples
    --------
    >>> allows_pseudo({"max-gap": 0.2}), allows_pseudo({"max-gap": 0.2, "allow-pseudo": True})
    (False, True)
    """
    values = [value for key, value in table.items() if key.replace("_", "-") == ALLOW_PSEUDO]
    if not all(isinstance(value, bool) for value in values):
        raise UsageError(f"{ALLOW_PSEUDO} must be true or false, not {values[0]!r}")
    return any(values)


def _in_unit(text: str) -> tuple[str, str]:
    """Split a limit into its number and its unit, which is ``"%"`` if none is written.

    Examples
    --------
    >>> _in_unit("400 ms"), _in_unit("20%"), _in_unit("5e-2")
    (('400', 'ms'), ('20%', '%'), ('5e-2', '%'))
    """
    match = _WITH_UNIT.fullmatch(text)
    return (match[1], match[2]) if match else (text, PERCENT)


def _limit(name: str, text: str) -> float:
    try:
        limit = float(text.removesuffix("%"))
    except ValueError:
        raise UsageError(f"{name}: the limit must be a fraction such as 0.2 or 20%, not {text!r}") from None
    if text.endswith("%"):
        return limit / 100
    if 1 < abs(limit) < math.inf:  # probably a mistake, with which everything would pass
        raise UsageError(f"{name}: {text} means {100 * limit:g} %; write {text}%, or {100 * limit:g}% if you mean that")
    return limit
