"""The sweep that other benchmarks measure as a whole: its runs, and its command line.

This module imports nothing heavy, so that imports can be timed, too.
"""

from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

ARMS = ("sgd", "heavy_ball", "adagrad", "rmsprop", "adam")
LOW_LR, HIGH_LR = 1e-3, 1e-2
"""Range of learning rates in which no method diverges, so that all runs are equally long."""
NAME = "sweep"
"""Name of the sweep and of the sweep's folder."""


@dataclass(frozen=True)
class Work:
    """The runs to train: every optimizer of `ARMS` at every learning rate with every seed."""

    rates: tuple[float, ...]
    n_seeds: int
    n_epochs: int

    @classmethod
    def of(cls, *, n_settings: int, n_seeds: int, n_epochs: int) -> "Work":
        """Return the work with ``n_settings`` learning rates for each optimizer.

        Args:
            n_settings: Number of learning rates, spaced evenly on a log scale.
            n_seeds: Number of seeds of each setting.
            n_epochs: Number of epochs of each run.
        """
        ratio = HIGH_LR / LOW_LR
        places = [place / max(1, n_settings - 1) for place in range(n_settings)]
        return cls(tuple(float(f"{LOW_LR * ratio**x:.3g}") for x in places), n_seeds, n_epochs)

    @property
    def n_settings(self) -> int:
        """Return the number of settings of all optimizers together."""
        return len(ARMS) * len(self.rates)

    @property
    def n_runs(self) -> int:
        """Return the number of runs."""
        return self.n_settings * self.n_seeds

    @property
    def shortest(self) -> "Work":
        """Return the work of one run for each optimizer."""
        return replace(self, rates=self.rates[:1], n_seeds=1)

    @property
    def written_rates(self) -> str:
        """Return the learning rates as a choice in Hydra's syntax, as in ``0.001,0.01``."""
        return ",".join(map(repr, self.rates))

    @property
    def runs(self) -> set[tuple[str, float, int]]:
        """Return all runs, each as its optimizer, learning rate and seed."""
        return set(product(ARMS, self.rates, range(self.n_seeds)))

    def words(self, outputs: Path) -> list[str]:
        """Return the overrides of ``python -m ffnn_lab.run -m`` for a sweep of these runs."""
        return [
            f"optimizer={','.join(ARMS)}",
            f"optimizer.lr={self.written_rates}",
            f"trainer.max_epochs={self.n_epochs}",
            f"hydra.sweeper.tune.n_seeds={self.n_seeds}",
            "hydra.sweeper.confirm.n_seeds=0",
            f"hydra.sweeper.name={NAME}",
            f"paths.outputs={outputs}",
        ]
