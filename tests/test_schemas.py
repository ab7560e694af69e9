"""The store of schemas, which Hydra's loaders share."""

import copy

from hydra.core.config_store import ConfigStore
from omegaconf import OmegaConf

from ffnn_lab import schemas


def test_what_is_loaded_is_no_part_of_the_store_that_loaders_share() -> None:
    """Hydra changes what it loads; a shared store stays as it is only because loading copies."""
    schemas.register()
    store = ConfigStore.instance()
    (loader,) = copy.deepcopy([store])
    assert loader is store
    loader.load("hydra/schema/optimizer/adam.yaml").node.lr = 0.5
    assert OmegaConf.is_missing(store.load("hydra/schema/optimizer/adam.yaml").node, "lr")
