"""Display results with functions of :mod:`fairaudit.report`, which is imported on first use.

Results contain no markup, and reports use only documents. This hook is the only connection between the two.
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
        Name of the function, such as ``"render_notebook"``.
    *arguments, **options
        Arguments of the function.
    """
    return getattr(import_module("fairaudit.report"), function)(*arguments, **options)
