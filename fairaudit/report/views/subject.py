"""What a report is about, for its head: model, release, data and date, or else the names of the files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fairaudit.report.views.tables import file_name
from fairaudit.report.words.wording import count, plain

if TYPE_CHECKING:
    from fairaudit.results.documents import AuditDoc, ComparisonDoc, FileDoc

__all__ = ["SubjectView", "files_named", "named_logs", "subject_view"]

#: The most files that a head names.
_NAMED: Final = 3
#: What a log that was no file is called.
_FRAME: Final = "<DataFrame>"


@dataclass(frozen=True)
class SubjectView:
    """The title of a report, and in a line what the title does not say."""

    title: str
    facts: str


def subject_view(audit: AuditDoc) -> SubjectView:
    """Head a report with its title, or else with model and release, or else with the names of the files.

    Examples
    --------
    >>> files = [{"name": "log.csv", "sha256": "ab", "rows": 9}]
    >>> subject_view({"inputs": files}), subject_view({"inputs": files, "about": {"model": "small", "release": "2.1"}})
    (SubjectView(title='log.csv', facts=''), SubjectView(title='small, release 2.1', facts='Data: log.csv'))
    """
    about = {name: plain(str(text)) for name, text in audit.get("about", {}).items()}
    files = files_named(audit["inputs"])
    release = f"release {about['release']}" if "release" in about else ""
    made = ", ".join(filter(None, (about.get("model", ""), release)))
    title = about.get("title") or made or about.get("data") or files
    facts = (
        ("Model", "" if title == made else about.get("model", "")),
        ("Release", "" if title == made else about.get("release", "")),
        ("Data", "" if title in (about.get("data"), files) else about.get("data", files)),
        ("Date", about.get("date", "")),
    )
    return SubjectView(title, " · ".join(f"{name}: {text}" for name, text in facts if text))


def files_named(files: Sequence[FileDoc], *, measured: bool = False) -> str:
    """Name the first files of a log, with what is measured in them if asked for.

    Examples
    --------
    >>> files_named([{"name": f"{i}.csv", "sha256": "ab", "rows": 9} for i in range(5)])
    '0.csv, 1.csv, 2.csv and 2 more'
    """
    more = f" and {count(len(files) - _NAMED)} more" if len(files) > _NAMED else ""
    names = (file_name(file, measured=measured) for file in files[:_NAMED])
    return ", ".join(name.replace(_FRAME, _FRAME.strip("<>")) for name in names) + more


def named_logs(comparison: ComparisonDoc) -> tuple[str, str]:
    """Name the logs of the baseline and of the candidate, with what was measured if they are the same files."""
    before, after = comparison["inputs"]["before"], comparison["inputs"]["after"]
    measured = files_named(before) == files_named(after)
    return files_named(before, measured=measured), files_named(after, measured=measured)
