from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from fairaudit.report import render_html, render_markdown, render_notebook, render_terminal
from fairaudit.report.views.audit import view_of
from fairaudit.report.words.verdict import shares_speakers
from fairaudit.report.words.wording import percent, plain, span

Json = dict[str, Any]
PageOf = Callable[[Json], str]


def with_verdicts(audit: Json, *verdicts: str) -> Json:
    audit["discoveries"] = [copy.deepcopy(audit["discoveries"][1]) | {"verdict": v, "title": f"search {i}"}
                            for i, v in enumerate(verdicts)]  # fmt: skip
    return audit


@pytest.mark.parametrize(
    ("verdicts", "overall"),
    [
        (("no evidence", "disparity", "insufficient evidence"), "disparity"),
        (("insufficient evidence", "no evidence"), "no evidence"),
        (("insufficient evidence", "insufficient evidence"), "insufficient evidence"),
        ((), "insufficient evidence"),
    ],
)
def test_an_audit_has_the_strongest_verdict_of_its_searches(
    rich: Json, verdicts: tuple[str, ...], overall: str
) -> None:
    assert view_of(with_verdicts(rich, *verdicts)).verdict == overall


def test_the_first_sentence_says_who_how_much_on_whom_and_how_sure(rich: Json) -> None:
    view = view_of(rich)
    assert view.sensitivity is not None
    assert view.sentence == (
        "“latitude < 38.1 and longitude ≥ -7.2” (40 held-out speakers) has 1.4 times as many errors as the other "
        "speakers: 14 per 100 words, against 10 (95 % interval 1.2 to 1.7 times). This is measured on held-out "
        "speakers, whom the search had not seen. If group membership made no difference, searches as thorough as "
        "these would find a gap this strong in 8 of 1,000 logs (p = 0.008)."
    )
    assert view.coverage == (
        "Searches that found a disparity: geo-tree.",
        "Searches that found no disparity: zip-census, embedding.",
        "Searches with too little evidence to decide: accent.",
        "Searches that could not be run: acoustic.",
        "Every p-value accounts for all 4 searches.",
    )
    assert view.caveats == (view.sensitivity.warning,)


def test_an_interval_that_reaches_zero_is_reported_in_the_first_sentence(rich: Json) -> None:
    rich["discoveries"][0]["held_out"]["gap_interval"] = [-0.01, 0.7]
    told = view_of(rich).sentence
    assert told.startswith("Errors are uneven beyond chance, but which group is worst off is unclear.")
    assert "1.4 times as many errors" in told
    assert "but the 95 % interval of 0.99 to 1.7 times leaves open whether there is a gap" in told


def test_speakers_who_are_in_several_groups_are_not_called_others(rich: Json) -> None:
    for cohort in rich["discoveries"][0]["cohorts"]:
        cohort["share_speakers"] = 0.9
    view = view_of(rich)
    assert "as many errors as the rest of the log:" in view.sentence
    assert [any("A speaker may be in several" in fact for fact in d.facts) for d in view.discoveries[:2]] == [
        True,
        False,
    ]


def test_speakers_by_another_name_are_explained(rich: Json) -> None:
    assert view_of(rich).figures[-1].note == "speakers; 14,000 utterances"
    view = view_of(rich | {"sampling_unit": "interview"})
    assert view.figures[-1].note == "speakers, each one interview; 14,000 utterances"
    assert "“Speaker” means one interview here; people who share an interview count as one." in view.coverage


def test_searches_that_still_find_a_gap_on_equally_hard_material_are_at_the_top_and_what_is_left_under_trust(
    rich: Json,
) -> None:
    lead = rich["discoveries"][0]
    left = lead["held_out"] | {"gap_relative": 0.034, "gap_interval": [-0.05, 0.13]}
    nothing = {"verdict": "no evidence", "reason": "", "p_value": 0.3, "bottom": None, "minimum_detectable_gap": None}
    searches = [nothing | {"title": d["title"], "held_out": None, "same_cohort": left} for d in rich["discoveries"]]
    rich["adjusted"] = {"covariates": ["device", "snr[3]"], "strata": 6, "thin_strata": 0, "thin_share": 0.0,
                        "searches": searches}  # fmt: skip
    south = lead["bottom"]["description"]
    account = "Adjusted for device, snr[3]"
    disparities = f"{account}, searches that found a disparity: {{}}.".format
    coverage = view_of(rich).coverage
    left = view_of(rich).adjusted_gap
    assert left == f"{account}, the gap of “{south}” is 1.03 times (+3 %), 95 % interval 0.95 to 1.1."
    assert disparities("none") in coverage
    searches[1]["verdict"] = "disparity"
    assert disparities("zip-census") in view_of(rich).coverage


def test_a_disparity_whose_held_out_gap_is_withheld_gives_the_guess_that_is_not_flattered(rich: Json) -> None:
    lead = rich["discoveries"][0]
    lead |= {"held_out": None, "search_inflated": None, "measured_on": "all speakers"}
    view = view_of(rich)
    assert "cannot be given (too few held-out speakers)" in view.sentence
    cohort = next(one for one in lead["cohorts"] if one["id"] in lead["bottom"]["cohort_ids"])
    assert cohort["flagged"]
    assert f"its WER is 14.3 % (95 % interval {span(cohort['interval'], percent)})" in view.sentence
    cohort["flagged"] = False
    assert "its WER is 14.3 % (as the highest of 7 it is probably too large; 13.0 % is the better estimate)" in (
        view_of(rich).sentence
    )
    assert [figure.note for figure in view.figures[1:-1]] == ["too few held-out speakers"]


def test_a_disparity_close_to_the_level_is_said_to_be_selected(rich: Json) -> None:
    lead = rich["discoveries"][0]
    assert (lead["verdict"], lead["p_value"]) == ("disparity", 0.008)
    assert view_of(rich).discoveries[0].selection == ""
    lead["p_value"] = 0.03
    selected = "p = 0.030 is close to the level. Gaps that are only just strong enough to be found are larger"
    assert view_of(rich).discoveries[0].selection.startswith(selected)
    assert selected in " ".join(render_terminal(rich, width=1_000).split())
    lead["verdict"] = "uneven"
    assert view_of(rich).discoveries[0].selection == ""


def test_what_the_minimum_detectable_gap_promises(rich: Json) -> None:
    """Searches that find groups need more to show which it is; known groups do not."""
    lead = rich["discoveries"][0]
    assert "about four times in five, but it can take twice the gap" in view_of(rich).discoveries[0].detectable
    lead["all_speakers"], lead["measured_on"] = lead["held_out"], "all speakers"
    known = view_of(rich).discoveries[0].detectable
    assert "A true gap of that size would be flagged four times in five." in known
    assert "Quote that gap: the gap among held-out speakers is part of the same evidence" in render_html(rich)


def test_every_cohort_that_cannot_be_tested_is_counted_withheld_or_not(rich: Json) -> None:
    view = view_of(rich)
    assert view.discoveries[0].tally == "7 cohorts examined, 1 flagged, 2 not tested (1 of them withheld)."
    assert view.discoveries[1].tally == "2 cohorts examined, 0 flagged, 0 not tested."


@pytest.mark.slow
def test_what_is_withheld_is_counted(rich: Json, page_of: PageOf) -> None:
    rich["discoveries"][0]["cohorts"][2]["errors"] = None
    rich["discoveries"][1]["unassigned"] = dict.fromkeys(rich["discoveries"][1]["unassigned"])
    suppressed = view_of(rich).suppressed
    assert suppressed is not None
    assert [row.cells for row in suppressed.rows] == [
        ("geo-tree", "1", "1", "shown"),
        ("zip-census", "0", "0", "withheld"),
        ("accent", "1", "0", "shown"),
    ]
    for discovery in rich["discoveries"]:
        discovery["cohorts"] = [cohort for cohort in discovery["cohorts"] if cohort["errors"] is not None]
        discovery["unassigned"] = {"speakers": 0, "utterances": 0, "errors": 0, "exposure": 0}
    assert view_of(rich).suppressed is None
    assert "No cohort had to be withheld." in page_of(rich)
    assert "had to be withheld" not in page_of(rich | {"redacted": False})


@pytest.mark.parametrize("verdict", ["no evidence", "insufficient evidence"])
def test_nothing_found_is_never_called_equal_error_rates(rich: Json, verdict: str) -> None:
    assert "error rates are equal" in view_of(with_verdicts(rich, verdict, verdict)).sentence
    assert "not" in view_of(with_verdicts(rich, verdict)).sentence


def test_a_flagged_group_that_is_not_worse_on_other_speakers_is_not_called_worse(rich: Json) -> None:
    held_out = rich["discoveries"][0]["held_out"]
    held_out["gap_relative"] = -0.031
    assert "0.97 times as many errors" in view_of(rich).sentence
    held_out["gap_relative"] = None
    assert "cannot be given (the rest makes no errors)" in view_of(rich).sentence


def test_the_headline_is_the_strongest_search_and_its_numbers_stand_on_top(rich: Json) -> None:
    rich["discoveries"].reverse()
    view = view_of(rich)
    assert view.headline is not None
    assert view.headline.title == "geo-tree"
    assert [figure.value for figure in view.figures] == ["10.1 %", "14.2 %", "10.0 %", "10 %", "800"]
    assert view.figures[1].interval == "[12.8 %, 15.9 %]"  # not that of the cohort table


def test_the_gap_is_in_the_verdict_once_and_every_other_estimate_of_it_under_trust(rich: Json) -> None:
    lead = rich["discoveries"][0]
    lead["held_out"]["gap_weighted"] = 0.31
    lead["cross_fitted"] = lead["held_out"] | {"gap_relative": 0.38}
    view = view_of(rich)
    first = [view.sentence, *view.coverage, *(text for f in view.figures for text in (f.name, f.value, f.note))]
    assert sum("1.4 times" in text for text in first) == 1
    assert not any("1.3 times" in text for text in first)
    assert view.headline is not None
    assert [text.partition(":")[0] for text in view.headline.estimates] == [
        "With talkative speakers weighted down, to see whether a few of them make the gap",
        "Cross-fitted on all speakers, to see whether the gap depends on the split",
    ]


def test_an_interval_without_its_gap_names_the_gap_that_it_is_of(rich: Json) -> None:
    rich["discoveries"][0]["held_out"] |= {"gap_weighted": 0.9, "gap_interval": [0.6, 1.2]}
    expected = "(95 % interval 1.6 to 2.2 times, around 1.9 times with talkative speakers weighted down)"
    assert expected in view_of(rich).sentence


def test_recording_conditions_are_apart_from_groups_of_people(rich: Json) -> None:
    device = copy.deepcopy(rich["discoveries"][0]) | {"title": "named: device", "method": "named"}
    for cohort in device["cohorts"]:
        cohort["share_speakers"] = 0.3 if not cohort["suppressed"] else None
    rich["discoveries"].append(device)
    view = view_of(rich)
    assert view.flagged is not None
    assert view.conditions is not None
    assert [row.cells[1] for row in view.flagged.rows] == ["geo-tree"]
    assert [row.cells[1] for row in view.conditions.rows] == ["device"]
    for cohort in device["cohorts"]:
        cohort["share_speakers"] = None if cohort["suppressed"] else 0.2
    assert view_of(rich).conditions is None


def test_an_older_audit_has_no_interval_of_the_bottom_cohort(rich: Json) -> None:
    del rich["discoveries"][0]["held_out"]["bottom_interval"]
    assert view_of(rich).figures[1].interval == ""


def test_withheld_rows_print_no_figure(rich: Json) -> None:
    table = view_of(rich).discoveries[0].cohorts
    row = next(row for row in table.rows if row.cells[1] == "R6")
    assert row.cells[-1] == "withheld (fewer than 11 speakers)"
    assert set(row.cells[2:-1]) == {"–"}


def test_an_inflated_number_is_printed_only_beside_its_held_out_one(rich: Json) -> None:
    rich["discoveries"][0]["held_out"]["gap_relative"] = None
    rich["discoveries"][1]["held_out"] = None
    first, second = view_of(rich).discoveries[:2]
    assert (first.gap, first.inflated_gap) == ("–", "–")
    assert first.measures is not None
    assert all(row.cells[1] != "–" or row.cells[2] == "–" for row in first.measures.rows)
    assert second.measures is None
    assert (second.gap, second.inflated_gap) == ("–", "–")
    assert "+50 %" not in second.gap_line


def test_regions_are_classed_against_the_overall_rate(rich: Json) -> None:
    steps = {region.label: region.step for region in view_of(rich).discoveries[0].regions}
    assert steps == {"R3": 3, "R4": 3, "R1": 1, "R0": 1, "R6": None, "R5": 2, "R2": 0}


@pytest.mark.slow
def test_regressions_are_reported_as_a_second_opinion(rich: Json, page_of: PageOf) -> None:
    assert {view.second_opinion for view in view_of(rich).discoveries} == {""}
    named = rich["discoveries"][3]
    figures = {"ratio": 1.236, "interval": [1.004, 1.517], "p_value": 1e-4}
    named["nb2"] = [{"cohort_id": i, "p_adjusted": p, **figures} for i, p in ((1, 0.2), (2, 2e-4), (3, 0.9), (4, 0.03))]
    unknown = {"cohort_id": 8, **dict.fromkeys(figures), "p_adjusted": None}
    named["nb2"].append(unknown)
    told = view_of(rich).discoveries[3].second_opinion
    label = plain(named["cohorts"][2]["label"])
    first = f"“{label}” 1.2 times (+24 %) against its rest, 1.004 to 1.5, adjusted p < 0.001; "
    assert told.startswith(
        "Second opinion by negative-binomial regression, for groups defined beforehand. It never decides the verdict: "
        f"{first}"
    )
    assert told.endswith("adjusted p = 0.200; 1 more in audit.json.")
    for text in (page_of(rich), render_terminal(rich, width=10_000)):
        assert "1.2 times (+24 %)" in text.replace("\N{NO-BREAK SPACE}", " ")
    named["nb2"] = [unknown]
    assert "no group has enough speakers" in view_of(rich).discoveries[3].second_opinion


def test_where_nothing_is_known_dashes_stand(bare: Json) -> None:
    view = view_of(bare)
    assert [figure.value for figure in view.figures] == ["–", "–", "9"]
    assert view.discoveries[0].null is None
    assert view.discoveries[0].facts[0].endswith("withheld.")


def test_searches_whose_cohorts_share_speakers_are_not_compared(rich: Json) -> None:
    """Not those whose bottom cohort has nearly all speakers, whose share is rounded to 100 %."""
    before = view_of(rich).overlap
    assert before is not None
    assert before.titles == ("1 geo-tree", "2 zip-census", "3 embedding")
    for side in ("held_out", "search_inflated"):
        rich["discoveries"][1][side]["bottom_share"]["speakers"] = 1.0
    same = view_of(rich).overlap
    assert same is not None
    assert same.titles == before.titles
    for cohort in rich["discoveries"][1]["cohorts"]:
        cohort["share_speakers"] = 0.9
    after = view_of(rich).overlap
    assert after is not None
    assert after.titles == ("1 geo-tree", "2 embedding")


def test_caveats_stand_beside_the_verdict(rich: Json) -> None:
    rich["quality"]["caveats"] = ["the log mixes two scripts"]
    assert "Caution: the log mixes two scripts" in view_of(rich).caveats
    for render in (render_html, render_markdown, render_notebook, render_terminal):
        assert "the log mixes two scripts" in " ".join(render(rich).split())


def test_the_row_of_speakers_in_no_cohort_says_that_it_is_of_all_speakers(rich: Json) -> None:
    rich["discoveries"][0]["measured_on"] = "all speakers"
    text = " ".join(render_markdown(rich).split())
    assert text.count("| (in no cohort) |") == 1
    assert text.count("| (all in no cohort) |") == len(rich["discoveries"]) - 1
    assert text.count("the last row is of all speakers in no cohort") == len(rich["discoveries"]) - 1


def test_a_share_of_all_speakers_in_no_cohort_makes_nobody_be_in_several_groups(rich: Json) -> None:
    """Shares of cohorts are of the held-out speakers, of whom fewer may be in no cohort."""
    search = rich["discoveries"][0]
    share = 0.99 / len(search["cohorts"])
    for cohort in search["cohorts"]:
        cohort["share_speakers"] = share
    search["unassigned"]["share_speakers"] = 0.02
    assert not shares_speakers(search)
    search["measured_on"] = "all speakers"
    assert shares_speakers(search)


@pytest.mark.parametrize(
    ("speakers", "because", "of_log", "cautioned"),
    [
        (5, "fewer than 11 speakers", 400, False),
        (5, "fewer than 11 speakers", 200, True),
        (None, "it would reveal fewer than 11 speakers by subtraction", 400, True),
        (None, None, 400, True),
    ],
)
def test_few_speakers_in_no_group_are_no_caution(
    rich: Json, speakers: int | None, because: str | None, of_log: int, cautioned: bool
) -> None:
    """Withheld or not; what is withheld counts as the most that it may be."""
    rich["overall"]["speakers"] = of_log
    sums = rich["discoveries"][0]["unassigned"]
    rich["discoveries"][0]["unassigned"] = dict.fromkeys(sums) | {"withheld_because": because}
    said = [sentence for sentence in view_of(rich).caveats if "geo-tree" in sentence]
    assert said == cautioned * [
        "Caution: geo-tree: some speakers are in no group, because what this search needs is missing; "
        "their number is withheld."
    ]
    if speakers is not None:
        rich["discoveries"][0]["unassigned"] = sums | {"speakers": speakers, "errors": 5, "exposure": 100}
        assert any("geo-tree" in sentence for sentence in view_of(rich).caveats) == (speakers >= 0.05 * of_log)


def test_figures_have_the_digits_that_they_are_known_to(rich: Json) -> None:
    """Rates beside withheld counts have two, rounded up, and shares of bottom cohorts are of whole percent."""
    because = "it would reveal fewer than 11 speakers by subtraction"
    row = rich["discoveries"][0]["cohorts"][1]
    row |= {"rate": 0.12, "interval": [0.097, 0.15], "errors": None, "withheld_because": because}
    view = view_of(rich)
    cells = view.discoveries[0].cohorts.rows[1].cells
    assert [cell.replace("\N{NO-BREAK SPACE}", " ") for cell in cells if "%" in cell][:1] == ["12 %"]
    assert "[9.7 %, 15 %]" in " ".join(cells).replace("\N{NO-BREAK SPACE}", " ")
    assert cells[-1].endswith(f"counts withheld, because {because}; rate rounded up")
    assert view.discoveries[0].bottom_share == view.figures[3].value == "10 %"
    assert view.figures[3].note == "of the speakers, with 10 % of the words and 14 % of the errors"
    rich["discoveries"][0]["held_out"]["bottom_share"] |= {"exposure": None, "errors": None}
    assert view_of(rich).figures[3].note == "of the speakers"
