"""Whether intervals become as narrow as a plan of what to record next expects, and narrower than by other plans.

python tests/calibration/collection.py [--runs 200] [--data ../shared/data]

In simulated logs, the planned speakers are drawn and measured. Real logs are reduced to a part of their speakers; the
expected half-width with all of them is then compared with the real one. Every line gives quantiles of real over
expected half-widths.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2]))

import fairaudit
from fairaudit.comparing.collection import gap_widths, speech_of_new
from fairaudit.core.counts import ErrorCounts
from fairaudit.core.privacy import SUPPRESS_BELOW
from fairaudit.results.collection import Budget
from fairaudit.stats.collection import GapWidths, allocate
from fairaudit.stats.dispersion import fit_dispersion
from fairaudit.stats.rates import gap_between

Floats = NDArray[np.float64]
#: Share of the speakers in each simulated cohort, and its rate.
SHARES: Final = np.array([0.05, 0.08, 0.12, 0.2, 0.25, 0.3])
RATES: Final = 0.1 * np.array([1.6, 1.0, 0.8, 1.2, 0.9, 1.0])
SPREADS: Final = (0.3, 0.6, 0.9)


def cells_of(errors: Floats, exposure: Floats, cohort: NDArray[np.int64]) -> ErrorCounts:
    """Cells of speakers who are in one cohort each."""
    return ErrorCounts(np.arange(len(errors)), cohort, errors, exposure, {"utterances": np.ones(len(errors))})


def widths_of(cells: ErrorCounts) -> GapWidths:
    """Half-widths of the gaps of all cohorts now, and what new speakers add."""
    dispersion = fit_dispersion(cells.errors, cells.exposure)
    gaps = {(c,): gap_between(part, cells.where(cells.group != c), dispersion) for c, part in cells.by_group().items()}
    return gap_widths(cells, gaps, speech_of_new(cells, dispersion, Budget(1)), dispersion)


def speakers(rng: np.random.Generator, cohort: NDArray[np.int64], spread: float) -> ErrorCounts:
    """Speakers with gamma effects and 5 to 200 utterances of seven words."""
    exposure = np.maximum(1.0, rng.poisson(7 * np.exp(rng.uniform(np.log(5), np.log(200), len(cohort)))))
    effect = rng.gamma(1 / spread**2, spread**2, len(cohort))
    return cells_of(rng.poisson(RATES[cohort] * effect * exposure).astype(float), exposure, cohort)


def simulated(rng: np.random.Generator, spread: float, n: int, budget: int) -> tuple[Floats, float, dict[str, float]]:
    """Real over expected half-widths after a plan, all and the widest; and the widest after each way to spend."""
    log = speakers(rng, np.repeat(np.arange(len(SHARES)), np.round(n * SHARES).astype(int)), spread)
    gaps = widths_of(log)
    ways = {
        "plan": allocate(gaps, np.ones(len(SHARES)), budget),
        "equal": np.full(len(SHARES), budget // len(SHARES)),
        "proportional": np.round(budget * SHARES).astype(int),
    }
    real = {}
    for name, added in ways.items():
        new = speakers(rng, np.repeat(np.arange(len(SHARES)), added), spread)
        both = (np.concatenate([getattr(one, of) for one in (log, new)]) for of in ("errors", "exposure", "group"))
        real[name] = widths_of(cells_of(*both)).after(np.zeros(len(SHARES)))
    widest = {name: float(wide.max()) for name, wide in real.items()}
    expected = gaps.after(ways["plan"])
    return real["plan"] / expected, widest["plan"] / float(expected.max()), widest


def thinned(rng: np.random.Generator, log: ErrorCounts, share: float) -> Floats:
    """Real over expected half-widths of all speakers of a log, seen from a part of them."""
    kept = log.where(np.sort(rng.permutation(len(log))[: round(share * len(log))]))
    n_kept, n_all = (np.bincount(cells.group, minlength=log.group.max() + 1) for cells in (kept, log))
    if n_kept.min() < SUPPRESS_BELOW:
        return np.zeros(0)
    return widths_of(log).after(0 * n_all) / widths_of(kept).after(n_all - n_kept)


def real_logs(data: Path) -> Iterator[tuple[str, ErrorCounts]]:
    """Real logs whose cohorts have at least 40 speakers."""
    informants = pd.read_csv(data / "coser" / "informants.csv.gz")
    errors = informants[["substitutions", "deletions", "insertions"]].sum(axis=1)
    for column in ("dialect_alvar", "dialect_fernandez", "speaker_sex"):
        yield f"coser {column}", labelled(errors, informants["ref_words"], informants[column])
    utterances = pd.read_csv(data / "swiss_german" / "asgdts.csv.gz")
    for model, rows in utterances.groupby("model"):
        rows = rows.rename(columns={"audio_file": "utterance_id"}).assign(speaker_id=rows["audio_file"])
        counts = fairaudit.read_log(rows).tally(["speaker_id", "dialect"]).reset_index()
        yield f"swiss german {model} (utterances)", labelled(counts["errors"], counts["words"], counts["dialect"])


def labelled(errors: pd.Series, words: pd.Series, label: pd.Series) -> ErrorCounts:
    known = (label.map(label.value_counts()) >= 40).to_numpy() & (words > 0).to_numpy()
    cohort = label[known].astype("category").cat.codes.to_numpy(np.int64)
    return cells_of(errors[known].to_numpy(float), words[known].to_numpy(float), cohort)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=200)
    options.add_argument("--data", type=Path, default=Path(__file__).parents[3] / "shared" / "data")
    given = options.parse_args()
    for spread in SPREADS:
        for n, budget in ((300, 150), (300, 600), (1000, 500)):
            rng = np.random.default_rng(0)
            runs = [simulated(rng, spread, n, budget) for _ in range(given.runs)]
            means = {name: np.mean([widest[name] for _, _, widest in runs]) for name in runs[0][2]}
            show(f"simulated, s = {spread}, {n} + {budget}", [ratios for ratios, _, _ in runs])
            show("    the widest", [np.array([ratio]) for _, ratio, _ in runs])
            print("    mean of the widest: " + ", ".join(f"{name} {mean:.3f}" for name, mean in means.items()))
    for name, log in real_logs(given.data):
        for share in (0.4, 0.6, 0.8):
            rng = np.random.default_rng(0)
            show(f"{name}, {share:.0%} of {len(log)}", [thinned(rng, log, share) for _ in range(given.runs)])


def show(name: str, ratios: list[Floats]) -> None:
    low, middle, high = np.quantile(np.concatenate(ratios), [0.1, 0.5, 0.9])
    print(f"{name}: median {middle:.3f}, 10 to 90 % {low:.2f} to {high:.2f} ({sum(map(len, ratios))} gaps)", flush=True)


if __name__ == "__main__":
    main()
