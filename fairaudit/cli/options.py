"""The options that commands share: each written once, as a field of a group."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from copy import copy
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, get_args, get_type_hints

import typer

from fairaudit.cli import choices
from fairaudit.cli.choices import Choices
from fairaudit.cli.config import Kinds, find_config, rate_in, settings_from, shown
from fairaudit.cli.formatting import EVIDENCE, GENERAL, OUTPUT, SEARCHES, TABLES
from fairaudit.cli.frozen import frozen_options
from fairaudit.cli.reading import AuditedReading, Reading, SummedReading
from fairaudit.core.bands import split_columns
from fairaudit.core.errors import UsageError
from fairaudit.core.text import plain

__all__ = [
    "RULE",
    "AuditedReading",
    "Boundaries",
    "Cohorts",
    "Evidence",
    "Logs",
    "Output",
    "Rate",
    "Reading",
    "Searching",
    "Sources",
    "SummedReading",
    "Words",
    "alternatives",
    "asked_for",
    "columns_of",
    "flattened",
    "grouped",
    "is_set",
    "pairs",
    "setting_kinds",
]

#: How the value of a rule of the gate is written.
RULE: Final = "LIMIT[,END][,TREATMENT]"
#: Placeholder for the value of an option in its help, by type.
_METAVARS: Final[Mapping[Any, str]] = {Path: "FILE", int: "N", float: "SHARE", str: "NAME"}

#: Options that are no settings, and what options are called that are rules of the gate.
_NOT_IN_A_FILE: Final = {"config", "debug", RULE}

Logs = Annotated[
    list[str],
    typer.Argument(metavar="LOG...", help="One or more files, globs or folders of files.", show_default=False),
]
Cohorts = Annotated[Path, typer.Option(help="cohorts.json of an earlier audit.")]
Boundaries = Annotated[
    Path | None,
    typer.Option(help="Map outlines (GeoJSON, shapefile, and others). US states are built in.", rich_help_panel=OUTPUT),
]
Rate = Annotated[
    str | None,
    typer.Option(
        metavar="NAME[=COLUMN/COLUMN]",
        help=f"Rate to audit: {', '.join(choices.RATES[:-1])} or {choices.RATES[-1]}, one of [rates] in the settings "
        "file, or the ratio of two columns of numbers, such as delay=delay_ms/audio_ms.",
        show_default="wer, cer or mer, by what the log counts",
        rich_help_panel=EVIDENCE,
    ),
]


@dataclass(frozen=True)
class Sources:
    """Tables beside the log."""

    panel: ClassVar[str] = TABLES

    census: Annotated[Path | None, typer.Option(help="Table of attributes by zip code (CSV or Parquet).")] = None
    crosswalk: Annotated[Path | None, typer.Option(help="Table that maps zip codes to ZCTAs.")] = None
    embeddings: Annotated[
        Path | None,
        typer.Option(help="Vectors of speakers or utterances (.npz, .npy, a folder, Parquet, CSV, JSON, Kaldi)."),
    ] = None

    @property
    def files(self) -> tuple[Path | None, ...]:
        """All of the tables."""
        return self.census, self.crosswalk, self.embeddings


@dataclass(frozen=True)
class Searching:
    """Which discoverers run, and how."""

    panel: ClassVar[str] = SEARCHES

    method: Annotated[
        list[str],
        typer.Option(
            help=f"Discoverer to run: {', '.join(choices.METHODS[1:])}, or the name of a plug-in; "
            "all runs those that have their inputs. Can be repeated."
        ),
    ] = field(default_factory=lambda: ["all"])
    by: Annotated[
        list[str],
        typer.Option(
            metavar="COLUMN[,COLUMN]",
            help="Label column to search, such as accent; A,B searches intersections; age[20,40,60] cuts numbers into "
            "bands at these edges, and snr[3] into 3 bands of about equal size. Can be repeated.",
            show_default="the first 12 label columns, without identifying ones",
        ),
    ] = field(default_factory=list)
    identifying: Annotated[
        bool, typer.Option("--identifying", help="Allow --by columns that identify persons, such as e-mail addresses.")
    ] = False
    min_speakers: Annotated[
        int | None, typer.Option(help="Fewest speakers of a cohort.", show_default="see fairaudit methods")
    ] = None
    max_cohorts: Annotated[
        int | None, typer.Option(help="Most cohorts of a search.", show_default="see fairaudit methods")
    ] = None
    param: Annotated[
        list[str],
        typer.Option(
            metavar="NAME=VALUE",
            help="Setting of a discoverer, as listed by fairaudit methods. Given twice, each value is searched.",
        ),
    ] = field(default_factory=list)


@dataclass(frozen=True)
class Evidence:
    """What it takes to believe a search."""

    panel: ClassVar[str] = EVIDENCE

    rate: Rate = None
    adjust: Annotated[
        list[str],
        typer.Option(
            metavar="COLUMN[,COLUMN]",
            help="Columns of material to adjust for, such as domain,device,snr[3] (snr in 3 bands).",
        ),
    ] = field(default_factory=list)
    holdout: Annotated[
        float | None,
        typer.Option(
            help="Share of speakers kept aside to measure gaps on, from 0.1 to 0.999.",
            show_default="a half; a third from 1,000 speakers, and more from 150,000",
        ),
    ] = None
    permutations: Annotated[int, typer.Option(help="Permutations of the whole search, at least 19.")] = 999
    alpha: Annotated[float, typer.Option(metavar="LEVEL", help="Significance level of the verdict.")] = 0.05
    seed: Annotated[int, typer.Option(help="Seed of the split, the folds and the bootstrap.")] = 0
    intervals: Annotated[
        str,
        Choices(choices.INTERVALS),
        typer.Option(help="Kind of interval; bootstrap resamples speakers, and is too narrow if they are few."),
    ] = "log-scale"
    cross_fit: Annotated[
        int | None,
        typer.Option(
            metavar="FOLDS",
            help="Also report a cross-fitted gap, in which every speaker is measured: 2 to 20 folds.",
        ),
    ] = None
    jobs: Annotated[
        int,
        typer.Option(help="Processes in which searches, or workers of Dask, run side by side, with the same results."),
    ] = 1


@dataclass(frozen=True)
class Output:
    """What results look like."""

    panel: ClassVar[str] = OUTPUT

    unredacted: Annotated[
        bool, typer.Option("--unredacted", help="Keep figures of cohorts with fewer than 11 speakers.")
    ] = False
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False
    no_color: Annotated[bool, typer.Option("--no-color", help="Print without colours, as with NO_COLOR=1.")] = False


def _read_settings(ctx: typer.Context, given: Path | None) -> Path | None:
    """Take the settings file's values as the defaults of a command, before its options are parsed."""
    path = given or find_config()
    if path is None or ctx.resilient_parsing:
        return path
    command = str(ctx.command.name)
    names = {key: name for name, (key, _) in _settable(command).items()}
    settings = settings_from(path, setting_kinds(), command)
    ctx.default_map = {names[key]: value for key, value in settings.items()}
    return path


@dataclass(frozen=True)
class Words:
    """What is printed besides results."""

    panel: ClassVar[str] = GENERAL

    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no messages.")] = False
    debug: Annotated[bool, typer.Option("--debug", help="Print a traceback if there is an error.")] = False
    config: Annotated[
        Path | None,
        typer.Option(
            callback=_read_settings,
            is_eager=True,
            help="Settings file.",
            show_default="fairaudit.toml, else [tool.fairaudit] of pyproject.toml, here or above",
        ),
    ] = None

    def say(self, sentence: str) -> None:
        """Print a message, which is not part of the result, to stderr."""
        if not self.quiet:
            typer.echo(plain(sentence), err=True)


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """Mark a command some of whose parameters are groups of options; see :func:`flattened`."""
    _GROUPED[command.__name__] = command
    return command


def flattened(command: Callable[..., None]) -> Callable[..., None]:
    """Turn every parameter that is a group of options into the options of the group, in a command that is marked.

    The command line has one flat list of options. The command receives the groups that it asked for. Options that were
    not given take their values from the settings file, and options with choices are checked.
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
        made = {
            name: kind(**{member.name: given.pop(member.name) for member in fields(kind)})
            for name, kind in groups.items()
        }
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
