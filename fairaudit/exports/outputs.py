"""The files of an audit: ``audit.json``, ``cohorts.json``, ``cohorts.csv``, ``audit.html`` ... whole or not at all."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fairaudit.cohorts import CohortModel, models_from_json, models_to_json
from fairaudit.core.errors import UsageError
from fairaudit.core.files import write_atomically
from fairaudit.core.text import csv_text
from fairaudit.results.audit import Audit
from fairaudit.results.audit_document import told_partitions

if TYPE_CHECKING:
    import pandas as pd

    from fairaudit.results.history import History

__all__ = [
    "cohorts_csv",
    "frame_csv",
    "memberships_csv",
    "memberships_parquet",
    "partitions_csv",
    "read_models",
    "save",
]

_INTERVALS: Final = ("interval", "rank_interval")


def save(
    audit: Audit,
    folder: str | os.PathLike[str],
    *,
    boundaries: Any = None,
    history: History | None = None,
    unredacted: bool = False,
) -> list[Path]:
    """Write an audit to a folder, every file whole or not at all, ``audit.json`` last.

    Parameters
    ----------
    audit
        The audit.
    folder
        Made if it is not there.
    boundaries
        Outlines to draw under maps.
    history
        Releases to draw on the page.
    unredacted
        Keep figures of fewer than 11 speakers.

    Returns
    -------
    list of Path
        The files written. All are rendered before the first is written.
    """
    from fairaudit.report import Beside, render_html

    content = audit.to_dict(unredacted=unredacted)
    texts = {
        "cohorts.json": models_to_json(audit.models, audit.signature),
        "cohorts.csv": cohorts_csv(content),
        "audit.html": render_html(content, boundaries=boundaries, beside=Beside.of(history=history)),
        "audit.json": audit.to_json(unredacted=unredacted),
    }
    for discovery in audit.searches:
        if partitions := told_partitions(discovery.evidence.details.get("examined", ()), unredacted=unredacted):
            texts = {f"{discovery.method}.partitions.csv": partitions_csv(partitions, audit.signature), **texts}
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        write_atomically(target / name, text)
    return [target / name for name in texts]


def cohorts_csv(content: Mapping[str, Any]) -> str:
    """All cohorts of an audit's dictionary as one table, with the signature in its last column."""
    rows: list[dict[str, Any]] = []
    for discovery in content["discoveries"]:
        bottom = set((discovery["bottom"] or {}).get("cohort_ids", ()))
        for cohort in discovery["cohorts"]:
            row = {"search": discovery["title"], "method": discovery["method"], "verdict": discovery["verdict"]}
            row |= {"measured_on": discovery["measured_on"], "in_bottom": cohort["id"] in bottom}
            for name, value in cohort.items():
                if name in _INTERVALS:
                    row[f"{name}_low"], row[f"{name}_high"] = value or (None, None)
                else:
                    row[name] = value
            rows.append({**row, "signature": content["signature"]})
    return csv_text(list(rows[0]) if rows else ["search", "signature"], (row.values() for row in rows))


def partitions_csv(partitions: Sequence[Mapping[str, Any]], signature: str) -> str:
    """Every partition that a search examined, highest score first."""
    return csv_text([*partitions[0], "signature"], ([*partition.values(), signature] for partition in partitions))


def memberships_csv(frames: Sequence[pd.DataFrame]) -> str:
    """Memberships in several frozen models, as :func:`fairaudit.assign` gives them, one below the other."""
    _require_frames(frames)
    return csv_text(list(map(str, frames[0].columns)), chain.from_iterable(f.itertuples(index=False) for f in frames))


def frame_csv(frame: pd.DataFrame) -> str:
    """A frame as CSV that a spreadsheet can open safely."""
    return memberships_csv([frame])


def memberships_parquet(frames: Sequence[pd.DataFrame]) -> bytes:
    """The same as a Parquet file, with checksums of its pages."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    _require_frames(frames)
    table = pa.Table.from_pandas(pd.concat(frames, ignore_index=True), preserve_index=False)
    out = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(None), out, write_page_checksum=True)
    return out.getvalue()


def _require_frames(frames: Sequence[pd.DataFrame]) -> None:
    if not frames:
        raise UsageError("none of the frozen cohorts could be assigned: the log lacks what they need")


def read_models(path: str | os.PathLike[str]) -> list[CohortModel]:
    """Frozen cohorts of a ``cohorts.json``.

    Raises
    ------
    InputError
        If it is not one, or of another version.
    """
    return models_from_json(Path(path).read_text(encoding="utf-8", errors="replace"))
