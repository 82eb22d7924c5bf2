"""Check rules against a result. Nothing here needs pandas, so that a gate in a pipeline answers at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fairaudit.gating import judge
from fairaudit.results.documents import AnyDoc
from fairaudit.results.gate import GateResult
from fairaudit.results.gate_rules import rules_from
from fairaudit.results.kinds import document_of
from fairaudit.results.reading import reviewable

if TYPE_CHECKING:
    from fairaudit.results.kinds import Result

__all__ = ["gate"]


def gate(result: Result | AnyDoc, rules: Mapping[str, Any]) -> GateResult:
    """Check rules against an audit or a comparison.

    Parameters
    ----------
    result
        An audit or a comparison, or its document as :func:`fairaudit.read_result` gives it.
    rules
        Limit by rule (:data:`fairaudit.results.gate_rules.RULES`): a number, ``"0.2,upper,warn"``, or a table with
        ``limit``, ``end`` and ``insufficient``.

    Returns
    -------
    GateResult
        Its ``verdict`` is ``pass``, ``fail`` or ``insufficient evidence``.

    Raises
    ------
    UsageError
        If there is no rule, one is unknown, or one needs a comparison.

    Examples
    --------
    >>> import fairaudit
    >>> from fairaudit.samples import make_sample
    >>> rows = make_sample(speakers=200).log
    >>> comparison = fairaudit.compare(rows, rows.assign(hypothesis=rows["hypothesis"] + " uh"))
    >>> gate(comparison, {"non-inferiority": "1%"}).verdict
    'fail'
    """
    return judge(reviewable(document_of(result)), rules_from(rules, "rules"))
