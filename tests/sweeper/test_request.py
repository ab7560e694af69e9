"""Command-line words and YAML of the user are read into options and assignments."""

import pytest
from hydra.core.config_loader import ConfigLoader
from omegaconf import DictConfig

from ffnn_lab.config import ConfigError
from ffnn_lab.sweeper.request import read_request


def test_a_bare_multirun_asks_for_the_default_sweep(
    loader: ConfigLoader, master: DictConfig
) -> None:
    request = read_request(loader, master, [])
    assert request.sweep == "default"
    assert len(request.options.arms) > 1
    assert request.assignments == ()


def test_a_mapping_is_an_assignment_for_each_entry(
    loader: ConfigLoader, master: DictConfig
) -> None:
    words = ["optimizer.lr=0.1,0.2", "trainer={max_epochs:3,batch_size:8}"]
    request = read_request(loader, master, words)
    assert request.sweep is None
    assert [(a.key, a.value) for a in request.assignments] == [
        ("optimizer.lr", None),
        ("trainer.max_epochs", 3),
        ("trainer.batch_size", 8),
    ]
    assert request.arguments == tuple(words)


def test_a_sweep_without_anything_to_compare_is_refused(
    loader: ConfigLoader, master: DictConfig
) -> None:
    with pytest.raises(ConfigError, match=r"sweeps=mine names no hydra.sweeper.arms"):
        read_request(loader, master, ["sweeps=mine"])
