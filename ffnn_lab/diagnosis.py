"""Diagnoses: what happens inside the layers of each member, at one moment of its training.

Signals are those of the first `N_DIAGNOSED` examples of the train split in order, computed as in
training but without dropout; a batch normalization normalizes over these examples.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ffnn_lab.activations import ACTIVATIONS
from ffnn_lab.losses import LOSSES, Loss
from ffnn_lab.networks import Network, Part, Signals
from ffnn_lab.population import Population
from ffnn_lab.steps import Examples

N_DIAGNOSED = 128
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
    found = []
    for m in range(len(members.rows)):  # sums over all at once would depend on their number
        own, of_member = members.cut([m]), []
        for layer in layers:
            statistics = {
                name: float(value)
                for name, value in _statistics(_of_member(layer, m), own, grads[m : m + 1])
            }
            if "backprop.std" in statistics:  # of each example's own loss, whatever their number
                statistics["backprop.std"] *= n_examples
            if layer.name in alive:
                statistics["dead"] = 1 - float(alive[layer.name][m].double().mean())
            known = {name: value for name, value in statistics.items() if not math.isnan(value)}
            of_member.append(Diagnosed(layer.name, _n_units(layer), known))
        found.append(of_member)
    return found


def _of_member(layer: Signals, m: int) -> Signals:
    """Return a layer's signals of one member, whose axis is left out."""
    before, active, slope = (
        None if values is None else values[m]
        for values in (layer.before, layer.active, layer.slope)
    )
    return replace(layer, before=before, active=active, slope=slope)


def _n_units(layer: Signals) -> int:
    shown = layer.active if layer.before is None else layer.before
    assert shown is not None  # noqa: S101 - a layer shows its sums or its activations
    return shown.shape[-1]


def _statistics(layer: Signals, member: _Members, grads: Tensor) -> Iterator[tuple[str, Tensor]]:
    """Yield the statistics of a member's layer by name, but for the share of dead units.

    Args:
        layer: The layer's signals, ``(N, n_units)`` each.
        member: The member.
        grads: The gradient of the member's mean loss, ``(1, n_stored)``.
    """
    for name, values in (("before", layer.before), ("active", layer.active)):
        if values is not None:
            yield f"{name}.mean", values.mean()
            yield f"{name}.std", values.std(correction=0)
    bounds = ACTIVATIONS[layer.activation].saturates_at if layer.activation else None
    if bounds is not None and layer.active is not None:
        low, high = bounds
        yield "saturated", ((layer.active <= low) | (layer.active >= high)).double().mean()
    if layer.slope is not None:
        yield "backprop.std", layer.slope.std(correction=0)
    weights = [part for part in layer.parts if part.role == "weight"]
    if weights:
        yield "gradient.std", _joined(weights, grads).std(correction=0)
    if weights and member.previous is not None:
        before, after = _joined(weights, member.previous), _joined(weights, member.rows)
        yield "update.ratio", (after - before).norm() / before.norm()
    if layer.is_hidden:
        n_units = _n_units(layer)
        of_units = [part.unpadded(member.rows).reshape(n_units, -1) for part in layer.parts]
        units = torch.cat(of_units, dim=1)
        yield "difference", (units.amax(dim=0) - units.amin(dim=0)).max()


def _joined(parts: Sequence[Part], rows: Tensor) -> Tensor:
    """Return all numbers of some parts of one member's row as a vector."""
    return torch.cat([part.unpadded(rows).flatten() for part in parts])


def _alive(members: _Members, layers: Sequence[Signals], train: Examples) -> dict[str, Tensor]:
    """Return a mask of the units that are positive on some train example, by layer, ``(M, U)``.

    Layers whose activation cannot die are left out. Only members with a unit that was not positive
    so far are computed on further examples, so that a healthy network costs little.

    Args:
        members: The members.
        layers: Their signals on the first `N_DIAGNOSED` examples.
        train: The examples of the train split.
    """
    found = dict(_positive(layers))
    size = members.network.n_evaluated
    for start in range(0, len(train.labels), size):
        is_complete = [each.all(dim=1) for each in found.values()]
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


def _positive(layers: Sequence[Signals]) -> Iterator[tuple[str, Tensor]]:
    for layer in layers:
        if layer.active is not None and layer.activation and ACTIVATIONS[layer.activation].can_die:
            yield layer.name, (layer.active > 0).any(dim=1)
