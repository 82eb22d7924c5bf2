"""Import libraries and the public names of packages only when they are used."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.abc import MetaPathFinder
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from typing_extensions import TypeIs

__all__ = ["is_frame", "lazily", "spare_pandas"]


def is_frame(value: object) -> TypeIs[pd.DataFrame]:
    """Whether a value is a data frame. Nobody has one who has not imported pandas, so this need not import it.

    Examples
    --------
    >>> import pandas as pd
    >>> is_frame(pd.DataFrame()), is_frame("log.csv")
    (True, False)
    """
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, pandas.DataFrame)


def lazily(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return ``__getattr__`` for a package whose names live in other modules.

    Parameters
    ----------
    package
        Name of the package, for the message of an ``AttributeError``.
    homes
        Module of each public name.

    Examples
    --------
    >>> lazily("maths", {"sqrt": "math"})("sqrt")(9.0)
    3.0
    """

    def get(name: str) -> Any:
        if name in homes:
            return getattr(import_module(homes[name]), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return get


def spare_pandas() -> None:
    """Keep pyarrow from importing pandas, which takes longer than everything else that a small log needs.

    pyarrow looks for pandas when it first converts a value of Python, so that it recognises a series, and again when it
    is asked for a frame. Until then it takes a series for a list. Only a command may therefore call this, in whose
    process no other code has a series.
    """
    if "pandas" in sys.modules:
        return
    import pyarrow as pa

    sys.meta_path.insert(0, _NoPandas)
    try:
        pa.array([])
    finally:
        sys.meta_path.remove(_NoPandas)


class _NoPandas(MetaPathFinder):
    """Finds modules, but says that there is no pandas."""

    @classmethod
    def find_spec(cls, name: str, *_: object) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name)
