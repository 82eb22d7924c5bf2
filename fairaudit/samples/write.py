"""Write a sample to files; equal samples give equal bytes."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

from fairaudit.core.files import write_atomically
from fairaudit.samples.sample import Sample

__all__ = ["write_sample"]


def write_sample(folder: Path, sample: Sample) -> dict[str, Path]:
    """Write a sample to the kinds of files that a user would have.

    Parameters
    ----------
    folder
        Target folder, created if missing. Existing files are replaced.
    sample
        The sample.

    Returns
    -------
    dict of str to pathlib.Path
        ``log`` (``log.csv.gz``), ``census`` (``census.csv``), ``embeddings`` (``embeddings.npz`` with the
        arrays ``ids`` and ``embeddings``), ``boundaries`` (``boundaries.geojson``) and ``truth``
        (``truth.json``). Equal samples give equal bytes, except that the compressed bytes of the log depend on the
        version of zlib.

    Raises
    ------
    OSError
        If the folder cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> from fairaudit.samples import make_sample
    >>> paths = write_sample(Path(tempfile.mkdtemp()), make_sample(speakers=100))
    >>> [path.name for path in paths.values()]
    ['log.csv.gz', 'census.csv', 'embeddings.npz', 'boundaries.geojson', 'truth.json']
    """
    folder.mkdir(parents=True, exist_ok=True)
    contents = {
        "log": ("log.csv.gz", _gzip(_csv(sample.log))),
        "census": ("census.csv", _csv(sample.census)),
        "embeddings": ("embeddings.npz", _npz(ids=sample.embeddings_ids, embeddings=sample.embeddings)),
        "boundaries": ("boundaries.geojson", _json(sample.boundaries)),
        "truth": ("truth.json", _json(sample.truth)),
    }
    for name, content in contents.values():
        write_atomically(folder / name, content)
    return {what: folder / name for what, (name, _) in contents.items()}


def _csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False, lineterminator="\n").encode()


def _json(value: object) -> bytes:
    return (json.dumps(value, separators=(",", ":"), allow_nan=False) + "\n").encode()


def _gzip(content: bytes) -> bytes:
    """Compress with no date, file name or operating system in the header."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, mtime=0) as file:
        file.write(content)
    return buffer.getvalue()


def _npz(**arrays: np.ndarray) -> bytes:
    """Pack arrays like :func:`numpy.savez`, but without dates and the operating system."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, array, version=(1, 0), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            archive.writestr(entry, member.getvalue())
    return buffer.getvalue()
