"""Models: the networks that a user chooses by name; importing them imports no torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ffnn_lab.config import ConfigError
from ffnn_lab.models.option import MODELS, Model

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

    from ffnn_lab.config import RunConfig
    from ffnn_lab.networks import Network
    from ffnn_lab.tasks.data.task import Task


def network_of(config: RunConfig, task: Task) -> Network:
    """Return the network that a run trains on its task.

    Raises:
        ConfigError: If the model does not fit the task, or cannot be trained as the run asks.
    """
    network: Network = MODELS[config.model.name].make(config.model, task.interface, config)
    if config.dropout.input > 0 and not any(site.rate == "input" for site in network.sites):
        msg = (
            f"dropout.input must be 0 with {config.model.asked}, which has no dropout of its "
            f"inputs; got {config.dropout.input}"
        )
        raise ConfigError(msg)
    if config.trainer.max_norm is not None and not network.tells_hidden_units:
        msg = (
            f"trainer.max_norm must be null with {config.model.asked}: which of its weights is "
            f"that of the outputs cannot be told; got {config.trainer.max_norm}"
        )
        raise ConfigError(msg)
    size, n_train = config.trainer.batch_size, len(task.train.labels)
    if network.needs_batches and isinstance(size, int) and 1 in (size, n_train % size):
        msg = (
            f"trainer.batch_size must leave no batch of one example, over which batch "
            f"normalization has no variance; got {size}, of {n_train} examples to train on"
        )
        raise ConfigError(msg)
    return network


def settle_model(config: RunConfig) -> RunConfig:
    """Fill in fields that depend on a user's own file, as its checksum, which the run's id needs.

    Raises:
        ConfigError: If the file is not there.
    """
    return MODELS[config.model.name].settle(config)


def open_network(path: Path) -> nn.Module:
    """Open a file that ``trainer.save_weights=true`` wrote as an ordinary ``nn.Module``.

    Returns:
        The network in evaluation mode, an ``nn.Sequential`` for ``model=mlp`` and
        ``model=linear``; it maps scaled inputs ``(B, n_features)`` to logits, or to scores
        ``(B, 1)`` where the task has one output. Scores of a standardized target times
        ``Task.label_deviation`` plus ``Task.label_mean`` are in its own unit.

    Raises:
        FileNotFoundError: If it is not there.
        UserError: If it is damaged.
    """
    from ffnn_lab.networks import read_network  # noqa: PLC0415 - torch, when it is needed

    saved = read_network(path)
    module = MODELS[str(saved.description.get("model", "mlp"))].reopen(saved)
    module.load_state_dict(saved.state)
    return module.eval()


__all__ = ["MODELS", "Model", "network_of", "open_network", "settle_model"]
