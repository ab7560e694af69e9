"""The feed-forward net W g(V f(x)) and its derivatives, for a whole population at once.

Layer sizes are stored padded to a multiple of ``ALIGNMENT`` numbers (inputs and outputs: half as
many), with zeros that stay zero. A member's block then starts at the same alignment wherever it
lies in the stack, so that the matrix library sums in the same order, and a run's numbers do not
depend on its company.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ffnn_lab.activations import ACTIVATIONS
from ffnn_lab.config import ModelConfig

ALIGNMENT = 32
"""Numbers; two vectors of 16 single-precision lanes, the widest step of torch's CPU loops."""

LARGE_WEIGHT = 170_000
"""Numbers of a weight matrix whose gradient is left where it was computed: to copy it into one row
with the others would be one more pass over memory."""


def _in_bfloat16(one: Tensor, other: Tensor) -> Tensor:
    """Multiply in bfloat16 (8 bits of mantissa), with the sums in float32."""
    return torch.bmm(one.bfloat16(), other.bfloat16()).to(one.dtype)


PRODUCTS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "full": torch.bmm,
    "tf32": torch.bmm,  # a switch of the device, see ``stepper``
    "bf16": _in_bfloat16,
}
"""Products ``(M, i, j) (M, j, k)`` by ``trainer.precision``."""


@dataclass(frozen=True)
class Layout:
    """The layers of one network, as the user asked and as they are stored."""

    sizes: tuple[int, ...]
    """Inputs, hidden widths, outputs."""
    activation: str
    """One of ``activations.ACTIVATIONS``."""
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

        Inputs and outputs, on which no activation acts, are rounded to half of that.
        """
        half = max(1, self.alignment // 2)
        units = [half, *[self.alignment] * (self.n_layers - 1), half]
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

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """Give the stored shape of each parameter of a member, in the order of ``params``."""
        shapes: list[tuple[int, ...]] = []
        for stored_in, stored_out in itertools.pairwise(self.stored):
            shapes += [(stored_out, stored_in), (stored_out,)][: 1 + self.has_bias]
        return shapes

    @property
    def n_stored(self) -> int:
        """Count the numbers that a member's parameters take up, a multiple of ``alignment``."""
        n_numbers = sum(math.prod(shape) for shape in self.shapes)
        return -(-n_numbers // self.alignment) * self.alignment

    @property
    def segments(self) -> list[slice]:
        """Cut a member's row: each large weight by itself, and what lies between."""
        bounds, start = [0, self.n_stored], 0
        for shape in self.shapes:
            stop = start + math.prod(shape)
            if stop - start >= LARGE_WEIGHT:
                bounds += [start, stop]
            start = stop
        return [slice(*pair) for pair in itertools.pairwise(sorted(set(bounds)))]

    def join(self, each: Sequence[Tensor]) -> list[Tensor]:
        """Put what is shaped like ``params`` in rows, one for each of ``segments``; zeros pad.

        A large weight's row shares its memory.
        """
        padding = self.n_stored - sum(tensor[0].numel() for tensor in each)
        rows = [tensor.flatten(1) for tensor in each]
        rows.append(rows[0].new_zeros(rows[0].shape[0], padding))
        left = iter(rows)
        joined: list[Tensor] = []
        for segment in self.segments:
            own: list[Tensor] = []
            while sum(row.shape[1] for row in own) < segment.stop - segment.start:
                own.append(next(left))
            joined.append(own[0] if len(own) == 1 else torch.cat(own, dim=1))
        return joined

    def views(self, flat: Tensor) -> list[Tensor]:
        """Give each parameter, ``(M, *shape)``, as a view of all, ``(M, n_stored)``."""
        params, start = [], 0
        for shape in self.shapes:
            stop = start + math.prod(shape)
            params.append(flat[:, start:stop].view(flat.shape[0], *shape))
            start = stop
        return params

    def unpadded(self, params: Sequence[Tensor]) -> list[Tensor]:
        """Return views of parameters in the shapes that the user asked for, without padding.

        Args:
            params: Shaped as `views` returns them.
        """
        found: list[Tensor] = []
        for layer, (weight, bias) in enumerate(self.layers(params)):
            fan_in, fan_out = self.fans(layer)
            found.append(weight[:, :fan_out, :fan_in])
            if bias is not None:
                found.append(bias[:, :fan_out])
        return found

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
        if ACTIVATIONS[self.activation].keeps_zero or real == stored:
            return None
        return (torch.arange(stored, device=like.device) < real).to(like.dtype)


@dataclass(frozen=True)
class Trace:
    """What a forward pass leaves for the backward pass."""

    outputs: Tensor
    """``(M, B, stored_out)`` of the last layer; see ``forward_pass``."""
    inputs: list[Tensor]
    """Of each layer, ``(M, B, stored_in)``, as they were multiplied: dropped units are 0."""
    before: list[Tensor]
    """Of each hidden layer, what its activation was applied to, ``(M, B, stored_out)``."""
    active: list[Tensor]
    """What came of that."""


def forward(params: Sequence[Tensor], inputs: Tensor, layout: Layout) -> Tensor:
    """Compute the outputs of every member's whole network (no dropout), as evaluation does.

    See ``forward_pass``.
    """
    return forward_pass(params, inputs, layout, [None] * layout.n_layers).outputs


def forward_pass(
    params: Sequence[Tensor],
    inputs: Tensor,
    layout: Layout,
    dropout: Sequence[Tensor | None],
    precision: str = "full",
) -> Trace:
    """Compute the outputs of every member on its own batch: logits, or a score.

    Args:
        params: Weight and bias (if the layers have one) of each layer in turn,
            ``(M, stored_out, stored_in)`` and ``(M, stored_out)``.
        inputs: ``(M, B, stored_in)`` of the first layer.
        layout: The layers.
        dropout: What to multiply the inputs of each layer with: 0 or ``1 / (1 - rate)``,
            ``(M, B, stored_in)`` of that layer, or None for no dropout there.
        precision: One of ``PRODUCTS``.

    Returns:
        The pass. Its outputs are ``(M, B, stored_out)`` of the last layer. Logits are minus
        infinity for padding, which is then no class of any probability (softmax over aligned rows
        is several times as fast as over ten classes); beside a score, padding is 0.
    """
    activate, multiply = ACTIVATIONS[layout.activation].value, PRODUCTS[precision]
    multiplied, before, active = [], [], []
    hidden = inputs
    for layer, (weight, bias) in enumerate(layout.layers(params)):
        mask = dropout[layer]
        if mask is not None:
            hidden = hidden * mask
        multiplied.append(hidden)
        hidden = multiply(hidden, weight.transpose(1, 2))
        if bias is not None:
            hidden = hidden.add_(bias.unsqueeze(1))
        if layer + 1 < layout.n_layers:
            before.append(hidden)
            hidden = activate(hidden)
            active.append(hidden)
            units = layout.unit_mask(layer, hidden)
            if units is not None:
                hidden = hidden * units
    classes = layout.class_mask(hidden)
    outputs = hidden if classes is None else hidden + classes
    return Trace(outputs, multiplied, before, active)


def backward(
    slope: Tensor,
    trace: Trace,
    params: Sequence[Tensor],
    layout: Layout,
    dropout: Sequence[Tensor | None],
    precision: str = "full",
) -> list[Tensor]:
    """Walk the computation graph back, and give each parameter its gradient.

    What autograd does for this graph, without making the graph at every step, which costs more
    than the products of small nets (``docs/performance.md``). Tests hold it against autograd and
    against finite differences.

    Args:
        slope: Of each member's loss in its outputs, ``(M, B, stored_out)``; 0 for padding.
        trace: The forward pass.
        params: What ``forward_pass`` was given.
        layout: The layers.
        dropout: What ``forward_pass`` was given.
        precision: Likewise.

    Returns:
        The gradients, shaped like ``params``.
    """
    multiply, change = PRODUCTS[precision], ACTIVATIONS[layout.activation].slope
    gradients: list[Tensor] = []
    for layer, (weight, bias) in reversed(list(enumerate(layout.layers(params)))):
        if bias is not None:
            gradients.append(slope.sum(dim=1))
        gradients.append(multiply(slope.transpose(1, 2), trace.inputs[layer]))
        if layer == 0:
            break
        slope = multiply(slope, weight)
        mask, units = dropout[layer], layout.unit_mask(layer - 1, slope)
        for factor in (mask, units):
            if factor is not None:
                slope = slope * factor
        slope = change(slope, trace.before[layer - 1], trace.active[layer - 1])
    return gradients[::-1]
