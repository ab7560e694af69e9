"""What the tests of two steps by hand share: one member with one weight."""

import torch

from ffnn_lab.config import OptimizerConfig
from ffnn_lab.optimizers import METHODS


def two_steps(config: type[OptimizerConfig], gradients: list[float], **settings: float) -> float:
    """Start at w = 1, take a step for each gradient, and give w."""
    method = METHODS[config]
    assert set(settings) == set(method.hyperparameters)
    w = torch.ones(1, 1, dtype=torch.float64)
    state = method.start(w)
    hyperparameters = {
        name: torch.tensor([value], dtype=torch.float64) for name, value in settings.items()
    }
    for gradient in gradients:
        method.step_(w, torch.full_like(w, gradient), state, **hyperparameters)
    return w.item()
