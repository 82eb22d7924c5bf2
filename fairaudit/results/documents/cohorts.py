"""Types of ``cohorts.json``, as described by the shipped schema ``cohorts``."""

from typing import Any, Literal, NotRequired, TypedDict

from fairaudit.core.privacy import ReportableDoc
from fairaudit.core.settings import ScoringDoc

__all__ = ["CohortsDoc", "GroupDoc", "ModelDoc"]


class GroupDoc(TypedDict):
    """A group of cohorts, and its description."""

    cohort_ids: list[int]
    description: str


class ModelDoc(TypedDict):
    """A frozen set of cohorts; ``rule`` has a ``kind`` and the content of a rule of that kind."""

    method: str
    title: str
    settings: dict[str, Any]
    keys: list[str]
    one_per_speaker: bool
    rule: dict[str, Any]
    bottom: GroupDoc | None
    top: GroupDoc | None
    found_on: NotRequired[list[str]]
    scoring: NotRequired[ScoringDoc]
    reportable: NotRequired[ReportableDoc]


class CohortsDoc(TypedDict):
    """Content of ``cohorts.json``."""

    version: Literal[1]
    signature: str
    models: list[ModelDoc]
