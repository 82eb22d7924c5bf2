"""Record where numbers come from: the log, what became of its rows, and the side tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fairaudit.core.errors import without_settings
from fairaudit.core.files import sha256_of
from fairaudit.core.privacy import at_most, is_rounded
from fairaudit.results.provenance import Provenance

if TYPE_CHECKING:
    from fairaudit.api.side_tables import Features
    from fairaudit.inputs.log import UtteranceLog
    from fairaudit.inputs.tables import SideTable
    from fairaudit.results.documents import QualityDoc, SideTableDoc, SkippedDoc

__all__ = ["joined_files", "provenance_of", "quality_of", "side_tables_of"]


def _left_out(features: Features) -> dict[str, int]:
    """What the side tables held that could not be used, counted."""
    counts: dict[str, int] = {}
    for source in features.values():
        counts |= getattr(source, "changes", {})
    return {name: count for name, count in counts.items() if count}


def _caveats(features: Features) -> list[str]:
    """Faults of the side tables that a reader of the verdict must know."""
    return [caveat for source in features.values() for caveat in getattr(source, "caveats", ())]


def _tables(features: Features) -> list[SideTable]:
    """The side tables that were read."""
    return [table for source in features.values() for table in getattr(source, "tables", ())]


def side_tables_of(features: Features, side_files: Sequence[Path]) -> list[SideTableDoc]:
    """List the side tables: what they offer, what is used of it, and what is not and why.

    Parameters
    ----------
    features
        The sources of features, which know the tables that were read.
    side_files
        All side tables that are files; those that the log could not be joined with were not read.
    """
    read = _tables(features)
    names_read = {table.name for table in read}
    docs: list[SideTableDoc] = [
        {
            "name": table.name,
            "sha256": table.sha256,
            "used": list(table.used),
            "unused": [{"column": column, "reason": reason} for column, reason in table.unused.items()],
        }
        for table in read
    ]
    unread = [path for path in side_files if path.name not in names_read]
    return docs + [{"name": path.name, "sha256": sha256_of(path)} for path in unread]


def joined_files(log: UtteranceLog) -> list[SideTableDoc]:
    """List the files that were joined with a log when it was read."""
    return [
        {"name": join.name, "sha256": join.sha256, "used": [*join.columns], "unused": []} for join in log.quality.joins
    ]


def provenance_of(
    log: UtteranceLog,
    features: Features,
    skipped: Sequence[SkippedDoc],
    side_files: Sequence[Path],
    labels: Iterable[str] = (),
) -> Provenance:
    """Record where the numbers come from: the log, what became of its rows, and the side tables that were files.

    Parameters
    ----------
    log
        The log.
    features
        Sources of features by keys.
    skipped
        Searches that could not run.
    side_files
        Side tables that are files.
    labels
        Columns whose labels are used.
    """
    return Provenance(
        settings=log.settings,
        scoring=log.scoring,
        inputs=[
            {"name": file.name, "sha256": file.sha256, "rows": file.rows, "measured": [*file.measured]}
            for file in log.inputs
        ],
        side_tables=[*joined_files(log), *side_tables_of(features, side_files)],
        join_rates=log.quality.join_rates,
        quality=quality_of(log, features, labels),
        skipped=[{**entry, "needs": without_settings(entry["needs"])} for entry in skipped],
    )


def quality_of(log: UtteranceLog, features: Features, labels: Iterable[str]) -> QualityDoc:
    """Report what became of the rows of a log and of the cells of side tables, and what is doubtful in them.

    Parameters
    ----------
    log, features, labels
        As in :func:`provenance_of`.
    """
    quality = log.quality
    coercions = {
        kind: min(at_most(n), quality.rows_used) if is_rounded(kind) else n for kind, n in quality.coercions.items()
    }
    document: QualityDoc = {
        "rows_in": quality.rows_in,
        "rows_used": quality.rows_used,
        "rows_quarantined": quality.rows_quarantined,
        "by_code": dict(quality.by_code),
        "coercions": coercions | _left_out(features),
        "notes": [*quality.notes, *(note for table in _tables(features) for note in table.notes)],
        "caveats": [*quality.caveats, *log.shared_units, *_caveats(features), *log.label_caveats(labels)],
    }
    if log.settings.get("where"):
        document["rows_left_out"] = quality.rows_left_out
    return document
