"""Types of the document of speaker verification."""

from typing import Literal, TypedDict

__all__ = ["GroupRatesDoc", "TrialRateDoc", "TrialsDoc"]


class TrialRateDoc(TypedDict):
    """An error rate with its 95 % interval, and the number of trials that it is of."""

    rate: float
    interval: list[float]
    trials: int


class GroupRatesDoc(TypedDict):
    """Error rates of a group; ``None`` where they are withheld or there are no such trials."""

    label: str
    speakers: int | None
    withheld: bool
    eer: TrialRateDoc | None
    fnmr: TrialRateDoc | None
    fmr: TrialRateDoc | None


class TrialsDoc(TypedDict):
    """Error rates of all trials, and of the groups of each column."""

    kind: Literal["trials"]
    schema_version: Literal[1]
    signature: str
    threshold: float
    overall: GroupRatesDoc
    groups: dict[str, list[GroupRatesDoc]]
    garbe: dict[str, float | None]
    notes: list[str]
