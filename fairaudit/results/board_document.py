"""Convert the parts of a board to what ``board.json`` holds, and withhold what must be withheld.

Rates of groups are published as in other documents (:mod:`fairaudit.results.disclosure`). Ratios of rates would reveal
the sums of a group whose rate is rounded, so they are rounded to two decimals if anything is withheld, and to one if it
is what is in no group of a set. A gap would bound that even so, because it is neither in a group nor in the rest. Such
a set has only intervals of gaps. Intervals are rounded outwards.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fairaudit.core.counts import UNASSIGNED
from fairaudit.core.privacy import WITHHELD
from fairaudit.results.comparison_document import coverage_to_dict
from fairaudit.results.disclosure import share_tested, without_numbers
from fairaudit.results.numbers import ends_outwards, finite
from fairaudit.stats.systems import certain_ranks

if TYPE_CHECKING:
    from fairaudit.results.board_parts import BoardGroup, BoardGroups
    from fairaudit.results.documents import (
        BoardGroupDoc,
        BoardSetDoc,
        GroupSystemDoc,
        HighestDoc,
        Interval,
        PairDoc,
        RangeDoc,
        RatioDoc,
    )
    from fairaudit.stats.systems import Estimates, SystemsCompared

__all__ = ["KIND", "SCHEMA_VERSION", "BoardNumbers"]

SCHEMA_VERSION: Final = 1
KIND: Final = "board"
#: Decimals of ratios if sums of a group, or of what is in no group, are withheld.
_DECIMALS: Final = 2
_FEW_DECIMALS: Final = 1


@dataclass(frozen=True)
class BoardNumbers:
    """The numbers of a board as they are published.

    Attributes
    ----------
    systems
        Names of the systems.
    compared
        The numbers.
    sets
        The sets of groups.
    unredacted
        Whether to keep numbers of fewer than 11 speakers.
    """

    systems: Sequence[str]
    compared: SystemsCompared
    sets: Sequence[BoardGroups]
    unredacted: bool

    @property
    def decimals(self) -> int | None:
        """Decimals to which ratios of rates are rounded; ``None`` if they are not."""
        if self.unredacted or all(one.disclosure.all_open for one in self.sets):
            return None
        outside = any(UNASSIGNED in one.disclosure.cohorts.withheld for one in self.sets)
        return _FEW_DECIMALS if outside else _DECIMALS

    def pairs(self) -> list[PairDoc]:
        """Return all pairs of systems."""
        numbers, tested = self.compared, self.compared.rates.value.size > 0
        return [
            {
                "system": one,
                "other": self.systems[j],
                "overall": self._ratio(numbers.overall_ratio, i, j, None),
                "worst": self._ratio(numbers.worst_ratio, i, j, self.decimals) if tested else None,
                "gap": self._ratio(numbers.gap_ratio, i, j, self.decimals) if tested else None,
            }
            for i, one in enumerate(self.systems)
            for j in range(i + 1, len(self.systems))
        ]

    def worst(self, k: int) -> HighestDoc | None:
        """Return the worst group of a system, by its rate."""
        numbers = self.compared
        if not numbers.rates.value.size:
            return None
        position = int(numbers.rates.value[:, k].argmax())
        groups, group = self._at(position)
        document = self._highest(numbers.worst, numbers.worst_ratio, k, position)
        if not self.unredacted:
            document["value"] = groups.disclosure.cohorts.rate(group.id, document["value"])
        return document

    def gap(self, k: int) -> HighestDoc | None:
        """Return the group of a system with the highest ratio to the rest."""
        numbers = self.compared
        if not numbers.gaps.value.size:
            return None
        position = int(numbers.gaps.value[:, k].argmax())
        document = self._highest(numbers.gap, numbers.gap_ratio, k, position)
        shown = not self._bounds_outside(self._at(position)[0])
        return {**document, "value": self._coarse(document["value"]) if shown else None}

    def range(self, k: int) -> RangeDoc | None:
        """Return the range of the rates of a system."""
        numbers = self.compared
        if not numbers.rates.value.size:
            return None
        return {
            "ratio": self._coarse(finite(numbers.spread.value[k])),
            "interval": self._ends(numbers.spread, k),
            "by_chance": self._coarse(finite(numbers.spread_by_chance[k])),
        }

    def groups(self, groups: BoardGroups) -> BoardSetDoc:
        """Return a set of groups."""
        shown = None if self.unredacted else groups.disclosure
        rows = [self._group(groups, group) for group in groups.groups]
        published = [sum(group.speakers for group in groups.groups if group.position is not None)]
        return {
            "title": groups.title,
            "method": groups.method,
            "fingerprint": groups.fingerprint,
            "measured_on": groups.measured_on,
            "speakers": groups.coverage.speakers,
            "found_on": list(groups.found_on),
            "groups": sorted(rows, key=lambda row: row["suppressed"]),
            **coverage_to_dict(
                groups.coverage, share_tested(groups.tested_speakers, groups.coverage.speakers, shown, published)
            ),
        }

    def _group(self, groups: BoardGroups, group: BoardGroup) -> BoardGroupDoc:
        shown = groups.disclosure.cohorts
        because = None if self.unredacted else shown.why_withheld(group.id)
        hidden = not self.unredacted and group.id in shown.hidden
        unnamed = not self.unredacted and group.id in shown.small
        reason = group.not_tested_because
        return {
            "id": group.id,
            "label": WITHHELD if unnamed else group.label,
            "description": None if unnamed else group.description,
            "speakers": None if because else group.speakers,
            "tested": group.position is not None,
            "not_tested_because": None if hidden or reason is None else without_numbers(reason) if because else reason,
            "suppressed": hidden,
            "withheld_because": because,
            "systems": [] if hidden else [self._under(groups, group, k) for k in range(len(self.systems))],
        }

    def _under(self, groups: BoardGroups, group: BoardGroup, k: int) -> GroupSystemDoc:
        rate = finite(group.rates[k])
        shown = groups.disclosure.cohorts
        numbers = self.compared
        at = None if group.position is None else (group.position, k)
        return {
            "system": self.systems[k],
            "rate": rate if self.unredacted or group.speakers == 0 else shown.rate(group.id, rate),
            "interval": None if at is None else self._ends(numbers.rates, at, is_rate=True),
            "gap": None if at is None or self._bounds_outside(groups) else self._coarse(finite(numbers.gaps.value[at])),
            "gap_interval": None if at is None else self._ends(numbers.gaps, at),
        }

    def _bounds_outside(self, groups: BoardGroups) -> bool:
        """Whether a gap of a set would bound what is withheld of the speakers in no group."""
        return not self.unredacted and UNASSIGNED in groups.disclosure.cohorts.withheld

    def _at(self, position: int) -> tuple[BoardGroups, BoardGroup]:
        """Return the tested group at a position, and its set."""
        return next((one, group) for one in self.sets for group in one.groups if group.position == position)

    def _highest(self, of: Estimates, ratio: Estimates, k: int, position: int) -> HighestDoc:
        groups, group = self._at(position)
        return {
            "value": finite(of.value[k]),
            "interval": self._ends(of, k, is_rate=of is self.compared.worst),
            "rank": certain_ranks(ratio)[k].tolist(),
            "title": groups.title,
            "group_id": group.id,
            "description": group.description,
        }

    def _ratio(self, of: Estimates, i: int, j: int, decimals: int | None) -> RatioDoc:
        higher = self.systems[i] if of.low[i, j] > 1 else self.systems[j] if of.high[i, j] < 1 else None
        ratio, ends = finite(of.value[i, j]), _interval(of, (i, j))
        if decimals is not None and ratio is not None:
            ratio, ends = round(ratio, decimals), ends_outwards(ends, decimals)
        return {"ratio": ratio, "interval": ends, "higher": higher}

    def _coarse(self, value: float | None) -> float | None:
        return value if value is None or self.decimals is None else round(value, self.decimals)

    def _ends(self, of: Estimates, at: int | tuple[int, int], *, is_rate: bool = False) -> Interval:
        """Return an interval; if ratios are rounded, it is too, that of a rate to the digits that a page prints."""
        ends = _interval(of, at)
        return ends if self.decimals is None else ends_outwards(ends, None if is_rate else self.decimals)


def _interval(of: Estimates, at: int | tuple[int, int]) -> Interval:
    """Return an interval, or ``None`` if an end is infinite."""
    ends = [float(of.low[at]), float(of.high[at])]
    return ends if all(map(math.isfinite, ends)) else None
