"""Words of ten speakers are in no output, wherever they stand, and cannot be found by subtraction."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.cohorts.rules import Group
from fairaudit.core.verdicts import MeasuredOn
from fairaudit.report import render_markdown, render_terminal
from fairaudit.report.views.wrong_words import wrong_words_view
from fairaudit.results.disclosure import Disclosure, Shown
from fairaudit.results.wrong_words import GroupWords, wrong_words_to_dict
from fairaudit.stats.decomposition import Decomposition

#: Each is said, heard or inserted by this many speakers of the group, and of the others.
CANARIES = {
    "canarya": (10, 40),
    "canaryb": (40, 10),
    "canaryc": (10, 10),
    "canary4d": (40, 40),
}
HEARD = {"canarye": 10}
INSERTED = {"canaryf": (10, 0), "canaryg": (40, 10)}
SHOWN = {"known": (11, 11)}
COMMON = ["turn", "the", "light", "on", "please", "now"]


def speech(seed: int = 0, speakers: int = 80) -> pd.DataFrame:
    """Half of the speakers, those of the group, are often misheard, whatever they say."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(2 * speakers):
        group, number = ("in", i) if i < speakers else ("out", i - speakers)
        for _ in range(20):
            words = [*rng.choice(COMMON, 5)]
            heard = [f"{word}s" if rng.random() < (0.6 if group == "in" else 0.1) else word for word in words]
            rows.append((f"s{i}", group, " ".join(words), " ".join(heard)))
        side = 0 if group == "in" else 1
        for word, few in {**CANARIES, **SHOWN}.items():
            if number < few[side]:
                wrong = "wrong" if side == 0 else word
                rows += [(f"s{i}", group, f"the {word} light", f"the {wrong} light")] * 3
        for word, few_heard in HEARD.items():
            if side == 0 and number < few_heard:
                rows += [(f"s{i}", group, "please now", f"please {word}")] * 3
        for word, few in INSERTED.items():
            if number < few[side]:
                rows += [(f"s{i}", group, "please now", f"please now {word}")] * 3
    return pd.DataFrame(rows, columns=["speaker_id", "group", "reference", "hypothesis"])


@pytest.fixture(scope="module")
def log() -> fairaudit.UtteranceLog:
    rows = speech()
    rows["half"] = np.where(rows["speaker_id"].str[-1].isin([*"02468"]), "even", "odd")
    rows["nearly"] = np.where(rows["speaker_id"].isin(["s0", "s1", "s2"]), "out", rows["group"])
    return fairaudit.read_log(rows, wrong_words=True)


@pytest.mark.parametrize("by", [["group"], ["nearly"], ["group", "nearly", ("group", "half")]])
@pytest.mark.parametrize("unredacted", [False, True])
def test_words_of_few_are_in_no_output(log, tmp_path: Path, by: list[str], unredacted: bool) -> None:
    audit = fairaudit.audit(log, methods="named", by=by, permutations=99)
    fairaudit.save(audit, tmp_path, unredacted=unredacted)
    document = audit.to_dict(unredacted=unredacted)
    outputs = [path.read_text("utf-8") for path in tmp_path.rglob("*") if path.is_file()]
    outputs += [render_markdown(document), render_terminal(document), json.dumps(document), repr(audit)]
    assert document["wrong_words"]["groups"][0]["words"]
    # Three speakers of the group are among the others of "nearly", who then are 13 that say or have two of them.
    canaries = {*CANARIES, *HEARD, *INSERTED} - ({"canaryb", "canaryg"} if "nearly" in by else set())
    assert not [(word, text) for word in canaries for text in outputs if word in text]
    listed = {word["text"] for word in document["wrong_words"]["groups"][0]["words"]}
    assert {*COMMON} <= listed
    if by == ["group"]:
        assert "known" in listed


def test_numbers_of_speakers_and_rates_are_rounded(log) -> None:
    document = fairaudit.audit(log, methods="named", by="group", permutations=99).to_dict()
    (group,) = document["wrong_words"]["groups"]
    for word in group["words"]:
        assert {word["speakers_at_least"], word["rest_speakers_at_least"]} <= {11, 20, 50}
        assert all(round(word[name], 2) == word[name] for name in ("rate", "rest_rate"))
        assert all(heard["speakers_at_least"] in (11, 20, 50) for heard in word["becomes"])


def test_words_are_not_in_comparisons_gates_or_frozen_cohorts(log, tmp_path: Path) -> None:
    audit = fairaudit.audit(log, methods="named", by="group", permutations=99)
    fairaudit.save(audit, tmp_path)
    frozen = (tmp_path / "cohorts.json").read_text("utf-8")
    result = fairaudit.gate(audit, {"max-rate": 0.9})
    assert "turns" not in frozen + json.dumps(result.to_dict())


def test_a_group_is_not_named_where_its_search_withholds_it() -> None:
    group = GroupWords("accent", Group((1, 2), "accent = a or accent = b"), MeasuredOn.ALL)
    named = [
        wrong_words_to_dict([group], 0.05, shown)["groups"][0]["description"]
        for shown in ({}, *({"accent": Disclosure(unnamed=frozenset({cohort}))} for cohort in (3, 2)))
    ]
    assert named == ["accent = a or accent = b"] * 2 + ["withheld"]


def test_nearly_the_same_group_has_no_list(log) -> None:
    """The groups differ by three speakers, so that their lists together would be about these."""
    document = fairaudit.audit(log, methods="named", by=["group", "nearly"], permutations=99).to_dict()
    first, second = document["wrong_words"]["groups"]
    assert first["words"]
    assert second["words"] == second["inserted"] == []
    assert second["parts"] is None
    assert "would reveal fewer than 11 speakers" in second["left_out_because"]


ROUGH = {"accent": Disclosure(all_sides=Shown(rough=frozenset({1})))}
OTHERS = {"accent": Disclosure(sides=Shown(rough=frozenset({1})))}


@pytest.mark.parametrize(("shown", "value"), [({}, 0.123), (OTHERS, 0.123), (ROUGH, 0.12)])
def test_parts_are_as_rough_as_the_rates_of_both_sides(shown: dict[str, Disclosure], value: float) -> None:
    parts = Decomposition((0.1234, 0.0111), (0.0234, 0.0111), (0.1, 0.0111), (0.0, 0.0))
    group = GroupWords("accent", Group((1,), "accent = a"), MeasuredOn.ALL, parts=parts, flagged=3, withheld=2)
    document = wrong_words_to_dict([group], 0.05, shown)
    (one_group,) = document["groups"]
    assert one_group["parts"]["difference"]["value"] == value
    ends = [one for part in one_group["parts"].values() for one in (part["value"], *part["interval"])]
    assert all(one == round(one, 2) for one in ends) == (value == 0.12)
    view = wrong_words_view({"wrong_words": document, "sampling_unit": "speaker_id"}, None).groups[0]
    assert ("+12 points [+10, +15]" if value == 0.12 else "+12.3 points [+10.2, +14.5]") in view.parts
    assert "2 are not listed: numbers of fewer than 11 speakers would follow" in view.tally
