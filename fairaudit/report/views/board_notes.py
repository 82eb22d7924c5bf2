"""Sentences of a board: what to be careful about, how many speakers were compared, and how to read the numbers."""

from __future__ import annotations

from collections.abc import Iterator

from fairaudit.core.text import search_name
from fairaudit.core.verdicts import BoardVerdict, MeasuredOn
from fairaudit.report.words.people import who_counts
from fairaudit.report.words.rates import RateWords
from fairaudit.report.words.sentences import unlisted
from fairaudit.report.words.wording import count, percent, plain
from fairaudit.results.documents import BoardDoc, BoardSetDoc

__all__ = ["aside", "cautions", "coverage", "notes"]


def cautions(board: BoardDoc) -> Iterator[str]:
    """Yield what is doubtful, with the systems whose logs it is about."""
    if board["insufficient_because"] and board["verdict"] != BoardVerdict.INSUFFICIENT:
        yield f"Caution: {plain(board['insufficient_because'])}."
    for one in board["sets"]:
        if one["found_on"]:
            yield (
                f"Caution: the groups of {search_name(one['title'])} were chosen on the log of "
                f"{', '.join(map(plain, one['found_on']))}, so part of the gap there is due to the choice."
            )
    yield from (f"Caution: {plain(caveat)}" for caveat in board["caveats"])
    of: dict[str, list[str]] = {}
    for system in board["systems"]:
        for caveat in system["quality"].get("caveats", ()):
            of.setdefault(plain(caveat), []).append(plain(system["name"]))
    for caveat, systems in of.items():
        whose = "" if len(systems) == len(board["systems"]) else f" ({', '.join(systems)})"
        yield f"Caution{whose}: {caveat}"


def coverage(one: BoardSetDoc, rate: RateWords) -> str:
    """Say how many speakers are in a tested group of a set."""
    share, name = percent(one.get("share_tested"), 0), search_name(one["title"])
    if one["measured_on"] == MeasuredOn.HELD_OUT:
        return (
            f"{name}: the groups were found on the errors of all systems together, and measured on "
            f"{count(one['speakers'])} other {rate.people} kept aside. {share} of these are in a tested group."
            f"{unlisted(one)}"
        )
    return f"{name}: {share} of the {rate.people} are in a tested group.{unlisted(one)}"


def aside(board: BoardDoc, rate: RateWords) -> str:
    """Say which groups are measured on some of the speakers only."""
    aside = [one for one in board["sets"] if one["measured_on"] == MeasuredOn.HELD_OUT]
    if not aside:
        return ""
    which = "" if len(aside) == len(board["sets"]) else f" of {', '.join(search_name(one['title']) for one in aside)}"
    return f" Groups{which} are measured on {count(aside[0]['speakers'])} {rate.people} kept aside."


def notes(board: BoardDoc, rate: RateWords) -> Iterator[str]:
    """Yield how to read intervals, ranks, gaps and ranges, and what is withheld."""
    yield (
        f"Intervals are by speaker. All intervals of the overall {rate} and its ratios hold at once at 95 %, and so do "
        f"all intervals of groups ({count(board['permutations'])} draws)."
    )
    yield (
        "An order is certain if the interval of the ratio of two systems does not include 1. Ranks are those that a "
        "system can have, given all certain orders; rank 1 is the lowest number."
    )
    if board["systems"][0]["gap"] is not None:
        yield (
            f"Gap: {rate} of a group over that of all others, for the group in which it is highest. Its interval "
            "holds whichever group that is. Two systems are compared by their highest groups, which may differ."
        )
        yield (
            f"Range: highest {rate} of a tested group over the lowest. By chance: its median if the true {rate} were "
            "the same in all groups. A range is never below 1, so it is no evidence of a difference by itself."
        )
    yield from _withheld(board)
    yield from who_counts(board)
    if not board["redacted"]:
        yield "Unredacted: this may include numbers for very small groups. Handle with care."


def _withheld(board: BoardDoc) -> Iterator[str]:
    """Say what is rounded or withheld because of groups that are."""
    groups = [group for one in board["sets"] for group in one["groups"]]
    without = any(
        system["gap"] is None and system["gap_interval"] is not None for group in groups for system in group["systems"]
    )
    if without or any(group["withheld_because"] for group in groups):
        yield (
            "Numbers of fewer than 11 speakers are withheld. Ratios of groups are therefore rounded, and intervals are "
            "rounded outwards: one that ends at 1 may belong to a certain order."
        )
    if without:
        yield "A gap is withheld if it would reveal numbers of the few speakers who are in no group of its set."
