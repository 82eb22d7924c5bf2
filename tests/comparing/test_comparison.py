"""A candidate beside its baseline: who is called worse, what is told, and what changes nothing."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.cohorts import CohortModel
from fairaudit.cohorts.rules import Group, Lookup
from fairaudit.core.errors import InputError, UsageError
from fairaudit.report import comparison_terminal
from fairaudit.results.comparison import Comparison
from fairaudit.results.reading import validate_comparison
from fairaudit.results.schema import shipped_schema


def by_accent(labels: list[str], bottom: str | None = None, **more: Any) -> CohortModel:
    rule = Lookup(("accent",), tuple((label,) for label in labels))
    group = None if bottom is None else Group((labels.index(bottom),), f"accent = {bottom}")
    return CohortModel("named", "named: accent", {"by": ("accent",)}, ("accent",), False, rule, group, None, **more)


ACCENTS = by_accent(["east", "north", "old town", "south", "tiny", "west"], bottom="south")


def compared(before: pd.DataFrame, after: pd.DataFrame, *models: CohortModel, **options: Any) -> Comparison:
    options.setdefault("allow_identical", before is after)
    return fairaudit.compare(fairaudit.read_log(before), fairaudit.read_log(after), models, **options)


@pytest.fixture(scope="module")
def planted(release) -> Comparison:
    return compared(release.before, release.after, ACCENTS)


def test_a_candidate_that_gains_overall_and_harms_one_cohort_is_a_regression(planted: Comparison):
    assert planted.verdict == "regression"
    assert planted.overall.change.interval[1] < 0
    content = planted.to_dict()
    (review,) = content["reviews"]
    assert [cohort["description"] for cohort in review["cohorts"] if cohort["worse"]] == ["accent = north"]
    assert review["cohorts"][0]["p_adjusted"] == 0.001


@pytest.mark.parametrize("seed", range(3))
def test_a_great_gain_of_some_cohorts_does_not_hide_harm_to_another(seed: int):
    rng, who = np.random.default_rng(seed), np.repeat(np.arange(120), 10)
    accent = np.array(["east", "north", "south", "west"])[who % 4]
    rate = 0.1 * rng.lognormal(0, 0.4, 120) * np.where(np.arange(120) % 4 < 2, 3, 1)
    before = pd.DataFrame(
        {
            "utterance_id": [f"u{i}" for i in range(1200)],
            "speaker_id": [f"s{s}" for s in who],
            "accent": accent,
            "errors": rng.binomial(20, np.minimum(rate, 0.9)[who]),
            "words": 20,
        }
    )
    errors = np.where(np.isin(accent, ["east", "north"]), rng.binomial(before["errors"], 0.5), before["errors"])
    errors = np.minimum(errors + np.where(accent == "west", rng.binomial(20, 0.03, 1200), 0), 20)
    found = compared(before, before.assign(errors=errors), by_accent(["east", "north", "south", "west"]))
    assert found.to_frame().set_index("label")["worse"].to_dict() == {
        "east": False,
        "north": False,
        "south": False,
        "west": True,
    }


def test_figures_are_ratios_of_sums(planted: Comparison, release):
    frame = planted.to_frame().set_index("label")
    for log, column in ((release.before, "before"), (release.after, "after")):
        sums = log.groupby("accent")[["errors", "words"]].sum()
        assert frame[column].to_dict() == pytest.approx((sums["errors"] / sums["words"]).to_dict())
    assert frame["difference"].to_numpy() == pytest.approx((frame["after"] - frame["before"]).to_numpy())
    assert frame["speakers"].to_dict() == release.before.groupby("accent")["speaker_id"].nunique().to_dict()
    south = release.before["accent"] == "south"
    rates = [log[south]["errors"].sum() / log[south]["words"].sum() for log in (release.before, release.after)]
    rest = [log["errors"].sum() / log["words"].sum() for log in (release.before[~south], release.after[~south])]
    gap = planted.to_dict()["reviews"][0]["gap"]
    assert [gap["before"], gap["after"]] == pytest.approx([rates[0] / rest[0] - 1, rates[1] / rest[1] - 1])
    assert gap["interval"][0] < gap["difference"] < gap["interval"][1]


def test_mean_and_maximum_are_over_the_tested_cohorts(planted: Comparison):
    tested = planted.to_frame().query("tested")
    between = planted.cohort_comparisons[0].between[1]
    assert (between.mean, between.maximum) == pytest.approx((tested["after"].mean(), tested["after"].max()))
    assert 0 <= between.variance < np.var(tested["after"], ddof=1)
    assert planted.to_dict()["reviews"][0]["between"]["cohorts"] == 5


def test_the_json_is_what_its_schema_says(planted: Comparison):
    schema = shipped_schema("comparison")
    jsonschema.Draft202012Validator.check_schema(schema)
    for content in (planted.to_dict(), planted.to_dict(unredacted=True)):
        jsonschema.Draft202012Validator(schema).validate(content)
        validate_comparison(content)
    content = planted.to_dict()
    del content["overall"]["worse"]
    with pytest.raises(InputError, match=r"comparison\.overall lacks \['worse'\]"):
        validate_comparison(content)


def test_few_speakers_are_withheld_and_cannot_be_subtracted(planted: Comparison, release):
    cohorts = {cohort["label"]: cohort for cohort in planted.to_dict()["reviews"][0]["cohorts"]}
    tiny = cohorts["tiny"]
    assert tiny["suppressed"]
    assert {name for name, value in tiny.items() if value not in (None, False)} == {
        "id", "label", "description", "suppressed", "withheld_because",
    }  # fmt: skip
    blurred = cohorts["north"]  # the next smallest
    exact = planted.to_frame().set_index("label")["before"]["north"]
    assert exact <= blurred["before"] == round(blurred["before"], 3) < exact + 0.001
    assert cohorts["east"]["before"] != round(cohorts["east"]["before"], 3)
    kept = {c["label"]: c for c in planted.to_dict(unredacted=True)["reviews"][0]["cohorts"]}
    assert kept["tiny"]["speakers"] == 5
    assert not kept["tiny"]["tested"]
    assert kept["tiny"]["p_adjusted"] is None


def test_names_and_order_change_nothing(planted: Comparison, release):
    names = {name: f"x{place}" for place, name in enumerate(release.before["speaker_id"].unique()[::-1])}
    before, after = (
        log.sample(frac=1, random_state=3).replace({"speaker_id": names}) for log in (release.before, release.after)
    )
    other = compared(before, after, ACCENTS).to_dict()
    told = planted.to_dict()
    assert (other["overall"], other["reviews"]) == (told["overall"], told["reviews"])


def test_the_same_log_twice_is_no_change(release):
    found = compared(release.before, release.before, ACCENTS)
    assert found.verdict == "no evidence"
    assert found.overall.change.interval == (0.0, 0.0)
    assert {cohort.p_adjusted for cohort in found.cohort_comparisons[0].cohorts} == {1.0, None}


def test_a_baseline_without_errors_can_be_broken(release):
    perfect = release.before.assign(errors=0)
    broken = compared(perfect, release.after, ACCENTS)
    assert broken.verdict == "regression"
    content = json.loads(broken.to_json())
    validate_comparison(content)
    assert (content["reviews"][0]["gap"]["before"], content["reviews"][0]["gap"]["difference"]) == (None, None)
    assert fairaudit.gate(content, {"max-regression": 0}).verdict == "fail"
    assert "Overall WER got worse from 0.0 % to" in " ".join(comparison_terminal(content).split())
    assert compared(perfect, perfect, ACCENTS).verdict == "no evidence"


def test_without_cohorts_the_verdict_is_of_everyone(release):
    worse = release.before.assign(errors=np.minimum(release.before["errors"] + 1, release.before["words"]))
    assert compared(release.before, worse).verdict == "regression"
    assert compared(release.before, release.after).verdict == "no evidence"
    few = release.before[release.before["accent"] == "tiny"]
    assert compared(few, few).verdict == "insufficient evidence"


def test_cohorts_without_enough_speakers_are_insufficient_evidence(release):
    assert compared(release.before, release.after, by_accent(["tiny"])).verdict == "insufficient evidence"


def test_a_cohort_that_one_speaker_dominates_decides_nothing(release):
    talkative = release.before["speaker_id"] == release.before.query("accent == 'north'")["speaker_id"].iloc[0]
    logs = [log.assign(words=log["words"].where(~talkative, 500)) for log in (release.before, release.after)]
    cohorts = compared(*logs, ACCENTS).to_frame().set_index("label")
    assert cohorts.loc["north", "not_tested_because"] == "3.8 effective speakers, fewer than 10"
    assert not cohorts.loc["north", "worse"]


def test_labels_never_seen_are_unassigned(release):
    found = compared(release.before, release.after, by_accent(["east", "west"], bottom="west"))
    assert found.cohort_comparisons[0].unassigned["speakers"] == 135
    assert found.to_dict()["reviews"][0]["unassigned"]["speakers"] == 135


def test_rounding_makes_no_rule_pass(planted: Comparison):
    """Of withheld cohorts, every number that a gate reads is rounded up."""
    exact = {c["label"]: c for c in planted.to_dict(unredacted=True)["reviews"][0]["cohorts"]}
    rows = [c for c in planted.to_dict()["reviews"][0]["cohorts"] if c["speakers"] is None and not c["suppressed"]]
    assert rows
    for row in rows:
        for name in ("before", "after", "difference"):
            assert exact[row["label"]][name] <= row[name] < exact[row["label"]][name] + 0.001
        for name in (name for name in row if name.endswith("interval") and row[name]):
            for shown, end in zip(row[name], exact[row["label"]][name], strict=True):
                assert end <= shown < end + 0.001


def test_cohorts_whose_inputs_lack_are_reported(release):
    homes = CohortModel("geo-tree", "geo-tree", {}, ("latitude", "longitude"), True, ACCENTS.rule, None, None)
    found = compared(release.before, release.after, ACCENTS, homes)
    assert [entry["method"] for entry in found.to_dict()["skipped"]] == ["geo-tree"]
    text = " ".join(comparison_terminal(found.to_dict()).split())
    assert "Caution: the cohorts of geo-tree were not compared: " in text
    with pytest.raises(UsageError, match=r"'geo-tree' need \['latitude', 'longitude'\]"):
        compared(release.before, release.after, homes)


def test_cohorts_that_could_not_be_compared_are_no_evidence_and_hide_no_regression(release, planted: Comparison):
    homes = CohortModel("geo-tree", "geo-tree", {}, ("latitude", "longitude"), True, ACCENTS.rule, None, None)
    better = release.before.assign(errors=release.before["errors"] // 2)
    assert compared(release.before, better, ACCENTS).verdict == "no evidence"
    assert compared(release.before, better, ACCENTS, homes).verdict == "insufficient evidence"
    assert compared(release.before, release.after, ACCENTS, homes).verdict == planted.verdict == "regression"


def test_p_pays_for_all_cohorts(release):
    one = compared(release.before, release.after, by_accent(["west"]))
    all_of_them = compared(release.before, release.after, ACCENTS)
    p = {c.label: c.p_adjusted for c in all_of_them.cohort_comparisons[0].cohorts}
    assert one.cohort_comparisons[0].cohorts[0].p_adjusted <= p["west"]


def test_the_other_way_round_every_difference_is_turned_round(planted: Comparison, release):
    back = compared(release.after, release.before, ACCENTS)
    there, back_frame = (found.to_frame().set_index("label").sort_index() for found in (planted, back))
    assert back_frame["difference"].to_numpy() == pytest.approx(-there["difference"].to_numpy())
    assert there["difference_low"].to_numpy() == pytest.approx(-back_frame["difference_high"].to_numpy())
    assert there["difference_high"].to_numpy() == pytest.approx(-back_frame["difference_low"].to_numpy())
    gaps = [found.cohort_comparisons[0].gap for found in (planted, back)]
    assert gaps[0].difference == pytest.approx(-gaps[1].difference)
    assert gaps[0].interval == pytest.approx((-gaps[1].interval[1], -gaps[1].interval[0]))


def test_cohorts_found_on_the_baseline_say_so(release):
    log = fairaudit.read_log(release.before)
    models = fairaudit.audit(log, methods=["named"], by=["accent"], permutations=19).models
    later = fairaudit.read_log(release.before.iloc[1:])
    for before, candidate, side in (
        (log, log, "baseline"),
        (log, later, "baseline"),
        (later, log, "candidate"),
        (later, later, ""),
    ):
        found = fairaudit.compare(before, candidate, models, allow_identical=True)
        assert (found.cohort_comparisons[0].found_on_baseline, found.cohort_comparisons[0].found_on_candidate) == (
            before is log, candidate is log,
        )  # fmt: skip
        text = " ".join(comparison_terminal(found.to_dict()).split())
        notes = re.findall(r"The cohorts of accent were chosen on the (\w+) log", text)
        assert notes == [side] * bool(side)


def test_cohorts_found_on_other_rows_of_the_file_are_not_said_to_be_chosen_on_these(release, tmp_path):
    rows = release.before.assign(part=np.where(release.before["accent"].isin(["east", "west"]), "test", "discovery"))
    rows.to_csv(tmp_path / "log.csv", index=False)
    discovery, test = (fairaudit.read_log(tmp_path / "log.csv", where={"part": part}) for part in ("discovery", "test"))
    models = fairaudit.audit(discovery, methods=["named"], by=["accent"], permutations=19).models
    kept = fairaudit.read_log(release.after[(rows["part"] == "test").to_numpy()])
    text = " ".join(comparison_terminal(fairaudit.compare(test, kept, models).to_dict()).split())
    assert "were chosen on the file of the baseline. If on these rows, part of any improvement is regression" in text
    assert "on the baseline log" not in text


def test_other_rates(release):
    parts = {"substitutions": "errors", "deletions": 0, "insertions": 0}
    logs = [
        log.assign(**{name: log[of] if isinstance(of, str) else of for name, of in parts.items()})
        for log in (release.before, release.after)
    ]
    found = compared(*logs, ACCENTS, rate="substitution_rate")
    plain = compared(*logs, ACCENTS)
    assert found.overall.change.difference == plain.overall.change.difference
    assert found.signature.startswith("rate:substitution_rate|")


def test_a_candidate_that_does_not_count_what_the_rate_needs(release):
    before = release.before.assign(substitutions=release.before["errors"], deletions=0, insertions=0)
    with pytest.raises(UsageError, match=r"needs \['insertions'\], which the candidate's log does not count"):
        compared(before, release.after, rate="insertion_rate")


def test_the_signature_shows_which_cohorts(planted: Comparison):
    assert f"named= accent@{ACCENTS.fingerprint[:8]}" in planted.signature
    assert ACCENTS.fingerprint == CohortModel.from_dict(ACCENTS.to_dict()).fingerprint
    assert ACCENTS.fingerprint != by_accent(["east"]).fingerprint


def test_equal_comparisons_give_equal_bytes(planted: Comparison, release):
    assert compared(release.before, release.after, ACCENTS).to_json() == planted.to_json()


def test_at_a_prompt_and_in_a_notebook(planted: Comparison):
    assert repr(planted).startswith("<Comparison of wer by speaker_id: regression, 0.1")
    assert repr(planted).endswith(" overall, 6 cohorts>")
    assert planted._repr_markdown_().startswith("## ▲ Regression")
    gate = fairaudit.gate(planted, {"max-regression": 0})
    assert repr(gate) == "<GateResult of comparison: fail (max-regression fail)>"
    assert gate._repr_markdown_().startswith("## ✘ Gate failed")
    assert gate.to_frame().set_index("name").loc["accent = north (accent)", "outcome"] == "fail"


def test_what_another_set_of_cohorts_sums_up_is_withheld_too(release):
    """Accents divided by a column: the small part of one accent must not follow from the accent's own rate."""
    parts = release.before["speaker_id"].str[1:].astype(int)
    split = release.before["accent"].where(parts.ge(4) | parts.lt(0), "few")
    frames = [log.assign(part=split) for log in (release.before, release.after)]
    rule = Lookup(("accent", "part"), tuple(sorted(set(zip(frames[0]["accent"], split, strict=True)))))
    fine = CohortModel("named", "named: accent × part", {}, ("accent", "part"), False, rule, None, None)
    reviews = compared(*frames, ACCENTS, fine).to_dict()["reviews"]
    cohorts = {cohort["label"]: cohort for cohort in reviews[1]["cohorts"]}
    assert cohorts["east, few"]["suppressed"]
    whole = {cohort["label"]: cohort for cohort in reviews[0]["cohorts"]}["east"]
    rounded = [cohort["before"] == round(cohort["before"], 3) for cohort in (whole, cohorts["east, east"])]
    assert any(rounded)


# ---- frozen cohorts and labels that are spelled otherwise, unknown or absent


def relabelled(frame: pd.DataFrame, **labels: str | None) -> pd.DataFrame:
    return frame.assign(accent=frame["accent"].map(lambda label: labels.get(label, label)))


@pytest.mark.parametrize(
    ("frozen", "log"),
    [("Scottish", "scottish"), ("True", "true"), ("30", "30.0"), ("Qu\u00e9bec", "Que\u0301bec"), ("a b", " a  b ")],
)
def test_labels_are_matched_by_meaning_and_counted(frozen: str, log: str, release):
    logs = [relabelled(frame, north=log) for frame in (release.before, release.after)]
    model = by_accent(["east", frozen, "old town", "south", "tiny", "west"], bottom=frozen)
    found = compared(*logs, model)
    (review,) = found.to_dict(unredacted=True)["reviews"]
    assert review["unassigned"]["speakers"] == 0
    assert (review["respelled"], review["incomplete_because"], review["share_tested"]) == (1, None, 235 / 240)
    assert found.verdict == "regression"
    assert "Labels spelled otherwise than when frozen: 1." in " ".join(comparison_terminal(found.to_dict()).split())


def test_a_frozen_cohort_that_nobody_is_in_is_named_and_is_no_evidence(release):
    better = release.before.assign(errors=release.before["errors"] // 2)
    logs = [relabelled(frame, south="southern") for frame in (release.before, better)]
    found = compared(*logs, ACCENTS)
    content = found.to_dict()
    assert found.verdict == "insufficient evidence"
    (review,) = content["reviews"]
    (south,) = [cohort for cohort in review["cohorts"] if cohort["label"] == "south"]
    assert (south["speakers"], south["tested"], south["not_tested_because"]) == (0, False, "nobody is in it")
    assert review["unlisted"] == ["southern"]
    assert review["share_tested"] < (240 - 50 - 5) / 240
    text = " ".join(comparison_terminal(content).split())
    assert "Caution: the cohorts of accent do not cover this log, because nobody is in accent = south" in text
    assert "Labels of the log that are in no cohort: “southern”." in text
    for rules in ({"max-regression": 0}, {"max-gap": "900%"}, {"max-rate": 0.9}, {"min-tested": 0.9}):
        assert fairaudit.gate(content, rules).verdict == "insufficient evidence"
    assert fairaudit.gate(content, {"non-inferiority": 0}).verdict == "pass"


def test_speakers_without_a_label_count_in_every_share(release):
    better = release.before.assign(errors=release.before["errors"] // 2)
    logs = [relabelled(frame, east=None) for frame in (release.before, better)]
    found = compared(*logs, by_accent(["north", "old town", "south", "west"]))
    (review,) = found.to_dict(unredacted=True)["reviews"]
    assert review["share_tested"] == (240 - 60 - 5) / 240
    assert sum(cohort["share_speakers"] for cohort in review["cohorts"]) == pytest.approx(review["share_tested"])
    assert review["incomplete_because"] == "more than 20 % of the speakers are in no cohort"
    assert fairaudit.gate(found, {"max-regression": 0}).verdict == "insufficient evidence"
    assert fairaudit.gate(found, {"max-regression": "0,lower,warn"}).verdict == "pass"


def test_speakers_in_several_cohorts_are_counted_once(release):
    """Half of the speakers use two devices, and the others none that is listed."""
    frame = release.before.assign(device=np.where(np.arange(len(release.before)) % 2, "phone", "tablet"))
    frame["device"] = frame["device"].where(frame["speaker_id"] < "s120", "watch")
    rule = Lookup(("device",), (("phone",), ("tablet",)))
    model = CohortModel("named", "named: device", {"by": ("device",)}, ("device",), False, rule, None, None)
    found = compared(frame, frame.assign(errors=0), model)
    assert found.to_dict(unredacted=True)["reviews"][0]["share_tested"] == 120 / 240
    assert found.to_dict()["reviews"][0]["share_tested"] == 120 / 240  # all who are in a cohort, as is shown
    assert fairaudit.gate(found, {"min-tested": 0.6}).verdict == "insufficient evidence"


def test_assign_says_how_many_were_assigned(release):
    rows = fairaudit.assign(relabelled(release.before, south="southern", north="North"), ACCENTS)
    assert rows.attrs["coverage"] == {
        "speakers": 240,
        "assigned": 190,
        "empty": ("accent = south",),
        "unlisted": {"southern": 50},
        "respelled": 1,
    }


def test_simultaneous_intervals_hold_for_everyone_and_all_tested_cohorts(planted: Comparison):
    """They contain each number's own interval; the untested cohort has none."""
    content = planted.to_dict(unredacted=True)
    rows = [content["overall"], *content["reviews"][0]["cohorts"]]
    for row in rows:
        for own, name in (("interval", "simultaneous_interval"), ("after_interval", "after_simultaneous_interval")):
            if row["tested"]:
                assert row[name][0] < row[own][0] < row[own][1] < row[name][1]
            else:
                assert row[name] is None
    assert [row["label"] for row in rows[1:] if not row["tested"]] == ["tiny"]
    gap = content["reviews"][0]["gap"]
    assert gap["after_simultaneous_interval"] == gap["after_interval"]  # there is one search
    frame = planted.to_frame()
    assert {"difference_simultaneous_low", "after_simultaneous_high"} <= {*frame.columns}


def test_the_same_cohorts_twice_cost_no_width(planted: Comparison, release):
    """And other cohorts do."""
    twice = compared(release.before, release.after, ACCENTS, ACCENTS).to_dict(unredacted=True)
    once = planted.to_dict(unredacted=True)
    (first, second), (gap,) = ([review["gap"] for review in one["reviews"]] for one in (twice, once))
    assert first == second
    assert first["after_simultaneous_interval"] == pytest.approx(gap["after_interval"], abs=0.02)  # of the draws
    assert twice["overall"]["simultaneous_interval"] == once["overall"]["simultaneous_interval"]
    alone = compared(release.before, release.after).overall
    low, high = once["overall"]["simultaneous_interval"]
    assert low < alone.simultaneous_interval[0] < alone.simultaneous_interval[1] < high
    assert alone.simultaneous_interval == alone.change.interval
