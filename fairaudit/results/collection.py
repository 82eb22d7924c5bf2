"""A plan of how many speakers of each cohort to record next, as a result."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final, TypedDict

import fairaudit
from fairaudit.core.errors import UsageError, setting, unknown_name
from fairaudit.core.rate import Rate
from fairaudit.core.settings import ScoringDoc
from fairaudit.core.signature import signature
from fairaudit.results.frames import with_ends

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Budget", "CollectionDoc", "CollectionPlan", "PlannedCohort", "PlannedCohortDoc"]

#: The gaps that a plan can be made for.
_FOCUSES: Final = ("all", "bottom")


class _SpeakersDoc(TypedDict):
    """Number of speakers of a log, and how many of them are utterances whose speaker is unknown."""

    speakers: int
    unknown_speakers: int


class PlannedCohortDoc(TypedDict):
    """What is known of a cohort, and what to record; ``None`` where it is withheld or there is no interval."""

    cohort: str
    speakers: int | None
    exposure_per_speaker: float | None
    rate: float | None
    ratio: float | None
    low: float | None
    high: float | None
    half_width: float | None
    new_speakers: int
    new_utterances: float | None
    expected_half_width: float | None
    no_plan_because: str | None


class CollectionDoc(TypedDict):
    """A plan of what to record next, as it is printed. No file holds it."""

    title: str
    rate: str
    unit: str
    exposure: str
    sampling_unit: str
    overall: _SpeakersDoc
    budget: float
    counts_speakers: bool
    spent: float
    cohorts: list[PlannedCohortDoc]
    widest: float
    expected_widest: float
    bottom: str | None
    signature: str


@dataclass(frozen=True)
class Budget:
    """What can be spent on new speakers, what they cost, and for which gaps.

    Attributes
    ----------
    amount
        What can be spent, in the units of the costs.
    cost_speaker, cost_utterance
        Cost of each new speaker, and of each of their utterances.
    focus
        ``"all"`` gaps of cohorts that may be worse off, or that of the ``"bottom"`` cohort.

    Raises
    ------
    UsageError
        If a value is not allowed.
    """

    amount: float
    cost_speaker: float = 1.0
    cost_utterance: float = 0.0
    focus: str = "all"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.amount) and self.amount > 0):
            raise UsageError(f"{setting('budget')} must be a number above 0, not {self.amount}")
        for name in ("cost_speaker", "cost_utterance"):
            if not (math.isfinite(cost := getattr(self, name)) and cost >= 0):
                raise UsageError(f"{setting(name)} must be a number from 0, not {cost}")
        if self.cost_speaker + self.cost_utterance <= 0:
            raise UsageError(f"{setting('cost_speaker')} or {setting('cost_utterance')} must be above 0")
        if self.focus not in _FOCUSES:
            raise UsageError(unknown_name("value of focus", self.focus, _FOCUSES))

    @property
    def is_for_bottom(self) -> bool:
        """Whether only the gap of the bottom cohort counts."""
        return self.focus == "bottom"


@dataclass(frozen=True)
class PlannedCohort:
    """One cohort of a plan.

    Attributes
    ----------
    label
        The cohort.
    speakers
        Number of its speakers now. This and all other numbers are ``None`` if they are withheld.
    exposure_per_speaker
        Mean exposure of a speaker now, such as words.
    rate
        Errors per unit of exposure.
    ratio
        Its rate over that of the rest, which is all other cohorts whose numbers are not withheld.
    ratio_interval
        95 % interval of the ratio, or ``None`` if it is undefined.
    half_width
        Half of the length of that interval, relative to the ratio: 0.3 for 2.0 (1.5 to 2.7).
    new_speakers
        Number of speakers to record.
    new_utterances
        Number of utterances of each of them.
    expected_half_width
        Half-width to expect with the new speakers of all cohorts.
    no_plan_because
        Why nothing is planned for the cohort, or ``None``.
    """

    label: str
    speakers: int | None = None
    exposure_per_speaker: float | None = None
    rate: float | None = None
    ratio: float | None = None
    ratio_interval: tuple[float, float] | None = None
    half_width: float | None = None
    new_speakers: int = 0
    new_utterances: float | None = None
    expected_half_width: float | None = None
    no_plan_because: str | None = None

    def to_dict(self) -> PlannedCohortDoc:
        """Return the row of a table."""
        row = with_ends(asdict(self), {"ratio_interval": ""})
        return {"cohort": row.pop("label"), **row}  # type: ignore[typeddict-item]


@dataclass(frozen=True)
class CollectionPlan:
    """How many speakers of each cohort to record with a budget, and how much narrower intervals should become.

    Attributes
    ----------
    title, fingerprint
        Title and fingerprint of the frozen cohorts.
    rate
        The rate.
    scoring
        How the log was scored.
    sampling_unit
        Column whose values count as speakers.
    speakers, unknown_speakers
        Number of speakers of the log, and how many of them are utterances whose speaker is unknown.
    budget
        What can be spent, and on what.
    spent
        What the plan costs.
    cohorts
        The cohorts, highest ratio first, and those without numbers last.
    widest, expected_widest
        Half-width of the widest interval of the gaps to measure better, now and with the new speakers. It can be that
        of another gap.
    bottom
        The bottom cohort, if its gap alone is to be measured better.
    """

    title: str
    fingerprint: str
    rate: Rate
    scoring: ScoringDoc
    sampling_unit: str
    speakers: int
    unknown_speakers: int
    budget: Budget
    spent: float
    cohorts: tuple[PlannedCohort, ...]
    widest: float
    expected_widest: float
    bottom: str | None = None

    @property
    def signature(self) -> str:
        """One line of every setting that can change a number."""
        return signature(
            {
                "rate": self.rate.signature,
                **self.scoring,
                "sampling": self.sampling_unit,
                "cohorts": f"{self.title}@{self.fingerprint[:8]}",
                "budget": f"{self.budget.amount:g}",
                "cost_speaker": f"{self.budget.cost_speaker:g}",
                "cost_utterance": f"{self.budget.cost_utterance:g}",
                "focus": self.budget.focus,
                "version": fairaudit.__version__,
            }
        )

    @property
    def new_speakers(self) -> int:
        """Number of speakers to record in all cohorts."""
        return sum(cohort.new_speakers for cohort in self.cohorts)

    def to_dict(self) -> CollectionDoc:
        """Return the plan as a JSON-compatible dictionary."""
        return {
            "title": self.title,
            "rate": self.rate.label,
            "unit": self.rate.unit,
            "exposure": self.rate.exposure,
            "sampling_unit": self.sampling_unit,
            "overall": {"speakers": self.speakers, "unknown_speakers": self.unknown_speakers},
            "budget": self.budget.amount,
            "counts_speakers": self.budget.cost_speaker == 1 and not self.budget.cost_utterance,
            "spent": self.spent,
            "cohorts": [cohort.to_dict() for cohort in self.cohorts],
            "widest": self.widest,
            "expected_widest": self.expected_widest,
            "bottom": self.bottom,
            "signature": self.signature,
        }

    def to_frame(self) -> pd.DataFrame:
        """Return the cohorts as a table, with a column for each end of an interval, and the signature."""
        import pandas as pd

        rows = pd.DataFrame([cohort.to_dict() for cohort in self.cohorts])
        rows["speakers"] = pd.Series([cohort.speakers for cohort in self.cohorts], dtype=object)  # whole, or missing
        return rows.assign(signature=self.signature)

    def __repr__(self) -> str:
        widths = f"±{self.widest:.0%} to ±{self.expected_widest:.0%}"
        return f"<CollectionPlan for {self.title}: {self.new_speakers} more speakers, widest interval {widths}>"
