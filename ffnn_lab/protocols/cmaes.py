"""``cmaes``: Optuna's CMA-ES, for spaces whose axes are all intervals."""

import importlib.util
from collections.abc import Mapping

from ffnn_lab.config import ConfigError
from ffnn_lab.protocols.option import Protocol
from ffnn_lab.protocols.space import Interval, Space
from ffnn_lab.registry import register


class CmaEs(Protocol):
    """Draws settings by CMA-ES, which adapts a normal distribution to the scores."""

    def check(self, spaces: Mapping[str, Space]) -> None:
        """Check that each arm has two or more axes, all intervals; see `Protocol.check`.

        Also check that the package ``cmaes`` is installed.
        """
        super().check(spaces)
        if importlib.util.find_spec("cmaes") is None:
            msg = f"{self.written} needs the package cmaes: pip install cmaes"
            raise ConfigError(msg)
        for arm, space in spaces.items():
            n_intervals = sum(isinstance(axis, Interval) for axis in space.values())
            if n_intervals <= 1 or n_intervals < len(space):
                msg = (
                    f"{self.written} needs at least two axes in every arm, all of them "
                    f"intervals; arm {arm} has {n_intervals} among {len(space)}"
                )
                raise ConfigError(msg)


register(
    CmaEs(
        name="cmaes",
        order=5,
        description="Optuna's CMA-ES, for two or more intervals",
        sampler="CmaEsSampler",
        arguments={"warn_independent_sampling": False},
    )
)
