"""Schemes that take no notice of a layer's size."""

import torch
from torch import Tensor

from ffnn_lab.config import InitializerConfig
from ffnn_lab.config.initializer import ConstantConfig, NormalConfig, UniformConfig
from ffnn_lab.initializers.scaled import base_uniform


def zeros(
    _config: InitializerConfig, _in: int, _out: int, shape: tuple[int, ...], _rng: torch.Generator
) -> Tensor:
    """All zeros: with zero biases the hidden layers never learn."""
    return torch.zeros(shape, dtype=torch.float64)


def constant(
    config: InitializerConfig, _in: int, _out: int, shape: tuple[int, ...], _rng: torch.Generator
) -> Tensor:
    """Every entry ``value``: all hidden units of a layer stay alike."""
    assert isinstance(config, ConstantConfig)  # noqa: S101 - the table pairs name and class
    return torch.full(shape, config.value, dtype=torch.float64)


def uniform(
    config: InitializerConfig, _in: int, _out: int, shape: tuple[int, ...], rng: torch.Generator
) -> Tensor:
    """Uniform on ``[-limit, limit]``."""
    assert isinstance(config, UniformConfig)  # noqa: S101 - as above
    return config.limit * base_uniform(shape, rng)


def normal(
    config: InitializerConfig, _in: int, _out: int, shape: tuple[int, ...], rng: torch.Generator
) -> Tensor:
    """Normal with mean 0 and standard deviation ``std``."""
    assert isinstance(config, NormalConfig)  # noqa: S101 - as above
    return config.std * torch.randn(shape, generator=rng, dtype=torch.float64)
