"""What a report is about, added to a result that was written before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fairaudit.core.about import AboutDoc, checked_about
from fairaudit.core.errors import UsageError
from fairaudit.results.reading import is_audit, kind_of

if TYPE_CHECKING:
    from fairaudit.results.documents import AnyDoc

__all__ = ["with_about"]


def with_about(document: AnyDoc, about: Mapping[str, str | None]) -> AnyDoc:
    """Return an audit with further facts about it; they replace those of the same name.

    Parameters
    ----------
    document
        What a result file holds.
    about
        Title, model, release, data and date; ``None`` is not given.

    Raises
    ------
    UsageError
        If a fact is given of another kind of result, whose reports are headed by the names of the files.

    Examples
    --------
    >>> with_about({"about": {"model": "small"}}, {"release": "2.1", "date": None})
    {'about': {'model': 'small', 'release': '2.1'}}
    """
    given = checked_about(about)
    if not given:
        return document
    if not is_audit(document):
        raise UsageError(
            f"{', '.join(given)}: only the report of an audit says this, not that of a {kind_of(document)}"
        )
    merged: AboutDoc = {**document.get("about", {}), **given}
    return {**document, "about": merged}
