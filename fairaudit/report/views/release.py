"""What a release review shows beside an audit: checked rules, the comparison with the baseline, all releases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from fairaudit.core.errors import UsageError
from fairaudit.report.views.comparison import ComparisonView, comparison_view
from fairaudit.report.views.gate import GateView, gate_view
from fairaudit.report.views.history import HistoryView, history_view
from fairaudit.report.words.wording import plain
from fairaudit.results.documents import AuditDoc, ComparisonDoc, FileDoc, GateDoc, HistoryDoc
from fairaudit.results.rates import rate_of_document

if TYPE_CHECKING:
    from fairaudit.results.comparison import Comparison
    from fairaudit.results.gate import GateResult
    from fairaudit.results.history import History

__all__ = ["ALONE", "Beside", "ReleaseView", "release_view"]

_SIDES: Final = {
    "after": "The rest of this page audits the candidate.",
    "before": "The rest of this page audits the baseline.",
}


@dataclass(frozen=True)
class Beside:
    """What is known about a release besides its audit.

    Attributes
    ----------
    comparison
        What ``comparison.json`` holds.
    gates
        What each ``gate.json`` holds.
    history
        What ``history.json`` holds.
    """

    comparison: ComparisonDoc | None = None
    gates: Sequence[GateDoc] = ()
    history: HistoryDoc | None = None

    @classmethod
    def of(
        cls,
        comparison: Comparison | None = None,
        gates: Sequence[GateResult] = (),
        history: History | None = None,
        *,
        unredacted: bool = False,
    ) -> Self:
        """Take it from results instead of files."""
        return cls(
            comparison=None if comparison is None else comparison.to_dict(unredacted=unredacted),
            gates=[gate.to_dict() for gate in gates],
            history=None if history is None else history.to_dict(),
        )


#: An audit by itself.
ALONE: Final = Beside()


@dataclass(frozen=True)
class ReleaseView:
    """Everything printed about a release besides its audit.

    Attributes
    ----------
    side
        Which of the two recognisers the audit is of, in a sentence.
    """

    gates: tuple[GateView, ...]
    comparison: ComparisonView | None
    side: str
    history: HistoryView | None

    @property
    def redacted(self) -> bool:
        """Whether figures of small cohorts are withheld."""
        return self.comparison is None or self.comparison.redacted


def release_view(beside: Beside, audit: AuditDoc | None = None) -> ReleaseView:
    """Turn what is known besides an audit into what is printed of it.

    Parameters
    ----------
    beside
        What is known.
    audit
        The audit; without one, a comparison is shown by itself.

    Raises
    ------
    UsageError
        If a file is about another log or another rate than the others.
    """
    comparison, history = beside.comparison, beside.history
    _require_alike(beside, audit)
    return ReleaseView(
        gates=tuple(map(gate_view, beside.gates)),
        comparison=None if comparison is None else comparison_view(comparison),
        side=_SIDES[_side(comparison, audit)] if comparison and audit else "",
        history=None if history is None else history_view(history),
    )


def _require_alike(beside: Beside, audit: AuditDoc | None) -> None:
    """Refuse another rate, gates of another result, and histories without a release that is shown."""
    comparison, history = beside.comparison, beside.history
    shown = [result for result in (audit, comparison) if result is not None]
    others: list[ComparisonDoc | HistoryDoc] = [result for result in (comparison, history) if result is not None]
    for other in others:
        rate, expected = rate_of_document(other).signature, rate_of_document(shown[0]).signature
        if rate != expected:
            raise UsageError(f"the {other['kind']} is about rate {rate!r}, the page about {expected!r}")
    for gate in beside.gates:
        if gate["signature"] not in [result["signature"] for result in shown]:
            raise UsageError(f"a gate checked another {gate['of']} than the one shown: {plain(gate['signature'])}")
    files = [audit["inputs"]] if audit else []
    if comparison is not None:
        files += [comparison["inputs"]["before"], comparison["inputs"]["after"]]
    known = [[*_hashes(of)] for of in files]
    if history is not None and not any([*_hashes(release["inputs"])] in known for release in history["releases"]):
        names = ", ".join(plain(release["name"]) for release in history["releases"])
        raise UsageError(f"the history has no release with the files shown here; it has {names}")


def _side(comparison: ComparisonDoc, audit: AuditDoc) -> str:
    """Which log of the comparison was audited, by its files; where both are of one file, by its rate."""
    inputs, overall = comparison["inputs"], comparison["overall"]
    sides = {"after": (inputs["after"], overall["after"]), "before": (inputs["before"], overall["before"])}
    matching = [side for side, (files, _) in sides.items() if [*_hashes(files)] == [*_hashes(audit["inputs"])]]
    if not matching:
        names = {side: ", ".join(plain(file["name"]) for file in files) for side, (files, _) in sides.items()}
        audited = ", ".join(plain(file["name"]) for file in audit["inputs"])
        raise UsageError(
            f"the audit is of {audited}, but the comparison is of other files: {names['before']} and {names['after']}"
        )
    rate = audit["overall"]["rate"] or 0.0
    return min(matching, key=lambda side: abs((sides[side][1] or 0.0) - rate))


def _hashes(files: Sequence[FileDoc]) -> Iterator[str]:
    yield from sorted(file["sha256"] for file in files)
