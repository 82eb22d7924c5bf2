"""Recognise binary files by their first bytes, and never take a text for one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

__all__ = [
    "ARROW_FILE",
    "ARROW_STREAM",
    "GZIP",
    "NUMPY",
    "PARQUET",
    "TABLES",
    "WORKBOOK",
    "ZIP",
    "ZSTD",
    "Binary",
    "binary_kind",
    "compression_of",
]


@dataclass(frozen=True)
class Binary:
    """A kind of binary file.

    Attributes
    ----------
    what
        What the file is, with an article where one is needed.
    remedy
        What to do if a table is needed.
    compression
        Name of the compression, if the content is read through it.
    """

    what: str
    remedy: str
    compression: str | None = None


_SAVE: Final = "save it as Parquet or CSV"
_UNPACK: Final = "unpack it first"
_AUDIO: Final = Binary("an audio file", "a table of transcripts or counts is needed")
_PICTURE: Final = Binary("a picture", "save the table as CSV")
ARROW_FILE: Final = Binary("an Arrow (Feather) file", "save it as Parquet")
ARROW_STREAM: Final = Binary("an Arrow stream", "save it as Parquet")
_FEATHER: Final = Binary("a Feather file of version 1", "save it as Parquet")
WORKBOOK: Final = Binary("an Excel workbook", "save it as CSV")
_SQLITE: Final = Binary("an SQLite database", "export the table as CSV")
_SAFETENSORS: Final = Binary("a safetensors file", _SAVE)
PARQUET: Final = Binary("a Parquet file", "save it as CSV")
NUMPY: Final = Binary("a NumPy array, which only embeddings can be", _SAVE)
ZIP: Final = Binary("a zip archive or a spreadsheet", "unpack it, or save it as CSV")
GZIP: Final = Binary("gzip data", "unpack it once", "gzip")
ZSTD: Final = Binary("zstd data", "unpack it once", "zstd")
#: Bytes that no text begins with.
_CERTAIN: Final = {
    rb"\x1f\x8b": GZIP,
    rb"\x28\xb5\x2f\xfd": ZSTD,
    rb"\xff\xff\xff\xff(?s:.{4})\x10\0\0\0": ARROW_STREAM,
    rb"PK\x03\x04(?s:.{26})(?:\[Content_Types\]\.xml|_rels/|docProps/|xl/)": WORKBOOK,
    rb"PK\x03\x04": ZIP,
    rb"PK\x05\x06": ZIP,  # without any member
    rb"\x93NUMPY": NUMPY,
    rb"\xd0\xcf\x11\xe0": Binary("an old Office document, such as an Excel workbook (xls)", "save it as CSV"),
    rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)": Binary("bzip2 data", _UNPACK),
    rb"\xfd7zXZ": Binary("xz data", _UNPACK),
    rb"7z\xbc\xaf": Binary("a 7-Zip archive", _UNPACK),
    rb"Rar!\x1a\x07": Binary("a RAR archive", _UNPACK),
    rb"\x04\x22\x4d\x18": Binary("lz4 data", _UNPACK),
    rb"\x89HDF": Binary("an HDF5 file", _SAVE),
    rb"MATLAB 5\.0 MAT-file": Binary("a MATLAB file", _SAVE),
    rb"Obj\x01": Binary("an Avro file", _SAVE),
    rb"SQLite format 3\0": _SQLITE,
    rb"%PDF-[12]\.": Binary("a PDF document", "save the table as CSV"),
    rb"\x89PNG": _PICTURE,
    rb"\xff\xd8\xff": _PICTURE,
    rb"\x80[\x02-\x05]": Binary("a Python pickle, which fairaudit never opens", _SAVE),
    rb'(?s:.{7})\0\{"': _SAFETENSORS,  # the length of a header in JSON
}
#: Letters that the header of a table may begin with, too, such as a column ``ORCID``. A text has no NUL byte.
_LETTERS: Final = {
    rb"PAR1": PARQUET,
    rb"ARROW1": ARROW_FILE,
    rb"FEA1": _FEATHER,
    rb"ORC": Binary("an ORC file", _SAVE),
    rb"RIFF|fLaC|OggS|ID3": _AUDIO,
    rb"(?s:.{257})ustar": Binary("a tar archive", _UNPACK),
    rb"RDX[23]\n": Binary("an R data file", _SAVE),
}
#: Binary files that are tables of a log.
TABLES: Final = (PARQUET, ARROW_FILE, ARROW_STREAM, WORKBOOK)
_STARTS: Final = [
    (re.compile(start), kind, certain)
    for starts, certain in ((_CERTAIN, True), (_LETTERS, False))
    for start, kind in starts.items()
]


def binary_kind(head: bytes) -> Binary | None:
    r"""Return the kind of a binary file, or None if it may be a text.

    Parameters
    ----------
    head
        The first bytes of the file, at least 512 if there are so many.

    Examples
    --------
    >>> [kind and kind.what for kind in map(binary_kind, (b"PAR1\x15\0", b"PAR1_x,a", b"BZh91AY&SY", b"BZh_id,a"))]
    ['a Parquet file', None, 'bzip2 data', None]
    """
    has_nul = b"\0" in head
    return next((kind for start, kind, certain in _STARTS if (certain or has_nul) and start.match(head)), None)


def compression_of(head: bytes) -> str | None:
    """Return ``"gzip"`` or ``"zstd"`` if a file is compressed in a way that is read.

    Examples
    --------
    >>> compression_of(bytes.fromhex("1f8b08")), compression_of(b"speaker_id")
    ('gzip', None)
    """
    kind = binary_kind(head)
    return None if kind is None else kind.compression
