"""Find compiled modules, which do the same as Python code, with the same results, but faster."""

from __future__ import annotations

import importlib
import os
from types import ModuleType
from typing import Final

from fairaudit.core.errors import UsageError

__all__ = ["VARIABLE", "find_kernel"]

#: Environment variable that decides about compiled modules, when fairaudit is built and when it is imported.
VARIABLE: Final = "FAIRAUDIT_KERNEL"
_CHOICES: Final = ("auto", "off", "require")


def find_kernel(name: str, version: int, choice: str | None = None) -> ModuleType | None:
    """Import a compiled module if it was built.

    Parameters
    ----------
    name
        Name of the module, such as ``"fairaudit.scoring._kernel"``.
    version
        Version of its source. An older one may be left in an editable install.
    choice
        ``"auto"`` takes the module if it was built, ``"off"`` never takes it, and ``"require"`` needs it. By default,
        the environment variable :data:`VARIABLE` decides.

    Returns
    -------
    module or None
        None if the Python code is to be used.

    Raises
    ------
    UsageError
        If there is no such choice.
    ImportError
        If the module is required but was not built.

    Examples
    --------
    >>> find_kernel("fairaudit.scoring._kernel", 2, "off") is None
    True
    """
    choice = choice or os.environ.get(VARIABLE) or "auto"
    if choice not in _CHOICES:
        raise UsageError(f"{VARIABLE} must be one of {', '.join(_CHOICES)}, not {choice!r}")
    if choice == "off":
        return None
    try:
        kernel = importlib.import_module(name)
        if version != kernel.VERSION:
            raise ImportError(f"{kernel.__file__} was built from other sources; install fairaudit again")
    except ImportError:
        if choice == "require":
            raise
        return None
    return kernel
