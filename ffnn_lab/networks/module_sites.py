"""Find the dropout sites of a module, and check the module, by one pass of a few examples.

A site is a place at which units are dropped in training. A module that could not be trained
reproducibly is refused.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor, nn

from ffnn_lab.config import ConfigError
from ffnn_lab.networks.network import Site
from ffnn_lab.outside import first_line, slip_in

if TYPE_CHECKING:
    from ffnn_lab.tasks.data.task import Interface

N_TRIED = 2
"""Number of examples in the forward pass that inspects a module."""
_WHOLE_CHANNELS = (nn.Dropout1d, nn.Dropout2d, nn.Dropout3d)


class Mask(nn.Module):
    """Module that replaces a dropout layer: multiplies units by a mask that each step supplies."""

    mask: Tensor

    def __init__(self, *, drops_channels: bool) -> None:
        """Start with a mask that drops nothing.

        Args:
            drops_channels: True if the replaced layer drops whole channels.
        """
        super().__init__()
        self.drops_channels = drops_channels
        self.register_buffer("mask", torch.ones(()), persistent=False)

    def forward(self, units: Tensor) -> Tensor:
        """Multiply units by the mask in training; return units unchanged in evaluation."""
        return units * self.mask if self.training else units


def with_masks(module: nn.Module, made: dict[nn.Module, Mask]) -> nn.Module:
    """Replace every dropout layer of a module by a `Mask`, in place.

    Args:
        module: The module.
        made: The mask of each dropout layer so far, to which new masks are added. A layer that
            occurs in several places of the module has a single mask.

    Returns:
        The module, or the mask if the module itself is a dropout layer.
    """
    if isinstance(module, nn.Dropout | nn.Dropout1d | nn.Dropout2d | nn.Dropout3d):
        mask = Mask(drops_channels=isinstance(module, _WHOLE_CHANNELS))
        return made.setdefault(module, mask)
    for name, child in list(module._modules.items()):  # noqa: SLF001 - named_children skips twins
        if child is not None:
            setattr(module, name, with_masks(child, made))
    return module


def sites_of(
    skeleton: nn.Module, interface: Interface, dtype: torch.dtype, asked: str
) -> list[tuple[str, Site]]:
    """Return the dropout sites of a module, each with its name, by one forward pass.

    Args:
        skeleton: The module, with its dropout layers replaced by `with_masks`.
        interface: The shapes of the task's inputs and outputs.
        dtype: The dtype of real-valued inputs.
        asked: The override by which the user chose the module, for messages.

    Raises:
        ConfigError: If the module does not map inputs to outputs of the task's shapes, or if its
            outputs would depend on more than its parameters, buffers and inputs.
    """
    named = [(name, each) for name, each in skeleton.named_modules() if isinstance(each, Mask)]
    seen: dict[str, list[tuple[int, ...]]] = {name: [] for name, _ in named}
    hooks = [
        each.register_forward_hook(
            lambda _module, _inputs, outputs, name=name: seen[name].append(tuple(outputs.shape))
        )
        for name, each in named
    ]
    before = torch.get_rng_state()
    kept = {name: buffer.clone() for name, buffer in skeleton.named_buffers()}
    held = _held(skeleton)
    skeleton.train()
    try:
        with torch.no_grad():
            outputs = skeleton(example_of(N_TRIED, interface, dtype))
    except Exception as error:
        msg = (
            f"{asked} must make a module that takes inputs of the shape "
            f"{(N_TRIED, *interface.inputs)}, for {N_TRIED} examples; it raised "
            f"{slip_in(error) or first_line(error)}"
        )
        raise ConfigError(msg) from error
    finally:
        for hook in hooks:
            hook.remove()
    changed = sorted(name for name, what in _held(skeleton).items() if held.get(name) != what)
    if changed:
        msg = (
            f"{asked} must make a module that keeps what it remembers of a batch in buffers, and "
            f"changes them in place (self.mean.mul_(...)); {changed[0]} was replaced by another "
            "tensor in a batch"
        )
        raise ConfigError(msg)
    for name, buffer in skeleton.named_buffers():
        buffer.copy_(kept[name])
    if not torch.equal(before, torch.get_rng_state()):
        torch.set_rng_state(before)
        msg = (
            f"{asked} must make a module that draws nothing by itself: F.dropout, "
            "nn.LSTM(dropout=...) and the like draw from torch's global generator, which the "
            "run's seed does not set; use nn.Dropout() as a module there, whose rate is "
            "dropout.hidden"
        )
        raise ConfigError(msg)
    expected = (N_TRIED, *interface.labels, interface.n_outputs)
    found = tuple(outputs.shape) if isinstance(outputs, Tensor) else type(outputs).__name__
    if found != expected:
        msg = (
            f"{asked} must make a module that maps {(N_TRIED, *interface.inputs)} to {expected}, "
            f"for {N_TRIED} examples; it gives {found}"
        )
        raise ConfigError(msg)
    if interface.n_outputs > 1 and _are_probabilities(outputs):
        msg = (
            f"{asked} must make a module that returns scores (logits), which the loss turns into "
            "probabilities by a softmax; its outputs are probabilities already: leave out the "
            "softmax at its end"
        )
        raise ConfigError(msg)
    return list(_numbered(named, seen, asked))


def _are_probabilities(outputs: Tensor) -> bool:
    """Return True if the outputs of each label are at least 0 and sum to 1, as after a softmax."""
    sums = outputs.double().sum(-1)
    return bool((outputs >= 0).all()) and torch.allclose(sums, torch.ones_like(sums), atol=1e-5)


def _numbered(
    named: Sequence[tuple[str, Mask]], seen: Mapping[str, Sequence[tuple[int, ...]]], asked: str
) -> Iterator[tuple[str, Site]]:
    """Yield each dropout site with its name and the number of its random stream.

    The number is 0 for the first dropout of inputs, and 1, 2 and so on for all others. Dropouts
    that the pass did not reach are left out.

    Args:
        named: Name and mask of each replaced dropout layer.
        seen: By the same names, the shape of the mask's output at each call in the pass.
        asked: The override by which the user chose the module, for messages.

    Raises:
        ConfigError: If a dropout was called twice, or on a tensor whose first axis is not that of
            the examples.
    """
    n_hidden, has_input = 0, False
    for name, mask in named:
        if len(seen[name]) > 1:
            msg = (
                f"{asked} must make a module that applies each dropout once; {name} was applied "
                f"{len(seen[name])} times to a batch, and would drop the same units each time"
            )
            raise ConfigError(msg)
        if not seen[name]:
            continue
        ((n_first, *rest),) = seen[name]
        if n_first != N_TRIED:
            msg = (
                f"{asked} must make a module whose dropouts have the examples of a batch on the "
                f"first axis of their input; {name} has an input of the shape {(n_first, *rest)} "
                f"for {N_TRIED} examples"
            )
            raise ConfigError(msg)
        shape = tuple(rest)
        if mask.drops_channels:
            shape = (shape[0], *[1] * (len(shape) - 1))
        is_input = name.rpartition(".")[2].startswith("input")
        is_first_input = is_input and not has_input
        has_input, n_hidden = has_input or is_input, n_hidden + (not is_first_input)
        stream = 0 if is_first_input else n_hidden
        rate: Literal["input", "hidden"] = "input" if is_input else "hidden"
        yield name, Site(stream, shape, rate, math.prod(shape))


def _held(module: nn.Module) -> dict[str, int]:
    """Return the ``id`` of each tensor among a module's attributes and buffers, by name."""
    held: dict[str, int] = {}
    for name, each in module.named_modules():
        own = {**each._buffers, **vars(each)}  # noqa: SLF001 - as named_buffers has them
        for attribute, value in own.items():
            values = value if isinstance(value, tuple | list) else [value]
            for place, one in enumerate(values):
                if isinstance(one, Tensor):
                    held[f"{name}.{attribute}".lstrip(".") + (f"[{place}]" if place else "")] = id(
                        one
                    )
    return held


def example_of(n: int, interface: Interface, dtype: torch.dtype) -> Tensor:
    """Return inputs of ``n`` examples, all zeros, on which a module can be tried."""
    return torch.zeros(n, *interface.inputs, dtype=torch.int64 if interface.n_words else dtype)
