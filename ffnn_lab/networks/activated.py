"""Activations as modules of torch, for networks whose derivatives come from autograd."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ffnn_lab.activations import ACTIVATIONS


class _Applied(torch.autograd.Function):
    """Autograd function of an activation, whose derivative is the ``slope`` of its option."""

    generate_vmap_rule = True

    @staticmethod
    def forward(before: Tensor, name: str) -> Tensor:
        return ACTIVATIONS[name].value(before)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, str], output: Tensor) -> None:  # noqa: ANN401 - torch's own
        before, ctx.name = inputs
        ctx.save_for_backward(before, output)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[Tensor, None]:  # noqa: ANN401 - torch's own
        return ACTIVATIONS[ctx.name].slope(slope, *ctx.saved_tensors), None


class Activated(nn.Module):
    """Module of an activation that ``torch.nn`` does not have."""

    def __init__(self, name: str) -> None:
        """Make the module of an activation.

        Args:
            name: One of ``activations.ACTIVATIONS``.
        """
        super().__init__()
        self.name = name

    def forward(self, before: Tensor) -> Tensor:
        """Apply the activation to each number."""
        applied: Tensor = _Applied.apply(before, self.name)  # type: ignore[no-untyped-call] # torch's
        return applied


def activation_module(name: str) -> nn.Module:
    """Return the module of an activation: from ``torch.nn`` if possible, else an `Activated`.

    Args:
        name: One of ``activations.ACTIVATIONS``.
    """
    own = ACTIVATIONS[name].module
    made: nn.Module = getattr(nn, own)() if own else Activated(name)
    return made
