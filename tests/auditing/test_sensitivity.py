"""The second normaliser: the same cohorts on the same speakers, exactly as a log scored by it would have them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.cohorts import GeoScan, GeoTree, Named
from fairaudit.cohorts.fixed import FixedGroups
from fairaudit.core.columns import RESCORED, rescored
from fairaudit.core.rate import rate_named
from fairaudit.evidence.gaps import Side, held_out_gap
from fairaudit.evidence.plan import Search
from fairaudit.evidence.splitting import design_of
from fairaudit.inputs.embeddings import EmbeddingTable
from fairaudit.inputs.named import NamedColumns
from fairaudit.inputs.places import Coordinates
from fairaudit.report import render_html, render_markdown, render_terminal
from fairaudit.report.views.audit import view_of
from fairaudit.results.audit import Audit
from fairaudit.results.gaps import deciding_gap
from fairaudit.results.reading import validate_audit
from fairaudit.results.side_document import conclusion
from fairaudit.stats.rates import Gap
from fairaudit.units.build import build_tables

pytestmark = pytest.mark.slow

Json = dict[str, Any]
WORDS = ("Yes", "no", "don't", "colour", "twenty", "five", "Mr", "Brown", "um", "gonna")


def texts(seed: int = 0, *, speakers: int = 160, utterances: int = 4, comma: float = 0.25) -> pd.DataFrame:
    """Speakers of four accents; in the south more words go wrong, in the north more get a comma or another case."""
    rng = np.random.default_rng(seed)
    rows = []
    for speaker in range(speakers):
        accent = ("north", "east", "south", "west")[speaker % 4]
        wrong = (0.14 if accent == "south" else 0.06) * rng.gamma(8, 1 / 8)
        restyled = comma if accent == "north" else 0.05
        for utterance in range(utterances):
            said = rng.choice(WORDS, rng.integers(0, 9))  # none at all is a silence
            heard = [
                "noise" if chance < wrong else f"{word.lower()}," if chance < wrong + restyled else word
                for word, chance in zip(said, rng.random(len(said)), strict=True)
            ]
            heard += ["uh"] * int(rng.random() < 0.1)
            rows.append(
                {
                    "utterance_id": f"u{speaker:03}-{utterance}",
                    "speaker_id": f"s{speaker:03}",
                    "accent": accent,
                    "latitude": 40 + speaker % 4 + 0.01 * (speaker // 4),
                    "longitude": -3.0,
                    "reference": " ".join(said),
                    "hypothesis": " ".join(heard),
                }
            )
    return pd.DataFrame(rows)


def audited(frame: pd.DataFrame, reading: Json | None = None, **options: Any) -> Audit:
    log = fairaudit.read_log(frame, **(reading or {}))
    return fairaudit.audit(log, by=["accent"], permutations=39, **options)


def without_signature(told: Json) -> Json:
    return {name: value for name, value in told.items() if name not in ("signature", "normalizer_sensitivity")}


# ---- against a log that was read under the second normaliser


@pytest.mark.parametrize("unit", ["word", "char"])
@pytest.mark.parametrize(("first", "second"), [("basic", "none"), ("none", "basic"), ("whisper-en", "basic")])
def test_it_is_what_a_log_scored_by_it_says_of_the_same_speakers(first: str, second: str, unit: str) -> None:
    frame = texts()
    found = audited(frame, {"normalizer": first, "unit": unit})
    other = fairaudit.read_log(frame, normalizer=second, unit=unit, second_normalizer="off")
    assert found.sensitivity is not None
    assert found.sensitivity.normalizer == other.normalizer
    sums = other.tally(["speaker_id"])
    assert found.sensitivity.rate == sums["errors"].sum() / sums[other.exposure].sum()

    rate = rate_named("cer" if unit == "char" else "wer")
    log = fairaudit.read_log(frame, normalizer=first, unit=unit)
    sources = [Coordinates(), Coordinates(), NamedColumns(("accent",))]
    searches = [
        Search(discoverer.method, source, discoverer)
        for source, discoverer in zip(sources, [GeoTree(), GeoScan(), Named(by=("accent",))], strict=True)
    ]
    table, units = build_tables(log, sources, rate)
    held = table.names[design_of(searches, units, table, found.plan).held_out]
    other_table, (_, placed, scored) = build_tables(other, sources, rate)
    for discovery, search in zip(found.searches, found.sensitivity.searches, strict=True):
        assert discovery.model is not None
        assert discovery.evidence.gaps.deciding is not None
        assert search.rescored is not None
        is_known = discovery.method == "named"
        assert (search.first, search.is_known) == (discovery.evidence.gaps.deciding, is_known)
        rows = fairaudit.assign(log, discovery.model).set_index("speaker_id")
        rows = rows if is_known else rows[rows.index.isin(held)]
        inside, outside = (sums.loc[rows.index[rows["in_bottom"] == there]] for there in (True, False))
        gap = search.rescored.gap
        assert gap.bottom_rate == inside["errors"].sum() / inside[other.exposure].sum()
        assert gap.reference_rate == outside["errors"].sum() / outside[other.exposure].sum()
        assert search.rescored.speakers == len(inside) == discovery.evidence.gaps.deciding.speakers
        if is_known:
            assert discovery.evidence.rule is not None
            assert discovery.evidence.bottom is not None
            assert discovery.evidence.critical is not None
            assigned = scored.assigned()
            cohort = discovery.evidence.rule.assign(assigned.features)[assigned.counts.group]
            critical = discovery.evidence.critical
            ratio, interval = FixedGroups(assigned, cohort, ()).ratio(
                discovery.evidence.bottom, critical, max(critical, 1.96)
            )
            assert search.rescored.weighted_ratio == pytest.approx(ratio)
            assert gap.ratio_interval == pytest.approx(interval, rel=1e-4)
            continue
        assigned = placed.assigned()
        expected = held_out_gap(
            assigned,
            discovery.model.rule.assign(assigned.features)[assigned.counts.group],
            discovery.evidence.bottom,
            other_table.names.isin(held),
            floor=20,
            dispersion=other_table.dispersion,
            everyone=placed.counts,
        )
        assert (gap, search.rescored.weighted_ratio) == (expected.gap, expected.weighted_ratio)


def test_it_can_be_another_rate_and_the_bootstrap() -> None:
    frame = texts()
    found = audited(frame, rate="insertion_rate", intervals="bootstrap")
    assert found.sensitivity is not None
    tally = fairaudit.read_log(frame, normalizer="none", second_normalizer="off").tally(["accent"]).sum()
    assert found.sensitivity.rate == tally["insertions"] / tally["words"]
    gaps = [search.rescored.gap for search in found.sensitivity.searches if search.rescored]
    assert all(gap.ratio_interval for gap in gaps)
    assert "insertion rate" in render_html(found.to_dict())


# ---- nothing else changes


def test_turned_on_it_changes_nothing_else() -> None:
    frame = texts(1)
    once, twice = (audited(frame, {"second_normalizer": name}, cross_fit=3) for name in ("off", "auto"))
    assert without_signature(once.to_dict()) == without_signature(twice.to_dict())
    assert once.to_dict()["normalizer_sensitivity"] is None
    assert twice.signature == once.signature.replace("basic-2", "basic-2|second_normalizer:none-1")


def test_neither_the_order_of_rows_nor_names_change_it() -> None:
    """One short utterance each: many speakers are told apart by nothing but what the second normaliser counts."""
    frame = texts(2, utterances=1)
    names = dict(zip(frame["speaker_id"], np.random.default_rng(0).permutation(frame["speaker_id"]), strict=True))
    told = audited(frame, methods=["named"]).to_dict(unredacted=True)
    for other in (frame.sample(frac=1, random_state=0), frame.assign(speaker_id=frame["speaker_id"].map(names))):
        again = audited(other, methods=["named"]).to_dict(unredacted=True)
        assert again["normalizer_sensitivity"] == told["normalizer_sensitivity"]
    tied = fairaudit.read_log(frame).tally(["speaker_id", "accent"]).reset_index("accent")
    assert tied.duplicated([name for name in tied if name not in RESCORED]).sum() > 20


def test_adjustment_and_sensitivity_go_together() -> None:
    frame = texts(3).assign(device=["a", "b"] * 320)
    plain, both = audited(frame), audited(frame, adjust=["device"])
    assert plain.to_dict()["normalizer_sensitivity"] == both.to_dict()["normalizer_sensitivity"]
    once = audited(frame, {"second_normalizer": "off"}, adjust=["device"])
    assert once.to_dict()["adjusted"] == both.to_dict()["adjusted"]


# ---- what it concludes


@pytest.mark.parametrize(
    ("gap", "says"),
    [
        (Gap(0.2, 0.1, (1.01, 3.0)), "worse"),
        (Gap(0.2, 0.1, (1.0, 3.0)), "no clear gap"),
        (Gap(0.1, 0.2, (0.3, 1.1)), "no clear gap"),
        (Gap(0.1, 0.2, (0.3, 0.99)), "better"),
        (Gap(0.2, 0.1, None), "no clear gap"),
        (Gap(0.2, 0.0, None), None),
        (Gap(float("nan"), 0.1, None), None),
    ],
)
def test_the_conclusion_is_the_side_of_zero_that_the_interval_lies_on(gap: Gap, says: str | None) -> None:
    assert conclusion(Side(gap, None, 20, 20, {}, 0.0, None)) == says
    assert conclusion(None) is None


def test_a_gap_of_commas_is_found_out() -> None:
    """As written the north is served worst; its words are right, and with case and punctuation aside it is not."""
    found = audited(texts(4, speakers=400), {"normalizer": "none"}, methods=["named"])
    (search,) = found.to_dict()["normalizer_sensitivity"]["searches"]
    assert found.searches[0].evidence.bottom.description == "accent = north"
    assert search["conclusion"]["first"] == "worse"
    assert search["conclusion"]["second"] != "worse"
    view = view_of(found.to_dict()).sensitivity
    assert view is not None
    assert "for accent" in view.warning
    assert view.warning in render_terminal(found.to_dict())


def test_where_all_errors_are_of_writing_the_second_has_none() -> None:
    frame = texts(5)
    frame["hypothesis"] = frame["reference"].where(frame.index % 3 > 0, frame["reference"].str.upper() + " .")
    found = audited(frame, {"normalizer": "none"})
    told = found.to_dict()
    validate_audit(told)
    assert found.sensitivity is not None
    assert (found.sensitivity.rate, told["normalizer_sensitivity"]["overall_rate"]) == (0.0, 0.0)
    for search in told["normalizer_sensitivity"]["searches"]:
        assert search["conclusion"]["second"] is None
        assert deciding_gap(search)["gap_relative"] is None
    view = view_of(told).sensitivity
    assert view is not None
    assert "basic-2" in view.warning
    for text in (render_html(told), render_markdown(told), render_terminal(told, width=1000)):
        assert view.warning.removesuffix(".") in text


def test_where_the_second_leaves_no_words_there_is_no_rate() -> None:
    frame = texts(6).assign(reference="... !?", hypothesis="... ?!")
    told = audited(frame, {"normalizer": "none"}).to_dict()
    validate_audit(told)
    assert told["overall"]["rate"] == 0.5
    assert told["normalizer_sensitivity"]["overall_rate"] is None
    assert "overall WER is then –, against 50.0 %" in render_html(told).replace("\N{NO-BREAK SPACE}", " ")


# ---- counts, pairs, histories


def test_a_log_of_counts_has_none(release: Any) -> None:
    log = fairaudit.read_log(release.before, second_normalizer="none")
    assert log.second_normalizer is None
    found = fairaudit.audit(log, by=["accent"], permutations=19)
    assert found.sensitivity is None
    assert found.to_dict()["normalizer_sensitivity"] is None
    assert "second_normalizer" not in found.signature


@pytest.mark.parametrize("second", ["off", "none", "whisper-en"])
def test_comparisons_and_histories_do_not_know_it(second: str) -> None:
    frame = texts(7)
    base = fairaudit.read_log(frame)
    models = fairaudit.audit(base, by=["accent"], methods=["named"], permutations=19).models
    candidate = frame.assign(hypothesis=frame["hypothesis"].str.replace("noise", "um"))
    plain = fairaudit.compare(base, fairaudit.read_log(candidate), models, permutations=19)
    other = fairaudit.compare(
        fairaudit.read_log(frame, second_normalizer="off"),
        fairaudit.read_log(candidate, second_normalizer=second),
        models,
        permutations=19,
    )
    assert other.to_json() == plain.to_json()
    history = fairaudit.record(models, "1", base)
    release = fairaudit.record(history, "2", fairaudit.read_log(candidate, second_normalizer=second))
    assert release.to_json() == fairaudit.record(history, "2", fairaudit.read_log(candidate)).to_json()


def test_a_paired_log_keeps_the_recounts_of_its_baseline_only() -> None:
    from fairaudit.inputs import pair

    frame = texts(8)
    worse = frame.assign(hypothesis=frame["hypothesis"] + " uh")
    paired, _ = pair(fairaudit.read_log(frame), fairaudit.read_log(worse, second_normalizer="whisper-en"))
    assert rescored("errors") in paired.count_columns
    assert not [name for name in paired.count_columns if name.endswith("rescored candidate")]
    told = fairaudit.audit(paired, by=["accent"], permutations=19).to_dict()
    alone = fairaudit.audit(fairaudit.read_log(frame), by=["accent"], permutations=19).to_dict()
    assert told["normalizer_sensitivity"] == alone["normalizer_sensitivity"]


# ---- disclosure


def test_what_is_of_few_speakers_is_withheld_here_too() -> None:
    """A cluster of 20 voices, of which fewer than 11 are held out, whose errors differ."""
    frame = texts(9, speakers=60)
    few = frame["speaker_id"] < "s020"
    frame = frame.assign(hypothesis=frame["hypothesis"].mask(few, "noise"))
    ids = frame["speaker_id"].unique()
    vectors = np.random.default_rng(9).normal(size=(60, 8)) + np.where(ids < "s020", 9.0, -9.0)[:, None]
    options = {"methods": ["embedding"], "embeddings": EmbeddingTable.of(ids, vectors), "params": {"clusters": 2}}
    found = fairaudit.audit(fairaudit.read_log(frame), holdout=0.3, permutations=39, **options)
    told, all_told = (found.to_dict(unredacted=unredacted) for unredacted in (False, True))
    assert all_told["discoveries"][0]["held_out"]["speakers"] < 11
    (search,), (open_search,) = (a["normalizer_sensitivity"]["searches"] for a in (told, all_told))
    assert (told["discoveries"][0]["held_out"], search["held_out"]) == (None, None)
    assert search["conclusion"] == {"first": None, "second": None}
    assert open_search["held_out"] is not None


def test_known_groups_are_measured_on_all_speakers_whatever_the_seed() -> None:
    one, other = (audited(texts(11), methods=["named"], seed=seed).to_dict() for seed in (0, 1))
    assert one["normalizer_sensitivity"] == other["normalizer_sensitivity"]
    (search,) = one["normalizer_sensitivity"]["searches"]
    assert search["held_out"] is None
    assert search["all_speakers"] is not None


def test_rates_are_too_coarse_to_be_subtracted() -> None:
    told = audited(texts(10)).to_dict()["normalizer_sensitivity"]
    for search in told["searches"]:
        side = deciding_gap(search)
        assert side.keys() == {"gap_relative", "gap_interval", "bottom_rate", "reference_rate"}
        for name in ("bottom_rate", "reference_rate"):
            assert side[name] == round(side[name], 3)
