"""Feed-forward nets and their gradients in the parameters, for a whole population at once.

With one hidden layer, the outputs for inputs x are W g(V x): V and W are weight matrices, and g
is the activation. There may be any number of hidden layers, and biases.

In shapes, ``M`` is the number of members and ``B`` the number of examples of a batch;
``stored_in`` and ``stored_out`` are the padded numbers of inputs and outputs of a layer.

Layers are stored padded with zeros, which stay zero: hidden layers to a multiple of ``ALIGNMENT``
units, the inputs and the outputs of the network to a multiple of ``ALIGNMENT / 2``. The
parameters of all members are stacked in one tensor. Thanks to the padding, each member's
parameters start at the same alignment in memory, so that the matrix library sums in the same order
for every member, and a run's numbers do not depend on the other members.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from ffnn_lab.activations import ACTIVATIONS
from ffnn_lab.networks.activated import activation_module
from ffnn_lab.networks.network import ALIGNMENT, Network, Part, Role, Signals, Site, Walk

if TYPE_CHECKING:
    from ffnn_lab.losses import Loss

LARGE_WEIGHT = 170_000
"""Smallest number of entries of a weight matrix whose gradient is kept as a tensor of its own.
Smaller gradients are copied into one row; for a large one, that would take another pass over
memory."""


def _in_bfloat16(one: Tensor, other: Tensor) -> Tensor:
    """Multiply stacked matrices in bfloat16 (8 bits of mantissa), with the sums in float32.

    Args:
        one: The left matrices, ``(M, i, j)``.
        other: The right matrices, ``(M, j, k)``.

    Returns:
        The products, ``(M, i, k)``, rounded to bfloat16, but in the dtype of ``one``.
    """
    return torch.bmm(one.bfloat16(), other.bfloat16()).to(one.dtype)


PRODUCTS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "full": torch.bmm,
    "tf32": torch.bmm,  # rounded by a device setting, see ``stepper``
    "bf16": _in_bfloat16,
}
"""Function that multiplies matrices, ``(M, i, j)`` by ``(M, j, k)``, for each
``trainer.precision``."""


CHUNK_NUMBERS = 1 << 13
"""Number of activations of one member's widest layer that evaluation aims to compute at a time.
It takes no fewer than 64 examples, however, and no more than 512."""


@dataclass(frozen=True)
class MLP(Network):
    """A feed-forward network: its layers as the user asked for them, and as they are stored."""

    sizes: tuple[int, ...]
    """Number of inputs, of units of each hidden layer, and of outputs, without padding."""
    activation: str
    """Activation of the hidden layers, one of ``activations.ACTIVATIONS``."""
    alignment: int = ALIGNMENT
    has_bias: bool = True

    @functools.cached_property
    def stored(self) -> tuple[int, ...]:
        """Return ``sizes``, each rounded up to a multiple of ``alignment``.

        The numbers of inputs and outputs, on which no activation acts, are rounded up to a
        multiple of half of ``alignment``.
        """
        half = max(1, self.alignment // 2)
        units = [half, *[self.alignment] * (self.n_layers - 1), half]
        return tuple(-(-size // n) * n for size, n in zip(self.sizes, units, strict=True))

    @property
    def n_layers(self) -> int:
        """Return the number of weight matrices, the output layer's included."""
        return len(self.sizes) - 1

    def fans(self, layer: int) -> tuple[int, int]:
        """Return ``(fan_in, fan_out)`` of a layer, numbered from 0, without padding."""
        return self.sizes[layer], self.sizes[layer + 1]

    @functools.cached_property
    def parts(self) -> Sequence[Part]:
        """Return the weight of each layer in turn, followed by the layer's bias if it has one."""
        found: list[Part] = []
        for layer, (stored_in, stored_out) in enumerate(itertools.pairwise(self.stored)):
            fan_in, fan_out = self.fans(layer)
            name = f"{2 * layer}"  # of the linear layer in the module of `export`
            roles: list[tuple[str, Role, tuple[int, ...], tuple[int, ...]]] = [
                ("weight", "weight", (fan_out, fan_in), (stored_out, stored_in)),
                ("bias", "bias", (fan_out,), (stored_out,)),
            ]
            for kind, role, shape, stored in roles[: 1 + self.has_bias]:
                start = found[-1].stop if found else 0
                found.append(
                    Part(f"{name}.{kind}", start, shape, stored, role, layer, fan_in, fan_out)
                )
        return found

    @functools.cached_property
    def sites(self) -> Sequence[Site]:
        """Return the dropout sites: one at the inputs of each layer."""
        return [
            Site(layer, (size,), "hidden" if layer else "input", stored)
            for layer, (size, stored) in enumerate(
                zip(self.sizes[:-1], self.stored[:-1], strict=True)
            )
        ]

    @property
    def n_activations(self) -> int:
        """Return the number of activations of one example, over all layers, with padding."""
        return sum(self.stored)

    @property
    def n_evaluated(self) -> int:
        """Return the number of examples evaluated at a time; see `Network.n_evaluated`."""
        return min(512, max(64, CHUNK_NUMBERS // max(self.stored)))

    @property
    def walk(self) -> Walk:
        """Return ``stacked``: matrix products are batched over all members."""
        return "stacked"

    @functools.cached_property
    def n_stored(self) -> int:
        """Return the length of a member's row, a multiple of ``alignment``."""
        return -(-self.parts[-1].stop // self.alignment) * self.alignment

    @functools.cached_property
    def segments(self) -> Sequence[slice]:
        """Return the segments of a member's row: each large weight, and the numbers between them.

        A weight is large if it has at least `LARGE_WEIGHT` entries.
        """
        bounds = [0, self.n_stored]
        for part in self.parts:
            if part.stop - part.start >= LARGE_WEIGHT:
                bounds += [part.start, part.stop]
        return [slice(*pair) for pair in itertools.pairwise(sorted(set(bounds)))]

    def views(self, rows: Tensor) -> list[Tensor]:
        """Return each parameter, ``(M, *stored)``, as a view of rows ``(M, n_stored)``."""
        return [part.view(rows) for part in self.parts]

    def layers(self, params: Sequence[Tensor]) -> list[tuple[Tensor, Tensor | None]]:
        """Return weight and bias of each layer, with None for the bias if layers have none.

        Args:
            params: The parameters, each ``(M, *stored)``, as `views` returns them.
        """
        if not self.has_bias:
            return [(weight, None) for weight in params]
        return list(zip(params[::2], params[1::2], strict=True))

    def join(self, each: Sequence[Tensor]) -> list[Tensor]:
        """Join the tensors of all parameters, such as gradients, to one for each of `segments`.

        The tensor of a large weight is not copied, but shares memory with the argument.

        Args:
            each: A tensor for each parameter, ``(M, *stored)``, in the order of `parts`.

        Returns:
            A tensor ``(M, n)`` for each segment; padding at the end of the row is 0.
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

    def class_mask(self, like: Tensor) -> Tensor | None:
        """Return zeros for the real classes and minus infinity for padding, ``(stored_out,)``.

        For a network with a single output, a score, None is returned: padding has no effect on it.

        Args:
            like: Tensor whose dtype and device the mask gets.
        """
        if self.sizes[-1] == 1:
            return None
        is_padding = torch.arange(self.stored[-1], device=like.device) >= self.sizes[-1]
        return torch.zeros_like(is_padding, dtype=like.dtype).masked_fill(is_padding, -math.inf)

    def unit_mask(self, layer: int, like: Tensor) -> Tensor | None:
        """Return ones for a hidden layer's real units and zeros for padding, ``(stored_out,)``.

        If the activation maps the padding's 0 to 0, or if there is no padding, no mask is needed,
        and None is returned. The sigmoid, for example, needs the mask.

        Args:
            layer: Number of the hidden layer, from 0.
            like: Tensor whose dtype and device the mask gets.
        """
        real, stored = self.sizes[layer + 1], self.stored[layer + 1]
        if ACTIVATIONS[self.activation].keeps_zero or real == stored:
            return None
        return (torch.arange(stored, device=like.device) < real).to(like.dtype)

    def prepare(self, inputs: Tensor) -> Tensor:
        """Flatten the inputs of each example to a row, padded with zeros to its stored length.

        Args:
            inputs: Inputs of the examples, ``(N, ...)``.

        Returns:
            Rows, ``(N, stored[0])``, see `stored`; not copied if ``inputs`` needs no padding.
        """
        rows = inputs.flatten(1)
        missing = self.stored[0] - rows.shape[1]
        return functional.pad(rows, (0, missing)) if missing else rows

    def gradients(
        self,
        rows: Tensor,
        buffers: Mapping[str, Tensor],
        examples: tuple[Tensor, Tensor],
        masks: Sequence[Tensor | None],
        loss: Loss,
        precision: str,
    ) -> tuple[Tensor, list[Tensor]]:
        """Compute losses and gradients by `forward_pass` and `backward`.

        See `Network.gradients` for the arguments and the result.
        """
        del buffers  # there are none
        inputs, labels = examples
        params = self.views(rows)
        trace = forward_pass(params, inputs, self, masks, precision)
        losses = loss.value(trace.outputs, labels).mean(dim=1)
        slope = loss.slope(trace.outputs, labels) / labels.shape[1]
        return losses, self.join(backward(slope, trace, params, self, masks, precision))

    def outputs(self, rows: Tensor, buffers: Mapping[str, Tensor], inputs: Tensor) -> Tensor:
        """Compute every member's outputs on the same examples; see `Network.outputs`."""
        del buffers
        return forward(self.views(rows), inputs.expand(rows.shape[0], *inputs.shape), self)

    def signals(
        self,
        rows: Tensor,
        buffers: Mapping[str, Tensor],
        inputs: Tensor,
        labels: Tensor,
        loss: Loss | None,
    ) -> tuple[list[Signals], Tensor]:
        """Compute every layer's signals on the same examples; see `Network.signals`."""
        del buffers
        params, no_masks = self.views(rows), [None] * self.n_layers
        trace = forward_pass(params, inputs.expand(len(rows), *inputs.shape), self, no_masks)
        grads, slopes = torch.zeros_like(rows), list[Tensor]()
        if loss is not None:
            slope = loss.slope(trace.outputs, labels.expand(len(rows), -1)) / len(labels)
            found = backward(slope, trace, params, self, no_masks, slopes=slopes)
            for segment, joined in zip(self.segments, self.join(found), strict=True):
                grads[:, segment] = joined
        layers = []
        for layer, size in enumerate(self.sizes[1:]):
            is_hidden = layer + 1 < self.n_layers
            layers.append(
                Signals(
                    name=f"{2 * layer}",
                    parts=[part for part in self.parts if part.layer == layer],
                    before=(trace.before[layer] if is_hidden else trace.outputs)[..., :size],
                    active=trace.active[layer][..., :size] if is_hidden else None,
                    slope=slopes[-1 - layer][..., :size] if slopes else None,
                    activation=self.activation if is_hidden else None,
                    is_hidden=is_hidden,
                )
            )
        return layers, grads

    def export(self, row: Tensor, buffers: Mapping[str, Tensor]) -> nn.Sequential:
        """Copy one member into an ``nn.Sequential`` of linear layers and activations.

        See `Network.export` for the arguments.
        """
        del buffers
        module = self.module(row.dtype)
        rows = row.unsqueeze(0).cpu()
        state = {part.name: part.unpadded(rows)[0].clone() for part in self.parts}
        module.load_state_dict(state)
        return module.eval()

    def module(self, dtype: torch.dtype) -> nn.Sequential:
        """Return a new ``nn.Sequential`` of the network's linear layers and activations."""
        layers: list[nn.Module] = []
        for layer in range(self.n_layers):
            layers.append(nn.Linear(*self.fans(layer), bias=self.has_bias, dtype=dtype))
            if layer + 1 < self.n_layers:
                layers.append(activation_module(self.activation))
        return nn.Sequential(*layers)

    @property
    def description(self) -> Mapping[str, object]:
        """Return all fields from which `module` is made again: all but ``alignment``."""
        return {
            "sizes": list(self.sizes),
            "activation": self.activation,
            "has_bias": self.has_bias,
        }

    def score_weights(self, row: Tensor) -> Tensor | None:
        """Return a member's weights, ``(n_inputs,)``, of a linear network without bias, else None.

        Args:
            row: The member's parameters, ``(n_stored,)``.
        """
        if self.has_bias or self.n_layers > 1:
            return None
        return row[: self.sizes[0]]  # the first row of the first weight


@dataclass(frozen=True)
class Trace:
    """Values of a forward pass that the backward pass needs."""

    outputs: Tensor
    """Outputs of the last layer, ``(M, B, stored_out)``; see ``forward_pass``."""
    inputs: list[Tensor]
    """Inputs of each layer after dropout, ``(M, B, stored_in)``: dropped units are 0."""
    before: list[Tensor]
    """Preactivations of each hidden layer, ``(M, B, stored_out)``."""
    active: list[Tensor]
    """Activations of each hidden layer, ``(M, B, stored_out)``, before `MLP.unit_mask`."""


def forward(params: Sequence[Tensor], inputs: Tensor, network: MLP) -> Tensor:
    """Compute the outputs of every member's whole network (no dropout), as evaluation does.

    Args:
        params: As for ``forward_pass``.
        inputs: As for ``forward_pass``.
        network: The layers.

    Returns:
        Logits or scores, ``(M, B, stored_out)`` of the last layer.
    """
    return forward_pass(params, inputs, network, [None] * network.n_layers).outputs


def forward_pass(
    params: Sequence[Tensor],
    inputs: Tensor,
    network: MLP,
    dropout: Sequence[Tensor | None],
    precision: str = "full",
) -> Trace:
    """Compute the outputs of every member on its own batch: logits, or a score.

    Args:
        params: Weight and bias (if the layers have one) of each layer in turn,
            ``(M, stored_out, stored_in)`` and ``(M, stored_out)``.
        inputs: Inputs of the first layer, ``(M, B, stored_in)``.
        network: The layers.
        dropout: Mask that multiplies the inputs of each layer, with entries 0 or
            ``1 / (1 - rate)``, ``(M, B, stored_in)`` of that layer; None for no dropout there.
        precision: A key of ``PRODUCTS``.

    Returns:
        The outputs, and all values that ``backward`` needs. The logits of padding are minus
        infinity, so that padding has probability 0 (softmax over aligned rows is several times as
        fast as over ten classes); beside a score, padding is 0.
    """
    activate, multiply = ACTIVATIONS[network.activation].value, PRODUCTS[precision]
    multiplied, before, active = [], [], []
    hidden = inputs
    for layer, (weight, bias) in enumerate(network.layers(params)):
        mask = dropout[layer]
        if mask is not None:
            hidden = hidden * mask
        multiplied.append(hidden)
        hidden = multiply(hidden, weight.transpose(1, 2))
        if bias is not None:
            hidden = hidden.add_(bias.unsqueeze(1))
        if layer + 1 < network.n_layers:
            before.append(hidden)
            hidden = activate(hidden)
            active.append(hidden)
            units = network.unit_mask(layer, hidden)
            if units is not None:
                hidden = hidden * units
    classes = network.class_mask(hidden)
    outputs = hidden if classes is None else hidden + classes
    return Trace(outputs, multiplied, before, active)


def backward(
    slope: Tensor,
    trace: Trace,
    params: Sequence[Tensor],
    network: MLP,
    dropout: Sequence[Tensor | None],
    precision: str = "full",
    slopes: list[Tensor] | None = None,
) -> list[Tensor]:
    """Compute the gradient of each parameter by backpropagation.

    The function does what autograd does, without building the graph at every step, which costs
    more than the matrix products of small nets (``docs/performance.md``). Tests compare it with
    autograd and with finite differences.

    Args:
        slope: Derivative of each member's loss in its outputs, ``(M, B, stored_out)``; 0 for
            padding.
        trace: The forward pass.
        params: As for ``forward_pass``.
        network: The layers.
        dropout: As for ``forward_pass``.
        precision: As for ``forward_pass``.
        slopes: A list that gets the loss's derivative in the weighted sums of each layer,
            ``(M, B, stored_out)``, from the last layer to the first; None if nobody needs it.

    Returns:
        The gradients, shaped like ``params``.
    """
    multiply, change = PRODUCTS[precision], ACTIVATIONS[network.activation].slope
    gradients: list[Tensor] = []
    for layer, (weight, bias) in reversed(list(enumerate(network.layers(params)))):
        if slopes is not None:
            slopes.append(slope)
        if bias is not None:
            gradients.append(slope.sum(dim=1))
        gradients.append(multiply(slope.transpose(1, 2), trace.inputs[layer]))
        if layer == 0:
            break
        slope = multiply(slope, weight)
        mask, units = dropout[layer], network.unit_mask(layer - 1, slope)
        for factor in (mask, units):
            if factor is not None:
                slope = slope * factor
        slope = change(slope, trace.before[layer - 1], trace.active[layer - 1])
    return gradients[::-1]
