"""A paragraph about method and main result, to be pasted into a paper, and the field that each number is from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from fairaudit.core.text import search_name
from fairaudit.core.verdicts import Intervals, Verdict
from fairaudit.report.views.subject import files_named
from fairaudit.report.views.tables import Column, Row, Table
from fairaudit.report.words.rates import rate_words, side_rate
from fairaudit.report.words.sentences import headline
from fairaudit.report.words.wording import count, gap_span, p_equation, plain, times
from fairaudit.results.gaps import deciding_gap, is_known

if TYPE_CHECKING:
    from fairaudit.results.documents import AuditDoc, SearchDoc

__all__ = ["MethodsView", "methods_view"]

_FAIRAUDIT: Final = "The fairaudit authors. fairaudit: fairness auditing and cohort discovery for speech recognition."
_MAXIMUM: Final = "Westfall, P. H. and Young, S. S. (1993). Resampling-Based Multiple Testing. Wiley."
_BOOTSTRAP: Final = (
    "Bisani, M. and Ney, H. (2004). Bootstrap estimates for confidence intervals in ASR performance evaluation. ICASSP."
)
_ZIP_CODES: Final = (
    "Dheram, P. et al. (2022). Toward fairness in speech recognition: discovery and mitigation of performance "
    "disparities. Interspeech."
)
_PARTS: Final = (
    "Kitagawa, E. M. (1955). Components of a difference between two rates. Journal of the American Statistical "
    "Association 50(272)."
)


@dataclass(frozen=True)
class MethodsView:
    """The paragraph, the works that it cites, and a table of its numbers with the fields that they are from."""

    text: str
    references: tuple[str, ...]
    fields: Table


@dataclass
class _Traced:
    """Collects the numbers of a text with their fields."""

    rows: list[Row] = field(default_factory=list)

    def __call__(self, shown: str, path: str) -> str:
        self.rows.append(Row((shown, path)))
        return shown


def methods_view(audit: AuditDoc) -> MethodsView:
    """Describe an audit as a paper does, in the past tense and with its settings."""
    traced = _Traced()
    sentences = (*_log(audit, traced), *_searches(audit, traced), *_result(audit, traced), *_software(audit, traced))
    columns = (Column("shown", "In the text", numeric=False), Column("field", "Field of audit.json", numeric=False))
    table = Table("Where each number of the paragraph is from", columns, tuple(dict.fromkeys(traced.rows)))
    return MethodsView(" ".join(sentences), tuple(_references(audit)), table)


def _log(audit: AuditDoc, traced: _Traced) -> Iterator[str]:
    rate, overall, about = rate_words(audit), audit["overall"], audit.get("about", {})
    model, release = plain(about.get("model", "the recogniser")), about.get("release")
    made = model if release is None else f"{model} ({traced(f'release {plain(release)}', 'about.release')})"
    data = plain(about.get("data", files_named(audit["inputs"])))
    yield (
        f"We audited the {rate.spelled} of {made} on {data}: "
        f"{traced(count(overall['utterances']), 'overall.utterances')} utterances by "
        f"{traced(count(overall['speakers']), 'overall.speakers')} {rate.people}, with "
        f"{traced(count(overall['errors']), 'overall.errors')} {rate.errors} in "
        f"{traced(count(overall['exposure']), 'overall.exposure')} {rate.exposure} "
        f"({traced(rate.unit.value(overall['rate']), 'overall.rate')})."
    )
    settings = _settings(audit)
    if normalizer := settings.get("normalizer"):
        yield f"Texts were normalised with {traced(plain(normalizer), 'signature: normalizer')} before scoring."
    if left_out := audit["quality"]["rows_quarantined"]:
        yield f"Unusable rows, {traced(count(left_out), 'quality.rows_quarantined')} in all, were left out."
    yield f"The sampling unit of all tests and intervals was {plain(audit['sampling_unit'])}."


def _searches(audit: AuditDoc, traced: _Traced) -> Iterator[str]:
    searches, settings = audit["discoveries"], _settings(audit)
    if not searches:
        return
    names = ", ".join(search_name(one["title"]) for one in searches)
    higher, noun = rate_words(audit).higher, "search" if len(searches) == 1 else "searches"
    shuffles = max(one["permutations"] for one in searches)
    yield (
        f"Groups with {higher} were looked for in "
        f"{traced(count(len(searches)), 'discoveries (their number)')} {noun}: {names}."
    )
    if shuffles:
        level = f" at a level of {traced(settings['alpha'], 'signature: alpha')}" if "alpha" in settings else ""
        yield (
            f"Whole searches were repeated on {traced(count(shuffles), 'discoveries[].permutations')} shuffles of the "
            "speakers, and p-values allow for all searches by the step-down maximum (Westfall and Young, 1993)"
            f"{level}."
        )
    if not all(map(is_known, searches)):
        aside = settings.get("holdout")
        share = f" (a share of {traced(plain(aside), 'signature: holdout')})" if aside else ""
        yield f"Groups that a search found were measured on speakers kept aside{share}."
    if any(map(is_known, searches)):
        yield "Groups known beforehand were measured on all speakers, with intervals that allow for the choice of one."
    if audit.get("intervals") == Intervals.BOOTSTRAP:
        yield "Intervals are percentiles of a bootstrap of speakers (Bisani and Ney, 2004)."


def _result(audit: AuditDoc, traced: _Traced) -> Iterator[str]:
    lead = headline(audit["discoveries"])
    if lead is None:
        return
    if lead["verdict"] != Verdict.DISPARITY:
        yield f"The verdict was: {lead['verdict']}."
        return
    at = f"discoveries[{audit['discoveries'].index(lead)}]"
    yield from _gap(lead, at, audit, traced)


def _gap(lead: SearchDoc, at: str, audit: AuditDoc, traced: _Traced) -> Iterator[str]:
    side, bottom, rate = deciding_gap(lead), lead["bottom"], rate_words(audit)
    p = traced(p_equation(lead["p_value"], lead["permutations"]), f"{at}.p_value")
    if side is None or bottom is None or side["gap_relative"] is None:
        yield f"The search {search_name(lead['title'])} found a disparity ({p}), whose size cannot be given."
        return
    where = f"{at}.{'all_speakers' if is_known(lead) else 'held_out'}"
    yield (
        f"“{plain(bottom['description'])}” had {traced(times(side['gap_relative']), f'{where}.gap_relative, plus 1')} "
        f"the {rate} of the {plain(side['reference'])} "
        f"({traced(side_rate(side, 'bottom_rate', rate.unit), f'{where}.bottom_rate')} against "
        f"{traced(side_rate(side, 'reference_rate', rate.unit), f'{where}.reference_rate')}; 95 % interval "
        f"{traced(gap_span(side['gap_interval']), f'{where}.gap_interval, plus 1')} times; {p})."
    )


def _software(audit: AuditDoc, traced: _Traced) -> Iterator[str]:
    version, seed = _settings(audit).get("version"), _settings(audit).get("seed")
    if version is not None:
        seeded = "" if seed is None else f", with seed {traced(plain(seed), 'signature: seed')}"
        yield f"Computed with fairaudit {traced(plain(version), 'signature: version')}{seeded}."


def _references(audit: AuditDoc) -> Iterator[str]:
    yield _FAIRAUDIT
    if any(one["permutations"] for one in audit["discoveries"]):
        yield _MAXIMUM
    if audit.get("intervals") == Intervals.BOOTSTRAP:
        yield _BOOTSTRAP
    if any(one["method"] == "zip-census" for one in audit["discoveries"]):
        yield _ZIP_CODES
    words = audit.get("wrong_words")
    if words is not None and any(group["parts"] for group in words["groups"]):
        yield _PARTS


def _settings(audit: AuditDoc) -> dict[str, str]:
    """Return the settings of a signature by name."""
    pairs = (setting.partition(":") for setting in audit["signature"].split("|"))
    return {name: value for name, _, value in pairs}
