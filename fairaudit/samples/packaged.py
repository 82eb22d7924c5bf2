"""The packaged sample: synthetic voices transcribed by a real recogniser; see ``data/samples/README.md``."""

from __future__ import annotations

from pathlib import Path
from typing import Final

__all__ = ["packaged_sample"]

#: The folder in a wheel, and the folder in a checkout.
_FOLDERS: Final = (Path(__file__).parent / "files", Path(__file__).parents[2] / "data" / "samples")
_FILES: Final = {
    "log": "voices.parquet",
    "embeddings": "voices_embeddings.npz",
    "census": "voices_census.csv",
    "boundaries": "boundaries.geojson",
}


def packaged_sample() -> dict[str, Path]:
    """Return the files of the packaged sample, whose sampling unit is the column ``voice``.

    Returns
    -------
    dict of str to pathlib.Path
        ``log``, ``embeddings``, ``census`` and ``boundaries``.

    Examples
    --------
    >>> from fairaudit.inputs import read_log
    >>> read_log(packaged_sample()["log"], cluster="voice").quality.rows_used
    5000
    """
    folder = next(folder for folder in _FOLDERS if folder.is_dir())
    return {what: folder / name for what, name in _FILES.items()}
