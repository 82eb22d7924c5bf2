"""``zip-census``: split zip codes in two by census attributes (after Dheram et al., 2022)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from fairaudit.cohorts.rules import Group, Tree
from fairaudit.cohorts.search import ByScore
from fairaudit.core.columns import ZIP_CODE
from fairaudit.core.counts import numbered_codes
from fairaudit.core.errors import InputError, UsageError
from fairaudit.core.privacy import SUPPRESS_BELOW
from fairaudit.stats.permutation import permutation_p
from fairaudit.stats.score import set_score
from fairaudit.stats.shuffle import Observed, Shuffle

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fairaudit.units.build import UnitTable

__all__ = ["ZipCensus"]

_SHARE: Final = re.compile(r"(^|_)(percent|pct|share|proportion)(_|$)")
#: Number of partitions converted to floats at a time.
_BLOCK: Final = 1024


@dataclass(frozen=True)
class ZipCensus(ByScore):
    """Split zip codes by the majority group, by a threshold of an attribute, or by two such questions.

    Each question, and with ``pairs`` each conjunction of two answers, divides the zip codes into two sides. The
    partition whose sides differ most, in standard errors, is kept, together with a list of all examined partitions.

    Attributes
    ----------
    attributes
        Columns of the census table to use; empty for all.
    quantiles
        Thresholds of numeric attributes, given as quantiles over the speakers of the log.
    pairs
        Whether to examine conjunctions of two questions.
    min_speakers
        Fewest speakers on both sides. The default is larger than that of other searches: a question about the census is
        about large parts of the log, and its rare answers would be further chances to find something in noise.

    Examples
    --------
    >>> ZipCensus(quantiles=(0.5,), pairs=False).method
    'zip-census'
    """

    method: ClassVar[str] = "zip-census"
    keys: ClassVar[tuple[str, ...]] = (ZIP_CODE,)
    outcome_free: ClassVar[bool] = False
    keep_exposure: ClassVar[bool] = False

    attributes: tuple[str, ...] = ()
    quantiles: tuple[float, ...] = (0.25, 0.5, 0.75)
    pairs: bool = True
    min_speakers: int = 40

    def __post_init__(self) -> None:
        if not all(0 < q < 1 for q in self.quantiles):
            raise UsageError(f"quantiles must be between 0 and 1, not {list(self.quantiles)}")

    def partition(self, units: UnitTable) -> Tree:
        """Return the partition with the highest score, with its worse side first."""
        search = self.search(units)
        scores = search.scores(Observed())[:, 0]
        if not np.isfinite(scores).any():
            raise InputError(
                f"zip-census: no attribute splits the {len(units)} zip codes into two sides with at least "
                f"{self.min_speakers} speakers each"
            )
        winner = int(np.abs(np.where(np.isfinite(scores), scores, 0.0)).argmax())
        return search.rule(winner, worse_inside=bool(scores[winner] > 0))

    def search(self, units: UnitTable) -> _PartitionSearch:
        """Answer all questions once, and list all distinct partitions that are large enough."""
        questions = list(_questions(units, self))
        yes = np.array([question.yes for question in questions]).reshape(len(questions), len(units))
        known = np.array([question.known for question in questions]).reshape(len(questions), len(units))
        speakers = units.speakers_per_unit()
        asked: list[tuple[_Ask, ...]] = []
        members: list[NDArray[np.bool_]] = []
        pattern: list[int] = []
        patterns: dict[bytes, int] = {}
        seen: set[bytes] = set()
        floor = max(self.min_speakers, SUPPRESS_BELOW)
        for asks, inside, answered in _partitions(yes, known, speakers, floor, pairs=self.pairs):
            key = answered.tobytes()
            sides = min(np.packbits(side).tobytes() for side in (inside, answered & ~inside)) + key
            if sides not in seen:
                seen.add(sides)
                asked.append(asks)
                members.append(inside)
                pattern.append(patterns.setdefault(key, len(patterns)))
        return _PartitionSearch(
            units,
            tuple(questions),
            tuple(asked),
            np.array(members).reshape(len(asked), len(units)),
            np.array([np.frombuffer(key, dtype=bool) for key in patterns]).reshape(len(patterns), len(units)),
            np.array(pattern, dtype=np.int64),
        )


#: Index of a question, and the answer of the zip codes inside.
_Ask = tuple[int, bool]


@dataclass(frozen=True)
class _Question:
    """A yes/no question about a zip code: ``column > threshold``, where a level is a column of zeros and ones."""

    column: str
    threshold: float
    yes: NDArray[np.bool_]
    known: NDArray[np.bool_]


def _questions(units: UnitTable, discoverer: ZipCensus) -> Iterator[_Question]:
    import pandas as pd

    features = units.features
    names = discoverer.attributes or tuple(map(str, features.columns))
    missing = [name for name in names if name not in features.columns]
    if missing:
        raise InputError(f"the census table lacks {missing}; it has {list(map(str, features.columns))}")
    unclear = [name for name in names if "=" in name]
    if unclear:
        raise InputError(
            f"zip-census: '=' separates a column from its level in a rule, so it cannot be in a name; rename {unclear}"
        )
    weight = units.speakers_per_unit()
    for name in names:
        column = features[name]
        known = column.notna().to_numpy()
        if not pd.api.types.is_numeric_dtype(column):
            for level in sorted(column.dropna().unique()):
                yield _Question(f"{name}={level}", 0.5, (column == level).to_numpy(bool, na_value=False), known)
            continue
        value = column.to_numpy(float)
        for threshold in _thresholds(name, value[known], weight[known], discoverer.quantiles):
            yield _Question(name, threshold, np.nan_to_num(value, nan=-np.inf) > threshold, known)


def _thresholds(
    name: str, value: NDArray[np.float64], weight: NDArray[np.float64], quantiles: tuple[float, ...]
) -> list[float]:
    """Return quantiles over speakers, and the majority threshold if the attribute is a share (of 1 or of 100)."""
    if not len(value):
        return []
    order = np.argsort(value, kind="stable")
    reached = weight[order].cumsum() / weight.sum()
    cuts = {float(f"{value[order][np.searchsorted(reached, q)]:.4g}") for q in quantiles}
    if _SHARE.search(name) and value.min() >= 0:
        if value.max() <= 1:
            cuts.add(0.5)
        elif value.max() <= 100:
            cuts.add(50.0)
    return sorted(cuts)


def _partitions(
    yes: NDArray[np.bool_], known: NDArray[np.bool_], speakers: NDArray[np.float64], floor: int, *, pairs: bool
) -> Iterator[tuple[tuple[_Ask, ...], NDArray[np.bool_], NDArray[np.bool_]]]:
    """Yield each question, then each pair of answers: the questions, the mask inside, and the mask of known answers.

    Only partitions with enough speakers on both sides are yielded. The sizes of all of them are matrix products, which
    are exact, because numbers of speakers are multiples of a power of two.
    """
    answers = np.stack([yes & known, known & ~yes], axis=1)  # yes, then no
    sizes, answered = answers @ speakers, known @ speakers
    for one in np.flatnonzero(np.minimum(sizes[:, 0], answered - sizes[:, 0]) >= floor).tolist():
        yield ((one, True),), answers[one, 0], known[one]
    if not pairs:
        return
    weighted = (answers * speakers).reshape(-1, len(speakers))
    both = (weighted @ answers.reshape(weighted.shape).T.astype(float)).reshape(*sizes.shape, *sizes.shape)
    of_known = (weighted @ known.T.astype(float)).reshape(*sizes.shape, -1)
    outside = (answered[:, None] - sizes)[:, :, None, None] + of_known[..., None] - both
    later = np.triu(np.ones((len(yes), len(yes)), dtype=bool), 1)[:, None, :, None]
    large = later & (np.minimum(both, outside) >= floor)
    for one, other, first, second in np.argwhere(large.transpose(0, 2, 1, 3)).tolist():
        inside = answers[one, first] & answers[other, second]
        yield ((one, first == 0), (other, second == 0)), inside, known[one] & (~answers[one, first] | known[other])


@dataclass(frozen=True)
class _PartitionSearch:
    """All partitions of one unit table; ``member`` and ``patterns`` have shape (..., n_units)."""

    units: UnitTable
    questions: tuple[_Question, ...]
    asked: tuple[tuple[_Ask, ...], ...]
    member: NDArray[np.bool_]
    patterns: NDArray[np.bool_]
    pattern: NDArray[np.int64]

    def best(self, shuffle: Shuffle) -> NDArray[np.float64]:
        """Return the highest score of either side of any partition in each draw, shape (draws,)."""
        scores = self.scores(shuffle)
        finite = np.where(np.isfinite(scores), np.abs(scores), -np.inf)
        return np.asarray(finite.max(axis=0, initial=-np.inf))

    def scores(self, shuffle: Shuffle) -> NDArray[np.float64]:
        """Return the score of the inner side of every partition in every draw, shape (n_partitions, draws)."""
        units = self.units
        residual = units.per_unit(shuffle.residual(units.residual, units.information)).T
        information = units.per_unit(shuffle.weight(units.information)).T
        known = self.patterns.astype(float)
        total_residual, total_information = known @ residual, known @ information
        scores = np.empty((len(self.asked), shuffle.draws))
        for start in range(0, len(self.asked), _BLOCK):
            block = slice(start, start + _BLOCK)
            member = self.member[block].astype(float)
            pattern = self.pattern[block]
            scores[block] = set_score(
                member @ residual, member @ information, total_residual[pattern], total_information[pattern]
            )
        return scores

    def rule(self, i: int, *, worse_inside: bool) -> Tree:
        """Return a partition as a tree whose cohort 0 is the worse side."""
        inside, outside = (0, 1) if worse_inside else (1, 0)
        asks = self.asked[i]
        node = len(asks)
        feature, threshold, left, right, cohort = [], [], [], [], []
        for depth, (question, answer) in enumerate(asks):
            feature.append(depth)
            threshold.append(self.questions[question].threshold)
            onward, aside = (depth + 1 if depth + 1 < len(asks) else 2 * node), node + depth
            left.append(aside if answer else onward)
            right.append(onward if answer else aside)
            cohort.append(-1)
        size = 2 * node + 1
        leaves = size - node
        return Tree(
            features=tuple(self.questions[question].column for question, _ in asks),
            feature=(*feature, *[-1] * leaves),
            threshold=(*threshold, *[0.0] * leaves),
            left=(*left, *[-1] * leaves),
            right=(*right, *[-1] * leaves),
            cohort=(*cohort, *[outside] * node, inside),
            names=("Z1", "Z2"),
        )

    def details(self, null: NDArray[np.float64] | None, bottom: Group | None) -> dict[str, Any]:  # noqa: ARG002
        """Return every examined partition, highest score first, with p-values family-wise over all of them."""
        return {"examined": self.listing(null)}

    def listing(self, null: NDArray[np.float64] | None) -> list[dict[str, Any]]:
        """List all partitions by their worse side: description, rate, score, speakers and family-wise p-value.

        Errors and exposures are left out, because overlapping sides could be subtracted from each other.
        """
        units = self.units
        signed = self.scores(Observed())[:, 0]
        errors, exposure = units.per_unit(units.counts.errors), units.per_unit(units.counts.exposure)
        _, sampling_unit = numbered_codes(units.counts.speaker)
        listed = []
        defined = np.flatnonzero(np.isfinite(signed))
        for i in defined[np.argsort(-np.abs(signed[defined]), kind="stable")]:
            inner, score = bool(signed[i] > 0), abs(float(signed[i]))
            worse = self.member[i] if inner else self.patterns[self.pattern[i]] & ~self.member[i]
            listed.append(
                {
                    "description": self.rule(int(i), worse_inside=inner).describe(0),
                    "rate": round(float(errors[worse].sum() / exposure[worse].sum()), 4),
                    "score": score,
                    "p_adjusted": None if null is None else permutation_p(score, null),
                    "speakers": int(np.count_nonzero(np.bincount(sampling_unit, worse[units.counts.group]))),
                }
            )
        return listed
