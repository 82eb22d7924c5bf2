"""Which kinds of errors the bottom cohort has more of: its rates of each kind beside those of the reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fairaudit.report.views.tables import Column, Row, Table
from fairaudit.report.words.wording import DASH, number, plain
from fairaudit.results.gaps import deciding_gap, is_known

if TYPE_CHECKING:
    from fairaudit.report.words.rates import RateWords
    from fairaudit.results.documents import SearchDoc

__all__ = ["KINDS", "Composition", "composition_table", "compositions"]

KINDS: Final = ("substitutions", "deletions", "insertions")


@dataclass(frozen=True)
class Composition:
    """A group's rate of each kind of error, as fractions in the order of :data:`KINDS`; they add up to its rate."""

    name: str
    rates: tuple[float, ...]


def compositions(discovery: SearchDoc) -> tuple[Composition, ...]:
    """The bottom cohort and its reference; nothing where kinds were not counted.

    Examples
    --------
    >>> rates = {"substitutions": 0.1, "deletions": 0.02, "insertions": 0.03}
    >>> compositions({"by_kind": {"bottom": rates, "reference": rates}, "held_out": {"reference": "rest"}})[1]
    Composition(name='rest', rates=(0.1, 0.02, 0.03))
    """
    kinds = discovery.get("by_kind")
    if kinds is None:
        return ()
    side = deciding_gap(discovery)
    reference = plain(side["reference"]) if side else "rest"
    sides = (("bottom cohort", kinds["bottom"]), (reference, kinds["reference"]))
    return tuple(Composition(name, tuple(rates[kind] for kind in KINDS)) for name, rates in sides)


def composition_table(discovery: SearchDoc, rate: RateWords) -> Table | None:
    """Each kind of error per unit of exposure, bottom cohort beside reference."""
    groups = compositions(discovery)
    if not groups:
        return None
    bottom, reference = groups
    rows = [
        Row((kind, rate.unit.value(worse), rate.unit.value(rest), f"×{number(worse / rest, 2)}" if rest else DASH))
        for kind, worse, rest in zip(KINDS, bottom.rates, reference.rates, strict=True)
    ]
    return Table(
        f"{rate} by kind of error, among {'all' if is_known(discovery) else 'held-out'} speakers",
        (Column("kind", "Kind", numeric=False), Column("bottom", "Bottom cohort"),
         Column("reference", reference.name.capitalize()), Column("ratio", "Ratio")),
        tuple(rows),
    )  # fmt: skip
