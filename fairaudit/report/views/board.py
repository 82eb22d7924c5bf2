"""From a board to what is printed of it: every string of page, terminal, Markdown and LaTeX."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from fairaudit.core.verdicts import BoardVerdict
from fairaudit.report.views.audit_tables import side_columns_table, skipped_table, software_line
from fairaudit.report.views.board_notes import aside, cautions, coverage, notes
from fairaudit.report.views.board_tables import (
    Measure,
    board_files,
    gap_or_why_not,
    groups_table,
    pairs_table,
    ratio,
    ratio_of,
    ratio_span,
)
from fairaudit.report.views.cohort_tables import interval_words
from fairaudit.report.views.tables import Field, Table, tabulate
from fairaudit.report.words.people import size
from fairaudit.report.words.rates import RateWords, rate_words
from fairaudit.report.words.wording import DASH, count, plain
from fairaudit.results.documents import (
    BoardDoc,
    HighestDoc,
    Interval,
    SystemDoc,
)

__all__ = ["BoardView", "MeasureView", "SystemMark", "board_view"]

_TITLES: Final = {
    BoardVerdict.DIFFERENT: ("▲", "Systems differ"),
    BoardVerdict.NO_EVIDENCE: ("○", "No evidence that systems differ"),
    BoardVerdict.INSUFFICIENT: ("?", "Insufficient evidence"),
}


@dataclass(frozen=True)
class SystemMark:
    """What a plot draws of a system: a number with its interval, or nothing if it is not defined."""

    label: str
    value: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class MeasureView:
    """Everything printed about one number of all systems: what it is, a table, and what a plot draws.

    Attributes
    ----------
    axis
        Label of the axis of the plot.
    scale
        What numbers are multiplied by on it.
    """

    title: str
    note: str
    systems: Table
    marks: tuple[SystemMark, ...]
    axis: str
    scale: float


@dataclass(frozen=True)
class BoardView:
    """Everything printed about a board."""

    rate: RateWords
    verdict: BoardVerdict
    mark: str
    title: str
    sentence: str
    alignment: str
    caveats: tuple[str, ...]
    measures: tuple[MeasureView, ...]
    certain: tuple[str, ...]
    pairs: Table
    groups: tuple[Table, ...]
    lines: tuple[str, ...]
    notes: tuple[str, ...]
    systems: str
    redacted: bool
    inputs: Table
    skipped: Table | None
    side_columns: Table | None
    software: str
    signature: str


def board_view(board: BoardDoc) -> BoardView:
    """Turn a board (the contract of ``board.json``, schema version 1) into what is printed of it."""
    rate = rate_words(board)
    names = _measures(board, rate)
    mark, title = _TITLES[board["verdict"]]
    if board["sets"] and board["verdict"] == BoardVerdict.NO_EVIDENCE:  # overall rates may differ
        title = f"{title} by worst group or gap"
    return BoardView(
        rate=rate,
        verdict=board["verdict"],
        mark=mark,
        title=title,
        sentence=_sentence(board, names),
        alignment=_alignment(board),
        caveats=(*cautions(board),),
        measures=tuple(_MEASURES[measure](board, rate) for measure in names),
        certain=tuple(_certain(board, measure, name) for measure, name in names.items()),
        pairs=pairs_table(board["pairs"], names),
        groups=tuple(groups_table(one, rate) for one in board["sets"]),
        lines=tuple(coverage(one, rate) for one in board["sets"]),
        notes=(*notes(board, rate),),
        systems=", ".join(plain(system["name"]) for system in board["systems"]),
        redacted=board["redacted"],
        inputs=board_files(board),
        skipped=skipped_table(board["skipped"]),
        side_columns=side_columns_table(board["side_tables"]),
        software=software_line(board),
        signature=plain(board["signature"]),
    )


def _measures(board: BoardDoc, rate: RateWords) -> dict[Measure, str]:
    """Name what systems are compared by; groups are left out if none is tested."""
    names: dict[Measure, str] = {"overall": f"overall {rate}"}
    if board["systems"][0]["gap"] is not None:
        names |= {"worst": f"{rate} of the worst group", "gap": "gap"}
    return names


def _sure(board: BoardDoc, measure: Measure) -> list[tuple[str, str]]:
    """List the pairs whose order is certain: the system with the higher number, then the other."""
    pairs = [(pair, ratio_of(pair, measure)) for pair in board["pairs"]]
    return [
        (ratio["higher"], pair["other"] if ratio["higher"] == pair["system"] else pair["system"])
        for pair, ratio in pairs
        if ratio is not None and ratio["higher"] is not None
    ]


def _sentence(board: BoardDoc, names: dict[Measure, str]) -> str:
    if board["verdict"] == BoardVerdict.INSUFFICIENT:
        return f"The board cannot support a ranking by groups: {plain(board['insufficient_because'])}."
    *first, last = [f"{count(len(_sure(board, measure)))} by {name}" for measure, name in names.items()]
    counts = f"{', '.join(first)} and {last}" if first else last
    pairs = len(board["pairs"])
    of = "one pair" if pairs == 1 else f"{count(pairs)} pairs"
    lead = f"Of {of} of systems, the order is certain for {counts}."
    if board["verdict"] == BoardVerdict.NO_EVIDENCE:
        return f"{lead} Every other order could be due to chance."
    return lead


def _alignment(board: BoardDoc) -> str:
    alignment, overall = board["alignment"], board["overall"]
    lacking = [f"{plain(name)} lacks {count(n)}" for name, n in alignment["missing"].items() if n]
    left_out = [
        *lacking,
        *([f"{count(alignment['other_reference'])} have different references"] if alignment["other_reference"] else []),
        *([f"{count(alignment['other_speaker'])} have different speakers"] if alignment["other_speaker"] else []),
    ]
    rest = f" Left out: {', '.join(left_out)}." if left_out else ""
    of = size(board, f"{count(alignment['aligned'])} of {count(alignment['utterances'])} utterances are in all logs")
    return f"{count(len(board['systems']))} systems, {count(overall['speakers'])} {of}.{rest}"


def _sorted(board: BoardDoc, number: Callable[[SystemDoc], float | None]) -> list[SystemDoc]:
    """Sort systems by a number, the lowest first; those without one are last."""

    def key(system: SystemDoc) -> tuple[bool, float]:
        value = number(system)
        return value is None, value or 0.0

    return sorted(board["systems"], key=key)


def _overall(board: BoardDoc, rate: RateWords) -> MeasureView:
    systems = _sorted(board, lambda system: system["rate"])
    fields = (
        Field[SystemDoc]("cohort", "System", lambda system: plain(system["name"]), numeric=False),
        Field[SystemDoc]("rate", str(rate), lambda system: rate.unit.value(system["rate"])),
        Field[SystemDoc]("interval", "Interval", lambda system: rate.unit.span(system["interval"])),
        Field[SystemDoc]("ranks", "Rank", lambda system: _ranks(system["rank"])),
    )
    return MeasureView(
        title=f"Overall {rate}",
        note=f"{rate} over all {rate.people}.",
        systems=tabulate(f"Overall {rate} of every system, lowest first", fields, systems),
        marks=tuple(SystemMark(plain(s["name"]), s["rate"], _ends(s["interval"])) for s in systems),
        axis=f"{rate}, {rate.unit.name}",
        scale=rate.unit.factor,
    )


def _worst(board: BoardDoc, rate: RateWords) -> MeasureView:
    systems = _sorted(board, lambda system: system["worst"] and system["worst"]["value"])
    fields = (
        Field[SystemDoc]("cohort", "System", lambda system: plain(system["name"]), numeric=False),
        Field[SystemDoc]("group", "Worst group", lambda system: _group_of(system["worst"]), numeric=False),
        Field[SystemDoc]("rate", str(rate), lambda s: rate.unit.value(s["worst"] and s["worst"]["value"])),
        Field[SystemDoc]("interval", "Interval", lambda s: rate.unit.span(s["worst"] and s["worst"]["interval"])),
        Field[SystemDoc]("ranks", "Rank", lambda system: _ranks(system["worst"] and system["worst"]["rank"])),
    )
    return MeasureView(
        title=f"{rate} of the worst group",
        note=f"The highest {rate} of a tested group. The interval holds whichever group it is.{aside(board, rate)}",
        systems=tabulate(f"{rate} of the worst group under every system, lowest first", fields, systems),
        marks=tuple(_mark(system, system["worst"]) for system in systems),
        axis=f"{rate} of the worst group, {rate.unit.name}",
        scale=rate.unit.factor,
    )


def _gap(board: BoardDoc, rate: RateWords) -> MeasureView:
    systems = _sorted(board, lambda system: system["gap"] and system["gap"]["value"])
    fields = (
        Field[SystemDoc]("cohort", "System", lambda system: plain(system["name"]), numeric=False),
        Field[SystemDoc]("group", "Group", lambda system: _group_of(system["gap"]), numeric=False),
        Field[SystemDoc]("gap", "Gap", lambda system: _gap_of(system["gap"])),
        Field[SystemDoc]("interval", "Interval", lambda s: ratio_span(s["gap"] and s["gap"]["interval"])),
        Field[SystemDoc]("ranks", "Rank", lambda system: _ranks(system["gap"] and system["gap"]["rank"])),
        Field[SystemDoc]("range", "Range", lambda system: ratio(system["range"] and system["range"]["ratio"])),
        Field[SystemDoc]("ends", "Its interval", lambda s: ratio_span(s["range"] and s["range"]["interval"])),
        Field[SystemDoc]("chance", "By chance", lambda s: ratio(s["range"] and s["range"]["by_chance"])),
    )
    return MeasureView(
        title="Gap",
        note=(
            f"The {rate} of a group over that of all others, for the group in which it is highest.{aside(board, rate)}"
        ),
        systems=tabulate("Gap and range of every system, smallest gap first", fields, systems),
        marks=tuple(_mark(system, system["gap"]) for system in systems),
        axis=f"{rate} of the group over that of all others",
        scale=1.0,
    )


_MEASURES: Final[dict[Measure, Callable[[BoardDoc, RateWords], MeasureView]]] = {
    "overall": _overall,
    "worst": _worst,
    "gap": _gap,
}


def _ranks(ranks: Sequence[int] | None) -> str:
    """Print the ranks that a system can have; one number if there is only one."""
    return count(ranks[0]) if ranks is not None and ranks[0] == ranks[1] else interval_words(ranks)


def _mark(system: SystemDoc, highest: HighestDoc | None) -> SystemMark:
    if highest is None:
        return SystemMark(plain(system["name"]), None, None)
    return SystemMark(plain(system["name"]), highest["value"], _ends(highest["interval"]))


def _ends(interval: Interval) -> tuple[float, float] | None:
    return None if interval is None else (interval[0], interval[1])


def _gap_of(highest: HighestDoc | None) -> str:
    return DASH if highest is None else gap_or_why_not(highest["value"], highest["interval"])


def _group_of(highest: HighestDoc | None) -> str:
    return DASH if highest is None else plain(highest["description"] or DASH)


def _certain(board: BoardDoc, measure: Measure, name: str) -> str:
    """List the certain orders of one number, by the system with the lower one."""
    below: dict[str, list[str]] = {}
    for higher, lower in _sure(board, measure):
        below.setdefault(lower, []).append(higher)
    if not below:
        return f"No order of systems by {name} is certain."
    lists = (f"{plain(lower)} below {', '.join(map(plain, higher))}" for lower, higher in below.items())
    return f"Certain orders by {name}: {'; '.join(lists)}."
