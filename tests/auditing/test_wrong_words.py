"""Words of speakers who are in several groups count on the side of the utterance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.report import render_markdown
from fairaudit.results.wrong_words import at_least

pytestmark = pytest.mark.slow

WORDS = ["turn", "the", "light", "on", "please", "now", "stop", "play"]
DEVICES = ["phone", "Phone ", "headset", "car", None]


def speech(*, speakers: int = 40, utterances: int = 30, seed: int = 0) -> pd.DataFrame:
    """Return a log whose speakers all have several devices; "light" and "stop" are often misheard on phones."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(speakers):
        for device in rng.choice(np.array(DEVICES, dtype=object), utterances):
            words = [*rng.choice(WORDS, 6)]
            bad = str(device).strip().lower() == "phone"
            chance = [0.6 if bad and word in ("light", "stop") else 0.1 for word in words]
            heard = [f"{word}s" if rng.random() < p else word for word, p in zip(words, chance, strict=True)]
            rows.append((f"s{i}", device, f"h{i // 2}", " ".join(words), " ".join(heard)))
    return pd.DataFrame(rows, columns=["speaker_id", "device", "household", "reference", "hypothesis"])


def groups_of(rows: pd.DataFrame, by: Any = "device", **options: Any) -> list[dict[str, Any]]:
    log = fairaudit.read_log(rows, wrong_words=True, second_normalizer="off", **options)
    audit = fairaudit.audit(log, methods="named", by=by, permutations=199)
    return audit.to_dict()["wrong_words"]["groups"]


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return speech()


@pytest.mark.parametrize("cluster", [None, "household"])
def test_words_of_a_device_that_everybody_has_are_those_of_its_utterances(cluster) -> None:
    rows = speech(speakers=64, utterances=20)
    (group,) = groups_of(rows, cluster=cluster)
    assert group["left_out_because"] is None
    listed = {word["text"]: word for word in group["words"]}
    assert {word for word in listed if " " not in word} == {"light", "stop"}
    device = rows["device"].str.strip().str.lower()
    for name, inside in (("rate", device == "phone"), ("rest_rate", device.isin(["headset", "car"]))):
        texts = rows.loc[inside, ["reference", "hypothesis"]]
        said = texts["reference"].str.split().explode() == "light"
        wrong = said & (texts["hypothesis"].str.split().explode() != "light")
        assert listed["light"][name] == round(float(wrong.sum() / said.sum()), 2)
    assert listed["light"]["becomes"][0]["text"] == "lights"
    says_it = rows[(device == "phone") & rows["reference"].str.contains("light")]
    units = says_it[cluster or "speaker_id"].nunique()
    assert units == rows[cluster or "speaker_id"].nunique()
    assert listed["light"]["speakers_at_least"] == at_least(units - 11) == (20 if cluster else 50)
    parts = group["parts"]
    assert parts["same_words"]["value"] == pytest.approx(parts["difference"]["value"], abs=0.02)


def test_a_search_over_devices_does_not_change_the_words_of_one_over_speakers(rows: pd.DataFrame) -> None:
    number = rows["speaker_id"].str[1:].astype(int)
    worse = number < 20
    rows = rows.assign(accent=np.where(worse, "hill", "coast"))
    rows.loc[worse, "hypothesis"] = rows.loc[worse, "hypothesis"].str.replace("now", "no")
    alone = groups_of(rows, ["accent"])
    both = groups_of(rows, ["accent", "device"])
    assert [group["title"] for group in both] == ["named: accent", "named: device"]
    assert [word["text"] for word in both[0]["words"]] == [word["text"] for word in alone[0]["words"]]
    assert {word["rate"] for word in both[0]["words"]} == {word["rate"] for word in alone[0]["words"]}


def test_households_with_homes_on_both_sides_are_compared_by_home() -> None:
    rng = np.random.default_rng(0)
    homes = pd.DataFrame({"latitude": rng.uniform(30, 50, 200), "longitude": rng.uniform(-120, -70, 200)})
    rows = speech(speakers=200, utterances=8).drop(columns="device").join(homes, on=np.repeat(np.arange(200), 8))
    south = rows["latitude"] < 38
    rows.loc[south, "hypothesis"] = rows.loc[south, "hypothesis"].str.replace("play", "pray")
    log = fairaudit.read_log(rows, wrong_words=True, cluster="household", second_normalizer="off")
    audit = fairaudit.audit(log, methods="geo-tree", permutations=49)
    (group,) = audit.to_dict()["wrong_words"]["groups"]
    gap = audit["geo-tree"].evidence.gaps.held_out.gap
    assert group["parts"]["difference"]["value"] == pytest.approx(gap.bottom_rate - gap.reference_rate, abs=0.001)
    assert group["words"][0]["text"] == "play"


@pytest.mark.parametrize(("speakers", "shown"), [(10, False), (11, True)])
def test_speakers_are_counted_not_their_devices(rows: pd.DataFrame, speakers: int, shown: bool) -> None:
    ids = [f"s{i}" for i in range(speakers)]
    few = pd.DataFrame([(one, device) for one in ids for device in ("phone", "car", "headset")] * 6)
    few.columns = ["speaker_id", "device"]
    few["reference"] = "the canary now"
    few["hypothesis"] = np.where(few["device"] == "phone", "the canaries now", few["reference"])
    for group in groups_of(pd.concat([rows, few])):
        texts = [word["text"] for word in group["words"]]
        heard = [one["text"] for word in group["words"] for one in word["becomes"]]
        assert ("canary" in texts, "canaries" in heard) == (shown, shown)


def written(unit: str, words: list[str], heard: dict[str, str], between: str) -> dict[str, Any]:
    """Audit a log in which a group hears something else in some places, and return what ``audit.json`` holds."""
    rng = np.random.default_rng(0)
    rows = []
    for i in range(60):
        for _ in range(12):
            reference = between.join(rng.choice(words, 8))
            hypothesis = reference
            for old, new in heard.items():
                parts = hypothesis.split(old)
                likely = 0.7 if i < 30 else 0.1
                hypothesis = parts[0] + "".join((new if rng.random() < likely else old) + part for part in parts[1:])
            rows.append((f"s{i}", "hill" if i < 30 else "coast", reference, hypothesis))
    log = pd.DataFrame(rows, columns=["speaker_id", "accent", "reference", "hypothesis"])
    read = fairaudit.read_log(log, unit=unit, wrong_words=True, second_normalizer="off")
    return fairaudit.audit(read, methods="named", by="accent", permutations=99).to_dict()


@pytest.mark.parametrize("words", [[*"東京大学のはがを"], [*"กขคงจชรน"]], ids=["Japanese", "Thai"])
def test_characters_and_pairs_of_them_are_compared(words: list[str]) -> None:
    pair = "".join(words[:2])
    document = written("auto", words, {pair: words[1] * 2}, "")
    listed = {word["text"]: word for word in document["wrong_words"]["groups"][0]["words"]}
    assert pair in listed
    assert (listed[pair]["kind"], listed[words[0]]["kind"]) == ("phrase", "word")
    assert listed[words[0]]["becomes"][0]["text"] == words[1]
    text = render_markdown(document)
    assert all(part in text for part in ("| Character |", "characters, pairs of characters and inserted texts were"))
    assert "the same characters being wrong more often" in text
    assert "A word" not in text


def test_a_mixed_log_compares_words_and_characters() -> None:
    words = ["今", "天", "打", "turn", "light", "music"]
    document = written("mixed", words, {"light": "lights", "天": "", "music": "music 打 今"}, " ")
    group = document["wrong_words"]["groups"][0]
    listed = {word["text"]: word for word in group["words"]}
    assert {"light", "天"} <= {*listed}
    texts = [*listed, *(one["text"] for one in group["inserted"])]
    assert "打今" in texts
    assert all(text.isascii() for text in texts if " " in text)
    text = render_markdown(document)
    assert "| Word or character |" in text
    assert "Per 1,000 words and characters" in text


def test_a_combining_mark_is_put_on_a_dotted_circle() -> None:
    document = written("char", ["ก", "ข", "ค", "\u0e49", "\u0e48"], {"\u0e49": "\u0e48"}, "")
    assert document["wrong_words"]["groups"][0]["words"][0]["text"] == "\u0e49"
    assert "| \u25cc\u0e49 |" in render_markdown(document)
