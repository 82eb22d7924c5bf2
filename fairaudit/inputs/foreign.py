"""Name files that are no table by their first bytes."""

from __future__ import annotations

from typing import Final

__all__ = ["known_as"]

_PICKLE: Final = "a Python pickle, which fairaudit never opens"
_MAGIC: Final = {
    b"\x89HDF\r\n\x1a\n": "an HDF5 file",
    b"MATLAB 5.0": "a MATLAB file",
    b"ARROW1": "an Arrow (Feather) file",
    b"FEA1": "an Arrow (Feather) file",
    b"ORC": "an ORC file",
    b"Obj\x01": "an Avro file",
    b"SQLite format 3\0": "an SQLite database",
    **{b"BZh%d1AY&SY" % level: "bzip2 data" for level in range(1, 10)},
    b"\xfd7zXZ\0": "xz data",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"\xd0\xcf\x11\xe0": "an old Office document (xls)",
    b"%PDF": "a PDF document",
    b"RIFF": "an audio file",
    b"fLaC": "an audio file",
    b"OggS": "an audio file",
    b"ID3": "an audio file",
    b"RDX": "an R data file",
    **{b"\x80" + bytes([protocol]): _PICKLE for protocol in (2, 3, 4, 5)},
}
_TAR: Final = (257, b"ustar")
#: A header in JSON after its length, as in files of safetensors.
_SAFETENSORS: Final = (8, b'{"')


def known_as(head: bytes) -> str | None:
    r"""Say what a file is that begins with these bytes, or return None if it may be a table.

    Parameters
    ----------
    head
        At least the first 512 bytes of the file.

    Examples
    --------
    >>> known_as(b"\x89HDF\r\n\x1a\n\0\0"), known_as(b"speaker_id,0,1"), known_as(b"ORCID,0,1")
    ('an HDF5 file', None, None)
    """
    for at, magic, what in (*((0, magic, what) for magic, what in _MAGIC.items()), (*_TAR, "a tar archive")):
        # a table may begin with these letters too, such as a column called ORCID
        if head.startswith(magic, at) and (not magic.isalnum() or b"\0" in head):
            return what
    at, magic = _SAFETENSORS
    return "a safetensors file" if head.startswith(magic, at) and b"\0" in head[:at] else None
