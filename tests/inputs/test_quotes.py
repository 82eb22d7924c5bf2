"""Rows are lines: quotes never swallow rows, and headers and blank lines are never rows."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairaudit.core.errors import InputError
from fairaudit.inputs import read_log
from fairaudit.inputs.formats.quotes import records_of, survey

TEXT = "speaker_id,reference,hypothesis,note\n"
TABS = TEXT.replace(",", "\t")
COUNTS = "speaker_id,errors,words\n"


READ = {
    "line break in a cell": TEXT + 'a,"hi\nthere",hi there,x\nb,hi,hi,x\n',
    "line break in the last cell": TEXT + 'a,hi,hi,"x\n\ny"\nb,hi,hi,x\n',
    "CR LF": (TEXT + 'a,"hi\nthere",hi there,x\nb,hi,hi,x\n').replace("\n", "\r\n"),
    "CR LF and LF": (TEXT + "a,hi,hi,x\nb,hi,hi,x\n").replace("\n", "\r\n", 2),
    "CR LF after a header with LF": TEXT + "a,hi,hi,x\r\nb,hi,hi,x",
    "CR LF and LF, and quotes": TEXT + 'a,"hi, there",hi there,x\r\nb,"6"" tall",6 tall,x\n',
    "CR LF and LF, tabs": TABS + 'a\t"hi" you\thi you\tx\r\nb\thi\thi\tx\n',
    "CR LF in a cell": TEXT + 'a,"hi\r\nthere",hi there,x\nb,hi,hi,x\n',
    "LF in a cell, as Excel writes it": (TEXT + 'a,"hi;there",hi there,x\nb,hi,hi,x\n')
    .replace("\n", "\r\n")
    .replace(";", "\n"),
    "CR only": (TEXT + "a,hi,hi,x\nb,hi,hi,x\n").replace("\n", "\r"),
    "doubled quotes": TEXT + 'a,"say ""hi"", now",say hi now,x\nb,hi,hi,x\n',
    "quote inside a cell": TEXT + "a,6\" tall,6 tall,x\nb,hi,hi,5'\n",
    "tabs, quoted": TABS + 'a\t"hi\tthere"\thi there\tx\nb\thi\thi\t"x\ny"\n',
    "tabs, quotes in texts": TABS + 'a\t"hi" there\thi there\tx\nb\t"hi\thi\tx\n',
    "tabs, quotes at both ends of rows": TABS + 'a\t"hi\thi\tx\nb\thi"\thi\tx\n',
    "tabs, one quote": TABS + 'a\thi\thi\tx\nb\thi\t"hi\tx\n',
    "blank lines before the header": "\n\n" + TEXT + "a,hi,hi,x\nb,hi,hi,x\n",
    "empty cells before the header": ",,,\n" + TEXT + "a,hi,hi,x\nb,hi,hi,x\n",
    "blank lines": TEXT + "\na,hi,hi,x\n\n\nb,hi,hi,x\n\n",
    "Excel's line": "sep=;\n" + (TEXT + "a,hi,hi,x\nb,hi,hi,x\n").replace(",", ";"),
    "Excel's line, quoted": ('"sep=,"\n' + TEXT + "a,hi,hi,x\nb,hi,hi,x\n").replace("\n", "\r\n"),
    "repeated headers": TEXT + "a,hi,hi,x\n" + TEXT + "b,hi,hi,x\n" + TEXT,
    "repeated header with a BOM": TEXT + "a,hi,hi,x\n\ufeff" + TEXT + "b,hi,hi,x\n",
    "UTF-16": "\ufeff" + TEXT + "a,hi,hi,x\nb,hi,hi,x\n",
}


@pytest.mark.parametrize("name", READ)
def test_every_line_is_a_row(write, name):
    log = read_log(write(READ[name].encode("utf-16-le" if name == "UTF-16" else "utf-8")))
    assert log.quality.rows_in == log.quality.rows_used == 2
    assert log.tally("speaker_id")["errors"].to_dict() == {"a": 0, "b": 0}


SAID = {
    "tabs, one quote": "quotes are characters of the texts",
    "repeated headers": "2 rows repeat the header and were left out (rows 3, 5)",
    "UTF-16": "the text is UTF-16",
    "CR LF and LF": "some lines end in CR LF and others in LF; both were read as line ends",
}


@pytest.mark.parametrize(("name", "note"), SAID.items())
def test_what_was_decided_is_said(write, name, note):
    log = read_log(write(READ[name].encode("utf-16-le" if name == "UTF-16" else "utf-8")))
    assert any(note in one for one in log.quality.notes)


REFUSED = {
    "two rows in one": (TEXT + 'a,"hi,hi,x\nb,hi",hi,x\n', "lines 2 to 3 are one row if"),
    "three rows in one": (TEXT + 'a,"hi,hi,x\nb,hi,hi,x\nb,hi",hi,x\n', "lines 2 to 4 are one row if .* and 3 rows"),
    "quotes in pairs on each line": (TEXT + 'a,5" hi,"hi,x\nb,hi,ho",x\nc,hi,hi,x\n', "lines 2 to 3 are one row if"),
    "backslashes": (TEXT + 'a,"say \\"hi\\", now",hi,x\n', "row 2 .*quote in the wrong place"),
    "single quotes": (TEXT + "a,'hi, there',hi,x\n", "row 2 has 5 fields"),
    "quote at the end": (TEXT + 'a,hi,hi,x\nb,hi,hi,"x\n', "quote that opens in row 3 .* never closed"),
    "tabs, one row too short": (TABS + 'a\t"hi\thi\tx\nb\thi"\thi\tx\nc\thi\thi\n', "lines 2 to 3 are one row if"),
    "another order": (COUNTS + "a,1,10\nwords,errors,speaker_id\n10,1,b\n", "row 3 is another header"),
    "another column": (COUNTS + "a,1,10\nspeaker_id,errors,tokens\nb,1,10\n", "row 3 is another header"),
    "mixed line ends and a line break in a cell": (
        TEXT + 'a,"hi\nthere",hi,x\r\nb,hi,hi,x\n',
        "some lines end in CR LF and others in LF, and a cell in quotes has a line break; use",
    ),
    "mixed line ends and a CR": (TEXT + "a,hi,hi,x\r\nb,hi,hi,x\nc,hi\rho,hi,x\n", "log.csv: "),
    "only blank lines": ("\n\n\n", "log.csv: "),
    "only Excel's line": ("sep=;\n", "log lacks"),
}


@pytest.mark.parametrize(("content", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_certain_is_refused(write, content, sentence):
    with pytest.raises(InputError, match=sentence):
        read_log(write(content))


def test_repeated_headers_of_a_frame():
    frame = pd.DataFrame({"speaker_id": ["a", "speaker_id", "b"], "errors": ["1", "errors", "2"], "words": "9"})
    assert read_log(frame.assign(words=["9", "words", "9"])).quality.rows_used == 2


CELLS = st.text(st.sampled_from("ab \",;\t\n'"), max_size=8)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=6), st.sampled_from(",;\t"))
def test_what_a_csv_writer_writes_has_as_many_rows_as_it_wrote(tmp_path_factory, rows, delimiter):
    """Quoting as in RFC 4180 is read as it was meant, or refused as uncertain; never as another number of rows."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(["speaker_id", "reference", "hypothesis", "note"])
    writer.writerows([f"s{i}", *row] for i, row in enumerate(rows))
    path = tmp_path_factory.mktemp("written") / "log.csv"
    path.write_bytes(out.getvalue().encode())
    lines = survey(path, 1)
    if not lines.odd:
        assert lines.filled == len(rows)
    else:
        assert records_of(path, 1, delimiter, 4).n == len(rows)
    refused = None
    try:
        assert read_log(path, missing_hypothesis="empty", normalizer="none").quality.rows_in == len(rows)
    except InputError as error:
        refused = str(error)
    assert refused is None or "are one row if" in refused


@given(st.lists(st.sampled_from(["\n", "\r\n"]), min_size=1, max_size=6), st.booleans())
@pytest.mark.exhaustive
def test_line_ends_do_not_matter(ends, last):
    """The rows are those of pandas, whichever of the two ends each line has."""
    lines = [b"speaker_id,errors,words", *(b"s%d,1,%d" % (i, i + 1) for i in range(len(ends) - 1))]
    content = b"".join(line + end.encode() for line, end in zip(lines, ends, strict=True)) + b"z,0,9" + b"\n" * last
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "log.csv").write_bytes(content)
        log = read_log(Path(folder) / "log.csv")
    expected = pd.read_csv(io.BytesIO(content)).set_index("speaker_id")["words"].to_dict()
    assert log.tally("speaker_id")["words"].to_dict() == expected


def test_mixed_line_ends_at_the_border_of_two_pieces(tmp_path):
    for n in range((1 << 20) - 3, (1 << 20) + 3):
        content = b"speaker_id,errors,words\na,1,9\n"
        content += b"b,1,9" + b" " * (n - len(content) - 5) + b"\r\nc,1,9\n"
        (tmp_path / "log.csv").write_bytes(content)
        assert read_log(tmp_path / "log.csv").tally("speaker_id")["words"].to_dict() == {"a": 9, "b": 9, "c": 9}
