"""Settings from ``fairaudit.toml`` or ``[tool.fairaudit]``: values of options that are not given."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Any, Final, get_args, get_origin

from fairaudit.cli.choices import RULES
from fairaudit.core.errors import InputError, UsageError, unknown_name

if TYPE_CHECKING:
    from fairaudit.core.rate import Rate

__all__ = ["Kinds", "find_config", "gate_table", "rate_in", "rates_of", "settings_from", "shown"]

#: Type of every option, by command and name.
Kinds = Mapping[str, Mapping[str, Any]]

_OWN: Final = Path("fairaudit.toml")
_SHARED: Final = Path("pyproject.toml")
#: The table that holds the rules of the gate beside its options.
_GATE: Final = "gate"
#: The table that holds a table for each rate.
_RATES: Final = "rates"
#: Options of a single command only, which are set in its table.
_OF_A_COMMAND: Final = frozenset(
    {
        "candidate_column",
        "comparison",
        "gate",
        "hypothesis_column",
        "junit",
        "manifest",
        "markdown",
        "quarantine",
        "svg",
        "to",
    }
)
#: Options that mean something else to other commands; beside the tables, they are those of an audit.
_OF_AN_AUDIT: Final = frozenset({"data", "date", "history", "model", "output", "release", "title"})
_AUDIT: Final = "audit"
#: Options that are the name of something built in, or of a file.
_NAME_OR_FILE: Final = frozenset({"normalizer", "second_normalizer"})
_EXPECTED: Final[Mapping[Any, str]] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a string",
    Path: "a file name",
}


def find_config() -> Path | None:
    """Find the settings file of the working folder, or of the nearest folder above it that has one.

    Returns
    -------
    Path or None
        ``fairaudit.toml``, else a ``pyproject.toml`` that has our table. The root of the repository (a folder with
        ``.git``) and the home folder are the last ones that are looked in.
    """
    here = Path.cwd()
    home = None
    with suppress(RuntimeError):
        home = Path.home()
    for folder in (here, *here.parents):
        if (folder / _OWN).is_file():
            return folder / _OWN
        if (folder / _SHARED).is_file() and _table(folder / _SHARED):
            return folder / _SHARED
        if (folder / ".git").exists() or folder == home:
            break
    return None


def shown(path: Path) -> str:
    """Return a path as seen from the working folder."""
    return os.path.relpath(path)


def settings_from(path: Path, kinds: Kinds, command: str) -> dict[str, Any]:
    """Read the settings of a command, as its options would give them. The whole file is checked.

    Parameters
    ----------
    path
        A TOML file. Only the table ``tool.fairaudit`` of a ``pyproject.toml`` is read.
    kinds
        The options of every command.
    command
        Name of the command.

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
    shared = {
        name: kind
        for one, options in kinds.items()
        for name, kind in options.items()
        if name not in _OF_A_COMMAND and (one == _AUDIT or name not in _OF_AN_AUDIT)
    }
    content = _table(path)
    if _RATES in content:
        rates_of(path)
        del content[_RATES]
    tables = {key: value for key, value in content.items() if key in kinds and isinstance(value, dict)}
    values = {key: value for key, value in content.items() if key not in tables}
    general = _checked(values, shared, shown(path), path.parent, also=kinds)
    own = {
        key: _checked(_without_rules(key, table, kinds), kinds[key], f"{shown(path)}: [{key}]", path.parent)
        for key, table in tables.items()
    }
    fitting = kinds[command].keys() - (_OF_AN_AUDIT if command != _AUDIT else frozenset())
    return {name: value for name, value in general.items() if name in fitting} | own.get(command, {})


def _checked(
    values: Mapping[str, Any], kinds: Mapping[str, Any], where: str, folder: Path, also: Kinds | None = None
) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for key, value in values.items():
        name = key.replace("-", "_")
        if name not in kinds:
            tables = [command for command, options in (also or {}).items() if name in options]
            if tables:
                raise UsageError(f"{where}: {key!r} is set in a table of its command, [{'] or ['.join(tables)}]")
            raise UsageError(f"{where}: {unknown_name('setting', key, sorted({*kinds, *(also or ())}))}")
        if name in settings:
            raise UsageError(f"{where}: {key!r} is set twice, with - and with _")
        settings[name] = _fitting(value, kinds[name], f"{where}: {key}", folder)
        if name in _NAME_OR_FILE and settings[name].lower().endswith(RULES):
            settings[name] = str(folder / settings[name])
    return settings


def _without_rules(command: str, table: Mapping[str, Any], kinds: Kinds) -> dict[str, Any]:
    is_gate = command == _GATE
    return {key: value for key, value in table.items() if not is_gate or key.replace("-", "_") in kinds[_GATE]}


def gate_table(path: Path, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The rules of the table ``gate`` of a settings file by name, empty if there is none.

    Parameters
    ----------
    path
        The file.
    options
        Options of the gate, which the table may hold as well.

    Raises
    ------
    UsageError
        If it is not a table.
    """
    rules = _table(path).get(_GATE, {})
    if not isinstance(rules, dict):
        raise UsageError(f"{shown(path)}: {_GATE} must be a table of rules, not {_written(rules)}")
    return {key: value for key, value in rules.items() if key.replace("-", "_") not in (options or {})}


def rates_of(path: Path) -> dict[str, Rate]:
    """The rates that the table ``rates`` of a settings file defines, by name.

    Raises
    ------
    UsageError
        If one is not defined as :func:`fairaudit.core.rate.rate_from_table` says.
    """
    from fairaudit.core.rate import rate_from_table

    rates = _table(path).get(_RATES, {})
    if not isinstance(rates, dict):
        raise UsageError(f"{shown(path)}: {_RATES} must be a table of rates, not {_written(rates)}")
    return {name: rate_from_table(name, table, f"{shown(path)}: [{_RATES}.{name}]") for name, table in rates.items()}


def rate_in(path: Path | None, rate: str | Rate | None) -> str | Rate | None:
    """The rate of a settings file that has a given name, or the given formula; any other rate stays as it is.

    Raises
    ------
    UsageError
        If there are rates in the file, but neither these nor the built-in ones have the name.
    """
    if not isinstance(rate, str) or path is None or not (known := rates_of(path)):
        return rate
    from fairaudit.core.rate import RATES, rate_named

    if rate in known:
        return known[rate]
    if "=" not in rate and rate not in RATES:
        raise UsageError(unknown_name("rate", rate, [*RATES, *known]))
    return next((one for one in known.values() if one.signature == rate_named(rate).signature), rate)


def _table(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        content: Any = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError(f"{shown(path)}: not UTF-8 text (byte {error.start})") from None
    except (ValueError, RecursionError) as error:  # also whole numbers of thousands of digits
        raise InputError(f"{shown(path)}: not valid TOML ({error})") from None
    if path.name == _SHARED.name:
        tool = content.get("tool", {})
        content = tool.get("fairaudit", {}) if isinstance(tool, dict) else {}
        if not isinstance(content, dict):
            raise UsageError(f"{shown(path)}: tool.fairaudit must be a table of settings, not {_written(content)}")
    return dict(content)


def _fitting(value: Any, kind: Any, where: str, folder: Path) -> Any:
    """The value as a flag would give it."""
    wanted = next(k for k in get_args(kind) if k is not type(None)) if isinstance(kind, UnionType) else kind
    if get_origin(wanted) is list:
        (each,) = get_args(wanted)
        entries = value if isinstance(value, list) else [value]
        if all(isinstance(entry, str) and entry for entry in entries):
            return [str(folder / entry) if each is Path else entry for entry in entries]
        raise UsageError(f"{where} must be a list of {'file names' if each is Path else 'strings'}, {_not(value)}")
    if wanted is Path and isinstance(value, str) and value:
        return folder / value
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        with suppress(OverflowError):
            return float(value)
    elif type(value) is wanted and wanted is not Path:
        return value
    raise UsageError(f"{where} must be {_EXPECTED[wanted]}, {_not(value)}")


def _not(value: Any) -> str:
    return f"not {_written(value)}"


def _written(value: Any) -> str:
    """Write a value of TOML as its author would recognise it, cut if it is long."""
    if isinstance(value, dict):
        return "a table"
    text = str(value) if isinstance(value, float) or hasattr(value, "isoformat") else repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."
