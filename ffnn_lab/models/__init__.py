"""Models: the networks that a user chooses by name; importing this package imports no torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ffnn_lab.config import ConfigError
from ffnn_lab.models.option import MODELS, Model
from ffnn_lab.registry import source_of

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
            f"trainer.max_norm must be null with {config.model.asked}, whose output weights "
            f"cannot be told from its other weights; got {config.trainer.max_norm}"
        )
        raise ConfigError(msg)
    size, n_train = config.trainer.batch_size, len(task.train.labels)
    if network.needs_batches and isinstance(size, int) and 1 in (size, n_train % size):
        msg = (
            f"trainer.batch_size must not leave a batch of a single example, which has no "
            f"variance for batch normalization; got {size}, with {n_train} train examples"
        )
        raise ConfigError(msg)
    return network


def settle_model(config: RunConfig) -> RunConfig:
    """Return a run's config with the model's fields that depend on a user's own file filled in.

    The run's id needs these fields, such as the file's checksum.

    Raises:
        ConfigError: If the file is missing, or has another checksum than the config asks for.
    """
    return MODELS[config.model.name].settle(config)


def open_network(path: Path) -> nn.Module:
    """Return a trained network, read from a file that ``trainer.save_weights=true`` wrote.

    Args:
        path: Path of the file.

    Returns:
        The network as an ordinary module in evaluation mode, an ``nn.Sequential`` for
        ``model=mlp`` and ``model=linear`` without normalization and residual connections. The
        module maps scaled inputs, ``(B, n_features)`` or in the shape that the model takes, to
        logits ``(B, n_classes)``, or to scores ``(B, 1)`` if the task has one output. If the task
        standardized its target, a score times ``Task.label_deviation`` plus ``Task.label_mean`` is
        in the target's own unit.

    Raises:
        FileNotFoundError: If the file is missing.
        UserError: If the file is damaged, or the network needs a model or an activation of the
            user's own whose file has changed since.
    """
    from ffnn_lab.networks import read_network  # noqa: PLC0415 - torch, when it is needed

    saved = read_network(path)
    for key, sha256 in saved.description.get("sources", {}).items():
        kind, _, name = key.partition(".")
        source = source_of(kind, name)
        if kind in ("model", "activation") and source is not None and source.sha256 != sha256:
            msg = (
                f"{path} was trained with {kind}={name} of a file with the sha256 {sha256}, but "
                f"{source.path} has {source.sha256}; put the earlier file there"
            )
            raise ConfigError(msg)
    module = MODELS[str(saved.description.get("model", "mlp"))].reopen(saved)
    module.load_state_dict(saved.state)
    return module.eval()


__all__ = ["MODELS", "Model", "network_of", "open_network", "settle_model"]
