"""Measure the bottom cohort of a search again, with other counts of the same cells."""

from __future__ import annotations

from fairaudit.evidence.design import Design
from fairaudit.evidence.gaps import Side, held_out_gap
from fairaudit.evidence.known import known_gap
from fairaudit.evidence.verdict import JudgedSearch
from fairaudit.stats.dispersion import Dispersion
from fairaudit.units.build import UnitTable

__all__ = ["measure_again"]


def measure_again(judged: JudgedSearch, units: UnitTable, design: Design, dispersion: Dispersion) -> Side | None:
    """Compare the bottom of a search with the rest, on the speakers whose gap decides about the search.

    These are all speakers if the groups are known beforehand, and held-out ones otherwise.

    Parameters
    ----------
    judged
        The search.
    units
        Its units with other counts.
    design
        Sampling units, held-out mask and plan.
    dispersion
        Dispersion fitted to these counts.

    Returns
    -------
    Side or None
        ``None`` if there is no bottom, or if one of the two sides is empty.
    """
    evidence, floor, bootstrap = judged.evidence, judged.search.discoverer.min_speakers, design.plan.bootstrap
    if evidence.rule is None:
        return None
    assigned = units.assigned()
    cells = assigned.counts.regroup(evidence.rule.assign(assigned.features))
    if evidence.is_known and evidence.critical is not None:
        return known_gap(
            assigned,
            cells.group,
            evidence.bottom,
            evidence.critical,
            floor=floor,
            dispersion=dispersion,
            everyone=units.counts,
            bootstrap=bootstrap,
        )
    return held_out_gap(
        assigned,
        cells.group,
        evidence.bottom,
        design.held_out,
        floor=floor,
        dispersion=dispersion,
        everyone=units.counts,
        bootstrap=bootstrap,
    )
