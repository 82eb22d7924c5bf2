"""Segments in STM and words in CTM: words belong to segments as in sclite, and what belongs to none is named."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import fairaudit
from fairaudit.core.errors import InputError
from fairaudit.inputs import UtteranceLog, read_log
from fairaudit.inputs.transcripts import read_transcripts

HEADER = """;; CATEGORY "0" "" ""
;; LABEL "O" "Overall" "Overall"
;; CATEGORY "1" "Speaker Sex" ""
;; LABEL "F" "Female" "Female//Talkers"
;; LABEL "M" "Male" ""
"""
STM = f"""{HEADER}
w1 A ann 1.00 3.00 <O,F> the cat sat

w1 A bob 4.00 6.00 <o,m> hello there
w1 A x 6.50 7.00 <O,F> IGNORE_TIME_SEGMENT_IN_SCORING
w1 A inter_segment_gap 7.00 8.00 <O,M>
w1 B cy 0.00 2.00 <O,> one two
"""
CTM = """;; comment
w1 A 0.10 0.20 early
w1 A 1.10 0.20 the 0.5
w1 A 1.40 0.20 bat

w1 A 3.20 0.20 late -6.7
w1 A 4.50 0.20 hello NA
w1 A 6.60 0.20 dropped
w1 A 7.50 0.20 gap
w1 B 0.10 0.20 one
"""


def files(folder: Path, stm: str = STM, ctm: str = CTM) -> tuple[Path, Path]:
    for name, text in (("ref.stm", stm), ("hyp.ctm", ctm)):
        (folder / name).write_text(text, "utf-8")
    return folder / "ref.stm", folder / "hyp.ctm"


def read(folder: Path, stm: str = STM, ctm: str = CTM, **options: object) -> UtteranceLog:
    log, hypotheses = files(folder, stm, ctm)
    return read_log(log, hypotheses=hypotheses, **options)  # type: ignore[arg-type]


def spoken(folder: Path) -> dict[str, str]:
    texts = read_transcripts(folder / "ref.stm", hypotheses=folder / "hyp.ctm", normalizer="none")
    return {one.utterance: one.hypothesis for one in texts}


def test_words_belong_to_segments(tmp_path: Path) -> None:
    log = read(tmp_path)
    assert spoken(tmp_path) == {"w1-A-1.00": "early the bat", "w1-A-4.00": "late hello", "w1-B-0.00": "one"}
    assert (log.quality.rows_in, log.quality.rows_used) == (3, 3)
    assert log.tally("speaker_id")[["errors", "words"]].to_dict("index") == {
        "ann": {"errors": 3, "words": 3},
        "bob": {"errors": 2, "words": 2},
        "cy": {"errors": 1, "words": 2},
    }
    assert log.tally("duration").index.tolist() == ["2.00"]


def test_labels_are_columns_that_the_header_names(tmp_path: Path) -> None:
    log = read(tmp_path)
    assert log.spellings(["Speaker Sex", "label_0"]) == {
        "Speaker Sex": {"Female": 1, "Male": 1},
        "label_0": {"Overall": 3},
    }
    assert read(tmp_path, STM.removeprefix(HEADER)).spellings(["label_1"]) == {"label_1": {"F": 1, "m": 1}}


def test_headings_that_several_labels_share_name_none(tmp_path: Path) -> None:
    log = read(tmp_path, STM.replace('"M" "Male"', '"M" "Female"'))
    assert log.spellings(["Speaker Sex"]) == {"Speaker Sex": {"F": 1, "m": 1}}


def test_what_belongs_to_no_segment_is_counted_and_said(tmp_path: Path) -> None:
    log = read(tmp_path, ctm=CTM + "w2 A 0.1 0.1 other\n")
    assert log.quality.coercions == {
        "words_between_segments": 2,
        "words_in_gaps": 1,
        "words_without_segments": 1,
    }
    between, gap, elsewhere = log.quality.caveats
    assert between.startswith("2 recognised words are between two segments, before the first or after the last.")
    assert gap.startswith("1 recognised word is in a gap in which nobody speaks, and is in no rate")
    assert elsewhere == "1 recognised word is in a waveform and channel without segments, and is in no rate"
    notes = "\n".join(log.quality.notes)
    assert "ref.stm: segments that the file excludes from scoring are left out: 1 of 5" in notes
    assert "ref.stm: segments that have no speaker and no words are left out: 1 of 5" in notes
    assert "hyp.ctm: words in segments that are excluded from scoring are left out: 1" in notes


@pytest.mark.slow
def test_one_command_reads_them(tmp_path: Path, cli: Callable[..., Any]) -> None:
    stm, ctm = files(tmp_path)
    ran = cli("validate", stm, "--hypotheses", ctm)
    assert ran.code == 0
    assert "read 3 rows: 3 used, 0 quarantined" in ran.err
    assert "caution: 2 recognised words are between two segments" in ran.err
    assert cli("validate", ctm).code == 3


def test_counts_of_a_log_keep_what_belongs_to_no_segment(tmp_path: Path) -> None:
    log = read(tmp_path)
    counts = fairaudit.score(log, tmp_path / "counts.parquet")
    assert read_log(counts).quality.caveats == log.quality.caveats
    assert {*read_log(tmp_path).quality.caveats} == {*log.quality.caveats}  # the folder is such a log


def test_a_channel_without_words_lacks_its_hypotheses(tmp_path: Path) -> None:
    ctm = CTM.replace("w1 B 0.10 0.20 one\n", "")
    with pytest.raises(InputError, match=r"missing_hypothesis.*only in the log: 'w1-B-0.00'"):
        read(tmp_path, ctm=ctm)
    log = read(tmp_path, ctm=ctm, missing_hypothesis="empty")
    assert log.tally("speaker_id").loc["cy", "deletions"] == 2
    assert read(tmp_path, ctm=CTM.replace("hello NA", "hello")).quality.rows_used == 3


def test_waveforms_and_channels_match_in_any_case(tmp_path: Path) -> None:
    log = read(tmp_path, ctm=CTM.replace("w1 A", "W1 a"))
    assert log.tally("speaker_id")["errors"].sum() == 6
    assert "hyp.ctm: waveforms and channels are compared without case, as sclite does" in log.quality.notes


WRONG: dict[str, tuple[str, str, str, str]] = {
    "no segment": ("stm", "w1 B cy 0.00", "w1 B cy x", "ref.stm: row 12 is no segment"),
    "ends before it starts": ("stm", "4.00 6.00", "4.00 3.00", "ref.stm: row 9 is no segment"),
    "labels without an end": ("stm", "<o,m>", "<o,m", "row 9: the labels '<o,m' do not end with '>'"),
    "a label or a word": ("stm", "<o,m> hello", "<laugh> hello", "ref.stm: <laugh> in row 9 may be a label or a word"),
    "same start": ("stm", "4.00 6.00", "1.00 6.00", r"two segments of waveform 'w1' and channel 'A' begin at 1.00 s"),
    "overlap": ("stm", "1.00 3.00", "1.00 5.00", "hyp.ctm: 1 of 8 words are in several segments at once"),
    "alternatives": ("stm", "cat sat", "{ cat / hat } sat", "row 7 seems to list alternatives"),
    "no word": ("ctm", "4.50 0.20", "4.50 -0.20", "hyp.ctm: row 7 is no word"),
    "further cells": ("ctm", "late -6.7", "late -6.7 lex ann", "hyp.ctm: row 6 is no word"),
    "out of order": ("ctm", "3.20 0.20", "1.30 0.20", "row 6: a word begins at 1.3 s, but the one before it"),
    "a choice": ("ctm", "w1 A 3.20 0.20", "w1 A * * <ALT_BEGIN>\nw1 A 3.20 0.20", "row 6 lists alternatives"),
    "tags": ("ctm", "hello NA", "hello;tag", "the word 'hello;tag' has tags"),
    "other waveforms": ("ctm", "w1 ", "w3 ", "the log has w1 A, w1 B, and hyp.ctm has w3 A, w3 B"),
}


@pytest.mark.parametrize("name", WRONG)
def test_files_that_cannot_be_read_with_certainty(tmp_path: Path, name: str) -> None:
    kind, before, after, message = WRONG[name]
    stm, ctm = ((text.replace(before, after) if kind == one else text) for one, text in (("stm", STM), ("ctm", CTM)))
    stm = stm.replace("<O,F> the", "the") if name == "a label or a word" else stm
    with pytest.raises(InputError, match=message):
        read(tmp_path, stm, ctm)


def test_few_words_in_several_segments_are_named(tmp_path: Path) -> None:
    many = "".join(f"w1 B {1 + i / 1000:.3f} 0.001 one\n" for i in range(200))
    log = read(tmp_path, STM.replace("1.00 3.00", "1.00 5.00"), CTM + many)
    assert "1 recognised word is in several segments at once, and may have been counted for the wrong speaker" in (
        log.quality.caveats
    )


def test_a_ctm_is_no_log_and_needs_segments(tmp_path: Path) -> None:
    stm, ctm = files(tmp_path)
    with pytest.raises(InputError, match=r"hyp.ctm: this is CTM.*give it as hypotheses, and the STM of its segments"):
        read_log(ctm)
    table = tmp_path / "log.csv"
    table.write_text("utterance_id,speaker_id,reference\nu,s,a\n")
    with pytest.raises(InputError, match="they can be joined only with the segments of a log in STM"):
        read_log(table, hypotheses=ctm)
    with pytest.raises(InputError, match="log lacks \\['hypothesis'\\]"):
        read_log(stm)


def test_figures_after_different_ids_are_texts(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("u1 7 4 2 9\nu2 1 2 3 5\n")
    hyp = tmp_path / "hyp"
    hyp.write_text("u1 7 4 2 9\nu2 1 2 3 4\n")
    speakers = tmp_path / "utt2spk"
    speakers.write_text("u1 a\nu2 b\n")
    assert read_log(path, hypotheses=hyp, metadata=speakers).tally("speaker_id")["errors"].to_dict() == {"a": 0, "b": 1}


def made(rng: random.Random) -> tuple[str, str]:
    """Segments that do not overlap, and words anywhere, often at their edges."""
    stm, ctm = [], []
    for place in ("w1 A", "w1 B", "w2 A"):
        edges = sorted(rng.sample(range(1, 400), 2 * rng.randint(1, 8)))
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            text = "IGNORE_TIME_SEGMENT_IN_SCORING" if rng.random() < 0.2 else "a b c"
            stm.append(f"{place} s{rng.randint(0, 2)} {start / 100:.2f} {end / 100:.2f} {text}")
        starts = sorted(rng.choices(range(400), k=rng.randint(1, 40)))
        ctm += [f"{place} {start / 100:.2f} {rng.randint(0, 6) / 100:.2f} {rng.choice('abc')}" for start in starts]
    return "\n".join([*stm, ""]), "\n".join([*ctm, ""])


@pytest.mark.skipif(shutil.which("sctk") is None, reason="no sctk")
@pytest.mark.parametrize("seed", range(6))
def test_sclite_gives_words_to_the_same_segments(tmp_path: Path, seed: int) -> None:
    files(tmp_path, *made(random.Random(seed)))
    command = "sctk sclite -s -r ref.stm stm -h hyp.ctm ctm -o sgml stdout"
    report = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    found = r'<PATH [^\n]*file="(\w+)" channel="(\w)"[^\n]* R_T1="([0-9.]+)"[^\n]*>\n(.*?)\n?</PATH>'
    theirs = {
        (file, channel, float(start)): re.findall(r'[CSI],(?:"\w+")?,"(\w+)"', path)
        for file, channel, start, path in re.findall(found, report, flags=re.DOTALL)
    }
    ours = {}
    for name, text in spoken(tmp_path).items():
        file, channel, start = name.split("-")
        ours[file, channel, float(start)] = text.split()
    assert len(theirs) == len(ours) > 0
    assert ours == theirs


def test_words_of_several_files_are_in_order_together(tmp_path: Path) -> None:
    stm, ctm = files(tmp_path)
    lines = CTM.splitlines(keepends=True)
    for name, part in (("1.ctm", lines[:5]), ("2.ctm", lines[5:])):
        (tmp_path / name).write_text("".join(part).replace("w1 A", "W1 A" if name == "2.ctm" else "w1 A"))
    log = read_log(stm, hypotheses=tmp_path / "[12].ctm")
    assert log.tally("speaker_id").equals(read_log(stm, hypotheses=ctm).tally("speaker_id"))
    (tmp_path / "2.ctm").rename(tmp_path / "0.ctm")
    with pytest.raises(InputError, match=r"1\.ctm: row 2: a word begins at 0\.1 s, but the one before it"):
        read_log(stm, hypotheses=tmp_path / "[01].ctm")


def test_numbers_that_no_waveform_has_are_no_times(tmp_path: Path) -> None:
    for wrong in ("1e99", "9" * 50, "nan", "inf", "-1.0"):
        with pytest.raises(InputError, match=r"ref\.stm: row 9 is no segment"):
            read(tmp_path, STM.replace("4.00 6.00", f"4.00 {wrong}"))
