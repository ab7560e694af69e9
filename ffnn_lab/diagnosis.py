"""Diagnoses: what happens inside the layers of each member, at one moment of its training.

Signals are those of the first `N_DIAGNOSED` examples of the train split in order, computed as in
training but without dropout; a batch normalization normalizes over these examples.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ffnn_lab.activations import ACTIVATIONS
from ffnn_lab.losses import LOSSES, Loss
from ffnn_lab.networks import Network, Part, Signals
from ffnn_lab.population import Population
from ffnn_lab.steps import Examples

N_DIAGNOSED = 64
"""Number of train examples of which the signals are computed, if the split has as many."""


@dataclass(frozen=True)
class Diagnosed:
    """The diagnosis of one layer of one member."""

    module: str
    """Name of the layer's module, as in ``nn.Module.named_modules``."""
    n_units: int
    """Number of the layer's units; for a convolution that of its channels."""
    statistics: Mapping[str, float]
    """The statistics by name, see `ffnn_lab.records.LAYER_STATISTICS`, without those that the
    layer does not have."""


@dataclass(frozen=True)
class _Members:
    """Members that are diagnosed together."""

    network: Network
    rows: Tensor
    """Parameters, ``(M, n_stored)``."""
    previous: Tensor | None
    """Parameters before the last step, ``(M, n_stored)``; None before the first step."""
    buffers: Mapping[str, Tensor]

    def signals(
        self, examples: Examples, rows: slice, loss: Loss | None = None
    ) -> tuple[list[Signals], Tensor]:
        """Compute the signals of some examples; the members' buffers stay as they are."""
        kept = {name: each.clone() for name, each in self.buffers.items()}
        inputs, labels = examples.inputs[rows], examples.labels[rows]
        return self.network.signals(self.rows, kept, inputs, labels, loss)

    def cut(self, places: Sequence[int]) -> _Members:
        """Return the members at some positions."""
        at = list(places)
        previous = None if self.previous is None else self.previous[at]
        buffers = {name: each[at] for name, each in self.buffers.items()}
        return _Members(self.network, self.rows[at], previous, buffers)


def diagnose(
    population: Population,
    places: Sequence[int],
    train: Examples,
    loss: str,
    *,
    with_updates: bool,
) -> list[list[Diagnosed]]:
    """Diagnose some members of a population.

    Args:
        population: The members.
        places: Positions of the members to diagnose.
        train: The examples of the train split.
        loss: Name of the loss, a key of ``losses.LOSSES``.
        with_updates: True if ``population.previous`` has the parameters before the last step of
            these members.

    Returns:
        For each of the members, the diagnosis of each layer with weights, from the inputs on.
    """
    network = population.network
    previous = population.previous if with_updates else None
    whole = _Members(network, population.flat, previous, population.buffers)
    if network.walk == "stacked":
        return _diagnose(whole.cut(places), train, LOSSES[loss])
    # One member at a time, whose signals may take as much memory as a step.
    return [_diagnose(whole.cut([place]), train, LOSSES[loss])[0] for place in places]


def _diagnose(members: _Members, train: Examples, loss: Loss) -> list[list[Diagnosed]]:
    n_examples = min(N_DIAGNOSED, len(train.labels))
    layers, grads = members.signals(train, slice(n_examples), loss)
    alive = _alive(members, layers, train)
    columns = []
    for layer in layers:
        found = dict(_statistics(layer, members, grads))
        if "backprop.std" in found:  # of each example's own loss, whatever their number
            found["backprop.std"] = found["backprop.std"] * n_examples
        if layer.name in alive:
            found["dead"] = 1 - _mean(alive[layer.name])
        columns.append({name: each.double().tolist() for name, each in found.items()})
    return [
        [
            Diagnosed(
                layer.name,
                _n_units(layer),
                {name: each[m] for name, each in values.items() if not math.isnan(each[m])},
            )
            for layer, values in zip(layers, columns, strict=True)
        ]
        for m in range(len(members.rows))
    ]


def _n_units(layer: Signals) -> int:
    shown = layer.active if layer.before is None else layer.before
    assert shown is not None  # noqa: S101 - a layer shows its sums or its activations
    return shown.shape[2]


def _statistics(layer: Signals, members: _Members, grads: Tensor) -> Iterator[tuple[str, Tensor]]:
    """Yield the statistics of a layer by name, each ``(M,)``, but for the share of dead units.

    Args:
        layer: The layer's signals.
        members: The members.
        grads: The gradient of each member's mean loss, ``(M, n_stored)``.
    """
    for name, values in (("before", layer.before), ("active", layer.active)):
        if values is not None:
            yield f"{name}.mean", _mean(values)
            yield f"{name}.std", _std(values)
    bounds = ACTIVATIONS[layer.activation].saturates_at if layer.activation else None
    if bounds is not None and layer.active is not None:
        low, high = bounds
        yield "saturated", _mean((layer.active <= low) | (layer.active >= high))
    if layer.slope is not None:
        yield "backprop.std", _std(layer.slope)
    weights = [part for part in layer.parts if part.role == "weight"]
    if weights:
        yield "gradient.std", _std(_joined(weights, grads))
    if weights and members.previous is not None:
        before, after = _joined(weights, members.previous), _joined(weights, members.rows)
        yield "update.ratio", (_mean((after - before) ** 2) / _mean(before**2)).sqrt()
    if layer.is_hidden:
        shape = len(members.rows), _n_units(layer), -1
        of_units = torch.cat([p.unpadded(members.rows).reshape(shape) for p in layer.parts], dim=2)
        yield "difference", (of_units.amax(dim=1) - of_units.amin(dim=1)).amax(dim=1)


def _joined(parts: Sequence[Part], rows: Tensor) -> Tensor:
    """Return all numbers of some parts of each member's row, ``(M, n)``."""
    return torch.cat([part.unpadded(rows).flatten(1) for part in parts], dim=1)


def _mean(values: Tensor) -> Tensor:
    """Return the mean of each member's values, ``(M,)``.

    Sums over contiguous rows are taken in the same order whatever the number of rows; those over
    two axes at once are not, and would make a member's statistics depend on the other members.

    Args:
        values: Numbers or booleans, ``(M, ...)``.
    """
    rows = values.reshape(values.shape[0], -1).contiguous()
    rows = rows.double() if rows.dtype == torch.bool else rows
    return rows.sum(dim=1) / rows.shape[1]


def _std(values: Tensor) -> Tensor:
    """Return the standard deviation of each member's values, ``(M,)``, as of a whole population.

    Args:
        values: Numbers, ``(M, ...)``.
    """
    rows = values.reshape(values.shape[0], -1)
    return _mean((rows - _mean(rows).unsqueeze(1)) ** 2).sqrt()


def _alive(members: _Members, layers: Sequence[Signals], train: Examples) -> dict[str, Tensor]:
    """Return a mask of the units that are positive on some train example, by layer, ``(M, U)``.

    Layers whose activation cannot die are left out. Only members with a unit that was not positive
    so far are computed on all examples, so that a healthy network costs little.

    Args:
        members: The members.
        layers: Their signals on the first `N_DIAGNOSED` examples.
        train: The examples of the train split.
    """
    found = dict(_positive(layers))
    open_layers = set(found)
    if members.network.walk == "stacked" and layers[0].name in found:
        # Its sums need no pass through other layers, and no units but those in question.
        _complete_first_(found[layers[0].name], layers[0].parts, members, train)
        open_layers.discard(layers[0].name)
    size = members.network.n_evaluated
    for start in range(0, len(train.labels), size):
        is_complete = [found[name].all(dim=1) for name in open_layers]
        if not is_complete:
            break
        left = (~torch.stack(is_complete).all(dim=0)).nonzero().flatten().tolist()
        n_left = len(train.labels) - start
        if not left or (n_left == 1 and members.network.needs_batches):
            break
        seen, _ = members.cut(left).signals(train, slice(start, start + size))
        for name, positive in _positive(seen):
            found[name][left] |= positive
    return found


def _complete_first_(
    positive: Tensor, parts: Sequence[Part], members: _Members, train: Examples
) -> None:
    """Complete the mask of positive units of an MLP's first layer by all train examples, in place.

    Args:
        positive: Mask of the units that were positive so far, ``(M, U)``.
        parts: The layer's weight, and its bias if it has one.
        members: The members.
        train: The examples of the train split.
    """
    weight, *biases = (part.unpadded(members.rows) for part in parts)
    inputs = train.inputs[:, : weight.shape[2]]
    for m, own in enumerate(positive):
        units = (~own).nonzero().flatten()
        if len(units):
            sums = inputs @ weight[m, units].T
            for bias in biases:
                sums += bias[m, units]
            own[units] = sums.amax(dim=0) > 0


def _positive(layers: Sequence[Signals]) -> Iterator[tuple[str, Tensor]]:
    for layer in layers:
        if layer.active is not None and layer.activation and ACTIVATIONS[layer.activation].can_die:
            yield layer.name, layer.active.amax(dim=1) > 0
