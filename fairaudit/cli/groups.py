"""Groups of options: a command receives groups, its command line has their options, and a file may set them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from copy import copy
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Final, get_args, get_type_hints

import typer

from fairaudit.cli.choices import Choices
from fairaudit.cli.config import Kinds, find_config, rate_in, settings_from, shown
from fairaudit.cli.formatting import RULE, SYSTEM_FILE
from fairaudit.cli.frozen import frozen_options
from fairaudit.cli.progress import shown_progress
from fairaudit.core.text import plain

__all__ = ["asked_for", "flattened", "grouped", "is_set", "read_settings", "setting_kinds"]

#: Placeholder for the value of an option in its help, by type.
_METAVARS: Final[Mapping[Any, str]] = {Path: "FILE", int: "N", float: "SHARE", str: "NAME"}
#: Options that are no settings: by name, and by the name of their value.
_NOT_IN_A_FILE: Final = {"config", "debug", RULE, SYSTEM_FILE}


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """Mark a command some of whose parameters are groups of options; see :func:`flattened`."""
    _GROUPED[command.__name__] = command
    return command


def flattened(command: Callable[..., None]) -> Callable[..., None]:
    """Turn every parameter that is a group of options into the options of the group, in a command that is marked.

    The command line has one flat list of options. The command receives the groups that it asked for. Options that were
    not given take their values from the settings file, and options with choices are checked. A terminal shows how far
    the command is, unless ``--quiet`` or ``--json`` is given.
    """
    if command.__name__ not in _GROUPED:
        return command
    groups, flat = _signature(command)
    limited = {one.name: extra for one in flat for extra in get_args(one.annotation)[1:] if isinstance(extra, Choices)}

    @functools.wraps(command)
    def run(ctx: typer.Context, **given: Any) -> None:
        _say_settings(ctx)
        sources = {name: _source(ctx, name) for name in given}
        free, configured = ({name for name in given if sources[name] == one} for one in ("DEFAULT", "DEFAULT_MAP"))
        if "rate" in given:
            given["rate"] = rate_in(given.get("config"), given["rate"])
        given |= frozen_options(given, free, configured)
        if "rate" in given:  # cohorts and histories name only the formula of their rate
            given["rate"] = rate_in(given.get("config"), given["rate"])
        _ASKED_FOR.set(frozenset(given.keys() - free - configured))
        _SET.set(frozenset(given.keys() - free))
        for name, allowed in limited.items():
            allowed.check(f"--{name.replace('_', '-')}", given[name])
        wanted = not any(given.get(name) for name in ("quiet", "json", "as_json"))
        made = {
            name: kind(**{member.name: given.pop(member.name) for member in fields(kind)})
            for name, kind in groups.items()
        }
        with shown_progress(wanted=wanted):
            command(**made, **given)

    flat = [inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context), *flat]
    del run.__wrapped__
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in flat}
    run.__signature__ = inspect.Signature(flat)  # type: ignore[attr-defined]
    return run


@functools.cache
def _signature(command: Callable[..., None]) -> tuple[dict[str, Any], list[inspect.Parameter]]:
    """Return the groups of options of a command by parameter, and all of its options and arguments."""
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {name: kind for name, kind in hints.items() if is_dataclass(kind)}
    flat: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(command).parameters.items():
        if name in groups:
            flat += _parameters(groups[name])
        else:
            annotation = _annotation(hints[name], None)
            flat.append(parameter.replace(annotation=annotation, kind=inspect.Parameter.KEYWORD_ONLY))
    return groups, flat


def read_settings(ctx: typer.Context, given: Path | None) -> Path | None:
    """Take the settings file's values as the defaults of a command, before its options are parsed."""
    path = given or find_config()
    if path is None or ctx.resilient_parsing:
        return path
    command = str(ctx.command.name)
    names = {key: name for name, (key, _) in _settable(command).items()}
    settings = settings_from(path, setting_kinds(), command)
    ctx.default_map = {names[key]: value for key, value in settings.items()}
    return path


def _say_settings(ctx: typer.Context) -> None:
    """Say which settings file was read, and which of its settings are used."""
    path = ctx.params["config"]
    if path is not None and not ctx.params["quiet"]:
        settable = _settable(str(ctx.command.name))
        used = [key for name, (key, _) in settable.items() if _source(ctx, name) == "DEFAULT_MAP"]
        what = f"using settings of {shown(path)}: {', '.join(sorted(used))}" if used else f"read {shown(path)}"
        typer.echo(plain(what), err=True)


def _source(ctx: typer.Context, name: str) -> str:
    """Where the value of an option comes from; ``DEFAULT_MAP`` is the settings file."""
    return getattr(ctx.get_parameter_source(name), "name", "")


def asked_for(name: str) -> bool:
    """Whether an option of the running command was given on the command line."""
    return name in _ASKED_FOR.get()


def is_set(name: str) -> bool:
    """Whether an option of the running command was given on the command line or in the settings file."""
    return name in _SET.get()


_ASKED_FOR: Final = ContextVar("_ASKED_FOR", default=frozenset[str]())
_SET: Final = ContextVar("_SET", default=frozenset[str]())

#: Commands some of whose parameters are groups of options, by name; those that have been imported.
_GROUPED: Final[dict[str, Callable[..., None]]] = {}


def setting_kinds() -> Kinds:
    """Types of all options that a settings file may set, by command; those that have been imported."""
    return {name: dict(_settable(name).values()) for name in _GROUPED}


@functools.cache
def _settable(command: str) -> dict[str, tuple[str, Any]]:
    """Return the name in a settings file, and the type, of the options of a command that it may set, by parameter."""
    settable = {}
    for one in _signature(_GROUPED[command])[1]:
        kind, option, *_ = get_args(one.annotation)
        if isinstance(option, typer.models.OptionInfo) and not {one.name, option.metavar} & _NOT_IN_A_FILE:
            # typer takes the first spelling for a default
            spellings = (option.default, *(option.param_decls or ()), f"--{one.name}")
            long = next(str(flag) for flag in spellings if str(flag).startswith("--"))
            settable[one.name] = (long.removeprefix("--").replace("-", "_"), kind)
    return settable


def _parameters(group: Any) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    parameters = []
    for member in fields(group):
        default = member.default_factory() if member.default_factory is not MISSING else member.default
        parameters.append(
            inspect.Parameter(
                member.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=inspect.Parameter.empty if default is MISSING else default,
                annotation=_annotation(hints[member.name], group.panel),
            )
        )
    return parameters


def _annotation(hint: Any, panel: str | None) -> Any:
    """Add to an annotation what the help shows: the group of the option, its choices, or a name for its value."""
    kind, *extras = get_args(hint)
    (option,) = (copy(extra) for extra in extras if not isinstance(extra, Choices))
    if isinstance(option, typer.models.OptionInfo):
        option.rich_help_panel = option.rich_help_panel or panel
        types = {*get_args(kind), kind}
        option.metavar = option.metavar or next((name for of, name in _METAVARS.items() if of in types), None)
        for allowed in (extra for extra in extras if isinstance(extra, Choices)):
            option.metavar = allowed.metavar
            option.autocompletion = allowed.starting_with
            return Annotated[kind, option, allowed]
    return Annotated[kind, option]
