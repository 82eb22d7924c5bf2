"""Settings from ``fairaudit.toml`` or ``[tool.fairaudit]``: values of options that are not given."""

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
_EXPECTED: Final[Mapping[Any, str]] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a string",
    Path: "a file name",
}


def find_config() -> Path | None:
    """The settings file of the working folder: ``fairaudit.toml``, else ``pyproject.toml`` if it has our table."""
    if _OWN.is_file():
        return _OWN
    return _SHARED if _SHARED.is_file() and _table(_SHARED) else None


def settings_from(path: Path, kinds: Mapping[str, Any]) -> dict[str, Any]:
    """Read the settings by option, as the command line would give them.

    Parameters
    ----------
    path
        A TOML file. Only the table ``tool.fairaudit`` of a ``pyproject.toml`` is read.
    kinds
        Type of every option that any command has, by name.

    Returns
    -------
    dict
        Values by option. File names are relative to the folder of the settings file.

    Raises
    ------
    UsageError
        If there is no such option, or a value has the wrong type.
    InputError
        If the file is not valid TOML.
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
    """The table ``gate`` of a settings file: rules by name, empty if there is none.

    Raises
    ------
    UsageError
        If it is not a table.
    """
    rules = _table(path).get(_GATE, {})
    if not isinstance(rules, dict):
        raise UsageError(f"{path.name}: {_GATE} must be a table of rules, not {rules!r}")
    return rules


def _table(path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name}: not UTF-8 text (byte {error.start})") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{path.name}: not valid TOML ({error})") from None
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
    expected = "a list of strings" if get_origin(wanted) is list else _EXPECTED[wanted]
    raise UsageError(f"{where} must be {expected}, not {value!r}")
