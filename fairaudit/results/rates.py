"""Rates in documents: which columns a rate is a ratio of, and how reports call it."""

from __future__ import annotations

from dataclasses import fields

from fairaudit.core.columns import ERRORS, WORDS
from fairaudit.core.counts import RATES, Rate
from fairaudit.results.documents import AuditDoc, ComparisonDoc, HistoryDoc, RateDoc

__all__ = ["rate_of_document", "rate_to_dict"]


def rate_to_dict(rate: Rate) -> RateDoc:
    """The ``rate_definition`` of a document."""
    return RateDoc(
        name=rate.name,
        numerator=rate.numerator,
        denominator=rate.denominator,
        label=rate.label,
        title=rate.title,
        errors=rate.errors,
        exposure=rate.exposure,
    )


def rate_of_document(document: AuditDoc | ComparisonDoc | HistoryDoc) -> Rate:
    """The rate of a document; one without a definition is of a built-in rate.

    Examples
    --------
    >>> rate_of_document({"rate": "cer"}).exposure
    'characters'
    """
    if "rate_definition" not in document:
        return RATES.get(document["rate"]) or Rate(document["rate"], ERRORS, WORDS)
    definition = document["rate_definition"]
    return Rate(**{member.name: definition[member.name] for member in fields(Rate)})  # type: ignore[literal-required]
