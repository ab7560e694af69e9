"""A command line is composed into arms and a definition."""

from collections.abc import Sequence

import pytest
from hydra.core.config_loader import ConfigLoader
from hydra.types import RunMode
from omegaconf import DictConfig

from ffnn_lab.command_line import read_arguments
from ffnn_lab.config import ConfigError, RunConfig
from ffnn_lab.definition import CONFIRM_FROM, Definition
from ffnn_lab.protocols.space import Choice, Interval
from ffnn_lab.sweeper.compose import define


def as_is(config: RunConfig) -> RunConfig:
    """Return a config unchanged; there is no device to settle, since the override names one."""
    return config


def defined(loader: ConfigLoader, *words: str) -> Definition:
    """Define the sweep of a command line."""
    overrides: Sequence[str] = read_arguments(["-m", "device=cpu", "tracking=off", *words])
    overrides = [text for text in overrides if text not in ("-m", "--multirun")]
    master = loader.load_configuration("config", list(overrides), run_mode=RunMode.MULTIRUN)
    assert isinstance(master, DictConfig)
    tasks = [text for text in overrides if not text.startswith(("hydra", "+hydra"))]
    definition, _ = define(loader, master, tasks, as_is)
    return definition


def test_groups_become_arms_and_values_become_axes(loader: ConfigLoader) -> None:
    definition = defined(
        loader, "optimizer=sgd,adam", "optimizer.lr=0.1,0.2", "optimizer.beta1=0.5", "seed=0,3"
    )
    assert [arm.name for arm in definition.arms] == ["sgd", "adam"]
    assert [dict(arm.space) for arm in definition.arms] == [
        {"optimizer.lr": Choice((0.1, 0.2))},
        {"optimizer.lr": Choice((0.1, 0.2))},
    ]
    assert "optimizer.beta1=0.5" in definition.arms[1].overrides
    assert definition.tune_seeds == (0, 3)
    assert definition.confirm_seeds[0] == CONFIRM_FROM
    assert definition.protocol.n_parallel == 4
    assert definition.pruner is None
    assert definition.name.startswith("adhoc-")


@pytest.mark.parametrize(
    ("axis", "protocol"),
    [
        ("optimizer.lr=0.1,0.2", "grid"),
        ("optimizer.lr=interval(0.1,0.2)", "tpe"),
        ("optimizer.lr=tag(grow,choice(0.1,0.2))", "grid_until_interior"),
    ],
)
def test_auto_is_the_protocol_that_fits(loader: ConfigLoader, axis: str, protocol: str) -> None:
    assert defined(loader, axis).protocol.name == protocol


def test_an_interval_of_whole_numbers_is_typed(loader: ConfigLoader) -> None:
    (arm,) = defined(loader, "trainer.max_epochs=interval(2,8)").arms
    assert arm.space == {"trainer.max_epochs": Interval(2, 8, log=False, is_int=True)}


def test_a_protocol_refuses_axes_that_it_cannot_search(loader: ConfigLoader) -> None:
    with pytest.raises(ConfigError, match=r"hydra.sweeper.protocol.name=grid needs finitely many"):
        defined(loader, "optimizer.lr=interval(0.1,0.2)", "hydra.sweeper.protocol.name=grid")
