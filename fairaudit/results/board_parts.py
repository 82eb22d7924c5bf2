"""Parts of a board: groups under several systems."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fairaudit.core.verdicts import MeasuredOn
from fairaudit.results.disclosure import Disclosure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fairaudit.cohorts.coverage import Coverage

__all__ = ["BoardGroup", "BoardGroups"]


@dataclass(frozen=True, eq=False)
class BoardGroup:
    """A group under all systems.

    Attributes
    ----------
    id, label, description
        Number of the cohort in its set, and its names.
    rates
        Rate under each system, shape (n_systems,).
    speakers, utterances
        Numbers of sampling units and utterances in the group.
    position
        Its row in :class:`fairaudit.stats.systems.SystemsCompared`, or ``None`` if it is not tested.
    not_tested_because
        Why it is not tested, or ``None``.
    """

    id: int
    label: str
    description: str
    rates: NDArray[np.float64]
    speakers: int
    utterances: int
    position: int | None
    not_tested_because: str | None


@dataclass(frozen=True)
class BoardGroups:
    """A set of groups: the labels of a column, the cohorts of an earlier audit, or those found on all systems.

    Attributes
    ----------
    title, method, fingerprint
        As in :class:`fairaudit.CohortModel`.
    groups
        The groups, tested ones first.
    coverage
        How many of the speakers on whom the set is measured are in a group.
    tested_speakers
        Number of these speakers in tested groups.
    measured_on
        On whom the set is measured: the speakers kept aside, if the groups were found on the errors of the others.
    found_on
        Names of the systems on whose log the groups were chosen.
    disclosure
        What can be published beside the other sets.
    """

    title: str
    method: str
    fingerprint: str
    groups: tuple[BoardGroup, ...]
    coverage: Coverage
    tested_speakers: int
    measured_on: MeasuredOn = MeasuredOn.ALL
    found_on: tuple[str, ...] = ()
    disclosure: Disclosure = field(default_factory=Disclosure)
