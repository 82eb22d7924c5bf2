"""The same log in every format, in the layout that the format's tool writes."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

__all__ = ["EXAMPLES", "ROWS", "Example"]

#: Utterance, speaker, reference, hypothesis, and counts: hits, substitutions, deletions, insertions.
ROWS = [
    ("s1-u1", "s1", "the cat sat", "the bat sat", (2, 1, 0, 0)),
    ("s1-u2", "s1", "hello there world", "hello there", (2, 0, 1, 0)),
    ("007-u3", "007", "a b c d", "a b c d", (4, 0, 0, 0)),
    ("007-u4", "007", "one two", "one two three", (2, 0, 0, 1)),
]
_TEXTS = [("utterance_id", 0), ("speaker_id", 1), ("reference", 2), ("hypothesis", 3)]


@dataclass(frozen=True)
class Example:
    """A file in a format.

    Attributes
    ----------
    content
        The file.
    holds
        What is read from it, for the page of formats.
    columns
        Mapping of columns that reading needs.
    hypotheses, speakers
        Whether hypotheses, or speakers, come from another file. The former may be in a format of their own.
    """

    content: bytes
    holds: str
    columns: dict[str, str] = field(default_factory=dict)
    hypotheses: bool | bytes = False
    speakers: bool = False

    def files(self, folder: Path) -> dict[str, Any]:
        """Write the files that are joined with it, and give all options of reading."""
        options: dict[str, Any] = {"columns": self.columns}
        own = self.hypotheses if isinstance(self.hypotheses, bytes) else _map(3)
        for option, name, content in (("hypotheses", "hypotheses", own), ("metadata", "utt2spk", _map(1))):
            if self.hypotheses if option == "hypotheses" else self.speakers:
                options[option] = folder / name
                options[option].write_bytes(content)
        return options


def _map(i: int) -> bytes:
    return "".join(f"{row[0]} {row[i]}\n" for row in ROWS).encode()


def frame() -> pd.DataFrame:
    return pd.DataFrame([{name: row[i] for name, i in _TEXTS} for row in ROWS])


def _lines(make: Callable[..., str]) -> bytes:
    return "".join(make(*row) for row in ROWS).encode()


def _arrow(new: Any) -> bytes:
    table = pa.Table.from_pandas(frame())
    out = io.BytesIO()
    with new(out, table.schema) as writer:
        writer.write_table(table, max_chunksize=3)
    return out.getvalue()


def _excel() -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append([name for name, _ in _TEXTS])
    for row in ROWS:
        sheet.append([row[i] for _, i in _TEXTS])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _lhotse(name: str, speaker: str, reference: str, hypothesis: str, _counts: Any) -> dict[str, Any]:
    return {
        "id": name, "recording_id": "r", "start": 0.5, "duration": 2.0, "channel": 0, "text": reference,
        "speaker": speaker, "custom": {"hyp": hypothesis},
    }  # fmt: skip


def _cut(name: str, *row: Any) -> dict[str, Any]:
    supervision = _lhotse(name, *row)
    return {
        "id": f"{name}-cut", "start": 0.5, "duration": 2.0, "channel": 0, "supervisions": [supervision],
        "recording": {"id": "r", "sources": []}, "type": "MonoCut",
    }  # fmt: skip


def _meeteval() -> bytes:
    sessions: dict[str, dict[str, Any]] = {}
    for name, speaker, _, _, (hits, subs, dels, ins) in ROWS:
        errors, length = subs + dels + ins, hits + subs + dels
        sessions.setdefault(f"session {name[-1]}", {})[speaker] = {
            "error_rate": errors / length, "errors": errors, "length": length, "insertions": ins, "deletions": dels,
            "substitutions": subs,
        }  # fmt: skip
    return json.dumps(sessions, indent=2).encode()


def _pra() -> bytes:
    text = "\n\n\t\tDUMP OF SYSTEM ALIGNMENT STRUCTURE\n\nSystem name:   hyp.trn\n\n"
    text += "Speakers: \n    0:  s1\n    1:  007\n\n"
    for i, speaker in enumerate(("s1", "007")):
        rows = [row for row in ROWS if row[1] == speaker]
        text += f"Speaker sentences   {i}:  {speaker}   #utts: {len(rows)}\n"
        for name, _, reference, hypothesis, counts in rows:
            scores = " ".join(map(str, counts))
            text += f"id: ({name})\nScores: (#C #S #D #I) {scores}\nREF:  {reference} \nHYP:  {hypothesis} \nEval: \n\n"
    return text.encode()


_SGML = """<SYSTEM title="hyp.trn" ref_fname="ref.trn" hyp_fname="hyp.trn" creation_date="" format="2.4">
<SPEAKER id="s1">
<PATH id="(s1-u1)" word_cnt="3" sequence="0">
C,"the","the":S,"cat","bat":C,"sat","sat"
</PATH>
<PATH id="(s1-u2)" word_cnt="3" sequence="1">
C,"hello","hello":C,"there","there":D,"world",
</PATH>
</SPEAKER>
<SPEAKER id="007">
<PATH id="(007-u3)" word_cnt="4" sequence="2">
C,"a","a":C,"b","b":C,"c","c":C,"d","d"
</PATH>
<PATH id="(007-u4)" word_cnt="3" sequence="3">
C,"one","one":C,"two","two":I,,"three"
</PATH>
</SPEAKER>
</SYSTEM>
"""


def _speechbrain() -> bytes:
    rule = "=" * 80
    text = (
        "%WER 25.00 [ 3 / 12, 1 ins, 1 del, 1 sub ]\n%SER 75.00 [ 3 / 4 ]\nScored 4 sentences, 0 not present in hyp.\n"
    )
    text += (
        f"{rule}\nALIGNMENTS\n\nFormat:\n<utterance-id>, WER DETAILS\n<eps> ; reference  ; on\n  I   ;     S      ; =\n"
        " and  ; hypothesis ; on\n"
    )
    for name, _, reference, hypothesis, (hits, subs, dels, ins) in ROWS:
        errors, length = subs + dels + ins, hits + subs + dels
        wer = f"%WER {100 * errors / length:.2f} [ {errors} / {length}, {ins} ins, {dels} del, {subs} sub ]"
        text += f"{rule}\n{name}, {wer}\n{' ; '.join(reference.split())}\n=\n{' ; '.join(hypothesis.split())}\n"
    return (text + f"{rule}\n").encode()


def _ctm(name: str, _speaker: str, _reference: str, hypothesis: str, _counts: Any) -> str:
    return "".join(f"{name} A {i + 0.25:.2f} 0.50 {word} 0.9\n" for i, word in enumerate(hypothesis.split()))


def _per_utt(name: str, _speaker: str, reference: str, hypothesis: str, counts: tuple[int, ...]) -> str:
    hits, subs, dels, ins = counts
    ops = "  ".join("C" * hits + "S" * subs + "I" * ins + "D" * dels)
    kinds = {"ref": reference, "hyp": hypothesis, "op": ops, "#csid": f"{hits} {subs} {ins} {dels}"}
    return "".join(f"{name} {kind:4} {text}\n" for kind, text in kinds.items())


def _json_lines(make: Callable[..., dict[str, Any]]) -> bytes:
    return _lines(lambda *row: json.dumps(make(*row)) + "\n")


def _nemo(name: str, speaker: str, reference: str, hypothesis: str, _counts: Any) -> dict[str, Any]:
    return {
        "audio_filepath": f"/a/{name}.wav", "utt_id": name, "duration": 2.0, "speaker_id": speaker, "text": reference,
        "pred_text": hypothesis,
    }  # fmt: skip


_TABLE = "the columns as they are named, with texts or counts"
_NO_TEXTS = "counts by utterance"
_CUSTOM = {"hypothesis": "custom.hyp"}

EXAMPLES: dict[str, Example] = {
    "csv": Example(frame().to_csv(index=False).encode(), _TABLE),
    "tsv": Example(frame().to_csv(index=False, sep="\t").encode(), _TABLE),
    "jsonl": Example(frame().to_json(orient="records", lines=True).encode(), _TABLE + "; fields of objects by a path"),
    "json": Example(
        json.dumps({"model": "m", "results": {"samples": frame().to_dict("records")}}).encode(),
        "the objects of an array, alone or inside objects; fields by a path",
    ),
    "parquet": Example(frame().to_parquet(), _TABLE),
    "arrow": Example(_arrow(pa.ipc.new_stream), _TABLE + "; a stream, as of Hugging Face datasets"),
    "arrow (file)": Example(_arrow(pa.ipc.new_file), _TABLE + "; a file, as of Feather 2"),
    "excel": Example(_excel(), _TABLE + "; the only sheet with cells (needs `fairaudit-asr[excel]`)"),
    "nemo": Example(_json_lines(_nemo), "`text`, `pred_text`, `utt_id`, `id` or `audio_filepath`, and any other field"),
    "lhotse": Example(
        _json_lines(_lhotse), "supervisions: `id`, `speaker`, `text`, other fields; `custom` by a path", _CUSTOM
    ),
    "lhotse (cuts)": Example(_json_lines(_cut), "the supervisions of cuts; fields of the cut by `cut.`", _CUSTOM),
    "common-voice": Example(
        ("client_id\tpath\tsentence\taccents\n" + "".join(f"{r[1]}\t{r[0]}\t{r[2]}\tx,y\n" for r in ROWS)).encode(),
        "`client_id`, `path`, `sentence` and other columns; quotes are characters",
        hypotheses=True,
    ),
    "kaldi": Example(
        _lines(lambda name, speaker, reference, *_: f"{name} {reference}\n"),
        "`text`: id and text; maps such as `utt2spk`, `spk2gender`",
        hypotheses=True,
        speakers=True,
    ),
    "trn": Example(
        _lines(lambda name, speaker, reference, *_: f"{reference} ({name})\n"),
        "text and id; the speaker in the id as `id.speaker`",
        {"speaker_id": "id.speaker"},
        hypotheses=True,
    ),
    "stm": Example(
        b';; LABEL "O" "Overall" ""\n'
        + _lines(lambda name, speaker, reference, *_: f"{name} A {speaker} 0.00 9.00 <O,x> {reference}\n"),
        "segments: speaker, text, labels; the id is waveform, channel and start. CTM is read as `--hypotheses`",
        hypotheses=_lines(_ctm),
    ),
    "per_utt": Example(_lines(_per_utt), _NO_TEXTS, speakers=True),
    "speechbrain": Example(_speechbrain(), _NO_TEXTS, speakers=True),
    "pra": Example(_pra(), _NO_TEXTS + ", with speakers"),
    "sgml": Example(_SGML.encode(), _NO_TEXTS + ", with speakers"),
    "meeteval": Example(_meeteval(), "counts by session and speaker, or by session"),
}
