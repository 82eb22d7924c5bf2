"""The types of ``cohorts.json``: frozen cohorts as JSON. The shipped schema ``cohorts`` describes the same."""

from typing import Any, Literal, NotRequired, TypedDict

__all__ = ["CohortsDoc", "GroupDoc", "ModelDoc"]


class GroupDoc(TypedDict):
    """Cohorts that a search named together, and their words."""

    cohort_ids: list[int]
    description: str


class ModelDoc(TypedDict):
    """A frozen set of cohorts; ``rule`` has a ``kind`` and what a rule of that kind needs."""

    method: str
    title: str
    settings: dict[str, Any]
    keys: list[str]
    one_per_speaker: bool
    rule: dict[str, Any]
    bottom: GroupDoc | None
    top: GroupDoc | None
    found_on: NotRequired[list[str]]


class CohortsDoc(TypedDict):
    """What ``cohorts.json`` holds."""

    version: Literal[1]
    signature: str
    models: list[ModelDoc]
