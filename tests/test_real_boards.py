"""Boards of real logs beside the repository: EdAcc under eight systems, and Swiss German without speakers."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.inputs.log import UtteranceLog
from fairaudit.stats.bootstrap import SpeakerBootstrap, percentiles
from fairaudit.stats.contrasts import SystemCounts
from fairaudit.stats.rates import FEWEST
from fairaudit.stats.systems import certain_ranks, compare_systems

pytestmark = pytest.mark.slow

EDACC = {"utterance_id": "utt_id", "speaker_id": "speaker", "reference": "ref_raw", "hypothesis": "hyp_raw"}
RECOGNISERS = ("parakeet-tdt-0.6b-v3", "whisper-large-v3-turbo")
#: Further errors per word of systems that are made from the two.
DEGRADED = (0.02, 0.05, 0.10)
#: The accent that the last system recognises worse.
HARMED = "Spanish English"


@pytest.fixture(scope="module")
def edacc(shared_data: Path) -> dict[str, UtteranceLog]:
    return {
        name: fairaudit.read_log(
            shared_data / "edacc" / f"{name}.transcripts.jsonl.gz",
            columns=EDACC,
            normalizer="whisper-en",
            strip_tags=True,
            second_normalizer="off",
        )
        for name in RECOGNISERS
    }


@pytest.fixture(scope="module")
def eight(edacc: dict[str, UtteranceLog]) -> dict[str, pd.DataFrame]:
    """Counts of the two recognisers, and of six that make further errors at random."""
    frames = {}
    for k, (name, log) in enumerate(edacc.items()):
        frame = log.tally(["utterance_id", "speaker_id", "accent"])[["errors", "words"]].reset_index()
        frame["side"] = frame["speaker_id"].str[-1]  # of a conversation, A or B, which makes no difference
        frames[name] = frame
        for n, extra in enumerate(DEGRADED):
            rng = np.random.default_rng([k, n])
            rate = np.where((frame["accent"] == HARMED) & (k == 1) & (n == 2), 0.5, extra)
            frames[f"{name}+{extra}"] = frame.assign(errors=frame["errors"] + rng.poisson(rate * frame["words"]))
    return frames


def test_edacc_ranks_two_recognisers_but_no_accents(edacc: dict[str, UtteranceLog]) -> None:
    board = fairaudit.board(edacc, by="accent", permutations=199)
    assert board.verdict == "insufficient evidence"
    assert board.insufficient_because == "accent: no group is large enough to be tested"
    assert [system["rank"] for system in board.to_dict()["systems"]] == [[1, 1], [2, 2]]
    assert [system["gap"] for system in board.to_dict()["systems"]] == [None, None]


def test_edacc_under_eight_systems_does_not_differ_by_the_side_of_a_conversation(
    eight: dict[str, pd.DataFrame],
) -> None:
    board = fairaudit.board(eight, by="side", permutations=199)
    assert [group.position is not None for group in board.sets[0].groups] == [True, True]
    assert not (board.compared.gap_ratio.low > 1).any()
    assert (board.compared.spread.low == 1).all()
    ranks = dict(zip(board.systems, certain_ranks(board.compared.overall_ratio).tolist(), strict=True))
    for name in RECOGNISERS:  # further errors only make a system worse
        best = ranks[name]
        assert all(best[0] <= ranks[f"{name}+{extra}"][0] for extra in DEGRADED)
        assert best[1] < ranks[f"{name}+{DEGRADED[-1]}"][0]


def test_edacc_pairs_that_differ_by_single_intervals_are_not_certain(
    eight: dict[str, pd.DataFrame], shared_data: Path
) -> None:
    """A study of six systems found 10 of 15 pairs to differ in the WER of the worst of seven accents, and 4 in the gap.

    Single percentile intervals of resampled speakers find as many here, and more in the worst accent than in the gap,
    too. With 3 to 9 speakers of an accent and 28 pairs, none of these orders is certain.
    """
    summary = json.loads((shared_data / "edacc" / f"{RECOGNISERS[0]}.summary.json").read_text("utf-8"))
    first = next(iter(eight.values()))
    first = first[first["accent"].isin(summary["metrics"]["per_group"])]
    who, speakers = first["speaker_id"].factorize()
    sums = [frame.loc[first.index].groupby(who)[["errors", "words"]].sum() for frame in eight.values()]
    errors, words = np.stack([one["errors"] for one in sums]).astype(float), sums[0]["words"].to_numpy(float)
    accent = first.groupby(who)["accent"].first().astype("category").cat.codes.to_numpy(np.int64)
    drawn = SpeakerBootstrap(1000, seed=0).sums(np.vstack([errors, words]), accent)
    rates = drawn[:, :-1] / drawn[:, -1:]
    single = {}
    for name, number in (("worst", rates.max(axis=2)), ("gap", rates.max(axis=2) - rates.min(axis=2))):
        ends = [percentiles(number[:, i] - number[:, j]) for i, j in combinations(range(len(eight)), 2)]
        single[name] = sum(low > 0 or high < 0 for low, high in ends)
    assert single["worst"] > 28 * 10 / 15
    assert 28 * 4 / 15 < single["gap"] < single["worst"]
    codes = np.arange(len(speakers))

    def part(mask: np.ndarray) -> SystemCounts:
        return SystemCounts(codes[mask], errors[:, mask], words[mask])

    sides = [(part(accent == one), part(accent != one)) for one in range(7)]
    sides = [pair for pair in sides if pair[0].effective >= FEWEST]
    board = compare_systems(part(codes >= 0), sides, draws=499, seed=0)
    certain = [int((one.low > 1).sum()) for one in (board.overall_ratio, board.worst_ratio, board.gap_ratio)]
    assert len(sides) == 5
    assert certain[0] >= 14
    assert certain[1:] == [0, 0]


def test_swiss_german_without_speakers_supports_no_verdict(shared_data: Path) -> None:
    logs = {
        name: fairaudit.read_log(
            shared_data / "swiss_german" / "asgdts.csv.gz",
            columns={"utterance_id": "audio_file"},
            where={"model": name},
            missing_speaker="own",
            second_normalizer="off",
        )
        for name in ("ewc-30000", "fine-tuned", "zero-shot")
    }
    board = fairaudit.board(logs, by="dialect", permutations=199)
    assert board.verdict == "insufficient evidence"
    assert "speakers of more than 20 % of the utterances are unknown" in str(board.insufficient_because)
    systems = {system["name"]: system for system in board.to_dict()["systems"]}
    assert {system["worst"]["description"] for system in systems.values() if system["worst"]} == {"dialect = ZG"}
    assert not (board.compared.worst_ratio.low > 1).any()
    page = fairaudit.render_html(board)
    assert "speakers unknown" in page
    assert page.count("p-values and intervals are too confident") == 1
