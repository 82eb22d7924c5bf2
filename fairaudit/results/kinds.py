"""Every kind of result, and its document."""

from __future__ import annotations

from collections.abc import Mapping

from fairaudit.core.errors import UsageError
from fairaudit.results.audit import Audit
from fairaudit.results.comparison import Comparison
from fairaudit.results.documents import AnyDoc
from fairaudit.results.gate import GateResult
from fairaudit.results.history import History

__all__ = ["Result", "document_of"]

Result = Audit | Comparison | GateResult | History


def document_of(result: Result | AnyDoc, *, unredacted: bool = False) -> AnyDoc:
    """Give the document of a result; a document that was read back is given as it is.

    Parameters
    ----------
    result
        A result or its document.
    unredacted
        Keep the figures of fewer than 11 speakers. A document holds what it was written with.

    Raises
    ------
    UsageError
        If it is neither.
    """
    if isinstance(result, Audit):
        return result.to_dict(unredacted=unredacted)
    if isinstance(result, Comparison):
        return result.to_dict(unredacted=unredacted)
    if isinstance(result, GateResult | History):
        return result.to_dict()
    if isinstance(result, Mapping):
        return result
    raise UsageError(
        "a result is an audit, a comparison, a gate or a history, or what fairaudit.read_result gives, "
        f"not {type(result).__name__}"
    )
