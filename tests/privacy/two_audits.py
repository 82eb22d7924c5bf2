"""What two audits about nearly the same speakers reveal of their words: ``python -m tests.privacy.two_audits [LOGS]``.

Nothing can prevent this: an audit does not know of another one. For each kind of second audit, this prints how many
numbers of what fewer than 11 speakers say follow to within a fifth. Of the words that only one of the audits lists, it
prints how many are said by the speakers by whom the group of one differs from that of the other.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from tests.privacy.attacking import attacked_lists
from tests.privacy.logs import audited
from tests.privacy.speech import random_speech
from tests.privacy.words import ListAttack, sides_of

Second = Callable[[pd.DataFrame, int], tuple[pd.DataFrame, dict[str, Any]]]


def _less_three(log: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, dict[str, Any]]:
    group = log["accent"].mode()[0]
    speakers = log.loc[log["accent"] == group, "speaker_id"].unique()
    some = np.random.default_rng((seed, 6)).choice(speakers, 3, replace=False)
    return log[~log["speaker_id"].isin(some)].reset_index(drop=True), {}


SECOND: dict[str, Second] = {
    "another seed, alpha 0.2": lambda log, seed: (log, {"seed": seed + 1, "alpha": 0.2}),
    "by a column that differs for four speakers": lambda log, _: (log, {"by": ["dialect"]}),
    "by the column and another one": lambda log, _: (log, {"by": [("accent", "sex")]}),
    "of some of the speakers": lambda log, _: (log[log["sex"] == "f"].reset_index(drop=True), {}),
    "without three speakers of the group": _less_three,
}


def main() -> None:
    """Print a line for each kind of second audit."""
    parser = argparse.ArgumentParser(prog="python -m tests.privacy.two_audits")
    parser.add_argument("logs", nargs="?", type=int, default=8)
    for kind, second in SECOND.items():
        n: Counter[str] = Counter()
        for seed in range(1000, 1000 + parser.parse_args().logs):
            _compare(seed, second, n)
        print(
            f"{kind}: {n['bounded']:,d} numbers bounded, {n['close']} of them closely; {n['one']} words in one list, "
            f"{n['one said']} of them said by few who differ; {n['both']} in both, {n['both said']}",
            flush=True,
        )


def _compare(seed: int, second: Second, n: Counter[str]) -> None:
    speech = random_speech(4 * seed + 1)  # all labels are known
    attack = ListAttack(speech)
    lists, insides = [], []
    for log, options in ((speech.log, {}), second(speech.log, seed)):
        basic = {"methods": ["named"], "by": ["accent"], "permutations": 99}
        audit, members = audited(log, seed, **(basic | options))
        document = audit.to_dict()
        sides = sides_of(document, members)
        if not sides:
            return
        attack.read(document, sides)
        lists.append({word["text"] for word in document["wrong_words"]["groups"][0]["words"]})
        insides.append(sides[0][0])
    attacked = attacked_lists(attack)
    n["bounded"] += attacked.bounded
    n["close"] += len(attacked.faults)
    differ = insides[0] ^ insides[1]
    for name, words in (("one", lists[0] ^ lists[1]), ("both", lists[0] & lists[1])):
        n[name] += len(words)
        n[f"{name} said"] += sum(0 < sum(speech.said[word][one] > 0 for one in differ) <= 10 for word in words)


if __name__ == "__main__":
    main()
