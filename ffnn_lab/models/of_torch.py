"""Make the network of a population from ordinary torch modules, and reopen a saved module."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ffnn_lab.config.fields import ConfigError
from ffnn_lab.errors import UserError
from ffnn_lab.models.option import Model, settle_nothing
from ffnn_lab.outside import first_line, slip_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

    from ffnn_lab.config import RunConfig
    from ffnn_lab.config.model import ModelConfig
    from ffnn_lab.networks import Network
    from ffnn_lab.networks.saved import SavedNetwork
    from ffnn_lab.tasks.data.task import Interface

    Build = Callable[[Any, Interface], nn.Module]
    """A function of the model's config and the task's interface that returns a new module."""


def torch_network(
    config: ModelConfig, interface: Interface, run: RunConfig, build: Build
) -> Network:
    """Return a network whose members are modules that ``build`` makes, trained by autograd.

    Args:
        config: The model's config.
        interface: The shapes of the task's inputs and outputs.
        run: The config of a run, which has the dtype and the way members are computed.
        build: The function that makes a module.

    Raises:
        ConfigError: If the module does not fit the task, or cannot be trained reproducibly.
    """
    import torch  # noqa: PLC0415 - this file is read without torch

    from ffnn_lab.networks.torch_network import TorchNetwork  # noqa: PLC0415 - as above

    if run.trainer.precision != "full":
        msg = (
            f"trainer.precision must be full with {config.asked}, which computes its matrix "
            f"products itself; got {run.trainer.precision}"
        )
        raise ConfigError(msg)

    def made() -> nn.Module:
        try:
            return build(config, interface)
        except UserError:
            raise
        except Exception as error:
            msg = (
                f"{config.asked} was made for inputs of the shape {interface.inputs} and "
                f"{interface.n_outputs} outputs, and failed: {slip_in(error) or first_line(error)}"
            )
            raise ConfigError(msg) from error

    description = {"model": config.name, "config": asdict(config), "interface": asdict(interface)}
    return TorchNetwork(
        made,
        interface,
        getattr(torch, run.trainer.dtype),
        description=description,
        walk="vmap" if run.trainer.walk == "vmap" else "one_by_one",
        asked=config.asked,
    )


def reopen_as(config_class: type[Any], build: Build) -> Callable[[SavedNetwork], nn.Module]:
    """Return a function that rebuilds a saved module from its file's contents, without weights.

    Args:
        config_class: The config class of the model.
        build: The function that makes a module of the model.
    """

    def reopen(saved: SavedNetwork) -> nn.Module:
        from ffnn_lab.tasks.data.task import Interface  # noqa: PLC0415 - numpy

        told = dict(saved.description["interface"])
        told["inputs"], told["labels"] = tuple(told["inputs"]), tuple(told["labels"])
        module = build(config_class(**saved.description["config"]), Interface(**told))
        return module.to(saved.dtype)

    return reopen


def module_model(
    name: str,
    config: type[Any],
    build: Build,
    *,
    settle: Callable[[RunConfig], RunConfig] = settle_nothing,
    order: int = 100,
) -> Model:
    """Return a model whose modules ``build`` makes.

    Args:
        name: The name by which users choose the model.
        config: The model's config class, a subclass of `ModelConfig`.
        build: A function of the model's config and the task's interface that returns a new
            ``nn.Module``.
        settle: Function that fills in fields of a run's config, see `Model.settle`.
        order: Number by which models are listed, see `Option.order`.
    """

    def make(config: ModelConfig, interface: Interface, run: RunConfig) -> Network:
        return torch_network(config, interface, run, build)

    reopen = reopen_as(config, build)
    return Model(name=name, order=order, config=config, make=make, reopen=reopen, settle=settle)
