"""Check rules against a result. Nothing here needs pandas, so that a gate in a pipeline answers at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fairaudit.core.settings import HUMAN, kind_of
from fairaudit.gating import judge, judge_history
from fairaudit.gating.subjects import without_people
from fairaudit.results.gate_rules import allows_pseudo, rules_from
from fairaudit.results.kinds import document_of
from fairaudit.results.origin import scoring_of
from fairaudit.results.reading import is_history, reviewable

if TYPE_CHECKING:
    from fairaudit.results.documents import AnyDoc
    from fairaudit.results.gate import GateResult
    from fairaudit.results.kinds import Result

__all__ = ["gate"]


def gate(result: Result | AnyDoc, rules: Mapping[str, Any]) -> GateResult:
    """Check rules against an audit, a comparison or the newest release of a history.

    Parameters
    ----------
    result
        An audit, a comparison or a history, or its document as :func:`fairaudit.read_result` gives it. A change in a
        history is that from the release before to the newest one; its interval is composed of those of the two rates.
    rules
        Limit by rule (:data:`fairaudit.results.gate_rules.RULES`): a number, ``"0.2,upper,warn"``, or a table with
        ``limit``, ``end`` and ``insufficient``. ``"allow-pseudo": True`` lets a result pass whose references are
        those of a teacher model; otherwise it is insufficient evidence, whatever its numbers are.

    Returns
    -------
    GateResult
        Its ``verdict`` is ``pass``, ``fail`` or ``insufficient evidence``.

    Raises
    ------
    UsageError
        If there is no rule, one is unknown, or one needs another kind of result.
    InputError
        If a rule is about changes, and the two newest releases of a history are of the same log.

    Examples
    --------
    >>> import fairaudit
    >>> from fairaudit.samples import make_sample
    >>> rows = make_sample(speakers=200).log
    >>> comparison = fairaudit.compare(rows, rows.assign(hypothesis=rows["hypothesis"] + " uh"))
    >>> gate(comparison, {"non-inferiority": "1%"}).verdict
    'fail'
    """
    content = reviewable(document_of(result))
    parsed, allowed = rules_from(rules, "rules"), allows_pseudo(rules)
    judged = judge_history(content, parsed) if is_history(content) else judge(content, parsed)
    return judged if allowed or kind_of(scoring_of(content)) == HUMAN else without_people(judged)
