"""Read result files such as ``audit.json`` and ``comparison.json``, and raise if they are not valid."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Literal, cast, overload

from fairaudit.core.errors import InputError, UsageError
from fairaudit.core.recognise import documents, read_document
from fairaudit.results.rates import rate_of_document
from fairaudit.results.schema import problems, shipped_schema

if TYPE_CHECKING:
    from typing_extensions import TypeIs

    from fairaudit.results.documents import (
        AnyDoc,
        AuditDoc,
        BoardDoc,
        CohortNameDoc,
        ComparisonDoc,
        GateDoc,
        HistoryDoc,
        ModelDoc,
        ResultDoc,
    )

__all__ = [
    "RESULTS",
    "REVIEWABLE",
    "audit_schema",
    "cohort_names",
    "is_audit",
    "is_board",
    "is_comparison",
    "is_gate",
    "is_history",
    "kind_of",
    "read_audit",
    "read_kind",
    "read_result",
    "reviewable",
    "validate_audit",
    "validate_comparison",
]

#: Kinds of results, and those that rules can be checked against.
RESULTS: Final = ("audit", "comparison", "gate", "history", "board")
REVIEWABLE: Final = ("audit", "comparison", "history")
#: Kinds of results that are about one rate.
_WITH_RATE: Final = ("audit", "comparison", "history", "board")


def is_comparison(result: AnyDoc) -> TypeIs[ComparisonDoc]:
    """Whether a result is a comparison, according to its ``kind``; audits have no ``kind``."""
    return result.get("kind") == "comparison"


def is_board(result: AnyDoc) -> TypeIs[BoardDoc]:
    """Whether a result is a board of several systems."""
    return result.get("kind") == "board"


def is_audit(result: AnyDoc) -> TypeIs[AuditDoc]:
    """Whether a result is an audit, which has no ``kind``."""
    return "kind" not in result


def is_gate(result: AnyDoc) -> TypeIs[GateDoc]:
    """Whether a result is the result of a gate."""
    return result.get("kind") == "gate"


def is_history(result: AnyDoc) -> TypeIs[HistoryDoc]:
    """Whether a result is a history."""
    return result.get("kind") == "history"


def kind_of(document: AnyDoc) -> Literal["audit", "board", "comparison", "gate", "history"]:
    """Return the kind of a document.

    Examples
    --------
    >>> kind_of({"kind": "gate"})
    'gate'
    """
    kind = document.get("kind", "audit")
    if kind == "board" or kind == "comparison" or kind == "gate" or kind == "history":
        return kind
    return "audit"


def reviewable(document: AnyDoc) -> ResultDoc | HistoryDoc:
    """Return a document if rules can be checked against it, and raise otherwise.

    Raises
    ------
    UsageError
        If the document is a board or the result of a gate.
    """
    if (kind := kind_of(document)) not in REVIEWABLE:
        raise UsageError(f"rules are checked against {documents(REVIEWABLE)}; this is {documents([kind])}")
    return cast("ResultDoc | HistoryDoc", document)


def audit_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of ``audit.json``, schema versions 1 and 2."""
    return shipped_schema("audit")


def read_audit(path: str | os.PathLike[str]) -> AuditDoc:
    """Read an ``audit.json``.

    Raises
    ------
    InputError
        If the file is not JSON or not an audit.
    """
    return validate_audit(read_document(path, ["audit"]))


def read_result(path: str | os.PathLike[str], kinds: Sequence[str] = RESULTS) -> AnyDoc:
    """Read the JSON file of an audit, a comparison, a gate, a history or a board.

    Parameters
    ----------
    path
        An ``audit.json``, ``comparison.json``, ``gate.json``, ``history.json`` or ``board.json``, under any name.
    kinds
        Kinds that are accepted, such as ``["audit", "history"]``; by default, all.

    Returns
    -------
    dict
        The document, as described by the shipped schema of its kind. :func:`fairaudit.render_html`,
        :func:`fairaudit.save` and :func:`fairaudit.gate` accept it instead of the result.

    Raises
    ------
    InputError
        If the file is of another kind, or damaged; the message says what it is, or describes the first problem.

    Examples
    --------
    >>> import tempfile, fairaudit
    >>> from fairaudit.samples import make_sample
    >>> audit = fairaudit.audit(make_sample(speakers=200).log, methods="named", by="device", permutations=19)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     files = fairaudit.save(audit, folder)
    ...     read_result(files[-1])["rate"]
    'wer'
    """
    content = read_document(path, kinds)
    if content.get("kind") is None:
        return validate_audit(content)
    document: BoardDoc | ComparisonDoc | GateDoc | HistoryDoc = _validated(content["kind"], content)
    return document


@overload
def read_kind(path: str | os.PathLike[str], kind: Literal["comparison"]) -> ComparisonDoc: ...


@overload
def read_kind(path: str | os.PathLike[str], kind: Literal["gate"]) -> GateDoc: ...


@overload
def read_kind(path: str | os.PathLike[str], kind: Literal["history"]) -> HistoryDoc: ...


def read_kind(
    path: str | os.PathLike[str], kind: Literal["comparison", "gate", "history"]
) -> ComparisonDoc | GateDoc | HistoryDoc:
    """Read a ``comparison.json``, ``gate.json`` or ``history.json``.

    Parameters
    ----------
    path
        The file.
    kind
        ``"comparison"``, ``"gate"`` or ``"history"``.

    Raises
    ------
    InputError
        If the file is not of this kind.
    """
    document: ComparisonDoc | GateDoc | HistoryDoc = _validated(kind, read_document(path, [kind]))
    return document


def validate_audit(audit: Any) -> AuditDoc:
    """Check that something read from JSON has the structure of an audit.

    Parameters
    ----------
    audit
        The parsed JSON.

    Raises
    ------
    InputError
        If the structure is wrong; the message describes the first problem.

    Examples
    --------
    >>> validate_audit({"schema_version": 7})
    Traceback (most recent call last):
    ...
    fairaudit.core.errors.InputError: audit: schema_version is 7; this fairaudit reads 1 and 2
    """
    document: AuditDoc = _validated("audit", audit, _histogram_problems)
    return document


def validate_comparison(comparison: Any) -> ComparisonDoc:
    """Check that something read from JSON has the structure of a comparison.

    Parameters
    ----------
    comparison
        The parsed JSON.

    Raises
    ------
    InputError
        If the structure is wrong; the message describes the first problem.
    """
    document: ComparisonDoc = _validated("comparison", comparison)
    return document


def _validated(kind: str, content: Any, *further: Callable[[Any], Iterable[str]]) -> Any:
    """Return content that fits the schema of its kind, untyped; callers declare the type that the schema describes."""
    if not isinstance(content, Mapping):
        raise InputError(f"{kind}: the document is not a JSON object")
    version = content.get("schema_version", 1)
    read = (1, 2) if kind == "audit" else (1,)
    if isinstance(version, bool) or version not in read:
        raise InputError(f"{kind}: schema_version is {version!r}; this fairaudit reads {' and '.join(map(str, read))}")
    checks = (*further, *((_rate_problems,) if kind in _WITH_RATE else ()))
    all_problems = chain(problems(content, shipped_schema(kind), kind), *(check(content) for check in checks))
    for problem in all_problems:
        raise InputError(problem)
    return content


def _rate_problems(document: AuditDoc | BoardDoc | ComparisonDoc | HistoryDoc) -> Iterator[str]:
    """Yield a rate that nobody could compute again, because it is neither built in nor defined."""
    try:
        rate_of_document(document)
    except InputError as error:
        yield str(error)


def _histogram_problems(audit: AuditDoc) -> Iterator[str]:
    """Yield histograms whose numbers of bars and edges do not match, which a JSON Schema cannot express."""
    for i, discovery in enumerate(audit["discoveries"]):
        histogram = discovery["null"]["histogram"] if discovery["null"] else {"edges": [0], "counts": []}
        edges, counts = len(histogram["edges"]), len(histogram["counts"])
        if edges != counts + 1:
            yield f"audit.discoveries[{i}].null.histogram has {counts} counts and {edges} edges; expected one edge more"


def cohort_names(model: ModelDoc) -> dict[int, CohortNameDoc]:
    """Return the names of the cohorts of a frozen model, as given by its rule.

    Parameters
    ----------
    model
        An entry of ``models`` in ``history.json`` or ``cohorts.json``.

    Returns
    -------
    dict
        ``{"label", "description"}`` of each cohort, by id.
    """
    from fairaudit.cohorts.model import CohortModel  # reading other documents needs no rules

    rule = CohortModel.from_dict(model).rule
    return {c: {"label": rule.label(c), "description": rule.describe(c)} for c in range(rule.n_cohorts)}
