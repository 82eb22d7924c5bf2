"""Help that can be scanned: commands and options in groups, whole summaries, one example."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from textwrap import wrap
from typing import Any, ClassVar, Final

from typer.core import TyperCommand, TyperGroup

from fairaudit.cli.values import take_plain_values

__all__ = [
    "EVIDENCE",
    "GENERAL",
    "LOG",
    "OUTPUT",
    "PLAN",
    "RULE",
    "RULES",
    "SEARCHES",
    "SYSTEM_FILE",
    "TABLES",
    "Command",
    "Commands",
]

LOG: Final = "Reading the log"
SEARCHES: Final = "Searches"
TABLES: Final = "Side tables"
EVIDENCE: Final = "Evidence"
RULES: Final = "Rules"
PLAN: Final = "What to record next"
OUTPUT: Final = "Output"
GENERAL: Final = "General"

#: How the value of a rule of the gate is written.
RULE: Final = "LIMIT[,END][,TREATMENT]"
#: How a file of one of several systems is given.
SYSTEM_FILE: Final = "NAME=FILE"

_ARGUMENTS: Final = "Arguments"
_OPTIONS: Final = "Options"
#: Groups of options in the order in which they are shown.
_ORDER: Final = (_ARGUMENTS, _OPTIONS, LOG, SEARCHES, TABLES, EVIDENCE, RULES, PLAN, OUTPUT, GENERAL)
#: Columns that names of options may take before their help moves to the next line.
_WIDEST_NAME: Final = 28
#: A default value; typer puts one that is a description in parentheses.
_DEFAULT: Final = re.compile(r"\[default: \(?(.*?)\)?\]$")


class _WithExample:
    """What the help of every command ends with."""

    epilog: str | None

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 (the parser passes both)
        """Write the example as it is, without wrapping it."""
        if self.epilog:
            with formatter.section("Example"):
                formatter.write(f"  {self.epilog}\n")


class Command(_WithExample, TyperCommand):
    """A command whose help shows its options in groups, and an example."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take texts and file names as they are."""
        take_plain_values(self.get_params(ctx))
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Give the parts of the usage line: arguments as they are named, optional ones in brackets."""
        arguments = [(_name(param), param.required) for param in self.get_params(ctx) if _is_argument(param)]
        return ["[OPTIONS]", *(name if required else f"[{name}]" for name, required in arguments)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments and options, a section for each group."""
        _write(formatter, _grouped(self.get_params(ctx), ctx))


class Commands(_WithExample, TyperGroup):
    """The root command. Its help shows the commands in groups, and each command is built when it is asked for."""

    #: Functions of the commands by group, each with an example.
    table: ClassVar[Mapping[str, Mapping[Callable[..., None], str]]]

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands: Any = _Built(self)

    def build(self, command: Callable[..., None], example: str) -> Any:
        """Turn a function into a command."""
        raise NotImplementedError

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take texts and file names as they are."""
        take_plain_values(self.get_params(ctx))
        return super().parse_args(ctx, args)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the commands, then the options."""
        sections = {
            group: [(command.__name__, _summary(command.__doc__)) for command in commands]
            for group, commands in self.table.items()
        }
        _write(formatter, sections)
        _write(formatter, _grouped(self.get_params(ctx), ctx, otherwise=GENERAL))


class _Built(Mapping[str, Any]):
    """The commands of a root command by name, each built when it is first asked for."""

    def __init__(self, root: Commands) -> None:
        self._root = root
        self._functions = {one.__name__: (one, text) for group in root.table.values() for one, text in group.items()}
        self._built: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._built:
            self._built[name] = self._root.build(*self._functions[name])
        return self._built[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._functions)

    def __len__(self) -> int:
        return len(self._functions)


def _summary(text: str | None) -> str:
    """Give the first paragraph of a command's help."""
    return " ".join((text or "").partition("\n\n")[0].split())


def _is_argument(param: Any) -> bool:
    return bool(param.param_type_name == "argument")


def _name(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def _grouped(params: Iterable[Any], ctx: Any, otherwise: str = _OPTIONS) -> dict[str, list[tuple[str, str]]]:
    """Give the rows of the help by group."""
    sections: dict[str, list[tuple[str, str]]] = {}
    for param in params:
        row = param.get_help_record(ctx)
        if row is None:
            continue
        if _is_argument(param):
            sections.setdefault(_ARGUMENTS, []).append((_name(param), param.help if param.required else row[1]))
        else:
            group = GENERAL if "--help" in param.opts else param.rich_help_panel or otherwise
            sections.setdefault(group, []).append(row)
    return {group: sections[group] for group in sorted(sections, key=_ORDER.index)}


def _write(formatter: Any, sections: dict[str, list[tuple[str, str]]]) -> None:
    """Write sections in two columns, which are aligned with each other."""
    widest = max(len(name) for rows in sections.values() for name, _ in rows)
    indent = " " * (min(widest, _WIDEST_NAME) + 4)
    for title, rows in sections.items():
        with formatter.section(title):
            for name, text in rows:
                first = f"  {name}  ".ljust(len(indent))
                lines = wrap(
                    _DEFAULT.sub("[default:\N{NO-BREAK SPACE}\\1]", text),
                    formatter.width,
                    initial_indent=first if len(first) == len(indent) else indent,
                    subsequent_indent=indent,
                    break_on_hyphens=False,
                )
                before = [] if len(first) == len(indent) else [first.rstrip()]
                formatter.write("\n".join([*before, *lines]).replace("\N{NO-BREAK SPACE}", " ") + "\n")
