"""Speaker verification on VoxCeleb1-H: ``OMP_NUM_THREADS=1 python -m tests.bench.voxceleb FOLDER`` (Linux).

FOLDER is ``bt4vt/data`` of the package bt4vt 1.0.1, unpacked (``pip download bt4vt==1.0.1 --no-deps``). It has the
scores of two systems for 550,894 trials of 1,190 speakers, and labels of the speakers. It is under the GPL, so no part
of it is kept here.

For each system, ``fairaudit trials`` measures the groups. Equal error rates are compared with the known ones. Then
``fairaudit audit`` searches the false rejects of the speakers. The exit code is 1 if an equal error rate differs.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import fairaudit
from fairaudit.inputs.trial_lists import read_trials
from tests.bench.measure import command_cost

LABELS: Final = "vox1_meta.csv"
COLUMNS: Final = ("Gender", "Nationality")
SPEAKER: Final = "[^/]+"
OVERALL: Final = "all trials"
#: Equal error rates of each system in percent, by group.
KNOWN: Final[Mapping[str, Mapping[str, float]]] = {
    "resnetse34v2": {OVERALL: 2.402, "f": 2.564, "m": 2.289, "USA": 1.96, "India": 3.77, "Norway": 6.77},
    "resnetse34l": {OVERALL: 4.373, "f": 4.805, "m": 3.869},
}
#: Percentage points by which an equal error rate may differ from the known one.
TOLERANCE: Final = 0.01


def main() -> int:
    """Print the tables of both systems."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    return max(run(folder, system, known) for system, known in KNOWN.items())


def run(folder: Path, system: str, known: Mapping[str, float]) -> int:
    """Print what there is of one system, and return 1 if an equal error rate is not the known one."""
    scores, labels = folder / f"{system}_H-eval_scores.csv", folder / LABELS
    start = time.process_time()
    rows = read_trials(scores, speaker_pattern=SPEAKER).rows
    reading = time.process_time() - start
    with tempfile.TemporaryDirectory() as name:
        written, rejects = Path(name) / "trials.json", Path(name) / "rejects.csv"
        by = [part for column in COLUMNS for part in ("--by", column)]
        options = ("--labels", labels, *by, "--speaker-pattern", SPEAKER, "--rejects", rejects, "--output", written)
        cost = command_cost("-m", "fairaudit", "trials", scores, *options)
        document = json.loads(written.read_text("utf-8"))
        log = fairaudit.read_log(rejects, counts=["false_rejects", "trials"])
    print(f"## {system}\n\n{rows:,} trials: {cost.cpu:.1f} CPU s, {cost.peak:.0f} MiB; reading {reading:.1f} CPU s\n")
    groups = [group for column in COLUMNS for group in document["groups"][column]]
    shown = [{**document["overall"], "label": OVERALL}, *(group for group in groups if not group["withheld"])]
    same = agreement(shown, known)
    print("| group | speakers | EER | FNMR | FMR | known EER |\n|---|---|---|---|---|---|")
    for group in shown:
        label = group["label"]
        expected = f"{known[label]} ({'same' if same[label] else 'NOT THE SAME'})" if label in known else ""
        rates = (interval(group[rate]) for rate in ("eer", "fnmr", "fmr"))
        print(f"| {' | '.join((label, str(group['speakers']), *rates, expected))} |")
    print(f"\n{len(groups) + 1 - len(shown)} groups withheld.", end=" ")
    print("GARBE:", ", ".join(f"{column} {document['garbe'][column]:.2f}" for column in COLUMNS), end="\n\n")
    print("\n".join(searches(log)), end="\n\n", flush=True)
    return int(not all(same.values()))


def agreement(groups: Iterable[Mapping[str, Any]], known: Mapping[str, float]) -> dict[str, bool]:
    """Whether each known equal error rate is that of its group; a group that is not there has another one."""
    equal = {group["label"]: 100 * group["eer"]["rate"] for group in groups if group["eer"]}
    return {label: label in equal and abs(equal[label] - rate) <= TOLERANCE for label, rate in known.items()}


def interval(rate: Mapping[str, Any] | None) -> str:
    """Return a rate and its interval in percent."""
    if rate is None:
        return "–"
    low, high = rate["interval"]
    return f"{100 * rate['rate']:.2f} ({100 * low:.2f} to {100 * high:.2f})"


def searches(log: fairaudit.UtteranceLog) -> Iterator[str]:
    """Yield a table of what searches by gender, nationality and both find among false rejects."""
    audit = fairaudit.audit(log, methods="named", by=[*COLUMNS, COLUMNS], rate="fnmr=false_rejects/trials")
    flagged = {
        search["title"]: [cohort["label"] for cohort in search["cohorts"] if cohort["flagged"]]
        for search in audit.to_dict()["discoveries"]
    }
    yield "| false rejects by | verdict | p | highest | times the others' rate | flagged |\n|---|---|---|---|---|---|"
    for title, row in audit.to_frame().iterrows():
        ratio = f"{1 + row['gap']:.1f} ({1 + row['low']:.1f} to {1 + row['high']:.1f})"
        cells = (title, row["verdict"], f"{row['p_value']:.3f}", row["bottom"], ratio, ", ".join(flagged[title]))
        yield f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    sys.exit(main())
