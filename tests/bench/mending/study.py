"""One seed of the study: roles of speakers, cohorts, each way of training, and what it did on other speakers."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

import fairaudit
from fairaudit.cohorts import CohortModel
from fairaudit.inputs.embeddings import EmbeddingTable
from fairaudit.training import (
    Consolidation,
    DistributedWeightedSampler,
    GroupDRO,
    LengthMatchedBatchSampler,
    ReplayBatchSampler,
    cohort_weights,
)
from tests.bench.mending.corpus import STEP, Corpus
from tests.bench.mending.recogniser import BATCH, Batch, Reader, Recogniser, losses_of, recognise, shuffled, train

#: Speakers of an accent by role, and those of the frequent and of the other accents in the first training and in what
#: is recorded afterwards.
ROLES: Final = {"discovery": 22, "dev": 5, "test": 21}
FREQUENT: Final = ("american", "british", "received", "new-york")
FREQUENT_ROLES: Final = {"base": 24}
OTHER_ROLES: Final = {"base": 1, "pool": 12}
BASE_EPOCHS: Final = 24
TUNED_EPOCHS: Final = 12
MIXED_EPOCHS: Final = 4
#: Learning rate of every training.
RATE: Final = 3e-3
#: Strengths of the penalty, one of which is chosen on speakers who are neither trained nor tested on.
STRENGTHS: Final = (10.0, 100.0, 1000.0)
REPLAYED: Final = 0.5
MEASURED: Final = 320
PERMUTATIONS: Final = 999
#: The gate: harm of more than a point is ruled out for every cohort, and all speakers together are not worse off.
RULES: Final = {"max-regression": "1%,upper", "non-inferiority": 0}
#: A change of others for the worse, in errors per word, up to which a strength is allowed.
TOLERATED: Final = 0.005


@dataclass(frozen=True, eq=False)
class Study:
    """One seed."""

    corpus: Corpus
    seed: int

    @cached_property
    def roles(self) -> pd.Series:
        """Role of each utterance; all utterances of a speaker have the same."""
        rng = np.random.default_rng([self.seed, 1])
        role = {}
        for accent, rows in self.corpus.rows.groupby("accent"):
            names = rng.permutation(rows["speaker_id"].unique()).tolist()
            for name, n in (ROLES | (FREQUENT_ROLES if accent in FREQUENT else OTHER_ROLES)).items():
                role |= dict.fromkeys(names[:n], name)
                names = names[n:]
        return self.corpus.rows["speaker_id"].map(role)

    def of(self, *roles: str) -> list[int]:
        """Places of the utterances of some roles."""
        return np.flatnonzero(self.roles.isin(roles)).tolist()

    @cached_property
    def reader(self) -> Reader:
        return Reader(self.corpus)

    @cached_property
    def base(self) -> Recogniser:
        """The recogniser whose errors are audited."""
        torch.manual_seed(self.seed)
        model = Recogniser(len(self.reader.vocabulary))
        train(model, self.reader, self.epochs(self.of("base"), BASE_EPOCHS), rate=RATE)
        return model

    def epochs(self, index: Sequence[int], n: int) -> list[Callable[[], Iterable[Sequence[int]]]]:
        return [lambda epoch=epoch: shuffled(index, 1000 * self.seed + epoch) for epoch in range(n)]

    def rows(self, model: nn.Module, role: str, reader: Reader | None = None) -> pd.DataFrame:
        """What a recogniser makes of the speakers of a role."""
        index = self.of(role)
        texts = recognise(model, reader or self.reader, index)
        return self.corpus.rows.iloc[index].assign(hypothesis=[texts[i] for i in index])

    def log(self, model: nn.Module, role: str) -> fairaudit.UtteranceLog:
        return fairaudit.read_log(self.rows(model, role), second_normalizer="off")

    @cached_property
    def voices(self) -> EmbeddingTable:
        return EmbeddingTable.of(*self.corpus.voices())

    @cached_property
    def models(self) -> dict[str, CohortModel]:
        """Cohorts that fairaudit finds on the errors of the recogniser for discovery speakers, frozen."""
        found = fairaudit.audit(
            self.log(self.base, "discovery"),
            methods=["geo-tree", "embedding", "named"],
            by="accent",
            embeddings=self.voices,
            permutations=PERMUTATIONS,
            params={"max_leaves": 6, "max_clusters": 12},
        )
        return {model.title: model for model in found.models}

    @cached_property
    def targets(self) -> list[str]:
        """Accents that the audit flags."""
        found = fairaudit.audit(
            self.log(self.base, "discovery"), by="accent", methods="named", permutations=PERMUTATIONS
        )
        rows = found.to_dict()["discoveries"][0]["cohorts"]
        return sorted(row["label"] for row in rows if row["flagged"])

    def cohorts(self, search: str, index: Sequence[int]) -> pd.DataFrame:
        """Memberships of utterances in the frozen cohorts of a search, in the order of the places."""
        rows = self.corpus.rows.iloc[index].assign(hypothesis=self.corpus.rows["reference"].iloc[index])
        log = fairaudit.read_log(rows, second_normalizer="off")
        sorted_rows = fairaudit.assign(log, self.models[search], embeddings=self.voices, per="utterance")
        return sorted_rows.set_index("utterance_id").loc[rows["utterance_id"]].reset_index()

    # Ways of training -------------------------------------------------------------------------------------------

    @cached_property
    def target_pool(self) -> list[int]:
        """Utterances of the pool in the target accents."""
        pool = self.of("pool")
        return [
            i for i, accent in zip(pool, self.corpus.rows["accent"].iloc[pool], strict=True) if accent in self.targets
        ]

    def copied(self) -> Recogniser:
        return copy.deepcopy(self.base)

    def plain(self) -> nn.Module:
        """Fine-tuning on the target accents."""
        model = self.copied()
        train(model, self.reader, self.epochs(self.target_pool, TUNED_EPOCHS), rate=RATE, one_cycle=False)
        return model

    def consolidated(self) -> tuple[nn.Module, float]:
        """The same with a penalty, whose strength is chosen on speakers of the role "dev"."""
        kept = Consolidation.estimate(self.copied().eval(), (self.reader.batch([i]) for i in self.measured), losses_of)
        before = self.dev_rates(self.base)
        tried = []
        for strength in STRENGTHS:
            model = self.copied()

            def loss(model: nn.Module, batch: Batch, strength: float = strength) -> Tensor:
                return losses_of(model, batch).sum() / batch.counts.sum() + strength * kept.penalty(model)

            train(
                model,
                self.reader,
                self.epochs(self.target_pool, TUNED_EPOCHS),
                rate=RATE,
                loss=loss,
                one_cycle=False,
            )
            targets, others = self.dev_rates(model)
            harm = max(others - before[1] - TOLERATED, 0)
            tried.append((harm > 0, harm, targets, strength, model))
        _, _, _, strength, model = min(tried, key=lambda one: one[:4])
        return model, strength

    @cached_property
    def measured(self) -> list[int]:
        base = self.of("base")
        return np.random.default_rng([self.seed, 2]).choice(base, MEASURED, replace=False).tolist()

    def dev_rates(self, model: nn.Module) -> tuple[float, float]:
        """Error rates of target accents and of the others."""
        sums = self.log(model, "dev").tally("accent")[["errors", "words"]]
        inside = sums.index.isin(self.targets)
        return tuple(float(sums[side]["errors"].sum() / sums[side]["words"].sum()) for side in (inside, ~inside))  # type: ignore[return-value]

    def replayed(self) -> nn.Module:
        """Fine-tuning on the target accents, with utterances of the first training in each batch."""
        model, old, new = self.copied(), self.of("base"), self.target_pool
        places = np.array(new + old)

        def epoch(n: int) -> Iterable[Sequence[int]]:
            sampler = ReplayBatchSampler(len(new), len(old), batch_size=2 * BATCH, share=REPLAYED, seed=self.seed)
            sampler.set_epoch(n)
            return [places[batch].tolist() for batch in sampler]

        epochs = [lambda n=n: epoch(n) for n in range(TUNED_EPOCHS)]
        train(model, self.reader, epochs, rate=RATE, one_cycle=False)
        return model

    def oversampled(self, search: str | None) -> nn.Module:
        """Going on with all speakers; the bottom cohort of a search is drawn half of the time."""
        model, index = self.copied(), np.array(self.of("base", "pool"))
        weights = np.ones(len(index))
        if search is not None:
            rows = self.cohorts(search, index.tolist())
            bottom = rows["cohort"].where(~rows["in_bottom"].astype(bool), "bottom")
            weights = cohort_weights(rows.assign(cohort=bottom), {"bottom": 0.5})
        sampler = DistributedWeightedSampler(weights, seed=self.seed)

        def epoch(n: int) -> Iterable[Sequence[int]]:
            sampler.set_epoch(n)
            drawn = index[[*sampler]].tolist()
            return [drawn[start : start + BATCH] for start in range(0, len(drawn), BATCH)]

        train(model, self.reader, [lambda n=n: epoch(n) for n in range(MIXED_EPOCHS)], rate=RATE, one_cycle=False)
        return model

    def with_cohorts(self) -> tuple[nn.Module, Reader]:
        """Going on with all speakers, their cluster of voices as an input; it is known for every speaker."""
        (title,) = (name for name in self.models if name.startswith("embedding"))
        everybody = list(range(len(self.corpus.rows)))
        codes = self.cohorts(title, everybody)["cohort_id"].fillna(-1).astype(int).to_numpy()
        reader = Reader(self.corpus, codes)
        model = Recogniser(len(reader.vocabulary), int(codes.max()) + 1)
        state = self.base.state_dict()
        first = state["convolutions.0.weight"]
        state["convolutions.0.weight"] = torch.cat([first, torch.zeros(first.shape[0], 2, first.shape[2])], dim=1)
        model.load_state_dict(state, strict=False)
        train(model, reader, self.epochs(self.of("base", "pool"), MIXED_EPOCHS), rate=RATE, one_cycle=False)
        return model, reader

    def ctc_dro(self) -> nn.Module:
        """Going on with all speakers, in batches of one accent, weighted by CTC-DRO."""
        model, index = self.copied(), np.array(self.of("base", "pool"))
        accent, _ = pd.factorize(self.corpus.rows["accent"])
        seconds = np.diff(self.corpus.ends, prepend=0)[index] * STEP / 16_000
        dro = GroupDRO(int(accent.max()) + 1, step_size=1e-3, smoothing=0.5, reduction="sum")
        sampler = LengthMatchedBatchSampler(
            seconds, accent[index], batch_duration=BATCH * float(seconds.mean()), seed=self.seed
        )

        def epoch(n: int) -> Iterable[Sequence[int]]:
            sampler.set_epoch(n)
            return [index[batch].tolist() for batch in sampler]

        def loss(model: nn.Module, batch: Batch) -> Tensor:
            return dro(losses_of(model, batch), torch.from_numpy(accent[batch.index])) / batch.counts.sum()

        epochs = [lambda n=n: epoch(n) for n in range(MIXED_EPOCHS)]
        train(model, self.reader, epochs, rate=RATE, loss=loss, one_cycle=False)
        return model

    # What it did ------------------------------------------------------------------------------------------------

    @cached_property
    def baseline(self) -> fairaudit.UtteranceLog:
        return self.log(self.base, "test")

    def judged(self, rows: pd.DataFrame) -> dict[str, Any]:
        """Compare a recogniser with the first one, on test speakers and the frozen cohorts."""
        candidate = fairaudit.read_log(rows, second_normalizer="off")
        compared = fairaudit.compare(
            self.baseline, candidate, [*self.models.values()], embeddings=self.voices, permutations=PERMUTATIONS
        )
        cohorts = compared.to_frame().query("tested")
        return {
            "gate": str(fairaudit.gate(compared, RULES).verdict),
            "baseline": self.numbers(self.baseline),
            "candidate": self.numbers(candidate),
            "changes": {f"{one.search}: {one.label}": one.difference for one in cohorts.itertuples()},
            "worse": [f"{one.search}: {one.label}" for one in cohorts.itertuples() if one.worse],
            "regions": _regions(compared.to_dict()),
        }

    def numbers(self, log: fairaudit.UtteranceLog) -> dict[str, float]:
        """Error rates of target accents, of those that the first training has seldom, of the others, and of all."""
        sums = log.tally("accent")[["errors", "words"]]
        target = sums.index.isin(self.targets)
        seldom = ~sums.index.isin(FREQUENT) & ~target
        parts = {"target": target, "seldom": seldom, "frequent": ~target & ~seldom, "all": np.ones(len(sums), bool)}
        rates = sums["errors"] / sums["words"]
        return {
            **{name: _ratio(sums[side]) for name, side in parts.items()},
            **{f"accent {name}": float(rate) for name, rate in rates.items()},
        }


def _ratio(sums: pd.DataFrame) -> float:
    return float(sums["errors"].sum() / sums["words"].sum()) if len(sums) else float("nan")


def _regions(document: dict[str, Any]) -> dict[str, Any] | None:
    """Mean, maximum and variance without noise of the error rates of regions, before and after."""
    reviews = [one for one in document["reviews"] if one["title"].startswith("geo-tree")]
    return reviews[0]["between"] if reviews else None


WAYS: Final[dict[str, Callable[[Study], Any]]] = {
    "plain fine-tuning": Study.plain,
    "EWC": Study.consolidated,
    "replay": Study.replayed,
    "all speakers": lambda study: study.oversampled(None),
    "oversampled accent": lambda study: study.oversampled("named: accent"),
    "oversampled embedding": lambda study: study.oversampled("embedding"),
    "oversampled geo-tree": lambda study: study.oversampled("geo-tree"),
    "cohort input": Study.with_cohorts,
    "CTC-DRO": Study.ctc_dro,
}


#: Ways whose hypotheses a log of releases has, and their columns.
RELEASES: Final = {"plain fine-tuning": "hypothesis_fine_tuned", "replay": "hypothesis_replay"}


def run(folder: Path, seed: int) -> None:
    """Run what is missing of a seed; each result is a file, so that the study can be stopped and resumed."""
    torch.set_num_threads(1)
    results = folder / "results"
    results.mkdir(exist_ok=True)
    lacking = [way for way in WAYS if not (results / f"{seed} {way}.json").exists()]
    if not lacking:
        return
    study = Study(Corpus.make(folder, 0, 1), seed)
    kept = folder / f"base {seed}.pt.safetensors"
    _restore(study, kept)
    for way in lacking:
        heard = results / f"{seed} {way}.parquet"
        if not heard.exists():
            torch.manual_seed(seed)
            made = WAYS[way](study)
            model, extra = made if isinstance(made, tuple) else (made, None)
            rows = study.rows(model, "test", extra if isinstance(extra, Reader) else None)
            rows.assign(strength=extra if isinstance(extra, float) else None).to_parquet(heard)
        rows = pd.read_parquet(heard)
        row = {"seed": seed, "way": way, "targets": study.targets, "strength": rows.pop("strength").iloc[0]}
        row |= study.judged(rows)
        (results / f"{seed} {way}.json").write_text(json.dumps(row, indent=1), encoding="utf-8")


def release_log(folder: Path, seed: int) -> pd.DataFrame:
    """Return what the first recogniser of a seed and those of RELEASES heard, for discovery and test speakers."""
    study = Study(Corpus.make(folder, 0, 1), seed)
    _restore(study, folder / f"base {seed}.pt.safetensors")
    parts = [study.rows(study.base, role).assign(part=role) for role in ("discovery", "test")]
    rows = pd.concat(parts).set_index("utterance_id")
    for way, name in RELEASES.items():
        rows[name] = pd.read_parquet(folder / "results" / f"{seed} {way}.parquet").set_index("utterance_id")[
            "hypothesis"
        ]
    return rows.reset_index()


def _restore(study: Study, path: Path) -> None:
    """Load the first recogniser of a seed, or train and keep it."""
    from safetensors.torch import load_model, save_model

    if path.exists():
        model = Recogniser(len(study.reader.vocabulary))
        load_model(model, path)
        study.__dict__["base"] = model
    else:
        save_model(study.base, path)
