"""One line of all settings that can change a number, in the manner of sacreBLEU's signatures."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Final

__all__ = ["signature", "software"]

#: What computes numbers; the normalisers' versions stand in the signature.
_COMPUTING: Final = ("fairaudit-asr", "numpy", "scipy", "scikit-learn", "pandas", "duckdb", "pyarrow", "rapidfuzz")


def signature(settings: Mapping[str, object]) -> str:
    """Join settings to one line, ``key:value`` pairs separated by ``|``.

    Parameters
    ----------
    settings
        Everything that can change a number, in the order in which it should be read. ``None`` is left out.

    Returns
    -------
    str
        The line; separators inside a value are replaced so that it splits back unambiguously.

    Examples
    --------
    >>> signature({"rate": "wer", "normalizer": "basic-1", "adjust": None, "seed": 0})
    'rate:wer|normalizer:basic-1|seed:0'
    """
    return "|".join(f"{key}:{_word(value)}" for key, value in settings.items() if value is not None)


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return "+".join(_word(item) for item in value) or "none"
    return " ".join(str(value).split()).replace("|", "/").replace(":", "=")


@cache
def software() -> Mapping[str, str]:
    """Versions of Python and of the packages that compute numbers: other ones may differ in a last digit.

    Returns
    -------
    Mapping
        Version by name; what is not installed as a package is left out.

    Examples
    --------
    >>> list(software())[:3]
    ['python', 'fairaudit-asr', 'numpy']
    """
    found = {"python": platform.python_version()}
    for name in _COMPUTING:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
