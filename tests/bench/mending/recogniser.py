"""A small recogniser: convolutions, a bidirectional GRU, and CTC over the words of the grammar."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from fairaudit.training import CohortInput
from tests.bench.mending.corpus import BANDS, Corpus

SIZE: Final = 128
BATCH: Final = 16
#: Utterances that are decoded together.
DECODED: Final = 64


@dataclass(frozen=True)
class Batch:
    """Padded features, their lengths in frames, words and their numbers, cohorts, and places in the corpus."""

    features: Tensor
    lengths: Tensor
    words: Tensor
    counts: Tensor
    cohort: Tensor
    index: list[int]


class Recogniser(nn.Module):
    """Conv1d × 3 with stride 8, BiGRU and a linear layer, about 375,000 parameters."""

    def __init__(self, n_words: int, n_cohorts: int = 0) -> None:
        super().__init__()
        self.cohort = CohortInput(n_cohorts) if n_cohorts else None
        width = BANDS + (2 if n_cohorts else 0)
        layers: list[nn.Module] = []
        for i in range(3):
            layers += [
                nn.Conv1d(width if i == 0 else SIZE, SIZE, 5, stride=2, padding=2),
                nn.BatchNorm1d(SIZE),
                nn.ReLU(),
            ]
        self.convolutions = nn.Sequential(*layers)
        self.gru = nn.GRU(SIZE, SIZE, bidirectional=True, batch_first=True)
        self.words = nn.Linear(2 * SIZE, n_words + 1)

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return log-probabilities of words, 0 for none, shape (n, n_steps, n_words + 1), and numbers of steps."""
        features = batch.features if self.cohort is None else self.cohort(batch.features, batch.cohort)
        hidden = self.convolutions(features.transpose(1, 2)).transpose(1, 2)
        return self.words(self.gru(hidden)[0]).log_softmax(dim=-1), (batch.lengths + 7) // 8


def losses_of(model: nn.Module, batch: Batch) -> Tensor:
    """CTC loss of each utterance, shape (n,)."""
    logs, steps = model(batch)
    return nn.functional.ctc_loss(
        logs.transpose(0, 1), batch.words, steps, batch.counts, reduction="none", zero_infinity=True
    )


class Reader:
    """Turns places in the corpus into batches."""

    def __init__(self, corpus: Corpus, cohort: Sequence[int] | None = None) -> None:
        self.corpus = corpus
        texts = [text.split() for text in corpus.rows["reference"]]
        self.vocabulary = sorted({word for text in texts for word in text})
        codes = {word: i for i, word in enumerate(self.vocabulary, start=1)}
        self.codes = [torch.tensor([codes[word] for word in text]) for text in texts]
        self.cohort = np.full(len(texts), -1) if cohort is None else np.asarray(cohort)

    def batch(self, index: Iterable[int]) -> Batch:
        """Return a batch of some utterances, longest first."""
        places = sorted(index, key=lambda i: -(self.corpus.ends[i] - (self.corpus.ends[i - 1] if i else 0)))
        features = [torch.from_numpy(self.corpus.features(i)) for i in places]
        words = [self.codes[i] for i in places]
        return Batch(
            features=nn.utils.rnn.pad_sequence(features, batch_first=True),
            lengths=torch.tensor([len(one) for one in features]),
            words=torch.cat(words),
            counts=torch.tensor([len(one) for one in words]),
            cohort=torch.from_numpy(self.cohort[places]),
            index=places,
        )


def train(
    model: nn.Module,
    reader: Reader,
    batches: Iterable[Callable[[], Iterable[Sequence[int]]]],
    *,
    rate: float,
    loss: Callable[[nn.Module, Batch], Tensor] | None = None,
    one_cycle: bool = True,
) -> None:
    """Train a model with AdamW.

    Parameters
    ----------
    model, reader
        What is trained, and on what.
    batches
        For each epoch, a function that gives its batches of places in the corpus.
    rate
        Largest learning rate.
    loss
        Loss of a batch; by default, the mean CTC loss per word.
    one_cycle
        Whether the rate rises and falls (OneCycle); otherwise it falls to 0 linearly.
    """
    epochs = [list(epoch()) for epoch in batches]
    steps = sum(map(len, epochs))
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=1e-3)
    scheduler: torch.optim.lr_scheduler.LRScheduler = (
        torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps)
        if one_cycle
        else torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 0.0, total_iters=steps)
    )
    model.train()
    for epoch in epochs:
        for index in epoch:
            batch = reader.batch(index)
            optimiser.zero_grad()
            value = loss(model, batch) if loss else losses_of(model, batch).sum() / batch.counts.sum()
            value.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimiser.step()
            scheduler.step()


@torch.no_grad()
def recognise(model: nn.Module, reader: Reader, index: Sequence[int]) -> dict[int, str]:
    """Return the best words of each utterance, without a language model."""
    model.eval()
    order = sorted(index, key=lambda i: reader.corpus.ends[i] - (reader.corpus.ends[i - 1] if i else 0))
    texts = {}
    for start in range(0, len(order), DECODED):
        batch = reader.batch(order[start : start + DECODED])
        logs, steps = model(batch)
        for place, best, n in zip(batch.index, logs.argmax(dim=-1), steps.tolist(), strict=True):
            path = best[:n].unique_consecutive().tolist()
            texts[place] = " ".join(reader.vocabulary[word - 1] for word in path if word)
    return texts


def shuffled(index: Sequence[int], seed: int) -> list[list[int]]:
    """Batches of shuffled utterances."""
    order = np.random.default_rng(seed).permutation(np.asarray(index)).tolist()
    return [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
