"""Judge a log by the faults of its rows. The faults of parts can be added, so that a log is judged as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Protocol, Self

from fairaudit.core.errors import InputError, NothingToAuditError, setting
from fairaudit.inputs.raw import InputFile
from fairaudit.inputs.rules import RowCheck

__all__ = ["FIRST_ROWS", "Faults", "Problem", "judge", "names_of", "require_usable", "row_list"]

#: Rows that a message shows of a problem.
FIRST_ROWS: Final = 5


class Named(Protocol):
    """A file with a name."""

    @property
    def name(self) -> str:
        """Its base name."""


@dataclass(frozen=True)
class Problem:
    """How many rows fail a check.

    Attributes
    ----------
    place
        Position of the check among all checks.
    code, column, advice, fatal, tolerated, asked_for, single
        As in :class:`fairaudit.inputs.rules.RowCheck`.
    rows
        Number of rows that fail.
    among
        Number of rows that ``fatal`` is a share of.
    first
        File and row of the first rows that fail, where they are known.
    """

    place: int
    code: str
    column: str
    advice: str
    fatal: float | None
    tolerated: int
    asked_for: bool
    single: bool
    rows: int
    among: int
    first: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, place: int, one: RowCheck, rows: int, among: int, first: Iterable[tuple[int, int]] = ()) -> Self:
        """Describe the rows that fail a check."""
        named = {name: getattr(one, name) for name in _OF_CHECKS}
        return cls(place=place, **named, rows=rows, among=among, first=tuple(first))

    @property
    def key(self) -> tuple[str, str]:
        """What the problem is called in every part of a log."""
        return self.code, self.column

    @property
    def is_fatal(self) -> bool:
        """Whether it affects the whole log."""
        return self.fatal is not None and self.rows > max(self.fatal * self.among, self.tolerated)

    def __add__(self, other: Self) -> Self:
        """Return the problem in two parts of a log."""
        first = tuple(sorted(self.first + other.first)[:FIRST_ROWS])
        place = min(self.place, other.place)
        return replace(self, place=place, rows=self.rows + other.rows, among=self.among + other.among, first=first)


_OF_CHECKS: Final = ("code", "column", "advice", "fatal", "tolerated", "asked_for", "single")


@dataclass(frozen=True)
class Faults:
    """Faulty rows of a log, or of a part of one.

    Attributes
    ----------
    rows, unusable
        Number of all rows, and of those that are quarantined.
    faulty
        Number of quarantined rows that the user did not ask to leave out.
    problems
        The problems; those that cannot be fatal may be left out if no row is unusable.

    Examples
    --------
    >>> (Faults(900, 9, 9) + Faults(100, 0, 0)).exceed(0.01), Faults(900, 10, 10).exceed(0.01)
    (False, True)
    """

    rows: int
    unusable: int
    faulty: int
    problems: tuple[Problem, ...] = ()

    def __add__(self, other: Self) -> Self:
        """Return the faults of two parts of a log."""
        problems: dict[tuple[str, str], Problem] = {}
        for one in (*self.problems, *other.problems):
            problems[one.key] = problems[one.key] + one if one.key in problems else one
        return replace(
            self,
            rows=self.rows + other.rows,
            unusable=self.unusable + other.unusable,
            faulty=self.faulty + other.faulty,
            problems=tuple(sorted(problems.values(), key=lambda one: (one.place, one.key))),
        )

    def exceed(self, max_quarantine: float) -> bool:
        """Whether too many rows are faulty, or a problem may be fatal."""
        return self.too_many(max_quarantine) or any(
            one.fatal is not None and one.rows > one.tolerated for one in self.problems
        )

    def too_many(self, max_quarantine: float) -> bool:
        """Whether more rows are faulty than may be quarantined."""
        return self.faulty > max_quarantine * self.rows

    def of_file(self, number: int) -> Self:
        """Return the faults of a file under its number among all files of a log."""
        return replace(
            self,
            problems=tuple(replace(one, first=tuple((number, row) for _, row in one.first)) for one in self.problems),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the faults as JSON, which :meth:`parse` reads."""
        return asdict(self)

    @classmethod
    def parse(cls, content: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` gave."""
        problems = (Problem(**one | {"first": tuple(map(tuple, one["first"]))}) for one in content["problems"])
        return cls(content["rows"], content["unusable"], content["faulty"], tuple(problems))


def judge(inputs: Sequence[InputFile], faults: Faults, max_quarantine: float) -> None:
    """Refuse a log with a fatal problem, or with too many unusable rows.

    Parameters
    ----------
    inputs
        Files of the log, by the numbers that the problems give.
    faults
        Faults of all of its rows.
    max_quarantine
        Largest share of rows that may be unusable.

    Raises
    ------
    InputError
        If a problem affects the whole log, or too many rows are unusable. The message lists all problems.
    """
    failed = [one for one in faults.problems if one.rows and not one.asked_for]
    fatal = [one for one in failed if one.is_fatal]
    limited = [one for one in failed if one.fatal is None]
    too_many = faults.too_many(max_quarantine)
    if not fatal and not too_many:
        return
    share = ""
    if too_many:
        share = (
            f"{faults.faulty} of {faults.rows} rows cannot be used, but at most {max_quarantine:.2%} may be "
            f"quarantined ({setting('max_quarantine')}): "
        )
    listed = "; ".join(_complaint(one, inputs) for one in fatal + limited)
    raise InputError(f"{names_of(inputs)}: {share}{listed}")


def require_usable(inputs: Sequence[InputFile], faults: Faults) -> None:
    """Raise if no usable row is left.

    Raises
    ------
    NothingToAuditError
        If all rows are unusable.
    """
    if faults.unusable == faults.rows:
        raise NothingToAuditError(
            f"{names_of(inputs)}: all {faults.rows} rows are quarantined; no row is left to audit"
        )


def names_of(inputs: Sequence[Named]) -> str:
    """Name the files of a log, for messages."""
    return inputs[0].name if len(inputs) == 1 else f"{inputs[0].name} and {len(inputs) - 1} more"


def row_list(rows: Sequence[tuple[int, int]], n: int, inputs: Sequence[Named]) -> str:
    """Write the first of ``n`` rows as text, with their files if there are several."""
    if len(inputs) == 1:
        text = ", ".join(str(row) for _, row in rows)
    else:
        text = ", ".join(f"{row} of {inputs[file].name}" for file, row in rows)
    return f"{'row' if len(rows) == 1 else 'rows'} {text}{', ...' if n > len(rows) else ''}"


def _complaint(one: Problem, inputs: Sequence[InputFile]) -> str:
    advice = f" ({one.advice})" if one.advice else ""
    rows = f"{one.rows} {'row' if one.rows == 1 else 'rows'}"
    return f"{one.code} in {one.column!r}: {rows}, {row_list(one.first, one.rows, inputs)}{advice}"
