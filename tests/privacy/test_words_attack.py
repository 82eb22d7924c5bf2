"""Lists of words of several groups, attacked by bounds; ``python -m tests.privacy`` attacks those of 100 logs."""

from __future__ import annotations

import pytest

from fairaudit.auditing import word_lists
from tests.privacy.attacking import attack_on_words


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, *(pytest.param(seed, marks=pytest.mark.exhaustive) for seed in (4, 6))])
def test_nothing_that_few_say_follows_from_the_lists_of_an_audit(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    attacked = attack_on_words(seed)
    assert attacked.hidden > 0
    assert attacked.faults == ()
    monkeypatch.setattr(word_lists, "reveals_few", lambda *_: False)
    assert attack_on_words(seed).faults != ()
