"""Values of options that have a syntax: ``COLUMN[,COLUMN]`` and ``NAME=VALUE``."""

from __future__ import annotations

from collections.abc import Sequence

from fairaudit.core.bands import split_columns
from fairaudit.core.errors import UsageError

__all__ = ["alternatives", "columns_of", "pairs"]


def columns_of(option: str, entry: str) -> list[str]:
    """Split the ``COLUMN[,COLUMN]`` of an option.

    Examples
    --------
    >>> columns_of("--by", "accent, gender")
    ['accent', 'gender']
    >>> columns_of("--by", "accent,age[20,40,60]")
    ['accent', 'age[20,40,60]']
    """
    columns = split_columns(entry)
    if not all(columns):
        raise UsageError(f"{option} takes COLUMN[,COLUMN], not {entry!r}")
    return columns


def pairs(option: str, entries: Sequence[str]) -> dict[str, str]:
    """Split ``NAME=VALUE`` entries of an option.

    Examples
    --------
    >>> pairs("--column", ["speaker_id=client_id"])
    {'speaker_id': 'client_id'}
    """
    split: dict[str, str] = {}
    for entry in entries:
        name, equals, value = entry.partition("=")
        if not (name and equals and value):
            raise UsageError(f"{option} takes NAME=VALUE, not {entry!r}")
        if split.get(name, value) != value:
            raise UsageError(f"{option} gives {name} twice, as {split[name]!r} and as {value!r}")
        split[name] = value
    return split


def alternatives(option: str, entries: Sequence[str]) -> dict[str, str | list[str]]:
    """Split ``NAME=VALUE`` entries of an option that may name something several times.

    Examples
    --------
    >>> alternatives("--param", ["clusters=10", "clusters=20", "n_init=3"])
    {'clusters': ['10', '20'], 'n_init': '3'}
    """
    values: dict[str, str | list[str]] = {}
    for entry in entries:
        for name, value in pairs(option, [entry]).items():
            before = values.get(name, [])
            values[name] = [*([before] if isinstance(before, str) else before), value] if before else value
    return values
