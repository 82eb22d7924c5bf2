"""Cohorts of voices in two dimensions: where each lies, how far it spreads, and the same as a table."""

from __future__ import annotations

from dataclasses import dataclass

from fairaudit.report.views.regions import class_name, rate_class
from fairaudit.report.views.tables import Column, Row, Table
from fairaudit.report.words.wording import count, number, percent, plain
from fairaudit.results.documents import CohortDoc, SearchDoc, VoiceDoc

__all__ = ["VoiceMap", "VoiceView", "voice_map", "voices_table"]


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
    found, voices = _drawn(discovery), discovery.get("voices")
    if not found or voices is None:
        return None
    worst = set(discovery["bottom"]["cohort_ids"]) if discovery["bottom"] else set()
    views = []
    for cohort, voice in found:
        (xx, xy), (yx, yy) = voice["covariance"]
        x, y = voice["mean"]
        step = rate_class(cohort["rate"], overall)
        views.append(VoiceView(plain(cohort["label"]), (x, y), ((xx, xy), (yx, yy)), step, cohort["id"] in worst))
    explained = enumerate(voices["explained"], 1)
    first, second = (f"component {i} ({percent(part, 0)} of the variance)" for i, part in explained)
    return VoiceMap(tuple(sorted(views, key=lambda view: view.bottom)), (first, second))


def voices_table(discovery: SearchDoc, overall: float | None, rate: str) -> Table | None:
    """The same as a table: centre and spread of each cohort that is drawn, in the order of the audit."""
    rows = []
    for cohort, voice in _drawn(discovery):
        spread = (max(voice["covariance"][i][i], 0.0) ** 0.5 for i in range(2))
        along = (f"{number(at, 2)} ± {number(sd, 2)}" for at, sd in zip(voice["mean"], spread, strict=True))
        figures = (percent(cohort["rate"]), class_name(rate_class(cohort["rate"], overall)), count(cohort["speakers"]))
        rows.append(Row((plain(cohort["label"]), *figures, *along), "flagged" if cohort["flagged"] else ""))
    columns = (
        Column("cohort", "Cohort", numeric=False),
        Column("rate", rate),
        Column("class", "Compared with overall", numeric=False),
        Column("speakers", "Speakers"),
        Column("first", "Component 1"),
        Column("second", "Component 2"),
    )
    caption = "Cohorts in the chart: mean ± standard deviation of their speakers along each component"
    return Table(caption, columns, tuple(rows)) if rows else None


def _drawn(discovery: SearchDoc) -> list[tuple[CohortDoc, VoiceDoc]]:
    """Cohorts that are shown and lie in the chart, each with its place there."""
    drawn = discovery.get("voices")
    voices = {voice["cohort_id"]: voice for voice in drawn["cohorts"]} if drawn else {}
    told = [cohort for cohort in discovery["cohorts"] if not cohort["suppressed"]]
    return [(cohort, voices[cohort["id"]]) for cohort in told if cohort["id"] in voices]
