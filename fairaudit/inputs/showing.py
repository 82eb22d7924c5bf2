"""Show a log in a notebook."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from fairaudit.core.columns import SPEAKER

if TYPE_CHECKING:
    from fairaudit.inputs.log import UtteranceLog

__all__ = ["log_html"]


def log_html(log: UtteranceLog) -> str:
    """Return the numbers of a log as a table of HTML."""
    totals, quality = log.totals, log.quality
    facts = {
        "utterances": f"{len(log):,}",
        "speakers": log.speakers,
        **{name: f"{number:,}" for name, number in totals.items() if name != SPEAKER},
        "quarantined rows": f"{quality.rows_quarantined:,}",
        **({"rows left out": f"{quality.rows_left_out:,}"} if log.settings.get("where") else {}),
        "columns": ", ".join(log.columns),
    }
    rows = "".join(f'<tr><th scope="row">{name}</th><td>{escape(fact)}</td></tr>' for name, fact in facts.items())
    return f"<table><caption>Utterance log</caption><tbody>{rows}</tbody></table>"
