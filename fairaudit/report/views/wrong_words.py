"""What is printed of the words that go wrong for the groups of an audit."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

from fairaudit.core.verdicts import MeasuredOn
from fairaudit.report.views.tables import Field, Table, tabulate
from fairaudit.report.words.people import people
from fairaudit.report.words.units import SHARE
from fairaudit.report.words.wording import count, p_value, percent, plain
from fairaudit.results.documents import (
    AuditDoc,
    BecomesDoc,
    CommonInsertionDoc,
    CommonWordDoc,
    GapPartDoc,
    GapPartsDoc,
    GroupWordsDoc,
    InsertedDoc,
    OverallBecomesDoc,
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
    names = _Names.of(audit)
    one, many, who = names.one, names.many, names.who
    wrong = f"A {one} is wrong if it is substituted or deleted."
    if words is not None and (overall := words.get("overall")) is not None:
        method = (
            f"{wrong} A {one} is listed if at least 11 {who} say it, and a text if it is inserted for at least 11. "
            f"Nothing was tested. {names.digits} are left out."
        )
        return WrongWordsView((), _overall(overall, names), method)
    if words is None or not words["groups"]:
        return None
    groups = sorted(words["groups"], key=lambda group: group["title"] != first)
    method = (
        f"{wrong} {many.capitalize()} are listed if they are wrong more often than among the other {who} who say them. "
        f"p-values come from shuffled {who} and hold for all {many} of a group at once: if the group made no "
        f"difference, at most 5 of 100 lists would have a {one} in them. A {one} is compared if at least 11 {who} say "
        f"it in the group and 11 elsewhere. {who.capitalize()} with utterances in the group and elsewhere are compared "
        f"with themselves. {names.digits} are left out. Numbers of {who} are rounded down."
    )
    return WrongWordsView(tuple(_group(group, names) for group in groups), None, method)


class _Names(NamedTuple):
    """What is counted: one, many, two that follow each other, and those that are left out; and who says them."""

    one: str
    many: str
    phrases: str
    digits: str
    who: str

    @classmethod
    def of(cls, audit: AuditDoc) -> Self:
        unit = audit.get("scoring", {}).get("unit")
        if unit == "char":
            return cls("character", "characters", "pairs of characters", "Digits", people(audit))
        if unit == "mixed":
            return cls("word or character", "words and characters", "phrases", "Words with digits", people(audit))
        return cls("word", "words", "phrases", "Words with digits", people(audit))


def _group(group: GroupWordsDoc, names: _Names) -> GroupWordsView:
    title = plain(group["description"])
    if group["left_out_because"] is not None:
        why = f"{names.many.capitalize()} were not compared: {plain(group['left_out_because'])}."
        return GroupWordsView(title, why, "", "", None, None)
    among = f"all {names.who}" if group["measured_on"] == MeasuredOn.ALL else f"held-out {names.who}"
    tally = (
        f"{count(group['examined'])} {names.many}, {names.phrases} and inserted texts were compared among {among}; "
        f"{count(group['flagged'])} of them are wrong or inserted more often."
    )
    if group["withheld"]:
        tally += (
            f" Of these, {count(group['withheld'])} {'is' if group['withheld'] == 1 else 'are'} not listed: numbers of "
            f"fewer than 11 {names.who} would follow from them and what else is listed."
        )
    return GroupWordsView(
        title=title,
        tally=tally,
        parts="" if group["parts"] is None else _parts(group["parts"], names.many),
        short=_short(title, group["words"], names.many),
        words=_words(title, group, names) if group["words"] else None,
        inserted=_inserted(title, group, names) if group["inserted"] else None,
    )


def _parts(parts: GapPartsDoc, words: str) -> str:
    every = (parts["difference"], parts["same_words"], parts["harder_words"], parts["insertions"])
    is_rough = all(end == round(end, 2) for part in every for end in (part["value"], *part["interval"]))
    difference, same, harder, more = (_points(part, 0 if is_rough else 1) for part in every)
    return (
        f"The difference of the rates is {difference}. Of these, {same} are due to the same {words} being wrong more "
        f"often, {harder} to {words} that are harder on both sides, and {more} to inserted {words}."
    )


def _points(part: GapPartDoc, digits: int) -> str:
    return f"{SHARE.difference(part['value'], digits)} {SHARE.difference_span(part['interval'], least=digits)}"


def _percent(rate: float) -> str:
    return SHARE.value(rate, 0)


def _text(
    one: WrongWordDoc | CommonWordDoc | InsertedDoc | CommonInsertionDoc | BecomesDoc | OverallBecomesDoc,
) -> str:
    """Print a word or a text. A combining mark alone is put on a dotted circle, as in charts of Unicode."""
    text = plain(one["text"])
    return f"\u25cc{text}" if text and unicodedata.category(text[0]).startswith("M") else text


def _short(title: str, listed: Sequence[WrongWordDoc], words: str) -> str:
    if not listed:
        return ""
    first = ", ".join(
        f"“{_text(word)}” ({_percent(word['rate'])} against {_percent(word['rest_rate'])})" for word in listed[:_FEW]
    )
    return f"{words.capitalize()} that go wrong for {title}: {first}."


def _words(title: str, group: GroupWordsDoc, names: _Names) -> Table:
    speakers = f"{names.who.capitalize()}, at least"
    fields = (
        Field[WrongWordDoc]("word", names.one.capitalize(), _text, numeric=False),
        Field[WrongWordDoc]("rate", "Wrong", lambda word: _percent(word["rate"])),
        Field[WrongWordDoc]("rest", "Among others", lambda word: _percent(word["rest_rate"])),
        Field[WrongWordDoc]("becomes", "Becomes", _becomes, numeric=False),
        Field[WrongWordDoc]("speakers", speakers, lambda word: count(word["speakers_at_least"])),
        Field[WrongWordDoc]("p", "p", lambda word: p_value(word["p_adjusted"], group["permutations"])),
    )
    caption = (
        f"{names.many.capitalize()} that are wrong more often for {title}, those with the most excess errors first"
    )
    return tabulate(caption, fields, group["words"])


def _becomes(word: WrongWordDoc | CommonWordDoc) -> str:
    return ", ".join(f"{_text(heard) or '(left out)'} {_percent(heard['share'])}" for heard in word["becomes"])


def _inserted(title: str, group: GroupWordsDoc, names: _Names) -> Table:
    speakers = f"{names.who.capitalize()}, at least"
    fields = (
        Field[InsertedDoc]("text", "Text", _text, numeric=False),
        Field[InsertedDoc]("rate", f"Per 1,000 {names.many}", lambda text: f"{text['per_1000']:.1f}"),
        Field[InsertedDoc]("rest", "Among others", lambda text: f"{text['rest_per_1000']:.1f}"),
        Field[InsertedDoc]("speakers", speakers, lambda text: count(text["speakers_at_least"])),
        Field[InsertedDoc]("p", "p", lambda text: p_value(text["p_adjusted"], group["permutations"])),
    )
    return tabulate(f"Texts that are inserted more often for {title}", fields, group["inserted"])


def _overall(words: OverallWordsDoc, names: _Names) -> OverallWordsView:
    listed, inserted, many = words["words"], words["inserted"], names.many
    rest = max(0.0, 1 - words["share_words"] - words["share_insertions"])
    tally = (
        f"Of all errors, {_percent(words['share_words'])} are in the {count(words['examined'])} {many} that at least "
        f"11 {names.who} say, {_percent(rest)} in other {many}, and {_percent(words['share_insertions'])} are "
        "insertions."
    )
    first = ", ".join(f"“{_text(word)}” ({percent(word['share_of_errors'])})" for word in listed[:_FEW])
    fields = (
        Field[CommonWordDoc]("word", names.one.capitalize(), _text, numeric=False),
        Field[CommonWordDoc]("share", "Share of all errors", lambda word: percent(word["share_of_errors"])),
        Field[CommonWordDoc]("rate", "Wrong", lambda word: _percent(word["rate"])),
        Field[CommonWordDoc]("becomes", "Becomes", _becomes, numeric=False),
    )
    texts = (
        Field[CommonInsertionDoc]("text", "Text", _text, numeric=False),
        Field[CommonInsertionDoc]("rate", f"Per 1,000 {many}", lambda text: f"{text['per_1000']:.1f}"),
    )
    most = f"{many.capitalize()} with the most errors"
    return OverallWordsView(
        tally=tally,
        short=f"{most}, as shares of all errors: {first}." if listed else "",
        words=tabulate(most, fields, listed) if listed else None,
        inserted=tabulate("Texts that are inserted most often", texts, inserted) if inserted else None,
    )
