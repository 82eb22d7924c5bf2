"""Find the compiled kernel, which counts and normalises faster than the Python code, with the same results."""

from __future__ import annotations

import os
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from fairaudit.core.errors import UsageError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["KERNEL", "VARIABLE", "buffers", "find_kernel"]

#: Environment variable that decides about the kernel, when fairaudit is built and when it is imported.
VARIABLE: Final = "FAIRAUDIT_KERNEL"
#: Of the source of the kernel. An older one may be left in an editable install.
_VERSION: Final = 1
_CHOICES: Final = ("auto", "off", "require")


def find_kernel(choice: str) -> ModuleType | None:
    """Import the kernel if it was built.

    Parameters
    ----------
    choice
        ``"auto"`` takes the kernel if it was built, ``"off"`` never takes it, and ``"require"`` needs it.

    Returns
    -------
    module or None
        ``fairaudit.scoring._kernel``, or None if the Python code is to be used.

    Raises
    ------
    UsageError
        If there is no such choice.
    ImportError
        If the kernel is required but was not built.

    Examples
    --------
    >>> find_kernel("off") is None
    True
    """
    if choice not in _CHOICES:
        raise UsageError(f"{VARIABLE} must be one of {', '.join(_CHOICES)}, not {choice!r}")
    if choice == "off":
        return None
    try:
        import fairaudit.scoring._kernel as kernel

        if kernel.VERSION != _VERSION:
            raise ImportError(f"{kernel.__file__} was built from other sources; install fairaudit again")
    except ImportError:
        if choice == "require":
            raise
        return None
    return kernel


#: The kernel, or None where it was not built or is switched off.
KERNEL: Final = find_kernel(os.environ.get(VARIABLE) or "auto")


def buffers(column: pa.Array) -> tuple[NDArray[np.int32], Any]:
    """Return the offsets and the UTF-8 of a column of texts without missing values, as the kernel reads them.

    Examples
    --------
    >>> import pyarrow as pa
    >>> offsets, data = buffers(pa.array(["ab", "", "c"]))
    >>> offsets.tolist(), bytes(data)
    ([0, 2, 2, 3], b'abc')
    """
    _, offsets, data = column.buffers()
    if not len(column):
        return np.zeros(1, dtype=np.int32), b""
    first = column.offset
    return np.frombuffer(offsets, dtype=np.int32)[first : first + len(column) + 1], b"" if data is None else data
