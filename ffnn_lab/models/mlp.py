"""The feed-forward net W g(V f(x)), for a whole population at once.

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

from ffnn_lab.config import ModelConfig

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
    has_bias: bool = True

    @classmethod
    def of(cls, model: ModelConfig, *, n_features: int, n_outputs: int) -> "Layout":
        """Lay out what a config asks for, on a task of that many features and outputs."""
        sizes = (n_features, *model.widths, n_outputs)
        return cls(sizes, model.activation, has_bias=model.bias)

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

    def layers(self, params: Sequence[Tensor]) -> list[tuple[Tensor, Tensor | None]]:
        """Give weight and bias of each layer, None for a bias that there is not.

        Args:
            params: Of each layer in turn its weight, and its bias if the layers have one.
        """
        if not self.has_bias:
            return [(weight, None) for weight in params]
        return list(zip(params[::2], params[1::2], strict=True))

    def class_mask(self, like: Tensor) -> Tensor | None:
        """Give zeros for the real classes and minus infinity for padding, ``(stored_out,)``.

        Or None: a single output is a score, to which padding is no rival.
        """
        if self.sizes[-1] == 1:
            return None
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
    """Compute the outputs of every member on its own batch: logits, or a score.

    Args:
        params: Weight and bias (if the layers have one) of each layer in turn,
            ``(M, stored_out, stored_in)`` and ``(M, stored_out)``.
        inputs: ``(M, B, stored_in)`` of the first layer.
        layout: The layers.
        dropout: While training, what to multiply the inputs of each layer with: 0 or
            ``1 / (1 - rate)``, ``(M, B, stored_in)`` of that layer, or None for no dropout
            there. None at evaluation: the whole network.

    Returns:
        Outputs, ``(M, B, stored_out)`` of the last layer. Logits are minus infinity for padding,
        which is then no class of any probability (softmax over aligned rows is several times as
        fast as over ten classes); beside a score, padding is 0.
    """
    activate = ACTIVATIONS[layout.activation]
    hidden = inputs
    for layer, (weight, bias) in enumerate(layout.layers(params)):
        if dropout is not None:
            mask = dropout[layer]
            if mask is not None:
                hidden = hidden * mask
        turned = weight.transpose(1, 2)
        if bias is None:
            hidden = torch.bmm(hidden, turned)
        else:
            hidden = torch.baddbmm(bias.unsqueeze(1), hidden, turned)
        if layer + 1 < layout.n_layers:
            hidden = activate(hidden)
            units = layout.unit_mask(layer, hidden)
            if units is not None:
                hidden = hidden * units
    classes = layout.class_mask(hidden)
    return hidden if classes is None else hidden + classes
