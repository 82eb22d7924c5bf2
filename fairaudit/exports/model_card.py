"""Write the cohorts of an audit for a model card: ``model-index`` in YAML for Hugging Face, and Markdown tables."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from fairaudit.core.rate import TEACHER
from fairaudit.report.text.markdown import escaped, markdown_table
from fairaudit.report.views.cohort_tables import cohort_table
from fairaudit.report.words.rates import of_teacher, rate_words
from fairaudit.report.words.sentences import intervals

if TYPE_CHECKING:
    from fairaudit.report.words.units import Unit
    from fairaudit.results.documents import AuditDoc, CohortDoc, OverallDoc

__all__ = ["cohorts_markdown", "model_index"]


def model_index(audit: AuditDoc, name: str) -> str:
    """Return the overall rate and the rate of every tested cohort as metrics, in percent or in the unit of the rate.

    Parameters
    ----------
    audit
        Content of ``audit.json`` (schema version 1 or 2).
    name
        Name of the model.

    Returns
    -------
    str
        YAML whose texts are double-quoted as in JSON. ``config`` holds the signature, ``args`` the cohort.
    """
    dataset = ", ".join(str(entry["name"]) for entry in audit["inputs"])
    lines = [
        "model-index:",
        f"- name: {_quoted(name)}",
        "  results:",
        "  - task:",
        '      type: "automatic-speech-recognition"',
        "    dataset:",
        f"      name: {_quoted(dataset)}",
        '      type: "custom"',
        "    metrics:",
    ]
    overall = audit["overall"]
    lines += _metric(audit, overall, {"cohort": "all speakers"})
    for discovery in audit["discoveries"]:
        for cohort in discovery["cohorts"]:
            if cohort["tested"]:
                args = {"cohort": cohort["description"] or cohort["label"], "search": discovery["title"]}
                lines += _metric(audit, cohort, args | {"measured_on": discovery["measured_on"]})
    return "\n".join(lines) + "\n"


def _metric(audit: AuditDoc, measured: OverallDoc | CohortDoc, args: Mapping[str, str]) -> Iterator[str]:
    rate = measured["rate"]
    if rate is None:
        return
    kind = TEACHER if of_teacher(audit["signature"]) else audit["rate"]  # which no leader board takes for an error rate
    yield f"    - type: {_quoted(kind)}"
    yield f"      name: {_quoted(rate_words(audit) + ', ' + args['cohort'])}"
    unit = rate_words(audit).unit
    yield f"      value: {unit.factor * rate:.{_digits(unit, rate)}f}"
    yield f"      config: {_quoted(audit['signature'])}"
    yield "      args:"
    args = args if unit.is_share else {**args, "unit": unit.name}
    for key, value in args.items():
        yield f"        {key}: {_quoted(value)}"
    if measured["speakers"] is not None:
        yield f"        {rate_words(audit).people}: {measured['speakers']}"
    if measured["interval"] is not None:
        low, high = (f"{unit.factor * end:.{_digits(unit, rate)}f}" for end in measured["interval"])
        yield f"        interval: [{low}, {high}]"


def _digits(unit: Unit, rate: float) -> int:
    """Return one digit more than a page prints."""
    return unit.digits(rate) + 1


def cohorts_markdown(audit: AuditDoc) -> str:
    """Return one Markdown table of cohorts per search, with speakers and intervals."""
    rate, parts = rate_words(audit), []
    for discovery in audit["discoveries"]:
        table = cohort_table(discovery, rate).only(("cohort", "rate", "interval", "speakers", "p", "result"))
        parts.append(f"### {escaped(table.caption)}\n\n{markdown_table(table)}")
    return "\n\n".join([*parts, escaped(intervals(audit)), f"`{audit['signature'].replace('`', '')}`"]) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=True)
