"""Adversarial weights for speaker verification: ``python -m tests.bench.mending.verification FOLDER [--seeds 5]``.

It needs the corpus of ``python -m tests.bench.mending FOLDER`` (or espeak-ng and sox, to make it) and PyTorch. A small
network learns to tell speakers apart. It is trained on many speakers of four accents and few of four others, once with
all pairs alike and once with ``AdversarialWeights`` (after Jin et al. 2022: pairwise weighting), which sees no label of
a group. ``fairaudit.trials`` measures both on the same trials of other speakers. What is finished is kept in the
folder, so that the command can be stopped and resumed. It prints a table.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from scipy import stats
from sklearn.cluster import KMeans
from torch import Tensor, nn

import fairaudit
from fairaudit.training import AdversarialWeights
from tests.bench.mending.corpus import BANDS, Corpus, draw_speakers

PLAIN, ADVERSARIAL = WAYS = ("plain", "adversarial weights")
#: Training speakers of the frequent accents and of each other one, and test speakers of each accent.
FREQUENT: Final = ("american", "british", "new-york", "received")
TRAINED, SELDOM, TESTED = 30, 3, 36
#: Trials of each test speaker: as many of one speaker as of two. The two have the same accent and sex.
TRIALS: Final = 60
SIZE, VECTOR = 128, 64
#: Frames of an utterance that a step sees, speakers of a step, and steps.
FRAMES, SPEAKERS, STEPS = 150, 32, 600
RATE: Final = 2e-3
#: Regions of the adversary and its learning rate.
REGIONS, ADVERSARY_RATE = 8, 0.001


class Voices(nn.Module):
    """Conv1d × 3 with stride 4, mean and deviation over time, and a linear layer to vectors of length 1."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for width, stride in ((BANDS, 2), (SIZE, 2), (SIZE, 1)):
            layers += [nn.Conv1d(width, SIZE, 5, stride=stride, padding=2), nn.BatchNorm1d(SIZE), nn.ReLU()]
        self.convolutions = nn.Sequential(*layers)
        self.vector = nn.Linear(2 * SIZE, VECTOR)
        self.scale = nn.Parameter(torch.tensor(10.0))

    def forward(self, features: Tensor) -> Tensor:
        """Return a vector for each utterance, shape (n, 64), given features of shape (n, n_frames, 40)."""
        hidden = self.convolutions(features.transpose(1, 2))
        pooled = torch.cat([hidden.mean(dim=2), (hidden.var(dim=2) + 1e-5).sqrt()], dim=1)
        return nn.functional.normalize(self.vector(pooled), dim=1)

    def losses(self, vectors: Tensor) -> Tensor:
        """Return the loss of each pair of utterances of one speaker, shape (n,), given vectors of firsts and seconds.

        It is the cross-entropy of finding one among the others of the step by the other one (N-pair loss).
        """
        first, second = vectors.chunk(2)
        alike, right = self.scale * first @ second.T, torch.arange(len(first))
        ways = (nn.functional.cross_entropy(one, right, reduction="none") for one in (alike, alike.T))
        return sum(ways, torch.zeros(())) / 2


@dataclass(frozen=True, eq=False)
class Experiment:
    """One seed: which speakers are trained and tested, both networks, and their trials."""

    corpus: Corpus
    sexes: Mapping[str, str]
    seed: int
    steps: int = STEPS
    regions: int = REGIONS
    adversary_rate: float = ADVERSARY_RATE

    @cached_property
    def roles(self) -> pd.Series:
        """Role of each utterance; all utterances of a speaker have the same."""
        rng, role = np.random.default_rng([self.seed, 1]), {}
        for accent, rows in self.corpus.rows.groupby("accent"):
            names = rng.permutation(rows["speaker_id"].unique()).tolist()
            role |= dict.fromkeys(names[:TESTED], "test")
            role |= dict.fromkeys(names[TESTED:][: TRAINED if accent in FREQUENT else SELDOM], "train")
        return self.corpus.rows["speaker_id"].map(role)

    def by_speaker(self, role: str) -> dict[str, NDArray[np.int64]]:
        """Places of the utterances of each speaker of a role."""
        names = self.corpus.rows["speaker_id"].where(self.roles == role).to_numpy(object)
        return {name: np.flatnonzero(names == name) for name in pd.unique(names[self.roles == role])}

    def batches(self) -> Iterator[tuple[NDArray[np.int64], Tensor]]:
        """Yield places of two utterances of some speakers, all firsts before all seconds, with their features."""
        rng, places = np.random.default_rng([self.seed, 2]), [*self.by_speaker("train").values()]
        for _ in range(self.steps):
            speakers = rng.permutation(len(places))[:SPEAKERS]
            pairs = np.array([rng.choice(places[speaker], 2, replace=False) for speaker in speakers]).T.ravel()
            yield pairs, torch.stack([self.features(i, rng) for i in pairs])

    def features(self, i: int, rng: np.random.Generator) -> Tensor:
        """Frames of a part of an utterance."""
        frames = self.corpus.features(i)
        start = rng.integers(len(frames) - FRAMES + 1)
        return torch.from_numpy(frames[start : start + FRAMES])

    def network(self, way: str) -> Voices:
        """Train a network; both ways begin with the same parameters and see the same batches."""
        torch.manual_seed(self.seed)
        network = Voices()
        weighted = self.adversary() if way == ADVERSARIAL else None
        groups = [{"params": [*network.parameters()], "lr": RATE}]
        if weighted:
            groups.append({"params": [*weighted[0].parameters()], "lr": self.adversary_rate})
        optimiser = torch.optim.AdamW(groups, weight_decay=1e-3)
        scheduler = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.0, total_iters=self.steps)
        for places, features in self.batches():
            losses = network.losses(network(features))
            if weighted is None:
                loss = losses.mean()
            else:
                adversary, vectors, regions = weighted
                pairs = torch.arange(len(places)).reshape(2, -1).T
                loss = adversary(losses, vectors[places], pairs, regions[places])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            scheduler.step()
        return network.eval()

    @cached_property
    def plain(self) -> NDArray[np.float32]:
        """Vectors of all utterances in the plain network."""
        return self.vectors(PLAIN)

    def adversary(self) -> tuple[AdversarialWeights, Tensor, Tensor]:
        """The adversary, and what it sees of every utterance: its vector in the plain network, and its region."""
        vectors = self.plain
        trained = (self.roles == "train").to_numpy()
        clusters = KMeans(self.regions, n_init=1, random_state=self.seed).fit(vectors[trained])
        spread = (vectors - vectors[trained].mean(axis=0)) / vectors[trained].std(axis=0)
        regions = torch.from_numpy(clusters.predict(vectors).astype(np.int64))
        return AdversarialWeights(VECTOR, self.regions), torch.from_numpy(spread), regions

    def vectors(self, way: str) -> NDArray[np.float32]:
        """Train a network, and return the vectors of all utterances of the corpus, shape (n_utterances, 64)."""
        network = self.network(way)
        whole = (torch.from_numpy(self.corpus.features(i))[None] for i in range(len(self.corpus.rows)))
        with torch.no_grad():
            return torch.cat([network(features) for features in whole]).numpy()

    def trials(self) -> pd.DataFrame:
        """Pairs of places of test utterances: ``first``, ``second``."""
        rng, places = np.random.default_rng([self.seed, 3]), self.by_speaker("test")
        accents = self.corpus.rows.drop_duplicates("speaker_id").set_index("speaker_id")["accent"]
        kind = {name: (accents[name], self.sexes[name]) for name in places}
        pairs = []
        for name, own in places.items():
            others = np.concatenate([places[other] for other in places if other != name and kind[other] == kind[name]])
            pairs += [rng.choice(own, 2, replace=False) for _ in range(TRIALS)]
            pairs += np.column_stack([rng.choice(own, TRIALS), rng.choice(others, TRIALS)]).tolist()
        return pd.DataFrame(np.array(pairs), columns=["first", "second"])

    def judged(self, vectors: NDArray[np.float32]) -> dict[str, Any]:
        """Error rates of a network, given its vectors, by accent, by how often accents are trained, and by sex."""
        trials = self.trials()
        score = (vectors[trials["first"]] * vectors[trials["second"]]).sum(axis=1)
        names = self.corpus.rows["speaker_id"].to_numpy()
        people = self.corpus.rows.drop_duplicates("speaker_id")[["speaker_id", "accent"]]
        people["training"] = np.where(people["accent"].isin(FREQUENT), "frequent", "rare")
        people["sex"] = people["speaker_id"].map(self.sexes)
        table = trials.apply(lambda side: names[side]).assign(score=score)
        return dict(fairaudit.trials(table, labels=people, by=["accent", "training", "sex"]).to_dict())


def run(folder: Path, seed: int) -> list[dict[str, Any]]:
    """Return the results of both ways for a seed; what is missing is run, and each result is kept in a file."""
    files = [folder / "verification" / f"{seed} {way}.json" for way in WAYS]
    if not all(file.exists() for file in files):
        torch.set_num_threads(1)
        files[0].parent.mkdir(exist_ok=True)
        sexes = {speaker.id: speaker.sex for speaker in draw_speakers(np.random.default_rng(0))}
        experiment = Experiment(Corpus.make(folder, 0, 1), sexes, seed)
        for way, file in zip(WAYS, files, strict=True):
            vectors = experiment.plain if way == PLAIN else experiment.vectors(way)
            file.write_text(json.dumps(experiment.judged(vectors), indent=1), encoding="utf-8")
    return [json.loads(file.read_text("utf-8")) for file in files]


def table(results: Sequence[Sequence[Mapping[str, Any]]]) -> str:
    """Return a table with a row for each measure: means of both ways, and changes, given a pair of results per seed.

    An error rate has the means of the ends of its intervals. A change has a 95 % interval of Student's t over seeds.
    """
    lines = [f"| in percent | {' | '.join(WAYS)} | change | of each seed |", "|---|---|---|---|---|"]
    for name in measures(results[0][0]):
        values = np.array([[measures(result)[name] for result in pair] for pair in results])  # seed, way, (value, ends)
        ways = [_spelled(*way) for way in values.mean(axis=0)]
        change = values[:, 1, 0] - values[:, 0, 0]
        half = stats.t.ppf(0.975, len(change) - 1) * change.std(ddof=1) / np.sqrt(len(change))
        mean = change.mean()
        each = ", ".join(f"{one:+.2f}" for one in change)
        lines.append(
            f"| {name} | {' | '.join(ways)} | {mean:+.2f} ({mean - half:+.2f} to {mean + half:+.2f}) | {each} |"
        )
    return "\n".join(lines)


def measures(result: Mapping[str, Any]) -> dict[str, tuple[float, float, float]]:
    """Return the measures of a way in percent, each with the ends of its interval, or without (nan)."""
    groups = {group["label"]: group["eer"] for column in result["groups"].values() for group in column}
    rates = {"all trials": result["overall"]["eer"], **{name: groups[name] for name in sorted(groups)}}
    found = {
        f"EER, {name}": (100 * rate["rate"], *(100 * end for end in rate["interval"])) for name, rate in rates.items()
    }
    worst = max(100 * group["eer"]["rate"] for group in result["groups"]["accent"])
    found["EER, worst accent"] = (worst, np.nan, np.nan)
    return found | {f"GARBE, {column}": (100 * value, np.nan, np.nan) for column, value in result["garbe"].items()}


def _spelled(value: float, low: float, high: float) -> str:
    return f"{value:.2f}" + ("" if np.isnan(low) else f" ({low:.2f} to {high:.2f})")


def main() -> None:
    """Run the experiment and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first-seed", type=int, default=1)
    options = parser.parse_args()
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    print(table([run(options.folder, seed) for seed in seeds]))


if __name__ == "__main__":
    main()
