"""Kulldorff's circular scan (1997) with a Poisson model and 99 Monte-Carlo draws, for want of a package.

Circles are centred on every seventh speaker and grow to half of all words; a circle's score is its log-likelihood
ratio. A finding where no more than 4 draws score as high. With ``--null poisson``, which is Kulldorff's, a draw spreads
as many errors over speakers by their words; with ``--null shuffle``, which is ours, it shuffles (errors, words).
"""

from __future__ import annotations

import numpy as np
from contract import Answer, Log, serve

EVERY = 7
DRAWS = 99
MIN_SPEAKERS = 20


def find(log: Log, null: str) -> Answer:
    flat = log.places * [1.0, np.cos(np.radians(log.places[:, 0].mean()))]
    centres = flat[: log.n : EVERY]
    distance = np.linalg.norm(flat[: log.n] - centres[:, None], axis=2)
    order = distance.argsort(axis=1)
    total = log.errors.sum()

    def scores(errors: np.ndarray, words: np.ndarray) -> np.ndarray:
        inside, expected = errors[order].cumsum(axis=1), (words * (total / words.sum()))[order].cumsum(axis=1)
        worse = (inside > expected) & (expected <= total / 2)
        worse[:, : MIN_SPEAKERS - 1] = False
        seen, due = inside[worse], expected[worse]
        result = np.zeros(expected.shape)
        result[worse] = seen * np.log(seen / due) + (total - seen) * np.log((total - seen) / (total - due))
        return result

    rng = np.random.default_rng(0)

    def draw() -> tuple[np.ndarray, np.ndarray]:
        if null == "poisson":
            return rng.multinomial(total, log.words / log.words.sum()), log.words
        shuffled = rng.permutation(log.n)
        return log.errors[shuffled], log.words[shuffled]

    observed = scores(log.errors, log.words)
    centre, last = np.unravel_index(observed.argmax(), observed.shape)
    as_high = sum(scores(*draw()).max() >= observed.max() for _ in range(DRAWS))
    members = np.linalg.norm(flat - centres[centre], axis=1) <= distance[centre, order[centre, last]]
    return Answer(members, reports=(1 + as_high) / (1 + DRAWS) <= 0.05)


if __name__ == "__main__":
    serve(find, null="poisson")
