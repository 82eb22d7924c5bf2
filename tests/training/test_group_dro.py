"""Group DRO and CTC-DRO against the same algorithms in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fairaudit.core.errors import UsageError
from fairaudit.training import GroupDRO


class Oracle:
    """The algorithms as their papers write them, with Python numbers."""

    def __init__(self, n: int, step: float, smoothing: float | None, *, by_sum: bool):
        self.q = np.full(n, 1 / n)
        self.step, self.smoothing, self.by_sum = step, smoothing, by_sum
        self.seen: list[list[float]] = [[] for _ in range(n)]

    def __call__(self, losses: np.ndarray, groups: np.ndarray, values: dict[int, float] | None = None) -> float:
        of_group = {int(g): float((np.sum if self.by_sum else np.mean)(losses[groups == g])) for g in np.unique(groups)}
        follow = of_group if values is None else values
        if self.smoothing is None:
            for g, value in follow.items():
                self.q[g] *= np.exp(self.step * value)
            self.q /= self.q.sum()
        else:
            for g, value in follow.items():
                self.seen[g].append(value)
            if all(self.seen):
                means = np.array([np.mean(one) for one in self.seen])
                self.q = self.q * np.exp(self.step * means / (self.q + self.smoothing))
                self.q /= self.q.sum()
                self.seen = [[] for _ in self.q]
        return len(self.q) * np.mean([self.q[g] * loss for g, loss in of_group.items()])


batches = st.lists(st.lists(st.tuples(st.floats(0, 5), st.integers(0, 3)), min_size=1, max_size=6), max_size=12)


@pytest.mark.parametrize("smoothing", [None, 0.1, 1.0])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@given(batches=batches, step=st.floats(0, 0.5))
def test_losses_and_weights_are_those_of_the_papers(smoothing, reduction, batches, step):
    module = GroupDRO(4, step_size=step, smoothing=smoothing, reduction=reduction).double()
    oracle = Oracle(4, step, smoothing, by_sum=reduction == "sum")
    for batch in batches:
        losses, groups = map(np.array, zip(*batch, strict=True))
        expected = oracle(losses, groups)
        assert module(torch.tensor(losses), torch.tensor(groups)).item() == pytest.approx(expected, rel=1e-5, abs=1e-9)
        assert module.weights.tolist() == pytest.approx(oracle.q.tolist(), rel=1e-5)
        assert module.weights.sum().item() == pytest.approx(1)


@pytest.mark.parametrize("smoothing", [None, 0.5])
def test_weights_may_follow_error_rates(smoothing: float | None):
    """A group whose losses are high but whose error rate is low gets less weight."""
    module = GroupDRO(2, step_size=0.5, smoothing=smoothing).double()
    oracle = Oracle(2, 0.5, smoothing, by_sum=False)
    losses, groups = np.array([9.0, 9.0, 1.0]), np.array([0, 0, 1])
    for _ in range(5):
        counts = {"errors": torch.tensor([1.0, 0.0, 6.0]), "words": torch.tensor([10.0, 10.0, 10.0])}
        got = module(torch.tensor(losses), torch.tensor(groups), **counts)
        assert got.item() == pytest.approx(oracle(losses, groups, {0: 0.05, 1: 0.6}), rel=1e-5)
    assert module.weights[1] > module.weights[0]


def test_equal_weights_are_the_mean_over_groups():
    module = GroupDRO(5, step_size=0.0)
    assert module(torch.tensor([1.0, 3.0, 8.0]), torch.tensor([4, 4, 0])).item() == pytest.approx((2 + 8) / 2)


def test_smoothing_keeps_a_hard_group_from_taking_everything():
    """The group with the highest losses gets all of the weight; with smoothing, what balances L ÷ (q + α)."""
    plain, smooth = GroupDRO(2, step_size=0.2), GroupDRO(2, step_size=0.2, smoothing=1.0)
    for _ in range(400):
        for module in (plain, smooth):
            module(torch.tensor([1.2, 1.0]), torch.tensor([0, 1]))
    assert plain.weights[0] > 0.999
    # 1.2 ÷ (q + 1) = 1 ÷ (1 − q + 1)
    assert smooth.weights[0].item() == pytest.approx((1.2 * 2 - 1) / 2.2, abs=1e-3)


def test_gradients_are_those_of_weighted_losses():
    module = GroupDRO(2, step_size=1.0)
    losses = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    module(losses, torch.tensor([0, 1, 1])).backward()
    q = module.weights
    assert torch.allclose(losses.grad, torch.stack([q[0], q[1] / 2, q[1] / 2]))


def test_nothing_changes_in_evaluation_and_weights_are_saved():
    module = GroupDRO(2, step_size=1.0).eval()
    module(torch.tensor([1.0, 2.0]), torch.tensor([0, 1]))
    assert module.weights.tolist() == [0.5, 0.5]
    module.train()(torch.tensor([1.0, 2.0]), torch.tensor([0, 1]))
    again = GroupDRO(2)
    again.load_state_dict(module.state_dict())
    assert torch.equal(again.weights, module.weights)


@pytest.mark.parametrize(
    "options", [{"n_groups": 0}, {"step_size": -1}, {"smoothing": 0}, {"smoothing": -0.1}, {"reduction": "max"}]
)
def test_settings_without_a_meaning(options):
    with pytest.raises(UsageError):
        GroupDRO(**{"n_groups": 2, **options})
    with pytest.raises(UsageError, match="both errors and words"):
        GroupDRO(1)(torch.ones(1), torch.zeros(1, dtype=torch.int64), errors=torch.ones(1))
