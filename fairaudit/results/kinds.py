"""The kinds of results, and their documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fairaudit.core.errors import UsageError

if TYPE_CHECKING:
    from fairaudit.results.audit import Audit
    from fairaudit.results.board import Board
    from fairaudit.results.comparison import Comparison
    from fairaudit.results.documents import AnyDoc
    from fairaudit.results.gate import GateResult
    from fairaudit.results.history import History

    Result = Audit | Board | Comparison | GateResult | History

__all__ = ["document_of"]


def document_of(result: Result | AnyDoc, *, unredacted: bool = False) -> AnyDoc:
    """Return the document of a result. A document is returned unchanged.

    Parameters
    ----------
    result
        A result or its document.
    unredacted
        Whether to keep numbers of fewer than 11 speakers. This has no effect on a document.

    Raises
    ------
    UsageError
        If the argument is neither a result nor a document.
    """
    if isinstance(result, Mapping):
        return result
    # Documents need no pandas, which these import
    from fairaudit.results.audit import Audit
    from fairaudit.results.board import Board
    from fairaudit.results.comparison import Comparison
    from fairaudit.results.gate import GateResult
    from fairaudit.results.history import History

    if isinstance(result, Audit | Board | Comparison):
        return result.to_dict(unredacted=unredacted)
    if isinstance(result, GateResult | History):
        return result.to_dict()
    raise UsageError(
        "a result must be an audit, a board, a comparison, a gate, a history or a document from fairaudit.read_result, "
        f"not {type(result).__name__}"
    )
