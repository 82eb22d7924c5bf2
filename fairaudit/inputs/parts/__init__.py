"""Read a log in parts, which any engine may sum in any order: a plan, partial sums, their merger, and the whole log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fairaudit.core.errors import FairauditError
from fairaudit.inputs.log import UtteranceLog
from fairaudit.inputs.parts.partial import Part
from fairaudit.inputs.parts.plan import Plan, make_plan
from fairaudit.inputs.parts.whole import whole_log

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Part", "Plan", "make_plan", "read_parts", "whole_log"]

#: Readings of a log, if it turns out to be other than planned: in what is counted, and in its columns.
_READINGS: Final = 4


def read_parts(
    paths: Sequence[Path],
    options: Mapping[str, Any],
    gather: Callable[[Plan], Mapping[int, pa.Table]],
    notes: Sequence[str] = (),
) -> UtteranceLog:
    """Read files in parts, and give the log of their sums.

    Parameters
    ----------
    paths, options
        As in :func:`make_plan`.
    gather
        Reads all parts of a plan, and merges their tables: bucket -> table.
    notes
        Sentences about the log.

    Raises
    ------
    InputError
        If a part cannot be read, or if the log is refused.
    """
    plan = replace(make_plan(paths, options), notes=tuple(notes))
    for _ in range(_READINGS):
        log = whole_log(plan, gather(plan))
        if isinstance(log, UtteranceLog):
            return log
        plan = log
    raise FairauditError(f"the log was read {_READINGS} times without an end; this is a fault of fairaudit")
