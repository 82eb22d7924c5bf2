"""The options that commands share: each written once, as a field of a group."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from fairaudit.cli.config import find_config, settings_from
from fairaudit.core.errors import UsageError
from fairaudit.core.text import plain

__all__ = [
    "AuditedReading",
    "Boundaries",
    "Evidence",
    "Logs",
    "Output",
    "Reading",
    "Searching",
    "Sources",
    "Words",
    "alternatives",
    "columns_of",
    "grouped",
    "pairs",
]


Logs = Annotated[list[str], typer.Argument(metavar="LOG...", help="Files, globs or folders of shards.")]
Boundaries = Annotated[
    Path | None, typer.Option(help="Outlines for maps, any file geopandas reads; US states come along.")
]


@dataclass(frozen=True)
class Reading:
    """How a log is read."""

    column: Annotated[
        list[str],
        typer.Option(metavar="NAME=THEIRS", help="Our column name = the log's: speaker_id=client_id."),
    ] = field(default_factory=list)
    format: Annotated[str, typer.Option(help="Format; auto looks at the content.")] = "auto"
    unit: Annotated[str, typer.Option(help="word, char or auto.")] = "auto"
    normalizer: Annotated[str, typer.Option(help="none, basic or whisper-en.")] = "basic"
    strip_tags: Annotated[
        bool,
        typer.Option("--strip-tags", help="Remove event tags like <LAUGH> from references."),
    ] = False
    missing_hypothesis: Annotated[str, typer.Option(help="error, empty or drop.")] = "error"
    missing_speaker: Annotated[str, typer.Option(help="quarantine or own.")] = "quarantine"
    zip_pad: Annotated[bool, typer.Option("--zip-pad", help="Put lost leading zeros of zip codes back.")] = False
    cluster: Annotated[
        str | None,
        typer.Option(help="Sampling unit coarser than the speaker: household, interview."),
    ] = None
    max_quarantine: Annotated[float, typer.Option(help="Share of rows that may be unusable.")] = 0.01


@dataclass(frozen=True)
class AuditedReading(Reading):
    """How a log is read whose gaps are measured under two normalisers."""

    second_normalizer: Annotated[
        str, typer.Option(help="Gaps are measured under it as well: none, basic, whisper-en, auto or off.")
    ] = "auto"


@dataclass(frozen=True)
class Sources:
    """Where features come from that the log does not hold."""

    census: Annotated[Path | None, typer.Option(help="Table of attributes by zip code.")] = None
    crosswalk: Annotated[Path | None, typer.Option(help="Table of zip code to ZCTA.")] = None
    embeddings: Annotated[
        Path | None,
        typer.Option(help="Speaker or utterance vectors: .npz, .npy, Parquet, CSV."),
    ] = None


@dataclass(frozen=True)
class Searching:
    """Which discoverers run, and how."""

    method: Annotated[list[str], typer.Option(help="Discoverer; all means each that has its inputs.")] = field(
        default_factory=lambda: ["all"]
    )
    by: Annotated[
        list[str],
        typer.Option(metavar="COLUMN[,COLUMN]", help="Named groups; a comma means the intersection."),
    ] = field(default_factory=list)
    min_speakers: Annotated[int | None, typer.Option(help="Fewest speakers of a cohort.")] = None
    max_cohorts: Annotated[int | None, typer.Option(help="Most cohorts of a search.")] = None
    param: Annotated[
        list[str],
        typer.Option(metavar="NAME=VALUE", help="A setting of a discoverer, see methods; twice: a search for each."),
    ] = field(default_factory=list)


@dataclass(frozen=True)
class Evidence:
    """What it takes to believe a search."""

    rate: Annotated[str | None, typer.Option(help="wer, cer, insertion_rate ...")] = None
    adjust: Annotated[
        list[str],
        typer.Option(metavar="COLUMN[,COLUMN]", help="Take harder material into account: domain,device,snr[3]."),
    ] = field(default_factory=list)
    holdout: Annotated[
        float,
        typer.Option(help="Share of speakers to measure on; 0: a half, or a third of 1,000 and more."),
    ] = 0.0
    permutations: Annotated[int, typer.Option(help="Shuffles of the whole search.")] = 999
    alpha: Annotated[float, typer.Option(help="Level of the verdict.")] = 0.05
    seed: Annotated[int, typer.Option(help="Seed of split, shuffles and bootstrap.")] = 0
    intervals: Annotated[
        str, typer.Option(help="log-scale, or bootstrap (speakers drawn anew; too narrow where they are few).")
    ] = "log-scale"
    cross_fit: Annotated[int, typer.Option(help="Folds of a cross-fitted gap beside the held-out one; 0: none.")] = 0


@dataclass(frozen=True)
class Output:
    """What results look like."""

    unredacted: Annotated[bool, typer.Option("--unredacted", help="Keep figures of fewer than 11 speakers.")] = False
    json: Annotated[bool, typer.Option("--json", help="JSON on stdout, nothing else.")] = False
    no_color: Annotated[bool, typer.Option("--no-color", help="Plain text.")] = False


@dataclass(frozen=True)
class Words:
    """What is said besides results."""

    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No words on stderr.")] = False
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error came from.")] = False
    config: Annotated[
        Path | None, typer.Option(help="Settings; fairaudit.toml or [tool.fairaudit] of this folder without it.")
    ] = None

    def say(self, sentence: str) -> None:
        """Tell something that is not the result."""
        if not self.quiet:
            typer.echo(plain(sentence), err=True)


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """Turn every parameter that is a group of options into the group's own options.

    The command line sees one flat list; the command receives the groups as it asked for them, settings from
    a file in place of the options that were not given.
    """
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {name: kind for name, kind in hints.items() if is_dataclass(kind)}
    flat: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(command).parameters.items():
        if name in groups:
            flat += _parameters(groups[name])
        else:
            flat.append(parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY))

    @functools.wraps(command)
    def run(ctx: typer.Context | None = None, **given: Any) -> None:
        if ctx is not None:
            given |= _configured(ctx, given)
        made = {
            name: kind(**{member.name: given.pop(member.name) for member in fields(kind)})
            for name, kind in groups.items()
        }
        command(**made, **given)

    flat.insert(0, inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context))
    del run.__wrapped__
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in flat}
    run.__signature__ = inspect.Signature(flat)  # type: ignore[attr-defined]
    return run


def _configured(ctx: typer.Context, given: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of the file that belong to this command and were not given as options."""
    path = given.get("config") or find_config()
    if path is None:
        return {}
    settings = settings_from(path, _kinds())
    left_out = {name for name in given if getattr(ctx.get_parameter_source(name), "name", "") == "DEFAULT"}
    used = {name: value for name, value in settings.items() if name in left_out}
    if used and not given.get("quiet"):
        typer.echo(f"settings of {path.name}: {', '.join(sorted(used))}", err=True)
    return used


def _kinds() -> dict[str, Any]:
    """Types of all options that may stand in a settings file."""
    kinds: dict[str, Any] = {}
    for group in (AuditedReading, Sources, Searching, Evidence, Output):
        hints = get_type_hints(group)
        kinds |= {member.name: hints[member.name] for member in fields(group)}
    return kinds


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
                annotation=hints[member.name],
            )
        )
    return parameters


def columns_of(option: str, entry: str) -> list[str]:
    """Split the ``COLUMN[,COLUMN]`` of an option.

    Examples
    --------
    >>> columns_of("--by", "accent, gender")
    ['accent', 'gender']
    """
    columns = [column.strip() for column in entry.split(",")]
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
    split = {}
    for entry in entries:
        name, equals, value = entry.partition("=")
        if not (name and equals and value):
            raise UsageError(f"{option} takes NAME=VALUE, not {entry!r}")
        split[name] = value
    return split


def alternatives(option: str, entries: Sequence[str]) -> dict[str, str | list[str]]:
    """Split ``NAME=VALUE`` entries of an option that may name something several times.

    Examples
    --------
    >>> alternatives("--param", ["clusters=10", "clusters=20", "n_init=3"])
    {'clusters': ['10', '20'], 'n_init': '3'}
    """
    found: dict[str, str | list[str]] = {}
    for entry in entries:
        for name, value in pairs(option, [entry]).items():
            before = found.get(name, [])
            found[name] = [*([before] if isinstance(before, str) else before), value] if before else value
    return found
