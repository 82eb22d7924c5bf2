"""Pages and files of every kind of result."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from fairaudit.core.columns import names
from fairaudit.core.files import write_atomically
from fairaudit.core.progress import report
from fairaudit.core.runs import write_run
from fairaudit.core.text import json_text
from fairaudit.exports.outputs import files_of
from fairaudit.report import Beside, render_for, render_page
from fairaudit.results.audit import Audit
from fairaudit.results.board import Board
from fairaudit.results.kinds import document_of
from fairaudit.results.reading import kind_of

if TYPE_CHECKING:
    from fairaudit.results.comparison import Comparison
    from fairaudit.results.documents import AnyDoc, ComparisonDoc, GateDoc, HistoryDoc
    from fairaudit.results.gate import GateResult
    from fairaudit.results.history import History
    from fairaudit.results.kinds import Result

__all__ = ["render_html", "save"]

_REPORTS = (".html", ".htm", ".md", ".tex", ".txt")


def render_html(
    result: Result | AnyDoc,
    *,
    boundaries: Any = None,
    comparison: Comparison | ComparisonDoc | None = None,
    gates: GateResult | GateDoc | Sequence[GateResult | GateDoc] = (),
    history: History | HistoryDoc | None = None,
    unredacted: bool = False,
) -> str:
    """Render the page of a result, one offline file.

    Parameters
    ----------
    result
        An audit, a board, a comparison, the result of a gate or a history, or a document that
        :func:`fairaudit.read_result` gives.
    boundaries
        Outlines to draw on maps of an audit: a GeoDataFrame, or the path of a local file (GeoJSON, TopoJSON,
        GeoPackage, shapefile, FlatGeobuf or GeoParquet).
    comparison
        Comparison of the audited log with the last release, or with the next one; shown with an audit.
    gates
        Results of gates on the audit or the comparison.
    history
        Frozen cohorts over all releases.
    unredacted
        Whether to show numbers of fewer than 11 speakers; the page says so. A document holds what it was written with.

    Returns
    -------
    str
        HTML without scripts or requests.

    Raises
    ------
    UsageError
        If the comparison is of other logs, a gate of another result, or a rate differs.

    Examples
    --------
    >>> import fairaudit
    >>> from fairaudit.samples import make_sample
    >>> audit = fairaudit.audit(make_sample(speakers=200).log, methods="named", by="device", permutations=19)
    >>> gate = fairaudit.gate(audit, {"max-gap": 0.2})
    >>> render_html(gate)[:15]
    '<!doctype html>'
    """
    beside = _beside(comparison, gates, history, unredacted=unredacted)
    return render_page(document_of(result, unredacted=unredacted), boundaries=boundaries, beside=beside)


def save(
    result: Result | AnyDoc,
    path: str | os.PathLike[str],
    *,
    boundaries: Any = None,
    comparison: Comparison | ComparisonDoc | None = None,
    gates: GateResult | GateDoc | Sequence[GateResult | GateDoc] = (),
    history: History | HistoryDoc | None = None,
    unredacted: bool = False,
) -> list[Path]:
    """Write a result to a folder, or to one file.

    The files of a folder are replaced together, with a manifest of their hashes, ``fairaudit-manifest.json``. Files
    that the manifest lists for an earlier run of this kind, and that this one does not write, are removed, with a
    warning. Other files stay.

    Parameters
    ----------
    result
        As in :func:`fairaudit.render_html`.
    path
        A folder, created if missing. A name that ends in ``.json``, ``.html``, ``.md`` or ``.txt`` is one file, as is
        one in ``.tex`` for a board.
    boundaries, comparison, gates, history
        Shown on the page, as in :func:`fairaudit.render_html`.
    unredacted
        Whether to keep numbers of fewer than 11 speakers.

    Returns
    -------
    list of Path
        The files. A folder gets the page and the JSON of the result, such as ``audit.html`` and ``audit.json``.
        An audit also gets ``cohorts.csv`` and, unless it was read back from a document, ``cohorts.json``. A board also
        gets ``board.md`` and ``board.tex``, and ``cohorts.json`` if it found groups. All are rendered before any is
        written.

    Raises
    ------
    OSError
        If the place is not writable or the disk is full. All files then stay as they were.

    Examples
    --------
    >>> import tempfile, fairaudit
    >>> from fairaudit.samples import make_sample
    >>> audit = fairaudit.audit(make_sample(speakers=200).log, methods="named", by="device", permutations=19)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     [path.name for path in save(audit, folder)]
    ['cohorts.json', 'cohorts.csv', 'audit.html', 'audit.json']
    """
    report("writing files")
    document = document_of(result, unredacted=unredacted)
    beside = _beside(comparison, gates, history, unredacted=unredacted)
    target, kind = Path(path), kind_of(document)
    suffix = target.suffix.lower()
    if suffix in (".json", *_REPORTS):
        is_json = suffix == ".json"
        text = json_text(document) if is_json else render_for(target, document, boundaries=boundaries, beside=beside)
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, text)
        return [target]
    texts = {
        **files_of(result if isinstance(result, Audit | Board) else document, unredacted=unredacted),
        f"{kind}.html": render_page(document, boundaries=boundaries, beside=beside),
        f"{kind}.json": json_text(document),
    }
    removed = write_run(target, kind, texts)
    if removed:
        warnings.warn(f"removed from {target}, because an earlier run wrote it: {', '.join(removed)}", stacklevel=2)
    return [target / name for name in texts]


def _beside(
    comparison: Comparison | ComparisonDoc | None,
    gates: GateResult | GateDoc | Sequence[GateResult | GateDoc],
    history: History | HistoryDoc | None,
    *,
    unredacted: bool,
) -> Beside:
    """The documents of what is shown with a result."""
    several = (gates,) if isinstance(gates, dict) else names(gates)
    return Beside(
        comparison=None
        if comparison is None
        else cast("ComparisonDoc", document_of(comparison, unredacted=unredacted)),
        gates=[cast("GateDoc", document_of(gate)) for gate in several],
        history=None if history is None else cast("HistoryDoc", document_of(history)),
    )
