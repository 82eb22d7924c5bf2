"""How results display themselves: by functions of :mod:`fairaudit.report`, which is imported when first used.

Results know no markup, and a report sees only their documents. This hook is the one place where the two meet.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol

__all__ = ["Displayed", "rendered"]


class Displayed(Protocol):
    """An object that Jupyter shows as HTML."""

    def _repr_html_(self) -> str: ...


def rendered(function: str, *arguments: object, **options: object) -> Any:
    """Call a public function of the report package.

    Parameters
    ----------
    function
        Its name, such as ``"render_notebook"``.
    *arguments, **options
        Passed on.
    """
    return getattr(import_module("fairaudit.report"), function)(*arguments, **options)
