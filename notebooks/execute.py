"""Run the notebooks, each in a clean kernel and in this folder, and save them with what they say now.

    python notebooks/execute.py                      # all of them
    python notebooks/execute.py 03_embedding.ipynb

Timings and versions are left out, so that a difference shows what changed in code, text or results. Needs nbclient and
ipykernel, which the ``test`` extra brings.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import nbformat
from nbclient import NotebookClient

FOLDER: Final = Path(__file__).resolve().parent
SECONDS_PER_CELL: Final = 300


def execute(path: Path) -> None:
    """Run a notebook from its first cell to its last and save it; an error leaves the file as it was."""
    notebook = nbformat.read(path, as_version=4)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    NotebookClient(
        notebook,
        timeout=SECONDS_PER_CELL,
        kernel_name=kernel["name"],
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,
        coalesce_streams=True,
    ).execute()
    notebook.metadata = nbformat.from_dict({"kernelspec": kernel, "language_info": {"name": "python"}})
    nbformat.write(notebook, path)


if __name__ == "__main__":
    for path in [FOLDER / name for name in sys.argv[1:]] or sorted(FOLDER.glob("*.ipynb")):
        execute(path)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")
