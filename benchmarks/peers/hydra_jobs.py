"""A run as a Hydra job: ``python -m benchmarks.peers.hydra_jobs -m method=sgd,adam lr=...``."""

from dataclasses import dataclass
from pathlib import Path

import hydra
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from omegaconf import MISSING

from benchmarks.peers.plain_run import train


@dataclass
class PlainRun:
    """The config of a run: the fields that a job may choose."""

    method: str = "adam"  # not optimizer: the lab, which Hydra finds too, has a group of that name
    lr: float = MISSING
    seed: int = 0
    max_epochs: int = 20


ConfigStore.instance().store(name="plain_run", node=PlainRun)


@hydra.main(version_base="1.3", config_path=None, config_name="plain_run")
def main(config: PlainRun) -> float:
    """Train the run that a Hydra job asks for, and return its last dev error."""
    return train(
        optimizer=config.method,
        lr=config.lr,
        seed=config.seed,
        max_epochs=config.max_epochs,
        folder=Path(HydraConfig.get().runtime.output_dir),
    )


if __name__ == "__main__":
    main()
