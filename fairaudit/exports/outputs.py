"""Write the files of an audit atomically: ``audit.json``, ``cohorts.json``, ``cohorts.csv``, ``audit.html``, ..."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fairaudit.core.columns import names
from fairaudit.core.errors import InputError, UsageError
from fairaudit.core.files import write_atomically
from fairaudit.core.progress import counted, report
from fairaudit.core.recognise import read_document
from fairaudit.core.text import csv_text, is_formula
from fairaudit.report import board_latex, board_markdown
from fairaudit.report.views.paper import PaperRow, paper_rows, searches_of
from fairaudit.results.reading import is_audit, is_board

if TYPE_CHECKING:
    import pandas as pd

    from fairaudit.cohorts import CohortModel
    from fairaudit.results.audit import Audit
    from fairaudit.results.board import Board
    from fairaudit.results.documents import AnyDoc, AuditDoc, PartitionDoc

__all__ = [
    "cohorts_csv",
    "files_of",
    "frame_csv",
    "memberships_csv",
    "memberships_parquet",
    "paper_csv",
    "partitions_csv",
    "protected_note",
    "read_models",
    "write_models",
]

_INTERVALS: Final = ("interval", "rank_interval")
#: Columns of a table for papers.
_OF_PAPERS: Final = (
    *("search", "group", "speakers", "rate", "rate_low", "rate_high", "gap", "gap_low", "gap_high", "p"),
    *("withheld_because", "signature"),
)


def files_of(result: Audit | Board | AnyDoc, *, unredacted: bool = False) -> dict[str, str]:
    """Return the text files of an audit or a board beside its page and its JSON, by name; others have none.

    Parameters
    ----------
    result
        An audit, a board, or the document of any result. A document holds no frozen cohorts.
    unredacted
        Whether to keep numbers of fewer than 11 speakers.
    """
    from fairaudit.cohorts import models_to_json
    from fairaudit.results.audit import Audit
    from fairaudit.results.audit_document import shown_partitions
    from fairaudit.results.board import Board

    if isinstance(result, Board):
        texts = files_of(result.to_dict(unredacted=unredacted))
        if result.models:
            texts["cohorts.json"] = models_to_json(result.models, result.signature, unredacted=unredacted)
        return texts
    if not isinstance(result, Audit):
        if is_board(result):
            return {"board.md": board_markdown(result), "board.tex": board_latex(result)}
        return {"cohorts.csv": cohorts_csv(result)} if is_audit(result) else {}
    texts = {}
    for search in result:
        if partitions := shown_partitions(search.evidence.details.get("examined", ()), unredacted=unredacted):
            texts = {f"{search.method}.partitions.csv": partitions_csv(partitions, result.signature), **texts}
    content = result.to_dict(unredacted=unredacted)
    return {
        **texts,
        "cohorts.json": models_to_json(result.models, result.signature, unredacted=unredacted),
        "cohorts.csv": cohorts_csv(content),
    }


def cohorts_csv(content: AuditDoc) -> str:
    """Return all cohorts of an audit as one table in CSV, with the signature in the last column."""
    rows: list[dict[str, object]] = []
    for discovery in content["discoveries"]:
        bottom = set(discovery["bottom"]["cohort_ids"] if discovery["bottom"] else ())
        for cohort in discovery["cohorts"]:
            row: dict[str, object] = {"search": discovery["title"], "method": discovery["method"]}
            row |= {"verdict": discovery["verdict"], "measured_on": discovery["measured_on"]}
            row["in_bottom"] = cohort["id"] in bottom
            for name, value in cohort.items():
                if name in _INTERVALS:
                    row[f"{name}_low"], row[f"{name}_high"] = value if isinstance(value, list) else (None, None)
                else:
                    row[name] = value
            rows.append({**row, "signature": content["signature"]})
    return csv_text(list(rows[0]) if rows else ["search", "signature"], (row.values() for row in rows))


def paper_csv(audit: AuditDoc, search: str | None = None, digits: int | None = None) -> str:
    """Return the table of :func:`fairaudit.report.audit_latex` as CSV, with a column for each end of an interval.

    Parameters
    ----------
    audit, search, digits
        As there.
    """
    rows = (
        [one["title"], row.group, *_numbers(row), row.p, row.because, audit["signature"]]
        for one in searches_of(audit, search)
        for row in paper_rows(audit, one, digits)
    )
    return csv_text(_OF_PAPERS, rows)


def _numbers(row: PaperRow) -> Iterator[str]:
    """Return numbers as programs read them; those that are withheld or not defined are empty."""
    none = ("", "")
    printed = row.speakers, row.rate, *(row.rate_ends or none), row.gap, *(row.gap_ends or none)
    return (text.replace(",", "") if text[:1].isdigit() else "" for text in printed)


def partitions_csv(partitions: Sequence[PartitionDoc], signature: str) -> str:
    """Return the partitions that a search examined as CSV, highest score first."""
    return csv_text([*partitions[0], "signature"], ([*partition.values(), signature] for partition in partitions))


def memberships_csv(frames: Sequence[pd.DataFrame]) -> str:
    """Return memberships in several frozen models, as returned by :func:`fairaudit.assign`, stacked in one CSV."""
    _require_frames(frames)
    rows = chain.from_iterable(frame.itertuples(index=False) for frame in frames)
    return csv_text(list(map(str, frames[0].columns)), counted(rows, "rows written"))


def protected_note(frames: Sequence[pd.DataFrame]) -> str | None:
    """Say how many cells of a CSV get an apostrophe, so that no spreadsheet runs them, or return None."""
    n = sum(is_formula(value) for frame in frames for column in frame for value in frame[column].unique())
    if not n:
        return None
    return (
        f"{n} distinct values begin with = + - @ or the like; each has an apostrophe before it in CSV, so that no "
        "spreadsheet runs it. Remove one apostrophe to get the value back, or write Parquet"
    )


def frame_csv(frame: pd.DataFrame) -> str:
    """Return a frame as CSV that is safe to open in a spreadsheet."""
    return memberships_csv([frame])


def memberships_parquet(frames: Sequence[pd.DataFrame]) -> bytes:
    """Return the same memberships as a Parquet file with page checksums."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    _require_frames(frames)
    report("writing rows")
    table = pa.Table.from_pandas(pd.concat(frames, ignore_index=True), preserve_index=False)
    out = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(None), out, write_page_checksum=True)
    return out.getvalue()


def _require_frames(frames: Sequence[pd.DataFrame]) -> None:
    if not frames:
        raise UsageError("no frozen cohort could be assigned: the log lacks the columns that they need")


def read_models(path: str | os.PathLike[str]) -> list[CohortModel]:
    """Read the frozen cohorts of a ``cohorts.json``.

    Raises
    ------
    InputError
        If the file is not a ``cohorts.json``, has another version, or holds no cohorts.
    """
    from fairaudit.cohorts import models_of

    models = models_of(read_document(path, ["cohorts"]))
    if not models:
        raise InputError(f"{Path(path).name} has no frozen cohorts, because no search of its audit formed any")
    return [replace(model, file=Path(path).name) for model in models]


def write_models(
    models: CohortModel | Sequence[CohortModel],
    path: str | os.PathLike[str],
    *,
    signature: str = "",
    unredacted: bool = False,
) -> Path:
    """Write frozen cohorts to a ``cohorts.json``, which :func:`fairaudit.read_models` reads.

    Parameters
    ----------
    models
        Frozen cohorts, such as :attr:`fairaudit.Audit.models`.
    path
        File to write.
    signature
        Signature of the audit that produced them (:attr:`fairaudit.Audit.signature`).
    unredacted
        Whether to keep the labels of cohorts of fewer than 11 speakers.

    Returns
    -------
    Path
        The file.

    Examples
    --------
    >>> import tempfile, fairaudit
    >>> from fairaudit.samples import make_sample
    >>> audit = fairaudit.audit(make_sample(speakers=200).log, methods="named", by="device", permutations=19)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     read_models(write_models(audit.models, f"{folder}/cohorts.json")) == audit.models
    True
    """
    from fairaudit.cohorts import models_to_json

    target = Path(path)
    write_atomically(target, models_to_json(names(models), signature, unredacted=unredacted))
    return target
