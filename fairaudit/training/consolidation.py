"""Elastic weight consolidation: a penalty that keeps parameters near values that matter for what a model can do."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Self

import torch
from torch import Tensor, nn

from fairaudit.core.errors import InputError, UsageError

__all__ = ["Consolidation"]

_KIND: Final = "fairaudit-consolidation"
#: What wrappers of models put before the names of parameters.
_WRAPPERS: Final = ("module.", "_orig_mod.")


class Consolidation:
    """Penalise changes of parameters by how much the old task depends on them.

    Measure a trained model on utterances of its old task, then add the penalty to the loss of the new one:

    >>> model = nn.Linear(2, 1)
    >>> def loss(model, utterance):
    ...     features, target = utterance
    ...     return 0.5 * (model(features) - target).square().sum()
    >>> old = [(torch.ones(2), torch.zeros(1)), (torch.eye(2)[0], torch.ones(1))]
    >>> consolidation = Consolidation.estimate(model, old, loss)
    >>> new_loss = loss(model, (torch.eye(2)[1], torch.ones(1))) + 0.1 * consolidation.penalty(model)
    >>> consolidation.penalty(model).item()
    0.0

    Attributes
    ----------
    anchor
        Values of the parameters after the old task, by name.
    fisher
        Diagonal of the Fisher information of each parameter, by name: the mean over utterances of the square of the
        gradient of the loss.
    n_examples
        Number of utterances that it was measured on.

    Notes
    -----
    The penalty is ½ Σ F (θ − θ*)², with the values θ* and the Fisher information F of the old task. If the loss is a
    negative log-likelihood, it approximates how much less likely the old utterances become, per utterance.

    Source: Kirkpatrick et al. 2017, "Overcoming catastrophic forgetting in neural networks", PNAS 114(13). For speech
    recognition of regions with high error rates: Trinh et al. 2022, Interspeech.
    """

    def __init__(self, anchor: Mapping[str, Tensor], fisher: Mapping[str, Tensor], n_examples: int) -> None:
        self.anchor = dict(anchor)
        self.fisher = dict(fisher)
        self.n_examples = n_examples

    @classmethod
    def estimate(cls, model: nn.Module, examples: Iterable[Any], loss: Callable[[nn.Module, Any], Tensor]) -> Self:
        """Measure how much a model depends on its parameters.

        Parameters
        ----------
        model
            A trained model. Parameters that need no gradient are left out. Modules are used in the mode that they are
            in; call ``model.eval()`` before, so that dropout is off.
        examples
            What ``loss`` takes: single utterances or small batches. A few hundred utterances are usually enough. The
            gradient of each utterance is computed by itself, through the whole batch that it is in.
        loss
            Returns the negative log-likelihood of each utterance, of shape () or (n_utterances,). It must not be
            averaged over a batch, because the square of a mean gradient is not the mean of squares.

        Raises
        ------
        InputError
            If there is no utterance, or a gradient is not finite.
        """
        parameters = dict(_trained(model))
        fisher = {name: torch.zeros_like(value) for name, value in parameters.items()}
        n = 0
        for example in examples:
            losses = loss(model, example).reshape(-1)
            for i, one in enumerate(losses):
                last = i == len(losses) - 1
                gradients = torch.autograd.grad(one, [*parameters.values()], retain_graph=not last, allow_unused=True)
                for name, gradient in zip(parameters, gradients, strict=True):
                    if gradient is not None:
                        fisher[name] += gradient.detach().square()
            n += len(losses)
        if not n:
            raise InputError("there is no utterance to measure the model on")
        for name, value in fisher.items():
            if not bool(torch.isfinite(value).all()):
                raise InputError(f"a gradient of {name!r} is not finite; leave out utterances with an infinite loss")
        anchor = {name: value.detach().clone() for name, value in parameters.items()}
        return cls(anchor, {name: value / n for name, value in fisher.items()}, n)

    def penalty(self, model: nn.Module) -> Tensor:
        """Return ½ Σ F (θ − θ*)² of a model, to add to a loss, multiplied by a strength.

        Parameters
        ----------
        model
            The model, which may be wrapped in ``DistributedDataParallel`` or compiled. Parameters that were not
            measured, such as those of a new layer, are free.

        Raises
        ------
        UsageError
            If the model lacks a parameter that was measured, or it has another shape.
        """
        parameters = dict(_named(model))
        terms = []
        for name, anchor in self.anchor.items():
            value = parameters.get(name)
            if value is None or value.shape != anchor.shape:
                shape = "no such parameter" if value is None else f"one of shape {tuple(value.shape)}"
                raise UsageError(f"{name!r} was measured with shape {tuple(anchor.shape)}; this model has {shape}")
            if anchor.device != value.device:
                self.anchor[name] = anchor = anchor.to(value.device)
                self.fisher[name] = self.fisher[name].to(value.device)
            terms.append((self.fisher[name] * (value - anchor).square()).sum())
        return 0.5 * torch.stack(terms).sum()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write anchor and Fisher information as a safetensors file."""
        from safetensors.torch import save_file

        tensors = {f"{kind}/{name}": value.contiguous() for kind, name, value in self._tensors()}
        save_file(tensors, os.fspath(path), metadata={"kind": _KIND, "n_examples": str(self.n_examples)})

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read what :meth:`save` wrote.

        Raises
        ------
        InputError
            If the file is something else.
        """
        from safetensors import SafetensorError, safe_open

        kept: dict[str, dict[str, Tensor]] = {"anchor": {}, "fisher": {}}
        try:
            with safe_open(os.fspath(path), "pt") as file:
                about = file.metadata() or {}
                if about.get("kind") != _KIND:
                    raise InputError(f"{os.fspath(path)} holds other tensors than those of a Consolidation")
                for key in file.keys():  # noqa: SIM118 (it is no mapping)
                    kind, _, name = key.partition("/")
                    kept[kind][name] = file.get_tensor(key)
        except SafetensorError as error:
            raise InputError(f"{os.fspath(path)} is no safetensors file: {error}") from error
        return cls(kept["anchor"], kept["fisher"], int(about["n_examples"]))

    def _tensors(self) -> Iterator[tuple[str, str, Tensor]]:
        for name, value in self.anchor.items():
            yield "anchor", name, value
            yield "fisher", name, self.fisher[name]


def _named(model: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """Yield parameters by the names that they have in the model itself, without those of wrappers."""
    for name, value in model.named_parameters():
        bare = name
        while bare.startswith(_WRAPPERS):
            bare = bare.partition(".")[2]
        yield bare, value


def _trained(model: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    return ((name, value) for name, value in _named(model) if value.requires_grad)
