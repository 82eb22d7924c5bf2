"""What must not be told: figures of fewer than 11 speakers, and what they could be subtracted from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

__all__ = ["SUPPRESS_BELOW", "told_first", "withheld"]

#: Figures of fewer sampling units than this are withheld from what is written.
SUPPRESS_BELOW: Final = 11


def withheld(
    parts: Mapping[int, int], bottom: Collection[int], unions: Sequence[frozenset[int]] = ()
) -> tuple[set[int], set[int]]:
    """Parts whose figures stay out, and parts whose counts do, so that subtraction gives nothing away.

    A part (a cohort, or the unassigned) of fewer than 11 speakers is withheld. Where the parts withheld are
    one, or fewer than 11 speakers together, their sums would follow from those of everybody else: the next
    smallest parts then keep their rounded rate, but not their counts. The same holds within every union of
    cohorts whose sums another search tells.

    Parameters
    ----------
    parts
        Sampling units of each part.
    bottom
        The cohorts whose sum is told as that of the bottom.
    unions
        Sets of cohorts whose sums are told elsewhere.

    Returns
    -------
    set of int, set of int
        Parts to hide, and parts to blur.

    Examples
    --------
    >>> withheld({0: 40, 1: 30, 2: 5}, bottom=())
    ({2}, {1})
    """
    hidden = {part for part, speakers in parts.items() if speakers < SUPPRESS_BELOW}
    blurred: set[int] = set()
    if hidden & {*bottom}:
        blurred |= {*bottom} - hidden
    for known in ({*parts}, *unions):
        others = sorted(known - hidden - blurred, key=lambda part: (parts[part], part))
        while hidden & known and others and _follows([parts[part] for part in known & (hidden | blurred)]):
            blurred.add(others.pop(0))
    return hidden, blurred


def _follows(withheld: Sequence[int]) -> bool:
    """Whether what is left of a known sum is that of too few: one part, or fewer than 11 speakers in several."""
    return len(withheld) < 2 or sum(withheld) < SUPPRESS_BELOW


def told_first(cohort: Mapping[str, Any]) -> tuple[bool, int]:
    """Sort cohorts that are withheld behind the others, by their ids: where one ranks would tell how it fares.

    Examples
    --------
    >>> cohorts = [{"id": 2, "suppressed": True}, {"id": 1, "suppressed": True}, {"id": 3, "suppressed": False}]
    >>> [cohort["id"] for cohort in sorted(cohorts, key=told_first)]
    [3, 1, 2]
    """
    return cohort["suppressed"], cohort["id"] if cohort["suppressed"] else 0
