"""Signatures: all settings that can change a number in one line, similar to those of sacreBLEU."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from functools import cache
from typing import Final

__all__ = ["signature", "software"]

#: Packages that compute numbers. The versions of normalisers are in the signature.
_COMPUTING: Final = ("fairaudit-asr", "numpy", "scipy", "scikit-learn", "pandas", "duckdb", "pyarrow", "rapidfuzz")


def signature(settings: Mapping[str, object]) -> str:
    """Join settings into one line of ``key:value`` pairs separated by ``|``.

    Parameters
    ----------
    settings
        All settings that can change a number, in reading order. ``None`` is left out.

    Returns
    -------
    str
        The line. Separators inside a value are replaced, so that the line can be split again.

    Examples
    --------
    >>> signature({"rate": "wer", "normalizer": "basic-2", "adjust": None, "seed": 0})
    'rate:wer|normalizer:basic-2|seed:0'
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
    """Return the versions of Python and of packages that compute numbers; other versions may change a last digit.

    Returns
    -------
    Mapping
        Version by name. Packages that are not installed are left out.

    Examples
    --------
    >>> list(software())[:3]
    ['python', 'fairaudit-asr', 'numpy']
    """
    from importlib.metadata import PackageNotFoundError, version

    versions = {"python": platform.python_version()}
    for name in _COMPUTING:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions
