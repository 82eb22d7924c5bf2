"""Kulldorff's circular scan (1997) with a Poisson model and 99 Monte-Carlo draws, for want of a package.

Circles are centred on every seventh speaker and grow to half of all words; a circle's score is its log-likelihood
ratio. A finding where no more than 4 draws of as many errors, spread over speakers by their words, score as high.
"""

from __future__ import annotations

import numpy as np
from contract import Answer, Log, serve

EVERY = 7
DRAWS = 99
MIN_SPEAKERS = 20


def find(log: Log) -> Answer:
    flat = log.places * [1.0, np.cos(np.radians(log.places[:, 0].mean()))]
    centres = flat[: log.n : EVERY]
    distance = np.linalg.norm(flat[: log.n] - centres[:, None], axis=2)
    order = distance.argsort(axis=1)
    total = log.errors.sum()
    share = log.words / log.words.sum()
    expected = total * share[order].cumsum(axis=1)
    allowed = (expected <= total / 2) & (np.arange(1, log.n + 1) >= MIN_SPEAKERS)
    reach = int(allowed.any(axis=0).nonzero()[0].max()) + 1
    order, expected, allowed = order[:, :reach], expected[:, :reach], allowed[:, :reach]

    def scores(errors: np.ndarray) -> np.ndarray:
        inside = errors[order].cumsum(axis=1)
        worse = allowed & (inside > expected)
        seen, due = inside[worse], expected[worse]
        result = np.zeros(expected.shape)
        result[worse] = seen * np.log(seen / due) + (total - seen) * np.log((total - seen) / (total - due))
        return result

    observed = scores(log.errors)
    centre, last = np.unravel_index(observed.argmax(), observed.shape)
    radius = distance[centre, order[centre, last]]
    rng = np.random.default_rng(0)
    as_high = sum(scores(rng.multinomial(total, share)).max() >= observed.max() for _ in range(DRAWS))
    members = np.linalg.norm(flat - centres[centre], axis=1) <= radius
    return Answer(members, reports=(1 + as_high) / (1 + DRAWS) <= 0.05)


if __name__ == "__main__":
    serve(find)
