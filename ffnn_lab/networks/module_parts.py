"""The trained parameters of a module: how each starts, and where it lies in a member's row."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from torch import Tensor, nn

from ffnn_lab.networks.network import ALIGNMENT, Part, Role

NORMS = (
    nn.modules.batchnorm._NormBase,  # noqa: SLF001 - torch has no public name for all of them
    nn.LayerNorm,
    nn.GroupNorm,
    nn.RMSNorm,
)
"""Classes of normalization layers, whose parameters keep the initial values that torch gives."""


def parts_of(skeleton: nn.Module, frozen: Mapping[str, Tensor]) -> Iterator[Part]:
    """Yield a `Part` for each trained parameter: how it starts, and its place in a row.

    Args:
        skeleton: The module.
        frozen: The module's parameters that are not trained, by name.
    """
    start, layer = 0, -1
    layers: dict[str, tuple[int, int, int]] = {}
    """Number of the layer, fan-in and fan-out of each weight, by name, for the layer's bias."""
    for name, parameter in skeleton.named_parameters():
        if name in frozen:
            continue
        owner, _, own = name.rpartition(".")
        module, shape = skeleton.get_submodule(owner), tuple(parameter.shape)
        is_ours = _is_layer(module) and not isinstance(module, NORMS)
        weight = f"{owner}.{own.replace('bias', 'weight')}"
        role: Role = "own"
        if is_ours and len(shape) > 1:
            layer += 1
            role = "weight"
            layers[f"{owner}.{own}"] = (layer, *fans_of(module, own, shape))
        elif is_ours and "bias" in own:
            role = "bias"
            if weight not in layers:  # a weight shared with another layer
                layer += 1
                shared = getattr(module, "weight", parameter)
                layers[weight] = (layer, *fans_of(module, "weight", tuple(shared.shape)))
        at, fan_in, fan_out = layers.get(weight, (0, 0, 0)) if role != "own" else (0, 0, 0)
        part = Part(name, start, shape or (1,), shape or (1,), role, at, fan_in, fan_out)
        yield part
        start = -(-part.stop // ALIGNMENT) * ALIGNMENT


def _is_layer(module: nn.Module) -> bool:
    """Return True if a module is a layer of ``torch.nn`` or a subclass; False for containers."""
    others = (nn.Module, nn.Sequential, nn.ModuleList, nn.ModuleDict)
    return any(
        each.__module__.startswith("torch.nn") and each not in others
        for each in type(module).__mro__
    )


def fans_of(module: nn.Module, name: str, shape: tuple[int, ...]) -> tuple[int, int]:
    """Return ``(fan_in, fan_out)`` of a weight; for a recurrent layer those of one gate.

    Args:
        module: The layer that has the weight.
        name: The weight's name in the layer, such as ``weight`` or ``weight_hh_l0``.
        shape: The weight's shape.
    """
    field = math.prod(shape[2:])
    if len(shape) < 2:  # noqa: PLR2004 - of a layer whose weight is no matrix
        return shape[0], shape[0]
    if isinstance(module, nn.RNNBase) and name.startswith("weight_hr"):
        return shape[1], shape[0]
    if isinstance(module, nn.RNNBase | nn.RNNCellBase):
        return shape[1], module.hidden_size
    if isinstance(module, nn.Embedding | nn.EmbeddingBag):
        return 1, shape[1]  # one word is looked up at a time
    if isinstance(module, nn.modules.conv._ConvTransposeNd):  # noqa: SLF001 - as above
        return shape[0] // module.groups * field, shape[1] * field
    groups: int = getattr(module, "groups", 1)
    return shape[1] * field, shape[0] // groups * field
