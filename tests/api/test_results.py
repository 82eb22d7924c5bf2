"""Results: searches by name, gaps in their own units, tables of numbers, figures."""

from __future__ import annotations

from typing import Any

import pytest
from matplotlib.figure import Figure

import fairaudit
from fairaudit.core.errors import UsageError
from fairaudit.core.text import search_name
from fairaudit.results.audit import Audit
from fairaudit.results.comparison import Comparison
from fairaudit.results.history import History


@pytest.fixture(scope="module")
def audit(release: Any) -> Audit:
    rows = release.before.assign(device=release.before["utterance_id"].str[-1].map(lambda digit: f"d{int(digit) % 2}"))
    return fairaudit.audit(rows, by=["accent", "device", ("accent", "device")], permutations=19)


@pytest.fixture(scope="module")
def comparison(release: Any, audit: Audit) -> Comparison:
    return fairaudit.compare(release.before, release.after, audit["accent"].model, permutations=19)


@pytest.fixture(scope="module")
def history(release: Any, audit: Audit) -> History:
    return fairaudit.record(fairaudit.record(audit["accent"].model, "1", release.before), "2", release.after)


def test_searches_have_names(audit: Audit) -> None:
    title = audit.searches[0].title
    assert audit["accent"] is audit[title] is audit.searches[0]
    assert audit["accent × device"] is audit.searches[2]
    assert [*audit] == [*audit.searches]
    assert len(audit) == 3
    assert "accent" in audit
    assert title in audit
    assert audit.searches[1] in audit
    assert "geo-tree" not in audit
    with pytest.raises(UsageError, match=r"unknown search 'acent'.*did you mean 'accent'"):
        audit["acent"]
    with pytest.raises(UsageError, match="'named' is the method of several searches; choose one of"):
        audit["named"]


def test_gaps_have_intervals_in_their_own_units(audit: Audit) -> None:
    for search in audit:
        assert search.gap is not None
        assert search.gap.interval is not None
        assert search.gap.interval[0] < search.gap.relative < search.gap.interval[1]
        assert search.gap.ratio_interval[0] < search.gap.ratio < search.gap.ratio_interval[1]
    assert audit.gap is audit.headline.gap
    assert audit.headline in audit.searches


def test_the_headline_is_that_of_the_page(audit: Audit) -> None:
    from fairaudit.report.views.audit import view_of

    view = view_of(audit.to_dict(unredacted=True))
    assert view.headline is not None
    assert view.headline.title == search_name(audit.headline.title)


def test_intervals_are_columns_of_numbers(audit: Audit, comparison: Comparison) -> None:
    cohorts = audit["accent"].to_frame().query("tested")
    assert (cohorts["rate_low"] < cohorts["rate"]).all()
    assert (cohorts["rate"] < cohorts["rate_high"]).all()
    assert (cohorts["rank_low"] <= cohorts["rank_high"]).all()
    changes = comparison.to_frame().query("tested")
    for name in ("before", "after", "difference"):
        assert (changes[f"{name}_low"] < changes[name]).all()
        assert (changes[name] < changes[f"{name}_high"]).all()
    subjects = fairaudit.gate(comparison, {"max-regression": 0.5}).to_frame()
    known = subjects.dropna(subset="low")
    assert (known["low"] <= known["high"]).all()
    for frame in (audit.to_frame(), audit["accent"].to_frame(), comparison.to_frame(), subjects):
        assert not [name for name in frame.columns if "interval" in name]


def test_results_draw_themselves(audit: Audit, comparison: Comparison, history: History) -> None:
    for result, kinds in ((audit, ("caterpillar", "null")), (comparison, ("changes",)), (history, ("history",))):
        for kind in kinds:
            ax = Figure().add_subplot()
            assert result.plot(kind, ax=ax) is ax
            assert ax.has_data()
        with pytest.raises(UsageError, match=rf"unknown kind of plot 'pie'; there are \['{kinds[0]}'"):
            result.plot("pie")
        with pytest.raises(UsageError, match="unknown search 'acent'"):
            result.plot(search="acent")
    assert audit.plot("caterpillar", ax=Figure().add_subplot(), search="device").has_data()


def test_without_axes_there_is_a_new_figure(audit: Audit) -> None:
    from matplotlib import pyplot as plt

    ax = audit.plot("null")
    assert ax.figure.get_axes() == [ax]
    plt.close(ax.figure)
