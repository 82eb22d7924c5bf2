"""What a release review shows beside an audit: checked rules, the comparison with the baseline, all releases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from fairaudit.core.errors import UsageError
from fairaudit.core.settings import ScoringDoc, require_alike
from fairaudit.core.verdicts import Outcome
from fairaudit.report.views.tables import file_name
from fairaudit.report.words.wording import plain
from fairaudit.results.origin import release_scoring, same_log, scoring_of
from fairaudit.results.rates import rate_of_document

if TYPE_CHECKING:
    from fairaudit.report.views.comparison import ComparisonView
    from fairaudit.report.views.gate import GateView
    from fairaudit.report.views.history import HistoryView
    from fairaudit.results.comparison import Comparison
    from fairaudit.results.documents import AuditDoc, ComparisonDoc, FileDoc, GateDoc, HistoryDoc
    from fairaudit.results.gate import GateResult
    from fairaudit.results.history import History

__all__ = ["ALONE", "Beside", "ReleaseView", "release_view"]

_SIDES: Final = {"after": "candidate", "before": "baseline"}
#: What to do about a gate, by its verdict and the rules that did not pass.
_STEPS: Final = {
    Outcome.FAIL: "Do not release this as it is: it fails {rules}. The checks of each rule name the groups.",
    Outcome.INSUFFICIENT: "Collect what {rules} lacked, and check again; each check says what that is. Until then, "
    "nobody knows whether those groups meet the limits.",
    Outcome.PASS: "All rules are met. They say nothing about groups and limits that they do not name.",
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
    audited
        Which of the two recognisers the audit is of: ``"candidate"`` or ``"baseline"``; nothing without a comparison.
    """

    gates: tuple[GateView, ...]
    comparison: ComparisonView | None
    audited: str
    history: HistoryView | None

    @property
    def side(self) -> str:
        """Which of the two recognisers the audit is of, in a sentence."""
        return f"The rest of this page audits the {self.audited}." if self.audited else ""

    @property
    def caveats(self) -> tuple[str, ...]:
        """What a reader of the verdict must know: that it is not of the recogniser to be released."""
        if self.audited != _SIDES["before"]:
            return ()
        return ("Caution: this audit is of the baseline. Audit the candidate's log to decide about the candidate.",)

    @property
    def next_steps(self) -> tuple[str, ...]:
        """What to do about each gate."""
        return tuple(
            _STEPS[gate.verdict].format(rules=" and ".join(check.rule.partition(" ")[0] for check in gate.lacking))
            for gate in self.gates
        )

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
    InputError
        If the results were scored with different settings.
    """
    from fairaudit.report.views.comparison import comparison_view
    from fairaudit.report.views.gate import gate_view
    from fairaudit.report.views.history import history_view

    comparison, history = beside.comparison, beside.history
    _require_alike(beside, audit)
    return ReleaseView(
        gates=tuple(map(gate_view, beside.gates)),
        comparison=None if comparison is None else comparison_view(comparison),
        audited=_SIDES[_side(comparison, audit)] if comparison and audit else "",
        history=None if history is None else history_view(history),
    )


def _require_alike(beside: Beside, audit: AuditDoc | None) -> None:
    """Refuse other rates and settings, gates of another result, and histories without a release that is shown."""
    comparison, history = beside.comparison, beside.history
    shown = [result for result in (audit, comparison) if result is not None]
    others: list[ComparisonDoc | HistoryDoc] = [result for result in (comparison, history) if result is not None]
    for other in others:
        rate, expected = rate_of_document(other).signature, rate_of_document(shown[0]).signature
        if rate != expected:
            raise UsageError(f"the {other['kind']} is about rate {rate!r}, the page about {expected!r}")
    for gate in beside.gates:
        if gate["of"] == "history":
            raise UsageError("a gate that checked a history has a page of its own: fairaudit report gate.json")
        if gate["signature"] not in [result["signature"] for result in shown]:
            raise UsageError(f"a gate checked another {gate['of']} than the one shown: {plain(gate['signature'])}")
    scored = [*_scored(audit, comparison), *_releases(history)]
    for name, scoring in scored[1:]:
        require_alike(scored[0][1], scoring, (scored[0][0], name), advice="one page shows results of the same settings")
    files = [audit["inputs"]] if audit else []
    if comparison is not None:
        files += [comparison["inputs"]["before"], comparison["inputs"]["after"]]
    if history is not None and not any(
        same_log(release["inputs"], of) for release in history["releases"] for of in files
    ):
        names = ", ".join(plain(release["name"]) for release in history["releases"])
        raise UsageError(f"the history has no release with the files shown here; it has {names}")


def _scored(audit: AuditDoc | None, comparison: ComparisonDoc | None) -> Iterator[tuple[str, ScoringDoc]]:
    """Yield how the logs of an audit and of a comparison were scored, with their names."""
    if audit is not None:
        yield f"the audit of {_names(audit['inputs'])}", scoring_of(audit)
    if comparison is not None:
        inputs = comparison["inputs"]
        yield f"the comparison of {_names(inputs['before'])} and {_names(inputs['after'])}", scoring_of(comparison)


def _releases(history: HistoryDoc | None) -> Iterator[tuple[str, ScoringDoc]]:
    for release in history["releases"] if history else ():
        yield f"release {plain(release['name'])} ({_names(release['inputs'])})", release_scoring(release)


def _side(comparison: ComparisonDoc, audit: AuditDoc) -> str:
    """Which log of the comparison was audited: that of the same files and the same columns of them."""
    inputs = comparison["inputs"]
    sides = {"after": inputs["after"], "before": inputs["before"]}
    matching = [side for side, files in sides.items() if same_log(files, audit["inputs"])]
    audited, names = _logs(audit["inputs"]), {side: _logs(files) for side, files in sides.items()}
    if not matching:
        raise UsageError(
            f"the audit is of {audited}, but the comparison is of other files: {names['before']} and {names['after']}"
        )
    if len(matching) > 1:
        raise UsageError(
            f"both the baseline and the candidate are {audited}, and it is not known which of them was audited; audit "
            "and compare again with this version"
        )
    return matching[0]


def _names(files: Sequence[FileDoc]) -> str:
    return ", ".join(plain(file["name"]) for file in files)


def _logs(files: Sequence[FileDoc]) -> str:
    """Name files with the columns that are measured, because a file may hold several recognisers."""
    return ", ".join(map(file_name, files))
