"""Where the numbers of a result come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from fairaudit.core.settings import ScoringDoc

if TYPE_CHECKING:
    from fairaudit.results.documents import FileDoc, QualityDoc, SideTableDoc, SkippedDoc

__all__ = ["Provenance"]


@dataclass(frozen=True)
class Provenance:
    """Origin of the numbers, which is copied to every output.

    Attributes
    ----------
    settings
        Settings for reading and scoring the log, for the signature.
    inputs
        ``{"name", "sha256", "rows"}`` of each file.
    quality
        ``rows_in``, ``rows_used``, ``rows_quarantined``, ``rows_left_out`` if conditions choose rows, ``by_code``,
        ``coercions``, ``notes``, ``caveats``.
    skipped
        ``{"method", "needs"}`` of each discoverer that could not run because inputs are missing.
    unasked
        Label columns that were searched although nobody asked for them.
    side_tables
        ``{"name", "sha256"}`` of each file that was joined with the log, and of each census, crosswalk or embedding
        file.
    scoring
        Settings that define the numbers, without the rate; see :attr:`fairaudit.inputs.UtteranceLog.scoring`.
    join_rates
        Share of the rows of the log that each joined file knows.
    """

    settings: Mapping[str, object]
    inputs: Sequence[FileDoc]
    quality: QualityDoc
    skipped: Sequence[SkippedDoc] = ()
    unasked: Sequence[str] = ()
    side_tables: Sequence[SideTableDoc] = ()
    scoring: ScoringDoc = field(default_factory=ScoringDoc)
    join_rates: Mapping[str, float | None] = field(default_factory=dict)

    def with_caveats(self, caveats: Iterable[str]) -> Self:
        """Add sentences that a reader of the verdict must know."""
        known = self.quality.get("caveats", [])
        quality: QualityDoc = {**self.quality, "caveats": [*dict.fromkeys([*known, *caveats])]}
        return replace(self, quality=quality)
