"""Columns that say where an utterance is recorded are searched only if they are asked for, whatever tool wrote them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fairaudit
from fairaudit.api.label_columns import MOST_LABELS, label_columns

N = 240
REASON = "it says where an utterance is recorded, not who speaks"


def people() -> pd.DataFrame:
    """60 speakers with four utterances each, in six recordings with two channels, which divide everybody otherwise."""
    i = np.arange(N)
    return pd.DataFrame(
        {
            "id": [f"u{n:03}" for n in i],
            "speaker": [f"s{n // 4:02}" for n in i],
            "accent": np.array(["north", "south", "west"])[i // 4 % 3],
            "recording": [f"call-{n}" for n in i // 4 % 6],
            "channel": np.array(["A", "B"])[i // 4 % 2],
            "start": [f"{n}.5" for n in i % 4 * 10],
            "end": [f"{n}.5" for n in i % 4 * 10 + 5],
            "text": "one two three",
            "hyp": np.where(i % 5, "one two three", "one too three"),
        }
    )


def lines(make: Callable[..., object]) -> str:
    made = (make(*row) for row in people().itertuples(index=False))
    return "".join(f"{one if isinstance(one, str) else json.dumps(one)}\n" for one in made)


def stm(folder: Path) -> dict[str, object]:
    header = ';; CATEGORY "0" "Accent" ""\n' + "".join(f';; LABEL "{a}" "{a}" ""\n' for a in ("north", "south", "west"))
    (folder / "log").write_text(
        header
        + lines(lambda _, who, accent, rec, ch, *rest: f"{rec}-{who} {ch} {who} {rest[0]} {rest[1]} <{accent}> x y")
    )
    words = sorted(
        (f"{rec}-{who} {ch} {start}", n)
        for n, (_, who, _, rec, ch, start, *_) in enumerate(people().itertuples(index=False))
    )
    (folder / "hyp.ctm").write_text("".join(f"{word} 0.5 {'x' if n % 5 else 'z'}\n" for word, n in words))
    return {"hypotheses": folder / "hyp.ctm"}


def nemo(folder: Path) -> dict[str, object]:
    (folder / "log").write_text(
        lines(
            lambda name, who, accent, rec, ch, start, _, text, hyp: {
                "id": name, "audio_filepath": f"{rec}.wav", "offset": float(start), "duration": 5.0, "channel": ch,
                "speaker_id": who, "text": text, "pred_text": hyp, "accent": accent,
            }
        )
    )  # fmt: skip
    return {"columns": {"utterance_id": "id"}}


def lhotse(folder: Path) -> dict[str, object]:
    (folder / "log").write_text(
        lines(
            lambda name, who, accent, rec, ch, start, _, text, hyp: {
                "id": name, "recording_id": rec, "start": float(start), "duration": 5.0, "channel": ch, "text": text,
                "speaker": who, "custom": {"hyp": hyp, "accent": accent},
            }
        )
    )  # fmt: skip
    return {"columns": {"hypothesis": "custom.hyp", "accent": "custom.accent"}}


def common_voice(folder: Path) -> dict[str, object]:
    frame = people().rename(columns={"speaker": "client_id", "text": "sentence", "hyp": "hypothesis"})
    frame["path"] = frame.pop("recording") + frame.pop("id") + ".mp3"
    frame.drop(columns=["start", "end", "channel"]).to_csv(folder / "log", sep="\t", index=False)
    return {}


def kaldi(folder: Path) -> dict[str, object]:
    (folder / "log").write_text(lines(lambda *row: f"{row[0]} {row[7]}"))
    (folder / "hyp").write_text(lines(lambda *row: f"{row[0]} {row[8]}"))
    (folder / "utt2spk").write_text(lines(lambda *row: f"{row[0]} {row[1]}"))
    segments = people()[["id", "accent", "recording", "channel", "start", "end"]].rename(columns={"id": "utterance_id"})
    segments.to_csv(folder / "segments.csv", index=False)
    return {"hypotheses": folder / "hyp", "metadata": [folder / "utt2spk", folder / "segments.csv"]}


def meeteval(folder: Path) -> dict[str, object]:
    sessions: dict[str, dict[str, object]] = {}
    for n, row in enumerate(people().itertuples(index=False)):
        counts = {"errors": n % 3, "length": 9, "insertions": 0, "deletions": 0, "substitutions": n % 3}
        sessions.setdefault(str(row.recording), {})[str(row.speaker)] = {"error_rate": n % 3 / 9, **counts}
    (folder / "log").write_text(json.dumps(sessions))
    people()[["speaker", "accent"]].drop_duplicates().rename(columns={"speaker": "speaker_id"}).to_csv(
        folder / "accents.csv", index=False
    )
    return {"metadata": folder / "accents.csv"}


def table(folder: Path) -> dict[str, object]:
    people().rename(columns={"recording": "File", "hyp": "hypothesis"}).to_csv(folder / "log", index=False)
    return {"columns": {"utterance_id": "id", "speaker_id": "speaker", "reference": "text"}}


LAYOUTS = {
    "STM with CTM": (stm, ["channel", "waveform"]),
    "NeMo": (nemo, ["audio_filepath", "channel"]),
    "Lhotse": (lhotse, ["channel", "recording_id"]),
    "Common Voice": (common_voice, []),
    "Kaldi": (kaldi, ["channel", "recording"]),
    "MeetEval": (meeteval, ["session"]),
    "a table": (table, ["File", "channel"]),
}


@pytest.mark.parametrize(("write", "technical"), LAYOUTS.values(), ids=LAYOUTS)
def test_recordings_are_no_groups_unless_asked_for(
    write: Callable[[Path], dict[str, object]], technical: list[str], tmp_path: Path
) -> None:
    log = fairaudit.read_log(tmp_path / "log", **write(tmp_path))
    searched, reasons = label_columns(log)
    assert [column.casefold() for column in searched] == ["accent"]
    assert sorted(column for column, reason in reasons.items() if reason == REASON) == sorted(technical)
    scored = fairaudit.read_log(fairaudit.tally(log, tmp_path / "tally.parquet"))
    assert label_columns(scored) == (searched, reasons)


@pytest.mark.parametrize(
    ("labels", "is_searched"),
    [
        (["phone", "app"], True),
        (["A", "phone"], True),
        (["A", "b"], False),
        (["ch0", "Channel 1"], False),
        (["left", "RIGHT"], False),
    ],
)
def test_a_channel_may_also_be_one_of_sales(labels: list[str], is_searched: bool) -> None:
    log = fairaudit.read_log(
        people().assign(channel=labels * (N // 2), errors=1, words=3)[["speaker", "channel", "errors", "words"]],
        columns={"speaker_id": "speaker"},
    )
    assert (label_columns(log)[0] == ["channel"]) is is_searched


@pytest.mark.slow
def test_they_are_searched_if_they_are_asked_for_and_take_no_place_of_others() -> None:
    frame = people()[["speaker", "recording", "channel"]].assign(errors=np.arange(N) % 3, words=9)
    for n in range(MOST_LABELS + 1):
        frame[f"label {n}"] = np.random.default_rng(n).choice(["a", "b"], N)
    audit = fairaudit.audit(frame.rename(columns={"speaker": "speaker_id"}), methods="named", permutations=19)
    document = audit.to_dict()
    assert document["searched_unasked"] == [f"label {n}" for n in range(MOST_LABELS)]
    assert "named: 1 more label column" in [one["method"] for one in document["skipped"]]
    asked = fairaudit.audit(frame.rename(columns={"speaker": "speaker_id"}), by="channel", permutations=19)
    assert [search.title for search in asked] == ["named: channel"]
