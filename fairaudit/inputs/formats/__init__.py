"""File formats of logs: one module per format, and one entry per format in :data:`FORMATS`.

A format recognises content by its first bytes, and turns a file into record batches with the column names of the
file. Every batch has the column :data:`~fairaudit.inputs.formats.base.ROW`, the number of each row as an editor or
spreadsheet shows it.
"""

from __future__ import annotations

from typing import Final

from fairaudit.core.errors import InputError, UsageError, setting, unknown_name
from fairaudit.core.recognise import not_a_table
from fairaudit.inputs.formats.arrow import ARROW
from fairaudit.inputs.formats.base import Format
from fairaudit.inputs.formats.commonvoice import COMMON_VOICE
from fairaudit.inputs.formats.ctm import is_ctm
from fairaudit.inputs.formats.delimited import CSV, TSV
from fairaudit.inputs.formats.excel import EXCEL
from fairaudit.inputs.formats.jsonarray import JSON
from fairaudit.inputs.formats.jsonlines import JSONL, NEMO
from fairaudit.inputs.formats.kaldi import KALDI
from fairaudit.inputs.formats.lhotse import LHOTSE
from fairaudit.inputs.formats.meeteval import MEETEVAL
from fairaudit.inputs.formats.parquet import PARQUET
from fairaudit.inputs.formats.per_utt import PER_UTT
from fairaudit.inputs.formats.sclite import PRA, SGML
from fairaudit.inputs.formats.speechbrain import SPEECHBRAIN
from fairaudit.inputs.formats.stm import STM
from fairaudit.inputs.formats.trn import TRN
from fairaudit.inputs.opening import OpenedFile

__all__ = ["FORMATS", "PARQUET", "Format", "choose_format"]

#: Formats by name, in the order in which they are tried.
FORMATS: Final[dict[str, Format]] = {
    one.name: one
    for one in (
        PARQUET,
        ARROW,
        EXCEL,
        NEMO,
        LHOTSE,
        MEETEVAL,
        JSON,
        JSONL,
        PRA,
        SGML,
        SPEECHBRAIN,
        PER_UTT,
        STM,
        TRN,
        KALDI,
        COMMON_VOICE,
        TSV,
        CSV,
    )
}


def choose_format(file: OpenedFile, name: str = "auto") -> Format:
    """Return the format of a file, by name or by content.

    Raises
    ------
    UsageError
        If there is no format with that name.
    InputError
        If the format of the content is not supported.

    Examples
    --------
    >>> from pathlib import Path
    >>> choose_format(OpenedFile("log.csv.gz", Path("log.csv"), "", b'{"speaker": "a"}', True)).name
    'jsonl'
    """
    if (other := not_a_table(file.head)) is not None:
        raise InputError(f"{file.name}: this is {other}, not a table")
    if name != "auto":
        if name not in FORMATS:
            raise UsageError(unknown_name("format", name, ["auto", *FORMATS]))
        return FORMATS[name]
    if is_ctm(file.head):
        raise InputError(
            f"{file.name}: this is CTM, which has words with their times, and no references; give it as "
            f"{setting('hypotheses')}, and the STM of its segments as the log"
        )
    return next(one for one in FORMATS.values() if one.recognises(file.head))
