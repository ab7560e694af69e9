"""Base draws of random numbers: schemes of one family, uniform or normal, only scale them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import Tensor


def base_uniform(shape: tuple[int, ...], rng: torch.Generator) -> Tensor:
    """Draw from U[-1, 1) in float64; its standard deviation is 1/sqrt(3)."""
    import torch  # noqa: PLC0415 - the file is read without torch

    return 2 * torch.rand(shape, generator=rng, dtype=torch.float64) - 1


def base_normal(shape: tuple[int, ...], rng: torch.Generator) -> Tensor:
    """Draw from the standard normal distribution in float64."""
    import torch  # noqa: PLC0415 - the file is read without torch

    return torch.randn(shape, generator=rng, dtype=torch.float64)
