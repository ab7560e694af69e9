"""Hydra's config loader, and the config of a sweep without any override."""

from collections.abc import Iterator

import hydra
import pytest
from hydra.core.config_loader import ConfigLoader
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode
from omegaconf import DictConfig

from ffnn_lab import schemas


@pytest.fixture(scope="module")
def loader() -> Iterator[ConfigLoader]:
    """Hydra's loader of the project's configs."""
    schemas.register()
    with hydra.initialize(version_base="1.3", config_path=None):
        yield GlobalHydra.instance().config_loader()


@pytest.fixture(scope="module")
def master(loader: ConfigLoader) -> DictConfig:
    """The config that Hydra composes for a sweep without any override."""
    return loader.load_configuration("config", [], run_mode=RunMode.MULTIRUN)
