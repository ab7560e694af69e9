"""The signals of a module's layers, found by hooks during one forward pass."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ffnn_lab.activations import ACTIVATIONS
from ffnn_lab.networks.activated import Activated
from ffnn_lab.networks.network import Part, Signals

NO_ACTIVATIONS = (nn.MultiheadAttention, nn.Softmax, nn.LogSoftmax, nn.Softmin, nn.Softmax2d)
"""Modules among torch's activations that do not map each number by itself."""
WITHOUT_UNITS = (nn.RNNBase, nn.RNNCellBase, nn.Embedding, nn.EmbeddingBag)
"""Layers whose weights do not belong to one hidden unit each, with an activation after them."""


@dataclass
class Call:
    """A layer's call in a forward pass."""

    name: str
    """Name of the layer's module."""
    module: nn.Module
    outputs: Tensor
    """Outputs of the layer; once the activation was called, the inputs of the activation, which
    differ if there is a normalization in between."""
    active: Tensor | None = None
    """Outputs of the activation; None if none was called before the next layer."""
    activation: str | None = None
    """The activation, one of ``activations.ACTIVATIONS``; None if it is not one of them."""

    @property
    def is_hidden(self) -> bool:
        """Return True if the layer has hidden units: an activation follows its weighted sums."""
        return self.active is not None and not isinstance(self.module, WITHOUT_UNITS)

    def signals(self, parts: Sequence[Part], slope: Tensor | None) -> Signals:
        """Return the layer's signals for one member, ``(1, N, n_units)`` each.

        Args:
            parts: The layer's weights and biases.
            slope: Derivative of the loss in `outputs`; None if there is none.
        """
        hides_sums = isinstance(self.module, WITHOUT_UNITS) and self.active is None
        return Signals(
            name=self.name,
            parts=parts,
            before=None if hides_sums else self._by_unit(self.outputs),
            active=self._by_unit(self.outputs if hides_sums else self.active),
            slope=self._by_unit(slope),
            activation=self.activation,
            is_hidden=self.is_hidden,
        )

    def _by_unit(self, values: Tensor | None) -> Tensor | None:
        if values is None:
            return None
        is_channels = isinstance(self.module, nn.modules.conv._ConvNd)  # noqa: SLF001 - torch has no public name for all of them
        units_last = values.detach().movedim(1, -1) if is_channels else values.detach()
        return units_last.reshape(1, -1, units_last.shape[-1])


@contextmanager
def noted_calls(module: nn.Module, layers: Collection[str]) -> Iterator[list[Call]]:
    """Note the calls of a module's layers, and of the activations after them, within the block.

    A layer that is called several times in a pass is noted at its last call. Activations that are
    called as functions, such as ``functional.relu``, are not seen.

    Args:
        module: The module.
        layers: Names of the layers to note.

    Yields:
        The calls, in their order; empty until the block calls the module.
    """
    calls: list[Call] = []

    def note_layer(name: str, layer: nn.Module, outputs: object) -> None:
        first = outputs[0] if isinstance(outputs, tuple) else outputs
        if isinstance(first, Tensor):
            calls[:] = [call for call in calls if call.name != name]
            calls.append(Call(name, layer, first))

    def note_inputs(activation: nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...] | None:
        if not calls or calls[-1].active is not None:
            return None
        calls[-1].outputs = inputs[0]
        # What works in place would overwrite the preactivations.
        return (inputs[0].clone(),) if getattr(activation, "inplace", False) else None

    def note_active(activation: nn.Module, outputs: Tensor) -> None:
        if calls and calls[-1].active is None:
            calls[-1].active, calls[-1].activation = outputs, activation_name(activation)

    hooks = []
    for name, each in module.named_modules():
        if name in layers:
            hooks.append(
                each.register_forward_hook(
                    lambda own, _inputs, outputs, name=name: note_layer(name, own, outputs)
                )
            )
        elif is_activation(each):
            hooks.append(each.register_forward_pre_hook(note_inputs))
            hooks.append(
                each.register_forward_hook(lambda own, _inputs, outputs: note_active(own, outputs))
            )
    try:
        yield calls
    finally:
        for hook in hooks:
            hook.remove()


def is_activation(module: nn.Module) -> bool:
    """Return True if a module is an activation: one of torch, or an `Activated`."""
    is_of_torch = type(module).__module__ == torch.nn.modules.activation.__name__
    return isinstance(module, Activated) or (
        is_of_torch and not isinstance(module, NO_ACTIVATIONS)
    )


def activation_name(module: nn.Module) -> str | None:
    """Return the name of an activation module among ``ACTIVATIONS``; None if it has none."""
    if isinstance(module, Activated):
        return module.name
    names = {each.module: name for name, each in ACTIVATIONS.items() if each.module}
    return names.get(type(module).__name__)
