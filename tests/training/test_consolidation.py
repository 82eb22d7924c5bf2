"""Consolidation against the closed form of a linear model, and against finite differences."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from fairaudit.core.errors import InputError, UsageError
from fairaudit.training import Consolidation

SIGMA = 0.5


def linear(weights: np.ndarray | None = None, n: int = 3) -> nn.Linear:
    model = nn.Linear(n, 1, bias=False).double()
    if weights is not None:
        model.weight.data = torch.tensor(weights)[None]
    return model


def loss(model: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    """Negative log-likelihood of each row under noise of a known size."""
    features, targets = batch
    return (model(features).squeeze(-1) - targets).square() / (2 * SIGMA**2)


def world(seed: int, n: int, weights: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, len(weights))) * [1.0, 2.0, 0.5]
    targets = features @ weights + SIGMA * rng.normal(size=n)
    return torch.tensor(features), torch.tensor(targets)


def test_fisher_information_is_that_of_a_linear_model():
    """E[x²] ÷ σ² for labels of the model, and exactly the mean of squared gradients."""
    weights = np.array([0.3, -0.2, 0.8])
    features, targets = world(0, 10_000, weights)
    batches = zip(features.split(5), targets.split(5), strict=True)
    measured = Consolidation.estimate(linear(weights), batches, loss)
    gradients = ((features @ torch.tensor(weights) - targets) / SIGMA**2)[:, None] * features
    assert torch.allclose(measured.fisher["weight"][0], gradients.square().mean(dim=0))
    expected = np.array([1.0, 4.0, 0.25]) / SIGMA**2
    assert np.allclose(measured.fisher["weight"][0], expected, rtol=0.08)
    assert measured.n_examples == 10_000


def test_batches_and_single_utterances_are_measured_alike():
    features, targets = world(1, 12, np.ones(3))
    model = linear(np.zeros(3))
    single = Consolidation.estimate(model, zip(features, targets, strict=True), loss)
    batches = Consolidation.estimate(model, [(features[:5], targets[:5]), (features[5:], targets[5:])], loss)
    assert torch.allclose(single.fisher["weight"], batches.fisher["weight"])


@pytest.mark.parametrize("strength", [0.1, 1.0, 30.0])
def test_training_ends_where_algebra_says(strength: float):
    """The minimum of ½σ⁻²‖Xw − y‖²/n + λ ½ Σ F (w − w*)² is (X'X/nσ² + λF)⁻¹ (X'y/nσ² + λFw*)."""
    old, new = np.array([0.3, -0.2, 0.8]), np.array([-0.5, 0.4, 0.1])
    kept = Consolidation.estimate(linear(old), [world(2, 400, old)], loss)
    features, targets = world(3, 300, new)
    model = linear(old)
    optimiser = torch.optim.LBFGS(model.parameters(), max_iter=200, tolerance_grad=1e-12, tolerance_change=1e-16)

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        whole = loss(model, (features, targets)).mean() + strength * kept.penalty(model)
        whole.backward()
        return whole

    optimiser.step(closure)
    x, y, f = features.numpy(), targets.numpy(), kept.fisher["weight"][0].numpy()
    scale = len(x) * SIGMA**2
    closed = np.linalg.solve(x.T @ x / scale + strength * np.diag(f), x.T @ y / scale + strength * f * old)
    assert np.allclose(model.weight.detach().numpy()[0], closed, atol=1e-8)


def test_its_gradient_is_that_of_finite_differences():
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)).double()
    kept = Consolidation.estimate(model, [world(4, 30, np.ones(3))], loss)
    with torch.no_grad():
        for value in model.parameters():
            value += 0.1 * torch.randn_like(value)
    penalty = kept.penalty(model)
    gradients = torch.autograd.grad(penalty, [*model.parameters()])
    for value, gradient in zip(model.parameters(), gradients, strict=True):
        flat = value.data.view(-1)
        for i in range(len(flat)):
            ends = []
            for step in (1e-6, -1e-6):
                flat[i] += step
                ends.append(kept.penalty(model).item())
                flat[i] -= step
            assert gradient.view(-1)[i].item() == pytest.approx((ends[0] - ends[1]) / 2e-6, rel=1e-4, abs=1e-9)


def test_a_file_holds_all_of_it(tmp_path: Path):
    model = nn.GRU(2, 3).double()

    def of_outputs(model: nn.Module, batch: torch.Tensor) -> torch.Tensor:
        return model(batch)[0].square().sum(dim=(0, 2))

    kept = Consolidation.estimate(model, [torch.randn(5, 4, 2).double()], of_outputs)
    kept.save(tmp_path / "kept.safetensors")
    again = Consolidation.load(tmp_path / "kept.safetensors")
    assert again.n_examples == kept.n_examples == 4
    for kind in ("anchor", "fisher"):
        one, other = getattr(kept, kind), getattr(again, kind)
        assert one.keys() == other.keys()
        assert all(torch.equal(one[name], other[name]) for name in one)
    assert b"pickle" not in (tmp_path / "kept.safetensors").read_bytes()


def test_wrapped_models_have_the_same_penalty():
    features = world(5, 10, np.ones(3))
    model = linear(np.ones(3))
    kept = Consolidation.estimate(model, [features], loss)
    with torch.no_grad():
        model.weight += 1

    class Wrapper(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.module = model

    assert kept.penalty(Wrapper()).item() == kept.penalty(model).item() > 0


def test_parameters_that_need_no_gradient_are_left_out():
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 1)).double()
    model[0].requires_grad_(False)
    assert sorted(Consolidation.estimate(model, [world(6, 5, np.ones(3))], loss).fisher) == ["1.bias", "1.weight"]


def test_what_cannot_be_measured_or_compared(tmp_path: Path):
    from safetensors.torch import save_file

    with pytest.raises(InputError, match="no utterance"):
        Consolidation.estimate(linear(), [], loss)
    with pytest.raises(InputError, match="gradient of 'weight' is not finite"):
        Consolidation.estimate(linear(), [(torch.full((1, 3), torch.inf).double(), torch.zeros(1))], loss)
    kept = Consolidation.estimate(linear(), [world(7, 5, np.ones(3))], loss)
    with pytest.raises(UsageError, match=r"'weight' was measured with shape \(1, 3\); .* one of shape \(1, 2\)"):
        kept.penalty(linear(n=2))
    with pytest.raises(UsageError, match="no such parameter"):
        kept.penalty(nn.Sequential(linear()))
    save_file({"x": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(InputError, match="other tensors"):
        Consolidation.load(tmp_path / "other.safetensors")
    tmp_path.joinpath("text").write_text("not tensors", encoding="utf-8")
    with pytest.raises(InputError, match="no safetensors file"):
        Consolidation.load(tmp_path / "text")
