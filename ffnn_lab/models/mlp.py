"""The feed-forward net softmax(W g(V f(x))), for a whole population at once.

Layer sizes are stored padded to a multiple of ``ALIGNMENT`` numbers (outputs: of half), with
zeros that stay zero. A member's block then starts at the same alignment wherever it lies in the
stack, so that the matrix library sums in the same order, and a run's numbers do not depend on
its company.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

ALIGNMENT = 32
"""Numbers; two vectors of 16 single-precision lanes, the widest step of torch's CPU loops."""

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "gelu": functional.gelu,
}


@dataclass(frozen=True)
class Layout:
    """The layers of one network, as the user asked and as they are stored."""

    sizes: tuple[int, ...]
    """Inputs, hidden widths, outputs."""
    activation: str
    alignment: int = ALIGNMENT

    @property
    def stored(self) -> tuple[int, ...]:
        """``sizes``, each rounded up to a multiple of ``alignment``.

        The outputs, on which no activation acts, are rounded to half of that.
        """
        units = [self.alignment] * self.n_layers + [max(1, self.alignment // 2)]
        return tuple(-(-size // n) * n for size, n in zip(self.sizes, units, strict=True))

    @property
    def n_layers(self) -> int:
        """Weight matrices, the output layer's included."""
        return len(self.sizes) - 1

    def fans(self, layer: int) -> tuple[int, int]:
        """Give ``(fan_in, fan_out)`` of a layer as the user asked for it."""
        return self.sizes[layer], self.sizes[layer + 1]

    def class_mask(self, like: Tensor) -> Tensor:
        """Give zeros for the real classes and minus infinity for padding, ``(stored_out,)``."""
        is_padding = torch.arange(self.stored[-1], device=like.device) >= self.sizes[-1]
        return torch.zeros_like(is_padding, dtype=like.dtype).masked_fill(is_padding, -math.inf)

    def unit_mask(self, layer: int, like: Tensor) -> Tensor | None:
        """Give ones for the hidden layer's real units and zeros for padding, or None.

        Needed only where the activation does not map the padding's 0 to 0, as the sigmoid.
        """
        real, stored = self.sizes[layer + 1], self.stored[layer + 1]
        if self.activation != "sigmoid" or real == stored:
            return None
        return (torch.arange(stored, device=like.device) < real).to(like.dtype)


def forward(
    params: Sequence[Tensor],
    inputs: Tensor,
    layout: Layout,
    dropout: Sequence[Tensor | None] | None = None,
) -> Tensor:
    """Compute the logits of every member on its own batch.

    Args:
        params: Weight and bias of each layer in turn, ``(M, stored_out, stored_in)`` and
            ``(M, stored_out)``.
        inputs: ``(M, B, stored_in)`` of the first layer.
        layout: The layers.
        dropout: While training, what to multiply the inputs of each layer with: 0 or
            ``1 / (1 - rate)``, ``(M, B, stored_in)`` of that layer, or None for no dropout
            there. None at evaluation: the whole network.

    Returns:
        Logits, ``(M, B, stored_out)`` of the last layer: minus infinity for padding, which is then
        no class of any probability. (Softmax over aligned rows is several times as fast as over
        ten classes.)
    """
    activate = ACTIVATIONS[layout.activation]
    hidden = inputs
    for layer in range(layout.n_layers):
        if dropout is not None:
            mask = dropout[layer]
            if mask is not None:
                hidden = hidden * mask
        weight, bias = params[2 * layer], params[2 * layer + 1]
        hidden = torch.baddbmm(bias.unsqueeze(1), hidden, weight.transpose(1, 2))
        if layer + 1 < layout.n_layers:
            hidden = activate(hidden)
            units = layout.unit_mask(layer, hidden)
            if units is not None:
                hidden = hidden * units
    return hidden + layout.class_mask(hidden)
