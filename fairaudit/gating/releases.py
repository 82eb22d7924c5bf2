"""Check rules against the newest release of a ``history.json``, and against the one before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import hypot
from statistics import NormalDist
from typing import TYPE_CHECKING, Final, cast

import fairaudit
from fairaudit.core.errors import InputError, UsageError
from fairaudit.core.settings import require_alike
from fairaudit.core.signature import signature
from fairaudit.core.text import search_name
from fairaudit.core.verdicts import End, too_many_unknown
from fairaudit.gating.numbers import RATE_FROM, Number, compared
from fairaudit.gating.subjects import enough, gravest, undecided, with_overall
from fairaudit.results.gate import GateResult, RuleResult, Subject
from fairaudit.results.gate_rules import RULES, GateRule
from fairaudit.results.numbers import rounding_of
from fairaudit.results.origin import release_scoring, same_log
from fairaudit.results.rates import rate_of_document
from fairaudit.results.reading import cohort_names

if TYPE_CHECKING:
    from fairaudit.results.documents import HistoryDoc, OverallDoc, ReleaseCohortDoc, ReleaseSearchDoc

__all__ = ["judge_history"]

_ALL: Final = "all speakers"
#: Level of a change that counts as beyond chance, for the number of cohorts that are compared (Bonferroni).
_ALPHA: Final = 0.05
_QUANTILE: Final = NormalDist().inv_cdf(0.975)


def judge_history(content: HistoryDoc, rules: Sequence[GateRule]) -> GateResult:
    """Check rules against the newest release of a history.

    A history holds rates with intervals, not pairs of utterances. The interval of a change between the newest release
    and the one before is composed of the intervals of the two rates as if they were independent (MOVER; Zou & Donner,
    Statistics in Medicine 2008). If both releases were measured on the same speakers, it is too wide, so that fewer
    changes count as beyond chance than in a comparison. For limits above 0, the intervals are widened so that they hold
    for all changes at once (Bonferroni).

    Parameters
    ----------
    content
        Content of ``history.json``.
    rules
        Rules to check, at least one.

    Raises
    ------
    UsageError
        If there is no rule, or a rule needs what a history does not hold.
    InputError
        If the history has no release, or if the newest release is of the same log as the one before, or was scored
        differently, and a rule is about changes.
    """
    if not rules:
        raise UsageError(f"a gate needs at least one rule; there are {[*RULES]}")
    unit = rate_of_document(content).unit
    for rule in rules:
        rule.require_of("history")
        rule.require_unit(unit)
    if not content["releases"]:
        raise InputError("the history has no release yet")
    newest = _Releases(content)
    checks = (RuleResult(rule, tuple(sorted(_SUBJECTS[rule.name](newest, rule), key=gravest))) for rule in rules)
    caveats = tuple(newest.newest.get("caveats", ()))
    return GateResult("history", newest.signature, tuple(checks), caveats, unit)


class _Releases:
    """The newest release of a history, and the one before, if there is one."""

    def __init__(self, content: HistoryDoc) -> None:
        self.newest = content["releases"][-1]
        self.before = content["releases"][-2] if len(content["releases"]) > 1 else None
        self._models = {model["title"]: model for model in content["models"]}
        settings = {"rate": content["rate"], **release_scoring(self.newest)}
        names = [release["name"] for release in (self.before, self.newest) if release is not None]
        self.signature = signature({**settings, "releases": names, "version": fairaudit.__version__})

    def searches(self) -> Iterator[tuple[str, ReleaseSearchDoc | None]]:
        """Yield every search of the history, by the name that is shown, as the newest release has it."""
        measured = {review["title"]: review for review in self.newest["reviews"]}
        for title in self._models:
            yield search_name(title), measured.get(title)

    def cohorts(self) -> Iterator[tuple[str, ReleaseCohortDoc, ReleaseCohortDoc | None]]:
        """Yield every cohort of the newest release, by its name, with itself one release before."""
        earlier = {
            (review["title"], cohort["id"]): cohort
            for review in (self.before["reviews"] if self.before else ())
            for cohort in review["cohorts"]
        }
        for review in self.newest["reviews"]:
            for cohort in review["cohorts"]:
                name = f"{self._described(review['title'], cohort)} ({search_name(review['title'])})"
                yield name, cohort, earlier.get((review["title"], cohort["id"]))

    def absent(self) -> Iterator[Subject]:
        """Yield that speakers are unknown, and searches about which the newest release says nothing, or not enough."""
        yield from self.unknown()
        for name, review in self.searches():
            if review is None:
                lacking = f"release {self.newest['name']!r} lacks what its cohorts are assigned by"
                yield undecided(name, lacking, required=True)
            elif reason := review.get("incomplete_because"):
                yield undecided(name, reason, required=True)

    def unknown(self) -> Iterator[Subject]:
        """Yield that speakers of the newest release are unknown."""
        overall = self.newest["overall"]
        unknown = overall.get("unknown_speakers", 0)  # earlier versions did not write it
        if unknown and (reason := too_many_unknown(unknown, overall["utterances"])):
            yield undecided(_ALL, reason, required=True)

    def require_comparable(self) -> None:
        """Raise if the newest release and the one before cannot be compared, whatever their rates are."""
        if self.before is None:
            return
        names = tuple(f"release {release['name']!r}" for release in (self.before, self.newest))
        require_alike(release_scoring(self.before), release_scoring(self.newest), (names[0], names[1]))
        if same_log(self.before["inputs"], self.newest["inputs"]):
            raise InputError(f"{names[0]} and {names[1]} are of the same log, so that nothing can have changed")

    def _described(self, title: str, cohort: ReleaseCohortDoc) -> str:
        if "description" in cohort:
            return cohort["description"] or "a cohort that is withheld"
        name = cohort_names(self._models[title])[cohort["id"]]  # a file of an earlier version
        return name["description"] or name["label"]


def _rates(releases: _Releases, rule: GateRule) -> Iterator[Subject]:
    """Check the rate of every cohort."""
    yield from releases.absent()
    yield from compared((_rate(name, cohort) for name, cohort, _ in releases.cohorts()), rule)


def _rate(name: str, cohort: ReleaseCohortDoc) -> Number:
    rate = cohort["rate"]
    surplus = rounding_of(rate) if rate is not None and cohort["speakers"] is None else 0.0
    return Number(name, rate, cohort["interval"], _untested(cohort), origin=RATE_FROM, surplus=surplus)


def _regressions(releases: _Releases, rule: GateRule) -> Iterator[Subject]:
    """Check the change of every cohort and of all speakers; lower ends count only if the change is beyond chance."""
    releases.require_comparable()
    before, pairs = releases.before, [*releases.cohorts()]
    if before is None:
        yield undecided(_ALL, f"the history has one release only, {releases.newest['name']!r}")
        return
    tested = sum(_untested(now) is None and then is not None and _untested(then) is None for _, now, then in pairs)
    changes = [_changed(_ALL, before["overall"], releases.newest["overall"], rule, 1 + tested)]
    for name, now, then in pairs:
        reason = _untested(now) or (f"nobody is in it in release {before['name']!r}" if then is None else None)
        if then is None or reason or (reason := _untested(then)):
            changes.append(Number(name, None, None, reason))
        else:
            changes.append(_changed(name, then, now, rule, 1 + tested))
    overall, *cohorts = compared(changes, rule)
    yield from with_overall([*releases.absent(), *cohorts], overall)


def _overall(releases: _Releases, rule: GateRule) -> Iterator[Subject]:
    releases.require_comparable()
    yield from releases.unknown()
    if releases.before is None:
        yield undecided(_ALL, f"the history has one release only, {releases.newest['name']!r}")
    else:
        yield from compared([_changed(_ALL, releases.before["overall"], releases.newest["overall"], rule, 1)], rule)


def _tested(releases: _Releases, rule: GateRule) -> Iterator[Subject]:
    """Check the share of all speakers who are in cohorts that could be tested, for each search."""
    yield from releases.unknown()
    for name, review in releases.searches():
        share = _share_tested(review, releases.newest["overall"]["speakers"]) if review else 0.0
        yield enough(name, share, rule, "too few speakers are in cohorts that could be tested")


def _share_tested(review: ReleaseSearchDoc, speakers: int) -> float:
    """Return the share of all speakers who are in a tested cohort; earlier versions did not write it."""
    if "share_tested" in review:
        return review["share_tested"]
    inside = sum(cohort["speakers"] or 0 for cohort in review["cohorts"] if cohort["tested"])
    return min(1.0, inside / speakers) if speakers else 0.0


def _changed(
    name: str, then: ReleaseCohortDoc | OverallDoc, now: ReleaseCohortDoc | OverallDoc, rule: GateRule, tests: int
) -> Number:
    """Return the change of a rate between two releases.

    A withheld rate is rounded up, so that of the earlier release is lowered by as much as it may be too high.
    """
    rates, intervals = (then["rate"], now["rate"]), (then["interval"], now["interval"])
    if None in rates or None in intervals:
        return Number(name, None, None, "its interval is not defined")
    (first, second), (ends, later) = cast("tuple[float, float]", rates), cast("tuple[list[float], ...]", intervals)
    if then["speakers"] is None:
        surplus = rounding_of(first)
        first, ends = first - surplus, [end - surplus for end in ends]
    difference = second - first
    below, above = hypot(second - later[0], ends[1] - first), hypot(later[1] - second, first - ends[0])
    p = min(1.0, tests * NormalDist().cdf(-_QUANTILE * difference / below)) if below else float(difference <= 0)
    chance = rule.end == End.LOWER and p >= _ALPHA
    return Number(name, difference, (difference - below, difference + above), None, p, chance)


def _untested(cohort: ReleaseCohortDoc) -> str | None:
    if cohort["tested"]:
        return None
    if cohort["speakers"] == 0:
        return "nobody is in it"
    return "its numbers are withheld" if cohort["suppressed"] else "too few speakers or errors to be tested"


_SUBJECTS: Final[Mapping[str, Callable[[_Releases, GateRule], Iterator[Subject]]]] = {
    "max-rate": _rates,
    "max-regression": _regressions,
    "non-inferiority": _overall,
    "min-tested": _tested,
}
