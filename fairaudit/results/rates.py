"""Convert definitions of rates to and from documents."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

from fairaudit.core.errors import InputError
from fairaudit.core.rate import RATES, Rate

if TYPE_CHECKING:
    from fairaudit.results.documents import AuditDoc, BoardDoc, ComparisonDoc, HistoryDoc, RateDoc

__all__ = ["rate_of_document", "rate_to_dict"]

_FIELDS: Final = {member.name for member in fields(Rate)} - {"parts"}


def rate_to_dict(rate: Rate) -> RateDoc:
    """Return the ``rate_definition`` of a document."""
    return {
        "name": rate.name,
        "numerator": rate.numerator,
        "denominator": rate.denominator,
        "label": rate.label,
        "title": rate.title,
        "errors": rate.errors,
        "exposure": rate.exposure,
        "unit": rate.unit,
    }


def rate_of_document(document: AuditDoc | BoardDoc | ComparisonDoc | HistoryDoc) -> Rate:
    """Return the rate of a document, which is built-in if the document has no definition of that name.

    Raises
    ------
    InputError
        If the document neither defines its rate nor names a built-in one.

    Examples
    --------
    >>> rate_of_document({"rate": "cer"}).exposure
    'characters'
    """
    definition = document.get("rate_definition")
    if definition is None or definition["name"] != document["rate"]:
        if document["rate"] not in RATES:
            raise InputError(f"the rate {document['rate']!r} is not built in, and 'rate_definition' does not define it")
        return RATES[document["rate"]]
    known: dict[str, Any] = {name: text for name, text in definition.items() if name in _FIELDS}
    return Rate(**known)
