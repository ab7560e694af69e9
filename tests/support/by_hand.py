"""Steps of one member with one weight, for tests that compute two optimizer steps by hand."""

import torch

from ffnn_lab.optimizers import OPTIMIZERS


def two_steps(name: str, gradients: list[float], **settings: float) -> float:
    """Start at w = 1, take a step of an optimizer for each gradient, and return w."""
    method = OPTIMIZERS[name]
    assert set(settings) == set(method.hyperparameters)
    w = torch.ones(1, 1, dtype=torch.float64)
    state = method.start(w)
    hyperparameters = {
        name: torch.tensor([value], dtype=torch.float64) for name, value in settings.items()
    }
    for gradient in gradients:
        method.step_(w, torch.full_like(w, gradient), state, **hyperparameters)
    return w.item()
