"""Parts of a board: groups under several systems."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

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
    """A set of groups, such as the labels of a column or the cohorts of an earlier audit.

    Attributes
    ----------
    title, method, fingerprint
        As in :class:`fairaudit.CohortModel`.
    groups
        The groups, tested ones first.
    coverage
        How many of all speakers are in a group.
    tested_speakers
        Number of speakers in tested groups.
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
    found_on: tuple[str, ...] = ()
    disclosure: Disclosure = field(default_factory=Disclosure)
