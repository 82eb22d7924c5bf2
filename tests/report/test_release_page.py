"""A release on the page: rules and their verdict, what changed since the last release, all releases."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

import fairaudit
from fairaudit.core.errors import UsageError
from fairaudit.report import Beside, changes_chart, render_comparison, render_for, render_html
from fairaudit.report.charts.chart import Marker, Text
from fairaudit.report.views.audit import view_of
from fairaudit.report.views.release import release_view
from fairaudit.results.audit import Audit
from fairaudit.results.comparison import Comparison
from fairaudit.results.gate import GateResult
from fairaudit.results.history import History

#: The heading of what changed.
SINCE = "Since the last release"
HOSTILE = "<img src=x onerror=alert(1)> $\\frac{"


@dataclass(frozen=True)
class Review:
    """A baseline and a candidate that harms the north, reviewed."""

    before: Audit
    after: Audit
    comparison: Comparison
    gate: GateResult
    history: History

    @property
    def beside(self) -> Beside:
        return Beside.of(self.comparison, [self.gate], self.history)


@pytest.fixture(scope="module")
def review(release: Any) -> Review:
    labels = {"old town": HOSTILE}
    logs = [fairaudit.read_log(log.replace({"accent": labels})) for log in (release.before, release.after)]
    before, after = (fairaudit.audit(log, by=["accent"], permutations=39) for log in logs)
    comparison = fairaudit.compare(*logs, before.models)
    history: Any = before.models
    for name, log in (("1.0", logs[0]), (f"1.1 {HOSTILE}", logs[1]), ("1.2", logs[0])):
        history = fairaudit.record(history, name, log)
    gate = fairaudit.gate(comparison, {"max-regression": 0, "non-inferiority": "0.5%", "min-tested": "99%"})
    return Review(before, after, comparison, gate, history)


@pytest.fixture(scope="module")
def page(review: Review) -> str:
    return fairaudit.render_html(
        review.after, comparison=review.comparison, gates=[review.gate], history=review.history
    )


def text_of(html: str) -> str:
    bare = re.sub(r"<(head|svg).*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", bare).replace("\N{NO-BREAK SPACE}", " ").split())


def test_an_audit_by_itself_says_nothing_of_releases(review: Review):
    html = render_html(review.after.to_dict())
    assert 'id="release"' not in html
    assert "Gate" not in text_of(html)


def test_the_verdict_of_the_gate_comes_first(page: str, review: Review):
    text = text_of(page)
    change = view_of(review.after.to_dict(), review.beside).release.comparison.sentence  # type: ignore[union-attr]
    order = ["✘ Gate failed", change, "fail: max-regression 0.0 points",
             "pass: non-inferiority 0.5 points", "insufficient evidence, which fails the gate: min-tested 99.0 %",
             "Disparity found", "Overall WER, candidate", "What next Do not release this as it is: it fails "
             "max-regression and min-tested.", "Who has higher error rates", f"{SINCE} ▲ Regression."]  # fmt: skip
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    assert "Change of the overall rate: at most 0.5 points, by the upper end of its 95 % interval." in text
    title = f"{view_of(review.after.to_dict()).subject.title}: ✘ Gate failed, Disparity found"
    assert f"<title>{title} – speech recognition fairness audit</title>" in page


def test_it_says_what_changed_and_of_whom_the_rest_is(page: str, review: Review):
    text = text_of(page)
    overall = review.comparison.overall.change
    assert overall.difference < 0
    candidate, told = (view_of(audit.to_dict(), review.beside) for audit in (review.after, review.before))
    assert candidate.release.comparison is not None
    assert f"Regression. {candidate.release.comparison.sentence}" in text
    assert candidate.release.side == "The rest of this page audits the candidate."
    assert candidate.release.side in text
    assert told.release.side == candidate.release.side.replace("candidate", "baseline")
    first, second, third, *others = told.figures
    rates = f"baseline {100 * overall.baseline:.2f} %, candidate {100 * overall.candidate:.2f} %:"
    assert first.change.startswith(rates)
    assert second.change.startswith("frozen “accent = north”: baseline 14.4 %, candidate 19.6 %: +5.2 points [")
    sides = "baseline 1.2 times (+17 %), candidate 2.0 times (+98 %)"
    assert third.change.startswith(f"gap of frozen “accent = north”: {sides}: +81 points [")
    assert [figure.change for figure in others] == ["", ""]


@pytest.mark.parametrize("side", ["candidate", "baseline"])
def test_every_box_names_the_recogniser_that_it_is_of(review: Review, side: str):
    audit = review.after if side == "candidate" else review.before
    view = view_of(audit.to_dict(), review.beside)
    comparison = view.release.comparison
    assert comparison is not None
    assert view.verdict_of == f"Audit of the {side}, {getattr(comparison, side)}"
    assert all(figure.name.endswith(f", {side}") for figure in view.figures)
    assert any("this audit is of the baseline" in caveat for caveat in view.caveats) == (side == "baseline")
    text = text_of(render_html(audit.to_dict(), beside=review.beside))
    assert view.verdict_of in text
    assert f"Baseline: {comparison.baseline} . Candidate: {comparison.candidate} ." in text
    assert f"Rules checked on the comparison of the candidate, {comparison.candidate}" in text


def test_all_releases_are_lines_and_a_table(page: str):
    section = re.search(r"<h3>All releases</h3>.*?</section>", page, flags=re.DOTALL)
    assert section is not None
    assert 'aria-label="WER of the cohorts of accent at every release"' in section.group()
    (north,) = re.findall(r"accent = north</bdi></th>(.*?)</tr>", section.group(), flags=re.DOTALL)
    assert re.findall(r">([\d.]+) %<", north) == ["14.4", "19.6", "14.4"]
    assert "withheld" in text_of(section.group())


def test_page_markdown_and_text_say_the_same(page: str, review: Review):
    audit = review.after.to_dict()
    text = text_of(page)
    release = view_of(audit, review.beside).release
    assert release.comparison is not None
    for name in ("r.md", "r.txt"):
        told = render_for(Path(name), audit, beside=review.beside)
        flat = " ".join(re.sub(r"\\(.)", r"\1", told).split())
        for words in ("✘ Gate failed", SINCE, release.comparison.sentence, release.side, "WER by accent"):
            assert words in flat, name
            assert words in text
        assert flat.index("Gate failed") < flat.index("Disparity found") < flat.index(SINCE)


def test_a_comparison_has_a_page_of_its_own(review: Review):
    comparison = review.comparison.to_dict()
    html = render_comparison(comparison, Beside(gates=[review.gate.to_dict()]))
    text = text_of(html)
    assert text.index("✘ Gate failed") < text.index("▲ Regression") < text.index("Cohorts that got worse 1")
    assert "To be signed on paper" in text
    assert html == render_for(Path("x.html"), comparison, beside=Beside(gates=[review.gate.to_dict()]))
    for name in ("x.md", "x.txt"):
        told = render_for(Path(name), comparison, beside=Beside.of(None, [review.gate]))
        assert "Gate failed" in told
        assert "Regression" in told
    with pytest.raises(UsageError, match="which a comparison does not have"):
        render_for(Path("x.html"), comparison, boundaries="b.geojson")
    with pytest.raises(UsageError, match="not with another comparison"):
        render_for(Path("x.html"), comparison, beside=review.beside)


def test_what_belongs_to_something_else_is_refused(review: Review, release: Any):
    audit, beside = review.after.to_dict(), review.beside
    with pytest.raises(UsageError, match=r"a gate checked another comparison than the one shown: rate:wer"):
        release_view(replace(beside, comparison=None), audit)
    other = fairaudit.audit(fairaudit.read_log(release.after.head(2000)), by=["accent"], permutations=19)
    with pytest.raises(UsageError, match="other files"):
        release_view(beside, other.to_dict())
    of_others = History(review.history.rate, review.history.models, review.history.releases[1:2])
    with pytest.raises(UsageError, match=r"the history has no release with the files shown here; it has 1\.1"):
        release_view(Beside.of(history=of_others), review.before.to_dict())
    other_rate = copy.deepcopy(beside.history)
    assert other_rate is not None
    with pytest.raises(UsageError, match="the history is about rate 'cer', the page about 'wer'"):
        release_view(Beside(history={**other_rate, "rate": "cer"}), audit)


@pytest.mark.slow
def test_small_figures_make_the_whole_page_say_so(review: Review):
    shown = Beside.of(review.comparison, unredacted=True)
    html = render_html(review.after.to_dict(), beside=shown)
    assert "<strong>Unredacted.</strong>" in html
    assert "<strong>Unredacted.</strong>" not in render_html(review.after.to_dict(), beside=review.beside)
    assert "<strong>Unredacted.</strong>" in render_comparison(review.comparison.to_dict(unredacted=True))


def test_nobody_elses_text_becomes_markup_and_nobody_is_named(page: str, review: Review):
    for html in (page, render_comparison(review.comparison.to_dict(), Beside(history=review.history.to_dict()))):
        assert "<img" not in html
        assert "&lt;img src=x" in html
        assert not re.search(r"\bu\d{5}\b|\bs\d{3}\b", text_of(html))


@pytest.mark.slow
def test_the_same_release_is_the_same_page(page: str, review: Review):
    assert page == render_html(review.after.to_dict(), beside=review.beside)


def test_changes_are_drawn_where_they_are(review: Review):
    comparison = release_view(Beside.of(review.comparison)).comparison
    assert comparison is not None
    marks = comparison.reviews[0].marks
    chart = changes_chart(marks, overall=comparison.overall)
    texts = [mark.text for mark in chart.marks if isinstance(mark, Text)]
    assert texts == ["withheld" for mark in marks if mark.difference is None]
    drawn = {mark.at for mark in chart.marks if isinstance(mark, Marker)}
    assert drawn == {(100 * mark.difference, y) for y, mark in enumerate(marks) if mark.difference is not None}
    assert [entry.text for entry in chart.key] == ["worse", "better", "all speakers"]
