"""What an audit is about, in the words of whoever ran it: model, release, data, date."""

from collections.abc import Mapping
from typing import Final, NotRequired, TypedDict

from fairaudit.core.errors import UsageError, unknown_name

__all__ = ["ABOUT", "AboutDoc", "checked_about"]

ABOUT: Final = ("title", "model", "release", "data", "date")


class AboutDoc(TypedDict):
    """What an audit is about: whatever was given, as it was written."""

    title: NotRequired[str]
    model: NotRequired[str]
    release: NotRequired[str]
    data: NotRequired[str]
    date: NotRequired[str]


def checked_about(about: Mapping[str, str | None]) -> AboutDoc:
    """Return what was given of title, model, release, data and date.

    Raises
    ------
    UsageError
        If there is another name, or a text is empty.

    Examples
    --------
    >>> checked_about({"release": "2.1", "model": "small", "date": None})
    {'model': 'small', 'release': '2.1'}
    """
    for name, text in about.items():
        if name not in ABOUT:
            raise UsageError(unknown_name("fact about an audit", name, ABOUT))
        if text is not None and not (isinstance(text, str) and text.strip()):
            raise UsageError(f"{name} is a text, not {text!r}")
    checked: AboutDoc = {}
    for name in ABOUT:
        if (text := about.get(name)) is not None:
            checked[name] = text.strip()  # type: ignore[literal-required]
    return checked
