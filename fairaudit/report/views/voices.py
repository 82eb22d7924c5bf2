"""Cohorts of voices in two dimensions: where each lies, how far it spreads, and the same as a table."""

from __future__ import annotations

from dataclasses import dataclass

from fairaudit.report.views.geography import class_name, rate_class
from fairaudit.report.views.tables import Field, Table, tabulate
from fairaudit.report.words.rates import RateWords, cohort_rate
from fairaudit.report.words.wording import count, number, percent, plain
from fairaudit.results.documents import CohortDoc, SearchDoc, VoiceDoc

__all__ = ["VoiceMap", "VoiceView", "voice_map", "voices_table"]

#: A cohort with its position in the chart.
Drawn = tuple[CohortDoc, VoiceDoc]


@dataclass(frozen=True)
class VoiceView:
    """A cohort in the plane: its mean and covariance, its class of rate (0 to 4) against overall."""

    label: str
    mean: tuple[float, float]
    covariance: tuple[tuple[float, float], tuple[float, float]]
    step: int | None
    bottom: bool


@dataclass(frozen=True)
class VoiceMap:
    """The cohorts, bottom last, and the labels of the axes."""

    voices: tuple[VoiceView, ...]
    axes: tuple[str, str]


def voice_map(discovery: SearchDoc, overall: float | None) -> VoiceMap | None:
    """Turn the cohorts of a search over vectors into what is drawn of them; nothing of any other search."""
    drawn, voices = _drawn(discovery), discovery.get("voices")
    if not drawn or voices is None:
        return None
    worst = set(discovery["bottom"]["cohort_ids"]) if discovery["bottom"] else set()
    views = []
    for cohort, voice in drawn:
        (xx, xy), (yx, yy) = voice["covariance"]
        x, y = voice["mean"]
        step = rate_class(cohort["rate"], overall)
        views.append(VoiceView(plain(cohort["label"]), (x, y), ((xx, xy), (yx, yy)), step, cohort["id"] in worst))
    explained = enumerate(voices["explained"], 1)
    first, second = (f"component {i} ({percent(part, 0)} of the variance)" for i, part in explained)
    return VoiceMap(tuple(sorted(views, key=lambda view: view.bottom)), (first, second))


def voices_table(discovery: SearchDoc, overall: float | None, rate: RateWords) -> Table | None:
    """The same as a table: centre and spread of each cohort that is drawn, in the order of the audit."""
    drawn = _drawn(discovery)
    fields = (
        Field[Drawn]("cohort", "Cohort", lambda d: plain(d[0]["label"]), numeric=False),
        Field[Drawn]("rate", rate, lambda d: cohort_rate(d[0], rate.unit)),
        Field[Drawn]("class", "Compared with overall", lambda d: class_name(rate_class(d[0]["rate"], overall)), False),
        Field[Drawn]("speakers", rate.people.capitalize(), lambda d: count(d[0]["speakers"])),
        Field[Drawn]("first", "Component 1", lambda d: _along(d[1], 0)),
        Field[Drawn]("second", "Component 2", lambda d: _along(d[1], 1)),
    )
    caption = "Cohorts in the chart: mean ± standard deviation of their speakers along each component"
    return tabulate(caption, fields, drawn, lambda d: "flagged" if d[0]["flagged"] else "") if drawn else None


def _along(voice: VoiceDoc, axis: int) -> str:
    """Print mean and standard deviation along one component."""
    spread = max(voice["covariance"][axis][axis], 0.0) ** 0.5
    return f"{number(voice['mean'][axis], 2)} ± {number(spread, 2)}"


def _drawn(discovery: SearchDoc) -> list[Drawn]:
    """Cohorts that are shown and lie in the chart, each with its place there."""
    drawn = discovery.get("voices")
    voices = {voice["cohort_id"]: voice for voice in drawn["cohorts"]} if drawn else {}
    known = [cohort for cohort in discovery["cohorts"] if not cohort["suppressed"]]
    return [(cohort, voices[cohort["id"]]) for cohort in known if cohort["id"] in voices]
