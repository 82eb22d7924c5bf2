"""The numbers of a search that its verdict is about, read from its document."""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

from fairaudit.core.verdicts import strength

if TYPE_CHECKING:
    from fairaudit.results.documents import AdjustedSearchDoc, RescoredDoc, RescoredSideDoc, SearchDoc, SideDoc

__all__ = ["deciding_gap", "is_known", "strength_of"]


@overload
def deciding_gap(search: SearchDoc | AdjustedSearchDoc) -> SideDoc | None: ...
@overload
def deciding_gap(search: RescoredDoc) -> RescoredSideDoc | None: ...
def deciding_gap(search: SearchDoc | AdjustedSearchDoc | RescoredDoc) -> SideDoc | RescoredSideDoc | None:
    """Return the gap that the verdict is about: among all speakers if the groups are known, else among held-out ones.

    The search may also be adjusted, or rescored with a second normaliser.

    Examples
    --------
    >>> deciding_gap({"held_out": {"gap_relative": 0.2}})
    {'gap_relative': 0.2}
    """
    return search.get("all_speakers") or search["held_out"]


def is_known(discovery: SearchDoc) -> bool:
    """Whether the groups of a search are known beforehand, so that all speakers decide.

    Examples
    --------
    >>> is_known({"all_speakers": {"gap_relative": 0.2}}), is_known({"omnibus_p": None})
    (True, False)
    """
    return discovery.get("omnibus_p") is not None or discovery.get("all_speakers") is not None


def strength_of(discovery: SearchDoc) -> tuple[int, float, float]:
    """Return the sort key of a search, the one to report first lowest (:func:`fairaudit.core.verdicts.strength`)."""
    null = discovery["null"]
    usual = null["quantiles"].get("0.95") if null else None
    return strength(discovery["verdict"], discovery["p_value"], null["observed"] / usual if null and usual else None)
