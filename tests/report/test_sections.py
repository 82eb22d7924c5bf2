"""What stands where on the page, and what each section says."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from fairaudit.core.rate import RATES, Rate
from fairaudit.report.views.audit import AuditView, view_of
from fairaudit.results.rates import rate_to_dict

Json = dict[str, Any]
Sections = Callable[[Json], dict[str, str]]
ORDER = ("numbers", "next", "who", "where", "searches", "trust", "data", "provenance", "glossary", "sign-off")


@pytest.fixture
def sections(page_of: Callable[[Json], str]) -> Sections:
    """The markup of each section of an audit's page by its id, in the order of the page."""
    return lambda audit: dict(re.findall(r'<section id="([a-z-]+)">(.*?)</section>', page_of(audit), flags=re.DOTALL))


@pytest.mark.parametrize("name", ["rich", "crowded", "bare"])
def test_the_sections_come_in_the_order_of_a_decision(
    name: str, request: pytest.FixtureRequest, sections: Sections
) -> None:
    assert tuple(sections(request.getfixturevalue(name))) == ORDER


def test_every_search_is_on_the_page_once_the_strongest_in_the_open(rich: Json, sections: Sections) -> None:
    found = sections(rich)
    view = view_of(rich)
    assert view.headline is not None
    assert f'id="{view.headline.anchor}"' in found["who"]
    folds = re.findall(r'<details class="search" id="(search-\d)">', found["searches"])
    assert folds == [d.anchor for d in view.others]
    assert len(folds) == len(rich["discoveries"]) - 1


def test_a_map_in_the_open_is_not_in_a_fold_as_well(rich: Json, sections: Sections) -> None:
    found = sections(rich)
    assert [d.title for d in view_of(rich).mapped] == ["geo-tree", "zip-census"]
    assert found["where"].count("<h3>") == 2
    assert "Map of where the speakers of zip-census live" in found["where"]
    assert "Map of" not in found["searches"]


@pytest.mark.slow
def test_without_places_the_page_says_that_there_is_no_map(rich: Json, sections: Sections) -> None:
    rich["discoveries"] = rich["discoveries"][2:]
    assert "no search of this audit found places" in sections(rich)["where"].lower()


def test_flagged_cohorts_of_all_searches_stand_together_smallest_p_first(rich: Json) -> None:
    accent = rich["discoveries"][3]["cohorts"]
    accent[0] |= {"flagged": True, "p_adjusted": 0.01}
    accent[1] |= {"flagged": True, "p_adjusted": 0.001}
    table = view_of(rich).flagged
    assert table is not None
    assert [row.cells[1] for row in table.rows] == ["accent", "geo-tree", "accent"]
    assert [row.cells[-1] for row in table.rows] == ["0.001", "0.002", "0.010"]


def test_where_nothing_is_flagged_the_page_says_so(bare: Json, sections: Sections) -> None:
    assert view_of(bare).flagged is None
    assert "No cohort of any search is flagged." in sections(bare)["who"]


def test_the_overlap_gives_ranges_where_shares_are_not_shown(rich: Json) -> None:
    overlap = view_of(rich).overlap
    assert overlap is not None
    assert [row.cells for row in overlap.table.rows] == [
        ("1 geo-tree", "–", "60 %", "≤ 25 %"),
        ("2 zip-census", "41 %", "–", "≥ 90 %"),
        ("3 embedding", "12–20 %", "100 %", "–"),
    ]


def test_one_bottom_cohort_overlaps_with_nothing(rich: Json, bare: Json) -> None:
    for search in rich["discoveries"][1:]:
        search["overlap"] = []
    assert view_of(rich).overlap is None
    assert view_of(bare).overlap is None


def test_kinds_of_errors_add_up_to_the_rates_of_both_sides(rich: Json) -> None:
    view = view_of(rich).discoveries[0]
    assert [group.name for group in view.composition] == ["bottom cohort", "rest"]
    assert [sum(group.rates) for group in view.composition] == pytest.approx([0.104, 0.1])
    assert view.composition_table is not None
    assert view.composition_table.rows[0].cells == ("substitutions", "6.2 %", "6.0 %", "×1.04")


@pytest.mark.parametrize(
    ("rate", "higher", "shares"),
    [
        (RATES["wer"], "higher error rates", "errors in each region"),
        (RATES["wer"].against_teacher(), "a higher disagreement with the teacher", "disagreements with the teacher in"),
        (Rate("latency", "delay", "utterances", errors="delays", unit="ms"), "a higher latency", "delays in each"),
    ],
    ids=["errors", "teacher", "latency"],
)
def test_the_words_of_a_page_are_those_of_its_rate(
    rich: Json, sections: Sections, rate: Rate, higher: str, shares: str
) -> None:
    rich |= {"rate": rate.name, "rate_definition": rate_to_dict(rate)}
    found = sections(rich)
    assert f"<h2>Who has {higher}</h2>" in found["who"]
    assert f"Share of the {shares}" in found["where"]
    assert f"evidence of {higher}." in found["glossary"]


def test_kinds_of_errors_are_listed_only_if_they_are_what_the_rate_counts(rich: Json) -> None:
    titles = [column.title for column in view_of(rich).discoveries[0].cohorts.columns]
    for search in rich["discoveries"]:
        for cohort in search["cohorts"]:
            cohort["errors"] = None if cohort["errors"] is None else 40 * cohort["errors"]
    others = [column.title for column in view_of(rich).discoveries[0].cohorts.columns]
    assert [title for title in titles if title not in others] == ["S / D / I in %"]


def test_shares_of_errors_are_largest_first_and_leave_out_what_is_withheld(rich: Json) -> None:
    shares = view_of(rich).discoveries[0].error_shares
    assert [share.label for share in shares] == ["R0", "R3", "R5", "R1", "R2", "R4"]
    assert sum(share.errors for share in shares) == pytest.approx(1)
    assert [share.label for share in shares if share.bottom] == ["R3"]


def test_squares_are_shown_with_their_class_and_whether_they_are_thin(rich: Json) -> None:
    table = view_of(rich).discoveries[1].areas_table
    assert table is not None
    assert [row.cells[2:] for row in table.rows] == [
        ("+25 % to +50 %", "20 or more", "at least twice its share"),
        ("+10 % to +25 %", "fewer than 20", "–"),
        ("within ±10 %", "20 or more", "–"),
    ]
    assert table.rows[0].cells[0] == "37.0° N to 37.5° N, 6.0° W to 5.5° W"


def test_voices_are_shown_with_centre_and_spread(rich: Json) -> None:
    rich["discoveries"][2]["voices"]["cohorts"].pop()
    view = view_of(rich).discoveries[2]
    assert view.voices is not None
    assert view.voices.axes == ("component 1 (21 % of the variance)", "component 2 (12 % of the variance)")
    assert view.voices_table is not None
    assert view.voices_table.rows[0].cells[-2:] == ("0.40 ± 0.14", "0.00 ± 0.10")
    assert len(view.voices_table.rows) == 15


@pytest.mark.parametrize(
    ("name", "verdict", "advice"),
    [("rich", "disparity", "--adjust"), ("rich", "no evidence", "than this log can show (here 1.4 times (+35 %"),
     ("bare", "insufficient evidence", "Log more speakers: this log has 9.")],
)  # fmt: skip
def test_what_next_depends_on_the_verdict(name: str, verdict: str, advice: str, request: pytest.FixtureRequest) -> None:
    audit = request.getfixturevalue(name)
    for search in audit["discoveries"]:
        search["verdict"] = verdict
    assert advice in " ".join(view_of(audit).next_steps)


def test_every_audit_comes_with_its_limits_and_a_glossary_of_its_words(rich: Json) -> None:
    view: AuditView = view_of(rich)
    assert any("not the protected class" in limit for limit in view.limits)
    assert any("do not mean equal error rates" in limit for limit in view.limits)
    terms = {term for term, _ in view.glossary}
    assert {"WER", "Held-out", "Search-inflated", "Bottom cohort", "Withheld", "p", "Minimum detectable gap"} <= terms


def test_the_signature_is_shown_whole_and_setting_by_setting(rich: Json, sections: Sections) -> None:
    view = view_of(rich)
    assert view.signature == rich["signature"]
    assert "|".join(":".join(row.cells) for row in view.settings.rows) == rich["signature"]
    assert rich["signature"] in sections(rich)["provenance"]


def test_there_are_lines_to_sign_on_and_no_form(rich: Json, sections: Sections) -> None:
    signed = sections(rich)["sign-off"]
    assert signed.count('<th scope="row">Release manager</th>') == 1
    assert "<form" not in signed
    assert "<input" not in signed


@pytest.mark.slow
def test_an_audit_of_an_earlier_version_has_a_page_without_the_newer_figures(
    rich: Json, page_of: Callable[[Json], str]
) -> None:
    for search in rich["discoveries"]:
        for name in ("by_kind", "overlap", "areas", "voices"):
            search.pop(name, None)
    view = view_of(rich)
    assert view.overlap is None
    assert all(not d.composition and not d.areas and d.voices is None for d in view.discoveries)
    assert page_of(rich)


def test_wide_tables_carry_their_titles_into_the_cards_of_a_phone(rich: Json, sections: Sections) -> None:
    who = sections(rich)["who"]
    assert '<table class="wide">' in who
    assert 'data-label="95 % interval"' in who


def test_a_search_whose_cohorts_are_all_withheld_folds_them_and_one_without_cohorts_says_so(
    bare: Json, sections: Sections
) -> None:
    assert "<summary>The cohorts (all withheld)</summary>" in sections(bare)["who"]
    bare["discoveries"][0] |= {"cohorts": [], "regions": None}
    assert "This search found no cohorts." in sections(bare)["who"]
