"""Boards from logs: what is said of several systems, and what is withheld."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.core.errors import InputError, NothingToAuditError, UsageError
from fairaudit.results.board import Board
from fairaudit.results.schema import problems, shipped_schema

pytestmark = pytest.mark.slow  # several logs are read in every test

Sizes = dict[str, int]
SIZES: Sizes = {"north": 60, "south": 50, "west": 40}


def rows(systems: int = 3, sizes: Sizes = SIZES, worse: dict[tuple[int, str], float] | None = None) -> pd.DataFrame:
    """A log of counts of every system, in columns errors0, errors1, ..."""
    rng = np.random.default_rng(0)
    region = np.repeat([*sizes], [*sizes.values()])
    speaker = np.repeat(np.arange(len(region)), 6)
    frame = pd.DataFrame({"speaker_id": [f"s{n}" for n in speaker], "region": region[speaker], "words": 40})
    frame["utterance_id"] = [f"u{n}" for n in range(len(frame))]
    effect = rng.lognormal(0, 0.3, len(region))[speaker]
    for k in range(systems):
        raised = frame["region"].map(lambda name, k=k: (worse or {}).get((k, name), 1.0))
        frame[f"errors{k}"] = rng.poisson(6 * effect * raised)
    return frame


def logs_of(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    errors = [name for name in frame if name.startswith("errors")]
    others = frame.drop(columns=errors)
    return {f"system-{name[6:]}": others.assign(errors=frame[name]) for name in errors}


def board_of(frame: pd.DataFrame, **options: object) -> Board:
    return fairaudit.board(logs_of(frame), **{"by": "region", "permutations": 199, **options})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def planted() -> Board:
    return board_of(rows(worse={(2, "west"): 2.0}))


def test_a_planted_gap_is_certain_and_named(planted: Board) -> None:
    assert planted.verdict == "different"
    document = planted.to_dict()
    third = document["systems"][2]
    assert third["gap"] is not None
    assert third["gap"]["description"] == "region = west"
    assert third["gap"]["rank"] == [3, 3]
    higher = {(p["system"], p["other"]): p["gap"]["higher"] for p in document["pairs"] if p["gap"]}
    assert higher == {
        ("system-0", "system-1"): None,
        ("system-0", "system-2"): "system-2",
        ("system-1", "system-2"): "system-2",
    }


def test_numbers_are_those_of_the_log(planted: Board) -> None:
    frame = rows(worse={(2, "west"): 2.0})
    for k, system in enumerate(planted.to_dict()["systems"]):
        sums = frame.groupby("region")[[f"errors{k}", "words"]].sum()
        rates = sums[f"errors{k}"] / sums["words"]
        assert system["rate"] == pytest.approx(frame[f"errors{k}"].sum() / frame["words"].sum())
        assert system["worst"]["value"] == pytest.approx(rates.max())
        assert system["range"]["ratio"] == pytest.approx(rates.max() / rates.min())


def test_a_board_without_effects_says_so() -> None:
    board = board_of(rows())
    assert board.verdict == "no evidence"
    assert [system["rank"] for system in board.to_dict()["systems"]] == [[1, 3]] * 3


def test_the_document_fits_its_schema_and_is_read_back(planted: Board, tmp_path) -> None:
    document = json.loads(planted.to_json())
    assert not [*problems(document, shipped_schema("board"), "board")]
    (path,) = fairaudit.save(planted, tmp_path / "board.json")
    assert fairaudit.read_result(path) == document
    document["systems"][0]["interval"] = "wide"
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match="interval"):
        fairaudit.read_result(path)


def test_names_and_the_order_of_rows_change_nothing(planted: Board) -> None:
    frame = rows(worse={(2, "west"): 2.0})
    renamed = frame.assign(
        speaker_id="x" + frame["speaker_id"].str[::-1],
        region=frame["region"].map({"north": "c", "south": "b", "west": "a"}),
    ).sample(frac=1, random_state=1)
    other = board_of(renamed)
    pd.testing.assert_frame_equal(other.to_frame(), planted.to_frame(), check_exact=True)


def test_small_groups_are_not_judged_and_very_small_ones_withheld() -> None:
    frame = rows(sizes={**SIZES, "isle": 15, "grotto": 5}, worse={(1, "grotto"): 9.0, (1, "isle"): 5.0})
    board = board_of(frame)
    document = board.to_dict()
    groups = {group["label"]: group for group in document["sets"][0]["groups"]}
    assert "grotto" not in groups
    assert groups["withheld"]["systems"] == []
    assert groups["isle"]["not_tested_because"] == "fewer than 20 speakers"
    assert {system["worst"]["description"] for system in document["systems"]} <= {f"region = {name}" for name in SIZES}
    assert "grotto" not in planted_text(board)
    unredacted = {g["label"] for g in board.to_dict(unredacted=True)["sets"][0]["groups"]}
    assert unredacted == {*SIZES, "isle", "grotto"}


def planted_text(board: Board) -> str:
    from fairaudit.report import board_latex, board_markdown, board_terminal

    document = board.to_dict()
    return "".join(
        [
            json.dumps(document),
            fairaudit.render_html(board),
            *(f(document) for f in (board_latex, board_markdown, board_terminal)),
        ]
    )


def test_sums_of_very_small_groups_do_not_follow_by_subtraction() -> None:
    """The speakers and exact rates that are published never add up to all but those of the small group."""
    frame = rows(sizes={**SIZES, "grotto": 5}, worse={(1, "grotto"): 9.0})
    document = board_of(frame).to_dict()
    groups = document["sets"][0]["groups"]
    assert sum(group["speakers"] is None for group in groups) >= 2
    words = {name: 240 * size for name, size in SIZES.items()}
    for group in groups:
        if group["speakers"] is None and group["systems"]:
            exact = [Fraction(s["rate"]).limit_denominator(words[group["label"]]) for s in group["systems"]]
            true = [
                Fraction(int(frame.loc[frame["region"] == group["label"], f"errors{k}"].sum()), words[group["label"]])
                for k in range(3)
            ]
            assert all(s["rate"] == round(s["rate"], 3) for s in group["systems"])
            assert exact != true
    for system in document["systems"]:
        for number in (system["gap"]["value"], system["range"]["ratio"], *system["gap"]["interval"]):
            assert number == round(number, 2)
    for pair in document["pairs"]:
        assert pair["gap"]["ratio"] == round(pair["gap"]["ratio"], 2)
        assert pair["worst"]["ratio"] == round(pair["worst"]["ratio"], 2)


def test_withheld_intervals_of_any_unit_have_the_digits_of_a_page() -> None:
    frame = rows(sizes={**SIZES, "grotto": 5}, worse={(1, "grotto"): 9.0})
    logs = {name: of.assign(wait_ms=37 * of["errors"]) for name, of in logs_of(frame).items()}
    rate = fairaudit.Rate("wait", "wait_ms", "utterances", unit="ms")
    board = fairaudit.board(logs, by="region", permutations=199, rate=rate)
    shown = [group["systems"] for group in board.to_dict()["sets"][0]["groups"]]
    exact = [group["systems"] for group in board.to_dict(unredacted=True)["sets"][0]["groups"]]
    ends = [one["interval"] for systems in shown for one in systems if one["interval"]]
    assert len(ends) >= 6
    assert all(end == float(f"{end:.2e}") > 10 for interval in ends for end in interval)
    within = [one["interval"] for systems in exact for one in systems if one["interval"]]
    assert all(any(low <= a <= b <= high for low, high in ends) for a, b in within)


def test_gaps_do_not_bound_the_few_speakers_who_are_in_no_group() -> None:
    frame = rows(worse={(2, "west"): 2.0})
    few = {f"s{n}" for n in range(5)}
    board = board_of(
        frame.assign(
            region=[None if s in few else r for s, r in zip(frame["speaker_id"], frame["region"], strict=True)]
        )
    )
    document = board.to_dict()
    gaps = [system["gap"]["value"] for system in document["systems"]]
    gaps += [one["gap"] for group in document["sets"][0]["groups"] for one in group["systems"]]
    assert gaps == [None] * len(gaps)
    assert all(one["gap_interval"] for group in document["sets"][0]["groups"] for one in group["systems"])
    for system in document["systems"]:  # rounded outwards
        exact = board.compared.gap
        k = board.systems.index(system["name"])
        assert system["gap"]["interval"][0] <= exact.low[k] <= exact.high[k] <= system["gap"]["interval"][1]


@pytest.mark.parametrize(
    ("change", "because"),
    [
        (
            lambda f: f.assign(region=np.where(f["region"] == "north", None, f["region"])),
            "more than 20 % of the speakers",
        ),
        (
            lambda f: f.assign(region=[f"{r}-{s[-1]}" for r, s in zip(f["region"], f["speaker_id"], strict=True)]),
            "no group",
        ),
    ],
)
def test_what_is_absent_counts_against(change, because: str) -> None:
    board = board_of(change(rows()))
    assert board.verdict == "insufficient evidence"
    assert because in board.insufficient_because


def test_unknown_speakers_cannot_support_a_verdict() -> None:
    frame = rows(worse={(2, "west"): 2.0}).assign(speaker_id=None)
    logs = {name: fairaudit.read_log(one, missing_speaker="own") for name, one in logs_of(frame).items()}
    board = fairaudit.board(logs, by="region", permutations=99)
    assert board.verdict == "insufficient evidence"
    assert "unknown" in board.insufficient_because


def test_a_group_without_errors_is_not_judged() -> None:
    frame = rows()
    frame.loc[frame["region"] == "west", "errors1"] = 0
    board = board_of(frame)
    west = next(g for g in board.to_dict()["sets"][0]["groups"] if g["label"] == "west")
    assert west["not_tested_because"] == "it has no errors under system-1, so that ratios have no interval"


def test_frozen_cohorts_are_groups_and_those_found_here_are_named() -> None:
    frame = rows(worse={(0, "west"): 2.0, (1, "west"): 2.0})
    logs = {name: fairaudit.read_log(one) for name, one in logs_of(frame).items()}
    audit = fairaudit.audit(logs["system-0"], methods="named", by="region", permutations=99)
    board = fairaudit.board(logs, models=audit.models, permutations=99)
    named = fairaudit.board(logs, by="region", permutations=99)
    pd.testing.assert_frame_equal(board.to_frame(), named.to_frame())
    assert board.to_dict()["sets"][0]["found_on"] == ["system-0"]
    elsewhere = logs_of(frame[frame["region"] != "south"])
    partial = fairaudit.board(elsewhere, models=audit.models, permutations=99)
    assert "nobody is in it" in {g["not_tested_because"] for g in partial.to_dict()["sets"][0]["groups"]}
    assert "nobody is in region = south" in partial.insufficient_because


def test_without_groups_the_overall_rates_decide() -> None:
    frame = rows()
    assert board_of(frame, by=()).verdict == "no evidence"
    better = frame.assign(errors2=frame["errors2"] // 2)
    board = board_of(better, by=())
    assert (board.verdict, board.to_dict()["systems"][2]["rank"]) == ("different", [1, 1])
    assert board.to_dict()["systems"][2]["gap"] is None


def test_hypothesis_columns_are_systems(tmp_path) -> None:
    from fairaudit.samples import make_sample

    log = make_sample(speakers=100).log
    log = log.assign(other=log["hypothesis"] + " uh")
    log.to_csv(tmp_path / "log.csv", index=False)
    options = {"hypothesis_columns": ["hypothesis", "other"], "by": "accent", "permutations": 99}
    of_frame, of_file = (fairaudit.board(source, **options) for source in (log, tmp_path / "log.csv"))
    pd.testing.assert_frame_equal(of_frame.to_frame(), of_file.to_frame())
    with pytest.raises(UsageError, match="twice"):
        fairaudit.board(log, hypothesis_columns=["other", "other"])
    with pytest.raises(UsageError, match="not of several systems"):
        fairaudit.board({"a": log}, hypothesis_columns=["hypothesis", "other"])
    with pytest.raises(UsageError, match="logs by name"):
        fairaudit.board(log)


def test_what_cannot_be_compared_is_refused() -> None:
    frame = rows()
    with pytest.raises(NothingToAuditError, match="no errors of system-1"):
        board_of(frame.assign(errors1=0))
    with pytest.raises(UsageError, match="would identify persons"):
        board_of(frame.assign(mail=frame["speaker_id"] + "@example.org"), by="mail")
    with pytest.raises(UsageError, match="at least two systems"):
        board_of(frame.drop(columns=["errors1", "errors2"]))


def test_the_signature_names_every_setting(planted: Board) -> None:
    settings = dict(part.split(":", 1) for part in planted.signature.split("|"))
    assert settings["systems"] == "3"
    assert settings["draws"] == "199"
    assert settings["groups"].startswith("named= region@")
