"""Settings from ``fairaudit.toml`` or ``[tool.fairaudit]``: what a flag would say, unless a flag says it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import UnionType
from typing import Any, Final, get_args, get_origin

from fairaudit.core.errors import InputError, UsageError, unknown_name

__all__ = ["find_config", "gate_table", "settings_from"]

_OWN: Final = Path("fairaudit.toml")
_SHARED: Final = Path("pyproject.toml")
#: A table of its own: the rules of the gate.
_GATE: Final = "gate"


def find_config() -> Path | None:
    """The settings file of the working folder: ``fairaudit.toml``, else ``pyproject.toml`` where it speaks of us."""
    if _OWN.is_file():
        return _OWN
    return _SHARED if _SHARED.is_file() and _table(_SHARED) else None


def settings_from(path: Path, kinds: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by option, as the command line would give them.

    Parameters
    ----------
    path
        A TOML file; of a ``pyproject.toml`` only the table ``tool.fairaudit``.
    kinds
        Type of every option that any command has, by name.

    Returns
    -------
    dict
        Values by option; files are looked for beside the settings file.

    Raises
    ------
    UsageError
        If there is no such option, or a value is of another type.
    InputError
        If the file is no TOML.
    """
    settings = {}
    for key, value in _table(path).items():
        if key == _GATE:
            continue
        name = key.replace("-", "_")
        if name not in kinds:
            raise UsageError(f"{path.name}: {unknown_name('setting', key, sorted(kinds))}")
        settings[name] = _fitting(value, kinds[name], f"{path.name}: {key}", path.parent)
    return settings


def gate_table(path: Path) -> dict[str, Any]:
    """The table ``gate`` of a settings file: rules by name, empty where there is none.

    Raises
    ------
    UsageError
        If it is no table.
    """
    found = _table(path).get(_GATE, {})
    if not isinstance(found, dict):
        raise UsageError(f"{path.name}: {_GATE} is a table of rules, not {found!r}")
    return found


def _table(path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name}: not TOML ({error})") from None
    if path.name == _SHARED.name:
        content = content.get("tool", {}).get("fairaudit", {})
    return dict(content)


def _fitting(value: Any, kind: Any, where: str, folder: Path) -> Any:
    """The value as a flag would give it."""
    wanted = next(k for k in get_args(kind) if k is not type(None)) if isinstance(kind, UnionType) else kind
    if get_origin(wanted) is list:
        entries = value if isinstance(value, list) else [value]
        if all(isinstance(entry, str) for entry in entries):
            return entries
    elif wanted is Path and isinstance(value, str):
        return folder / value
    elif (wanted is float and isinstance(value, int) and not isinstance(value, bool)) or type(value) is wanted:
        return wanted(value)
    expected = "a list of texts" if get_origin(wanted) is list else "a file name" if wanted is Path else wanted.__name__
    raise UsageError(f"{where} is {expected}, not {value!r}")
