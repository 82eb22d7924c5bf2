"""What is printed of the words that go wrong for the groups of an audit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fairaudit.core.verdicts import MeasuredOn
from fairaudit.report.views.tables import Field, Table, tabulate
from fairaudit.report.words.people import people
from fairaudit.report.words.units import SHARE
from fairaudit.report.words.wording import count, p_value, percent, plain
from fairaudit.results.documents import (
    AuditDoc,
    CommonInsertionDoc,
    CommonWordDoc,
    GapPartDoc,
    GapPartsDoc,
    GroupWordsDoc,
    InsertedDoc,
    OverallWordsDoc,
    WrongWordDoc,
)

__all__ = ["GroupWordsView", "OverallWordsView", "WrongWordsView", "wrong_words_view"]

#: Words of a sentence on a terminal.
_FEW = 6


@dataclass(frozen=True)
class GroupWordsView:
    """The words that go wrong for one group.

    Attributes
    ----------
    title
        The group.
    tally
        How many words were compared, and among whom; or why none were.
    parts
        What the gap is made of; nothing if it was not measured.
    short
        The first words, in a sentence; nothing if there are none.
    words, inserted
        Tables, if there is anything in them.
    """

    title: str
    tally: str
    parts: str
    short: str
    words: Table | None
    inserted: Table | None


@dataclass(frozen=True)
class OverallWordsView:
    """The words that most errors of a log without groups are in.

    Attributes
    ----------
    tally
        How much of the errors they are.
    short
        The first words, in a sentence; nothing if there are none.
    words, inserted
        Tables, if there is anything in them.
    """

    tally: str
    short: str
    words: Table | None
    inserted: Table | None


@dataclass(frozen=True)
class WrongWordsView:
    """The words that go wrong for the groups of an audit, the group of its verdict first, and how they were found.

    If there are no groups, they are those of all speakers.
    """

    groups: tuple[GroupWordsView, ...]
    overall: OverallWordsView | None
    method: str

    @property
    def short(self) -> tuple[str, ...]:
        """The first words, in sentences; some may be empty."""
        return tuple(one.short for one in (self.overall, *self.groups) if one is not None)


def wrong_words_view(audit: AuditDoc, first: str | None) -> WrongWordsView | None:
    """Turn ``wrong_words`` into what is printed of it; nothing if the log did not hold its words or no group is worse.

    Parameters
    ----------
    audit
        What ``audit.json`` holds.
    first
        Title of the search that the page opens with.
    """
    words = audit.get("wrong_words")
    who = people(audit)
    if words is not None and (overall := words.get("overall")) is not None:
        method = (
            "A word is wrong if it is substituted or deleted. Words and texts are listed if at least 11 "
            f"{who} have them. Nothing was tested. Words with digits are left out."
        )
        return WrongWordsView((), _overall(overall, who), method)
    if words is None or not words["groups"]:
        return None
    groups = sorted(words["groups"], key=lambda group: group["title"] != first)
    method = (
        "A word is wrong if it is substituted or deleted. Words are listed if they are wrong more often than among the "
        f"other {who} who say them. p-values come from shuffled {who} and hold for all words of a group at once: if "
        "the group made no difference, at most 5 of 100 lists would have a word in them. A word is compared if at "
        f"least 11 {who} say it in the group and 11 elsewhere. {who.capitalize()} with utterances in the group and "
        f"elsewhere are compared with themselves. Words with digits are left out. Numbers of {who} are rounded down."
    )
    return WrongWordsView(tuple(_group(group, who) for group in groups), None, method)


def _group(group: GroupWordsDoc, who: str) -> GroupWordsView:
    title = plain(group["description"])
    if group["left_out_because"] is not None:
        why = f"Words were not compared: {plain(group['left_out_because'])}."
        return GroupWordsView(title, why, "", "", None, None)
    listed = group["words"]
    among = f"all {who}" if group["measured_on"] == MeasuredOn.ALL else f"held-out {who}"
    tally = (
        f"{count(group['examined'])} words, phrases and inserted texts were compared among {among}; "
        f"{count(group['flagged'])} of them are wrong or inserted more often."
    )
    return GroupWordsView(
        title=title,
        tally=tally,
        parts="" if group["parts"] is None else _parts(group["parts"]),
        short=_short(title, listed),
        words=_words(title, group, who) if listed else None,
        inserted=_inserted(title, group, who) if group["inserted"] else None,
    )


def _parts(parts: GapPartsDoc) -> str:
    return (
        f"The difference of the rates is {_points(parts['difference'])}. Of these, {_points(parts['same_words'])} are "
        "due to the same words being wrong more often, "
        f"{_points(parts['harder_words'])} to words that are harder on both sides, and "
        f"{_points(parts['insertions'])} to inserted words."
    )


def _points(part: GapPartDoc) -> str:
    return f"{SHARE.difference(part['value'])} {SHARE.difference_span(part['interval'], least=1)}"


def _percent(rate: float) -> str:
    return SHARE.value(rate, 0)


def _short(title: str, words: Sequence[WrongWordDoc]) -> str:
    if not words:
        return ""
    listed = ", ".join(
        f"“{plain(word['text'])}” ({_percent(word['rate'])} against {_percent(word['rest_rate'])})"
        for word in words[:_FEW]
    )
    return f"Words that go wrong for {title}: {listed}."


def _words(title: str, group: GroupWordsDoc, who: str) -> Table:
    fields = (
        Field[WrongWordDoc]("word", "Word", lambda word: plain(word["text"]), numeric=False),
        Field[WrongWordDoc]("rate", "Wrong", lambda word: _percent(word["rate"])),
        Field[WrongWordDoc]("rest", "Among others", lambda word: _percent(word["rest_rate"])),
        Field[WrongWordDoc]("becomes", "Becomes", _becomes, numeric=False),
        Field[WrongWordDoc]("speakers", f"{who.capitalize()}, at least", lambda word: count(word["speakers_at_least"])),
        Field[WrongWordDoc]("p", "p", lambda word: p_value(word["p_adjusted"], group["permutations"])),
    )
    caption = f"Words that are wrong more often for {title}, those with the most excess errors first"
    return tabulate(caption, fields, group["words"])


def _overall(words: OverallWordsDoc, who: str) -> OverallWordsView:
    listed = words["words"]
    rest = max(0.0, 1 - words["share_words"] - words["share_insertions"])
    tally = (
        f"Of all errors, {_percent(words['share_words'])} are in the {count(words['examined'])} words that at least 11 "
        f"{who} say, {_percent(rest)} in other words, and {_percent(words['share_insertions'])} are insertions."
    )
    first = ", ".join(f"“{plain(word['text'])}” ({percent(word['share_of_errors'])})" for word in listed[:_FEW])
    fields = (
        Field[CommonWordDoc]("word", "Word", lambda word: plain(word["text"]), numeric=False),
        Field[CommonWordDoc]("share", "Share of all errors", lambda word: percent(word["share_of_errors"])),
        Field[CommonWordDoc]("rate", "Wrong", lambda word: _percent(word["rate"])),
        Field[CommonWordDoc]("becomes", "Becomes", _becomes, numeric=False),
    )
    texts = (
        Field[CommonInsertionDoc]("text", "Text", lambda text: plain(text["text"]), numeric=False),
        Field[CommonInsertionDoc]("rate", "Per 1,000 words", lambda text: f"{text['per_1000']:.1f}"),
    )
    inserted = words["inserted"]
    return OverallWordsView(
        tally=tally,
        short=f"Words with the most errors, as shares of all errors: {first}." if listed else "",
        words=tabulate("Words with the most errors", fields, listed) if listed else None,
        inserted=tabulate("Texts that are inserted most often", texts, inserted) if inserted else None,
    )


def _becomes(word: WrongWordDoc | CommonWordDoc) -> str:
    return ", ".join(f"{plain(heard['text']) or '(left out)'} {_percent(heard['share'])}" for heard in word["becomes"])


def _inserted(title: str, group: GroupWordsDoc, who: str) -> Table:
    fields = (
        Field[InsertedDoc]("text", "Text", lambda text: plain(text["text"]), numeric=False),
        Field[InsertedDoc]("rate", "Per 1,000 words", lambda text: f"{text['per_1000']:.1f}"),
        Field[InsertedDoc]("rest", "Among others", lambda text: f"{text['rest_per_1000']:.1f}"),
        Field[InsertedDoc]("speakers", f"{who.capitalize()}, at least", lambda text: count(text["speakers_at_least"])),
        Field[InsertedDoc]("p", "p", lambda text: p_value(text["p_adjusted"], group["permutations"])),
    )
    return tabulate(f"Texts that are inserted more often for {title}", fields, group["inserted"])
