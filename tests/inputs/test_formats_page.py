"""The page of formats lists what the examples of every format give, and what is written back.

``FAIRAUDIT_WRITE_GOLDEN=1 pytest tests/inputs/test_formats_page.py`` writes its table anew; read its diff.
"""

from __future__ import annotations

import os
from pathlib import Path

from fairaudit.cli.choices import OF_LOGS
from fairaudit.inputs import read_log
from tests.inputs.format_examples import EXAMPLES
from tests.inputs.test_formats import wer_of, write

PAGE = Path(__file__).resolve().parents[2] / "docs" / "formats.md"
BEGIN, END = "<!-- made by tests/inputs/test_formats_page.py -->\n", "<!-- end -->\n"
#: What `fairaudit export` writes for the tools whose formats are read.
WRITTEN = {
    "nemo": "the manifest with `cohort_METHOD` (`--to nemo`)",
    "lhotse": "the manifest with cohorts in `custom` (`--to lhotse`)",
    "kaldi": "`utt2cohort` (`--to kaldi`)",
    "stm": "STM and CTM for sclite (`--to stm`)",
}
TITLES = {"arrow": "arrow (stream)", "lhotse": "lhotse (supervisions)"}


def row(folder: Path, name: str) -> str:
    """Read an example, and describe what was read of it."""
    path, options = write(folder, name)
    log = read_log(path, **options)
    kind = name.partition(" ")[0]
    holds = "texts" if log.normalizer else "counts"
    beside = ["`--hypotheses`"] * bool(EXAMPLES[name].hypotheses) + ["`--metadata`"] * EXAMPLES[name].speakers
    columns = [f"`--column {ours}={theirs}`" for ours, theirs in options["columns"].items()]
    assert wer_of(log) == {"s1": (2, 6), "007": (1, 6)}
    cells = (
        f"`{TITLES.get(name, name)}`", holds, EXAMPLES[name].holds, ", ".join([*beside, *columns]) or "–",
        WRITTEN.get(kind, "–") if name == kind else "–",
    )  # fmt: skip
    return f"| {' | '.join(cells)} |\n"


def test_the_page_lists_what_is_read_and_written(tmp_path: Path) -> None:
    assert all(any(f"(`--to {to}`)" in what for what in WRITTEN.values()) for to in OF_LOGS)
    head = "| format | holds | what is read | what is needed beside it | what is written back |\n" + "|---" * 5 + "|\n"
    table = head + "".join(row(tmp_path, name) for name in EXAMPLES)
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    shown, _, after = rest.partition(END)
    if os.environ.get("FAIRAUDIT_WRITE_GOLDEN"):
        PAGE.write_text(f"{before}{BEGIN}{table}{END}{after}", "utf-8")
        return
    assert shown == table
