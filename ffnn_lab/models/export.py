"""One member of a population as an ordinary network, without padding."""

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ffnn_lab.activations import ACTIVATIONS
from ffnn_lab.config import UserError
from ffnn_lab.files import write_whole
from ffnn_lab.models.mlp import Layout


def _network(layout: Layout, dtype: torch.dtype) -> nn.Sequential:
    layers: list[nn.Module] = []
    for layer in range(layout.n_layers):
        layers.append(nn.Linear(*layout.fans(layer), bias=layout.has_bias, dtype=dtype))
        if layer + 1 < layout.n_layers:
            layers.append(getattr(nn, ACTIVATIONS[layout.activation].module)())
    return nn.Sequential(*layers)


def export_member(params: Sequence[Tensor], member: int, layout: Layout) -> nn.Sequential:
    """Copy one member's parameters into an ``nn.Sequential`` of linear layers and activations.

    It gives the logits of the whole network (no dropout), as evaluation does.

    Args:
        params: As ``forward`` takes them.
        member: Index on the leading axis.
        layout: The layers.
    """
    network = _network(layout, params[0].dtype)
    linear = [module for module in network if isinstance(module, nn.Linear)]
    with torch.no_grad():
        for module, (weight, bias) in zip(linear, layout.layers(params), strict=True):
            module.weight.copy_(weight[member, : module.out_features, : module.in_features])
            if bias is not None:
                module.bias.copy_(bias[member, : module.out_features])
    return network


def save_network(network: nn.Sequential, path: Path, layout: Layout) -> None:
    """Write a network's layout and weights to one file, whole or not at all."""
    contents: dict[str, Any] = {
        "sizes": list(layout.sizes),
        "activation": layout.activation,
        "has_bias": layout.has_bias,
        "state": {name: tensor.cpu() for name, tensor in network.state_dict().items()},
    }
    # In memory first: a disk that is full then raises an OSError, and not one of torch's own.
    buffer = io.BytesIO()
    torch.save(contents, buffer)
    write_whole(path, buffer.getbuffer())


def open_network(path: Path) -> nn.Sequential:
    """Open a file that ``trainer.save_weights=true`` wrote as an ordinary ``nn.Module``.

    Returns:
        The network in evaluation mode; it maps scaled inputs ``(B, n_features)`` to logits, or to
        scores ``(B, 1)`` where the task has one output. Scores of a standardized target times
        ``Task.label_deviation`` plus ``Task.label_mean`` are in its own unit.

    Raises:
        FileNotFoundError: If it is not there.
        UserError: If it is damaged.
    """
    try:
        with zipfile.ZipFile(path) as stored:  # torch stores checksums there, and looks at none
            damaged = stored.testzip()
        contents = torch.load(path, weights_only=True) if damaged is None else None
    except (FileNotFoundError, IsADirectoryError, PermissionError):
        raise
    except Exception as error:  # noqa: BLE001 - zipfile and torch raise many kinds
        damaged, contents = f"{type(error).__name__}: {error}".splitlines()[0], None
    if contents is None:
        msg = (
            f"{path} is damaged ({damaged}); restore it from a copy, or train the run again with "
            "trainer.save_weights=true"
        )
        raise UserError(msg)
    layout = Layout(
        tuple(contents["sizes"]), contents["activation"], has_bias=contents["has_bias"]
    )
    network = _network(layout, contents["state"]["0.weight"].dtype)
    network.load_state_dict(contents["state"])
    return network.eval()
