"""Cohorts as inputs of a model, and pairs that an adversary weights."""

from __future__ import annotations

import pytest
import torch

from fairaudit.core.errors import UsageError
from fairaudit.training import AdversarialWeights, CohortInput


def test_frames_get_the_vector_of_their_cohort():
    module = CohortInput(3, 2).eval()
    features = torch.randn(4, 5, 6)
    got = module(features, torch.tensor([0, 2, -1, 2]))
    assert torch.equal(got[..., :6], features)
    assert torch.equal(got[1, :, 6:], got[3, :, 6:])
    assert not torch.equal(got[0, 0, 6:], got[1, 0, 6:])
    assert not got[2, :, 6:].any()
    assert (got[..., 6:] == got[:, :1, 6:]).all()


def test_cohorts_are_hidden_in_training_only():
    torch.manual_seed(0)
    module = CohortInput(2, unknown=0.3)
    hidden = ~module(torch.zeros(4_000, 1, 1), torch.ones(4_000, dtype=torch.int64))[:, 0, 1:].any(dim=1)
    assert hidden.float().mean().item() == pytest.approx(0.3, abs=0.03)
    hidden = ~module.eval()(torch.zeros(100, 1, 1), torch.ones(100, dtype=torch.int64))[:, 0, 1:].any(dim=1)
    assert not hidden.any()


def test_vectors_are_learned_and_that_of_nobody_stays_zero():
    module = CohortInput(2, unknown=0.5)
    optimiser = torch.optim.SGD(module.parameters(), lr=1.0)
    before = module.vectors.weight.detach().clone()
    module(torch.zeros(64, 1, 1), torch.zeros(64, dtype=torch.int64)).sum().backward()
    optimiser.step()
    changed = (module.vectors.weight != before).any(dim=1)
    assert changed.tolist() == [False, True, False]
    assert not module.vectors.weight[0].any()


@pytest.mark.parametrize("options", [{"n_cohorts": 0}, {"size": 0}, {"unknown": 1.5}])
def test_inputs_without_a_meaning(options):
    with pytest.raises(UsageError):
        CohortInput(**{"n_cohorts": 2, **options})


def pairs_of(n: int) -> torch.Tensor:
    return torch.combinations(torch.arange(n))


def test_the_learner_descends_and_the_adversary_climbs():
    """The gradient of the weighted mean of losses: with the weights fixed, and the other way round."""
    torch.manual_seed(1)
    module = AdversarialWeights(3, n_regions=2).double()
    vectors, region = torch.randn(5, 3).double(), torch.tensor([0, 1, 0, 1, 1])
    losses = torch.rand(10).double().requires_grad_()
    got = module(losses, vectors, pairs_of(5), region)
    got.backward()
    weights = module.pair_weights(module.sample_weights(vectors, region), pairs_of(5))
    mean = (weights * losses.detach()).sum() / weights.sum()
    assert got.item() == pytest.approx(mean.item())
    assert torch.allclose(losses.grad, (weights / weights.sum()).detach())
    up = torch.autograd.grad(mean, [*module.parameters()])
    for value, gradient in zip(module.parameters(), up, strict=True):
        assert torch.allclose(value.grad, -gradient)


def test_no_gradient_flows_through_vectors():
    vectors = torch.randn(4, 3, requires_grad=True)
    AdversarialWeights(3)(vectors.square().sum(dim=1)[:3], vectors, pairs_of(4)[:3]).backward()
    assert torch.allclose(vectors.grad[3], torch.zeros(3))


def test_it_finds_the_region_that_is_worst_off():
    torch.manual_seed(2)
    module, region = AdversarialWeights(2, n_regions=4), torch.arange(40) % 4
    vectors, pairs = torch.randn(40, 2), torch.stack([torch.arange(40), (torch.arange(40) + 4) % 40], dim=1)
    losses = torch.where(region[pairs[:, 0]] == 2, 2.0, 1.0)
    optimiser = torch.optim.Adam(module.parameters(), lr=0.1)
    for _ in range(100):
        optimiser.zero_grad()
        module(losses, vectors, pairs, region).backward()
        optimiser.step()
    of_region = [module.sample_weights(vectors, region)[region == r].mean().item() for r in range(4)]
    assert max(range(4), key=of_region.__getitem__) == 2
    weights = module.pair_weights(module.sample_weights(vectors, region), pairs)
    assert weights.min() == 0
    assert weights.max() == 1


def test_equal_samples_are_weighted_alike():
    assert AdversarialWeights.pair_weights(torch.full((3,), 0.4), pairs_of(3)).tolist() == [1.0, 1.0, 1.0]


def test_regions_are_given_where_there_are_some():
    with pytest.raises(UsageError, match="has 2 regions"):
        AdversarialWeights(3, n_regions=2).sample_weights(torch.zeros(1, 3))
    with pytest.raises(UsageError, match="has 0 regions"):
        AdversarialWeights(3).sample_weights(torch.zeros(1, 3), torch.zeros(1, dtype=torch.int64))
