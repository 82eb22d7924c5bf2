"""Settings of frozen cohorts: they take the place of options that are not given, and others are refused."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import typer

from fairaudit.cli.config import shown
from fairaudit.cli.flags import flag
from fairaudit.core.errors import UsageError
from fairaudit.core.settings import ScoringDoc, options_of
from fairaudit.core.text import plain

__all__ = ["frozen_options"]


def frozen_options(given: Mapping[str, Any], free: Collection[str], configured: Collection[str] = ()) -> dict[str, Any]:
    """Return the options with which the log of a ``cohorts.json`` or a ``history.json`` was scored.

    Parameters
    ----------
    given
        Values of all options of a command, among them the file (``cohorts`` or ``history``), if there is one.
    free
        Options that the user did not set.
    configured
        Options that a settings file (``config``) sets.

    Returns
    -------
    dict
        Values of options in ``free``. They are also printed, unless the user wants no messages.

    Raises
    ------
    UsageError
        If the user set an option to another value.
    """
    path = given.get("cohorts") or given.get("history")
    if "normalizer" not in given or not isinstance(path, Path) or not path.exists() or not path.stat().st_size:
        return {}
    scoring = _scoring(path, history=given.get("cohorts") is None)
    frozen = options_of(scoring) | ({"rate": scoring["rate"]} if "rate" in scoring else {})
    if "cluster" in scoring:
        frozen.setdefault("cluster", None)
    taken = {name: value for name, value in frozen.items() if name in given and given[name] != value}
    for name, value in taken.items():
        if not (name in free or given[name] == "auto" or _same_rate(name, given[name], value)):
            source = shown(given["config"]) if name in configured else None
            raise UsageError(_conflict(name, given, value, path, source))
    if not given.get("quiet"):
        _say(path, scoring, taken)
    return taken


def _scoring(path: Path, *, history: bool) -> ScoringDoc:
    from fairaudit.api.frozen import frozen_scoring
    from fairaudit.exports.outputs import read_models
    from fairaudit.results.history import History
    from fairaudit.results.reading import read_kind

    return History.from_dict(read_kind(path, "history")).scoring if history else frozen_scoring(read_models(path))


def _same_rate(name: str, given: Any, frozen: Any) -> bool:
    from fairaudit.core.rate import rate_named

    return name == "rate" and rate_named(given).signature == frozen


def _say(path: Path, scoring: ScoringDoc, taken: Mapping[str, Any]) -> None:
    """Print which settings are used, or that the file does not record them."""
    line = f"using settings of {path.name}: {', '.join(_option(name, value) for name, value in taken.items())}"
    if not scoring:
        line = f"caution: {path.name} does not record how its log was scored; make sure that the options are the same"
    if taken or not scoring:
        typer.echo(plain(line), err=True)


def _conflict(name: str, given: Mapping[str, Any], frozen: Any, path: Path, source: str | None) -> str:
    """Say that an option, or a setting of the file ``source``, is not that of the frozen cohorts."""
    log = given.get("base") or given.get("source") or ", ".join(given.get("logs", ()))
    by, remedy = ("", "leave the option out") if source is None else (f" by {source}", f"take it out of {source}")
    return (
        f"{_option(name, given[name])} was given for {log}{by}, but the log of {path.name} was scored "
        f"{'with' if frozen else 'without'} {_option(name, frozen or None)}; {remedy}, or audit that log with this "
        "option first"
    )


def _option(name: str, value: Any) -> str:
    value = getattr(value, "signature", value)
    return f"no {flag(name, None)}" if value is False else flag(name, value)
